"""Functions that networks and robust losses are made of: GELU, SiLU, ELU, leaky ReLU, Huber's function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradproof.expr.broadcast import minus, multiply, negate, plus, scale
from gradproof.expr.elementwise import exp, sigmoid
from gradproof.expr.function import apply, elementwise
from gradproof.expr.node import Expr, number, symbol
from gradproof.expr.piecewise import relu
from gradproof.expr.powers import reciprocal, square
from gradproof.expr.product import filled
from gradproof.expr.special import erf_value, polygamma

_ROOT_HALF = 1 / math.sqrt(2.0)
_DENSITY = 1 / math.sqrt(2.0 * math.pi)


def _zero(x: Expr) -> Expr:
    return filled(number(0), x.shape)


# --- smooth -----------------------------------------------------------------------------------------

elementwise(
    "normal_cdf",
    lambda x: (1 + erf_value(x * _ROOT_HALF)) / 2,
    (lambda x: normal_density(x),),
    text="Φ({0})",
    latex=r"\Phi\left({0}\right)",
    numpy="(1 + scipy.special.erf({0} / np.sqrt(2))) / 2",
    source="Abramowitz and Stegun 26.2",
)
elementwise(
    "gelu",
    lambda x: x * (1 + erf_value(x * _ROOT_HALF)) / 2,
    (lambda x: plus(apply("normal_cdf", x), multiply(x, normal_density(x))),),
    latex=r"\operatorname{{gelu}}\left({0}\right)",
    numpy="{0} * (1 + scipy.special.erf({0} / np.sqrt(2))) / 2",
    source="Hendrycks and Gimpel, Gaussian error linear units, 2016",
)


def _silu_value(x: Any) -> Any:
    with np.errstate(over="ignore"):
        return x / (1 + np.exp(-x))


def _silu_derivative(x: Expr) -> Expr:
    """σ(x) (1 + x (1 − σ(x)))."""
    s = sigmoid(x)
    return multiply(s, plus(number(1), multiply(x, minus(number(1), s))))


elementwise(
    "silu",
    _silu_value,
    (_silu_derivative,),
    latex=r"\operatorname{{silu}}\left({0}\right)",
    numpy="{0} / (1 + np.exp(-{0}))",
    source="Elfwing, Uchibe and Doya, Sigmoid-weighted linear units, 2018",
)

# --- with a kink ------------------------------------------------------------------------------------

elementwise(
    "elu",
    lambda x, a: np.where(x > 0, x, a * np.expm1(np.minimum(x, 0))),
    (
        lambda x, a: apply(
            "where", apply("greater", x, _zero(x)), filled(number(1), x.shape), multiply(a, exp(x))
        ),
        lambda x, a: apply("expm1", apply("minimum", x, _zero(x))),
    ),
    latex=r"\operatorname{{elu}}\left({0}, {1}\right)",
    numpy="np.where({0} > 0, {0}, {1} * np.expm1({0}))",
    kink=lambda x, a: np.abs(x),
    source="Clevert, Unterthiner and Hochreiter, Exponential linear units, 2016",
)
elementwise(
    "leaky_relu",
    lambda x, a: np.where(x > 0, x, a * x),
    (
        lambda x, a: apply("where", step(x), filled(number(1), x.shape), a),
        lambda x, a: negate(relu(negate(x))),
    ),
    latex=r"\operatorname{{leaky\_relu}}\left({0}, {1}\right)",
    numpy="np.where({0} > 0, {0}, {1} * {0})",
    kink=lambda x, a: np.abs(x),
    source="Maas, Hannun and Ng, Rectifier nonlinearities, 2013",
)
elementwise(
    "huber",
    lambda x, d: np.where(np.abs(x) <= d, x * x / 2, d * (np.abs(x) - d / 2)),
    (lambda x, d: clip(x, negate(d), d), lambda x, d: relu(minus(apply("abs", x), d))),
    latex=r"\operatorname{{huber}}\left({0}, {1}\right)",
    numpy="np.where(np.abs({0}) <= {1}, {0} ** 2 / 2, {1} * (np.abs({0}) - {1} / 2))",
    samples=(lambda: apply("huber", symbol("X", (2, 3)), number(1)),),
    kink=lambda x, d: np.abs(np.abs(x) - d),
    source="Huber, Robust estimation of a location parameter, 1964",
)


def normal_density(x: Expr) -> Expr:
    """e^(−x²/2) / √(2π)."""
    return scale(_DENSITY, exp(scale(-0.5, square(x))))


def normal_cdf(x: Expr) -> Expr:
    """Φ(x), the distribution function of the standard normal distribution."""
    return apply("normal_cdf", x)


def step(x: Expr) -> Expr:
    """[x > 0]."""
    return apply("greater", x, _zero(x))


def softplus(x: Expr) -> Expr:
    """log(1 + eˣ)."""
    return apply("softplus", x)


def log_sigmoid(x: Expr) -> Expr:
    """log σ(x) = −softplus(−x)."""
    return negate(softplus(negate(x)))


def softsign(x: Expr) -> Expr:
    """x / (1 + |x|)."""
    return multiply(x, reciprocal(plus(number(1), apply("abs", x))))


def gelu(x: Expr) -> Expr:
    """x Φ(x)."""
    return apply("gelu", x)


def silu(x: Expr) -> Expr:
    """x σ(x)."""
    return apply("silu", x)


def elu(x: Expr, alpha: Expr | float = 1) -> Expr:
    """x where x > 0, α (eˣ − 1) elsewhere."""
    return apply("elu", x, _expr(alpha))


def leaky_relu(x: Expr, alpha: Expr | float = 0.01) -> Expr:
    """x where x > 0, α x elsewhere."""
    return apply("leaky_relu", x, _expr(alpha))


def huber(x: Expr, delta: Expr | float = 1) -> Expr:
    """x²/2 where |x| ≤ δ, δ (|x| − δ/2) elsewhere."""
    return apply("huber", x, _expr(delta))


def clip(x: Expr, low: Expr | float, high: Expr | float) -> Expr:
    """min(max(x, low), high)."""
    return apply("minimum", apply("maximum", x, _expr(low)), _expr(high))


def hinge(x: Expr) -> Expr:
    """max(1 − x, 0)."""
    return relu(minus(number(1), x))


def erf(x: Expr) -> Expr:
    """The error function."""
    return apply("erf", x)


def gammaln(x: Expr) -> Expr:
    """log Γ(x)."""
    return apply("gammaln", x)


def digamma(x: Expr) -> Expr:
    """ψ(x) = (log Γ)'(x)."""
    return polygamma(0, x)


def betaln(a: Expr, b: Expr) -> Expr:
    """log B(a, b) = log Γ(a) + log Γ(b) − log Γ(a + b)."""
    return minus(plus(gammaln(a), gammaln(b)), gammaln(plus(a, b)))


def multigammaln(a: Expr, d: int) -> Expr:
    """log Γ_d(a) = d(d−1)/4 log π + Σ_j log Γ(a + (1 − j)/2)."""
    terms = [gammaln(minus(a, number(j / 2))) if j else gammaln(a) for j in range(d)]
    return plus(number(d * (d - 1) / 4 * math.log(math.pi)), *terms)


def _expr(x: Expr | float) -> Expr:
    return x if isinstance(x, Expr) else number(x)
