"""How long an expression is to write."""

from __future__ import annotations

from fractions import Fraction

from gradproof.expr.node import NUMBER, Expr, number_value, postorder
from gradproof.expr.powers import POWER
from gradproof.expr.product import PRODUCT, SUM

TOO_LONG = 1e12


def length(expr: Expr) -> float:
    """Number of names and signs needed to write the expression, shared parts each time they occur."""
    table: dict[Expr, float] = {}
    for node in postorder(expr):
        table[node] = min(_own(node) + sum(table[a] for a in node.args), TOO_LONG)
    return table[expr]


def _own(node: Expr) -> float:
    if node.op is NUMBER:
        return 0.5 if number_value(node) == Fraction(-1) else 1.0
    if node.op in (PRODUCT, POWER):
        return 0.0
    if node.op is SUM:
        return 0.5 * (len(node.args) - 1)
    return 1.0
