"""Layouts: in which order the axes of a derivative stand, stated and exchanged.

``mixed``, the default: a gradient has the shape of its variable, a Jacobian the axes of the function
followed by those of the variable. ``numerator`` keeps Jacobians and transposes gradients; ``denominator``
keeps gradients and puts the axes of the variable first in Jacobians (Magnus and Neudecker, 2019).
"""

from __future__ import annotations

from gradproof.calculus.jacobian import Derivative
from gradproof.errors import InputError

LAYOUTS = ("mixed", "numerator", "denominator")


def check_layout(layout: str) -> None:
    """Refuse a word that is no layout."""
    if layout not in LAYOUTS:
        raise InputError(f"there is no layout {layout!r}", fix=f"layout is one of {', '.join(LAYOUTS)}")


def order_of_axes(found: Derivative, layout: str) -> tuple[list[int] | None, list[str]]:
    """The axes of a derivative in a layout's order, None where they stay, and what to say of it."""
    rank, total = found.output.ndim, found.value.ndim
    if layout == "numerator" and rank == 0 and len(found.wrt) == 1 and total == 2:
        return [1, 0], ["numerator layout: the gradient is the transpose of the variable's shape"]
    if layout == "denominator" and 0 < rank < total:
        return [*range(rank, total), *range(rank)], [
            "denominator layout: the axes of the variable stand first"
        ]
    return None, []
