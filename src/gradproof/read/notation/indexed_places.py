"""Indices as places: the numbers 1, 2, ..., parts of an axis, and pairs of places.

Below a sum an index may stand as a number, Σ_i i x_i; run over a part of an axis,
Σ_{i=1}^{n−1} (x_{i+1} − x_i)²; or be compared with another one, Σ_{i<j} a_ij.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from gradproof.calculus.simplify import simplify
from gradproof.expr import broadcast
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import Expr, Size, delta, number, number_value, postorder, symbol, symbols
from gradproof.expr.patterned import tril, triu
from gradproof.expr.product import ones
from gradproof.expr.shorthand import cumsum
from gradproof.expr.sizes import minus, names_in, with_sizes
from gradproof.expr.substitute import substitute
from gradproof.read.notation.indexed_lift import Placeholders
from gradproof.read.notation.scope import Scope
from gradproof.read.notation.tree import Binary, IndexRange, Name, Node, Number

FRAME = " sums"


@dataclass(frozen=True, slots=True)
class Window:
    """The part of an axis that an index runs over: from ``start`` to the size of the axis less ``short``."""

    start: int
    axis: Size
    short: int

    @property
    def size(self) -> Size:
        """How many values the index has."""
        return minus(self.axis, self.short + self.start - 1)

    def part(self, offset: int) -> tuple[object, ...] | None:
        """The slice of the axis that ``x_{i + offset}`` is; None where it leaves the axis."""
        first, last = self.start - 1 + offset, offset - self.short
        if first < 0 or last > 0:
            return None
        return ("slice", first or None, last or None, None)


class Frame:
    """What the sums around a place know: the sizes of their indices, and the entries met."""

    def __init__(self) -> None:
        self.sizes: dict[str, Size] = {}
        self.limits: dict[str, str] = {}
        self.windows: dict[str, Window] = {}
        self.entries = Placeholders()

    def counted(self, expr: Expr, index: str) -> Expr:
        """``expr`` with the numbers that an index stands for as entries of the vector of them."""
        size = self.sizes.get(index)
        if size is None or counter(index) not in symbols(expr):
            return expr
        window = self.windows.get(index)
        numbers = cumsum(ones((size,)))
        if window is not None and window.start != 1:
            numbers = broadcast.plus(numbers, broadcast.scale(window.start - 1, ones((size,))))
        return substitute(expr, {counter(index): self.entries.make(numbers, (index,))})


class WriteOut(Exception):
    """The sum does not run over a whole axis: it is written out term by term."""

    def __init__(self, index: str) -> None:
        super().__init__(index)
        self.index = index


def frame_of(scope: Scope) -> Frame:
    """The frame of the sums around a place; an empty one where there are none."""
    found: object = scope.locals.get(FRAME)
    return found if isinstance(found, Frame) else Frame()


def counter(index: str) -> Expr:
    """What an index is as a number; no formula may keep it."""
    return symbol(index, (), -6_000_000)


def window_of(r: IndexRange, start: int | None, scope: Scope) -> Window | None:
    """The part of an axis that limits such as 2 and n − 1 leave; None where they are no such limits."""
    stop, short = r.stop, 0
    if isinstance(stop, Binary) and stop.op in ("+", "-") and isinstance(stop.right, Number):
        shift = stop.right.value
        if isinstance(shift, complex) or shift != int(shift):
            return None
        short = int(shift) if stop.op == "-" else -int(shift)
        stop = stop.left
    if start is None or not isinstance(stop, Name) or stop.name not in scope.names.sizes:
        return None
    if start == 1 and not short:
        return None
    return Window(start, scope.sizes.resolve(stop.name), short)


def shifted(node: Node, scope: Scope) -> tuple[str, int] | None:
    """The letter and the number of an index i + 1; None for other indices."""
    if not isinstance(node, Binary) or node.op not in ("+", "-") or not isinstance(node.left, Name):
        return None
    letter = node.left.name
    if scope.locals.get(letter) is not counter(letter) or not isinstance(node.right, Number):
        return None
    value = node.right.value
    if isinstance(value, complex) or value != int(value):
        return None
    return letter, int(value) if node.op == "+" else -int(value)


# --- pairs --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paired(Node):
    """1 where two indices compare as said, else 0."""

    first: str
    relation: str
    second: str
    body: Node


def compared(a: int, relation: str, b: int) -> bool:
    """Whether two places compare as said."""
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "!=": a != b}[relation]


def paired_value(node: Paired, body: Expr, scope: Scope) -> Expr:
    """The terms of the pairs that a condition allows; 0 for all others."""
    numbers = [
        number_value(v) if isinstance(v := scope.locals.get(i), Expr) else None
        for i in (node.first, node.second)
    ]
    if all(isinstance(v, Fraction) for v in numbers):
        holds = compared(int(numbers[0] or 0), node.relation, int(numbers[1] or 0))
        return body if holds else broadcast.multiply(number(0), body)
    frame = frame_of(scope)
    a, b = frame.sizes.get(node.first), frame.sizes.get(node.second)
    if a is None or b is None or node.first in frame.windows or node.second in frame.windows:
        raise scope.refuse(
            "a sum over pairs whose sizes are not known", node, r"write the limits, \sum_{i=1}^{n}"
        )
    if a != b and not scope.sizes.unify(a, b):
        raise scope.misfit(
            f"pairs of places on axes of sizes {a} and {b}", node, "compare places on one axis"
        )
    if node.relation in ("!=", "<", ">") and not _finite_on_the_diagonal(body, node, frame):
        raise scope.refuse(
            f"the terms with {node.first} = {node.second}, left out, have no finite value or derivative",
            node, "write out the terms with numbers as limits, or add a small number to what becomes 0",
        )  # fmt: skip
    mask = frame.entries.make(_mask(node.relation, a), (node.first, node.second))
    return broadcast.multiply(mask, body)


def _mask(relation: str, size: Size) -> Expr:
    all_pairs = ones((size, size))
    if relation == "!=":
        return broadcast.minus(all_pairs, delta(size))
    if relation[0] == "<":
        return triu(all_pairs, 1 if relation == "<" else 0)
    return tril(all_pairs, -1 if relation == ">" else 0)


_SINGULAR = frozenset(("sqrt", "log", "abs", "power", "norm", "reciprocal", "norm2", "hypot"))


def _finite_on_the_diagonal(body: Expr, node: Paired, frame: Frame) -> bool:
    """Whether the terms that the condition leaves out have a value and a derivative, found by trying."""
    body = simplify(body)
    values: dict[tuple[Expr, tuple[str, ...]], Expr] = {}
    replaced: dict[Expr, Expr] = {}
    for leaf in symbols(body):
        place = frame.entries.found.get(leaf)
        if place is not None:
            indices = tuple(node.first if i == node.second else i for i in place.indices)
            key = (place.array, indices)
            replaced[leaf] = values.setdefault(key, leaf)
    same = substitute(body, {a: b for a, b in replaced.items() if a is not b})
    sizes = {name for n in postorder(same) for s in n.shape for name in names_in(s)}
    roots = list(postorder(same))
    concrete = with_sizes(roots, dict.fromkeys(sizes, 2))
    random = np.random.default_rng(0)
    made = list(dict.fromkeys(concrete[n] for n in roots))
    leaves = {s: random.uniform(0.5, 1.5, s.shape) for n in made for s in symbols(n)}  # type: ignore[arg-type]
    with np.errstate(all="ignore"):
        found = dict(zip(made, evaluate(made, leaves), strict=True))
    for n, value in found.items():
        if not np.all(np.isfinite(value)):
            return False
        if n.op.name in _SINGULAR and np.any(np.asarray(found[n.args[0]]) == 0):
            if n.op.name != "power":
                return False
            exponent = np.asarray(found[n.args[1]])
            if np.any((exponent <= 0) | (exponent != np.rint(exponent))):
                return False
    return True
