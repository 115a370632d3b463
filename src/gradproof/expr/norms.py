"""Norms of vectors and matrices, spelled with sums, maxima and singular values."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import inf

from gradproof.errors import InputError
from gradproof.expr.broadcast import multiply, normalized_axes, sum_over
from gradproof.expr.complex import absolute, conj, real
from gradproof.expr.function import apply
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import Expr, number
from gradproof.expr.powers import power, sqrt, square
from gradproof.expr.product import filled
from gradproof.expr.reduction import reduce
from gradproof.expr.singular import nuclear, sv_max, sv_min

Order = int | float | Fraction | str | None
Axis = int | Sequence[int] | None


def norm(x: Expr, order: Order = None, axis: Axis = None, keepdims: bool = False) -> Expr:
    """A norm as :func:`numpy.linalg.norm` names it: of all entries, of rows or columns, of the matrix.

    Parameters
    ----------
    order : None or ``"fro"`` for √(Σ |x|²); ``"nuc"``, ±2, ±1, ±∞ for matrices; any p for vectors
    axis : one axis for the norms of vectors, two for those of matrices

    Raises
    ------
    InputError
        The order is not known for as many axes.
    """
    axes = normalized_axes(axis, x.ndim)
    if order is None or (order == "fro" and len(axes) != 1):
        return frobenius(x, axes, keepdims)
    if len(axes) == 1:
        return _vector_norm(x, order, axes, keepdims)
    if len(axes) == 2 and x.ndim == 2 and not keepdims:
        return _matrix_norm(x, order)
    raise InputError(
        f"the norm of order {order!r} of {len(axes)} axes of an array of shape {x.shape} is not known",
        fix="give one axis for a norm of vectors, or a matrix for a norm of matrices",
    )


def squares(x: Expr) -> Expr:
    """|x|², entrywise."""
    return real(multiply(conj(x), x)) if is_complex(x) else square(x)


def frobenius(x: Expr, axis: Axis = None, keepdims: bool = False) -> Expr:
    """√(Σ |x|²) over the axes."""
    return sqrt(sum_over(squares(x), axis, keepdims))


def _vector_norm(x: Expr, order: Order, axes: tuple[int, ...], keepdims: bool) -> Expr:
    if order == 2:
        return frobenius(x, axes, keepdims)
    if order in (inf, "inf"):
        return reduce("max", absolute(x), axes, keepdims)
    if order in (-inf, "-inf"):
        return reduce("min", absolute(x), axes, keepdims)
    if order == 0:
        return sum_over(apply("not_equal", x, filled(number(0), x.shape)), axes, keepdims)
    if isinstance(order, str) or order is None:
        raise InputError(f"a vector has no norm of order {order!r}", fix="give a number, or np.inf")
    return p_norm(x, order, axes, keepdims)


def _matrix_norm(x: Expr, order: Order) -> Expr:
    if order == "nuc":
        return nuclear(x)
    if order in (2, -2):
        return sv_max(x) if order == 2 else sv_min(x)
    if order in (1, -1, inf, -inf):
        assert isinstance(order, int | float)
        sums = sum_over(absolute(x), 0 if abs(order) == 1 else 1)
        return reduce("max" if order > 0 else "min", sums)
    raise InputError(
        f"a matrix has no norm of order {order!r}", fix="one of 'fro', 'nuc', 2, -2, 1, -1, np.inf, -np.inf"
    )


def p_norm(x: Expr, p: int | float | Fraction | Expr, axis: Axis = None, keepdims: bool = False) -> Expr:
    """(Σ |x|ᵖ)^(1/p) of the entries along the axes."""
    if p == 1:
        return sum_over(absolute(x), axis, keepdims)
    if p == 2:
        return frobenius(x, axis, keepdims)
    if isinstance(p, Expr):
        return power(sum_over(power(absolute(x), p), axis, keepdims), power(p, -1))
    return power(sum_over(power(absolute(x), Fraction(p)), axis, keepdims), 1 / Fraction(p))


def norm1(x: Expr) -> Expr:
    """Σ |x|."""
    return p_norm(x, 1)


def norm2(x: Expr) -> Expr:
    """√(Σ |x|²)."""
    return frobenius(x)


def norm_inf(x: Expr) -> Expr:
    """max |x|."""
    return reduce("max", absolute(x))


def l21(x: Expr) -> Expr:
    """Σ_i ‖x_i‖₂, the sum of the norms of the rows."""
    return sum_over(frobenius(x, -1))


def l12(x: Expr) -> Expr:
    """√(Σ_i ‖x_i‖₁²), the norm of the rows' sums of magnitudes."""
    return frobenius(p_norm(x, 1, -1))
