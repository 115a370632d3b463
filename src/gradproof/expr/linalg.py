"""Linear algebra on the last two axes: inverse, determinant, solve, Cholesky, spectra.

Source of the derivatives: Giles, An extended collection of matrix derivative results for forward and
reverse mode algorithmic differentiation, 2008; Murray, Differentiation of the Cholesky decomposition, 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.broadcast import broadcast_to, expand_dims, matmul, multiply, negate, swapaxes
from gradproof.expr.complex import conj, real
from gradproof.expr.kinds import require_real
from gradproof.expr.node import (
    OPERATIONS,
    Attrs,
    Expr,
    Operation,
    Shape,
    delta,
    make,
    number,
    register,
    symbol,
)
from gradproof.expr.product import add, einsum

_HALF = number(Fraction(1, 2))
GILES = "Giles, An extended collection of matrix derivative results, 2008"


def transposed(x: Expr) -> Expr:
    """Transpose of the last two axes."""
    return swapaxes(x, -1, -2)


def square_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    """The shape of a square matrix or of a stack of them; an error for any other."""
    shape = args[0].shape
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError(f"a square matrix is needed, not shape {shape}")
    return shape


def _scalar_of_square(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    return square_shape(args, attrs)[:-2]


def well_conditioned(shape: tuple[int, ...] = (3, 3)) -> Expr:
    """A Aᵀ + 2I, the generic tests' positive definite argument."""
    a = symbol("A", shape)
    return add(matmul(a, transposed(a)), multiply(symbol("t"), symbol("t"), delta(3)), delta(3))


def lapack(function: Callable[..., Any], shape: Callable[..., tuple[int, ...]]) -> Callable[..., Any]:
    """The value of a LAPACK routine: NaN where the matrix is singular or not definite, in float64 at most."""

    def value(attrs: Attrs, dtype: Any, *arrays: Any) -> Any:
        supported = [x if x.dtype.char in "fdFD" else x.astype(_LAPACK_TYPE[x.dtype.kind]) for x in arrays]
        try:
            result = function(*supported)
        except np.linalg.LinAlgError:
            return np.full(shape(*arrays), np.nan, dtype=dtype)
        if dtype is not np.longdouble:
            return result
        return result.astype(np.clongdouble if result.dtype.kind == "c" else dtype)

    return value


_LAPACK_TYPE = {"b": np.float64, "i": np.float64, "u": np.float64, "f": np.float64, "c": np.complex128}


def at_scalars(g: Expr, matrix: Expr) -> Expr:
    """A cotangent of a stack of scalars times a stack of matrices."""
    return multiply(expand_dims(g, (g.ndim, g.ndim + 1)), matrix)


def _inv_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    inverse_t = transposed(node)
    return [negate(matmul(matmul(inverse_t, g), inverse_t))]


register(
    Operation(
        "inv",
        shape=square_shape,
        value=lapack(np.linalg.inv, lambda x: x.shape),
        pullback=_inv_pullback,
        rule="derivative of the inverse",
        text="{0}⁻¹",
        latex="{0}^{{-1}}",
        numpy="np.linalg.inv({0})",
        samples=(lambda: inv(well_conditioned()),),
        source=f"{GILES}, 2.2.3: dX⁻¹ = −X⁻¹ dX X⁻¹",
    )
)
register(
    Operation(
        "det",
        shape=_scalar_of_square,
        value=lapack(np.linalg.det, lambda x: x.shape[:-2]),
        pullback=lambda node, g: [at_scalars(multiply(g, node), transposed(inv(node.args[0])))],
        rule="Jacobi's formula",
        text="det({0})",
        latex=r"\det\left({0}\right)",
        numpy="np.linalg.det({0})",
        samples=(lambda: linalg("det", well_conditioned()),),
        source=f"{GILES}, 2.2.4: d det X = det X tr(X⁻¹ dX)",
    )
)
register(
    Operation(
        "logdet",
        shape=_scalar_of_square,
        value=lapack(lambda x: np.linalg.slogdet(x)[1], lambda x: x.shape[:-2]),
        pullback=lambda node, g: [at_scalars(real(g), transposed(inv(node.args[0])))],
        rule="derivative of log det",
        text="log|det({0})|",
        latex=r"\log\left|\det\left({0}\right)\right|",
        numpy="np.linalg.slogdet({0})[1]",
        samples=(lambda: linalg("logdet", well_conditioned()),),
        source=f"{GILES}, 2.2.4: d log det X = tr(X⁻¹ dX)",
        field="real",
    )
)
register(
    Operation(
        "signdet",
        shape=_scalar_of_square,
        value=lapack(lambda x: np.linalg.slogdet(x)[0], lambda x: x.shape[:-2]),
        pullback=lambda node, g: [None],
        text="sign(det({0}))",
        latex=r"\operatorname{{sign}}\left(\det\left({0}\right)\right)",
        numpy="np.linalg.slogdet({0})[0]",
        samples=(lambda: linalg("signdet", symbol("A", (3, 3))),),
        source="piecewise constant",
    )
)


# --- solve ------------------------------------------------------------------------------------------


def _solve_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    a, b = args
    square_shape((a,), attrs)
    if b.ndim < 2 or b.shape[-2] != a.shape[-1]:
        raise ShapeError(f"cannot solve a system of shape {a.shape} for a right side of shape {b.shape}")
    return b.shape


def _solve_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    a, _ = node.args
    right = make(OPERATIONS["solve"], (transposed(a), g))
    return [negate(matmul(right, transposed(node))), right]


register(
    Operation(
        "solve",
        shape=_solve_shape,
        value=lapack(np.linalg.solve, lambda a, b: b.shape),
        pullback=_solve_pullback,
        rule="derivative of a solution",
        text="{0}⁻¹ {1}",
        latex="{0}^{{-1}} {1}",
        numpy="np.linalg.solve({0}, {1})",
        samples=(lambda: make(OPERATIONS["solve"], (well_conditioned(), symbol("B", (3, 2)))),),
        source=f"{GILES}, 2.3.1",
    )
)


def solve(a: Expr, b: Expr) -> Expr:
    """X with A X = B; a vector on the right gives a vector."""
    if b.ndim == 1:
        column = make(OPERATIONS["solve"], (a, expand_dims(b, (1,))))
        return einsum([(0, 1)], [column], (0,))
    if b.ndim < a.ndim:
        b = broadcast_to(b, (*a.shape[:-2], *b.shape[-2:]))
    return make(OPERATIONS["solve"], (a, b))


# --- Cholesky ---------------------------------------------------------------------------------------


def _phi(x: Any) -> Any:
    """Lower triangle with the diagonal halved."""
    lower = np.tril(x)
    return lower - 0.5 * np.einsum("...ii,ij->...ij", lower, np.eye(lower.shape[-1]))


register(
    Operation(
        "halved_lower",
        meaning="Φ(A) is the lower triangle of A with its diagonal halved",
        shape=square_shape,
        value=lambda attrs, dtype, x: _phi(x),
        pullback=lambda node, g: [linalg("halved_lower", g)],
        rule="adjoint of a mask",
        text="Φ({0})",
        latex=r"\Phi\left({0}\right)",
        numpy="np.tril({0}) - 0.5 * np.diag(np.diag({0}))",
        samples=(lambda: linalg("halved_lower", symbol("A", (3, 3))),),
        source="Murray 2016, eq. 10",
        linear=(0,),
    )
)


def _cholesky_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    require_real(node.args[0], "the Cholesky factor")
    inverse = inv(node)
    middle = linalg("halved_lower", matmul(transposed(node), g))
    s = matmul(matmul(transposed(inverse), middle), inverse)
    half = multiply(_HALF, add(s, transposed(s)))
    return [half]


register(
    Operation(
        "cholesky",
        shape=square_shape,
        value=lapack(np.linalg.cholesky, lambda x: x.shape),
        pullback=_cholesky_pullback,
        rule="derivative of the Cholesky factor",
        text="chol({0})",
        latex=r"\operatorname{{chol}}\left({0}\right)",
        numpy="np.linalg.cholesky({0})",
        samples=(lambda: linalg("cholesky", well_conditioned()),),
        source="Murray, Differentiation of the Cholesky decomposition, 2016, eq. 10 (symmetrised)",
    )
)

# --- spectra ----------------------------------------------------------------------------------------


def _half_gap(x: Any) -> Any:
    """Distance in norm to the nearest matrix with a repeated eigenvalue."""
    return np.diff(np.linalg.eigvalsh(x), axis=-1) / 2


def _eigenvalues_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    vectors = linalg("eigenvectors_symmetric", node.args[0])
    lead = tuple(range(vectors.ndim - 2))
    i, j, k = vectors.ndim - 2, vectors.ndim - 1, vectors.ndim
    return [
        einsum([(*lead, k), (*lead, i, k), (*lead, j, k)], [real(g), conj(vectors), vectors], (*lead, i, j))
    ]


def _eigenvectors_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """V (F ∘ VᵀG) Vᵀ with F_ij = 1/(λ_j − λ_i); valid where the eigenvalues differ."""
    require_real(node.args[0], "the eigenvectors")
    gaps = linalg("inverse_gaps", linalg("eigenvalues_symmetric", node.args[0]))
    inner = multiply(gaps, matmul(transposed(node), g))
    s = matmul(matmul(node, inner), transposed(node))
    return [multiply(_HALF, add(s, transposed(s)))]


def _inverse_gaps_value(attrs: Attrs, dtype: Any, w: Any) -> Any:
    gaps = w[..., None, :] - w[..., :, None]
    with np.errstate(divide="ignore"):
        return np.where(gaps == 0, 0.0, 1.0 / np.where(gaps == 0, 1.0, gaps))


def _inverse_gaps_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    weighted = multiply(g, node, node)
    lead = tuple(range(weighted.ndim - 2))
    i, j = weighted.ndim - 2, weighted.ndim - 1
    by_row = einsum([(*lead, i, j)], [weighted], (*lead, i))
    by_column = einsum([(*lead, i, j)], [weighted], (*lead, j))
    return [add(by_row, negate(by_column))]


register(
    Operation(
        "eigenvalues_symmetric",
        shape=lambda args, attrs: square_shape(args, attrs)[:-1],
        value=lapack(np.linalg.eigvalsh, lambda x: x.shape[:-1]),
        pullback=_eigenvalues_pullback,
        rule="derivative of eigenvalues",
        text="eigvalsh({0})",
        latex=r"\operatorname{{eigvalsh}}\left({0}\right)",
        numpy="np.linalg.eigvalsh({0})",
        samples=(lambda: linalg("eigenvalues_symmetric", well_conditioned()),),
        kink=_half_gap,
        source=f"{GILES}, 3.1: dλ_k = v_kᵀ dA v_k",
        field="real",
    )
)
register(
    Operation(
        "eigenvectors_symmetric",
        shape=square_shape,
        value=lapack(lambda x: np.linalg.eigh(x)[1], lambda x: x.shape),
        pullback=_eigenvectors_pullback,
        rule="derivative of eigenvectors",
        text="eigvec({0})",
        latex=r"\operatorname{{eigvec}}\left({0}\right)",
        numpy="np.linalg.eigh({0})[1]",
        samples=(lambda: linalg("eigenvectors_symmetric", well_conditioned()),),
        kink=_half_gap,
        source=f"{GILES}, 3.1",
    )
)
register(
    Operation(
        "inverse_gaps",
        meaning="gaps(w) has the entries w_j − w_i; its inverse is 0 on the diagonal",
        shape=lambda args, attrs: (*args[0].shape, args[0].shape[-1]),
        value=_inverse_gaps_value,
        pullback=_inverse_gaps_pullback,
        rule="reciprocal differences",
        text="gaps({0})^∘−1",
        latex=r"\operatorname{{gaps}}\left({0}\right)^{{\circ -1}}",
        numpy="(1 - np.eye({0}.shape[-1])) / ({0}[..., None, :] - {0}[..., :, None] + np.eye({0}.shape[-1]))",
        samples=(lambda: linalg("inverse_gaps", symbol("w", (3,))),),
        kink=lambda w: np.diff(np.sort(w, axis=-1), axis=-1),
        source=f"{GILES}, 3.1",
    )
)


def linalg(name: str, *args: Expr) -> Expr:
    """The linear-algebra operation called ``name``."""
    return make(OPERATIONS[name], args)


def inv(x: Expr) -> Expr:
    """Matrix inverse; the inverse of an inverse is the matrix."""
    return x.args[0] if x.op.name == "inv" else linalg("inv", x)
