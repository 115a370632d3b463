"""The numbers behind a printed derivation: both sides of every step, evaluated at one point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.calculus.sampling import random_values
from gradproof.calculus.step import TOLERANCE, Step, StepCheck, check_steps, relative_difference
from gradproof.errors import InputError
from gradproof.expr.evaluate import extend
from gradproof.expr.node import SYMBOL, Expr, postorder
from gradproof.expr.sizes import with_sizes


@dataclass(frozen=True, slots=True)
class Verification:
    """The steps as numbers, and the result against differentiation of the expression as it was given.

    Attributes
    ----------
    steps : every step with the difference of its sides
    gradient_difference : largest difference of the result, relative to its largest entry
    """

    steps: list[StepCheck]
    gradient_difference: float

    @property
    def holds(self) -> bool:
        """Whether every step and the result hold."""
        return self.gradient_difference <= TOLERANCE and all(c.holds for c in self.steps)

    @property
    def failures(self) -> list[Step]:
        """Steps whose sides differ."""
        return [c.step for c in self.steps if not c.holds]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a derivation says, to be checked in numbers.

    Attributes
    ----------
    steps : each with two sides that must agree
    found, true : the result, and the same without any rewriting
    meanings : what stands for what: the expression that each auxiliary symbol (a cotangent, a named
        intermediate) means; a symbol without a meaning and without a value gets a random one
    """

    steps: Sequence[Step]
    found: Expr
    true: Expr
    meanings: Mapping[Expr, Expr]


def verified(claim: Claim, values: Mapping[Expr, Any], sizes: Mapping[str, int]) -> Verification:
    """Evaluate a claim at values of the symbols, with numbers in the place of size names."""
    sides = [side for s in claim.steps for side in (s.before, s.after)]
    roots = [claim.found, claim.true, *sides, *claim.meanings, *claim.meanings.values()]
    leaves = [n for n in postorder(*roots) if n.op is SYMBOL]
    rest = [s for s in leaves if s not in values and s not in claim.meanings]
    numbers, drawn = random_values(rest, sizes, np.random.default_rng(0))
    bound = with_sizes(roots, numbers)
    given = {**drawn, **{s: values[s] for s in leaves if s in values}}
    if 0 in bound[claim.true].shape:
        raise InputError(
            f"the result has shape {bound[claim.true].shape}: it has no entries that could be compared",
            fix="give sizes above 0",
        )
    table: dict[Expr, Any] = {bound[s]: v for s, v in given.items()}
    kind = np.complex128 if any(np.iscomplexobj(v) for v in table.values()) else np.float64
    for auxiliary, meaning in claim.meanings.items():
        extend(table, [bound[meaning]], kind)
        table[bound[auxiliary]] = table[bound[meaning]]
    extend(table, [bound[claim.found], bound[claim.true]], kind)
    difference, _ = relative_difference(bound[claim.found], bound[claim.true], table)
    steps = [Step(s.rule, bound[s.before], bound[s.after], s.where, s.source) for s in claim.steps]
    checks = check_steps(steps, table)
    told = [StepCheck(s, c.difference, c.compared) for s, c in zip(claim.steps, checks, strict=True)]
    return Verification(told, difference)
