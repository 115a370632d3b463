r"""What depends on the shapes: ``\cdot``, ``\times``, ``[z]_+``, ``A^\dagger``, ``\bar{x}``, cases."""

from __future__ import annotations

from dataclasses import dataclass

from gradproof.expr import broadcast
from gradproof.expr.node import Expr, facts_of, symbols
from gradproof.read.notation.evaluation import expression, means, operand, value_of
from gradproof.read.notation.scope import Row, Scope, Value, described, expr_of
from gradproof.read.notation.tree import (
    Binary,
    Call,
    Comparison,
    Conjugate,
    Name,
    Node,
    Number,
    Operator,
    Span,
)
from gradproof.read.notation.tree import Transpose as Transposed


@dataclass(frozen=True, slots=True)
class Dot(Node):
    r"""``a \cdot b``: scaling, the inner product of two vectors, or the matrix product.

    ``rest`` are the factors that follow b without a sign: ``x \cdot A y`` is x · (A y).
    """

    left: Node
    right: Node
    at: Span
    rest: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Times(Node):
    r"""``a \times b``: scaling, or a matrix product; of two vectors it would be the cross product."""

    left: Node
    right: Node
    at: Span


@dataclass(frozen=True, slots=True)
class PositivePart(Node):
    r"""``[z]_+`` and ``(z)_+``: max(0, z)."""

    part: Node


@dataclass(frozen=True, slots=True)
class Dagger(Node):
    r"""``A^\dagger``: the pseudoinverse of a real matrix; of a vector the conjugate transpose."""

    base: Node
    at: Span


@dataclass(frozen=True, slots=True)
class Overlined(Node):
    r"""``\bar{z}`` and ``\overline{z}`` of what is declared: the conjugate, where that is complex."""

    part: Node


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """Two values, and the condition under which the first holds."""

    condition: Comparison
    first: Node
    second: Node


def _joined(op: Operator, left: Value, right: Value, node: Dot | Times, scope: Scope) -> Value:
    """Two values with an operator between them, without reading their nodes again."""
    product = Binary(node.span, op, Name(node.left.span, " left"), Name(node.right.span, " right"), node.at)
    with scope.binding({" left": left, " right": right}):
        return operand(product, scope)


def _columns(left: Value, right: Value) -> bool:
    """Whether two values are vectors that nobody transposed."""
    return all(isinstance(v, Expr) and v.ndim == 1 for v in (left, right))


@means(Dot)
def _dot(node: Dot, scope: Scope) -> Value:
    left, right = operand(node.left, scope), operand(node.right, scope)
    rest = [operand(n, scope) for n in node.rest]
    x, y = expr_of(left), expr_of(right)
    assert x is not None and y is not None
    behind = bool(rest) and x.ndim == 1 and not isinstance(left, Row) and y.ndim == 2
    if behind:
        while rest:
            right = _joined("matmul", right, rest.pop(0), node, scope)
    result = _dotted(left, right, node, scope)
    for value in rest:
        result = _joined("matmul", result, value, node, scope)
    return result


def _dotted(left: Value, right: Value, node: Dot, scope: Scope) -> Value:
    if not _columns(left, right):
        return _joined("matmul", left, right, node, scope)
    a, b = expr_of(left), expr_of(right)
    assert a is not None and b is not None
    if not scope.sizes.unify(a.shape[0], b.shape[0]):
        raise scope.misfit(
            f"the inner product of shapes {described(a)} and {described(b)}", node, "make the sizes equal"
        )
    return broadcast.matmul(a, b)


@means(Times)
def _times(node: Times, scope: Scope) -> Value:
    left, right = operand(node.left, scope), operand(node.right, scope)
    a, b = expr_of(left), expr_of(right)
    assert a is not None and b is not None
    same = a.ndim == b.ndim and isinstance(left, Row) == isinstance(right, Row)
    if a.ndim and same and (a.ndim == 1 or a.shape == b.shape):
        what = "the cross product" if a.ndim == 1 else "the matrix product, or that of the entries"
        raise scope.refuse(
            rf"\times between {described(left)} and {described(right)}: {what}, which is not read", node,
            r"write \odot for the entrywise product, \otimes for Kronecker's, \cdot for the inner product, "
            "nothing for the matrix product",
        )  # fmt: skip
    return _joined("times", left, right, node, scope)


@means(PositivePart)
def _positive_part(node: PositivePart, scope: Scope) -> Value:
    if expression(node.part, scope).ndim == 2:
        raise scope.refuse(
            "the positive part of a matrix: of its entries, or of its eigenvalues?", node,
            r"write \max(0, X) for the entries",
        )  # fmt: skip
    return value_of(Call(node.span, "relu", (node.part,), (), node.span), scope)


def is_complex(expr: Expr) -> bool:
    """Whether a variable of an expression is declared complex."""
    return any("complex" in facts_of(s) for s in symbols(expr))


@means(Dagger)
def _dagger(node: Dagger, scope: Scope) -> Value:
    base = expression(node.base, scope)
    if base.ndim == 1:
        return value_of(Transposed(node.span, node.base, conjugate=True), scope)
    if is_complex(base):
        raise scope.refuse(
            r"\dagger of a complex matrix: its conjugate transpose, or its pseudoinverse?", node,
            r"write A^{H} for the conjugate transpose, A^{+} for the pseudoinverse",
        )  # fmt: skip
    return value_of(Call(node.span, "pinv", (node.base,), (), node.at), scope)


@means(Overlined)
def _overlined(node: Overlined, scope: Scope) -> Value:
    if is_complex(expression(node.part, scope)):
        return value_of(Conjugate(node.span, node.part), scope)
    shown = scope.text[slice(*node.span)]
    raise scope.refuse(
        f"{shown}: a name of its own, the mean, or a conjugate?", node,
        r"declare x_bar if it is a name, or write \operatorname{mean}(x); a conjugate is of what is "
        'declared complex, assume={"x": ["complex"]}',
    )  # fmt: skip


@means(Cases)
def _cases(node: Cases, scope: Scope) -> Value:
    for side in (node.condition.left, node.condition.right):
        if expression(side, scope).ndim:
            raise scope.refuse(
                "a condition on an array: on every entry, or on all at once?", node.condition,
                r"write \max(0, x) or |x| for entries, or the case of one entry under a \sum",
            )  # fmt: skip
    first, second = operand(node.first, scope), operand(node.second, scope)
    a, b = expr_of(first), expr_of(second)
    assert a is not None and b is not None
    zero = any(isinstance(n, Number) and n.value == 0 for n in (node.first, node.second))
    if (a.ndim and b.ndim and not scope.unify_shapes(a.shape, b.shape)) or (a.ndim != b.ndim and not zero):
        raise scope.misfit(
            f"cases of shapes {described(first)} and {described(second)}", node, "make the shapes equal"
        )
    return value_of(Call(node.span, "where", (node.condition, node.first, node.second), (), node.span), scope)
