"""Agreement of two expressions: by rewriting, modulo primes, in real balls."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.calculus.canonical import same
from gradproof.calculus.exact import NotExact
from gradproof.calculus.field import Undefined
from gradproof.calculus.modular import agreement
from gradproof.calculus.rewrite import Rewriter
from gradproof.calculus.sampling import size_names
from gradproof.calculus.simplify import RULES
from gradproof.errors import ShapeError
from gradproof.expr.node import Expr, facts_of, symbols
from gradproof.proving.point import Equation, Parameters
from gradproof.proving.proof import Evaluation, Reduction

POINTS = 12
CONFIRMING = 3  # points that confirm what is proved already
ENOUGH_SIZES = 4
_LARGE = 20_000  # entries of one node; larger sizes are left out


def reduction(left: Expr, right: Expr) -> Reduction | None:
    """The rewrites that lead both sides to one form, or None where they end in two."""
    first, second = Rewriter(RULES), Rewriter(RULES)
    a, b = first(left), second(right)
    return Reduction(first.steps, second.steps, a) if a is b or same(a, b) else None


def size_plan(names: Sequence[str], rng: random.Random) -> list[dict[str, int]]:
    """Sizes to compare at: ascending and descending, larger ones, equal ones, all 1, and random ones."""
    if not names:
        return [{}]
    count = len(names)

    def assigned(numbers: Sequence[int]) -> dict[str, int]:
        return dict(zip(names, numbers, strict=True))

    rising = [2 + k % 5 for k in range(count)]
    plan = [assigned(rising), assigned(rising[::-1]), assigned([3] * count), assigned([1] * count)]
    plan.append(assigned([6 - k % 3 for k in range(count)]))
    plan.append(assigned([4 + k % 3 for k in range(count)]))
    plan += [assigned([rng.randint(2, 6) for _ in names]) for _ in range(6)]
    return [dict(t) for t in dict.fromkeys(tuple(choice.items()) for choice in plan)]


@dataclass(slots=True)
class Modular:
    """What exact evaluation modulo primes showed.

    Attributes
    ----------
    agreed, differed : the sizes at which the sides agreed, and those at which they did not
    error : the largest bound of the error probability at the sizes where they agreed
    unknown : operations treated as unknown functions
    faithful : whether facts of the symbols were no reason for a special choice of arrays
    undefined : why a side had no value, at the last sizes where that was so
    unavailable : why nothing could be evaluated modulo a prime
    """

    agreed: list[dict[str, int]] = field(default_factory=list)
    differed: list[dict[str, int]] = field(default_factory=list)
    points: int = 0
    error: float = 0.0
    unknown: frozenset[str] = frozenset()
    faithful: bool = True
    undefined: str = ""
    unavailable: str = ""

    @property
    def equal(self) -> bool:
        """Whether the sides agreed wherever they had values, and had some."""
        return bool(self.agreed) and not self.differed

    @property
    def refuted(self) -> bool:
        """Whether the sides are proved to differ: rational expressions, different at a point."""
        return bool(self.differed) and not self.unknown

    def evaluation(self) -> Evaluation:
        """The agreement, as part of a proof."""
        return Evaluation(self.agreed, self.points, self.error, self.unknown)


def modular(left: Expr, right: Expr, seed: int = 0, enough: int = ENOUGH_SIZES) -> Modular:
    """Compare modulo primes at several choices of sizes; the sides are first tried at small ones."""
    rng = random.Random(seed)
    found = Modular(faithful=not any(facts_of(s) - {"size", "complex"} for s in symbols(left, right)))
    for sizes in size_plan(size_names([left, right]), rng):
        try:
            outcome = agreement(left, right, sizes, rng=rng)
        except Undefined as error:
            found.undefined = str(error)
            continue
        except ShapeError:  # such as a slice that does not fit this size
            continue
        except NotExact as error:
            found.unavailable = error.what
            return found
        found.unknown |= outcome.unknown
        found.points += outcome.points
        if outcome.equal:
            found.agreed.append(sizes)
            found.error = max(found.error, outcome.error)
        else:
            found.differed.append(sizes)
        if found.differed and len(found.agreed) + len(found.differed) >= 3:
            break
        if len([s for s in found.agreed if set(s.values()) != {1}]) >= enough:
            break
    return found


def in_balls(left: Expr, right: Expr, wanted: int = POINTS, seed: int = 1) -> Evaluation | None:
    """Agreement at random rational points, in balls of many bits or at least in floats; None if they differ.

    Points are passed over at which a side has no value, or the values are too close to tell.
    """
    rng = random.Random(seed)
    plan = size_plan(size_names([left, right]), rng)
    used: list[dict[str, int]] = []
    points, bits, close = 0, 10**6, 0
    for attempt in range(6 * POINTS):
        sizes = plan[attempt % min(len(plan), 5)]
        try:
            equation = Equation(left, right, sizes)
            compared = equation.at(_random_point(equation, attempt // len(plan), rng))
        except (Undefined, ShapeError):
            continue
        except NotExact:
            break
        if compared.equal is False:
            return None
        if compared.equal is None:
            close += 1
            continue
        points += 1
        bits = min(bits, compared.bits or bits)
        if sizes not in used:
            used.append(sizes)
        if points == wanted:
            break
    if close > points:  # a small difference that rounding does not explain, wherever one looks
        points = 0
    return Evaluation(used, points, 1.0, bits=bits)


def _random_point(equation: Equation, attempt: int, rng: random.Random) -> Parameters:
    """Rational numbers; in turn of both signs, positive, below 1, and above 1."""
    low, high = ((-2, 2), (Fraction(1, 5), 2), (Fraction(1, 20), Fraction(9, 10)), (1, 3))[attempt % 4]

    def drawn(domain: str) -> Any:
        part = Fraction(rng.randint(1, 9999), 10_000)
        if domain == "sign":
            return rng.choice((1, -1))
        if "integer" in domain:
            return rng.randint(1, 5) if domain.startswith("positive") else rng.randint(-4, 4)
        if domain in ("positive", "nonnegative"):
            return Fraction(1, 5) + 2 * part
        value = low + (high - low) * part
        return complex(value, rng.uniform(-2, 2)) if domain == "complex" else value

    return {leaf: [drawn(d) for d in s.domains] for leaf, s in equation.structures.items()}


def values_exist(expr: Expr, seed: int = 2) -> bool:
    """Whether the expression has a real value at some point."""
    return some_point(expr, expr, seed)


def some_point(left: Expr, right: Expr, seed: int = 2) -> bool:
    """Whether both expressions have real values at some common point."""
    rng = random.Random(seed)
    plan = size_plan(size_names([left, right]), rng)
    for attempt in range(48):
        try:
            equation = Equation(left, right, plan[attempt % len(plan)])
            compared = equation.at(_random_point(equation, attempt // 2, rng))
        except (Undefined, ShapeError):
            continue
        except NotExact:
            return False
        if np.size(compared.left):
            return True
    return False
