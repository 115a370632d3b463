"""The syntax tree that every reader of formulas produces, whatever the formula was typed in.

A node knows its span, the half-open range of characters of the text it was read from, so that whatever
is wrong can be shown at its place. Nodes say what was written; what it means, with the shapes in hand,
is decided in one place, :mod:`gradproof.read.notation.meaning`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Literal

Span = tuple[int, int]
Operator = Literal[
    "+",
    "-",
    "matmul",  # @ of NumPy, %*% of R, \, or nothing between two names: the matrix product, or scaling
    "times",  # *, where the notation does not say which product: what fits the shapes
    "dot",  # ·: scaling, the inner product of two vectors, the matrix product
    "hadamard",  # .*, ⊙, ∘, NumPy's *
    "divide",  # / or \frac: by a scalar, or entrywise where only that fits
    "elementwise_divide",  # ./, ⊘, NumPy's /
    "left_divide",  # A \ b = A⁻¹ b
    "right_divide",  # A / B = A B⁻¹ where the notation says so
    "power",  # ^: of a scalar, or of a square matrix by a whole number; ^-1 is the inverse
    "elementwise_power",  # .^, NumPy's **
    "kron",  # ⊗
    "outer",  # %o%
]
Relation = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass(frozen=True, slots=True)
class Node:
    """What all nodes have.

    Attributes
    ----------
    span : (int, int)
        Where the node stands in its text: ``text[span[0]:span[1]]``.
    """

    span: Span


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable in the reader's normal form: ``W``, ``lambda``, ``W_1``, ``W^[l]``."""

    name: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number; decimal fractions that were typed are exact: ``0.1`` is one tenth."""

    value: Fraction | float | complex


@dataclass(frozen=True, slots=True)
class String(Node):
    """A quoted word, such as the kind of a norm or the pattern of an einsum."""

    value: str


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """``None``, ``True``, ``False`` and ``...`` of Python."""

    value: bool | str | None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function applied: ``function`` is the name in the vocabulary or as typed, dots included.

    ``at`` is the span of the function's name.
    """

    function: str
    arguments: tuple[Node, ...]
    keywords: tuple[tuple[str, Node], ...] = ()
    at: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """A sign before an operand."""

    op: Literal["-", "+", "not"]
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Two operands; ``at`` is the span of the operator, empty where nothing stands between them."""

    op: Operator
    left: Node
    right: Node
    at: Span


@dataclass(frozen=True, slots=True)
class Transpose(Node):
    """``X'``, ``X^T``, ``X.T``; with ``conjugate``, also ``X^H``."""

    operand: Node
    conjugate: bool = False


@dataclass(frozen=True, slots=True)
class Conjugate(Node):
    """``x̄``, ``x.conj()``."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Slice(Node):
    """``start:stop:step`` between brackets; None where nothing stands."""

    start: Node | None
    stop: Node | None
    step: Node | None


@dataclass(frozen=True, slots=True)
class Index(Node):
    """``operand[items]`` with 0-based places; an item is an expression, a :class:`Slice` or a Constant."""

    operand: Node
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Norm(Node):
    """Double bars; ``kind`` is the subscript: ``F``, ``1``, ``2``, ``inf``, ``*``, a number; or None."""

    operand: Node
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Bars(Node):
    """Single bars: absolute value of a scalar, determinant of a square matrix."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """A relation; true is 1."""

    op: Relation
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class IndexRange(Node):
    """An index of a sum, 1-based as mathematics counts: ``i``, or ``i = start .. stop``."""

    name: str
    start: Node | None = None
    stop: Node | None = None


@dataclass(frozen=True, slots=True)
class SumOver(Node):
    """Σ over indices; ``product`` makes it Π."""

    indices: tuple[IndexRange, ...]
    body: Node
    product: bool = False


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """An entry by 1-based indices: ``w_ij``, ``X_{i,:}``; an index is an expression or an empty Slice."""

    base: Node
    indices: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Items(Node):
    """A tuple or list of expressions."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Blocks(Node):
    """A matrix written out: rows of expressions."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Repeated(Node):
    """``body`` for each value of a range: the inside of ``sum(... for r in range(3))``."""

    body: Node
    name: str
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Applied(Node):
    """A function written out on the spot, ``(lambda G: G + G.T)(X)``."""

    parameters: tuple[str, ...]
    body: Node
    arguments: tuple[Node, ...]


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below a node."""
    for name in _fields(type(node)):
        yield from _nodes_in(getattr(node, name))


_FIELDS: dict[type[Node], tuple[str, ...]] = {}


def _fields(kind: type[Node]) -> tuple[str, ...]:
    """The attributes of a kind of node that may hold nodes."""
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(
            f.name for f in fields(kind) if "Node" in str(f.type) or "IndexRange" in str(f.type)
        )
    return _FIELDS[kind]


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


def walk(node: Node) -> Iterator[Node]:
    """The node and all nodes below it, in the order of the text."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        below = list(children(current))
        below.reverse()
        stack += below


def names_in(node: Node) -> list[Name]:
    """Every occurrence of a name, in the order of the text."""
    return [n for n in walk(node) if isinstance(n, Name)]
