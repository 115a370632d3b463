"""Scalar expressions as C, in double precision: they are computed once a step, before the loops."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from gradproof.errors import InputError
from gradproof.expr.node import SYMBOL, Expr, number_value
from gradproof.expr.powers import POWER, scalar_exponent
from gradproof.expr.product import PRODUCT, SUM

_FUNCTIONS = {"exp": "exp({0})", "log": "log({0})", "tanh": "tanh({0})", "maximum": "fmax({0}, {1})",
              "minimum": "fmin({0}, {1})", "abs": "fabs({0})"}  # fmt: skip


def scalar_code(node: Expr, name: Callable[[Expr], str]) -> str:
    """A scalar expression; ``name`` gives the identifiers of symbols."""
    value = number_value(node)
    if value is not None:
        return f"{float(value)!r}"
    if node.op is SYMBOL:
        return name(node)
    if node.op is POWER:
        return _power(node, name)
    parts = [scalar_code(a, name) for a in node.args]
    if node.op is SUM:
        return f"({' + '.join(parts)})"
    if node.op is PRODUCT:
        return f"({' * '.join(parts)})"
    if node.op.name in _FUNCTIONS:
        return _FUNCTIONS[node.op.name].format(*parts)
    raise InputError(f"there is no C code for {node.op.name} of a scalar", fix='use engine="numpy"')


def _power(node: Expr, name: Callable[[Expr], str]) -> str:
    base, exponent = scalar_code(node.args[0], name), scalar_exponent(node.args[1])
    if exponent == -1:
        return f"(1 / {base})"
    if exponent == Fraction(1, 2):
        return f"sqrt({base})"
    return f"pow({base}, {scalar_code(node.args[1], name)})"
