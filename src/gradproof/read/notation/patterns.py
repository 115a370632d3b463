"""Words for Kronecker products, vec, and matrices with a pattern."""

from __future__ import annotations

from gradproof.expr import kronecker, patterned
from gradproof.expr.node import Expr, Size
from gradproof.read.notation.vocabulary import word

FAMILY = "Kronecker products and patterns"


@word("kron", "A: array, B: array", "Kronecker product, a_ij B in blocks; also of two vectors", family=FAMILY)
def kron(a: Expr, b: Expr) -> Expr:
    """A ⊗ B."""
    return kronecker.kron(a, b)


@word("khatri_rao", "A: matrix, B: matrix", "Kronecker product column by column", family=FAMILY)
def _khatri_rao(a: Expr, b: Expr) -> Expr:
    return kronecker.khatri_rao(a, b)


@word("kron_sum kronsum", "A: square, B: square", "A ⊗ I + I ⊗ B", family=FAMILY)
def _kron_sum(a: Expr, b: Expr) -> Expr:
    return kronecker.kron_sum(a, b)


@word("vec", "X: matrix", "columns one below another", family=FAMILY)
def _vec(x: Expr) -> Expr:
    return kronecker.vec(x)


@word("unvec", "v: vector, rows: size, columns: size", "the matrix whose vec is v", family=FAMILY)
def _unvec(v: Expr, rows: Size, columns: Size) -> Expr:
    return kronecker.unvec(v, rows, columns)


@word("tril", "X: matrix, k?: integer", "entries on and below the diagonal", family=FAMILY)
def _tril(x: Expr, k: int = 0) -> Expr:
    return patterned.tril(x, k)


@word("triu", "X: matrix, k?: integer", "entries on and above the diagonal", family=FAMILY)
def _triu(x: Expr, k: int = 0) -> Expr:
    return patterned.triu(x, k)


@word("toeplitz_alpha", "A: square", "Toeplitz matrix of the sums of A along its diagonals", family=FAMILY)
def _toeplitz_alpha(a: Expr) -> Expr:
    return patterned.toeplitz_alpha(a)


@word(
    "toeplitz", "c: vector, r?: vector", "Toeplitz matrix with first column c and first row r", family=FAMILY
)
def _toeplitz(c: Expr, r: Expr | None = None) -> Expr:
    return patterned.toeplitz(c) if r is None else patterned.toeplitz(c, r)


@word("hankel", "c: vector, r?: vector", "Hankel matrix with first column c and last row r", family=FAMILY)
def _hankel(c: Expr, r: Expr | None = None) -> Expr:
    return patterned.hankel(c) if r is None else patterned.hankel(c, r)
