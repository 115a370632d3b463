"""What is known while a formula is read: names, their shapes, sizes still to be found, notes on guesses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from gradproof.errors import InputError
from gradproof.expr.node import Expr, Shape, Size
from gradproof.read.notation.problems import misfit, refusal, shown_shape
from gradproof.read.notation.tree import Node, Span

Dialect = Literal["numpy", "math", "matlab", "r", "latex"]


class SizesFound(Exception):
    """Two sizes turned out to be one: whatever was built with the old names is to be built again."""


class SizeTable:
    """Sizes of axes that nobody declared: fresh names, made equal where shapes meet."""

    def __init__(self) -> None:
        self._fresh: dict[object, str] = {}
        self._means: dict[str, Size] = {}

    def fresh(self, key: object) -> Size:
        """The size that belongs to a key, such as (name, axis)."""
        name = self._fresh.setdefault(key, f"?{len(self._fresh)}")
        return self.resolve(name)

    def resolve(self, size: Size) -> Size:
        """What the size is known to be by now."""
        while isinstance(size, str) and size in self._means:
            size = self._means[size]
        return size

    def unify(self, a: Size, b: Size) -> bool:
        """Whether two sizes are equal, after making them so where one is not known yet.

        Raises
        ------
        SizesFound
            One of them was not known, and now is.
        """
        if a == b:
            return True
        for unknown, known in ((b, a), (a, b)):
            if is_fresh(unknown) and not (isinstance(known, str) and "*" in known + "+" and "?" in known[1:]):
                self._means[str(unknown)] = known
                raise SizesFound
        return False

    def known(self) -> dict[str, Size]:
        """What was found so far, to go back to after something was tried."""
        return dict(self._means)

    def go_back(self, known: dict[str, Size]) -> None:
        """Forget what was found since."""
        self._means = known

    def unknown(self) -> list[str]:
        """The sizes that are still not known, in the order they were met."""
        return list(dict.fromkeys(str(r) for s in self._fresh.values() if is_fresh(r := self.resolve(s))))

    def unknown_literals(self) -> set[Size]:
        """The sizes still unknown that belong to I, ones or zeros in the text, and to no name's axis."""
        axes, literals = set[Size](), set[Size]()
        for key, name in self._fresh.items():
            is_axis = isinstance(key, tuple) and isinstance(key[-1], int) and len(key) == 2
            (axes if is_axis else literals).add(self.resolve(name))
        return {size for size in literals - axes if is_fresh(size)}

    def settle(self, size: str, name: Size) -> None:
        """Give a size that nothing determined its name."""
        self._means[size] = name


def is_fresh(size: Size) -> bool:
    """Whether a size is one that nobody declared."""
    return isinstance(size, str) and size[:1] == "?" and size[1:].isdigit()


@dataclass(frozen=True, slots=True)
class Row:
    """A row vector of mathematical notation, the transpose of a vector; NumPy has none."""

    expr: Expr


Static = str | bool | None | tuple["Value", ...]
Value = Expr | Row | Static


@dataclass(frozen=True, slots=True)
class Convention:
    """How a notation reads what notations read differently.

    Attributes
    ----------
    dialect : str
    broadcasts : bool
        Shapes are brought together by NumPy's broadcasting; mathematics only lets scalars meet arrays.
    star : str
        What ``*`` is: "matmul", "hadamard", or "fit" where the notation does not say.
    first_axis : int
        The number that a notation gives the first axis.
    """

    dialect: Dialect
    broadcasts: bool = False
    star: Literal["matmul", "hadamard", "fit"] = "fit"
    first_axis: int = 0


CONVENTIONS: dict[str, Convention] = {
    "numpy": Convention("numpy", broadcasts=True, star="hadamard"),
    "math": Convention("math"),
    "matlab": Convention("matlab", star="matmul", first_axis=1),
    "r": Convention("r", star="hadamard", first_axis=1),
    "latex": Convention("latex"),
}


class Lookup(Protocol):
    """What a scope knows of names; :class:`~gradproof.read.notation.names.Names` is it."""

    shapes: Mapping[str, Shape]
    facts: Mapping[str, tuple[str, ...]]
    lets: Mapping[str, Any]
    sizes: frozenset[str]
    ranks: dict[str, int]
    values: dict[str, Value]

    def is_known(self, name: str) -> bool:
        """Whether a name is declared as a variable or by a let."""
        ...

    def symbol(self, name: str, table: SizeTable) -> Expr:
        """The symbol of a name, with the shape that is known by now."""
        ...


@dataclass(slots=True)
class Scope:
    """The state of one reading.

    Attributes
    ----------
    text : str
        The text being read; spans are places in it.
    convention : Convention
    sizes : SizeTable
    names : Names
        What names stand for (:mod:`gradproof.read.notation.names`).
    locals : dict
        Values of names that are bound inside the formula: indices of sums, parameters.
    notes : list of str
        What was guessed.
    reading : list of str
        The lets that are being read, to find one that needs itself.
    """

    text: str
    convention: Convention
    sizes: SizeTable
    names: Lookup
    locals: dict[str, Value] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    reading: list[str] = field(default_factory=list)

    def refuse(self, what: str, place: Node | Span, fix: str) -> InputError:
        """The error for what cannot be read, or not in one way only."""
        return refusal(what, self.text, place.span if isinstance(place, Node) else place, fix)

    def misfit(self, what: str, place: Node | Span, fix: str) -> InputError:
        """The error for shapes that do not fit."""
        return misfit(what, self.text, place.span if isinstance(place, Node) else place, fix)

    def note(self, text: str) -> None:
        """Remember a guess, once."""
        if text not in self.notes:
            self.notes.append(text)

    def unify_shapes(self, a: Shape, b: Shape) -> bool:
        """Whether two shapes are equal, after finding the sizes that make them so."""
        return len(a) == len(b) and all(self.sizes.unify(x, y) for x, y in zip(a, b, strict=True))

    def unify_broadcast(self, shapes: Sequence[Shape]) -> None:
        """Find the sizes with which shapes broadcast."""
        for axis in range(1, 1 + max((len(s) for s in shapes), default=0)):
            sizes = [s[-axis] for s in shapes if len(s) >= axis and s[-axis] != 1]
            for size in sizes[1:]:
                self.sizes.unify(sizes[0], size)

    def unify_joined(self, shapes: Sequence[Shape], axis: int) -> None:
        """Find the sizes with which parts can be joined along an axis."""
        for shape in shapes[1:]:
            if len(shape) == len(shapes[0]):
                for k, (x, y) in enumerate(zip(shapes[0], shape, strict=True)):
                    if k != (axis if axis >= 0 else axis + len(shape)):
                        self.sizes.unify(x, y)

    @contextmanager
    def binding(self, values: Mapping[str, Value]) -> Iterator[None]:
        """Names bound inside a part of the formula only."""
        before = self.locals
        self.locals = {**before, **values}
        try:
            yield
        finally:
            self.locals = before

    @contextmanager
    def within(self, text: str, convention: Convention) -> Iterator[None]:
        """Read another text, such as a let, in the same state."""
        before = self.text, self.convention, self.locals
        self.text, self.convention, self.locals = text, convention, {}
        try:
            yield
        finally:
            self.text, self.convention, self.locals = before


def expr_of(value: Value) -> Expr | None:
    """The expression a value is, a row as its vector; None for words and tuples."""
    if isinstance(value, Row):
        return value.expr
    return value if isinstance(value, Expr) else None


def described(value: Value) -> str:
    """The shape of a value for a message."""
    if isinstance(value, Row):
        return f"a row of {shown_shape(value.expr.shape)[1:-2]}"
    if isinstance(value, Expr):
        return shown_shape(value.shape)
    return repr(value)
