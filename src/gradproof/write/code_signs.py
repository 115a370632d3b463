"""Signs that the plan needs: weights that are probabilities, or products of them, are not negative."""

from __future__ import annotations

from gradproof.calculus.facts import is_nonnegative
from gradproof.expr.broadcast import negate
from gradproof.expr.node import Expr, number, number_value
from gradproof.expr.powers import scalar_exponent
from gradproof.expr.product import PRODUCT, SUM, add, filled, specs_of

_AT_MOST_ONE = {"sigmoid", "softmax"}


def one_minus(node: Expr) -> Expr | None:
    """1 − p where the node is p − 1, for a probability p."""
    if node.op is not SUM or len(node.args) != 2:
        return None
    for one, other in (node.args, node.args[::-1]):
        if scalar_exponent(one) == -1 and other.op.name in _AT_MOST_ONE:
            return add(filled(number(1), node.shape), negate(other))
    return None


def is_surely_nonnegative(node: Expr) -> bool:
    """What the facts say, and the entries of σ(1 − σ)."""
    if is_nonnegative(node):
        return True
    if node.op is PRODUCT:
        factors = list(zip(node.args, specs_of(node)[0], strict=True))
        left = [f for f in factors if factors.count(f) % 2]  # a² is not negative
        return all(is_surely_nonnegative(a) for a, _ in left)
    if node.op is SUM and len(node.args) == 2:
        for one, other in (node.args, node.args[::-1]):
            if scalar_exponent(one) == 1 and negated(other).op.name in _AT_MOST_ONE:
                return True
    return False


def negated(node: Expr) -> Expr:
    """x where the node is −x, also where −x is −1 times x."""
    if node.op is PRODUCT and len(node.args) == 2 and number_value(node.args[0]) == -1:
        specs, out, _ = specs_of(node)
        return node.args[1] if specs[1] == out else node
    return node
