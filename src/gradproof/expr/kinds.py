"""Which expressions are complex: a complex symbol or constant takes part, and nothing has made them real."""

from __future__ import annotations

import weakref
from typing import cast

from gradproof.errors import InputError
from gradproof.expr.node import CONSTANT, SYMBOL, ArrayData, Expr, facts_of, iterate_postorder
from gradproof.expr.symmetric import is_symmetric

_COMPLEX_UNLESS_SYMMETRIC = {"v_max", "v_min"}
_KNOWN: weakref.WeakKeyDictionary[Expr, bool] = weakref.WeakKeyDictionary()


def is_complex(x: Expr) -> bool:
    """Whether values of the expression may be complex; False is certain.

    A symbol is complex where it was declared so.
    """
    if x not in _KNOWN:
        for node in iterate_postorder([x], set(_known_below(x))):
            _KNOWN[node] = _own(node)
    return _KNOWN[x]


def require_real(x: Expr, what: str) -> Expr:
    """The expression, or an error that its derivative rule holds for real matrices only."""
    if is_complex(x):
        raise InputError(
            f"the derivative of {what} of a complex matrix is not known",
            fix="declare a real matrix, or use the eigenvalues or the singular values alone",
        )
    return x


def _known_below(x: Expr) -> set[Expr]:
    """The highest nodes below ``x`` whose answer is known, so that nothing below them is visited again."""
    found: set[Expr] = set()
    seen: set[Expr] = set()
    stack = list(x.args)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node in _KNOWN:
            found.add(node)
        else:
            stack += node.args
    return found


def _own(node: Expr) -> bool:
    if node.op is SYMBOL:
        return "complex" in facts_of(node)
    if node.op is CONSTANT:
        return cast("ArrayData", node.attrs[0]).array.dtype.kind == "c"
    if node.op.name in _COMPLEX_UNLESS_SYMMETRIC and not is_symmetric(node.args[0]):
        return True
    if node.op.field:
        return node.op.field == "complex"
    return any(_KNOWN[a] for a in node.args)
