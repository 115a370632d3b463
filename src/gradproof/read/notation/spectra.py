"""Words for eigenvalues, singular values, pseudoinverses and complex numbers."""

from __future__ import annotations

from gradproof.expr import broadcast, complex, inverses, singular, spectral  # noqa: A004 - the module is ours
from gradproof.expr.node import Expr
from gradproof.read.notation.vocabulary import word

EIGEN = "Eigenvalues and singular values"
INVERSES = "Square matrices"
COMPLEX = "Complex numbers"


@word("pinv ginv pseudoinverse", "X: matrix", "Moore and Penrose's inverse", family=INVERSES)
def _pinv(x: Expr) -> Expr:
    return inverses.pinv(x)


@word("adj adjugate adjoint", "X: square", "det(X) X⁻¹", family=INVERSES)
def _adj(x: Expr) -> Expr:
    return inverses.adj(x)


@word("lstsq", "A: matrix, b: array", "the least-squares solution A⁺ b", family=INVERSES)
def _lstsq(a: Expr, b: Expr) -> tuple[Expr, ...]:
    return (inverses.lstsq(a, b),)


@word("eigvals eig_vals", "X: square", "eigenvalues, complex in general", family=EIGEN)
def _eigvals(x: Expr) -> Expr:
    return spectral.eigenvalues(x)


@word("eigvalsh", "X: square", "eigenvalues of a symmetric matrix, ascending", family=EIGEN)
def _eigvalsh(x: Expr) -> Expr:
    return spectral.eigvalsh(x)


@word("eigh", "X: square", "eigenvalues and eigenvectors of a symmetric matrix", family=EIGEN)
def _eigh(x: Expr) -> tuple[Expr, ...]:
    return spectral.eigvalsh(x), spectral.eigvecsh(x)


@word("lam_max lambda_max λ_max eig_max eigmax", "X: square", "the largest eigenvalue", family=EIGEN)
def _lam_max(x: Expr) -> Expr:
    return spectral.lam_max(x)


@word("lam_min lambda_min λ_min eig_min eigmin", "X: square", "the smallest eigenvalue", family=EIGEN)
def _lam_min(x: Expr) -> Expr:
    return spectral.lam_min(x)


@word("v_max", "X: square", "unit eigenvector of the largest eigenvalue", family=EIGEN)
def _v_max(x: Expr) -> Expr:
    return spectral.v_max(x)


@word("v_min", "X: square", "unit eigenvector of the smallest eigenvalue", family=EIGEN)
def _v_min(x: Expr) -> Expr:
    return spectral.v_min(x)


@word("svdvals singular_values svd_vals", "X: matrix", "singular values, descending", family=EIGEN)
def _svdvals(x: Expr) -> Expr:
    return singular.singular_values(x)


@word(
    "svd",
    "X: matrix, full_matrices?: flag, compute_uv?: flag",
    "U, singular values and Vᵀ; the singular values alone with compute_uv=False",
    family=EIGEN,
)
def _svd(x: Expr, full_matrices: bool = False, compute_uv: bool = True) -> Expr | tuple[Expr, ...]:
    values = singular.singular_values(x)
    if not compute_uv:
        return values
    return singular.left_singular(x), values, broadcast.transpose(singular.right_singular(x))


@word(
    "sv_max sigma_max σ_max spectral_norm opnorm",
    "X: matrix",
    "the largest singular value, the spectral norm",
    family=EIGEN,
)
def _sv_max(x: Expr) -> Expr:
    return singular.sv_max(x)


@word("sv_min sigma_min σ_min", "X: matrix", "the smallest singular value", family=EIGEN)
def _sv_min(x: Expr) -> Expr:
    return singular.sv_min(x)


@word("sv_uv", "X: matrix", "u vᵀ of the largest singular value", family=EIGEN)
def _sv_uv(x: Expr) -> Expr:
    return singular.sv_uv(x)


@word(
    "nuclear nuc nuclear_norm norm_nuc trace_norm", "X: matrix", "sum of the singular values", family="Norms"
)
def _nuclear(x: Expr) -> Expr:
    return singular.nuclear(x)


@word("polar", "X: matrix", "U Vᵀ of the singular value decomposition", family=EIGEN)
def _polar(x: Expr) -> Expr:
    return singular.polar(x)


@word("cond", "X: matrix", "the largest singular value over the smallest", family=EIGEN)
def _cond(x: Expr) -> Expr:
    return singular.cond(x)


@word("conj conjugate", "x: array", "complex conjugate", family=COMPLEX, broadcasts=True)
def _conj(x: Expr) -> Expr:
    return complex.conj(x)


@word("real Re", "x: array", "real part", family=COMPLEX, broadcasts=True)
def _real(x: Expr) -> Expr:
    return complex.real(x)


@word("imag Im", "x: array", "imaginary part", family=COMPLEX, broadcasts=True)
def _imag(x: Expr) -> Expr:
    return complex.imag(x)


@word("angle arg", "x: array", "angle of a complex number", family=COMPLEX, broadcasts=True)
def _angle(x: Expr) -> Expr:
    return complex.angle(x)
