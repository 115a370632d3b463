"""The structures of variables: how the gradient by the independent entries follows from the whole gradient G.

To add one, copy a paragraph: its name, the gradient as an expression in G and X, the sentence that states the
convention, its source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from gradproof.calculus.monomial import build, flat
from gradproof.errors import InputError
from gradproof.expr.broadcast import matmul, minus, multiply, negate, scale, sum_over, trace, transpose
from gradproof.expr.complex import hermitian, real
from gradproof.expr.indexing import index
from gradproof.expr.node import Expr, delta, postorder
from gradproof.expr.patterned import toeplitz_alpha, tril, triu
from gradproof.expr.powers import power
from gradproof.expr.product import SUM, add, einsum, ones

COOKBOOK = "Petersen and Pedersen, The Matrix Cookbook, 2012, sec. 2.8"
ABSIL = "Absil, Mahony, Sepulchre, Optimization Algorithms on Matrix Manifolds, 2008"
Formula = Callable[[Expr, Expr], Expr]


@dataclass(frozen=True, slots=True)
class Structure:
    """What the values of a variable have in common, and the gradient that respects it.

    Attributes
    ----------
    name : as users write it
    gradient : callable ``(G, X) -> Expr``, from the unconstrained gradient
    rule : name of the step
    note : the convention, as a sentence
    tensor : callable ``(X) -> S`` with S_kl,ij = ∂A_kl/∂a_ij; None where it is not printed
    tangent : whether the gradient is a projection on a tangent space, and not one by independent entries
    ndim : how many axes the variable must have, 0 for any number
    square : whether its last two sizes must be equal
    """

    name: str
    gradient: Formula
    rule: str
    note: str
    source: str = COOKBOOK
    tensor: Callable[[Expr], Expr] | None = None
    tangent: bool = False
    ndim: int = 2
    square: bool = True

    def check(self, wrt: Expr) -> None:
        """Refuse a variable that cannot have the structure."""
        fits = not self.ndim or wrt.ndim == self.ndim
        if not fits or (self.square and (wrt.ndim < 2 or wrt.shape[-1] != wrt.shape[-2])):
            kind = "vector" if self.ndim == 1 else "square matrix" if self.square else "matrix"
            raise InputError(
                f"{self.name} is a property of a {kind}; {wrt.name or 'the variable'} has shape {wrt.shape}",
                fix="declare another shape, or another structure",
            )


STRUCTURES: dict[str, Structure] = {}


def register(structure: Structure, *aliases: str) -> Structure:
    """Enter a structure under its name and other names of the same."""
    for name in (structure.name, *aliases):
        STRUCTURES[name] = structure
    return structure


# --- parts of formulas --------------------------------------------------------------------------------


def diagonal_part(g: Expr) -> Expr:
    """G ∘ I, which is Gᵀ ∘ I: the shorter one."""
    turned = add(*[build(flat(transpose(t))) for t in (g.args if g.op is SUM else (g,))])
    shorter = turned if len(postorder(turned)) < len(postorder(g)) else g
    return multiply(shorter, delta(g.shape[-1]))


def _entry(x: Expr, place: str) -> Expr:
    """J^ij of a square matrix as a tensor klij; ``place`` says which entries it marks."""
    n = x.shape[-1]
    specs = {
        "ij": [(0, 2), (1, 3)],  # δ_ki δ_lj
        "ji": [(0, 3), (1, 2)],  # δ_kj δ_li
        "ii": [(0, 2), (1, 3), (2, 3)],  # δ_ki δ_lj δ_ij
    }[place]
    return einsum(specs, [delta(n)] * len(specs), (0, 1, 2, 3), [n] * 4)


def symmetric_gradient(g: Expr, x: Expr) -> Expr:
    """G + Gᵀ − G∘I."""
    return add(g, transpose(g), negate(diagonal_part(g)))


def symmetric_tensor(x: Expr) -> Expr:
    """J^ij + J^ji − J^ij J^ij."""
    return add(_entry(x, "ij"), _entry(x, "ji"), negate(_entry(x, "ii")))


def _count(x: Expr, axis: int | None) -> Expr:
    return sum_over(ones(x.shape if axis is None else (x.shape[axis],)))


def _centred(axis: int | None) -> Formula:
    """G − mean(G) along the axis whose entries have a fixed total."""

    def formula(g: Expr, x: Expr) -> Expr:
        total = sum_over(g, axis, keepdims=True)
        return minus(g, multiply(power(_count(x, axis), -1), total))

    return formula


def _stiefel(g: Expr, x: Expr) -> Expr:
    inner = matmul(transpose(x), g)
    return minus(g, scale(Fraction(1, 2), matmul(x, add(inner, transpose(inner)))))


def _sphere(g: Expr, x: Expr) -> Expr:
    return minus(g, multiply(sum_over(multiply(x, g)), x))


def _by_logits(g: Expr, x: Expr) -> Expr:
    return multiply(x, minus(g, sum_over(multiply(x, g), -1, keepdims=True)))


# --- symmetric and relatives --------------------------------------------------------------------------

register(
    Structure(
        "symmetric",
        symmetric_gradient,
        "symmetric structure: G + Gᵀ − G∘I",
        "The variable is symmetric: entry (i, j) is the derivative by the one number x_ij = x_ji.",
        f"{COOKBOOK}.2, eq. 138",
        symmetric_tensor,
    )
)
register(
    Structure(
        "spd",
        symmetric_gradient,
        "symmetric structure: G + Gᵀ − G∘I",
        "The variable is symmetric and positive definite: entry (i, j) is the derivative by the one number "
        "x_ij = x_ji. Definiteness restricts no direction.",
        f"{COOKBOOK}.2, eq. 138",
        symmetric_tensor,
    ),
    "psd",
    "positive-definite",
    "positive-semidefinite",
)
register(
    Structure(
        "correlation",
        lambda g, x: add(g, transpose(g), scale(-2, diagonal_part(g))),
        "symmetric structure with a fixed diagonal: G + Gᵀ − 2 G∘I",
        "The variable is symmetric and its diagonal is fixed: entry (i, j) is the derivative by x_ij = x_ji.",
        tensor=lambda x: add(_entry(x, "ij"), _entry(x, "ji"), scale(-2, _entry(x, "ii"))),
    )
)
register(
    Structure(
        "skew-symmetric",
        lambda g, x: minus(g, transpose(g)),
        "skew-symmetric structure: G − Gᵀ",
        "The variable is skew-symmetric: entry (i, j) is the derivative by x_ij, with x_ji = −x_ij.",
        tensor=lambda x: minus(_entry(x, "ij"), _entry(x, "ji")),
    ),
    "skew",
    "antisymmetric",
)
register(
    Structure(
        "diagonal",
        lambda g, x: diagonal_part(g),
        "diagonal structure: G∘I",
        "The variable is diagonal: only entries on the diagonal are free.",
        f"{COOKBOOK}.3, eq. 142",
        lambda x: _entry(x, "ii"),
    )
)

# --- triangles and bands: only some entries are free --------------------------------------------------


def _masked(name: str, mask: Callable[[Expr], Expr], formula: str, free: str, *aliases: str) -> None:
    """A structure in which some entries are free and the others are zero, or fixed."""

    def tensor(x: Expr) -> Expr:
        n = x.shape[-1]
        specs = [(0, 2), (1, 3), (2, 3)]
        return einsum(specs, [delta(n), delta(n), mask(ones(x.shape))], (0, 1, 2, 3), [n] * 4)

    register(
        Structure(
            name,
            lambda g, x: mask(g),
            f"{name} structure: {formula}",
            f"The variable is {name.replace('-', ' ')}: only its entries {free} are free.",
            f"{COOKBOOK}.1",
            tensor,
        ),
        *aliases,
    )


_masked("lower", tril, "the lower triangle of G", "on and below the diagonal", "lower-triangular")
_masked("upper", triu, "the upper triangle of G", "on and above the diagonal", "upper-triangular")
_masked(
    "strictly-lower",
    lambda g: tril(g, -1),
    "G below its diagonal",
    "below the diagonal",
    "unit-lower",
)
_masked(
    "strictly-upper",
    lambda g: triu(g, 1),
    "G above its diagonal",
    "above the diagonal",
    "unit-upper",
)
_masked(
    "tridiagonal", lambda g: triu(tril(g, 1), -1), "the three middle diagonals of G", "next to the diagonal"
)

# --- constant diagonals -------------------------------------------------------------------------------


def diagonal_sums(g: Expr, x: Expr) -> Expr:
    """Entry (i, j) is the sum of g_kl over k − l = i − j."""
    return toeplitz_alpha(transpose(g))


def _symmetric_toeplitz(g: Expr, x: Expr) -> Expr:
    sums = diagonal_sums(g, x)
    return add(sums, transpose(sums), negate(multiply(trace(g), delta(g.shape[-1]))))


def _hankel(g: Expr, x: Expr) -> Expr:
    return _backwards(diagonal_sums(_backwards(g), x))


def _backwards(x: Expr) -> Expr:
    """The columns in reversed order."""
    return index(x, (("slice", None, None, None), ("slice", None, None, -1)))


register(
    Structure(
        "toeplitz",
        diagonal_sums,
        "Toeplitz structure: sums along the diagonals of G",
        "The variable is Toeplitz: entry (i, j) is the derivative by the one number of its diagonal, the sum "
        "of G along it.",
        f"{COOKBOOK}.4, eq. 143",
    )
)
register(
    Structure(
        "symmetric-toeplitz",
        _symmetric_toeplitz,
        "symmetric Toeplitz structure: α + αᵀ − tr(G) I with the sums α along the diagonals of G",
        "The variable is symmetric and Toeplitz: entry (i, j) is the derivative by the one number of the "
        "diagonals i − j and j − i.",
        f"{COOKBOOK}.4, eq. 144",
    )
)
register(
    Structure(
        "hankel",
        _hankel,
        "Hankel structure: sums along the anti-diagonals of G",
        "The variable is Hankel: entry (i, j) is the derivative by the one number of its anti-diagonal.",
        "adjoint of the map from entries to the matrix",
    )
)
register(
    Structure(
        "hermitian",
        lambda g, x: add(g, hermitian(g), negate(diagonal_part(real(g)))),
        "Hermitian structure: G + Gᴴ − Re(G)∘I",
        "The variable is Hermitian: entry (i, j) is the gradient ∂/∂Re + i ∂/∂Im by x_ij, with "
        "x_ji its conjugate; the diagonal is real.",
        "Hjørungnes, Complex-Valued Matrix Derivatives, 2011, ch. 6",
    )
)

# --- manifolds: the gradient in the tangent space -----------------------------------------------------

register(
    Structure(
        "orthogonal",
        _stiefel,
        "projection on the tangent space: G − X sym(XᵀG)",
        "The variable has XᵀX = I: the Riemannian gradient G − X (XᵀG + GᵀX)/2, the projection of G on the "
        "tangent space of the Stiefel manifold in the Euclidean metric.",
        f"{ABSIL}, sec. 3.6.1",
        tangent=True,
        square=False,
    ),
    "stiefel",
    "semi-orthogonal",
)
register(
    Structure(
        "affine-invariant",
        lambda g, x: scale(Fraction(1, 2), matmul(matmul(x, add(g, transpose(g))), x)),
        "gradient in the affine-invariant metric: X sym(G) X",
        "The variable is positive definite: the Riemannian gradient X (G + Gᵀ)/2 X in the metric "
        "tr(X⁻¹ U X⁻¹ V).",
        "Bhatia, Positive Definite Matrices, 2007, ch. 6",
        tangent=True,
    ),
    "spd-manifold",
)
register(
    Structure(
        "simplex",
        _centred(None),
        "projection on directions of total zero: G − mean(G)",
        "The entries of the variable sum to 1: the gradient is projected on the directions that sum to 0.",
        "Absil, Mahony, Sepulchre 2008, sec. 3.6; a linear constraint",
        tangent=True,
        ndim=1,
        square=False,
    )
)
register(
    Structure(
        "row-stochastic",
        _centred(1),
        "projection on directions of total zero in each row: G − mean of its rows",
        "Each row of the variable sums to 1: the gradient is projected on directions with rows of total 0.",
        "Absil, Mahony, Sepulchre 2008, sec. 3.6; a linear constraint",
        tangent=True,
        square=False,
    )
)
register(
    Structure(
        "column-stochastic",
        _centred(0),
        "projection on directions of total zero in each column: G − mean of its columns",
        "Each column of the variable sums to 1: the gradient is projected on directions with columns of "
        "total 0.",
        "Absil, Mahony, Sepulchre 2008, sec. 3.6; a linear constraint",
        tangent=True,
        square=False,
    )
)
register(
    Structure(
        "unit-norm",
        _sphere,
        "projection on the tangent space of the sphere: G − ⟨X, G⟩ X",
        "The variable has norm 1: the Riemannian gradient G − ⟨X, G⟩ X.",
        f"{ABSIL}, ex. 3.6.1",
        tangent=True,
        ndim=0,
        square=False,
    ),
    "sphere",
)
register(
    Structure(
        "softmax",
        _by_logits,
        "derivative by the logits: S∘(G − Σ S∘G)",
        "The variable is S = softmax(Z) along its last axis: the gradient is the one by Z.",
        "J = diag(s) − s sᵀ",
        tangent=True,
        ndim=0,
        square=False,
    )
)
