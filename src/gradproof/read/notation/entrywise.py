"""Entrywise functions of the notation: every elementwise operation, under the names people know it by."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from gradproof.expr import activations, broadcast, elementwise
from gradproof.expr.function import apply
from gradproof.expr.node import OPERATIONS, Expr, number
from gradproof.expr.powers import divide
from gradproof.read.notation.vocabulary import word

FAMILY = "Entry by entry"
_ZERO, _ONE = number(0), number(1)

# Operation -> spellings and meaning. Operations that have no paragraph here are entered under their own name.
_ALIASES: dict[str, tuple[str, str]] = {
    "exp": ("exp", "eˣ"),
    "log": ("log ln", "natural logarithm"),
    "log1p": ("log1p", "log(1 + x)"),
    "expm1": ("expm1", "eˣ − 1"),
    "log2": ("log2", "logarithm to the base 2"),
    "log10": ("log10 lg", "logarithm to the base 10"),
    "exp2": ("exp2", "2ˣ"),
    "sigmoid": ("sigmoid expit logistic sigma σ", "σ(x) = 1/(1 + e⁻ˣ)"),
    "softplus": ("softplus", "log(1 + eˣ)"),
    "sin": ("sin", "sine"),
    "cos": ("cos", "cosine"),
    "tan": ("tan", "tangent"),
    "arcsin": ("arcsin asin", "inverse of the sine"),
    "arccos": ("arccos acos", "inverse of the cosine"),
    "arctan": ("arctan atan", "inverse of the tangent"),
    "sinh": ("sinh", "hyperbolic sine"),
    "cosh": ("cosh", "hyperbolic cosine"),
    "tanh": ("tanh", "hyperbolic tangent"),
    "arcsinh": ("arcsinh asinh", "inverse of the hyperbolic sine"),
    "arccosh": ("arccosh acosh", "inverse of the hyperbolic cosine"),
    "arctanh": ("arctanh atanh", "inverse of the hyperbolic tangent"),
    "abs": ("abs absolute fabs", "absolute value"),
    "sign": ("sign sgn", "−1, 0 or 1"),
    "erf": ("erf", "error function"),
    "erfc": ("erfc", "1 − erf(x)"),
    "gammaln": ("gammaln lgamma loggamma", "log Γ(x)"),
    "silu": ("silu swish", "x σ(x)"),
    "gelu": ("gelu", "x Φ(x)"),
    "normal_cdf": ("normal_cdf ndtr norm_cdf", "Φ(x), the normal distribution function"),
    "floor": ("floor", "largest whole number that is not larger"),
    "ceil": ("ceil", "smallest whole number that is not smaller"),
    "trunc": ("trunc", "whole part"),
    "rint": ("round rint", "nearest whole number"),
    "logical_not": ("logical_not", "not"),
}
_PRIVATE = frozenset(("cast_int", "cast_float", "conj", "real", "imag", "angle", "gelu", "silu"))


def _function_of(name: str) -> Callable[[Expr], Expr]:
    return lambda x: apply(name, x)


def _enter_operations() -> None:
    """One word for every elementwise operation of one argument in the catalogue."""
    for name, operation in list(OPERATIONS.items()):
        if not operation.elementwise or name in _PRIVATE or not operation.samples:
            continue
        sample = operation.samples[0]()
        if len(sample.args) != 1 or sample.attrs:
            continue
        names, meaning = _ALIASES.get(name, (name, operation.rule or name))
        word(names, "x: array", meaning, family=FAMILY, broadcasts=True)(_function_of(name))


_enter_operations()
for _names, _name, _meaning in (
    ("maximum fmax", "maximum", "the larger of two, entry by entry"),
    ("minimum fmin", "minimum", "the smaller of two, entry by entry"),
    ("logaddexp", "logaddexp", "log(eˣ + eʸ)"),
    ("arctan2 atan2", "arctan2", "angle of the point (x, y)"),
    ("mod remainder", "mod", "remainder"),
    ("greater", "greater", "x > y, as 1 or 0"),
    ("greater_equal", "greater_equal", "x ≥ y, as 1 or 0"),
    ("less", "less", "x < y, as 1 or 0"),
    ("less_equal", "less_equal", "x ≤ y, as 1 or 0"),
    ("equal", "equal", "x = y, as 1 or 0"),
    ("not_equal", "not_equal", "x ≠ y, as 1 or 0"),
    ("logical_and", "logical_and", "both"),
    ("logical_or", "logical_or", "either"),
):
    word(_names, "x: array, y: array", _meaning, family=FAMILY, broadcasts=True)(
        lambda x, y, name=_name: apply(name, x, y)
    )


@word(
    "where ifelse",
    "condition: array, x: array, y: array",
    "x where the condition holds, else y",
    family=FAMILY,
    broadcasts=True,
)
def _where(condition: Expr, x: Expr, y: Expr) -> Expr:
    return apply("where", condition, x, y)


@word("relu ReLU pos", "x: array", "max(x, 0)", family=FAMILY, broadcasts=True)
def _relu(x: Expr) -> Expr:
    return elementwise.relu(x)


for _names, _name in (("sech", "cosh"), ("csch", "sinh"), ("sec", "cos"), ("csc", "sin"), ("coth", "tanh")):
    word(_names, "x: array", f"1/{_name}(x)", family=FAMILY, broadcasts=True)(
        lambda x, name=_name: divide(_ONE, apply(name, x))
    )


@word("sqrt", "x: array", "square root", family=FAMILY, broadcasts=True)
def _sqrt(x: Expr) -> Expr:
    return elementwise.sqrt(x)


@word("cbrt", "x: array", "cube root of a positive number", family=FAMILY, broadcasts=True)
def _cbrt(x: Expr) -> Expr:
    return elementwise.power(x, Fraction(1, 3))


@word("square", "x: array", "x², entry by entry", family=FAMILY, broadcasts=True)
def _square(x: Expr) -> Expr:
    return elementwise.square(x)


@word("reciprocal", "x: array", "1/x, entry by entry", family=FAMILY, broadcasts=True)
def _reciprocal(x: Expr) -> Expr:
    return elementwise.reciprocal(x)


@word("power pow float_power", "x: array, p: array", "xᵖ, entry by entry", family=FAMILY, broadcasts=True)
def _power(x: Expr, p: Expr) -> Expr:
    return elementwise.power(x, p)


@word("negative neg", "x: array", "−x", family=FAMILY, broadcasts=True)
def _negative(x: Expr) -> Expr:
    return broadcast.negate(x)


@word("add plus", "x: array, y: array", "x + y", family=FAMILY, broadcasts=True)
def _add(x: Expr, y: Expr) -> Expr:
    return broadcast.plus(x, y)


@word("subtract sub minus", "x: array, y: array", "x − y", family=FAMILY, broadcasts=True)
def _subtract(x: Expr, y: Expr) -> Expr:
    return broadcast.minus(x, y)


@word(
    "multiply mul times hadamard",
    "x: array, y: array",
    "x ∘ y, entry by entry",
    family=FAMILY,
    broadcasts=True,
)
def _multiply(x: Expr, y: Expr) -> Expr:
    return broadcast.multiply(x, y)


@word("divide true_divide div", "x: array, y: array", "x/y, entry by entry", family=FAMILY, broadcasts=True)
def _divide(x: Expr, y: Expr) -> Expr:
    return elementwise.divide(x, y)


@word("polygamma", "order: integer, x: array", "derivative of the digamma function", family=FAMILY)
def _polygamma(order: int, x: Expr) -> Expr:
    return elementwise.polygamma(order, x)


@word("logit", "x: array", "log(x/(1 − x))", family=FAMILY, broadcasts=True)
def _logit(x: Expr) -> Expr:
    return broadcast.minus(elementwise.log(x), elementwise.log(broadcast.minus(_ONE, x)))


@word("xlogy", "x: array, y: array", "x log y", family=FAMILY, broadcasts=True)
def _xlogy(x: Expr, y: Expr) -> Expr:
    return broadcast.multiply(x, elementwise.log(y))


@word("entr", "x: array", "−x log x", family=FAMILY, broadcasts=True)
def _entr(x: Expr) -> Expr:
    return broadcast.negate(broadcast.multiply(x, elementwise.log(x)))


@word("step heaviside", "x: array, at_zero?: scalar", "1 where x is positive, else 0", family=FAMILY)
def _step(x: Expr, at_zero: Expr | None = None) -> Expr:
    positive = activations.step(x)
    if at_zero is None or at_zero is number(0):
        return positive
    return broadcast.plus(positive, broadcast.multiply(at_zero, apply("equal", x, _ZERO)))


@word("elu", "x: array, alpha?: scalar", "x where positive, else α (eˣ − 1)", family=FAMILY)
def _elu(x: Expr, alpha: Expr = _ONE) -> Expr:
    return activations.elu(x, alpha)


@word("leaky_relu", "x: array, negative_slope?: scalar", "x where positive, else 0.01 x", family=FAMILY)
def _leaky_relu(x: Expr, negative_slope: Expr | None = None) -> Expr:
    return activations.leaky_relu(x, number(Fraction(1, 100)) if negative_slope is None else negative_slope)


@word("huber smooth_l1", "x: array, delta?: scalar", "x²/2 up to delta, then linear", family=FAMILY)
def _huber(x: Expr, delta: Expr = _ONE) -> Expr:
    return activations.huber(x, delta)


@word("hinge", "x: array", "max(1 − x, 0)", family=FAMILY, broadcasts=True)
def _hinge(x: Expr) -> Expr:
    return activations.hinge(x)


@word(
    "clip clamp",
    "x: array, low: array, high: array",
    "x kept between two bounds",
    family=FAMILY,
    broadcasts=True,
)
def _clip(x: Expr, low: Expr, high: Expr) -> Expr:
    return activations.clip(x, low, high)


@word("log_sigmoid logsigmoid log_expit", "x: array", "log σ(x)", family=FAMILY, broadcasts=True)
def _log_sigmoid(x: Expr) -> Expr:
    return activations.log_sigmoid(x)


@word("softsign", "x: array", "x / (1 + |x|)", family=FAMILY, broadcasts=True)
def _softsign(x: Expr) -> Expr:
    return activations.softsign(x)


@word("digamma psi", "x: array", "derivative of log Γ", family=FAMILY, broadcasts=True)
def _digamma(x: Expr) -> Expr:
    return activations.digamma(x)


@word("betaln", "x: array, y: array", "log of the beta function", family=FAMILY, broadcasts=True)
def _betaln(x: Expr, y: Expr) -> Expr:
    return activations.betaln(x, y)


@word("multigammaln", "x: array, d: integer", "log of the multivariate gamma function", family=FAMILY)
def _multigammaln(x: Expr, d: int) -> Expr:
    return activations.multigammaln(x, d)
