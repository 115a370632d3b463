"""The numbers behind a printed derivation: both sides of every step, evaluated at one point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.calculus.step import TOLERANCE, Step, StepCheck, check_steps, relative_difference
from gradproof.expr.evaluate import extend
from gradproof.expr.node import SYMBOL, Expr, facts_of, postorder
from gradproof.expr.sizes import names_in, sizes_of, with_sizes


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


def verified(claim: Claim, values: Mapping[Expr, Any]) -> Verification:
    """Evaluate a claim at values of the symbols; sizes that are names are read off the values."""
    sides = [side for s in claim.steps for side in (s.before, s.after)]
    roots = [claim.found, claim.true, *sides, *claim.meanings, *claim.meanings.values()]
    leaves = [n for n in postorder(*roots) if n.op is SYMBOL]
    given = {s: values[s] for s in leaves if s in values}
    numbers = sizes_of([(s, np.asarray(v)) for s, v in given.items() if any(names_in(n) for n in s.shape)])
    numbers = _completed(numbers, leaves)
    bound = with_sizes(roots, numbers)
    table: dict[Expr, Any] = {bound[s]: v for s, v in given.items()}
    rng = np.random.default_rng(0)
    for leaf in leaves:
        if leaf not in given and leaf not in claim.meanings and "size" not in facts_of(leaf):
            table[bound[leaf]] = rng.standard_normal(bound[leaf].shape)  # type: ignore[arg-type]
    for auxiliary, meaning in claim.meanings.items():
        extend(table, [bound[meaning]])
        table[bound[auxiliary]] = table[bound[meaning]]
    extend(table, [bound[claim.found], bound[claim.true]])
    difference, _ = relative_difference(bound[claim.found], bound[claim.true], table)
    steps = [Step(s.rule, bound[s.before], bound[s.after], s.where, s.source) for s in claim.steps]
    checks = check_steps(steps, table)
    told = [StepCheck(s, c.difference, c.compared) for s, c in zip(claim.steps, checks, strict=True)]
    return Verification(told, difference)


def _completed(numbers: dict[str, int], leaves: Sequence[Expr]) -> dict[str, int]:
    """A size that no value tells gets a number of its own."""
    missing = sorted({n for s in leaves for size in s.shape for n in names_in(size)} - numbers.keys())
    return {**numbers, **{name: 2 + k for k, name in enumerate(missing)}}
