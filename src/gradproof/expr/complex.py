"""Complex numbers: conjugate, real and imaginary part, angle.

Cotangents pair without conjugation: a cotangent g at z says that the cost changes by Re Σ g∘dz. So every
analytic rule is the real one, and the gradient ∂/∂Re z + i ∂/∂Im z is the conjugate of what arrives at z.
"""

from __future__ import annotations

import numpy as np

from gradproof.expr.broadcast import multiply, negate, swapaxes
from gradproof.expr.function import apply, same_shape
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import Expr, Operation, constant, make, register, symbol
from gradproof.expr.powers import reciprocal, square
from gradproof.expr.product import zeros

IMAGINARY = constant(np.array(1j), "i")
_SOURCE = "Kreutz-Delgado, The complex gradient operator and the CR-calculus, 2009"


def _complex_symbol() -> Expr:
    return symbol("Z", (2, 3), facts=("complex",))


def _angle_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """d arg z = Im(z̄ dz)/|z|²."""
    (z,) = node.args
    if not is_complex(z):
        return [None]
    turned = negate(multiply(IMAGINARY, conj(z)))
    return [multiply(real(g), turned, reciprocal(square(apply("abs", z))))]


CONJ: Operation = register(
    Operation(
        "conj",
        shape=same_shape,
        value=lambda attrs, dtype, z: np.conj(z),
        pullback=lambda node, g: [conj(g)],
        rule="derivative of the conjugate",
        text="conj({0})",
        latex=r"\overline{{{0}}}",
        numpy="np.conj({0})",
        samples=(lambda: conj(_complex_symbol()),),
        source=_SOURCE,
        elementwise=True,
    )
)
REAL: Operation = register(
    Operation(
        "real",
        shape=same_shape,
        value=lambda attrs, dtype, z: np.real(z),
        pullback=lambda node, g: [real(g)],
        rule="derivative of the real part",
        text="Re({0})",
        latex=r"\operatorname{{Re}}\left({0}\right)",
        numpy="np.real({0})",
        samples=(lambda: real(_complex_symbol()),),
        source=_SOURCE,
        elementwise=True,
        field="real",
    )
)
IMAG: Operation = register(
    Operation(
        "imag",
        shape=same_shape,
        value=lambda attrs, dtype, z: np.imag(z),
        pullback=lambda node, g: [negate(multiply(IMAGINARY, real(g)))],
        rule="derivative of the imaginary part",
        text="Im({0})",
        latex=r"\operatorname{{Im}}\left({0}\right)",
        numpy="np.imag({0})",
        samples=(lambda: imag(_complex_symbol()),),
        source=_SOURCE,
        elementwise=True,
        field="real",
    )
)
ANGLE: Operation = register(
    Operation(
        "angle",
        shape=same_shape,
        value=lambda attrs, dtype, z: np.angle(z),
        pullback=_angle_pullback,
        rule="derivative of the angle",
        text="arg({0})",
        latex=r"\arg\left({0}\right)",
        numpy="np.angle({0})",
        samples=(lambda: make(ANGLE, (_complex_symbol(),)),),
        kink=lambda z: np.minimum(np.abs(z), np.pi - np.abs(np.angle(z))),
        source=_SOURCE,
        elementwise=True,
        field="real",
    )
)


def conj(z: Expr) -> Expr:
    """z̄; a real expression and the conjugate of a conjugate are themselves."""
    if not is_complex(z):
        return z
    return z.args[0] if z.op is CONJ else make(CONJ, (z,))


def real(z: Expr) -> Expr:
    """Re z; a real expression is itself."""
    return make(REAL, (z,)) if is_complex(z) else z


def imag(z: Expr) -> Expr:
    """Im z; that of a real expression is 0."""
    return make(IMAG, (z,)) if is_complex(z) else zeros(z.shape)


def angle(z: Expr) -> Expr:
    """arg z in (−π, π]."""
    return make(ANGLE, (z,))


def absolute(z: Expr) -> Expr:
    """|z|, entrywise."""
    return apply("abs", z)


def hermitian(z: Expr) -> Expr:
    """The conjugate transpose zᴴ: zᵀ for a real matrix."""
    return conj(swapaxes(z, -1, -2) if z.ndim > 1 else z)


def as_real_as(x: Expr, cotangent: Expr) -> Expr:
    """A cotangent of ``x``: its real part where x is real, since only Re(g dx) counts."""
    return cotangent if is_complex(x) else real(cotangent)
