"""Short names of what people write most: tr, outer, diag, eye, sums, extrema, blocks."""

from __future__ import annotations

from collections.abc import Sequence

from gradproof.errors import ShapeError
from gradproof.expr.broadcast import diagonal, expand_dims, multiply, sum_over, trace, transpose
from gradproof.expr.indexing import concatenate
from gradproof.expr.node import Expr, Size, delta, make
from gradproof.expr.product import einsum, filled, ones
from gradproof.expr.reduction import CUMSUM, reduce

Axis = int | Sequence[int] | None

__all__ = [
    "amax",
    "amin",
    "block",
    "cumsum",
    "dg",
    "diagonal",
    "eye",
    "filled",
    "hstack",
    "inner",
    "ones",
    "outer",
    "prod",
    "stack",
    "tr",
    "transpose",
    "vstack",
]


def tr(x: Expr) -> Expr:
    """Σ_i x_ii."""
    return trace(x)


def outer(a: Expr, b: Expr) -> Expr:
    """a bᵀ of two vectors; arrays of more axes are listed first, as :func:`numpy.outer` does."""
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(f"the outer product of shapes {a.shape} and {b.shape} is not one of two vectors")
    return einsum([(0,), (1,)], [a, b], (0, 1))


def inner(a: Expr, b: Expr) -> Expr:
    """Σ a∘b over all entries."""
    return sum_over(multiply(a, b))


def dg(x: Expr) -> Expr:
    """The diagonal matrix of a vector, the diagonal of a matrix, as :func:`numpy.diag`."""
    if x.ndim == 2:
        return diagonal(x)
    if x.ndim != 1:
        raise ShapeError(f"diag takes a vector or a matrix, not shape {x.shape}")
    return einsum([(0,), (0, 1)], [x, delta(x.shape[0])], (0, 1))


def eye(n: Size) -> Expr:
    """The identity matrix."""
    return delta(n)


def prod(x: Expr, axis: Axis = None, keepdims: bool = False) -> Expr:
    """The product of the entries along the axes."""
    return reduce("prod", x, axis, keepdims)


def amax(x: Expr, axis: Axis = None, keepdims: bool = False) -> Expr:
    """The largest entry along the axes."""
    return reduce("max", x, axis, keepdims)


def amin(x: Expr, axis: Axis = None, keepdims: bool = False) -> Expr:
    """The smallest entry along the axes."""
    return reduce("min", x, axis, keepdims)


def cumsum(x: Expr, axis: int = -1) -> Expr:
    """Σ_{j ≤ i} x_j along an axis."""
    return make(CUMSUM, (x,), ((axis % x.ndim,),))


def stack(parts: Sequence[Expr], axis: int = 0) -> Expr:
    """Expressions of one shape along a new axis."""
    place = axis % (parts[0].ndim + 1)
    return concatenate([expand_dims(p, (place,)) for p in parts], place)


def hstack(parts: Sequence[Expr]) -> Expr:
    """Blocks side by side; vectors one after the other."""
    return concatenate(parts, 0 if parts[0].ndim == 1 else 1)


def vstack(parts: Sequence[Expr]) -> Expr:
    """Blocks one below the other; vectors are rows."""
    return concatenate([expand_dims(p, (0,)) if p.ndim == 1 else p for p in parts], 0)


def block(rows: Sequence[Sequence[Expr]]) -> Expr:
    """A matrix made of blocks, listed by rows."""
    return concatenate([concatenate(row, 1) for row in rows], 0)
