"""Scalars stand outside linear operations, and a projection is applied once."""

from __future__ import annotations

from fractions import Fraction

from gradproof.calculus.monomial import UNIT, Monomial, build, flat
from gradproof.calculus.rewrite import Rule
from gradproof.expr import kronecker, ordering, patterned  # noqa: F401  (registers the operations named here)
from gradproof.expr.broadcast import scale
from gradproof.expr.node import OPERATIONS, Expr, make, symbol
from gradproof.expr.patterned import tril
from gradproof.expr.product import is_zero, zeros
from gradproof.expr.reduction import CUMSUM

__all__ = ["LINEARITY"]

ONE = Fraction(1)

_LINEAR = tuple(sorted(name for name, operation in OPERATIONS.items() if operation.linear))
_PROJECTIONS = ("tril", "triu", "tril_from", "triu_from")


def _scalar_outside(node: Expr) -> Expr | None:
    """L(c x) = c L(x), L(0) = 0."""
    for place in node.op.linear:
        argument = node.args[place]
        if is_zero(argument):
            return zeros(node.shape)
        mono = flat(argument)
        scalars = {f: e for f, e in mono.powers.items() if f[1] == () and not f[0].shape}
        if mono.coefficient == 1 and not scalars:
            continue
        rest = {f: e for f, e in mono.powers.items() if f not in scalars}
        inner = build(Monomial(ONE, rest, mono.shape, mono.sizes))
        args = (*node.args[:place], inner, *node.args[place + 1 :])
        axes = tuple(UNIT if n == 1 else k for k, n in enumerate(node.shape))
        powers = {**scalars, (make(node.op, args, node.attrs), axes): ONE}
        return build(Monomial(mono.coefficient, powers, node.shape, {}))
    return None


def _once(node: Expr) -> Expr | None:
    """P(P(x)) = P(x)."""
    (x,) = node.args
    return x if x.op is node.op and x.attrs == node.attrs else None


LINEARITY: tuple[Rule, ...] = (
    Rule(
        "linearity",
        _scalar_outside,
        _LINEAR,
        "L(c x) = c L(x) for a scalar c and a linear operation L; L(0) = 0",
        "fewer factors below the operation",
        "definition of a linear map",
        (
            lambda: make(CUMSUM, (scale(2, symbol("X", (3, 4))),), ((1,),)),
            lambda: make(OPERATIONS["diff"], (scale(symbol("c"), symbol("X", (3, 4))),), (1,)),
        ),
    ),
    Rule(
        "projection",
        _once,
        _PROJECTIONS,
        "P(P(x)) = P(x) for the projection onto a triangle",
        "one operation fewer",
        "definition of a projection",
        (lambda: tril(tril(symbol("X", (3, 4)))),),
    ),
)
