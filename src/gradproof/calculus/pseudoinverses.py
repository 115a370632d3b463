"""Pseudoinverses: the Penrose equations, and X (XᵀX)⁻¹ recognised as the transposed pseudoinverse."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from gradproof.calculus.facts import is_invertible, is_orthogonal
from gradproof.calculus.inverses import inverses_in, summed_only_in, without
from gradproof.calculus.monomial import UNIT, Factor, Monomial, Powers, build, flat
from gradproof.calculus.rewrite import Rule
from gradproof.expr.broadcast import matmul, transpose
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import DELTA, OPERATIONS, Expr, make, symbol
from gradproof.expr.product import PRODUCT

ONE = Fraction(1)
PENROSE = "Penrose, A generalized inverse for matrices, 1955"


def _pinv(x: Expr) -> Expr:
    return make(OPERATIONS["pinv"], (x,))


def _pseudoinverse(node: Expr) -> Expr | None:
    """Of an inverse pair, a transpose, a multiple, an invertible or orthogonal matrix."""
    (x,) = node.args
    if x.ndim != 2:
        return None
    if x.op.name == "pinv":
        return x.args[0]
    if x.op is DELTA or x.op.name == "inv" or is_invertible(x):
        return inv(x)
    if is_orthogonal(x):
        return transpose(x)
    return _of_multiple(node, flat(x)) if x.op is PRODUCT else None


def _of_multiple(node: Expr, mono: Monomial) -> Expr | None:
    """(c Aᵀ)⁺ = c⁻¹ (A⁺)ᵀ."""
    scalars = {f: e for f, e in mono.powers.items() if not f[1]}
    matrices = [f for f in mono.powers if f[1]]
    if len(matrices) != 1 or mono.powers[matrices[0]] != 1 or mono.coefficient == 0:
        return None
    base, spec = matrices[0]
    if len(spec) != 2 or set(spec) != {0, 1}:
        return None
    powers = Powers({f: -e for f, e in scalars.items()})
    powers[_pinv(base), (1 - spec[1], 1 - spec[0])] = ONE
    return build(Monomial(1 / mono.coefficient, powers, node.shape, {}))


def _projectors(mono: Monomial) -> Iterator[tuple[Factor, Factor, int, int, int]]:
    """Pairs X X⁺ and X⁺X among the factors: both factors, the index between them, and the two ends."""
    for pseudo, exponent in mono.powers.items():
        if pseudo[0].op.name != "pinv" or exponent != 1 or UNIT in pseudo[1]:
            continue
        for matrix, e in mono.powers.items():
            if matrix[0] is not pseudo[0].args[0] or e != 1:
                continue
            for axis in (0, 1):
                inner = pseudo[1][axis]
                if matrix[1][1 - axis] == inner and summed_only_in(mono, inner, {pseudo, matrix}):
                    yield pseudo, matrix, inner, matrix[1][axis], pseudo[1][1 - axis]


def _penrose(node: Expr) -> Expr | None:
    """X X⁺ and X⁺X are symmetric, and leave X and X⁺ as they are: X X⁺X = X, X⁺X X⁺ = X⁺, (X X⁺)ᵀX = X."""
    mono = flat(node)
    for pseudo, matrix, inner, *ends in _projectors(mono):
        pair = {pseudo, matrix}
        side = pseudo[1].index(inner)  # 0: X X⁺, which acts on X's rows; 1: X⁺X
        for (base, spec), exponent in mono.powers.items():
            third = base, spec
            axis = {pseudo[0]: 1 - side, matrix[0]: side}.get(base)
            if axis is None or third in pair or exponent != 1 or spec[axis] not in ends:
                continue
            joint = spec[axis]
            if summed_only_in(mono, joint, {*pair, third}) and spec[0] != spec[1] and ends[0] != ends[1]:
                new = [ends[1 - ends.index(joint)] if k == axis else i for k, i in enumerate(spec)]
                return build(without(mono, {*pair, third}, {inner, joint}, [(base, tuple(new))]))
        if _turned(ends, mono.ndim):
            turned = [
                (base, tuple(_other(ends, i) for i in spec))
                for base, spec in (f for f in mono.powers if f in pair)
            ]
            return build(without(mono, pair, set(), turned))
    return None


def _turned(ends: list[int], ndim: int) -> bool:
    """Whether a projector is better read from its other side: axes of the result first."""
    return 0 <= ends[1] < min(ends[0], ndim)


def _other(ends: list[int], index: int) -> int:
    return ends[1 - ends.index(index)] if index in ends else index


def _gram_of_pseudoinverse(node: Expr) -> Expr | None:
    """(X⁺ᵀX⁺)⁻¹ = X Xᵀ and (X⁺X⁺ᵀ)⁻¹ = XᵀX, where the left side exists; determinants likewise."""
    (x,) = node.args
    mono = flat(x)
    if x.ndim != 2 or len(mono.powers) != 2 or len(mono.sizes) != 1 or mono.coefficient != 1:
        return None
    (first, e), (second, f) = mono.powers.items()
    if first[0] is not second[0] or first[0].op.name != "pinv" or not e == f == 1:
        return None
    (inner,) = mono.sizes
    axis = next((a for a in (0, 1) if first[1][a] == second[1][a] == inner), None)
    if axis is None:
        return None
    base = first[0].args[0]
    gram = matmul(base, transpose(base)) if axis == 0 else matmul(transpose(base), base)
    return gram if node.op.name == "inv" else make(node.op, (inv(gram),))


def _recognised(node: Expr) -> Expr | None:
    """X (XᵀX)⁻¹ = (X⁺)ᵀ and Xᵀ(X Xᵀ)⁻¹ = X⁺."""
    mono = flat(node)
    if "pinv" not in OPERATIONS:
        return None
    for inverse, (row, column) in inverses_in(mono):
        gram = flat(inverse[0].args[0])
        if len(gram.powers) != 2 or len(gram.sizes) != 1 or set(gram.powers.values()) != {ONE}:
            continue
        (base, one), (other, two) = gram.powers
        (inner,) = gram.sizes
        axis = next((a for a in (0, 1) if base.ndim == 2 and one[a] == inner), None)
        if base is not other or axis is None or two[axis] != inner:
            continue
        for factor, exponent in mono.powers.items():
            if factor[0] is not base or exponent != 1 or factor[1][1 - axis] != row:
                continue
            if factor[1][axis] == row or not summed_only_in(mono, row, {factor, inverse}):
                continue
            indices = (column, factor[1][axis]) if axis == 0 else (factor[1][axis], column)
            result = without(mono, {factor, inverse}, {row}, [(_pinv(base), indices)])
            return build(result.times(1 / gram.coefficient))
    return None


def _x() -> Expr:
    return symbol("X", (4, 3))


PSEUDOINVERSES = (
    Rule(
        "pseudoinverse",
        _pseudoinverse,
        ("pinv",),
        "(A⁺)⁺ = A; (c Aᵀ)⁺ = c⁻¹ (A⁺)ᵀ; A⁺ = A⁻¹ for invertible A",
        "less stands below a pseudoinverse",
        PENROSE,
        (lambda: linalg("pinv", transpose(_x())), lambda: linalg("pinv", linalg("pinv", _x()))),
    ),
    Rule(
        "Penrose equation",
        _penrose,
        ("product",),
        "A A⁺ A = A; A⁺ A A⁺ = A⁺; (A A⁺)ᵀ = A A⁺; (A⁺ A)ᵀ = A⁺ A",
        "two factors fewer, or an axis of the result comes first",
        PENROSE,
        (
            lambda: matmul(_x(), matmul(linalg("pinv", _x()), _x())),
            lambda: matmul(transpose(linalg("pinv", _x())), matmul(transpose(_x()), _x())),
            lambda: transpose(matmul(_x(), linalg("pinv", _x()))),
        ),
    ),
    Rule(
        "Gram matrix of a pseudoinverse",
        _gram_of_pseudoinverse,
        ("inv", "det", "logdet"),
        "((A⁺)ᵀA⁺)⁻¹ = A Aᵀ, where the left side exists",
        "two pseudoinverses fewer",
        PENROSE,
        (
            lambda: inv(matmul(linalg("pinv", _x()), transpose(linalg("pinv", _x())))),
            lambda: linalg("logdet", matmul(linalg("pinv", _x()), transpose(linalg("pinv", _x())))),
        ),
    ),
)
RECOGNISED = (
    Rule(
        "pseudoinverse recognised",
        _recognised,
        ("product",),
        "A (AᵀA)⁻¹ = (A⁺)ᵀ and Aᵀ(A Aᵀ)⁻¹ = A⁺",
        "one inverse fewer",
        PENROSE,
        (lambda: matmul(_x(), inv(matmul(transpose(_x()), _x()))),),
    ),
)
