"""The ``math`` module, and small SciPy functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.expr.node import number
from gradproof.read import faithful
from gradproof.read.calling import any_traced, call_plainly
from gradproof.read.dispatch import HANDLERS, handles
from gradproof.read.recorder import active
from gradproof.read.sizes import TracedInt
from gradproof.read.traced import concrete, lift, wrap
from gradproof.read.ufuncs import TABLE

_RENAMED = {"fabs": "abs"}
_WHOLE = ("floor", "ceil", "trunc")
_TRUTH = ("isnan", "isinf", "isfinite", "isclose", "factorial", "comb", "perm", "gcd", "lcm", "isqrt")


def _scalar(x: Any) -> Any:
    """What the math module computes with: numbers, and arrays of one entry."""
    value = concrete(x)
    return float(value) if isinstance(value, np.ndarray) else value


def _one_entry(x: Any) -> Any:
    expr = lift(x)
    return expr if not expr.shape else faithful.squeeze(expr)


def _elementary(name: str) -> None:
    function, build = getattr(math, name), TABLE[_RENAMED.get(name, name)]

    def call(*args: Any) -> Any:
        if not any_traced(args, {}):
            return function(*args)
        return wrap(function(*[_scalar(a) for a in args]), build(*[_one_entry(a) for a in args]))

    handles(f"math.{name}")(call)


def _whole(name: str) -> None:
    function = getattr(math, name)

    def call(x: Any) -> Any:
        if not any_traced((x,), {}):
            return function(x)
        return TracedInt(function(_scalar(x)), lambda: faithful.function(name, _one_entry(x)))

    handles(f"math.{name}")(call)


def _plain(name: str) -> None:
    function: Callable[..., Any] = getattr(math, name)
    handles(f"math.{name}")(lambda *args, **kwargs: function(*[_scalar(a) for a in args], **kwargs))


for _name in dir(math):
    if _name in _WHOLE:
        _whole(_name)
    elif _name in _TRUTH:
        _plain(_name)
    elif callable(getattr(math, _name)) and _RENAMED.get(_name, _name) in TABLE and _name != "log":
        _elementary(_name)


@handles("math.log")
def log(x: Any, base: Any = None) -> Any:
    """The logarithm, natural or to a base."""
    if not any_traced((x, base), {}):
        return math.log(x) if base is None else math.log(x, base)
    natural = wrap(math.log(_scalar(x)), faithful.function("log", _one_entry(x)))
    return natural if base is None else natural / log(base)


@handles("math.fsum")
def fsum(seq: Any) -> Any:
    """The sum of a sequence."""
    items = list(seq)
    if not any_traced(items, {}):
        return math.fsum(items)
    total = items[0]
    for x in items[1:]:
        total = total + x
    return total


@handles("math.prod")
def product(seq: Any, *, start: Any = 1) -> Any:
    """The product of a sequence."""
    total = start
    for x in seq:
        total = total * x
    return total


@handles("math.dist")
def distance(p: Any, q: Any) -> Any:
    """The Euclidean distance."""
    return HANDLERS["math.sqrt"](sum((a - b) * (a - b) for a, b in zip(p, q, strict=True)))


class Normal:
    """``scipy.stats.norm``."""

    def pdf(self, x: Any, loc: Any = 0, scale: Any = 1) -> Any:
        """φ(x)."""
        return HANDLERS["exp"](self.logpdf(x, loc, scale))

    def logpdf(self, x: Any, loc: Any = 0, scale: Any = 1) -> Any:
        """log φ(x) = −x²/2 − log √(2π)."""
        z = (x - loc) / scale
        return z * z * -0.5 - math.log(math.sqrt(2 * math.pi)) - HANDLERS["log"](scale)

    def cdf(self, x: Any, loc: Any = 0, scale: Any = 1) -> Any:
        """Φ(x) = (1 + erf(x/√2))/2."""
        z = HANDLERS["asarray"]((x - loc) / scale)
        half = faithful.times(
            number(0.5),
            faithful.function("erfc", faithful.divide(faithful.negative(lift(z)), number(math.sqrt(2)))),
        )
        return wrap(0.5 * _erfc(-concrete(z) / math.sqrt(2)), half)

    def logcdf(self, x: Any, loc: Any = 0, scale: Any = 1) -> Any:
        """log Φ(x)."""
        return HANDLERS["log"](self.cdf(x, loc, scale))

    def sf(self, x: Any, loc: Any = 0, scale: Any = 1) -> Any:
        """1 − Φ(x)."""
        return self.cdf(-(x - loc) / scale)

    def __getattr__(self, name: str) -> Any:
        from scipy import stats

        function = getattr(stats.norm, name)
        return lambda *args, **kwargs: call_plainly(f"scipy.stats.norm.{name}", function, args, kwargs)


def _erfc(x: Any) -> Any:
    return np.vectorize(math.erfc, otypes=[float])(x) if np.ndim(x) else np.float64(math.erfc(x))


HANDLERS["scipy.stats.norm"] = Normal()  # type: ignore[assignment]


@handles("scipy.spatial.distance.pdist")
def pdist(X: Any, metric: str = "euclidean", **kwargs: Any) -> Any:
    """Distances between all pairs of different rows."""
    x = HANDLERS["asarray"](X)
    i, j = np.triu_indices(len(concrete(x)), 1)
    return _distance(x[i] - x[j], metric)


@handles("scipy.spatial.distance.squareform")
def squareform(X: Any, force: str = "no", checks: bool = True) -> Any:
    """Distances of pairs as a symmetric matrix, and back."""
    x = HANDLERS["asarray"](X)
    if np.ndim(concrete(x)) == 2:
        return x[np.triu_indices(len(concrete(x)), 1)]
    n = round((1 + math.sqrt(1 + 8 * len(concrete(x)))) / 2)
    i, j = np.triu_indices(n, 1)
    result = HANDLERS["zeros"]((n, n))
    result[i, j] = x
    result[j, i] = x
    return result


def _distance(gaps: Any, metric: str) -> Any:
    if metric == "sqeuclidean":
        return HANDLERS["sum"](gaps**2, axis=-1)
    if metric in ("cityblock", "manhattan"):
        return HANDLERS["sum"](abs(gaps), axis=-1)
    if metric == "euclidean":
        return HANDLERS["sqrt"](HANDLERS["sum"](gaps**2, axis=-1))
    raise active().error(f"the metric {metric!r} cannot be followed", "write the distance out")


@handles("scipy.spatial.distance.cdist")
def cdist(XA: Any, XB: Any, metric: str = "euclidean", **kwargs: Any) -> Any:
    """Distances between all pairs of rows."""
    a, b = HANDLERS["asarray"](XA), HANDLERS["asarray"](XB)
    return _distance(a[:, None, :] - b[None, :, :], metric)
