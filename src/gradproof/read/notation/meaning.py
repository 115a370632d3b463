"""What the rest of a formula means: literals, transposes, norms, selection, comparisons, sums over ranges.

Operators are in :mod:`~gradproof.read.notation.operators`, calls in :mod:`~gradproof.read.notation.calls`,
names in :mod:`~gradproof.read.notation.names`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gradproof.errors import InputError
from gradproof.expr import broadcast, linalg, selecting
from gradproof.expr.complex import conj
from gradproof.expr.function import apply
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import Expr, Size, number, number_value
from gradproof.expr.shorthand import block
from gradproof.read.notation.calls import size_of
from gradproof.read.notation.evaluation import expression, means, operand, placed, value_of
from gradproof.read.notation.norms import norm
from gradproof.read.notation.samples import of_guessed_vector
from gradproof.read.notation.scope import Row, Scope, Value, described, expr_of
from gradproof.read.notation.tree import (
    Applied,
    Bars,
    Blocks,
    Comparison,
    Conjugate,
    Constant,
    Index,
    Items,
    Node,
    Norm,
    Number,
    Repeated,
    Slice,
    String,
    Transpose,
    Unary,
)

_RELATIONS = {
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
    "==": "equal",
    "!=": "not_equal",
}
_UNROLLED = 64  # terms of a sum over a range that are written out


@means(Number)
def _number(node: Number, scope: Scope) -> Value:
    if isinstance(node.value, complex):
        raise scope.refuse("complex numbers are not read", node, "declare a complex variable instead")
    return number(Fraction(repr(node.value)) if isinstance(node.value, float) else node.value)


@means(String, Constant)
def _plain(node: String | Constant, scope: Scope) -> Value:
    return node.value


@means(Items)
def _items(node: Items, scope: Scope) -> Value:
    return tuple(value_of(item, scope) for item in node.items)


@means(Transpose)
def _transpose(node: Transpose, scope: Scope) -> Value:
    value = operand(node.operand, scope)
    expr = expr_of(value)
    assert expr is not None
    if node.conjugate or _is_adjoint(node, expr, scope):
        expr = conj(expr)
    if not expr.ndim and scope.convention.dialect == "latex":
        raise scope.misfit("the transpose of a scalar", node, "declare it as a vector or matrix")
    if scope.convention.broadcasts or expr.ndim != 1:
        return broadcast.transpose(expr)
    return expr if isinstance(value, Row) else Row(expr)


def _is_adjoint(node: Transpose, expr: Expr, scope: Scope) -> bool:
    """Whether a prime after something complex conjugates it: in MATLAB it does; elsewhere it is refused."""
    sign = scope.text[node.span[1] - 1 : node.span[1]]
    if sign not in ("'", "′", "’") or scope.text[: node.span[1] - 1].endswith(".") or not is_complex(expr):
        return False
    if scope.convention.dialect != "matlab":
        raise scope.refuse(
            "a prime after a complex expression can conjugate it or not",
            node,
            "write x^H for the adjoint, x^T for the transpose",
        )
    return True


@means(Conjugate)
def _conjugate(node: Conjugate, scope: Scope) -> Value:
    value = operand(node.operand, scope)
    expr = expr_of(value)
    assert expr is not None
    conjugated = conj(expr)
    return Row(conjugated) if isinstance(value, Row) else conjugated


@means(Norm)
def _norm(node: Norm, scope: Scope) -> Value:
    x = expression(node.operand, scope)
    kind: object = node.kind
    _check_norm(x, node, scope)
    if kind is None and x.ndim == 2:
        scope.note(f"the norm {scope.text[slice(*node.span)]} of a matrix is the Frobenius norm")
    if kind in ("*", "nuc"):
        kind = "nuc"
    elif kind is not None and str(kind).lower() not in ("f", "fro", "inf", "∞"):
        try:
            kind = number(Fraction(str(kind)))
        except ValueError:
            raise scope.refuse(
                f"the norm of kind {kind!r} is not known",
                node,
                "use F, 1, 2, inf, * or a number; a weighted norm is sqrt(x' A x)",
            ) from None
    elif kind == "∞":
        kind = "inf"
    if not x.ndim:
        return apply("abs", x)
    try:
        return norm(x, kind)
    except InputError as error:
        raise placed(error, node, scope) from None


def _check_norm(x: Expr, node: Norm, scope: Scope) -> None:
    """Refuse what notations mean differently: ``‖X‖₁`` of a matrix, the norm of what may be a row."""
    inside = scope.text[slice(*node.operand.span)]
    if x.ndim == 2 and str(node.kind) in ("1", "inf", "∞"):
        entries = "sum" if node.kind == "1" else "max"
        raise scope.refuse(
            f"the {node.kind}-norm of a matrix can be of its entries or of the operator",
            node,
            f"write {entries}(abs({inside})) for the entries, norm({inside}, {node.kind}) for the operator",
        )
    name = "" if x.ndim else of_guessed_vector(x, scope.locals.get(" sums"), scope)
    if name:
        raise scope.misfit(
            f"the norm of an entry of {name}: is it a number, or a row of a matrix not declared?",
            node,
            f"declare the matrix, shapes={{'{name.upper()}': ('m', 'n')}}, or write |...|",
        )


@means(Bars)
def _bars(node: Bars, scope: Scope) -> Value:
    x = expression(node.operand, scope)
    inside = scope.text[slice(*node.operand.span)]
    if not x.ndim:
        return apply("abs", x)
    if x.ndim == 1:
        raise scope.refuse(
            f"|{inside}| of a vector can be its norm or its absolute values",
            node,
            f"write ||{inside}|| or abs({inside})",
        )
    if not scope.sizes.unify(x.shape[0], x.shape[1]):
        raise scope.refuse(
            f"|{inside}| of a matrix of shape {described(x)} is no determinant",
            node,
            f"write ||{inside}||_F for its norm or abs({inside}) for absolute values",
        )
    scope.note(f"|{inside}| of a square matrix is its determinant")
    return linalg.linalg("det", x)


@means(Comparison)
def _comparison(node: Comparison, scope: Scope) -> Value:
    left, right = expression(node.left, scope), expression(node.right, scope)
    scope.unify_broadcast([left.shape, right.shape])
    try:
        return apply(_RELATIONS[node.op], left, right)
    except InputError as error:
        raise placed(error, node, scope) from None


@means(Repeated)
def _repeated(node: Repeated, scope: Scope) -> Value:
    """The body for each value of a range, one after another."""
    bounds = [number_value(expression(v, scope)) for v in node.values]
    if not all(isinstance(b, Fraction) and b.denominator == 1 for b in bounds):
        raise scope.refuse("a sum is written out over a range of whole numbers only", node, "write range(3)")
    values = range(*[int(b) for b in bounds])  # type: ignore[arg-type]
    if len(values) > _UNROLLED:
        raise scope.refuse(f"a sum of {len(values)} terms is too long to write out", node, "use np.sum")
    terms: list[Value] = []
    for k in values:
        with scope.binding({node.name: number(k)}):
            terms.append(value_of(node.body, scope))
    return tuple(terms)


@means(Applied)
def _applied(node: Applied, scope: Scope) -> Value:
    if len(node.parameters) != len(node.arguments):
        raise scope.refuse(
            "the function needs another number of arguments", node, "give one for each parameter"
        )
    values = {p: value_of(a, scope) for p, a in zip(node.parameters, node.arguments, strict=True)}
    with scope.binding(values):
        return value_of(node.body, scope)


# --- selection --------------------------------------------------------------------------------------


@means(Index)
def _index(node: Index, scope: Scope) -> Value:
    value = value_of(node.operand, scope)
    if isinstance(value, tuple):
        return _item(value, node, scope)
    expr = expr_of(value)
    if expr is None:
        raise scope.refuse(f"{described(value)} has no entries", node, "index a vector or matrix")
    template = _template(node, expr, scope)
    try:
        return selected(expr, template)
    except InputError as error:
        raise placed(error, node, scope, f" (selection from {described(expr)})") from None


def _item(items: tuple[Value, ...], node: Index, scope: Scope) -> Value:
    place = number_value(expression(node.items[0], scope)) if len(node.items) == 1 else None
    if not isinstance(place, Fraction) or not -len(items) <= place < len(items):
        raise scope.refuse(
            f"there are {len(items)} parts here, counted from 0", node, "write one of their numbers"
        )
    return items[int(place)]


def _template(node: Index, expr: Expr, scope: Scope) -> tuple[Any, ...]:
    """What stands in each place between the brackets; an ellipsis is the axes that are left."""
    template: list[Any] = []
    taken = sum(1 for item in node.items if not isinstance(item, Constant) or item.value is True)
    if taken > expr.ndim:
        raise scope.misfit(
            f"{taken} indices into {described(expr)}", node, "give at most one index for each axis"
        )
    for item in node.items:
        if isinstance(item, Constant) and item.value == "...":
            template += [("slice", None, None, None)] * (expr.ndim - taken)
        else:
            template.append(_place(item, scope))
    named = sum(1 for item in template if item[0] != "new")
    return (*template, *[("slice", None, None, None)] * (expr.ndim - named))


def _place(item: Node, scope: Scope) -> tuple[Any, ...]:
    if isinstance(item, Slice):
        bounds = (item.start, item.stop, item.step)
        return ("slice", *(None if p is None else _bound(p, scope) for p in bounds))
    value = value_of(item, scope)
    if value is None:
        return ("new",)
    place = number_value(value) if isinstance(value, Expr) else None
    if not isinstance(place, Fraction) or place.denominator != 1:
        raise scope.refuse("an index must be a whole number", item, "write a number such as 0, or a slice")
    return ("int", int(place))


def _bound(node: Node, scope: Scope) -> Size:
    """An end of a slice: a whole number, also a negative one, or a size."""
    if isinstance(node, Unary) and node.op == "-":
        size = size_of(node.operand, scope)
        if isinstance(size, int):
            return -size
    return size_of(node, scope)


def selected(expr: Expr, template: tuple[Any, ...]) -> Expr:
    """``expr[...]``; new axes and whole axes are a product's broadcasting."""
    return selecting.subscript(expr, template)


@means(Blocks)
def _blocks(node: Blocks, scope: Scope) -> Value:
    """A matrix written out: vectors are columns, scalars single entries."""
    rows = [[_block(operand(part, scope)) for part in row] for row in node.rows]
    for row in rows:
        scope.unify_joined([part.shape for part in row], 1)
    if len({len(row) for row in rows}) == 1:  # columns of blocks
        for column in zip(*rows, strict=True):
            scope.unify_joined([part.shape for part in column], 0)
    try:
        return block(rows)
    except InputError as error:
        raise placed(error, node, scope) from None


def _block(value: Value) -> Expr:
    expr = expr_of(value)
    assert expr is not None
    if expr.ndim == 0:
        return broadcast.expand_dims(expr, (0, 1))
    if expr.ndim == 1:
        return broadcast.expand_dims(expr, (0,) if isinstance(value, Row) else (1,))
    return expr


__all__ = ["selected"]
