"""What the steps that read a derivative off a differential say."""

from __future__ import annotations

from gradproof.calculus.differential import gradient_of, is_differential
from gradproof.calculus.step import Step
from gradproof.expr.node import Expr, symbols


def is_read_off(rule: str) -> bool:
    """Whether a rule reads a derivative off: the gradient read off, the Jacobian read off."""
    return " read off" in rule


def gradient_in(step: Step) -> Expr | None:
    """The gradient that a step reads off the differential of a scalar; None where it is none of a scalar."""
    moving = [s for s in symbols(step.after) if is_differential(s)]
    if step.where is None or step.where.shape != () or len(moving) != 1:
        return None
    return gradient_of(step.after, moving[0])
