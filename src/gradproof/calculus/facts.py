"""Questions that rules ask about an expression; see :mod:`gradproof.expr.facts` for how they are answered."""

from __future__ import annotations

from gradproof.expr.facts import facts_about, is_symmetric
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import Expr, facts_of
from gradproof.expr.reduction import SOFTMAX, axes_of

__all__ = [
    "facts_about",
    "is_complex",
    "is_diagonal",
    "is_invertible",
    "is_nonnegative",
    "is_orthogonal",
    "is_positive",
    "is_positive_definite",
    "is_positive_semidefinite",
    "is_symmetric",
    "total_one_axes",
]

_TOTALS = {"simplex": 0, "row_stochastic": 1, "column_stochastic": 0}


def is_positive_definite(node: Expr) -> bool:
    """Whether the matrix is symmetric and all its eigenvalues are positive."""
    return "spd" in facts_about(node)


def is_positive_semidefinite(node: Expr) -> bool:
    """Whether the matrix is symmetric and none of its eigenvalues is negative."""
    return "psd" in facts_about(node)


def is_diagonal(node: Expr) -> bool:
    """Whether every entry off the diagonal is 0."""
    return "diagonal" in facts_about(node)


def is_invertible(node: Expr) -> bool:
    """Whether the matrix is square and has an inverse."""
    return "invertible" in facts_about(node)


def is_orthogonal(node: Expr) -> bool:
    """Whether QᵀQ = I, for real Q; of a square Q also QQᵀ = I."""
    return "orthogonal" in facts_about(node)


def is_positive(node: Expr) -> bool:
    """Whether every entry is greater than 0."""
    return "positive" in facts_about(node)


def is_nonnegative(node: Expr) -> bool:
    """Whether no entry is less than 0."""
    return "nonnegative" in facts_about(node)


def total_one_axes(node: Expr) -> tuple[int, ...]:
    """The axes over which, taken together, the entries add up to 1; none where that is not known."""
    if node.op is SOFTMAX:
        return axes_of(node)
    for fact, axis in _TOTALS.items():
        if fact in facts_of(node) and axis < node.ndim:
            return (axis,)
    return ()
