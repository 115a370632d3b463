"""Layouts: in which order the axes of a derivative stand, stated and exchanged.

``mixed``, the default: a gradient has the shape of its variable, a Jacobian the axes of the function
followed by those of the variable. ``numerator`` keeps Jacobians and transposes gradients; ``denominator``
keeps gradients and puts the axes of the variable first in Jacobians (Magnus and Neudecker, 2019).
"""

from __future__ import annotations

from gradproof.calculus.jacobian import Derivative
from gradproof.calculus.simplify import simplify
from gradproof.errors import InputError
from gradproof.expr.broadcast import transpose
from gradproof.expr.node import Expr

LAYOUTS = ("mixed", "numerator", "denominator")


def check_layout(layout: str) -> None:
    """Refuse a word that is no layout."""
    if layout not in LAYOUTS:
        raise InputError(f"there is no layout {layout!r}", fix=f"layout is one of {', '.join(LAYOUTS)}")


def laid_out(found: Derivative, plain: Expr, layout: str) -> tuple[Expr, Expr, list[str]]:
    """The derivative and its unrewritten form in a layout, and the sentence that states the layout."""
    check_layout(layout)
    rank, total = found.output.ndim, found.value.ndim
    axes = list(range(total))
    told = []
    if layout == "numerator" and rank == 0 and len(found.wrt) == 1 and total == 2:
        axes, told = [1, 0], ["numerator layout: the gradient is the transpose of the variable's shape"]
    elif layout == "denominator" and 0 < rank < total:
        axes, told = (
            [*axes[rank:], *axes[:rank]],
            ["denominator layout: the axes of the variable stand first"],
        )
    if axes == list(range(total)):
        return found.value, plain, told
    return simplify(transpose(found.value, axes)), transpose(plain, axes), told
