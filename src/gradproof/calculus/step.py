"""A step of a derivation, and the check that it holds: both sides are evaluated at given values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.expr.evaluate import extend
from gradproof.expr.node import Expr, postorder

TOLERANCE = 1e-9
ROUNDING = 1e-4  # times TOLERANCE: some hundred units in the last place of float64


@dataclass(frozen=True, slots=True)
class Step:
    """``before`` equals ``after`` by ``rule``.

    Attributes
    ----------
    rule : name of the rule, as a textbook calls it
    before, after : the expression the rule was applied to, and what it made of it
    where : the expression of the cost that the step is about; None for a step about the whole
    source : where the rule comes from
    """

    rule: str
    before: Expr
    after: Expr
    where: Expr | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class StepCheck:
    """Both sides of a step as numbers: the largest difference, relative to the largest entry."""

    step: Step
    difference: float
    compared: int

    @property
    def holds(self) -> bool:
        """Whether the sides agree wherever both are finite, and are so somewhere."""
        return self.difference <= TOLERANCE and self.compared > 0


def check_steps(steps: Iterable[Step], values: Mapping[Expr, Any]) -> list[StepCheck]:
    """Evaluate both sides of every step; ``values`` has the value of every symbol in them."""
    steps = list(steps)
    table = dict(values)
    extend(table, [side for s in steps for side in (s.before, s.after)])
    return [_compared(s, table) for s in steps]


def relative_difference(found: Expr, expected: Expr, table: Mapping[Expr, Any]) -> tuple[float, int]:
    """Largest difference of two evaluated expressions, and of how many finite entries.

    Relative to the largest expected entry, and to what rounding leaves of the largest number on the way
    to it: where everything cancels, rounding is all there is.
    """
    left, right = (np.asarray(table[e], float) for e in (found, expected))
    if left.shape != right.shape:
        return float("inf"), 0
    usable = np.isfinite(left) & np.isfinite(right)
    if not usable.any():
        return (float("inf") if left.size else 0.0), 0
    on_the_way = max((_largest(table[n]) for n in postorder(expected) if n in table), default=0.0)
    size = max(_largest(right), ROUNDING * on_the_way, 1e-300)
    return float(np.abs(left - right)[usable].max()) / size, int(usable.sum())


def _largest(value: Any) -> float:
    array = np.abs(np.asarray(value, float))
    return float(array[np.isfinite(array)].max(initial=0.0))


def _compared(step: Step, table: Mapping[Expr, Any]) -> StepCheck:
    return StepCheck(step, *relative_difference(step.after, step.before, table))
