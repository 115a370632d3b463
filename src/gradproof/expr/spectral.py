"""Eigenvalues and eigenvectors of square matrices, symmetric or not.

With right and left eigenvectors, A v = λ v and uᵀA = λ uᵀ, a simple eigenvalue changes by uᵀ dA v / uᵀv.
Source: Magnus, On differentiating eigenvalues and eigenvectors, 1985.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.expr.broadcast import diagonal, matmul, minus, multiply, negate, scale
from gradproof.expr.complex import as_real_as
from gradproof.expr.facts import is_real_symmetric
from gradproof.expr.inverses import pinv
from gradproof.expr.kinds import require_real
from gradproof.expr.linalg import inv, lapack, linalg, square_shape, transposed, well_conditioned
from gradproof.expr.node import Attrs, Expr, Operation, Shape, delta, make, register, symbol
from gradproof.expr.powers import divide
from gradproof.expr.product import add, einsum

MAGNUS = "Magnus, On differentiating eigenvalues and eigenvectors, 1985"


def _vector_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    return square_shape(args, attrs)[:-1]


def _probe(n: int) -> Any:
    """What fixes the sign of an eigenvector, or its scale: it is not orthogonal to (cos 1, cos 2, ...)."""
    return np.cos(np.arange(1, n + 1))


def _eigengap(x: Any) -> Any:
    """Distance between the nearest two eigenvalues."""
    w = np.linalg.eigvals(x)
    return np.min(np.abs(w[..., :, None] - w[..., None, :]) + 9 * np.eye(w.shape[-1])) / 2


# --- all eigenvalues --------------------------------------------------------------------------------


def _eigenvalues_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """V⁻ᵀ diag(g) Vᵀ."""
    (x,) = node.args
    vectors = eigenbasis(x)
    lead = tuple(range(x.ndim - 2))
    i, j, k = x.ndim - 2, x.ndim - 1, x.ndim
    found = einsum([(*lead, k, i), (*lead, k), (*lead, j, k)], [inv(vectors), g, vectors], (*lead, i, j))
    return [as_real_as(x, found)]


def _scaled_basis(x: Any) -> Any:
    v = np.linalg.eig(x)[1]
    return v / (_probe(x.shape[-1]) @ v)[..., None, :]


def _basis_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """V⁻ᵀ (F ∘ (M − 1 diag(M)ᵀ)) Vᵀ with M = VᵀG, F_ij = 1/(λ_j − λ_i)."""
    (x,) = node.args
    m = matmul(transposed(node), g)
    own = einsum(
        [(*range(m.ndim - 2), m.ndim - 1)],
        [diagonal(m)],
        tuple(range(m.ndim)),
        m.shape,
    )
    turning = multiply(linalg("inverse_gaps", eigenvalues(x)), minus(m, own))
    return [as_real_as(x, matmul(matmul(transposed(inv(node)), turning), transposed(node)))]


EIGENVALUES: Operation = register(
    Operation(
        "eigenvalues",
        shape=_vector_shape,
        value=lapack(lambda x: np.linalg.eig(x)[0], lambda x: x.shape[:-1]),
        pullback=_eigenvalues_pullback,
        rule="derivative of eigenvalues",
        text="eigvals({0})",
        latex=r"\operatorname{{eigvals}}\left({0}\right)",
        numpy="np.linalg.eig({0})[0]",
        samples=(lambda: eigenvalues(symbol("A", (3, 3))),),
        kink=_eigengap,
        source=f"{MAGNUS}: dλ_k = u_kᵀ dA v_k / u_kᵀ v_k",
        field="complex",
    )
)
EIGENBASIS: Operation = register(
    Operation(
        "eigenbasis",
        shape=square_shape,
        value=lapack(_scaled_basis, lambda x: x.shape),
        pullback=_basis_pullback,
        rule="derivative of eigenvectors",
        text="eigvecs({0})",
        latex=r"V\left({0}\right)",
        numpy=(
            "np.linalg.eig({0})[1] / (np.cos(np.arange(1, {0}.shape[-1] + 1)) @ np.linalg.eig({0})[1])"
            "[..., None, :]"
        ),
        samples=(lambda: eigenbasis(symbol("A", (3, 3))),),
        kink=lambda x: np.minimum(_eigengap(x), np.abs(_probe(x.shape[-1]) @ np.linalg.eig(x)[1]).min(-1)),
        source=f"{MAGNUS}; every column is scaled to Σ_i cos(i) v_i = 1",
        field="complex",
    )
)


def eigenvalues(x: Expr) -> Expr:
    """All eigenvalues of a square matrix, complex in general; their order is not specified."""
    return make(EIGENVALUES, (x,))


def eigenbasis(x: Expr) -> Expr:
    """Right eigenvectors as columns, in the order of :func:`eigenvalues`, with Σ_i cos(i) v_i = 1."""
    return make(EIGENBASIS, (x,))


def eigvalsh(x: Expr) -> Expr:
    """Eigenvalues of a symmetric matrix in ascending order."""
    return linalg("eigenvalues_symmetric", x)


def eigvecsh(x: Expr) -> Expr:
    """Orthonormal eigenvectors of a symmetric matrix as columns."""
    return linalg("eigenvectors_symmetric", x)


# --- the first and the last -------------------------------------------------------------------------


def _place(w: Any, largest: bool) -> Any:
    """Which eigenvalue has the largest (smallest) real part; of a conjugate pair the upper one."""
    key = w.real + 1e-9 * np.abs(w).max() * np.sign(w.imag) * (1 if largest else -1)
    return np.argmax(key) if largest else np.argmin(key)


def _vector_value(largest: bool) -> Callable[[Any], Any]:
    def value(x: Any) -> Any:
        w, vectors = np.linalg.eig(x)
        v = vectors[:, _place(w, largest)]
        v = v / np.linalg.norm(v)
        real = v.real if np.isrealobj(x) and not v.imag.any() else v
        return real * np.sign(v.real @ _probe(len(v)))

    return value


def _extreme_kink(largest: bool) -> Callable[[Any], Any]:
    """Distance to where another eigenvalue takes over, meets this one, or the sign of the vector flips."""

    def kink(x: Any) -> Any:
        w, vectors = np.linalg.eig(x)
        k = _place(w, largest)
        other = np.array([z for j, z in enumerate(w) if j != k and not np.isclose(z, np.conj(w[k]))])
        apart = [np.abs(other.real - w[k].real).min(initial=np.inf) / 2]
        if w[k].imag:
            apart.append(np.abs(w[k].imag))
        return np.min([*apart, np.abs(vectors[:, k].real @ _probe(len(w)))])

    return kink


def _value_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """v vᵀ for a symmetric matrix, else Re(u vᵀ / uᵀv)."""
    (x,) = node.args
    vector = V_MAX if node.op is LAM_MAX else V_MIN
    v = make(vector, (x,))
    if is_real_symmetric(x):
        return [einsum([(), (0,), (1,)], [g, v, v], (0, 1))]
    u = make(vector, (transposed(x),))
    return [multiply(g, as_real_as(x, divide(einsum([(0,), (1,)], [u, v], (0, 1)), matmul(u, v))))]


def _vector_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """p vᵀ with p = (λI − A)⁺ᵀ g for a symmetric matrix, else (p − u (vᵀp)/(uᵀv)) vᵀ.

    For a complex eigenvalue this holds up to the phase of v, which u vᵀ / uᵀv does not depend on.
    """
    x = require_real(node.args[0], "an eigenvector")
    if is_real_symmetric(x):
        value = make(LAM_MAX if node.op is V_MAX else LAM_MIN, (x,))
        p = _resolvent(value, x, g)
    else:
        u = make(node.op, (transposed(x),))
        overlap = matmul(u, node)
        p = _resolvent(divide(matmul(matmul(u, x), node), overlap), x, g)
        p = add(p, negate(multiply(divide(matmul(node, p), overlap), u)))
    return [as_real_as(x, einsum([(0,), (1,)], [p, node], (0, 1)))]


def _resolvent(value: Expr, x: Expr, g: Expr) -> Expr:
    """(λI − A)⁺ᵀ g."""
    return matmul(transposed(pinv(minus(scale(value, delta(x.shape[0])), x))), g)


def _plain_square(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    return square_shape(args, attrs)[:-2]


def _extreme(side: str) -> tuple[Operation, Operation]:
    largest = side == "max"
    part, place = ("largest", "max") if largest else ("smallest", "min")
    vector_code = f"np.linalg.eig({{0}})[1][:, np.linalg.eigvals({{0}}).real.arg{place}()].real"
    value = register(
        Operation(
            f"lam_{side}",
            shape=_plain_square,
            value=lapack(lambda x: getattr(np.linalg.eigvals(x).real, side)(-1), lambda x: x.shape[:-2]),
            pullback=_value_pullback,
            rule=f"derivative of the {part} eigenvalue",
            text=f"λ_{side}({{0}})",
            latex=rf"\lambda_{{{{\{side}}}}}\left({{0}}\right)",
            numpy=f"np.linalg.eigvals({{0}}).real.{side}(-1)",
            samples=(
                lambda: linalg(f"lam_{side}", symbol("A", (3, 3))),
                lambda: linalg(f"lam_{side}", well_conditioned()),
            ),
            kink=_extreme_kink(largest),
            source=f"{MAGNUS}: dλ = uᵀ dA v / uᵀv",
            field="real",
        )
    )
    vector = register(
        Operation(
            f"v_{side}",
            shape=_vector_shape,
            value=lapack(_vector_value(largest), lambda x: x.shape[:-1]),
            pullback=_vector_pullback,
            rule=f"derivative of the eigenvector of the {part} eigenvalue",
            meaning=f"v_{side}(A) is the eigenvector of length 1 of the {part} eigenvalue of A",
            text=f"v_{side}({{0}})",
            latex=rf"v_{{{{\{side}}}}}\left({{0}}\right)",
            numpy=(
                f"(lambda v: v / np.linalg.norm(v) * np.sign(v @ np.cos(np.arange(1, len(v) + 1))))"
                f"({vector_code})"
            ),
            samples=(lambda: linalg(f"v_{side}", well_conditioned()),),
            kink=_extreme_kink(largest),
            source=f"{MAGNUS}: dv = (λI − A)⁺ dA v for a symmetric A; its sign makes Σ_i cos(i) v_i positive",
        )
    )
    return value, vector


LAM_MAX, V_MAX = _extreme("max")
LAM_MIN, V_MIN = _extreme("min")


def lam_max(x: Expr) -> Expr:
    """The largest real part of the eigenvalues."""
    return make(LAM_MAX, (x,))


def lam_min(x: Expr) -> Expr:
    """The smallest real part of the eigenvalues."""
    return make(LAM_MIN, (x,))


def v_max(x: Expr) -> Expr:
    """The unit eigenvector of the largest eigenvalue, with Σ_i cos(i) v_i > 0."""
    return make(V_MAX, (x,))


def v_min(x: Expr) -> Expr:
    """The unit eigenvector of the smallest eigenvalue, with Σ_i cos(i) v_i > 0."""
    return make(V_MIN, (x,))
