"""Which expressions are complex: a complex symbol or constant takes part, and nothing has made them real."""

from __future__ import annotations

from gradproof.errors import InputError
from gradproof.expr.facts import facts_about
from gradproof.expr.node import Expr


def is_complex(x: Expr) -> bool:
    """Whether values of the expression may be complex; False is certain.

    A symbol is complex where it was declared so.
    """
    return "complex" in facts_about(x)


def require_real(x: Expr, what: str) -> Expr:
    """The expression, or an error that its derivative rule holds for real matrices only."""
    if is_complex(x):
        raise InputError(
            f"the derivative of {what} of a complex matrix is not known",
            fix="declare a real matrix, or use the eigenvalues or the singular values alone",
        )
    return x
