"""How a NumPy function is called on traced values: its value from NumPy, its expression from a builder."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from gradproof.errors import GradproofError
from gradproof.expr.node import Expr
from gradproof.read.dispatch import handles
from gradproof.read.entries import make_view
from gradproof.read.recorder import Pending, active
from gradproof.read.sizes import TracedInt
from gradproof.read.traced import Traced, concrete, lift, wrap

LITERAL_SIZE = 64  # float arrays up to this size that the code itself makes are literals, larger ones data


@lru_cache(maxsize=1024)
def original(name: str) -> Any:
    """The function of a dotted name below ``numpy`` (``linalg.norm``), or of SciPy with its package."""
    parts = name.split(".")
    if parts[0] in ("scipy", "math"):
        found = importlib.import_module(".".join(parts[:-1]))
        return getattr(found, parts[-1])
    found = np
    for part in parts:
        found = getattr(found, part)
    return found


def exists(name: str) -> bool:
    """Whether the installed NumPy has it; SciPy is not imported to find out."""
    if name.startswith("scipy."):
        return True
    try:
        original(name)
    except (AttributeError, ImportError):
        return False
    return True


def is_traced(x: Any) -> bool:
    """Whether a value is traced, or is a list or tuple that holds something traced."""
    kind = type(x)
    if kind is Traced or kind is TracedInt:
        return True
    if kind is list or kind is tuple:
        return any(is_traced(i) for i in x)
    return False


def any_traced(args: Any, kwargs: dict[str, Any]) -> bool:
    """Whether anything among the arguments is traced."""
    return any(is_traced(a) for a in args) or (bool(kwargs) and any(is_traced(a) for a in kwargs.values()))


def static(x: Any) -> Any:
    """A static argument as builders want it: plain, hashable, integers as ``int``."""
    x = concrete(x)
    if isinstance(x, np.integer):
        return int(x)
    if isinstance(x, list | tuple):
        return tuple([static(i) for i in x])
    if isinstance(x, np.ndarray) and x.dtype.kind in "iu":
        return tuple(x.tolist()) if x.ndim else int(x)
    return x


def adopt(value: Any, kind: str = "") -> Any:
    """What a function made without traced values, as a traced value that stores are seen in."""
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple([adopt(v, kind) for v in value])
    if isinstance(value, list):
        return [adopt(v, kind) for v in value]
    if (
        not isinstance(value, np.ndarray)
        or value.dtype.kind not in "iufb"
        or type(value) not in (np.ndarray, np.matrix)
    ):
        return value
    value = widened(value)
    return wrap(
        value,
        Pending(
            value, kind or ("literal" if value.dtype.kind != "f" or value.size <= LITERAL_SIZE else "data")
        ),
    )


def widened(value: Any) -> Any:
    """Floats narrower than float64 are widened, with a note."""
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "f" and value.dtype.itemsize != 8:
        active().note(f"{value.dtype} is traced as float64")
        return value.astype(np.float64)
    return value


def into(out: Any, result: Any) -> Any:
    """Store a result in the array given as ``out``."""
    if isinstance(out, tuple):
        out = out[0]
    if out is None:
        return result
    if type(out) is Traced:
        out[...] = result
        return out
    out[...] = concrete(result) if not active().depends(lift(result)) else result
    return out


def reader(
    *names: str, arrays: int = 1, view: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register ``build(*expressions, *static)`` as the meaning of NumPy functions.

    The first ``arrays`` parameters of ``build`` are expressions and have NumPy's names; the others are given
    as NumPy got them. A ``view`` result looks into the first argument's memory where NumPy's does.
    """

    def enter(build: Callable[..., Any]) -> Callable[..., Any]:
        parameters = list(inspect.signature(build).parameters)
        for name in names:
            if exists(name):
                handles(name)(_handler(name, build, parameters, arrays, view))
        return build

    return enter


def _handler(
    name: str, build: Callable[..., Any], parameters: list[str], arrays: int, view: bool
) -> Callable[..., Any]:
    array_names = parameters[:arrays]
    out_at = parameters.index("out") if "out" in parameters else None

    def handler(*args: Any, **kwargs: Any) -> Any:
        function = original(name)
        if not any_traced(args, kwargs):
            return adopt(function(*args, **kwargs))
        out = kwargs.pop("out", None)
        if out_at is not None and len(args) > out_at:
            out, args = args[out_at], (*args[:out_at], None, *args[out_at + 1 :])
        for key in ("where", "initial"):
            if kwargs.get(key) is not None and key in kwargs and key not in parameters:
                raise active().error(f"np.{name}({key}=...) cannot be followed", "select the entries before")
        value = widened(function(*[concrete(a) for a in args], **{k: concrete(v) for k, v in kwargs.items()}))
        traced = [*args[:arrays], *[kwargs.pop(k) for k in array_names[len(args) :] if k in kwargs]]
        rest = [static(a) for a in args[arrays:]]
        options = {k: static(v) for k, v in kwargs.items()}
        first = traced[0]
        shared = (
            isinstance(value, np.ndarray) and type(first) is Traced and np.may_share_memory(value, first._c)
        )
        if shared and view and first._b is not None:
            return make_view(
                first, value, lambda e: build(e, *rest, **options), lambda a: function(a, *rest, **options)
            )
        if shared:
            value = value.copy()
        try:
            expr = build(*[lift(t) for t in traced], *rest, **options)
        except (TypeError, NotImplementedError) as error:
            raise unsupported(name, args, kwargs) from error
        return into(out, wrapped(value, expr))

    return handler


def wrapped(value: Any, expr: Any) -> Any:
    """Traced results: one, or a tuple of them."""
    if isinstance(expr, Expr):
        return wrap(value, expr)
    items = [wrap(v, e) for v, e in zip(value, expr, strict=True)]
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


def unsupported(name: str, args: Any, kwargs: Any) -> GradproofError:
    """The error for a call that has no reading."""
    spelled = ", ".join([*(type(a).__name__ for a in args), *(f"{k}={v!r}" for k, v in kwargs.items())])
    return active().error(
        f"np.{name}({spelled}) has no derivative in gradproof", "write it with simpler NumPy functions"
    )


def call_plainly(name: str, function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """Call a function that has no reader: allowed where nothing depends on the parameters."""
    for item in leaves_of([*args, *kwargs.values()]):
        if type(item) is Traced and np.asarray(item._c).dtype.kind == "f" and active().depends(item.expr):
            raise active().error(
                f"{name} is applied to a value that depends on the parameters, and has no derivative here",
                "write it with simpler NumPy functions",
            )
    return adopt(function(*[concrete(a) for a in args], **{k: concrete(v) for k, v in kwargs.items()}))


def leaves_of(x: Any) -> list[Any]:
    """Everything inside nested lists and tuples."""
    if type(x) in (list, tuple):
        return [leaf for i in x for leaf in leaves_of(i)]
    return [x]


handles("__scalar__")(wrap)
