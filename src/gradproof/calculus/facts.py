"""What is true of every value of an expression, from the facts of its symbols and from its structure.

XᵀX is symmetric and positive semidefinite whatever X is; the inverse of a positive definite matrix is
positive definite; an entry of a softmax is positive, and its rows have the total 1. What cannot be concluded
is not said: a missing fact is no denial.
"""

from __future__ import annotations

from gradproof.calculus.conclusions import concluded
from gradproof.calculus.known import KNOWN, Facts
from gradproof.expr.node import Expr, facts_of, iterate_postorder
from gradproof.expr.reduction import SOFTMAX, axes_of

_TOTALS = {"simplex": 0, "row_stochastic": 1, "column_stochastic": 0}


def facts_about(node: Expr) -> Facts:
    """Everything known of an expression, as words; see :data:`IMPLIED` for what follows from what.

    Examples
    --------
    >>> from gradproof.expr.broadcast import matmul, transpose
    >>> from gradproof.expr.node import symbol
    >>> X = symbol("X", ("n", "k"))
    >>> sorted(facts_about(matmul(transpose(X), X)))
    ['psd', 'symmetric']
    """
    found = KNOWN.get(node)
    if found is None:
        for below in iterate_postorder([node], _Known()):
            KNOWN[below] = concluded(below)
        found = KNOWN[node]
    return found


class _Known(set[Expr]):
    """The nodes whose facts are known already, without a copy of them."""

    def __contains__(self, node: object) -> bool:
        return node in KNOWN


def is_symmetric(node: Expr) -> bool:
    """Whether A = Aᵀ for the last two axes."""
    return node.ndim >= 2 and "symmetric" in facts_about(node)


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


def is_complex(node: Expr) -> bool:
    """Whether a complex symbol takes part, so that the value may be complex."""
    return "complex" in facts_about(node)


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
