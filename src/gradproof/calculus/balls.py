"""Functions of rational numbers, exactly, and of real balls, with an error bound.

A ball encloses the value, so two disjoint balls prove that two expressions differ, however close they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any

import flint
import numpy as np

from gradproof.calculus.exact import DEVIATIONS, Arithmetic, NotExact, deviations, each_matrix, evaluate_in
from gradproof.calculus.field import Balls, Rationals, Undefined
from gradproof.expr.node import Array, Expr
from gradproof.expr.powers import scalar_exponent

Entry = Callable[..., Any]


def _sign(x: Any) -> int:
    return int(x > 0) - int(x < 0)


def _root(x: Fraction, exponent: Fraction) -> Fraction:
    """A rational power of a rational number, where it is rational."""
    if x < 0:
        raise Undefined("a root of a negative number")
    parts = [round(part ** (1 / exponent.denominator)) for part in (x.numerator, x.denominator)]
    if any(
        root**exponent.denominator != part
        for root, part in zip(parts, (x.numerator, x.denominator), strict=True)
    ):
        raise NotExact("a root that is not rational")
    base = Fraction(*parts)
    if base == 0 and exponent < 0:
        raise Undefined("a division by zero")
    return base ** int(exponent.numerator)


def _true(x: Any) -> bool:
    """Whether a number is not zero."""
    if not isinstance(x, flint.arb):
        return bool(x != 0)
    if x.contains(0) and not x.is_zero():
        raise Undefined("a condition that the precision does not decide")
    return not x.is_zero()


_COMMON: dict[str, Entry] = {
    "logical_and": lambda x, y: int(_true(x) and _true(y)),
    "logical_or": lambda x, y: int(_true(x) or _true(y)),
    "logical_xor": lambda x, y: int(_true(x) != _true(y)),
    "logical_not": lambda x: int(not _true(x)),
    "where": lambda c, x, y: x if _true(c) else y,
}
_RATIONAL: dict[str, Entry] = {
    **_COMMON,
    "abs": abs,
    "sign": _sign,
    "maximum": max,
    "minimum": min,
    "greater": lambda x, y: int(x > y),
    "greater_equal": lambda x, y: int(x >= y),
    "less": lambda x, y: int(x < y),
    "less_equal": lambda x, y: int(x <= y),
    "equal": lambda x, y: int(x == y),
    "not_equal": lambda x, y: int(x != y),
    "floor": floor,
    "ceil": ceil,
    "trunc": int,
    "cast_int": int,
    "rint": round,
    "conj": lambda x: x,
    "real": lambda x: x,
    "imag": lambda x: 0,
}


class ExactNumbers(Arithmetic):
    """Rational numbers, with the functions that have rational values."""

    def __init__(self) -> None:
        super().__init__(Rationals())

    def function(self, node: Expr, arrays: list[Array]) -> Array:
        """Comparisons, roundings, perfect roots, the extreme entries of an axis."""
        name = node.op.name
        entry = _RATIONAL.get(name)
        if entry is not None:
            return self.field.entrywise(lambda *xs: Fraction(entry(*xs)), *arrays)
        if name in ("max", "min"):
            return np.asarray(node.op.value(node.attrs, object, arrays[0]), dtype=object)
        exponent = scalar_exponent(node.args[1]) if name == "power" else None
        if isinstance(exponent, Fraction) and abs(exponent.numerator) < 100:
            return self.field.entrywise(lambda x: _root(Fraction(x), exponent), arrays[0])
        return super().function(node, arrays)


def _checked(x: Any) -> Any:
    if not x.is_finite():
        raise Undefined("a value that is not a finite real number")
    return x


def _compared(x: Any, y: Any) -> int:
    """The sign of x − y; equal balls without error are equal."""
    difference = flint.arb(x) - flint.arb(y)
    if difference > 0:
        return 1
    if difference < 0:
        return -1
    if difference.is_zero():
        return 0
    raise Undefined("a comparison that the precision does not decide")


def _power(x: Any, e: Any) -> Any:
    if not x > 0:
        if x.is_zero() and e > 0:
            return x
        if x < 0 and e.is_integer():
            return x**e
        raise Undefined("a power of a number that is not positive")
    return x**e


_BALL: dict[str, Entry] = {
    **_COMMON,
    "power": _power,
    "exp": lambda x: x.exp(),
    "expm1": lambda x: x.expm1(),
    "exp2": lambda x: flint.arb(2) ** x,
    "log": lambda x: x.log(),
    "log1p": lambda x: x.log1p(),
    "log2": lambda x: x.log() / flint.arb(2).log(),
    "log10": lambda x: x.log() / flint.arb(10).log(),
    "logaddexp": lambda x, y: (x.exp() + y.exp()).log(),
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "silu": lambda x: x / (1 + (-x).exp()),
    "normal_cdf": lambda x: (1 + (x / flint.arb(2).sqrt()).erf()) / 2,
    "softplus": lambda x: (1 + x.exp()).log(),
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "tan": lambda x: x.tan(),
    "arcsin": lambda x: x.asin(),
    "arccos": lambda x: x.acos(),
    "arctan": lambda x: x.atan(),
    "arctan2": lambda y, x: flint.arb.atan2(y, x),
    "sinh": lambda x: x.sinh(),
    "cosh": lambda x: x.cosh(),
    "tanh": lambda x: x.tanh(),
    "arcsinh": lambda x: x.asinh(),
    "arccosh": lambda x: x.acosh(),
    "arctanh": lambda x: x.atanh(),
    "erf": lambda x: x.erf(),
    "erfc": lambda x: x.erfc(),
    "gammaln": lambda x: abs(x.gamma()).log(),
    "abs": abs,
    "sign": lambda x: _compared(x, 0),
    "maximum": lambda x, y: x.max(y),
    "minimum": lambda x, y: x.min(y),
    "greater": lambda x, y: int(_compared(x, y) > 0),
    "greater_equal": lambda x, y: int(_compared(x, y) >= 0),
    "less": lambda x, y: int(_compared(x, y) < 0),
    "less_equal": lambda x, y: int(_compared(x, y) <= 0),
    "equal": lambda x, y: int(_compared(x, y) == 0),
    "not_equal": lambda x, y: int(_compared(x, y) != 0),
    "conj": lambda x: x,
    "real": lambda x: x,
    "imag": lambda x: flint.arb(0),
}


class RealBalls(Arithmetic):
    """Real balls of so many bits, with the functions that Arb has."""

    field: Balls

    def __init__(self, bits: int = 256) -> None:
        super().__init__(Balls(bits))

    def evaluate(self, roots: Sequence[Expr], values: Mapping[Expr, Array]) -> list[Array]:
        """Values as balls."""
        with flint.ctx.workprec(self.field.bits):
            return evaluate_in(roots, values, self)

    def function(self, node: Expr, arrays: list[Array]) -> Array:
        """The value of a function that is not rational."""
        name = node.op.name
        entry = _BALL.get(name)
        if entry is not None:
            return self.field.entrywise(
                lambda *xs: _checked(flint.arb(entry(*(flint.arb(x) for x in xs)))), *arrays
            )
        whole = _WHOLE.get(name)
        if whole is None:
            return super().function(node, arrays)
        return whole(self, node, arrays)


def _along(node: Expr) -> Any:
    return node.attrs[0]


def _softmax(balls: RealBalls, node: Expr, arrays: list[Array]) -> Array:
    powers = balls.field.entrywise(lambda x: flint.arb(x).exp(), arrays[0])
    return np.asarray(powers / powers.sum(axis=_along(node), keepdims=True), dtype=object)


def _logsumexp(balls: RealBalls, node: Expr, arrays: list[Array]) -> Array:
    powers = balls.field.entrywise(lambda x: flint.arb(x).exp(), arrays[0])
    total = np.asarray(powers.sum(axis=_along(node), keepdims=True), dtype=object)
    return balls.field.entrywise(lambda x: x.log(), total)


def _extreme(balls: RealBalls, node: Expr, arrays: list[Array]) -> Array:
    axes = _along(node)
    x = np.moveaxis(arrays[0], axes, range(len(axes)))
    rows = x.reshape(-1, *x.shape[len(axes) :])
    best = rows[0]
    for row in rows[1:]:
        best = balls.field.entrywise(
            lambda a, b: getattr(flint.arb(a), node.op.name)(flint.arb(b)), best, row
        )
    return np.expand_dims(best, axes)


def _logdet(balls: RealBalls, node: Expr, arrays: list[Array]) -> Array:
    def one(a: Array) -> Any:
        return _checked(abs(flint.arb(balls.field.determinant(a))).log())

    return each_matrix(one, arrays[0])


def _signdet(balls: RealBalls, node: Expr, arrays: list[Array]) -> Array:
    return each_matrix(lambda a: flint.arb(_compared(balls.field.determinant(a), 0)), arrays[0])


def _cholesky(balls: RealBalls, node: Expr, arrays: list[Array]) -> Array:
    """The lower triangular L with L Lᵀ = A, column by column."""

    def one(a: Array) -> Array:
        n = a.shape[0]
        lower: Array = balls.field.identity(n) * flint.arb(0)
        for j in range(n):
            rest = flint.arb(a[j, j]) - (lower[j, :j] ** 2).sum()
            lower[j, j] = _checked(rest.sqrt())
            for i in range(j + 1, n):
                lower[i, j] = (a[i, j] - (lower[i, :j] * lower[j, :j]).sum()) / lower[j, j]
        return lower

    return each_matrix(one, arrays[0])


def _expm(balls: RealBalls, node: Expr, arrays: list[Array]) -> Array:
    def one(a: Array) -> Array:
        value = flint.arb_mat([[flint.arb(x) for x in row] for row in a]).exp()
        entries: Array = np.array(value.tolist(), dtype=object)
        return entries

    return each_matrix(one, arrays[0])


_WHOLE: dict[str, Callable[[RealBalls, Expr, list[Array]], Array]] = {
    "softmax": _softmax,
    "logsumexp": _logsumexp,
    "max": _extreme,
    "min": _extreme,
    "logdet": _logdet,
    "signdet": _signdet,
    "cholesky": _cholesky,
    "expm": _expm,
    **dict.fromkeys(
        DEVIATIONS,
        lambda balls, node, arrays: deviations(balls.field, node, arrays, lambda x: _checked(x.sqrt())),
    ),
}
