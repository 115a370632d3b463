"""Words of linear algebra that need nothing but products and the basic operations on square matrices."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradproof.errors import InputError, ShapeError
from gradproof.expr import broadcast, linalg, product
from gradproof.expr.complex import conj
from gradproof.expr.node import Expr, delta
from gradproof.read.notation.vocabulary import word

PRODUCTS = "Products, transposes, diagonals"
SQUARE = "Square matrices"


@word("tr trace Tr matrix.trace", "X: square", "sum of the diagonal", family=SQUARE)
def _trace(x: Expr) -> Expr:
    return broadcast.trace(x)


@word("inv inverse ginv_ solve_", "X: square", "inverse", family=SQUARE)
def inv(x: Expr) -> Expr:
    """X⁻¹."""
    return linalg.inv(x)


@word("det", "X: square", "determinant", family=SQUARE)
def _det(x: Expr) -> Expr:
    return linalg.linalg("det", x)


@word("logdet logabsdet log_det ldet", "X: square", "log |det X|", family=SQUARE)
def _logdet(x: Expr) -> Expr:
    return linalg.linalg("logdet", x)


@word("slogdet", "X: square", "the sign of det X, and log |det X|", family=SQUARE)
def _slogdet(x: Expr) -> tuple[Expr, ...]:
    return linalg.linalg("signdet", x), linalg.linalg("logdet", x)


@word("solve", "A: square, B: array", "A⁻¹ B", family=SQUARE)
def solve(a: Expr, b: Expr) -> Expr:
    """A⁻¹ B."""
    return linalg.solve(a, b)


@word("cholesky chol", "X: square", "lower triangular L with L Lᵀ = X", family=SQUARE)
def _cholesky(x: Expr) -> Expr:
    return linalg.linalg("cholesky", x)


@word(
    "transpose t swapaxes_", "X: array, axes?: axis", "axes reversed, or in the order given", family=PRODUCTS
)
def _transpose(x: Expr, axes: int | tuple[int, ...] | None = None) -> Expr:
    return broadcast.transpose(x, (axes,) if isinstance(axes, int) else axes)


@word("outer ger", "x: array, y: array", "x yᵀ", family=PRODUCTS)
def outer(x: Expr, y: Expr) -> Expr:
    """x yᵀ."""
    if x.ndim > 1 or y.ndim > 1:
        raise ShapeError("an outer product is of two vectors", fix="write einsum for more axes")
    return broadcast.multiply(broadcast.expand_dims(x, (1,)) if x.ndim else x, y)


@word("matmul mm mv bmm", "A: array, B: array", "matrix product", family=PRODUCTS)
def _matmul(a: Expr, b: Expr) -> Expr:
    return broadcast.matmul(a, b)


@word("dot", "a: array, b: array", "NumPy's dot: the matrix product, or scaling", family=PRODUCTS)
def _dot(a: Expr, b: Expr) -> Expr:
    return broadcast.dot(a, b)


@word("vdot", "a: array, b: array", "sum of products of entries, the first ones conjugated", family=PRODUCTS)
def _vdot(a: Expr, b: Expr) -> Expr:
    if a.shape != b.shape:
        raise ShapeError(f"an inner product of shapes {a.shape} and {b.shape}", fix="give two equal shapes")
    return broadcast.sum_over(broadcast.multiply(conj(a), b))


@word("inner vecdot", "a: array, b: array", "sum of products of entries", family=PRODUCTS)
def _inner(a: Expr, b: Expr) -> Expr:
    if a.shape != b.shape:
        raise ShapeError(f"an inner product of shapes {a.shape} and {b.shape}", fix="give two equal shapes")
    if a.ndim > 1:
        raise ShapeError(
            "the inner product of matrices is read differently in different notations",
            fix="write tr(A.T @ B) or np.sum(A*B)",
        )
    return broadcast.sum_over(broadcast.multiply(a, b))


@word("multi_dot linalg.multi_dot", "factors: arrays", "product of several matrices", family=PRODUCTS)
def _multi_dot(factors: Sequence[Expr]) -> Expr:
    result = factors[0]
    for factor in factors[1:]:
        result = broadcast.dot(result, factor)
    return result


@word(
    "diag dg Diag diagm", "x: array", "diagonal matrix of a vector; the diagonal of a matrix", family=PRODUCTS
)
def diag(x: Expr) -> Expr:
    """The diagonal matrix of a vector, or the diagonal of a matrix."""
    if x.ndim == 1:
        return product.einsum([(0,), (0, 1)], [x, delta(x.shape[0])], (0, 1))
    if x.ndim != 2 or x.shape[0] != x.shape[1]:
        raise ShapeError(f"diag of shape {x.shape}", fix="give a vector or a square matrix")
    return broadcast.diagonal(x)


@word("diagonal diagvec diag_part", "X: square", "the diagonal as a vector", family=PRODUCTS)
def _diagonal(x: Expr) -> Expr:
    return broadcast.diagonal(x)


@word("crossprod", "X: array, Y?: array", "Xᵀ Y", family=PRODUCTS)
def _crossprod(x: Expr, y: Expr | None = None) -> Expr:
    return broadcast.matmul(broadcast.transpose(x), x if y is None else y)


@word("tcrossprod", "X: array, Y?: array", "X Yᵀ", family=PRODUCTS)
def _tcrossprod(x: Expr, y: Expr | None = None) -> Expr:
    return broadcast.matmul(x, broadcast.transpose(x if y is None else y))


@word(
    "einsum",
    "pattern: word, factors: arrays",
    "product in Einstein's notation: einsum('ij,jk->ik', A, B)",
    family=PRODUCTS,
)
def einsum(pattern: str, factors: Sequence[Expr]) -> Expr:
    """A product in Einstein's notation."""
    pattern = re.sub(r"\s", "", pattern)
    if not re.fullmatch(r"[A-Za-z]*(,[A-Za-z]*)*(->[A-Za-z]*)?", pattern):
        raise InputError(f"the pattern {pattern!r} is none of einsum's", fix="write 'ij,jk->ik'; no '...'")
    inputs, arrow, out = pattern.partition("->")
    specs = inputs.split(",")
    if len(specs) != len(factors):
        raise InputError(
            f"the pattern {pattern!r} is for {len(specs)} factors, not {len(factors)}",
            fix="one comma between any two factors",
        )
    if not arrow:
        letters = "".join(specs)
        out = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    if set(out) - set("".join(specs)) or len(set(out)) != len(out):
        raise InputError(
            f"the result {out!r} of einsum needs each index once, and in a factor", fix="write 'ij,jk->ik'"
        )
    places = {c: k for k, c in enumerate(dict.fromkeys("".join(specs) + out))}
    return product.einsum(
        [tuple(places[c] for c in s) for s in specs], list(factors), tuple(places[c] for c in out)
    )
