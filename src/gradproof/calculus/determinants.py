"""Determinants, and the sums and products of eigenvalues that are traces and determinants."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from gradproof.calculus.facts import is_orthogonal, is_positive_definite
from gradproof.calculus.inverses import HORN, in_chain, summed_only_in, without
from gradproof.calculus.monomial import UNIT, Monomial, Powers, build, flat
from gradproof.calculus.rewrite import Rule
from gradproof.calculus.size import length
from gradproof.expr.broadcast import matmul, multiply, scale, sum_over, trace, transpose
from gradproof.expr.elementwise import apply, log, power
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import DELTA, OPERATIONS, Expr, delta, make, number, size_symbol, symbol
from gradproof.expr.product import PRODUCT, SUM, add, einsum
from gradproof.expr.reduction import reduce

ONE = Fraction(1)
EIGENVALUES = ("eigenvalues", "eigenvalues_symmetric")
MAX_SPECTRAL_POWER = 4


def _log_of_determinant(node: Expr) -> Expr | None:
    """log det X, and log of its powers and multiples by numbers, by the determinant's own logarithm."""
    (x,) = node.args
    inner = x.args[0] if x.op.name == "abs" else x
    if inner.op.name == "det":
        return linalg("logdet", *inner.args)
    mono = flat(inner)
    if mono.coefficient == 1 and len(mono.powers) == 1 and not mono.sizes:
        (((base, _), exponent),) = mono.powers.items()
        if base.op.name == "det" and not base.ndim:
            return scale(exponent, linalg("logdet", *base.args))
    return None


def _size(node: Expr) -> Expr:
    size = node.shape[-1]
    return number(size) if isinstance(size, int) else size_symbol(size)


def _is_log(node: Expr) -> bool:
    return node.op.name == "logdet"


def _times(node: Expr, outside: Expr, inside: Expr) -> Expr:
    """det = outside · inside, or for the logarithm log|outside| + inside."""
    if _is_log(node):
        return add(log(apply("abs", outside)), inside)
    return multiply(outside, inside)


def _repeated(node: Expr, x: Expr, count: Fraction | int) -> Expr:
    """det(X)^count, or count · log|det X|."""
    one = make(node.op, (x,))
    return scale(Fraction(count), one) if _is_log(node) else power(one, Fraction(count))


def _joined(node: Expr, parts: list[Expr]) -> Expr:
    if not parts:
        return number(0) if _is_log(node) else number(1)
    return add(*parts) if _is_log(node) else multiply(*parts)


def _determinant(node: Expr) -> Expr | None:
    (x,) = node.args
    if x.ndim != 2:
        return None
    if x.op is DELTA or (_is_log(node) and is_orthogonal(x)):
        return _joined(node, [])
    if x.op.name == "inv":
        return _repeated(node, x.args[0], -1)
    if x.op.name == "expm":
        return trace(x.args[0]) if _is_log(node) else apply("exp", trace(x.args[0]))
    if x.op is SUM:
        return _determinant_lemma(node, x)
    return _determinant_of_product(node, x) if x.op is PRODUCT else None


def _determinant_of_product(node: Expr, x: Expr) -> Expr | None:
    mono = flat(x)
    scalars = {f: e for f, e in mono.powers.items() if not f[1]}
    if mono.coefficient == 0:
        return None
    if mono.coefficient != 1 or scalars:
        outside = build(Monomial(mono.coefficient, scalars, (), {}))
        rest = {f: e for f, e in mono.powers.items() if f not in scalars}
        inside = make(node.op, (build(Monomial(ONE, rest, x.shape, mono.sizes)),))
        if _is_log(node):
            return add(multiply(_size(x), log(apply("abs", outside))), inside)
        return multiply(power(outside, _size(x)), inside)
    return _of_diagonal(node, mono) or _of_chain(node, mono, x)


def _of_diagonal(node: Expr, mono: Monomial) -> Expr | None:
    """det diag(v) = Π v."""
    rest = {f: e for f, e in mono.powers.items() if f[0].op is not DELTA}
    if len(rest) == len(mono.powers) or mono.sizes or not rest or any(len(f[1]) != 1 for f in rest):
        return None
    powers = Powers()
    for (base, _), exponent in rest.items():
        powers[base, (0,)] = powers.get((base, (0,)), Fraction(0)) + exponent
    vector = build(Monomial(ONE, powers, mono.shape[:1], {}))
    return sum_over(log(apply("abs", vector))) if _is_log(node) else reduce("prod", vector)


def _of_chain(node: Expr, mono: Monomial, x: Expr) -> Expr | None:
    """det of a product of square matrices, taken apart where that is shorter."""
    square = all(
        len(spec) == 2 and exponent == 1 and base.shape[0] == base.shape[1] and UNIT not in spec
        for (base, spec), exponent in mono.powers.items()
    )
    order = in_chain(list(mono.powers)) if square else None
    if order is None:
        return None
    if len(order) == 1:
        return make(node.op, (order[0][0],)) if order[0][1] != (0, 1) else None
    counts: dict[Expr, int] = {}
    for base, _ in order:
        if base.op.name == "inv":
            counts[base.args[0]] = counts.get(base.args[0], 0) - 1
        else:
            counts[base] = counts.get(base, 0) + 1
    cancelled = sum(abs(n) for n in counts.values()) < len(order)
    new = _joined(node, [_repeated(node, b, n) for b, n in counts.items() if n])
    return new if cancelled or length(new) < length(node) else None


def _determinant_lemma(node: Expr, x: Expr) -> Expr | None:
    """det(I + u vᵀ) = 1 + vᵀu, where u and v are columns."""
    if len(x.args) != 2:
        return None
    for one, other in (x.args, x.args[::-1]):
        mono = flat(other)
        specs = {i for _, spec in mono.powers for i in spec}
        if one.op is not DELTA or mono.sizes or specs != {0, 1}:
            continue
        if any(len([i for i in spec if i != UNIT]) > 1 for _, spec in mono.powers):
            continue
        inner = add(number(1), trace(other))
        return log(apply("abs", inner)) if _is_log(node) else inner
    return None


# --- eigenvalues ------------------------------------------------------------------------------------


def _sum_of_eigenvalues(node: Expr) -> Expr | None:
    """Σ λᵏ = tr Xᵏ; the sum of singular values is the nuclear norm."""
    mono = flat(node)
    for factor, exponent in mono.powers.items():
        base, spec = factor
        name = base.op.name
        if base.ndim != 1 or exponent.denominator != 1 or not summed_only_in(mono, spec[0], {factor}):
            continue
        x = base.args[0] if base.args else None
        new: Expr | None = None
        if x is not None and name in EIGENVALUES and x.ndim == 2 and 1 <= exponent <= MAX_SPECTRAL_POWER:
            new = x
            for _ in range(int(exponent) - 1):
                new = matmul(new, x)
            new = trace(new)
        elif x is not None and name == "singular_values" and exponent == 2:
            new = sum_over(multiply(x, x))
        elif x is not None and name == "singular_values" and exponent == 1 and "nuclear" in OPERATIONS:
            new = make(OPERATIONS["nuclear"], (x,))
        elif name == "log" and exponent == 1 and base.args[0].op.name in EIGENVALUES:
            matrix = base.args[0].args[0]
            new = linalg("logdet", matrix) if is_positive_definite(matrix) else None
        if new is not None:
            rest = without(mono, {factor}, {spec[0]}, [])
            return multiply(build(rest), new) if not rest.ndim else _beside(rest, new)
    return None


def _beside(rest: Monomial, scalar: Expr) -> Expr:
    powers = Powers({(scalar, ()): ONE})
    powers.update(rest.powers)
    return build(Monomial(rest.coefficient, powers, rest.shape, rest.sizes))


def _product_of_eigenvalues(node: Expr) -> Expr | None:
    (x,) = node.args
    if x.op.name in EIGENVALUES and x.args[0].ndim == 2:
        return einsum([()], [linalg("det", x.args[0])], (0,), [1])
    return None


def _own_eigenvector(node: Expr) -> Expr | None:
    """v·v = 1 for a unit eigenvector."""
    mono = flat(node)
    for factor, exponent in mono.powers.items():
        base, spec = factor
        unit = base.op.name in ("v_max", "v_min")
        if unit and exponent == 2 and summed_only_in(mono, spec[0], {factor}):
            return build(without(mono, {factor}, {spec[0]}, []))
    return None


def _a(name: str = "A") -> Expr:
    return symbol(name, (3, 3), 0, ("invertible",))


def _v(name: str) -> Expr:
    return symbol(name, (3,), 0, ("positive",))


def _spd() -> Expr:
    return symbol("S", (3, 3), 0, ("spd",))


def _of(name: str, x: Callable[[], Expr]) -> Callable[[], Expr]:
    return lambda: linalg(name, x())


def _outer() -> Expr:
    return add(delta(3), einsum([(0,), (1,)], [_v("u"), _v("v")], (0, 1)))


def _diag() -> Expr:
    return einsum([(0,), (0, 1)], [_v("v"), delta(3)], (0, 1))


_ARGUMENTS: tuple[Callable[[], Expr], ...] = (
    lambda: transpose(_a()),
    lambda: inv(_a()),
    lambda: scale(2, _a()),
    lambda: matmul(_a(), matmul(_a("B"), inv(_a()))),
    _diag,
    _outer,
)
DETERMINANTS = (
    Rule(
        "logarithm of a determinant",
        _log_of_determinant,
        ("log",),
        "log det A = log|det A|, wherever the left side is defined",
        "the logarithm is gone",
        HORN,
        (lambda: log(linalg("det", _spd())),),
    ),
    Rule(
        "determinant",
        _determinant,
        ("det", "logdet"),
        "det Aᵀ = det A; det A⁻¹ = 1/det A; det(c A) = cⁿ det A; det(A B A⁻¹) = det B; det diag(v) = Π v; "
        "det(I + u vᵀ) = 1 + vᵀu; det e^A = e^tr A; and their logarithms",
        "less stands below a determinant",
        "Horn, Johnson, Matrix Analysis, 2013, 0.3 and 0.8.5",
        tuple(_of(name, x) for name in ("det", "logdet") for x in _ARGUMENTS),
    ),
    Rule(
        "sum of eigenvalues",
        _sum_of_eigenvalues,
        ("product",),
        "Σ λᵏ = tr Aᵏ; Σ log λ = log|det A|; Σ σ² = ‖A‖²_F",
        "one spectrum fewer",
        "Horn, Johnson, Matrix Analysis, 2013, 1.2",
        (
            lambda: sum_over(linalg("eigenvalues_symmetric", _spd())),
            lambda: sum_over(log(linalg("eigenvalues_symmetric", _spd()))),
        ),
    ),
    Rule(
        "product of eigenvalues",
        _product_of_eigenvalues,
        ("prod",),
        "Π λ = det A",
        "one spectrum fewer",
        "Horn, Johnson, Matrix Analysis, 2013, 1.2",
        (lambda: reduce("prod", linalg("eigenvalues_symmetric", _spd()), keepdims=True),),
    ),
    Rule(
        "unit eigenvector",
        _own_eigenvector,
        ("product",),
        "vᵀv = 1 for a unit eigenvector v",
        "one factor fewer",
        "normalisation",
        (lambda: matmul(linalg("v_max", _spd()), linalg("v_max", _spd())),),
    ),
)
