"""Elementwise functions: one paragraph each.

To add one, copy a paragraph: its value in NumPy, its derivative by each argument as an expression,
the interval its generic tests sample from, how it prints, and the source. Powers, functions with kinks
or jumps, and special functions have modules of their own, whose names are found here too.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.expr.broadcast import minus, multiply, negate, plus, scale
from gradproof.expr.function import apply, elementwise
from gradproof.expr.node import Expr, number
from gradproof.expr.piecewise import relu
from gradproof.expr.powers import POWER, divide, power, reciprocal, scalar_exponent, sqrt, square
from gradproof.expr.special import POLYGAMMA, polygamma

__all__ = [
    "POLYGAMMA",
    "POWER",
    "apply",
    "divide",
    "elementwise",
    "exp",
    "log",
    "polygamma",
    "power",
    "reciprocal",
    "relu",
    "scalar_exponent",
    "sigmoid",
    "sqrt",
    "square",
]

# --- exponentials and logarithms --------------------------------------------------------------------

elementwise("exp", np.exp, (lambda x: exp(x),), text="exp({0})", latex=r"\exp\left({0}\right)")
elementwise(
    "log",
    np.log,
    (lambda x: reciprocal(x),),
    text="log({0})",
    latex=r"\log\left({0}\right)",
    domain=(0.2, 3.0),
)
elementwise(
    "log1p",
    np.log1p,
    (lambda x: reciprocal(plus(number(1), x)),),
    text="log(1 + {0})",
    latex=r"\log\left(1 + {0}\right)",
    domain=(-0.5, 2.0),
)
elementwise("expm1", np.expm1, (lambda x: exp(x),), text="exp({0}) − 1", latex=r"e^{{{0}}} - 1")
elementwise(
    "log2",
    np.log2,
    (lambda x: scale(1 / np.log(2.0), reciprocal(x)),),
    domain=(0.2, 3.0),
    latex=r"\log_2\left({0}\right)",
)
elementwise(
    "log10",
    np.log10,
    (lambda x: scale(1 / np.log(10.0), reciprocal(x)),),
    domain=(0.2, 3.0),
    latex=r"\log_{{10}}\left({0}\right)",
)
elementwise(
    "exp2", np.exp2, (lambda x: scale(np.log(2.0), apply("exp2", x)),), text="2^({0})", latex="2^{{{0}}}"
)
elementwise("logaddexp", np.logaddexp, (lambda x, y: sigmoid(minus(x, y)), lambda x, y: sigmoid(minus(y, x))))


def _sigmoid_value(x: Any) -> Any:
    """Accurate to the last digits for every x: where e⁻ˣ overflows, 1/∞ = 0 is the sigmoid."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


elementwise(
    "sigmoid",
    _sigmoid_value,
    (lambda x: multiply(sigmoid(x), minus(number(1), sigmoid(x))),),
    text="σ({0})",
    latex=r"\sigma\left({0}\right)",
    numpy="1 / (1 + np.exp(-{0}))",
)
elementwise("softplus", lambda x: np.logaddexp(x, 0), (lambda x: sigmoid(x),), numpy="np.logaddexp({0}, 0)")


def exp(x: Expr) -> Expr:
    """eˣ, entrywise."""
    return apply("exp", x)


def log(x: Expr) -> Expr:
    """The natural logarithm, entrywise."""
    return apply("log", x)


def sigmoid(x: Expr) -> Expr:
    """σ(x) = 1/(1 + e⁻ˣ)."""
    return apply("sigmoid", x)


# --- trigonometric and hyperbolic -------------------------------------------------------------------

elementwise("sin", np.sin, (lambda x: apply("cos", x),), latex=r"\sin\left({0}\right)")
elementwise("cos", np.cos, (lambda x: negate(apply("sin", x)),), latex=r"\cos\left({0}\right)")
elementwise(
    "tan",
    np.tan,
    (lambda x: plus(number(1), square(apply("tan", x))),),
    domain=(-1.0, 1.0),
    latex=r"\tan\left({0}\right)",
)
elementwise(
    "arcsin",
    np.arcsin,
    (lambda x: power(minus(number(1), square(x)), Fraction(-1, 2)),),
    domain=(-0.8, 0.8),
    latex=r"\arcsin\left({0}\right)",
)
elementwise(
    "arccos",
    np.arccos,
    (lambda x: negate(power(minus(number(1), square(x)), Fraction(-1, 2))),),
    domain=(-0.8, 0.8),
    latex=r"\arccos\left({0}\right)",
)
elementwise(
    "arctan", np.arctan, (lambda x: reciprocal(plus(number(1), square(x))),), latex=r"\arctan\left({0}\right)"
)
elementwise(
    "arctan2",
    np.arctan2,
    (
        lambda y, x: divide(x, plus(square(x), square(y))),
        lambda y, x: negate(divide(y, plus(square(x), square(y)))),
    ),
    domain=(0.3, 2.0),
)
elementwise("sinh", np.sinh, (lambda x: apply("cosh", x),), latex=r"\sinh\left({0}\right)")
elementwise("cosh", np.cosh, (lambda x: apply("sinh", x),), latex=r"\cosh\left({0}\right)")
elementwise(
    "tanh", np.tanh, (lambda x: minus(number(1), square(apply("tanh", x))),), latex=r"\tanh\left({0}\right)"
)
elementwise("arcsinh", np.arcsinh, (lambda x: power(plus(number(1), square(x)), Fraction(-1, 2)),))
elementwise(
    "arccosh", np.arccosh, (lambda x: power(minus(square(x), number(1)), Fraction(-1, 2)),), domain=(1.3, 3.0)
)
elementwise("arctanh", np.arctanh, (lambda x: reciprocal(minus(number(1), square(x))),), domain=(-0.8, 0.8))
