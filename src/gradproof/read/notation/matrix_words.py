"""Words for functions of a square matrix: exponential, logarithm, root, powers."""

from __future__ import annotations

from gradproof.expr import matrix_functions
from gradproof.expr.node import Expr
from gradproof.read.notation.vocabulary import word

FAMILY = "Functions of a square matrix"


@word("mpow matrix_power mpower", "X: square, k: scalar", "Xᵏ", family=FAMILY)
def _mpow(x: Expr, k: Expr) -> Expr:
    return matrix_functions.mpow(x, k)


@word("expm matrix_exp", "X: square", "matrix exponential, Σ Xᵏ/k!", family=FAMILY)
def _expm(x: Expr) -> Expr:
    return matrix_functions.expm(x)


@word("logm", "X: square", "matrix logarithm", family=FAMILY)
def _logm(x: Expr) -> Expr:
    return matrix_functions.logm(x)


@word("sqrtm", "X: square", "matrix square root", family=FAMILY)
def _sqrtm(x: Expr) -> Expr:
    return matrix_functions.sqrtm(x)


@word("sinm", "X: square", "matrix sine", family=FAMILY)
def _sinm(x: Expr) -> Expr:
    return matrix_functions.sinm(x)


@word("cosm", "X: square", "matrix cosine", family=FAMILY)
def _cosm(x: Expr) -> Expr:
    return matrix_functions.cosm(x)


@word("sinhm", "X: square", "hyperbolic sine of a matrix", family=FAMILY)
def _sinhm(x: Expr) -> Expr:
    return matrix_functions.sinhm(x)


@word("coshm", "X: square", "hyperbolic cosine of a matrix", family=FAMILY)
def _coshm(x: Expr) -> Expr:
    return matrix_functions.coshm(x)
