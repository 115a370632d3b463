"""A step of a derivation, and the check that it holds: both sides are evaluated at given values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.expr.evaluate import extend
from gradproof.expr.node import Expr

TOLERANCE = 1e-9


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
    return [_compared(s, table[s.before], table[s.after]) for s in steps]


def _compared(step: Step, before: Any, after: Any) -> StepCheck:
    left, right = np.broadcast_arrays(np.asarray(before, float), np.asarray(after, float))
    usable = np.isfinite(left) & np.isfinite(right)
    if left.shape != step.after.shape or not usable.any():
        return StepCheck(step, float("inf") if left.size else 0.0, int(usable.sum()))
    size = max(float(np.abs(left[usable]).max()), 1e-300)
    return StepCheck(step, float(np.abs(left - right)[usable].max()) / size, int(usable.sum()))
