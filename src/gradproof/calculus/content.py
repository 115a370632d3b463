"""Numbers and scalars that the terms of a sum share, in front of it: (2/m A + 2/m B) X = 2/m (A + B) X."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

from gradproof.calculus.components import with_scalars
from gradproof.calculus.labelling import in_any_order
from gradproof.calculus.monomial import Factor, Monomial, Powers, build, flat, of_atom
from gradproof.calculus.rewrite import Rule
from gradproof.calculus.size import length
from gradproof.expr.broadcast import minus
from gradproof.expr.linalg import linalg
from gradproof.expr.node import Expr, postorder, symbol
from gradproof.expr.product import SUM, add, einsum

ONE = Fraction(1)


def content(parts: Sequence[Monomial]) -> Fraction:
    """The number that leaves whole coefficients without a common divisor, negative if all of them are."""
    found = [m.coefficient for m in parts]
    below = lcm(*(abs(c.denominator) for c in found))
    above = gcd(*(int(c * below) for c in found))
    size = Fraction(above, below)
    return -size if all(c < 0 for c in found) else size


def content_outside(node: Expr) -> Expr | None:
    """X (2 A/m + 2 B/m) = 2/m X (A + B): numbers and scalars that all terms of a factor share."""
    mono = flat(node)
    for factor, exponent in mono.powers.items():
        if factor[0].op is SUM and exponent.denominator == 1:
            parts = [flat(t) for t in factor[0].args]
            number, scalars = content(parts), _common_scalars(parts)
            if number == 1 and not scalars:
                continue
            new = _with_content_outside(mono, factor, parts, number, scalars)
            if length(new) < length(node):
                return new
    return None


def _with_content_outside(
    mono: Monomial,
    factor: Factor,
    parts: Sequence[Monomial],
    number: Fraction,
    scalars: dict[Factor, Fraction],
) -> Expr:
    exponent = mono.powers[factor]
    inner = add(*(build(_divided(p, number, scalars)) for p in parts))
    powers = Powers()
    for f, e in scalars.items():
        powers[f] = mono.powers.get(f, Fraction(0)) + e * exponent
    for f, e in mono.powers.items():
        if f == factor:
            powers[inner, factor[1]] = powers.get((inner, factor[1]), Fraction(0)) + e
        elif f not in scalars:
            powers[f] = powers.get(f, Fraction(0)) + e
    kept = {f: e for f, e in powers.items() if e}
    return build(Monomial(mono.coefficient * number ** int(exponent), kept, mono.shape, mono.sizes))


def _divided(part: Monomial, number: Fraction, scalars: dict[Factor, Fraction]) -> Monomial:
    powers = {f: e - scalars.get(f, 0) for f, e in part.powers.items() if e != scalars.get(f, 0)}
    return Monomial(part.coefficient / number, powers, part.shape, part.sizes)


def _common_scalars(parts: Sequence[Monomial]) -> dict[Factor, Fraction]:
    """Scalar factors that every term has, to the smallest power of one sign."""
    result: dict[Factor, Fraction] = {}
    for factor in parts[0].powers:
        if factor[1] or factor[0].ndim:
            continue
        exponents = [p.powers.get(factor, Fraction(0)) for p in parts]
        if all(e > 0 for e in exponents):
            result[factor] = min(exponents)
        elif all(e < 0 for e in exponents):
            result[factor] = max(exponents)
    return result


def common_scalar(node: Expr) -> Expr | None:
    """tr(X) A + tr(X) B = tr(X) (A + B); λ/m A + 1/m B stays, as penalties are printed.

    Scalars that are computed stand outside, to the power that all terms have; names alone do not.
    """
    if not node.ndim:
        return None
    met: dict[Expr, Expr] = {}
    parts = [with_scalars(flat(t), met) for t in node.args]
    shared = {f: e for f, e in _common_scalars(parts).items() if f[0].args}
    if not shared:
        return None
    number = content(parts)
    inner = add(*(build(_divided(p, number, shared)) for p in parts))
    powers = Powers(shared)
    powers[_own(inner)] = ONE
    new = build(Monomial(number, powers, node.shape, {}))
    return new if length(new) < length(node) else None


def opposites_joined(node: Expr) -> Expr | None:
    """(x − a)(a − x)ᵀ = −(x − a)(x − a)ᵀ; the difference stays that occurs elsewhere, as in ‖x − a‖."""
    mono = flat(node)
    sums = [f for f, e in mono.powers.items() if f[0].op is SUM and e.denominator == 1]
    for k, first in enumerate(sums):
        for second in sums[k + 1 :]:
            if first[0] is second[0] or not _are_opposite(first[0], second[0]):
                continue
            below = set(postorder(*(b for b, _ in mono.powers if b not in (first[0], second[0]))))
            kept_one, turned = (second, first) if second[0] in below else (first, second)
            exponent = mono.powers[turned]
            powers = Powers({f: e for f, e in mono.powers.items() if f != turned})
            same = kept_one[0], turned[1]
            powers[same] = powers.get(same, Fraction(0)) + exponent
            sign = -ONE if exponent % 2 else ONE
            kept = {f: e for f, e in powers.items() if e}
            return build(Monomial(sign * mono.coefficient, kept, mono.shape, mono.sizes))
    return None


def _are_opposite(a: Expr, b: Expr) -> bool:
    if a.shape != b.shape or len(a.args) != len(b.args):
        return False
    return in_any_order(add(*(build(flat(t).times(-ONE)) for t in a.args))) is in_any_order(b)


def _samples_scalar() -> Expr:
    a, b = symbol("A", (3, 3)), symbol("B", (3, 3))
    scalar = linalg("det", a)
    return add(*(einsum([(), (0, 1)], [scalar, x], (0, 1)) for x in (a, b)))


def _samples_opposite() -> Expr:
    x, a = symbol("x", (3,)), symbol("a", (3,))
    return einsum([(0,), (1,)], [minus(x, a), minus(a, x)], (0, 1))


def _samples_content() -> Expr:
    a, b, x, m = symbol("A", (3, 3)), symbol("B", (3, 3)), symbol("X", (3, 2)), symbol("m")
    inner = add(*(build(Monomial(Fraction(2), {(m, ()): -ONE, _own(s): ONE}, (3, 3), {})) for s in (a, b)))
    return einsum([(0, 1), (1, 2)], [inner, x], (0, 2))


def _own(node: Expr) -> Factor:
    (factor,) = of_atom(node).powers
    return factor


SCALARS = (
    Rule(
        "common scalar",
        common_scalar,
        ("sum",),
        "tr(B) A + tr(B) C = tr(B) (A + C)",
        "the result is strictly shorter",
        "distributivity",
        (_samples_scalar,),
    ),
)
OPPOSITES = (
    Rule(
        "opposite differences",
        opposites_joined,
        ("product",),
        "(x − a)(a − x)ᵀ = −(x − a)(x − a)ᵀ",
        "fewer different sums",
        "distributivity",
        (_samples_opposite,),
    ),
)
CONTENT = (
    Rule(
        "number outside a sum",
        content_outside,
        ("product",),
        "(2/m A + 2/m B) X = 2/m (A + B) X",
        "the result is strictly shorter",
        "distributivity",
        (_samples_content,),
    ),
)
