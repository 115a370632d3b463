"""The smallest counterexample: small sizes first, small whole numbers, then shrunk towards 0 and 1.

As in QuickCheck and Hypothesis: what is found at random is made simpler as long as it still refutes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from gradproof.calculus.exact import NotExact
from gradproof.calculus.field import Undefined
from gradproof.calculus.sampling import size_names
from gradproof.errors import ShapeError
from gradproof.expr.node import Expr
from gradproof.proving.point import Comparison, Equation, Parameters
from gradproof.proving.proof import Counterexample

MAX_SIZES = 40
DRAWS = 24
WIDE_DRAWS = 40
FEW_DRAWS = 3  # at sizes that are not small
MAX_TO_SHRINK = 60  # parameters; points of more are shown as they were found
PASSES = 3
_SIMPLE: dict[str, tuple[Any, ...]] = {
    "real": (0, 1, -1, 2),
    "positive": (1, 2, 3),
    "nonnegative": (0, 1, 2),
    "sign": (1, -1),
    "integer": (0, 1, -1, 2),
    "positive integer": (1, 2, 3),
    "complex": (0, 1, 1j, 1 + 1j),
}


def small_sizes(names: Sequence[str], largest: int = 3) -> list[dict[str, int]]:
    """Sizes from all 1 upwards, smallest total first."""
    if not names:
        return [{}]
    largest = largest if len(names) <= 4 else 2
    choices = sorted(product(range(1, largest + 1), repeat=len(names)), key=lambda c: (sum(c), c))
    return [dict(zip(names, c, strict=True)) for c in choices[:MAX_SIZES]]


def find_counterexample(
    left: Expr, right: Expr, sizes: Sequence[dict[str, int]] = (), seed: int = 0
) -> Counterexample | None:
    """The smallest point found at which the sides differ for certain, or None.

    Parameters
    ----------
    sizes : further sizes to look at, after the small ones; those at which the sides are known to differ
    """
    rng = random.Random(seed)
    names = size_names([left, right])
    small = small_sizes(names)
    for plan, draws, wide in (
        (small, DRAWS, False),
        (sizes, FEW_DRAWS, False),
        (small[:6], WIDE_DRAWS, True),
        (sizes[-2:], FEW_DRAWS, True),
    ):
        for choice in plan:
            found = _at_sizes(left, right, choice, draws, wide, rng)
            if found is not None:
                return found
    return None


def _at_sizes(
    left: Expr, right: Expr, sizes: dict[str, int], draws: int, wide: bool, rng: random.Random
) -> Counterexample | None:
    try:
        equation = Equation(left, right, sizes)
    except ShapeError:  # such as a slice that does not fit this size
        return None
    failures = 0
    for parameters in _points(equation, draws, wide, rng):
        try:
            compared = equation.at(parameters)
        except Undefined:
            failures += 1
            if failures > draws:
                break
            continue
        except NotExact:
            return None
        if compared.equal is False:
            return shrunk(equation, parameters, compared)
    return None


def _points(equation: Equation, draws: int, wide: bool, rng: random.Random) -> Iterator[Parameters]:
    """Points of simple numbers, more of them zero at first; fractions where those did not do."""
    if not wide:
        for simplest in (1, 0):
            yield {
                leaf: [_SIMPLE[d][min(simplest, len(_SIMPLE[d]) - 1)] for d in s.domains]
                for leaf, s in equation.structures.items()
            }
    for k in range(draws):
        density = 1.0 if wide else 0.35 + 0.6 * k / draws
        yield {
            leaf: [_drawn(d, density, wide, rng) for d in s.domains]
            for leaf, s in equation.structures.items()
        }


def _drawn(domain: str, density: float, wide: bool, rng: random.Random) -> Any:
    simple = _SIMPLE[domain]
    if not wide or domain in ("sign", "complex"):
        return rng.choice(simple) if rng.random() < density else simple[0]
    denominator = 1 if "integer" in domain else rng.choice((1, 2, 3, 4))
    top = (
        rng.randint(1, 9) if domain.startswith("positive") or domain == "nonnegative" else rng.randint(-9, 9)
    )
    return Fraction(top, denominator)


def shrunk(equation: Equation, parameters: Parameters, compared: Comparison) -> Counterexample:
    """The point with every parameter as simple as it can be while the sides still differ."""
    count = sum(len(s.domains) for s in equation.structures.values())
    for _ in range(PASSES if count <= MAX_TO_SHRINK else 0):
        simpler = False
        for leaf, structure in equation.structures.items():
            for k, domain in enumerate(structure.domains):
                for candidate in _simpler(domain, parameters[leaf][k]):
                    trial = {**parameters, leaf: list(parameters[leaf])}
                    trial[leaf][k] = candidate
                    outcome = _refutes(equation, trial)
                    if outcome is not None and outcome.certainty == compared.certainty:
                        parameters, compared, simpler = trial, outcome, True
                        break
        if not simpler:
            break
    values = equation.values(parameters, "float" if compared.certainty == "float" else "exact")
    named = {leaf.name: array for leaf, array in values.items()}
    return Counterexample(equation.sizes, named, compared.left, compared.right, compared.certainty)


def _simpler(domain: str, value: Any) -> tuple[Any, ...]:
    simple = _SIMPLE[domain]
    return simple[: simple.index(value)] if value in simple else simple


def _refutes(equation: Equation, parameters: Parameters) -> Comparison | None:
    try:
        compared = equation.at(parameters)
    except (Undefined, NotExact):
        return None
    return compared if compared.equal is False else None
