"""Points at which an equation is tried: moderate ones, and ones of every magnitude and around its constants.

A false equation may hold on a ball around the origin: relu(a − 8) = 0, log(1 + exp(a + 500)) = a + 500. So
the scales of the entries run from 10⁻³ to 10⁶ and through every constant of the formulas, its inverse, its
root, and the quotients and products of two of them; with both signs, and exactly at the constants.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

from gradproof.expr.node import CONSTANT, NUMBER, Expr, postorder
from gradproof.expr.powers import scalar_exponent
from gradproof.proving.point import Equation, Parameters

SCALES = tuple(Fraction(x) for x in ("0.001", "30", "1000", "1000000"))
MODERATE = ((-2, 2), (Fraction(1, 5), 2), (Fraction(1, 20), Fraction(9, 10)), (1, 3))
MAX_CONSTANTS = 8
MAX_SCALES = 24
_WHOLE = (-3, -2, -1, 1, 2, 3, Fraction(1, 2), Fraction(-1, 2))
_LIMIT = Fraction(10) ** 40
_DIGITS = 10_000


def constants(*roots: Expr) -> list[Fraction]:
    """The numbers other than 0 that occur below the roots, without their signs; the largest come first."""
    found: dict[Fraction, None] = {}
    for node in postorder(*roots):
        if node.op is NUMBER and isinstance(node.attrs[0], Fraction):
            found[abs(node.attrs[0])] = None
        elif node.op is CONSTANT:
            array = np.asarray(node.op.value(node.attrs, np.float64)).ravel()[:MAX_CONSTANTS]
            if array.dtype.kind in "biuf":
                found.update({abs(Fraction(float(x))): None for x in array if np.isfinite(x)})
    usable = [c for c in found if c and 1 / _LIMIT < c < _LIMIT]
    return sorted(usable, key=lambda c: -max(c, 1 / c))[:MAX_CONSTANTS]


def scales(*roots: Expr) -> list[Fraction]:
    """Magnitudes at which something may change, each once."""
    known = [c for c in constants(*roots) if c != 1]
    found = [*known, *SCALES]
    found += [1 / c for c in known]
    found += [_rounded(float(c) ** 0.5) for c in known]
    for c, d in combinations(known, 2):
        found += [c / d, d / c, c * d]
    kept: list[Fraction] = []
    for scale in found:
        if 1 / _LIMIT < scale < _LIMIT and not any(0.8 < scale / other < 1.25 for other in kept):
            kept.append(scale)
    return kept[:MAX_SCALES]


def _rounded(x: float) -> Fraction:
    return Fraction(f"{x:.3g}")


def moderate_point(equation: Equation, attempt: int, rng: random.Random) -> Parameters:
    """Rational numbers; in turn of both signs, positive, below 1, and above 1."""
    low, high = MODERATE[attempt % 4]

    def drawn(domain: str) -> Any:
        part = Fraction(rng.randint(1, _DIGITS - 1), _DIGITS)
        if domain == "sign":
            return rng.choice((1, -1))
        if "integer" in domain:
            return rng.randint(1, 5) if domain.startswith("positive") else rng.randint(-4, 4)
        if domain in ("positive", "nonnegative"):
            return Fraction(1, 5) + 2 * part
        value = low + (high - low) * part
        return complex(value, rng.uniform(-2, 2)) if domain == "complex" else value

    return {leaf: [drawn(d) for d in s.domains] for leaf, s in equation.structures.items()}


def wide_points(equation: Equation, rng: random.Random) -> Iterator[Parameters]:
    """Points of every scale and of both signs, of mixed scales, of small whole numbers, and at constants."""
    pool = scales(equation.left, equation.right)
    for scale in pool:
        for sign in (1, -1):
            yield _scaled(equation, rng, lambda s=scale, g=sign: (s, g))
    for k in range(len(pool)):  # one symbol is large or small, or each of a scale of its own
        large = rng.choice(list(equation.structures) or [None])
        mixed = {
            leaf: (rng.choice(pool) if k % 2 else pool[k] if leaf is large else Fraction(1))
            for leaf in equation.structures
        }
        yield _scaled(equation, rng, lambda: (Fraction(1), 0), mixed)
    for _ in range(6):
        yield _scaled(equation, rng, lambda: (Fraction(10) ** rng.randint(-3, 6), 0))
    for _ in range(80 if _symbolic_exponents(equation) else 6):  # (a²)^½ is not a¹ for a < 0
        yield _listed(equation, rng, _WHOLE)
    exact = [s * c for c in constants(equation.left, equation.right)[:4] for s in (1, -1)]
    for value in exact:
        yield _listed(equation, rng, (value,))


def _symbolic_exponents(equation: Equation) -> bool:
    return any(
        node.op.name == "power" and scalar_exponent(node.args[1]) is None
        for node in postorder(equation.left, equation.right)
    )


def far_points(equation: Equation, rng: random.Random, count: int) -> Iterator[Parameters]:
    """Points of any magnitude, to find where a piecewise function has its other branch."""
    pool = [*scales(equation.left, equation.right), Fraction(1)]
    for k in range(count):
        reach = 3 + 12 * k // count
        yield _scaled(
            equation,
            rng,
            lambda r=reach: (rng.choice(pool) * Fraction(10) ** rng.randint(-r, r), 0),
        )


def _scaled(
    equation: Equation, rng: random.Random, scale: Any, of_leaf: dict[Expr, Fraction] | None = None
) -> Parameters:
    """Entries around a scale; a sign of 0 stands for either."""

    def drawn(leaf: Expr, domain: str) -> Any:
        size, sign = scale()
        size = of_leaf[leaf] if of_leaf else size
        if domain == "sign":
            return rng.choice((1, -1))
        value = size * (Fraction(1, 2) + Fraction(2 * rng.randint(1, _DIGITS - 1), _DIGITS))
        value *= 1 if domain.startswith(("positive", "nonneg")) else sign or rng.choice((1, -1))
        return _fitted(domain, value, rng)

    return {leaf: [drawn(leaf, d) for d in s.domains] for leaf, s in equation.structures.items()}


def _fitted(domain: str, value: Fraction, rng: random.Random) -> Any:
    if "integer" in domain:
        return max(1, round(value)) if domain.startswith("positive") else round(value)
    if domain == "complex":
        return complex(float(value), float(value) * rng.uniform(-2, 2))
    return value


def _listed(equation: Equation, rng: random.Random, values: Any) -> Parameters:
    """Entries from a list, most of the time one and the same for a symbol."""

    def drawn(domain: str, one: Any) -> Any:
        value = Fraction(one if rng.random() < 0.7 else rng.choice(values))
        if domain == "sign":
            return rng.choice((1, -1))
        if domain.startswith(("positive", "nonneg")):
            value = abs(value)
        return _fitted(domain, value, rng)

    result = {}
    for leaf, structure in equation.structures.items():
        one = rng.choice(values)
        result[leaf] = [drawn(d, one) for d in structure.domains]
    return result
