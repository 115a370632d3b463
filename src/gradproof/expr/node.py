"""The expression graph: one immutable, interned node type, and the record that describes an operation.

Two expressions are equal exactly when they are the same object, so they can be dictionary keys and
shared subexpressions exist once (hash consing; Filliâtre and Conchon, 2006).
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError

Size = int | str
Shape = tuple[Size, ...]
Attrs = tuple[Hashable, ...]
Spec = tuple[int, ...]  # the index of each axis of a factor
Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """Everything gradproof knows about one operation.

    Attributes
    ----------
    name : str
        The operation's standard name.
    shape : callable ``(args, attrs) -> Shape``
        Shape of the result; raises :class:`~gradproof.errors.ShapeError` where the arguments do not fit.
    value : callable ``(attrs, dtype, *arrays) -> array``
        Value in NumPy, the meaning of the operation.
    pullback : callable ``(node, cotangent) -> cotangents of the arguments``, or None for leaves
        The derivative: maps the cotangent of the result to those of the arguments; ``None`` stands for
        an argument on which the result does not depend differentiably.
    rule : str
        Name of the derivative rule, as a textbook calls it.
    text, latex, numpy : str
        How writers print it; ``{0}``, ``{1}``, ... are the arguments, ``{attrs}`` the attributes.
    samples : tuple of callables ``() -> Expr``
        Expressions the generic tests use: value, shape and derivative are checked on each.
    domain : (float, float)
        Interval that the samples' symbols are drawn from.
    kink : callable ``(*arrays) -> array`` or None
        Distance to the nearest point where the operation is not differentiable.
    source : str
        Where the derivative comes from.
    elementwise : bool
        Whether the result's entry depends on the arguments' entries at the same place only.
    resize : callable ``(attrs, size -> size) -> attrs`` or None
        The attributes with every axis size in them replaced; None where they hold no sizes.
    field : str
        ``"real"`` or ``"complex"`` where the values are that whatever the arguments are; empty where they
        are complex when an argument is.
    linear : tuple of int
        Positions of the arguments in each of which the result is linear, so that scalars can stand outside.
    meaning : str
        One sentence for a printed name that no textbook has; it begins with the print, ``polar(X) = ...``.
    """

    name: str
    shape: Callable[[tuple[Expr, ...], Attrs], Shape]
    value: Callable[..., Any]
    pullback: Callable[[Expr, Expr], Sequence[Expr | None]] | None = None
    rule: str = ""
    text: str = ""
    latex: str = ""
    numpy: str = ""
    samples: tuple[Callable[[], Expr], ...] = ()
    domain: tuple[float, float] = (-2.0, 2.0)
    kink: Callable[..., Any] | None = None
    source: str = ""
    elementwise: bool = False
    resize: Callable[[Attrs, Callable[[Size], Size]], Attrs] | None = None
    field: str = ""
    linear: tuple[int, ...] = ()
    meaning: str = ""

    def __repr__(self) -> str:
        return f"<operation {self.name}>"


class Expr:
    """A node of the expression graph: an operation, its arguments, its static attributes.

    Made by the constructors of :mod:`gradproof.expr` only, which intern it.

    Attributes
    ----------
    op : Operation
    args : tuple of Expr
    attrs : tuple of hashables
    shape : tuple of int or str
        Sizes of the axes; a string is a symbolic size.
    """

    __slots__ = ("__weakref__", "args", "attrs", "op", "shape")

    op: Operation
    args: tuple[Expr, ...]
    attrs: Attrs
    shape: Shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def name(self) -> str:
        """The name of a symbol; empty for every other expression."""
        return str(self.attrs[0]) if self.op is SYMBOL else ""

    def __repr__(self) -> str:
        if self.op is SYMBOL:
            return str(self.attrs[0])
        if self.op is NUMBER:
            return str(self.attrs[0])
        inside = ", ".join([*(repr(a) for a in self.args), *(repr(a) for a in self.attrs)])
        return f"{self.op.name}({inside})" if len(inside) < 400 else f"{self.op.name}(...{self.shape})"


OPERATIONS: dict[str, Operation] = {}
_INTERNED: weakref.WeakValueDictionary[tuple[Any, ...], Expr] = weakref.WeakValueDictionary()
_INTERNING = threading.RLock()  # two threads that make the same node get the same one


def register(operation: Operation) -> Operation:
    """Enter an operation record in the catalogue; its name must be new."""
    if operation.name in OPERATIONS:
        raise ValueError(f"operation {operation.name!r} is registered twice")
    OPERATIONS[operation.name] = operation
    return operation


def make(op: Operation, args: tuple[Expr, ...] = (), attrs: Attrs = ()) -> Expr:
    """Return the one node for ``op`` applied to ``args`` with ``attrs``."""
    key = (op.name, args, attrs)
    node = _INTERNED.get(key)
    if node is None:
        made = object.__new__(Expr)
        made.op, made.args, made.attrs = op, args, attrs
        made.shape = op.shape(args, attrs)
        with _INTERNING:
            node = _INTERNED.get(key)
            if node is None:
                node = _INTERNED[key] = made
    return node


# --- leaves -----------------------------------------------------------------------------------------


class ArrayData:
    """A literal array inside an expression, equal to another by content."""

    __slots__ = ("array", "label", "_key")

    def __init__(self, array: Array, label: str = "") -> None:
        self.array = np.array(array)
        self.array.setflags(write=False)
        self.label = label
        self._key = (label, self.array.shape, self.array.dtype.str, hash(self.array.tobytes()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArrayData) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return self.label or f"array{self.array.shape}"


def _symbol_value(attrs: Attrs, dtype: Any, *_: Any) -> Any:
    raise KeyError(f"no value was given for the symbol {attrs[0]!r}")


def _number_value(attrs: Attrs, dtype: Any) -> Any:
    value = attrs[0]
    if isinstance(value, Fraction):
        if value.denominator == 1 and abs(value.numerator) < 2**53:
            return dtype(value.numerator)
        if dtype is np.longdouble:
            return dtype(value.numerator) / dtype(value.denominator)
        return dtype(float(value))
    return dtype(value)


SYMBOL = register(
    Operation(
        "symbol",
        shape=lambda args, attrs: attrs[1],  # type: ignore[arg-type, return-value]
        value=_symbol_value,
        resize=lambda attrs, size: (attrs[0], tuple(size(n) for n in attrs[1]), *attrs[2:]),  # type: ignore[attr-defined]
    )
)
NUMBER = register(Operation("number", shape=lambda args, attrs: (), value=_number_value))
CONSTANT = register(
    Operation(
        "constant",
        shape=lambda args, attrs: attrs[0].array.shape,  # type: ignore[attr-defined]
        value=lambda attrs, dtype: attrs[0].array,
    )
)
DELTA = register(
    Operation(
        "delta",
        shape=lambda args, attrs: (attrs[0], attrs[0]),  # type: ignore[arg-type, return-value]
        value=lambda attrs, dtype: np.eye(attrs[0], dtype=dtype),
        text="I",
        latex="I",
        numpy="np.eye({attrs[0]})",
        resize=lambda attrs, size: (size(attrs[0]),),  # type: ignore[arg-type]
    )
)


def symbol(name: str, shape: Sequence[Size] = (), uid: int = 0, facts: Iterable[str] = ()) -> Expr:
    """A named array or scalar.

    Symbols of equal name, shape, ``uid`` and facts are the same expression. A fact is a word such as
    ``symmetric`` or ``positive`` that is true of every value the symbol takes; rules may use it.
    """
    return make(SYMBOL, (), (name, tuple(shape), uid, tuple(sorted(set(facts)))))


def facts_of(node: Expr) -> frozenset[str]:
    """What was declared of a symbol; nothing for any other expression."""
    return frozenset(cast("tuple[str, ...]", node.attrs[3])) if node.op is SYMBOL else frozenset()


def size_symbol(name: str) -> Expr:
    """The size of an axis as a number in a formula: the n of Σ_i 1 = n. No user's symbol equals it."""
    return symbol(name, (), 0, ("size", "integer", "positive"))


@lru_cache(maxsize=4096)
def number(value: int | float | Fraction) -> Expr:
    """An exact number. Floats stand for the binary fraction they are.

    Raises
    ------
    InputError
        The number is too large for a float, or too small to differ from 0, so that nothing can be evaluated.
    """
    if isinstance(value, float | np.floating) and not np.isfinite(value):
        return make(NUMBER, (), (float(value),))
    if isinstance(value, np.generic):
        value = value.item()
    exact = Fraction(value)
    power = exact.numerator.bit_length() - exact.denominator.bit_length()
    if exact and not -1074 < power < 1024:
        decimals = round(power * 0.30103)
        what = "larger" if power > 0 else "smaller"
        raise InputError(
            f"a number of about 1e{decimals} is {what} than every floating-point number",
            fix="write it as a named scalar, or measure in other units",
        )
    return make(NUMBER, (), (exact,))


def constant(array: Any, label: str = "") -> Expr:
    """A literal array; a scalar becomes a number."""
    data = np.asarray(array)
    if data.ndim == 0 and data.dtype.kind in "iuf" and not label:
        return number(data.item())
    return make(CONSTANT, (), (ArrayData(data, label),))


def delta(size: Size) -> Expr:
    """Kronecker's delta δ_ij, the identity matrix of the given size."""
    return make(DELTA, (), (size,))


def number_value(node: Expr) -> Fraction | float | None:
    """The number a NUMBER node holds, or None for any other expression."""
    if node.op is not NUMBER:
        return None
    value = node.attrs[0]
    assert isinstance(value, Fraction | float)
    return value


def postorder(*roots: Expr) -> list[Expr]:
    """All nodes below the roots, each once, arguments before their users. Not recursive."""
    return list(iterate_postorder(roots, set()))


def iterate_postorder(roots: Sequence[Expr], seen: set[Expr]) -> Iterator[Expr]:
    """Yield nodes not yet in ``seen``, arguments first; ``seen`` is updated."""
    stack = list(reversed(roots))
    while stack:
        node = stack[-1]
        if node in seen:
            stack.pop()
            continue
        waiting = [a for a in reversed(node.args) if a not in seen]
        if waiting:
            stack += waiting
        else:
            stack.pop()
            seen.add(node)
            yield node


def symbols(*roots: Expr) -> list[Expr]:
    """The symbols below the roots, in the order met."""
    return [n for n in postorder(*roots) if n.op is SYMBOL]
