"""Powers, and what is spelled with them: reciprocals, quotients, squares, roots."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.expr.broadcast import broadcast_shapes, broadcast_to, multiply, plus, scale
from gradproof.expr.function import apply, elementwise
from gradproof.expr.node import Expr, number, number_value
from gradproof.expr.product import ones


def _power_value(x: Any, p: Any) -> Any:
    """NumPy's power, by products and roots at the exponents people write; those are exact to the last bit."""
    exponent = p
    if isinstance(p, np.ndarray):
        if any(p.strides) or not p.size:
            return np.power(x, p)
        exponent = p[(0,) * p.ndim]  # one number, broadcast
    special = _EXPONENTS.get(exponent)
    if special is not None:
        return special(x)
    return np.power(x, exponent) if exponent.real > 0 else np.divide(1.0, np.power(x, -exponent))


_EXPONENTS: dict[float, Callable[[Any], Any]] = {
    -2.0: lambda x: np.divide(1.0, np.multiply(x, x)),
    -1.0: lambda x: np.divide(1.0, x),
    -0.5: lambda x: np.divide(1.0, np.sqrt(x)),
    0.5: np.sqrt,
    2.0: lambda x: np.multiply(x, x),
    3.0: lambda x: np.multiply(np.multiply(x, x), x),
}


def power(x: Expr, p: Expr | int | float | Fraction) -> Expr:
    """x to the power p, entrywise. x⁰ = 1, x¹ = x, (xᵖ)ᵠ = x^(pq) for whole q."""
    exponent = p if isinstance(p, Expr) else number(p)
    value = scalar_exponent(exponent)
    if value == 1:
        return broadcast_to(x, broadcast_shapes(x.shape, exponent.shape))
    if value == 0:
        return ones(broadcast_shapes(x.shape, exponent.shape))
    base = number_value(x)
    if (
        isinstance(base, Fraction)
        and isinstance(value, Fraction)
        and value.denominator == 1
        and not exponent.shape
        and base != 0
        and abs(value) <= 64
    ):
        return number(base ** int(value))
    if x.op is POWER and isinstance(value, Fraction) and value.denominator == 1:
        inner = scalar_exponent(x.args[1])
        if isinstance(inner, Fraction):
            return power(x.args[0], inner * value)
    return apply("power", x, exponent)


def scalar_exponent(p: Expr) -> Fraction | float | None:
    """The number an exponent is, also where it was broadcast; None if it is no number."""
    if p.op.name == "product" and len(p.args) == 1:
        return number_value(p.args[0])
    return number_value(p)


def _power_by_base(x: Expr, p: Expr) -> Expr:
    value = scalar_exponent(p)
    if value is not None:
        return scale(value, power(x, value - 1))
    return multiply(p, power(x, plus(p, number(-1))))


POWER = elementwise(
    "power",
    _power_value,
    (_power_by_base, lambda x, p: multiply(power(x, p), apply("log", x))),
    text="{0}^{1}",
    latex="{0}^{{{1}}}",
    numpy="{0} ** {1}",
    rule="power rule",
    domain=(0.3, 2.0),
)


def reciprocal(x: Expr) -> Expr:
    """1/x, entrywise."""
    return power(x, -1)


def divide(a: Expr, b: Expr) -> Expr:
    """a/b with broadcasting: a product with b⁻¹."""
    return multiply(a, reciprocal(b))


def square(x: Expr) -> Expr:
    """x², entrywise."""
    return power(x, 2)


def sqrt(x: Expr) -> Expr:
    """√x, entrywise."""
    return power(x, Fraction(1, 2))
