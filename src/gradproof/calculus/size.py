"""How long an expression is to write."""

from __future__ import annotations

import weakref
from fractions import Fraction

from gradproof.expr.node import NUMBER, Expr, iterate_postorder, number_value
from gradproof.expr.powers import POWER
from gradproof.expr.product import PRODUCT, SUM

TOO_LONG = 1e12
_KNOWN: weakref.WeakKeyDictionary[Expr, float] = weakref.WeakKeyDictionary()


def length(expr: Expr) -> float:
    """Number of names and signs needed to write the expression, shared parts each time they occur."""
    known = _KNOWN.get(expr)
    if known is not None:
        return known
    for node in iterate_postorder([expr], _Measured()):
        _KNOWN[node] = min(_own(node) + sum(_KNOWN[a] for a in node.args), TOO_LONG)
    return _KNOWN[expr]


class _Measured(set[Expr]):
    """The nodes whose length is known already, without a copy of them."""

    def __contains__(self, node: object) -> bool:
        return node in _KNOWN


def _own(node: Expr) -> float:
    if node.op is NUMBER:
        return 0.5 if number_value(node) == Fraction(-1) else 1.0
    if node.op in (PRODUCT, POWER):
        return 0.0
    if node.op is SUM:
        return 0.5 * (len(node.args) - 1)
    return 1.0
