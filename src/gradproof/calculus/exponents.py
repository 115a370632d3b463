"""Laws of exponents beyond those of single factors: contractions, and exponents that are expressions."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from gradproof.calculus.facts import is_positive, is_symmetric
from gradproof.calculus.inverses import summed_only_in, without
from gradproof.calculus.monomial import Monomial, Powers, build, flat, whole_power
from gradproof.calculus.rewrite import Rule
from gradproof.expr.broadcast import matmul, minus, multiply, plus, scale
from gradproof.expr.elementwise import power
from gradproof.expr.matching import Part, embeddings
from gradproof.expr.node import Expr, number, size_symbol, symbol
from gradproof.expr.powers import POWER, scalar_exponent
from gradproof.expr.product import PRODUCT

ONE = Fraction(1)
_HALF = Fraction(1, 2)


def _contraction(node: Expr) -> Expr | None:
    """(W H)⁻² ∘ (W H) = (W H)⁻¹, where the second stands among the factors as W and H."""
    mono = flat(node)
    for (base, spec), exponent in mono.powers.items():
        if base.op is not PRODUCT or exponent.denominator != 1 or exponent == 1:
            continue
        inside = flat(base)
        if not inside.sizes or inside.ndim != len(spec) or len(inside.powers) >= len(mono.powers):
            continue
        pattern: list[Part] = [(b, s, e) for (b, s), e in inside.powers.items()]
        host: list[Part] = [(b, s, e) for (b, s), e in mono.powers.items()]
        for used, places in embeddings(pattern, host, dict(enumerate(spec)), is_symmetric):
            taken = {(host[k][0], host[k][1]) for k in used}
            lost = {places[i] for i in inside.sizes}
            if all(summed_only_in(mono, i, taken) for i in lost):
                powers = Powers({f: e for f, e in mono.powers.items() if f not in taken})
                powers[base, spec] += ONE
                powers = {f: e for f, e in powers.items() if e}
                sizes = {i: n for i, n in mono.sizes.items() if i not in lost}
                return build(Monomial(mono.coefficient / inside.coefficient, powers, mono.shape, sizes))
    return None


def _joint_exponent(node: Expr) -> Expr | None:
    """d^(k − 1) d = d^k, for an exponent that is an expression."""
    mono = flat(node)
    for (base, spec), exponent in mono.powers.items():
        if base.op is not POWER or exponent != 1 or scalar_exponent(base.args[1]) is not None:
            continue
        root, own = base.args
        if own.ndim:
            continue
        for (other, place), e in mono.powers.items():
            if place != spec or other is base:
                continue
            if other is root:
                total = plus(own, number(e))
            elif other.op is POWER and other.args[0] is root and e == 1 and not other.args[1].ndim:
                total = plus(own, other.args[1])
            else:
                continue
            put = [(power(root, total), spec)]
            return build(without(mono, {(base, spec), (other, place)}, set(), put))
    return None


def _scalars_outside(node: Expr) -> Expr | None:
    """(c xᵀx)ᵖ = cᵖ (xᵀx)ᵖ for whole p, and for every p where c > 0."""
    found = whole_power(node)
    if found is None or found[0].op is not PRODUCT:
        return None
    base, exponent = found
    mono = flat(base)
    whole = exponent.denominator == 1
    scalars = {f: e for f, e in mono.powers.items() if not f[1] and (whole or is_positive(f[0]))}
    number_outside = mono.coefficient if mono.coefficient > 0 or (whole and mono.coefficient) else ONE
    if not mono.sizes or (not scalars and number_outside == 1):
        return None
    inner = {f: e for f, e in mono.powers.items() if f not in scalars}
    rest = build(Monomial(mono.coefficient / number_outside, inner, mono.shape, mono.sizes))
    outside = Powers({f: e * exponent for f, e in scalars.items()})
    if whole:
        coefficient = number_outside ** int(exponent)
    else:
        root = _square_root(number_outside)
        if root is not None and exponent.denominator == 2:
            coefficient = root**exponent.numerator
        else:
            coefficient = ONE
            outside[power(number(number_outside), exponent), ()] = ONE
    outer = build(Monomial(coefficient, outside, (), {}))
    return multiply(outer, power(rest, exponent))


def _square_root(value: Fraction) -> Fraction | None:
    """The root of a rational square."""
    root = Fraction(isqrt(value.numerator), isqrt(value.denominator))
    return root if root * root == value else None


def _p(name: str) -> Expr:
    return symbol(name, (3, 3), 0, ("positive",))


def _x() -> Expr:
    return symbol("x", (3,))


def _sample_contraction() -> Expr:
    both = matmul(_p("W"), _p("H"))
    return multiply(symbol("V", (3, 3)), both, power(both, -2))


def _sample_joint() -> Expr:
    c, k = symbol("c", (), 0, ("positive",)), size_symbol("k")
    return multiply(power(c, minus(k, number(1))), c)


EXPONENTS = (
    Rule(
        "power of a contraction",
        _contraction,
        ("product",),
        "(W H) ⊘ (W H)^∘2 = 1 ⊘ (W H); xᵀx/(xᵀx)² = 1/(xᵀx)",
        "fewer factors",
        "laws of exponents",
        (_sample_contraction,),
    ),
    Rule(
        "scalars outside a power",
        _scalars_outside,
        ("power",),
        "(c xᵀx)ᵖ = cᵖ (xᵀx)ᵖ for whole p, or for c > 0",
        "no scalar below the power",
        "laws of exponents",
        (lambda: power(scale(2, matmul(_x(), _x())), -1), lambda: power(scale(2, matmul(_x(), _x())), _HALF)),
    ),
    Rule(
        "sum of exponents",
        _joint_exponent,
        ("product",),
        "c^(k − 1) c = c^k, wherever the left side is defined",
        "one power fewer",
        "laws of exponents",
        (_sample_joint,),
    ),
)
