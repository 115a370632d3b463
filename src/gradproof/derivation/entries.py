"""A derivative entry by entry: ∂f_i/∂x_j = a_ij."""

from __future__ import annotations

from collections.abc import Sequence

from gradproof.derivation.rows import Style
from gradproof.expr.node import Expr
from gradproof.write.index import derivative_entries


def entry_equation(
    value: Expr, rows: int, function: str, below: Sequence[Expr], style: Style
) -> tuple[str, str]:
    """Both sides of the equation of one entry.

    Parameters
    ----------
    rows : how many axes of the derivative are the function's
    below : the variable of each order
    """
    by = [(style.names.get(v, v.name), v.shape) for v in below]
    text = derivative_entries(value, rows, function, by, style.names, style.latex)
    left, _, right = text.partition(" = ")
    return left, right
