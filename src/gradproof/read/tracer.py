"""Reading a NumPy function: call it once on traced parameters and keep what it computed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.errors import TraceError
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import Expr
from gradproof.read import operators
from gradproof.read.patching import is_library, patched
from gradproof.read.recorder import ACTIVE, Pending, Recorder, entrance
from gradproof.read.registry import SymbolRegistry
from gradproof.read.sizes import TracedInt
from gradproof.read.sources import origin
from gradproof.read.storage import Buffer
from gradproof.read.structure import leaves, rebuild
from gradproof.read.trace import Trace
from gradproof.read.traced import Traced, wrap
from gradproof.read.watching import watched

TOLERANCE = 1e-9


class TraceSession:
    """Traces that speak of the same symbols.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1.0, 2.0], [3.0, 5.0]])
    >>> def cost(W):
    ...     return np.sum((X @ W) ** 2) / 2
    >>> trace = TraceSession().trace(cost, np.array([0.5, -1.0]), names=["W"])
    >>> float(trace.values[trace.cost]), [s.name for s in trace.inputs]
    (7.25, ['W', 'X'])
    """

    def __init__(self) -> None:
        self._registry = SymbolRegistry()

    @entrance
    def trace(
        self, function: Callable[[Any], Any], params: Any, names: list[str] | None = None, watch: bool = True
    ) -> Trace:
        """Call ``function(params)`` with its parameters traced.

        Parameters
        ----------
        function : callable
            Takes the parameters as the user keeps them. It may use data, hyperparameters and functions of its
            modules, closures and objects; all of these are as before afterwards.
        params : array, or dict, list, tuple, object of arrays
            Floating leaves become parameters, in float64.
        names : one name for each leaf; by default its path
        watch : whether to record the names and lines of the user's assignments

        Raises
        ------
        TraceError
            Something was computed in a way that cannot be followed; the message has the line.
        """
        recorder = Recorder(self._registry)
        ACTIVE.append(recorder)
        try:
            traced = self._parameters(recorder, params, names)
            with np.errstate(all="ignore"):
                returned = _call(recorder, function, params, traced, watch)
            if recorder.failure is not None:
                raise recorder.failure
            result = _expressions(returned, {})
            return _finished(recorder, result)
        finally:
            for array, before in reversed(recorder.saved):
                array[...] = before
            ACTIVE.pop()

    def _parameters(self, recorder: Recorder, params: Any, names: list[str] | None) -> Any:
        traced: list[Any] = []
        for k, (path, leaf) in enumerate(leaves(params)):
            name = names[k] if names is not None else path
            traced.append(self._leaf(recorder, name, leaf))
        return rebuild(params, traced)

    def _leaf(self, recorder: Recorder, name: str, leaf: Any) -> Any:
        if leaf is None:
            return None
        if type(leaf) is int:
            return TracedInt(leaf, Pending(leaf, "number", name))
        value = np.asarray(leaf)
        if value.dtype.kind in "iub":
            return wrap(np.array(value), Pending(np.array(value), "data", name)) if value.ndim else leaf
        if value.dtype.kind != "f":
            raise TraceError(
                f"the parameter {name} has dtype {value.dtype}", fix="pass floating-point numbers"
            )
        if value.dtype.itemsize != 8:
            recorder.note(f"{name} is {value.dtype}; it is traced as float64")
        wide = np.array(leaf, dtype=np.float64, subok=True)
        symbol = self._registry.reserve(name, value.shape)
        recorder.parameters[name] = symbol
        recorder.inputs[symbol] = np.array(wide) if value.ndim else np.float64(wide)
        recorder.values[symbol] = recorder.inputs[symbol]
        if isinstance(leaf, np.ndarray):
            return wrap(wide, symbol)
        return wrap(float(wide) if type(leaf) is float else np.float64(wide), symbol)


def _call(recorder: Recorder, function: Callable[[Any], Any], params: Any, traced: Any, watch: bool) -> Any:
    """Run the user's function; an error that only the traced call has is the trace's, not the user's."""
    try:
        with patched(function) as (followed, _), watched(recorder) if watch else nullcontext():
            return followed(traced)
    except TraceError:
        raise
    except Exception as error:
        if recorder.failure is not None:
            raise recorder.failure from None
        if _fails_plainly(function, params):
            raise
        raise TraceError(
            f"while it was traced, {type(error).__name__}: {error}",
            where=_user_line(error),
            fix="write this line with simpler NumPy functions",
        ) from error


def _fails_plainly(function: Callable[[Any], Any], params: Any) -> bool:
    """Whether the function fails on plain parameters too."""
    try:
        function(copy.deepcopy(params))
    except Exception:  # noqa: BLE001 - the user's code may raise anything
        return True
    return False


def _user_line(error: BaseException) -> str:
    """The user's line that an error passed through last."""
    found, step = "", error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if not is_library(code.co_filename):
            found = f"{code.co_qualname}, {Path(code.co_filename).name}:{step.tb_lineno}"
        step = step.tb_next
    return found


def _expressions(value: Any, memo: dict[int, Any]) -> Any:  # noqa: PLR0911 - one line a kind
    """What was returned, with expressions in place of traced values."""
    kind = type(value)
    if kind is Traced or kind is TracedInt:
        return value.expr
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, Mapping):
        memo[id(value)] = found = {}
        found.update({k: _expressions(v, memo) for k, v in value.items()})
        return found
    if isinstance(value, list):
        memo[id(value)] = items = []  # type: ignore[var-annotated]
        items.extend(_expressions(v, memo) for v in value)
        return items
    if isinstance(value, tuple):
        parts = [_expressions(v, memo) for v in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        result = np.empty_like(value)
        for place in np.ndindex(value.shape):
            result[place] = _expressions(value[place], memo)
        return result
    return value


def _finished(recorder: Recorder, returned: Any) -> Trace:
    places = {
        expr: [origin(code, instruction) for (_, instruction), code in found.items()]
        for expr, found in recorder.origins.items()
    }
    return Trace(
        returned=returned,
        parameters=recorder.parameters,
        inputs=recorder.inputs,
        values=recorder.values,
        names={expr: name for expr, (_, name) in recorder.names.items()},
        bindings=recorder.bindings,
        origins={expr: found[0] for expr, found in places.items() if found},
        places=places,
        notes=list(recorder.notes),
        random=recorder.random,
    )


def trace_is_faithful(trace: Trace, tolerance: float = TOLERANCE) -> bool:
    """Whether every returned expression, computed anew from the inputs, has the value that NumPy computed."""
    roots = list(dict.fromkeys(_roots(trace.returned)))
    for root, again in zip(roots, evaluate(roots, trace.inputs), strict=True):
        first = np.asarray(trace.values.get(root, again), dtype=float)
        scale = max(1.0, float(np.max(np.abs(first[np.isfinite(first)]), initial=0.0)))
        if not np.allclose(
            first, np.asarray(again, dtype=float), rtol=tolerance, atol=tolerance * scale, equal_nan=True
        ):
            return False
    return True


def _roots(value: Any) -> list[Expr]:
    if isinstance(value, Expr):
        return [value]
    if isinstance(value, Mapping):
        return [r for v in value.values() for r in _roots(v)]
    if isinstance(value, list | tuple):
        return [r for v in value for r in _roots(v)]
    return []


__all__ = ["Buffer", "TraceSession", "operators", "trace_is_faithful"]
