"""Assignments split into statements that each fill one buffer: a product, entries, a sum, a normalisation.

A statement is again a symbol and an expression, of one of four kinds:

* ``product``: Σ over the inner indices of two arrays, one matrix product (of each copy, where there are
  several),
* ``entries``: every entry from the entries at its place, so one loop computes it,
* ``sum``: such an expression summed over some axes,
* ``softmax`` and ``logsumexp`` along one axis.

What stands inside a larger expression is assigned to a temporary symbol first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gradproof.calculus.rewrite import with_args
from gradproof.errors import InputError
from gradproof.expr.node import (
    NUMBER,
    SYMBOL,
    Expr,
    Spec,
    make,
    number,
    number_value,
    postorder,
    symbol,
    symbols,
)
from gradproof.expr.product import PRODUCT, SUM, einsum, specs_of
from gradproof.expr.reduction import axes_of

Place = tuple[int, ...]  # for each axis the number of the loop that runs over it, or -1 where its size is 1

PRODUCT_OF_TWO, ENTRIES, TOTAL, SOFTMAX, LOGSUMEXP = "product", "entries", "sum", "softmax", "logsumexp"
_NORMALISING = {SOFTMAX, LOGSUMEXP}
_TEMPORARY = -9_000_000  # temporary symbols differ from all others by this number


@dataclass(frozen=True, slots=True)
class Statement:
    """``target = value``, of one kind."""

    kind: str
    target: Expr
    value: Expr

    @property
    def reads(self) -> frozenset[Expr]:
        """The symbols that the value depends on."""
        return _symbols_of(self.value)

    @property
    def writes(self) -> frozenset[Expr]:
        """The target."""
        return frozenset({self.target})


@lru_cache(maxsize=4096)
def _symbols_of(value: Expr) -> frozenset[Expr]:
    return frozenset(symbols(value))


def statements(assignments: Iterable[tuple[Expr, Expr]]) -> list[Statement]:
    """Split assignments, in their order.

    Raises
    ------
    InputError
        An operation cannot be computed entry by entry.

    Examples
    --------
    >>> from gradproof.expr.broadcast import matmul, plus
    >>> W, X, b, Z = symbol("W", (2, 3)), symbol("X", (3, "m")), symbol("b", (2, 1)), symbol("Z", (2, "m"))
    >>> for each in statements([(Z, plus(matmul(W, X), b))]):
    ...     print(each.kind, each.target, [s.name for s in sorted(each.reads, key=repr)])
    product Z ['W', 'X']
    entries Z ['Z', 'b']
    """
    split = _Splitter()
    for target, value in assignments:
        split.assign(target, value)
    return split.found


class _Splitter:
    def __init__(self) -> None:
        self.found: list[Statement] = []
        self.temporaries = 0

    def assign(self, target: Expr, value: Expr) -> None:
        """The statements that fill one target."""
        if value is target:
            return
        kind = kind_of(value)
        if kind == ENTRIES:
            inside = self._inner(target, value)
            if _is_read_elsewhere(target, inside):  # what is still to be read must not be overwritten
                inside = self._buffered(inside)
            self.found.append(Statement(ENTRIES, target, inside))
        elif target in postorder(value):
            self.assign(target, self._buffered(value))
        elif kind in (PRODUCT_OF_TWO, TOTAL) and not _is_held(value):
            self.found.append(Statement(ENTRIES, target, self._repeated(value)))
        else:
            self.found.append(Statement(kind, target, self._prepared(kind, value)))

    def _repeated(self, value: Expr) -> Expr:
        """A product whose result repeats along some axes: the product without them, in a buffer, repeated."""
        specs, out, sizes = specs_of(value)
        held = {i for spec in specs for i in spec}
        own = tuple(i for i in out if i in held or sizes[i] == 1)
        return einsum([own], [self._buffered(einsum(specs, value.args, own, sizes))], out, sizes)

    def _inner(self, target: Expr, value: Expr) -> Expr:
        """The value with what needs a buffer put into one; a matrix product into the target's own."""
        own = [a for a in value.args if _is_whole_product(a)] if value.op is SUM else []
        table: dict[Expr, Expr] = {}
        if own and target not in postorder(value):
            self.assign(target, own[0])
            table[own[0]] = target
        return self._replaced(value, table)

    def _prepared(self, kind: str, value: Expr) -> Expr:
        """The arguments of a product or a normalisation as symbols; those of a sum as entries."""
        if kind == TOTAL:
            return self._replaced(value, {}, stays=value)
        args = tuple(a if _is_plain(a) else self._buffered(a) for a in value.args)
        return with_args(value, args) if args != value.args else value

    def _replaced(self, root: Expr, table: dict[Expr, Expr], stays: Expr | None = None) -> Expr:
        """Everything below the root that is not entries put into buffers; the node ``stays`` is left."""
        for node in postorder(root):
            if node not in table:
                new = _rebuilt(node, table)
                table[node] = new if node is stays or kind_of(new) == ENTRIES else self._buffered(new)
        return table[root]

    def _buffered(self, node: Expr) -> Expr:
        self.temporaries += 1
        temporary = symbol(f"t{self.temporaries}", node.shape, _TEMPORARY)
        self.assign(temporary, node)
        return temporary


def is_temporary(leaf: Expr) -> bool:
    """Whether a symbol was made here."""
    return leaf.op is SYMBOL and leaf.attrs[2] == _TEMPORARY


def kind_of(node: Expr) -> str:
    """The kind of the statement that computes a node from its arguments."""
    if node.op is PRODUCT:
        if not summed_indices(node):
            return ENTRIES
        return PRODUCT_OF_TWO if _is_product_of_two(node) else TOTAL
    if node.op.name in _NORMALISING and len(axes_of(node)) == 1:
        return node.op.name
    if node.op in (SYMBOL, NUMBER, SUM) or node.op.elementwise:
        return ENTRIES
    raise InputError(f"{node.op.name} is not computed entry by entry", fix='use engine="reference"')


def summed_indices(node: Expr) -> list[int]:
    """The indices of a product that are summed over; one of size 1 is no sum."""
    specs, out, sizes = specs_of(node)
    held = {i for spec in specs for i in spec}
    return [i for i in range(len(sizes)) if i in held and i not in out and sizes[i] != 1]


def array_factors(node: Expr) -> list[tuple[Expr, Spec]]:
    """The factors of a product that are no scalars, with their indices."""
    specs, _, _ = specs_of(node)
    return [(a, s) for a, s in zip(node.args, specs, strict=True) if a.shape]


def scalar_factors(node: Expr) -> list[Expr]:
    """The factors of a product that are scalars."""
    return [a for a in node.args if not a.shape]


def positive_of(node: Expr) -> Expr | None:
    """x where the node is −x, with the number that stands first."""
    value = number_value(node.args[0]) if node.op is PRODUCT else None
    if value is None or value >= 0:
        return None
    return with_args(node, (number(-value), *node.args[1:]))


def _is_product_of_two(node: Expr) -> bool:
    """Two arrays, every summed index in both of them, an index of the result in each of them alone."""
    _, out, _ = specs_of(node)
    factors = array_factors(node)
    if len(factors) != 2 or any(len(set(s)) < len(s) for _, s in factors):
        return False
    first, second = set(factors[0][1]), set(factors[1][1])
    inner = set(summed_indices(node))
    return inner <= first & second and bool((first - second) & set(out)) and bool((second - first) & set(out))


def _is_whole_product(node: Expr) -> bool:
    return node.op is PRODUCT and kind_of(node) == PRODUCT_OF_TWO


def _is_held(node: Expr) -> bool:
    """Whether each longer axis of a product is that of some factor."""
    specs, out, sizes = specs_of(node)
    held = {i for spec in specs for i in spec}
    return all(i in held or sizes[i] == 1 for i in out)


def _is_plain(node: Expr) -> bool:
    return node.op is SYMBOL or is_scalar(node)


def is_scalar(node: Expr) -> bool:
    """Whether a node depends on no array, so that it is computed once before the loops."""
    return node.shape == () and all(n.shape == () and not is_temporary(n) for n in postorder(node))


def argument_places(node: Expr, place: Place) -> list[Place]:
    """Where the arguments of a node are read for its entry at a place."""
    if node.op is PRODUCT:
        specs, out, _ = specs_of(node)
        of = dict(zip(out, place, strict=True))
        return [tuple(of.get(i, -1) for i in spec) for spec in specs]
    return [
        tuple(-1 if size == 1 else at for size, at in zip(a.shape, place[node.ndim - a.ndim :], strict=True))
        for a in node.args
    ]


def _is_read_elsewhere(target: Expr, value: Expr) -> bool:
    """Whether an entry of the value needs another entry of the target than its own."""
    if target not in postorder(value):
        return False
    own = tuple(-1 if size == 1 else axis for axis, size in enumerate(value.shape))
    seen, waiting = set(), [(value, own)]
    while waiting:
        node, place = waiting.pop()
        if (node, place) in seen:
            continue
        if node is target and place != own:
            return True
        seen.add((node, place))
        waiting += zip(node.args, argument_places(node, place), strict=True)
    return False


def renamed(value: Expr, table: Mapping[Expr, Expr]) -> Expr:
    """The expression with symbols replaced."""
    done = dict(table)
    for node in postorder(value):
        if node not in done:
            done[node] = _rebuilt(node, done)
    return done[value]


def _rebuilt(node: Expr, table: Mapping[Expr, Expr]) -> Expr:
    """The node with its arguments replaced; a sum keeps its terms apart."""
    args = tuple(table[a] for a in node.args)
    if args == node.args:
        return node
    return make(SUM, args) if node.op is SUM else with_args(node, args)
