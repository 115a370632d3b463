"""Pseudoinverse, adjugate, least squares."""

from __future__ import annotations

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.broadcast import matmul, minus, negate
from gradproof.expr.complex import conj, hermitian
from gradproof.expr.linalg import at_scalars, inv, lapack, linalg, transposed
from gradproof.expr.node import Array, Attrs, Expr, Operation, Shape, delta, make, register, symbol
from gradproof.expr.product import add


def _pinv_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    shape = args[0].shape
    if len(shape) < 2:
        raise ShapeError(f"a pseudoinverse is that of a matrix, not of shape {shape}")
    return (*shape[:-2], shape[-1], shape[-2])


def _pinv_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """−X⁺ᵀ G X⁺ᵀ + (I − XX⁺) Gᵀ X⁺X⁺ᵀ + X⁺ᵀX⁺ Gᵀ (I − X⁺X), where the rank does not change.

    For a complex X the last two terms are conjugated.
    """
    (x,) = node.args
    node_t, node_h, g_h = transposed(node), hermitian(node), hermitian(g)
    outside_columns = minus(delta(x.shape[-2]), matmul(x, node))
    outside_rows = minus(delta(x.shape[-1]), matmul(node, x))
    return [
        add(
            negate(matmul(matmul(node_t, g), node_t)),
            matmul(matmul(conj(outside_columns), g_h), conj(matmul(node, node_h))),
            matmul(matmul(conj(matmul(node_h, node)), g_h), conj(outside_rows)),
        )
    ]


RANK_TOLERANCE = 1e-13  # λI − A has a singular value of some units in the last place, not of 0


def _pinv_value(x: Array) -> Array:
    return np.linalg.pinv(x, rcond=RANK_TOLERANCE)


PINV: Operation = register(
    Operation(
        "pinv",
        shape=_pinv_shape,
        value=lapack(_pinv_value, lambda x: (*x.shape[:-2], x.shape[-1], x.shape[-2])),
        pullback=_pinv_pullback,
        rule="derivative of the pseudoinverse",
        text="{0}⁺",
        latex="{0}^{{+}}",
        numpy="np.linalg.pinv({0})",
        samples=(
            lambda: pinv(symbol("X", (3, 2))),
            lambda: pinv(symbol("X", (2, 3))),
            lambda: pinv(symbol("Z", (3, 2), facts=("complex",))),
        ),
        kink=lambda x: np.linalg.svd(x, compute_uv=False).min(),
        source="Golub and Pereyra, The differentiation of pseudo-inverses, 1973, eq. 4.12",
    )
)


def pinv(x: Expr) -> Expr:
    """The Moore-Penrose pseudoinverse X⁺; that of X⁺ is X."""
    return x.args[0] if x.op is PINV else make(PINV, (x,))


def det(x: Expr) -> Expr:
    """The determinant."""
    return linalg("det", x)


def logdet(x: Expr) -> Expr:
    """log |det X|."""
    return linalg("logdet", x)


def adj(x: Expr) -> Expr:
    """The adjugate det(X) X⁻¹ of an invertible matrix."""
    return at_scalars(det(x), inv(x))


def lstsq(a: Expr, b: Expr) -> Expr:
    """The shortest x that makes ‖A x − b‖ smallest: A⁺ b."""
    return matmul(pinv(a), b)


def projection(a: Expr) -> Expr:
    """A A⁺, the orthogonal projection onto the columns of A."""
    return matmul(a, pinv(a))
