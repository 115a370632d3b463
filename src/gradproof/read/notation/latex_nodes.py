r"""What LaTeX has beside the shared syntax tree, and its meaning: I, 1, inner products, norms."""

from __future__ import annotations

from dataclasses import dataclass

from gradproof.expr import broadcast
from gradproof.expr.indexing import concatenate
from gradproof.expr.node import Expr, Size, delta
from gradproof.expr.product import ones
from gradproof.read.notation.evaluation import expression, means, value_of
from gradproof.read.notation.latex_commands import OF_MATRICES
from gradproof.read.notation.scope import Scope, Value, described
from gradproof.read.notation.tree import Call, Name, Node, Norm, Number


@dataclass(frozen=True, slots=True)
class Identity(Node):
    """I or I_n; without a size, the one that fits."""

    size: Node | None = None


@dataclass(frozen=True, slots=True)
class Ones(Node):
    r"""``\mathbf{1}`` or ``\mathbf{1}_n``, a column of ones; with two sizes a matrix of ones."""

    sizes: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Inner(Node):
    r"""``\langle a, b \rangle``: the sum of the products of entries."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Written(Node):
    r"""A matrix of scalars written out; one column is a vector."""

    rows: tuple[tuple[Node, ...], ...]


@means(Written)
def _written(node: Written, scope: Scope) -> Value:
    rows = [[expression(cell, scope) for cell in row] for row in node.rows]
    for row, cells in zip(rows, node.rows, strict=True):
        for entry, cell in zip(row, cells, strict=True):
            if entry.ndim:
                raise scope.refuse(
                    f"an entry that is {described(entry)}", cell, "block matrices are not read"
                )
    vector = all(len(row) == 1 for row in rows)
    stacked = [_beside([broadcast.expand_dims(e, (0,)) for e in row]) for row in rows]
    if vector:
        return _beside(stacked)
    return _beside([broadcast.expand_dims(row, (0,)) for row in stacked])


def _beside(parts: list[Expr]) -> Expr:
    return concatenate(parts, 0) if len(parts) > 1 else parts[0]


@dataclass(frozen=True, slots=True)
class VectorNorm(Node):
    r"""A norm of a vector or matrix; ``\|X\|_1`` of a matrix is two: of its entries, and as an operator."""

    norm: Node


@means(VectorNorm)
def _vector_norm(node: VectorNorm, scope: Scope) -> Value:
    assert isinstance(node.norm, Norm)
    operand_ = expression(node.norm.operand, scope)
    if not operand_.ndim:
        raise scope.misfit("the norm of a scalar", node, "declare what is a vector, or write single bars")
    if operand_.ndim == 2 and node.norm.kind in ("1", "inf"):
        raise scope.refuse(
            f"the {node.norm.kind}-norm of a matrix: of its entries, or as an operator?", node,
            r"write \|\operatorname{vec}(X)\|_1 for the entries; the operator norm is the largest column sum",
        )  # fmt: skip
    return value_of(node.norm, scope)


@dataclass(frozen=True, slots=True)
class OfMatrix(Node):
    r"""A function that is one thing for a scalar, and could be two for a square matrix: ``\exp(X)``."""

    call: Node


def of_matrix(call: Call) -> Node:
    """The call, where its function is not the same for every matrix."""
    return OfMatrix(call.span, call) if call.function in OF_MATRICES else call


@means(OfMatrix)
def _of_matrix(node: OfMatrix, scope: Scope) -> Value:
    assert isinstance(node.call, Call)
    argument = expression(node.call.arguments[0], scope)
    if argument.ndim == 2 and argument.shape[0] == argument.shape[1]:
        name = node.call.function
        raise scope.refuse(
            f"{name} of a square matrix: of the matrix, or of every entry?", node,
            rf"write \operatorname{{{name}m}}(X) for the matrix, \{name}^{{\circ}}(X) for every entry",
        )  # fmt: skip
    return value_of(node.call, scope)


@dataclass(frozen=True, slots=True)
class ScalarName(Name):
    r"""A name that nobody declared, of a kind that is a number: J + ..., ``\mathcal{L}``, ``\text{loss}``."""


@means(ScalarName)
def _scalar_name(node: ScalarName, scope: Scope) -> Value:
    scope.names.ranks.setdefault(node.name, 0)
    return scope.names.symbol(node.name, scope.sizes)


def size_of(node: Node, scope: Scope) -> Size:
    """The size of an axis that a formula writes."""
    if isinstance(node, Number) and not isinstance(node.value, complex) and node.value == int(node.value):
        return int(node.value)
    if isinstance(node, Name):
        return node.name
    raise scope.refuse("this is no size of an axis", node, "write a number or a letter such as n")


@means(Identity)
def _identity(node: Identity, scope: Scope) -> Value:
    return delta(
        scope.sizes.fresh(("identity", node.span)) if node.size is None else size_of(node.size, scope)
    )


@means(Ones)
def _ones(node: Ones, scope: Scope) -> Value:
    if node.sizes:
        return ones(tuple(size_of(s, scope) for s in node.sizes))
    return ones((scope.sizes.fresh(("ones", node.span)),))


@means(Inner)
def _inner(node: Inner, scope: Scope) -> Value:
    a, b = expression(node.left, scope), expression(node.right, scope)
    if not scope.unify_shapes(a.shape, b.shape):
        raise scope.misfit(
            f"the inner product of shapes {described(a)} and {described(b)}", node, "both need one shape"
        )
    return broadcast.sum_over(broadcast.multiply(a, b))


@dataclass(frozen=True, slots=True)
class Noted(Node):
    """A formula, what was guessed while it was parsed, and what its left side calls it."""

    body: Node
    notes: tuple[str, ...]
    output: str = ""


@dataclass(frozen=True, slots=True)
class Collected(Node):
    """The array over free indices: the right side of ``y_i = ...``."""

    indices: tuple[str, ...]
    body: Node


@means(Noted)
def _noted(node: Noted, scope: Scope) -> Value:
    for note in node.notes:
        scope.note(note)
    return value_of(node.body, scope)
