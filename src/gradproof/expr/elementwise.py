"""Elementwise functions: one paragraph each.

To add one, copy a paragraph: its value in NumPy, its derivative by each argument as an expression,
the interval its generic tests sample from, how it prints, and the source.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.broadcast import broadcast_shapes, broadcast_to, minus, multiply, negate, plus, scale
from gradproof.expr.node import (
    OPERATIONS,
    Attrs,
    Expr,
    Operation,
    Shape,
    make,
    number,
    number_value,
    register,
    symbol,
)
from gradproof.expr.product import filled, ones

Derivative = Callable[..., Expr]


def _same_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    for other in args[1:]:
        if other.shape != args[0].shape:
            raise ShapeError(f"an elementwise function of shapes {args[0].shape} and {other.shape}")
    return args[0].shape


def elementwise(
    name: str,
    value: Callable[..., Any],
    derivatives: tuple[Derivative | None, ...],
    *,
    text: str = "",
    latex: str = "",
    numpy: str = "",
    rule: str = "",
    domain: tuple[float, float] = (-2.0, 2.0),
    kink: Callable[..., Any] | None = None,
    samples: tuple[Callable[[], Expr], ...] = (),
    source: str = "Abramowitz and Stegun, Handbook of Mathematical Functions, ch. 3-7",
) -> Operation:
    """Register an elementwise function. ``derivatives[k](*args)`` is ∂f/∂(argument k); None where it is zero."""

    def pullback(node: Expr, g: Expr) -> list[Expr | None]:
        return [None if d is None else multiply(g, d(*node.args)) for d in derivatives]

    arity = len(derivatives)
    arguments = ", ".join(f"{{{k}}}" for k in range(arity))
    record = Operation(
        name,
        shape=_same_shape,
        value=lambda attrs, dtype, *arrays: value(*arrays),
        pullback=pullback,
        rule=rule or f"derivative of {name}",
        text=text or f"{name}({arguments})",
        latex=latex or rf"\operatorname{{{name}}}\left({arguments}\right)",
        numpy=numpy or f"np.{name}({arguments})",
        samples=samples or (lambda: apply(name, *(symbol(s, (2, 3)) for s in "XYZ"[:arity])),),
        domain=domain,
        kink=kink,
        source=source,
        elementwise=True,
    )
    return register(record)


def apply(name: str, *args: Expr) -> Expr:
    """The elementwise function called ``name``, with NumPy broadcasting."""
    shape = broadcast_shapes(*(a.shape for a in args))
    return make(OPERATIONS[name], tuple(broadcast_to(a, shape) for a in args))


# --- powers -----------------------------------------------------------------------------------------


def _power_value(x: Any, p: Any) -> Any:
    exponent = p if np.ndim(p) == 0 else np.ravel(p)[0] if 0 in np.shape(p) or np.ptp(p) == 0 else None
    if exponent is not None and np.size(p):
        if exponent == -1:
            return np.divide(1.0, x)
        if exponent == 2:
            return np.multiply(x, x)
        if exponent == 0.5:
            return np.sqrt(x)
        if exponent < 0:
            return np.divide(1.0, np.power(x, -p))
    return np.power(x, p)


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
    ):
        if base != 0 and abs(value) <= 64:
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
    return power(x, 2)


def sqrt(x: Expr) -> Expr:
    return power(x, Fraction(1, 2))


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
elementwise(
    "expm1", np.expm1, (lambda x: exp(x),), text="(exp({0}) - 1)", latex=r"\left(e^{{{0}}} - 1\right)"
)
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
    "exp2", np.exp2, (lambda x: scale(np.log(2.0), apply("exp2", x)),), text="2^{0}", latex="2^{{{0}}}"
)
elementwise("logaddexp", np.logaddexp, (lambda x, y: sigmoid(minus(x, y)), lambda x, y: sigmoid(minus(y, x))))


def _sigmoid_value(x: Any) -> Any:
    x = np.asarray(x)
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + decay), decay / (1 + decay))


elementwise(
    "sigmoid",
    _sigmoid_value,
    (lambda x: multiply(sigmoid(x), minus(number(1), sigmoid(x))),),
    text="σ({0})",
    latex=r"\sigma\left({0}\right)",
    numpy="1 / (1 + np.exp(-({0})))",
)
elementwise("softplus", lambda x: np.logaddexp(x, 0), (lambda x: sigmoid(x),), numpy="np.logaddexp({0}, 0)")


def exp(x: Expr) -> Expr:
    return apply("exp", x)


def log(x: Expr) -> Expr:
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

# --- functions with kinks: differentiable wherever the distance `kink` is not zero ------------------

elementwise(
    "abs",
    np.abs,
    (lambda x: apply("sign", x),),
    text="|{0}|",
    latex=r"\left|{0}\right|",
    kink=lambda x: np.abs(x),
)
elementwise("sign", np.sign, (None,), text="sign({0})", kink=lambda x: np.abs(x))
elementwise(
    "maximum",
    np.maximum,
    (lambda x, y: apply("greater", x, y), lambda x, y: apply("less_equal", x, y)),
    text="max({0}, {1})",
    latex=r"\max\left({0}, {1}\right)",
    kink=lambda x, y: np.abs(x - y),
    source="one-sided at ties, where the second argument is taken",
)
elementwise(
    "minimum",
    np.minimum,
    (lambda x, y: apply("less", x, y), lambda x, y: apply("greater_equal", x, y)),
    text="min({0}, {1})",
    latex=r"\min\left({0}, {1}\right)",
    kink=lambda x, y: np.abs(x - y),
    source="one-sided at ties, where the second argument is taken",
)
elementwise(
    "where",
    np.where,
    (None, lambda c, x, y: c, lambda c, x, y: apply("logical_not", c)),
    samples=(
        lambda: apply(
            "where",
            apply("greater", symbol("X", (2, 3)), number(0)),
            symbol("Y", (2, 3)),
            symbol("Z", (2, 3)),
        ),
    ),
    text="where({0}, {1}, {2})",
    latex=r"\operatorname{{where}}\left({0}, {1}, {2}\right)",
)
elementwise(
    "mod",
    np.mod,
    (lambda x, y: ones(x.shape), lambda x, y: negate(apply("floor", divide(x, y)))),
    domain=(0.3, 2.0),
    kink=lambda x, y: np.abs(x / y - np.round(x / y)),
)

# --- piecewise constant: the derivative is zero wherever it exists ----------------------------------

for _name, _sign, _latex in (
    ("greater", ">", ">"),
    ("greater_equal", "≥", r"\ge"),
    ("less", "<", "<"),
    ("less_equal", "≤", r"\le"),
    ("equal", "=", "="),
    ("not_equal", "≠", r"\ne"),
):
    elementwise(
        _name,
        getattr(np, _name),
        (None, None),
        text=f"[{{0}} {_sign} {{1}}]",
        latex=rf"\left[{{0}} {_latex} {{1}}\right]",
        kink=lambda x, y: np.abs(np.subtract(x, y, dtype=float)),
        source="piecewise constant",
    )
for _name in ("floor", "ceil", "rint", "trunc"):
    elementwise(
        _name,
        getattr(np, _name),
        (None,),
        kink=lambda x: np.abs(x - np.round(x)),
        source="piecewise constant",
    )
elementwise("floor_divide", np.floor_divide, (None, None), domain=(0.3, 2.0), source="piecewise constant")
for _name, _text in (("logical_and", "{0} ∧ {1}"), ("logical_or", "{0} ∨ {1}"), ("logical_xor", "{0} ⊕ {1}")):
    elementwise(_name, getattr(np, _name), (None, None), text=_text, source="piecewise constant")
elementwise(
    "logical_not", np.logical_not, (None,), text="¬{0}", latex=r"\lnot {0}", source="piecewise constant"
)
elementwise("isnan", np.isnan, (None,), source="piecewise constant")
elementwise("isfinite", np.isfinite, (None,), source="piecewise constant")
elementwise(
    "cast_int",
    lambda x: np.asarray(x).astype(np.int64),
    (None,),
    text="{0}",
    latex="{0}",
    numpy="({0}).astype(int)",
    source="piecewise constant",
)
elementwise(
    "cast_float",
    lambda x: np.asarray(x) * 1.0,
    (lambda x: ones(x.shape),),
    text="{0}",
    latex="{0}",
    numpy="({0}) * 1.0",
    source="identity",
)


# --- special functions ------------------------------------------------------------------------------


def _erf_value(x: Any) -> Any:
    return np.vectorize(math.erf, otypes=[float])(x)


def _gamma_family(name: str) -> Callable[[Any], Any]:
    def value(x: Any) -> Any:
        return getattr(importlib.import_module("scipy.special"), name)(x)

    return value


elementwise(
    "erf",
    _erf_value,
    (lambda x: scale(2 / np.sqrt(np.pi), exp(negate(square(x)))),),
    numpy="scipy.special.erf({0})",
)
elementwise(
    "gammaln",
    _gamma_family("gammaln"),
    (lambda x: polygamma(0, x),),
    domain=(0.5, 3.0),
    text="log Γ({0})",
    latex=r"\log\Gamma\left({0}\right)",
    numpy="scipy.special.gammaln({0})",
)


def _polygamma_value(attrs: Attrs, dtype: Any, x: Any) -> Any:
    return importlib.import_module("scipy.special").polygamma(attrs[0], x)


POLYGAMMA = register(
    Operation(
        "polygamma",
        shape=_same_shape,
        value=_polygamma_value,
        pullback=lambda node, g: [multiply(g, polygamma(int(str(node.attrs[0])) + 1, node.args[0]))],
        rule="derivative of polygamma",
        text="ψ^({attrs[0]})({0})",
        latex=r"\psi^{{({attrs[0]})}}\left({0}\right)",
        numpy="scipy.special.polygamma({attrs[0]}, {0})",
        samples=(lambda: polygamma(0, symbol("X", (2, 3))), lambda: polygamma(1, symbol("X", (2, 3)))),
        domain=(0.5, 3.0),
        source="Abramowitz and Stegun 6.4",
        elementwise=True,
    )
)


def polygamma(order: int, x: Expr) -> Expr:
    """The order-th derivative of the digamma function ψ."""
    return make(POLYGAMMA, (x,), (order,))


def relu(x: Expr) -> Expr:
    """max(x, 0)."""
    return apply("maximum", x, filled(number(0), x.shape))
