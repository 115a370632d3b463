"""Singular values and what is made of them: spectral and nuclear norm, polar factor.

Thin decomposition X = U diag(s) Vᵀ with k = min(m, n) columns. Sources: Townsend, Differentiating the
singular value decomposition, 2016; Giles 2008, 3.2; Watson, Characterization of the subdifferential of some
matrix norms, 1992.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.broadcast import matmul, minus, multiply, plus, sum_over
from gradproof.expr.complex import conj, real
from gradproof.expr.inverses import pinv
from gradproof.expr.kinds import require_real
from gradproof.expr.linalg import at_scalars, lapack, linalg, transposed
from gradproof.expr.node import Attrs, Expr, Operation, Shape, delta, make, register, symbol
from gradproof.expr.powers import divide, power, reciprocal, square
from gradproof.expr.product import add, einsum
from gradproof.expr.sizes import least

TOWNSEND = "Townsend, Differentiating the singular value decomposition, 2016"
_WATSON = "Watson, Characterization of the subdifferential of some matrix norms, 1992"


def _matrix(args: tuple[Expr, ...]) -> Shape:
    shape = args[0].shape
    if len(shape) < 2:
        raise ShapeError(f"singular values are those of a matrix, not of shape {shape}")
    return shape


def _values_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    *lead, m, n = _matrix(args)
    return (*lead, least(m, n))


def _scalar_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    return _matrix(args)[:-2]


def _vectors_shape(axis: int) -> Callable[[tuple[Expr, ...], Attrs], Shape]:
    def shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
        *lead, m, n = _matrix(args)
        return (*lead, (m, n)[axis], least(m, n))

    return shape


def _svd(part: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
    """A part of the thin decomposition, NaN where it does not converge."""

    def value(x: Any) -> Any:
        return part(*np.linalg.svd(x, full_matrices=False))

    def shape(x: Any) -> tuple[int, ...]:
        blank = np.zeros(x.shape[:-2])[..., None]
        k = min(x.shape[-2:])
        sides = np.zeros((*x.shape[:-2], x.shape[-2], k)), np.zeros((*x.shape[:-2], k, x.shape[-1]))
        return np.shape(part(sides[0], np.repeat(blank, k, -1), sides[1]))

    return lapack(value, shape)


def _gaps(x: Any) -> Any:
    """Distance to a matrix with two equal singular values, or with one that is zero."""
    s = np.linalg.svd(x, compute_uv=False)
    return np.minimum(np.min(np.append(-np.diff(s), np.inf)) / 2, s.min())


def _smallest(x: Any) -> Any:
    return np.linalg.svd(x, compute_uv=False).min()


def _indices(x: Expr) -> tuple[tuple[int, ...], int, int, int]:
    """Axes of a stack, and three indices more."""
    lead = tuple(range(x.ndim - 2))
    return lead, x.ndim - 2, x.ndim - 1, x.ndim


def _columns(matrix: Expr, weights: Expr) -> Expr:
    """matrix · diag(weights)."""
    lead, i, k, _ = _indices(matrix)
    return einsum([(*lead, i, k), (*lead, k)], [matrix, weights], (*lead, i, k))


def _outside(vectors: Expr) -> Expr:
    """I − V Vᵀ, the projection onto what the columns do not span."""
    return minus(delta(vectors.shape[-2]), matmul(vectors, transposed(vectors)))


def _values_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    u, v = left_singular(node.args[0]), right_singular(node.args[0])
    lead, i, j, k = _indices(u)
    dyads = [conj(u), real(g), conj(v)]
    return [einsum([(*lead, i, k), (*lead, k), (*lead, j, k)], dyads, (*lead, i, j))]


def _twice_symmetric(vectors: Expr, s: Expr, g: Expr) -> Expr:
    """M + Mᵀ with M = F ∘ (VᵀG), F_ij = 1/(s_j² − s_i²)."""
    inner = multiply(linalg("inverse_gaps", square(s)), matmul(transposed(vectors), g))
    return add(inner, transposed(inner))


def _left_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """U (M + Mᵀ) S Vᵀ + (I − UUᵀ) G S⁻¹ Vᵀ."""
    x = require_real(node.args[0], "the singular vectors")
    s, v_t = singular_values(x), transposed(right_singular(x))
    turning = matmul(matmul(node, _columns(_twice_symmetric(node, s, g), s)), v_t)
    leaving = matmul(matmul(_outside(node), _columns(g, reciprocal(s))), v_t)
    return [add(turning, leaving)]


def _right_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """The same for Xᵀ, transposed."""
    x = require_real(node.args[0], "the singular vectors")
    s, u_t = singular_values(x), transposed(left_singular(x))
    turning = matmul(matmul(node, _columns(_twice_symmetric(node, s, g), s)), u_t)
    leaving = matmul(matmul(_outside(node), _columns(g, reciprocal(s))), u_t)
    return [transposed(add(turning, leaving))]


def _polar_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """U (K − Kᵀ) Vᵀ + (I − UUᵀ) G V S⁻¹ Vᵀ + U S⁻¹ Uᵀ G (I − VVᵀ), K_ij = (UᵀGV)_ij / (s_i + s_j)."""
    x = require_real(node.args[0], "the polar factor")
    u, s, v = left_singular(x), singular_values(x), right_singular(x)
    lead, i, j, _ = _indices(u)
    k = s.shape[-1]
    rows = einsum([(*lead, i)], [s], (*lead, i, j), [*u.shape[:-2], k, k])
    k_matrix = divide(matmul(matmul(transposed(u), g), v), plus(rows, transposed(rows)))
    turning = matmul(matmul(u, minus(k_matrix, transposed(k_matrix))), transposed(v))
    by_v = matmul(_columns(v, reciprocal(s)), transposed(v))
    by_u = matmul(_columns(u, reciprocal(s)), transposed(u))
    return [
        add(
            turning,
            matmul(matmul(_outside(u), g), by_v),
            matmul(matmul(by_u, g), _outside(v)),
        )
    ]


def _dyad_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """With P = u vᵀ, L = (σ²I − XXᵀ)⁺, R = (σ²I − XᵀX)⁺: σ(L G PᵀP + PPᵀ G R) + X R GᵀP + P GᵀL X."""
    x = require_real(node.args[0], "the singular vectors")
    sigma = make(SV_MAX if node.op is SV_UV else SV_MIN, (x,))
    x_t, p_t, g_t = transposed(x), transposed(node), transposed(g)
    around = [
        pinv(minus(at_scalars(square(sigma), delta(size)), gram))
        for size, gram in ((x.shape[-2], matmul(x, x_t)), (x.shape[-1], matmul(x_t, x)))
    ]
    left, right = around
    even = add(
        matmul(matmul(matmul(left, g), p_t), node),
        matmul(matmul(matmul(node, p_t), g), right),
    )
    return [
        add(
            at_scalars(sigma, even),
            matmul(matmul(matmul(x, right), g_t), node),
            matmul(matmul(matmul(node, g_t), left), x),
        )
    ]


def _sample(name: str, shape: tuple[int, int] = (3, 4)) -> Callable[[], Expr]:
    return lambda: linalg(name, symbol("X", shape))


def _record(
    name: str, shape: Any, part: Callable[..., Any], pullback: Any, rule: str, **more: Any
) -> Operation:
    return register(
        Operation(
            name,
            shape=shape,
            value=_svd(part),
            pullback=pullback,
            rule=rule,
            kink=more.pop("kink", _gaps),
            samples=(_sample(name), _sample(name, (4, 3))),
            **more,
        )
    )


VALUES = _record(
    "singular_values",
    _values_shape,
    lambda u, s, vt: s,
    _values_pullback,
    "derivative of singular values",
    text="svdvals({0})",
    latex=r"\operatorname{{svdvals}}\left({0}\right)",
    numpy="np.linalg.svd({0}, compute_uv=False)",
    source=f"{TOWNSEND}: ds_k = u_kᵀ dX v_k",
    field="real",
)
LEFT = _record(
    "left_singular",
    _vectors_shape(0),
    lambda u, s, vt: u,
    _left_pullback,
    "derivative of singular vectors",
    text="left_singular({0})",
    latex=r"U\left({0}\right)",
    numpy="np.linalg.svd({0}, full_matrices=False)[0]",
    source=TOWNSEND,
)
RIGHT = _record(
    "right_singular",
    _vectors_shape(1),
    lambda u, s, vt: np.swapaxes(vt, -1, -2),
    _right_pullback,
    "derivative of singular vectors",
    text="right_singular({0})",
    latex=r"V\left({0}\right)",
    numpy="np.linalg.svd({0}, full_matrices=False)[2].T",
    source=TOWNSEND,
)
POLAR = _record(
    "polar",
    lambda args, attrs: _matrix(args),
    lambda u, s, vt: u @ vt,
    _polar_pullback,
    "derivative of the polar factor",
    text="polar({0})",
    latex=r"\operatorname{{polar}}\left({0}\right)",
    numpy="np.matmul(*np.linalg.svd({0}, full_matrices=False)[::2])",
    meaning="polar(X) = U Vᵀ of the singular value decomposition X = U S Vᵀ",
    source="Kenney and Laub, Polar decomposition and matrix sign function condition estimates, 1991",
    kink=_smallest,
)
NUCLEAR = _record(
    "nuclear",
    _scalar_shape,
    lambda u, s, vt: s.sum(-1),
    lambda node, g: [at_scalars(real(g), conj(polar(node.args[0])))],
    "derivative of the nuclear norm",
    text="‖{0}‖_*",
    latex=r"\left\|{0}\right\|_*",
    numpy="np.linalg.svd({0}, compute_uv=False).sum(-1)",
    source=f"{_WATSON}: ∂‖X‖_* = U Vᵀ",
    kink=_smallest,
    field="real",
)


def _extreme(name: str, place: int, dyad: str, text: str, latex: str) -> tuple[Operation, Operation]:
    """The largest or smallest singular value, and u vᵀ of its singular vectors."""
    at = slice(None, 1) if place == 0 else slice(-1, None)
    value = _record(
        name,
        _scalar_shape,
        lambda u, s, vt: s[..., place],
        lambda node, g: [at_scalars(real(g), conj(linalg(dyad, node.args[0])))],
        "derivative of a singular value",
        text=f"{text}({{0}})",
        latex=rf"{latex}\left({{0}}\right)",
        numpy=f"np.linalg.svd({{0}}, compute_uv=False)[..., {place}]",
        source=f"{_WATSON}: ∂σ = u vᵀ",
        field="real",
    )
    vectors = _record(
        dyad,
        lambda args, attrs: _matrix(args),
        lambda u, s, vt: u[..., :, at] @ vt[..., at, :],
        _dyad_pullback,
        "derivative of singular vectors",
        text=f"{dyad}({{0}})",
        latex=rf"\operatorname{{{{uv}}}}_{{{{\{name[3:]}}}}}\left({{0}}\right)",
        numpy=(
            f"np.outer(np.linalg.svd({{0}}, full_matrices=False)[0][:, {place}], "
            f"np.linalg.svd({{0}}, full_matrices=False)[2][{place}])"
        ),
        meaning=f"{dyad}(X) = u vᵀ, u and v the singular vectors of {text}(X)",
        source=f"{TOWNSEND}; u and v are eigenvectors of XXᵀ and XᵀX",
    )
    return value, vectors


SV_MAX, SV_UV = _extreme("sv_max", 0, "sv_uv", "σ_max", r"\sigma_{{\max}}")
SV_MIN, SV_UV_MIN = _extreme("sv_min", -1, "sv_uv_min", "σ_min", r"\sigma_{{\min}}")


def singular_values(x: Expr) -> Expr:
    """The singular values in descending order, as many as the shorter side is long."""
    return make(VALUES, (x,))


def left_singular(x: Expr) -> Expr:
    """U of the thin decomposition X = U diag(s) Vᵀ."""
    return make(LEFT, (x,))


def right_singular(x: Expr) -> Expr:
    """V of the thin decomposition X = U diag(s) Vᵀ."""
    return make(RIGHT, (x,))


def sv_max(x: Expr) -> Expr:
    """The largest singular value, the spectral norm; its gradient is u vᵀ."""
    return make(SV_MAX, (x,))


def sv_min(x: Expr) -> Expr:
    """The smallest of the min(m, n) singular values."""
    return make(SV_MIN, (x,))


def sv_uv(x: Expr) -> Expr:
    """u vᵀ of the singular vectors that belong to the largest singular value."""
    return make(SV_UV, (x,))


def nuclear(x: Expr) -> Expr:
    """‖X‖_*, the sum of the singular values; its gradient is U Vᵀ."""
    return make(NUCLEAR, (x,))


def polar(x: Expr) -> Expr:
    """U Vᵀ, the nearest matrix with orthonormal columns (or rows)."""
    return make(POLAR, (x,))


def schatten(x: Expr, p: int | float | Fraction) -> Expr:
    """(Σ s_kᵖ)^(1/p) of the singular values s."""
    exponent = Fraction(p)
    return power(sum_over(power(singular_values(x), exponent), -1), 1 / exponent)


def cond(x: Expr) -> Expr:
    """σ_max / σ_min, the condition number."""
    return divide(sv_max(x), sv_min(x))
