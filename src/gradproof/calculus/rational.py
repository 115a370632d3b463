"""Entrywise rational simplification: (−y/a + (1 − y)/(1 − a))·a·(1 − a) = a − y.

The factors of a product that run over the same indices are one rational function of their atoms (names,
functions, contractions); exact arithmetic on it is FLINT's.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from math import lcm
from typing import Any

from gradproof.calculus.canonical import merged
from gradproof.calculus.labelling import labelled
from gradproof.calculus.monomial import (
    UNIT,
    Factor,
    Monomial,
    Powers,
    as_stack,
    build,
    flat,
    joined,
    of_atom,
)
from gradproof.calculus.size import length
from gradproof.expr.contraction import Spec
from gradproof.expr.node import Expr, Shape
from gradproof.expr.product import SUM, add

MAX_ATOMS = 24
MAX_PARTS = 200
MAX_DEGREE = 12
MAX_TERMS = 60
GAIN = 0.25
ONE_SIGN = 0.5


def rational(node: Expr) -> Expr | None:
    """The node with its entrywise rational parts in lowest terms, if that is shorter to write."""
    if node.op is SUM:
        return _shorter(node, _simplified_sum(node))
    mono = flat(node)
    group = _group(mono)
    if group is None or not _may_cancel(mono, group):
        return None
    return _shorter(node, _with_group(mono, group), GAIN + ONE_SIGN * _occurs_outside(mono, group))


def _shorter(node: Expr, new: Expr | None, gain: float = GAIN) -> Expr | None:
    return new if new is not None and length(new) < length(node) - gain else None


def _occurs_outside(mono: Monomial, indices: set[int]) -> bool:
    """Whether a sum over these indices is a factor elsewhere too: in r rᵀ no sign is moved into one r."""
    places: dict[Expr, set[bool]] = {}
    for base, spec in mono.powers:
        if base.op is SUM:
            places.setdefault(base, set()).add(set(spec) - {UNIT} <= indices)
    return any(len(found) == 2 for found in places.values())


def _simplified_sum(node: Expr) -> Expr | None:
    """A sum as one fraction; left alone where a term is contracted (W + dZ Aᵀ reads better as it is)."""
    parts = [flat(arg) for arg in node.args]
    if any(m.sizes for m in parts):
        return None
    counts: dict[Factor, int] = {}
    for part in parts:
        for factor in part.powers:
            counts[factor] = counts.get(factor, 0) + 1
    hard = any(e < 0 and b.op is SUM for m in parts for (b, _), e in m.powers.items())
    sizes = {abs(m.coefficient) for m in parts}
    if not hard and max(counts.values(), default=0) < 2 and (len(sizes) > 1 or 1 in sizes):
        return None
    result = _lowest_terms(of_atom(node))
    return None if result is None else build(result)


def _group(mono: Monomial) -> set[int] | None:
    """The indices of a sum among the factors, where something could cancel with it."""
    sums = [
        {i for i in spec if i != UNIT}
        for (base, spec), e in mono.powers.items()
        if base.op is SUM and len(mono.powers) > 1
    ]
    for indices in sorted(sums, key=len, reverse=True):
        inside = [f for f in mono.powers if set(f[1]) - {UNIT} <= indices]
        if len(inside) > 1:
            return indices
    return None


def _may_cancel(mono: Monomial, indices: set[int]) -> bool:
    """Whether there is a denominator, or two sums of the same atoms, or a sign that a difference can take."""
    inside = [(b, e) for (b, spec), e in mono.powers.items() if set(spec) - {UNIT} <= indices]
    sums = [[flat(t) for t in b.args] for b, _ in inside if b.op is SUM]
    if any(e < 0 for _, e in inside) or any(_has_denominator(m) for terms in sums for m in terms):
        return True
    atoms = [frozenset(b for m in terms for b, _ in m.powers) for terms in sums]
    if len(set(atoms)) < len(atoms):
        return True
    return mono.coefficient < 0 and any(_mixed(terms) and all(m.powers for m in terms) for terms in sums)


def _has_denominator(mono: Monomial) -> bool:
    """Whether a factor is divided by, also in the sums among the factors."""
    return any(
        e < 0 or (b.op is SUM and any(_has_denominator(flat(t)) for t in b.args))
        for (b, _), e in mono.powers.items()
    )


def _with_group(mono: Monomial, indices: set[int]) -> Expr | None:
    """The product with the factors over these indices replaced by their lowest terms."""
    stack = as_stack(mono)
    order = {old: new for new, old in enumerate([*range(mono.ndim), *mono.sizes])}
    axes = sorted(order[i] for i in indices)
    place = {axis: k for k, axis in enumerate(axes)} | {UNIT: UNIT}
    inside, rest = Powers(), Powers()
    for (base, spec), exponent in stack.powers.items():
        if all(i in place for i in spec):
            inside[base, tuple(place[i] for i in spec)] = exponent
        else:
            rest[base, spec] = exponent
    part = Monomial(stack.coefficient, inside, tuple(stack.shape[a] for a in axes), {})
    new = _lowest_terms(part)
    if new is None:
        return None
    other = Monomial(Fraction(1), rest, stack.shape, {})
    whole = joined([(new, tuple(axes)), (other, tuple(range(stack.ndim)))], stack.shape, {})
    summed = tuple(order[i] for i in [*range(mono.ndim), *mono.sizes])
    place_back = {new_axis: old for old, new_axis in order.items()}
    back = tuple(place_back[a] for a in summed)
    return build(joined([(whole, back)], mono.shape, mono.sizes))


# --- fractions --------------------------------------------------------------------------------------


@cache
def _flint() -> Any:
    """The library, loaded when the first fraction is met: a check without a derivation needs none."""
    return importlib.import_module("flint")


class _TooLarge(Exception):
    """The fraction would take longer to find than it is worth."""


class _Field:
    """Fractions over the atoms of one expression; an atom stands for a root of its base where one occurs."""

    def __init__(self, root: Monomial) -> None:
        self.shape = root.shape
        self.parts = 0
        self.roots: dict[Factor, int] = {}
        self._collect(root)
        if len(self.roots) > MAX_ATOMS:
            raise _TooLarge
        self.atoms = list(self.roots)
        flint = _flint()
        self.context = flint.fmpq_mpoly_ctx.get(("x", max(len(self.atoms), 1)), flint.Ordering.deglex)
        self.generators = dict(zip(self.atoms, self.context.gens(), strict=False))

    def _pieces(self, mono: Monomial) -> Iterable[tuple[Factor, Fraction, list[Monomial] | None]]:
        """Each factor, with the terms of its sum where it is one; the terms carry this field's indices."""
        for (base, spec), exponent in mono.powers.items():
            self.parts += 1
            if self.parts > MAX_PARTS:
                raise _TooLarge
            if base.op is SUM and exponent.denominator == 1 and abs(exponent) <= MAX_DEGREE:
                yield (base, spec), exponent, [self._placed(flat(t), spec) for t in base.args]
            else:
                yield (base, spec), exponent, None

    def _placed(self, term: Monomial, spec: Spec) -> Monomial:
        if term.sizes:  # a contraction is an atom
            (term,) = (Monomial(Fraction(1), of_atom(build(labelled(term))).powers, term.shape, {}),)
        return joined([(term, spec)], self.shape, {})

    def _collect(self, mono: Monomial) -> None:
        for factor, exponent, inner in self._pieces(mono):
            if inner is None:
                self.roots[factor] = lcm(self.roots.get(factor, 1), exponent.denominator)
            else:
                for term in inner:
                    self._collect(term)

    def fraction(self, mono: Monomial) -> tuple[Any, Any]:
        """Numerator and denominator, not reduced."""
        over = self.context.constant(_flint().fmpq(mono.coefficient.numerator, mono.coefficient.denominator))
        under = one = self.context.constant(1)
        for factor, exponent, inner in self._pieces(mono):
            if inner is None:
                top, bottom, power = self.generators[factor], one, exponent * self.roots[factor]
            else:
                top, bottom = self._sum(inner)
                power = exponent
            if abs(power) > MAX_DEGREE * 4:
                raise _TooLarge
            if power < 0:
                top, bottom, power = bottom, top, -power
            over, under = over * top ** int(power), under * bottom ** int(power)
            if len(over) > MAX_TERMS * 4 or len(under) > MAX_TERMS * 4:
                raise _TooLarge
        return self._reduced(over, under)

    def _sum(self, terms: list[Monomial]) -> tuple[Any, Any]:
        over, under = self.context.constant(0), self.context.constant(1)
        for term in terms:
            top, bottom = self.fraction(term)
            over, under = self._reduced(over * bottom + top * under, under * bottom)
        return over, under

    def _reduced(self, over: Any, under: Any) -> tuple[Any, Any]:
        if under.is_zero():
            raise _TooLarge  # a division by what is identically zero is not ours to judge
        common = over.gcd(under)
        return over / common, under / common

    def monomials(self, polynomial: Any) -> list[Monomial]:
        """Terms of a polynomial, those with a positive sign first, higher degrees before lower."""
        result = []
        for exponents, coefficient in polynomial.terms():
            powers = Powers()
            for factor, exponent in zip(self.atoms, exponents, strict=False):
                if exponent:
                    powers[factor] = Fraction(int(exponent), self.roots[factor])
            result.append(Monomial(_fraction(coefficient), powers, self.shape, {}))
        return sorted(result, key=lambda m: m.coefficient < 0)

    def written(self, over: Any, under: Any, *, factored: bool) -> Monomial:
        """The fraction as a product of powers of atoms and of sums."""
        coefficient = Fraction(1)
        parts: list[tuple[list[Monomial], int]] = []
        for polynomial, sign in ((over, 1), (under, -1)):
            constant, factors = _split(polynomial, factored=factored)
            coefficient *= constant**sign
            parts += [(self.monomials(part), sign * exponent) for part, exponent in factors]
        powers = Powers()
        sign, parts = _signed(parts, negative=coefficient < 0)
        coefficient *= sign
        for found, exponent in parts:
            factor = found[0] if len(found) == 1 else _factor_of_own_shape(found, self.shape)
            coefficient *= factor.coefficient**exponent
            for own, e in factor.powers.items():
                powers[own] = powers.get(own, Fraction(0)) + exponent * e
        return Monomial(coefficient, {f: e for f, e in powers.items() if e}, self.shape, {})


def _signed(
    parts: list[tuple[list[Monomial], int]], *, negative: bool
) -> tuple[int, list[tuple[list[Monomial], int]]]:
    """σ (1 − σ) (1 − 2σ), and not (σ − 1) (2σ − 1) σ: numbers are added, where that costs no minus sign.

    Returns the sign that comes of the sums turned over, and single factors before sums, shorter sums first.
    """
    turned = [k for k, (found, _) in enumerate(parts) if all(m.coefficient < 0 for m in found)]
    mixed = [k for k, (found, _) in enumerate(parts) if _mixed(found)]
    begun = [k for k in mixed if any(not m.powers and m.coefficient < 0 for m in parts[k][0])]
    plain = [k for k in mixed if all(m.powers for m in parts[k][0]) and parts[k][1] % 2]
    flips = sum(parts[k][1] for k in (*turned, *begun))
    if (flips + negative) % 2:  # one sign is left over: into a difference without a number, or back
        back = [k for k in begun if parts[k][1] % 2]
        if plain:
            begun.append(plain[0])
            flips += parts[plain[0]][1]
        elif back and not negative:
            begun.remove(back[-1])
            flips -= parts[back[-1]][1]
    result = [
        (_opposite(found) if k in turned or k in begun else found, exponent)
        for k, (found, exponent) in enumerate(parts)
    ]
    order = sorted(result, key=lambda p: (len(p[0]) > 1, _weight(p[0])))
    return -1 if flips % 2 else 1, order


def _opposite(found: list[Monomial]) -> list[Monomial]:
    return sorted((m.times(Fraction(-1)) for m in found), key=lambda m: m.coefficient < 0)


def _weight(found: list[Monomial]) -> tuple[Fraction, Fraction]:
    """Degree and size of the coefficients, of a sum."""
    if len(found) == 1:
        return Fraction(0), Fraction(0)
    degree = max(sum(m.powers.values(), Fraction(0)) for m in found)
    return degree, max(abs(m.coefficient) for m in found)


def _mixed(found: list[Monomial]) -> bool:
    return len({m.coefficient > 0 for m in found}) == 2


def _factor_of_own_shape(found: list[Monomial], shape: Shape) -> Monomial:
    """A sum laid out as the factor that has all its indices, so that a row stays a row, a scalar a scalar."""
    used = {i for m in found for _, spec in m.powers for i in spec} - {UNIT}
    models = [f for m in found for f in m.powers if set(f[1]) - {UNIT} == used]
    if models:
        base, spec = models[0]
        own = base.shape
    else:
        spec = tuple(sorted(used))
        own = tuple(shape[a] for a in spec)
    place = {axis: k for k, axis in enumerate(spec) if axis != UNIT} | {UNIT: UNIT}
    terms = [
        Monomial(
            m.coefficient, {(b, tuple(place[i] for i in s)): e for (b, s), e in m.powers.items()}, own, {}
        )
        for m in found
    ]
    return Monomial(Fraction(1), {(add(*(build(m) for m in terms)), spec): Fraction(1)}, shape, {})


def _split(polynomial: Any, *, factored: bool) -> tuple[Fraction, list[tuple[Any, int]]]:
    """Constant and factors: all of them, or only the atoms that divide every term."""
    if polynomial.is_constant():
        return _fraction(polynomial.leading_coefficient()) if polynomial else Fraction(0), []
    constant, parts = polynomial.factor()
    if factored:
        return _fraction(constant), [(p, int(e)) for p, e in parts]
    single = [(p, int(e)) for p, e in parts if len(p) == 1]
    rest = polynomial.context().constant(constant)
    for part, exponent in parts:
        if len(part) > 1:
            rest = rest * part ** int(exponent)
    if rest.is_constant():
        return _fraction(rest.leading_coefficient()), single
    content = _content(rest)
    scale = _flint().fmpq(content.numerator, content.denominator)
    return content, [*single, (rest / polynomial.context().constant(scale), 1)]


def _content(polynomial: Any) -> Fraction:
    """The rational number that leaves whole coefficients without a common divisor."""
    found = [_fraction(c) for c in polynomial.coeffs()]
    below = lcm(*(c.denominator for c in found))
    above = [abs(int(c * below)) for c in found]
    divisor = above[0]
    for value in above[1:]:
        while value:
            divisor, value = value, divisor % value
    return Fraction(divisor, below)


def _fraction(value: Any) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _lowest_terms(part: Monomial) -> Monomial | None:
    """The entrywise part as a reduced fraction, written in the shorter of two ways."""
    try:
        field = _Field(part)
        field.parts = 0
        over, under = field.fraction(part)
        if len(over) > MAX_TERMS or len(under) > MAX_TERMS:
            return None
        options = [
            field.written(over, under, factored=True),
            field.written(over, under, factored=False),
            *_as_separate_terms(field, over, under),
        ]
    except _TooLarge:
        return None
    return min(options, key=lambda m: length(build(m)))


def _as_separate_terms(field: _Field, over: Any, under: Any) -> list[Monomial]:
    """(a + b)/m = a/m + b/m, where the denominator is one term."""
    if len(under) != 1 or len(over) < 2:
        return []
    (bottom,) = field.monomials(under)
    inverse = Monomial(1 / bottom.coefficient, {f: -e for f, e in bottom.powers.items()}, field.shape, {})
    axes = tuple(range(len(field.shape)))
    terms = merged(joined([(m, axes), (inverse, axes)], field.shape, {}) for m in field.monomials(over))
    return [of_atom(add(*(build(m) for m in terms)))]
