"""What the operators between two operands mean, by the shapes of the operands and the notation at hand.

In NumPy's spelling every operator means one thing. In mathematical notation a product without a sign scales
where one side is a scalar and is the matrix product else; vectors are columns and ``x'`` is a row; ``*`` is
what fits; and what would fit in two ways is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gradproof.errors import InputError, ShapeError
from gradproof.expr import broadcast, linalg
from gradproof.expr.kronecker import kron
from gradproof.expr.matrix_functions import mpow
from gradproof.expr.node import NUMBER, Expr, Size, number_value
from gradproof.expr.powers import divide, power
from gradproof.read.notation.evaluation import means, operand, placed
from gradproof.read.notation.operands import check_entry, check_square, is_guessed_scalar, is_guessed_vector
from gradproof.read.notation.scope import Row, Scope, Value, described, expr_of, is_fresh
from gradproof.read.notation.tree import Binary, Number, Unary

_SIGN = {
    "+": "sum",
    "-": "difference",
    "hadamard": "entrywise product",
    "elementwise_divide": "entrywise quotient",
}


@means(Unary)
def _unary(node: Unary, scope: Scope) -> Value:
    value = operand(node.operand, scope)
    if node.op == "+":
        return value
    if node.op == "not":
        raise scope.refuse("'not' is no operation on arrays", node, "write np.logical_not(x), or 1 - x")
    return _like(broadcast.negate(_expr(value)), value)


@means(Binary)
def _binary(node: Binary, scope: Scope) -> Value:
    """A chain such as a + b + c + ... nests to the left as deep as it is long, so it is not recursed into."""
    chain = [node]
    while isinstance(chain[-1].left, Binary):
        chain.append(chain[-1].left)
    value = operand(chain[-1].left, scope)
    for link in reversed(chain):
        value = _combined(link, value, operand(link.right, scope), scope)
    return value


def _combined(node: Binary, left: Value, right: Value, scope: Scope) -> Value:
    try:
        if node.op in ("divide", "elementwise_divide") and number_value(_expr(right)) == 0:
            raise scope.refuse("a division by 0", node, "correct the divisor")
        if scope.convention.broadcasts:
            return _numpy(node, _expr(left), _expr(right), scope)
        if _expr(left).ndim and _expr(right).ndim and _mixed(node, scope):
            raise _unbracketed(node, scope)
        return _MATHEMATICS[node.op](node, left, right, scope)
    except InputError as error:
        raise placed(error, node, scope) from None


def _unbracketed(node: Binary, scope: Scope) -> InputError:
    return scope.refuse(
        "whether the entrywise product or the matrix product comes first is not clear", node,
        "put brackets: A (B .* C) or (A B) .* C",
    )  # fmt: skip


def _expr(value: Value) -> Expr:
    expr = expr_of(value)
    assert expr is not None
    return expr


def _like(expr: Expr, *values: Value) -> Value:
    """A row where one of the operands it was made from is a row."""
    return Row(expr) if expr.ndim == 1 and any(isinstance(v, Row) for v in values) else expr


# --- NumPy ------------------------------------------------------------------------------------------


def _numpy(node: Binary, a: Expr, b: Expr, scope: Scope) -> Expr:
    if node.op in _ENTRYWISE:
        scope.unify_broadcast([a.shape, b.shape])
        try:
            return _ENTRYWISE[node.op](a, b)
        except ShapeError:
            raise _unequal(node, a, b, scope) from None
    if node.op == "matmul":
        if not a.ndim or not b.ndim:
            raise scope.misfit(
                f"a matrix product of {described(a)} and {described(b)}: @ needs an axis on both sides",
                node.at, "use * to scale",
            )  # fmt: skip
        if not scope.sizes.unify(a.shape[-1], b.shape[-2 if b.ndim > 1 else -1]):
            raise _inner_sizes(node, a, b, scope, "transpose one side, or use * for the entrywise product")
        return broadcast.matmul(a, b)
    if node.op == "left_divide":
        return _left_divide(node, a, b, scope)
    raise scope.refuse(f"{node.op} is no operation of NumPy", node.at, "use + - * / @ and **")


_ENTRYWISE: dict[str, Callable[[Expr, Expr], Expr]] = {
    "+": broadcast.plus,
    "-": broadcast.minus,
    "hadamard": broadcast.multiply,
    "elementwise_divide": divide,
    "elementwise_power": power,
}


def _unequal(node: Binary, a: Value, b: Value, scope: Scope) -> InputError:
    kind = _SIGN.get(node.op, "operation")
    fix = "make the shapes equal: transpose one side, or multiply in another order"
    if scope.convention.broadcasts:
        fix = "transpose or reshape one of them, or sum over the extra axis"
    elif {_expr(a).ndim, _expr(b).ndim} == {1, 2}:
        fix = "repeat the vector over the matrix: b 1' adds it to every column, 1 b' to every row"
    elif isinstance(a, Row) != isinstance(b, Row):
        fix = "transpose one of the two vectors"
    return scope.misfit(f"{kind} of shapes {described(a)} and {described(b)}", node, fix)


def _inner_sizes(node: Binary, a: Value, b: Value, scope: Scope, fix: str) -> InputError:
    first, second = _expr(a).shape, _expr(b).shape
    inner = first[-1], second[-2 if len(second) > 1 else -1]
    return scope.misfit(
        f"matrix product of shapes {described(a)} and {described(b)}: inner sizes "
        f"{' and '.join('?' if is_fresh(s) else str(s) for s in inner)} differ", node, fix,
    )  # fmt: skip


# --- mathematics ------------------------------------------------------------------------------------


def _sum(node: Binary, a: Value, b: Value, scope: Scope) -> Value:
    return _entry_by_entry(node, a, b, scope)


def _entry_by_entry(node: Binary, a: Value, b: Value, scope: Scope) -> Value:
    """Equal shapes, or a scalar with anything."""
    x, y = _expr(a), _expr(b)
    if x.ndim and y.ndim:
        if isinstance(a, Row) != isinstance(b, Row) or not scope.unify_shapes(x.shape, y.shape):
            raise _unequal(node, a, b, scope)
    elif node.op in ("+", "-") and x.ndim != y.ndim and NUMBER in (x.op, y.op):
        check_square(node, x if x.ndim else y, scope)
    elif node.op in ("+", "-") and x.ndim != y.ndim:
        if scope.convention.dialect == "latex" and is_guessed_scalar(x if y.ndim else y, scope):
            raise _unequal(node, a, b, scope)
        if is_guessed_vector(node.left if x.ndim else node.right, node.right if x.ndim else node.left, scope):
            raise _unequal(node, a, b, scope)
        check_entry(x if y.ndim else y, node, scope)
        check_square(node, x if x.ndim else y, scope)
        scope.note(f"the scalar in {scope.text[slice(*node.span)]!r} is taken with every entry")
    return _like(_ENTRYWISE[node.op](x, y), a, b)


def _matmul(node: Binary, a: Value, b: Value, scope: Scope) -> Value:
    """Scaling, or the matrix product with columns and rows: x'y, x y', A x, x' A, A B."""
    x, y = _expr(a), _expr(b)
    if (
        isinstance(b, Row) and isinstance(node.left, Number) and node.left.value == 1
    ):  # 1 b', with the vector 1
        return broadcast.broadcast_to(y, (scope.sizes.fresh((scope.text, node.left.span)), y.shape[0]))
    if not x.ndim or not y.ndim:
        if x.ndim != y.ndim:
            check_entry(x if y.ndim else y, node, scope)
        return _like(broadcast.multiply(x, y), a, b)
    if scope.convention.dialect == "r" and x.ndim == 1 and not isinstance(a, Row) and not isinstance(b, Row):
        scope.sizes.unify(x.shape[0], y.shape[0])
        return broadcast.matmul(x, y)  # R turns a vector into the row that fits
    if not isinstance(a, Row) and x.ndim == 1:  # a column has one column
        if isinstance(b, Row):
            return broadcast.multiply(broadcast.expand_dims(x, (1,)), y)
        raise _no_product(node, a, b, scope)
    if isinstance(b, Row):
        raise _no_product(node, a, b, scope)
    if not scope.sizes.unify(x.shape[-1], y.shape[-2 if y.ndim > 1 else -1]):
        raise _inner_sizes(node, a, b, scope, "transpose one side, or write .* for the entrywise product")
    result = broadcast.matmul(x, y)
    return Row(result) if isinstance(a, Row) and result.ndim == 1 else result


def _no_product(node: Binary, a: Value, b: Value, scope: Scope) -> InputError:
    fix = "write .* for the entrywise product, or transpose one side"
    if _expr(a).ndim == _expr(b).ndim == 1:
        fix = "write x'y for the inner product, x y' for the outer one, x .* y for the entrywise one"
    return scope.misfit(f"no matrix product of shapes {described(a)} and {described(b)}", node, fix)


def _times(node: Binary, a: Value, b: Value, scope: Scope) -> Value:
    """``*``: what the notation says, or what alone fits the shapes."""
    x, y = _expr(a), _expr(b)
    if scope.convention.star == "matmul" or not x.ndim or not y.ndim:
        return _matmul(node, a, b, scope)
    if scope.convention.star == "hadamard":
        return _hadamard(node, a, b, scope)
    matrix, entrywise = _multiplies(a, b), _same_shape(a, b)
    if matrix and entrywise:
        left, right = scope.text[slice(*node.left.span)], scope.text[slice(*node.right.span)]
        raise scope.refuse(
            f"* between shapes {described(a)} and {described(b)} can be the matrix product or entrywise",
            node.at, f"write {left} @ {right} or {left} .* {right}",
        )  # fmt: skip
    if matrix or not entrywise:
        return _matmul(node, a, b, scope)
    return _hadamard(node, a, b, scope)


def _dot(node: Binary, a: Value, b: Value, scope: Scope) -> Value:
    """``x · y`` of two vectors is their inner product; the cross product of ``×`` is not known."""
    x, y = _expr(a), _expr(b)
    if x.ndim and y.ndim and scope.text[slice(*node.at)] == "×":
        raise scope.refuse(
            "× between arrays is not clear", node.at, "write a space for the matrix product, or .*"
        )
    if x.ndim == y.ndim == 1 and isinstance(a, Row) == isinstance(b, Row):
        if not scope.unify_shapes(x.shape, y.shape):
            raise _inner_sizes(node, a, b, scope, "make the two vectors equally long")
        return broadcast.matmul(x, y)
    return _matmul(node, a, b, scope)


def _mixed(node: Binary, scope: Scope) -> bool:
    """Whether ∘ and a product without a sign stand side by side, with no brackets to say which is first."""
    if scope.convention.dialect == "latex":  # it has asked for brackets itself
        return False
    implicit = node.at[0] >= node.at[1] or scope.text[slice(*node.at)].isspace()
    for side in (node.left, node.right):
        if not isinstance(side, Binary) or side.span[0] < side.left.span[0]:
            continue
        glyph = scope.text[slice(*(side.at if side.op == "hadamard" else node.at))]
        bare = side.at[0] >= side.at[1] or scope.text[slice(*side.at)].isspace()
        if {node.op, side.op} == {"hadamard", "matmul"} and (implicit or bare or glyph in ("∘", "⊙")):
            return all(
                operand(part, scope) is not None and _expr(operand(part, scope)).ndim
                for part in (side.left, side.right)
            )
    return False


def _multiplies(a: Value, b: Value) -> bool:
    x, y = _expr(a), _expr(b)
    if not isinstance(a, Row) and x.ndim == 1:
        return isinstance(b, Row)
    if isinstance(b, Row):
        return False
    return _may_be(x.shape[-1], y.shape[-2 if y.ndim > 1 else -1])


def _same_shape(a: Value, b: Value) -> bool:
    x, y = _expr(a).shape, _expr(b).shape
    return (
        isinstance(a, Row) == isinstance(b, Row)
        and len(x) == len(y)
        and all(_may_be(m, n) for m, n in zip(x, y, strict=True))
    )


def _may_be(m: Size, n: Size) -> bool:
    return m == n or is_fresh(m) or is_fresh(n)


def _hadamard(node: Binary, a: Value, b: Value, scope: Scope) -> Value:
    entrywise = Binary(node.span, "hadamard", node.left, node.right, node.at)
    return _entry_by_entry(entrywise, a, b, scope)


def _divide(node: Binary, a: Value, b: Value, scope: Scope) -> Value:
    """By a scalar; entrywise by a vector. By a matrix it could also be a product with the inverse."""
    x, y = _expr(a), _expr(b)
    if y.ndim > 1 and scope.convention.star != "hadamard":
        if x.ndim == 2 and scope.convention.dialect == "matlab":
            return _right_divide(node, a, b, scope)
        if y.ndim == 2 and _is_oblong(y):  # no inverse: entry by entry is all that fits
            return _entry_by_entry(replace(node, op="elementwise_divide"), a, b, scope)
        left, right = scope.text[slice(*node.left.span)], scope.text[slice(*node.right.span)]
        raise scope.refuse(
            f"division by a matrix of shape {described(b)} can be entrywise, or a product with the inverse",
            node.at, f"write {left} ./ {right}, or {left} inv({right})",
        )  # fmt: skip
    if y.ndim and scope.convention.dialect == "latex":
        raise scope.refuse(
            f"division by {described(b)}",
            node,
            r"divide by a scalar; entry by entry write \oslash, else an inverse",
        )
    entrywise = Binary(node.span, "elementwise_divide", node.left, node.right, node.at)
    return _entry_by_entry(entrywise, a, b, scope)


def _left_divide(node: Binary, a: Value, b: Value, scope: Scope) -> Expr:
    x, y = _expr(a), _expr(b)
    if not x.ndim:
        return divide(y, x)
    if x.ndim != 2 or not scope.sizes.unify(x.shape[0], x.shape[1]):
        raise scope.misfit(f"A \\ b needs a square A, not shape {described(a)}", node.left, "write pinv(A) b")
    if isinstance(b, Row) or not scope.sizes.unify(x.shape[1], y.shape[0] if y.ndim else 0):
        raise _inner_sizes(node, a, b, scope, "make the rows of both sides equal")
    return linalg.solve(x, y)


def _right_divide(node: Binary, a: Value, b: Value, scope: Scope) -> Value:
    y = _expr(b)
    if y.ndim != 2 or not scope.sizes.unify(y.shape[0], y.shape[1]):
        raise scope.misfit(f"A / B needs a square B, not shape {described(b)}", node.right, "write A pinv(B)")
    return _matmul(node, a, linalg.inv(y), scope)


def _power(node: Binary, a: Value, b: Value, scope: Scope) -> Value:
    """Of a scalar; of a vector, where only entrywise fits; of a square matrix by a whole number."""
    x, p = _expr(a), _expr(b)
    if p.ndim:
        if x.ndim:
            raise scope.refuse("the exponent is no scalar", node.right, "write .^ for powers entry by entry")
        return _like(power(x, p), b)
    inverse = x.ndim == 2 and (not _is_oblong(x) or number_value(p) == -1)
    if scope.convention.dialect == "latex" and x.ndim and not inverse:
        base = scope.text[slice(*node.left.span)]
        raise scope.refuse(
            f"a power of {base}, of shape {described(a)}", node,
            rf"write {base}^{{\circ 2}} for entries, {base}^{{\top}} {base} for the product, "
            rf"\|{base}\|^2 for the norm",
        )  # fmt: skip
    if x.ndim < 2 or scope.convention.star == "hadamard":
        return _like(power(x, p), a)
    exponent = number_value(p)
    unknown = any(is_fresh(s) for s in x.shape)
    if x.shape[0] != x.shape[1]:
        base = scope.text[slice(*node.left.span)]
        if unknown and exponent != -1:
            raise scope.refuse(
                f"a power of the matrix {base} can be the matrix power or be taken entry by entry",
                node,
                f"write {base}.^{scope.text[slice(*node.right.span)]} for entries, or declare its shape",
            )  # fmt: skip
        if exponent == -1:
            if scope.sizes.unify(x.shape[0], x.shape[1]):
                return linalg.inv(x)
            raise scope.misfit(
                f"only a square matrix has an inverse, not shape {described(a)}", node, "write pinv"
            )
        scope.note(f"{base} is not square, so its power is taken entry by entry")
        return power(x, p)
    return mpow(x, p)


def _is_oblong(x: Expr) -> bool:
    """Whether a matrix is known not to be square."""
    return x.shape[0] != x.shape[1] and not any(is_fresh(s) for s in x.shape)


def _elementwise_power(node: Binary, a: Value, b: Value, scope: Scope) -> Value:
    return _entry_by_entry(node, a, b, scope)


def _outer(node: Binary, a: Value, b: Value, scope: Scope) -> Value:
    x, y = _expr(a), _expr(b)
    if x.ndim != 1 or y.ndim != 1:
        raise _no_product(node, a, b, scope)
    return broadcast.multiply(broadcast.expand_dims(x, (1,)), y)


def _kron(node: Binary, a: Value, b: Value, scope: Scope) -> Value:
    """Kronecker's product of matrices; x ⊗ y of vectors could also be the outer product."""
    x, y = _expr(a), _expr(b)
    if x.ndim != 2 or y.ndim != 2:
        raise scope.refuse(
            f"⊗ of shapes {described(a)} and {described(b)} is not clear", node.at, "write x y' or vec(y x')"
        )
    return kron(x, y)


_MATHEMATICS: dict[str, Callable[[Binary, Value, Value, Scope], Value]] = {
    "+": _sum,
    "-": _sum,
    "matmul": _matmul,
    "dot": _dot,
    "times": _times,
    "hadamard": _hadamard,
    "divide": _divide,
    "elementwise_divide": _entry_by_entry,
    "left_divide": _left_divide,
    "right_divide": _right_divide,
    "power": _power,
    "elementwise_power": _elementwise_power,
    "kron": _kron,
    "outer": _outer,
}
