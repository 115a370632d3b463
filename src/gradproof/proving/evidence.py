"""Agreement of two expressions: by rewriting, modulo primes, in real balls."""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

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
from gradproof.proving.branches import piecewise, unseen
from gradproof.proving.point import Comparison, Equation, Parameters
from gradproof.proving.points import far_points, moderate_point, wide_points
from gradproof.proving.proof import RANDOM, TRIED, Evaluation, Reduction
from gradproof.proving.sizes import ACCIDENT, accident, freed, large_sizes, numbers_of_sizes, size_plan

POINTS = 12
CONFIRMING = 3  # points that confirm what is proved already
ENOUGH_SIZES = 4
LARGE_MARGIN = 120
FAR = 60  # points at any magnitude, to find a branch that was not seen


def reduction(left: Expr, right: Expr) -> Reduction | None:
    """The rewrites that lead both sides to one form, or None where they end in two."""
    first, second = Rewriter(RULES), Rewriter(RULES)
    a, b = first(left), second(right)
    return Reduction(first.steps, second.steps, a) if a is b or same(a, b) else None


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
    sizes : where sizes occur as numbers, whether these numbers were random too, or only sizes that were tried
    doubtful : why agreement at the sizes that can be tried says little about others
    """

    agreed: list[dict[str, int]] = field(default_factory=list)
    differed: list[dict[str, int]] = field(default_factory=list)
    points: int = 0
    error: float = 0.0
    unknown: frozenset[str] = frozenset()
    faithful: bool = True
    undefined: str = ""
    unavailable: str = ""
    sizes: str = ""
    doubtful: str = ""

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
        return Evaluation(self.agreed, self.points, self.error, self.unknown, sizes_as_numbers=self.sizes)


def modular(left: Expr, right: Expr, seed: int = 0, enough: int = ENOUGH_SIZES) -> Modular:
    """Compare modulo primes at several choices of sizes, small ones first, and at large ones at last."""
    rng = random.Random(seed)
    found = Modular(faithful=not any(facts_of(s) - {"size", "complex"} for s in symbols(left, right)))
    for sizes in size_plan(size_names([left, right]), rng):
        if not _tried(found, left, right, sizes, rng):
            return found
        if found.differed and len(found.agreed) + len(found.differed) >= 3:
            break
        if len([s for s in found.agreed if set(s.values()) != {1}]) >= enough:
            break
    if found.equal:
        _at_large_sizes(found, left, right, rng)
    return found


def _tried(
    found: Modular, left: Expr, right: Expr, sizes: dict[str, int], rng: random.Random, large: bool = False
) -> bool:
    """Note what evaluation at some sizes shows; False where there is no evaluation modulo primes."""
    try:
        if large:  # one point with a larger prime
            outcome = agreement(left, right, sizes, 1, rng, LARGE_MARGIN)
        else:
            outcome = agreement(left, right, sizes, rng=rng)
    except Undefined as error:
        found.undefined = str(error)
        return True
    except ShapeError:  # such as a slice that does not fit this size
        return True
    except NotExact as error:
        found.unavailable = error.what
        return False
    found.unknown |= outcome.unknown
    found.points += outcome.points
    if outcome.equal:
        found.agreed.append(sizes)
        found.error = max(found.error, outcome.error)
    else:
        found.differed.append(sizes)
    return True


def _at_large_sizes(found: Modular, left: Expr, right: Expr, rng: random.Random) -> None:
    """What small sizes cannot show: a polynomial in n that vanishes at them, a slice that is empty there."""
    numbers = numbers_of_sizes(left, right)
    if numbers:
        found.sizes = _as_numbers(found, left, right, rng)
    plan = large_sizes(left, right, rng)
    for sizes, _ in plan:
        if not _tried(found, left, right, sizes, rng, large=True):
            found.unavailable = ""  # small sizes could be evaluated, large ones need too many signs
        if found.differed:
            return
    if found.sizes == TRIED:
        done = [(sizes, bounds) for sizes, bounds in plan if sizes in found.agreed]
        extra = 0
        while accident(left, right, done) > ACCIDENT and extra < 2:
            extra += 1
            for sizes, bounds in large_sizes(left, right, rng):
                _tried(found, left, right, sizes, rng, large=True)
                if found.differed:
                    return
                if sizes in found.agreed and (sizes, bounds) not in done:
                    done.append((sizes, bounds))
        if accident(left, right, done) > ACCIDENT:
            names = ", ".join(str(leaf.name) for leaf in numbers)
            found.doubtful = f"too few sizes can be tried for what depends on {names} as a number"


def _as_numbers(found: Modular, left: Expr, right: Expr, rng: random.Random) -> str:
    """Whether the sides agree for any number in the place of a size that occurs as a number."""
    first, second = freed(left, right)
    for sizes in [s for s in found.agreed if set(s.values()) != {1}][:2]:
        try:
            outcome = agreement(first, second, sizes, rng=rng)
        except (Undefined, ShapeError, NotExact):
            return TRIED
        if not outcome.equal:
            return TRIED
        found.points += outcome.points
        found.error = max(found.error, outcome.error)
    return RANDOM


@dataclass(slots=True)
class Evidence:
    """What evaluation at real points showed.

    Attributes
    ----------
    evaluation : where the sides agreed
    refutation : a point at which they differ: the equation, its parameters, the comparison
    unseen : piecewise functions of which one branch was taken at no point
    """

    evaluation: Evaluation
    refutation: tuple[Equation, Parameters, Comparison] | None = None
    unseen: list[Expr] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether there is enough of it to call the sides equal to rounding."""
        return self.refutation is None and not self.unseen and self.evaluation.points >= POINTS


class _Search:
    """Agreement at points, counted."""

    def __init__(self, left: Expr, right: Expr, watched: Sequence[Expr]) -> None:
        self.left, self.right, self.watched = left, right, watched
        self.used: list[dict[str, int]] = []
        self.points, self.bits, self.close = 0, 10**6, 0
        self.seen: dict[Expr, set[Hashable]] = {node: set() for node in watched}
        self.refutation: tuple[Equation, Parameters, Comparison] | None = None
        self._equations: dict[tuple[tuple[str, int], ...], Equation] = {}

    def equation(self, sizes: dict[str, int]) -> Equation:
        """The equation at some sizes; raises ShapeError where it has none."""
        key = tuple(sizes.items())
        if key not in self._equations:
            self._equations[key] = Equation(self.left, self.right, sizes, self.watched)
        return self._equations[key]

    def at(self, equation: Equation, parameters: Parameters) -> bool:
        """Whether the sides differ at a point; points without values, or too close, are passed over."""
        try:
            compared = equation.at(parameters)
        except (Undefined, ShapeError):
            return False
        if compared.equal is False:
            self.refutation = equation, parameters, compared
            return True
        if compared.equal is None:
            self.close += 1
            return False
        self.points += 1
        self.bits = min(self.bits, compared.bits or self.bits)
        if equation.sizes not in self.used:
            self.used.append(equation.sizes)
        for node, taken in compared.taken.items():
            self.seen[node] |= taken
        return False

    def moderate(self, plan: Sequence[dict[str, int]], wanted: int, rng: random.Random) -> bool:
        """Points near the origin, until enough of them agree."""
        for attempt in range(6 * POINTS):
            try:
                equation = self.equation(plan[attempt % min(len(plan), 5)])
                parameters = moderate_point(equation, attempt // len(plan), rng)
            except ShapeError:
                continue
            if self.at(equation, parameters):
                return True
            if self.points >= wanted:
                break
        if self.close > self.points:  # a small difference that rounding does not explain, wherever one looks
            self.points = -(10**6)
        return False

    def wide(self, plan: Sequence[dict[str, int]], rng: random.Random) -> bool:
        """Points of every magnitude, and around constants; what piecewise functions need to be seen whole."""
        for sizes in plan:
            try:
                equation = self.equation(sizes)
            except ShapeError:
                continue
            if any(self.at(equation, p) for p in wide_points(equation, rng)):
                return True
        return False

    def at_large(self, plan: Sequence[dict[str, int]], rng: random.Random) -> bool:
        """A few points at sizes that occur as numbers."""
        for sizes in plan:
            try:
                equation = self.equation(sizes)
            except ShapeError:
                continue
            if any(self.at(equation, moderate_point(equation, k, rng)) for k in range(2)):
                return True
        return False

    def other_branches(self, plan: Sequence[dict[str, int]], rng: random.Random) -> bool:
        """Far points at which a branch is taken that was not seen yet."""
        for sizes in plan:
            if not unseen(self.watched, self.seen):
                return False
            try:
                equation = self.equation(sizes)
            except ShapeError:
                continue
            for parameters in far_points(equation, rng, FAR):
                missing = unseen(self.watched, self.seen)
                if not missing:
                    return False
                try:
                    taken = equation.taken(parameters)
                except Undefined:
                    continue
                if any(taken[n] - self.seen[n] for n in missing) and self.at(equation, parameters):
                    return True
        return False


def in_balls(
    left: Expr,
    right: Expr,
    wanted: int = POINTS,
    seed: int = 1,
    wide: bool = True,
    sizes: Sequence[dict[str, int]] = (),
) -> Evidence:
    """Agreement at random rational points, in balls of many bits or at least in floats.

    Parameters
    ----------
    wanted : moderate points at which the sides are to agree
    wide : whether points of all magnitudes are tried too, and every branch of piecewise functions is wanted
    sizes : further sizes to look at
    """
    rng = random.Random(seed)
    plan = size_plan(size_names([left, right]), rng)
    watched = piecewise(left, right) if wide else []
    search = _Search(left, right, watched)
    try:
        done = search.moderate(plan, wanted, rng)
        if wide and not done and search.points >= min(wanted, POINTS):
            large = [s for s, _ in large_sizes(left, right, rng)] if numbers_of_sizes(left, right) else []
            large = [*reversed(large), *sizes]
            done = (
                search.wide(plan[:2], rng)
                or search.at_large(large, rng)
                or search.other_branches([*plan[:2], *large], rng)
            )
    except NotExact:
        search.points = min(search.points, 0)
    missing = unseen(watched, search.seen) if wide and not search.refutation else []
    found = Evaluation(search.used, max(search.points, 0), 1.0, bits=search.bits)
    return Evidence(found, search.refutation, missing)


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
            if attempt < 24:
                tried = [moderate_point(equation, attempt // 2, rng)]
            else:
                tried = list(far_points(equation, rng, 2))
            for parameters in tried:
                with suppress(Undefined):
                    if np.size(equation.at(parameters).left):
                        return True
        except ShapeError:
            continue
        except NotExact:
            return False
    return False
