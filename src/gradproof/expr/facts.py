"""What is true of every value of an expression, from the facts of its symbols and from its structure.

XᵀX is symmetric and positive semidefinite whatever X is; the inverse of a positive definite matrix is
positive definite; an entry of a softmax is positive, and its rows have the total 1. What cannot be concluded
is not said: a missing fact is no denial.
"""

from __future__ import annotations

from gradproof.expr.conclusions import concluded
from gradproof.expr.known import KNOWN, Facts
from gradproof.expr.node import Expr, iterate_postorder


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


def is_real_symmetric(node: Expr) -> bool:
    """Whether A = Aᵀ and A is real, so that its eigenvalues are real and its eigenvectors orthogonal."""
    return is_symmetric(node) and "complex" not in facts_about(node)
