"""What one trace records: values, leaves, where each expression was computed, and what was lost."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeVar

import numpy as np

from gradproof.errors import TraceError
from gradproof.expr.node import SYMBOL, Expr, constant, iterate_postorder
from gradproof.read.registry import SymbolRegistry

OUR_FILES = str(Path(__file__).parent.parent)
NUMPY_FILES = str(Path(np.__file__).parent)
MOST_PLACES = 8
FALLBACKS = {"data": "data", "number": "value", "size": "size", "random": "random"}

_internal: dict[int, bool] = {}
_kept: list[CodeType] = []  # code whose identity is a key above: kept, so that no other code gets it
_entrances: set[int] = set()
ACTIVE: list[Recorder] = []
Function = TypeVar("Function", bound=Callable[..., Any])


def entrance(function: Function) -> Function:
    """Mark the function that calls the user's: frames outside of it are not part of what is traced."""
    code: CodeType = function.__code__
    _kept.append(code)
    _entrances.add(id(code))
    return function


def is_internal(code: CodeType) -> bool:
    """Whether code is gradproof's or NumPy's own, and not the user's."""
    known = _internal.get(id(code))
    if known is None:
        known = code.co_filename.startswith((OUR_FILES, NUMPY_FILES)) or code.co_filename.startswith(
            "<__array_function__"
        )
        _kept.append(code)
        _internal[id(code)] = known
    return known


def user_frame() -> FrameType | None:
    """The innermost frame of the user's that is running in the traced call."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_internal(frame.f_code):
        frame = None if id(frame.f_code) in _entrances else frame.f_back
    return frame


class Pending:
    """A leaf whose symbol is chosen when it is first used, so that a name it is given before that counts.

    Attributes
    ----------
    value : its number or array
    kind : "data", "number", "size", "random", or "literal" for what the code spells out
    name : the user's name, once known
    """

    __slots__ = ("expr", "kind", "name", "value")

    def __init__(self, value: Any, kind: str, name: str = "") -> None:
        self.value, self.kind, self.name = value, kind, name
        self.expr: Expr | None = None

    def resolve(self) -> Expr:
        """The symbol, or the literal."""
        if self.expr is None:
            self.expr = active().leaf(self.value, self.kind, self.name)
        return self.expr


class Recorder:
    """The state of one running trace."""

    __slots__ = (
        "_depends", "bindings", "failure", "inputs", "names", "notes", "origins", "parameters", "random",
        "registry", "saved", "values",
    )  # fmt: skip

    def __init__(self, registry: SymbolRegistry) -> None:
        self.registry = registry
        self.parameters: dict[str, Expr] = {}
        self.inputs: dict[Expr, Any] = {}
        self.values: dict[Expr, Any] = {}
        self.origins: dict[Expr, dict[tuple[int, int], CodeType]] = {}  # by identity of the code
        self.names: dict[Expr, tuple[int, str]] = {}
        self.bindings: list[Any] = []
        self.notes: dict[str, None] = {}
        self.random = False
        self.failure: TraceError | None = None
        self.saved: list[tuple[Any, Any]] = []
        self._depends: dict[Expr, bool] = {}

    def note(self, text: str) -> None:
        """Say once what was not read exactly."""
        self.notes.setdefault(text)

    def leaf(self, value: Any, kind: str, name: str) -> Expr:
        """A literal, or the symbol of an input whose value is kept."""
        if kind == "literal":
            found = constant(np.array(value))
        else:
            found = self.registry.find(value, kind, name, name or FALLBACKS[kind])
            if found not in self.inputs:
                self.inputs[found] = np.array(value) if isinstance(value, np.ndarray) else np.float64(value)
        if found not in self.values:
            self.values[found] = self.inputs.get(found, np.asarray(value))
        return found

    def computed(self, expr: Expr, value: Any) -> bool:
        """Record the value of an expression; False if it was known."""
        values = self.values
        new = expr not in values
        if new:
            values[expr] = value if isinstance(value, np.ndarray | np.generic) else np.float64(value)
            places = self.origins[expr] = {}
        elif expr.op is SYMBOL:
            return False
        else:
            places = self.origins.setdefault(expr, {})
            if len(places) >= MOST_PLACES:
                return False
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            code = frame.f_code
            known = _internal.get(id(code))
            if known is None:
                known = is_internal(code)
            if not known:
                places[id(code), frame.f_lasti] = code
                break
            if id(code) in _entrances:
                break
            frame = frame.f_back
        return new

    def depends(self, expr: Expr) -> bool:
        """Whether the expression depends on a parameter of this trace."""
        table = self._depends
        if expr not in table:
            for p in self.parameters.values():
                table[p] = True
            for node in iterate_postorder([expr], set(table)):
                table[node] = any(table[a] for a in node.args)
        return table[expr]

    def error(self, what: str, fix: str = "") -> TraceError:
        """A TraceError at the user's line; the trace fails with it even if the user's code catches it."""
        failure = TraceError(what, where=place(), fix=fix)
        if self.failure is None:
            self.failure = failure
        return failure


def place() -> str:
    """Function, file and line of the user's that is running."""
    frame = user_frame()
    if frame is None:
        return ""
    return f"{frame.f_code.co_qualname}, {Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def active() -> Recorder:
    """The trace that is running.

    Raises
    ------
    TraceError
        A traced value is used outside of the call that was traced.
    """
    if not ACTIVE:
        raise TraceError(
            "a traced value is used after its trace has ended",
            fix="do not keep arrays of a traced call in global state",
        )
    return ACTIVE[-1]
