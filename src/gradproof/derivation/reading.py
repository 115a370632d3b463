"""What the steps that read a derivative off a differential say."""

from __future__ import annotations

from gradproof.calculus.differential import gradient_of, is_differential
from gradproof.calculus.step import Step
from gradproof.expr.node import Expr, symbols


def is_read_off(rule: str) -> bool:
    """Whether a rule reads a derivative off: the gradient read off, the Jacobian read off."""
    return " read off" in rule


def differential_in(step: Step) -> Expr | None:
    """The one differential in which a read-off step is linear; None where there are several."""
    moving = [s for s in symbols(step.after) if is_differential(s)]
    return moving[0] if len(moving) == 1 else None


def gradient_in(step: Step) -> Expr | None:
    """The gradient that a step reads off the differential of a scalar; None where it is none of a scalar."""
    of = differential_in(step)
    complex_ = "Re" in step.rule
    return (
        None
        if of is None or complex_ or step.where is None or step.where.shape
        else gradient_of(step.after, of)
    )
