"""The ``math`` module, and small SciPy functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.expr.node import number
from gradproof.read import faithful
from gradproof.read.calling import any_traced, call_plainly
from gradproof.read.dispatch import HANDLERS, UFUNCS, handles
from gradproof.read.traced import Traced, TracedInt, concrete, lift, wrap

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
    function, build = getattr(math, name), UFUNCS[_RENAMED.get(name, name)]

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
    elif callable(getattr(math, _name)) and _RENAMED.get(_name, _name) in UFUNCS and _name != "log":
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


def _density(name: str, build: Any) -> None:
    handles(f"scipy.stats.{name}")(build)


@handles("scipy.spatial.distance.cdist")
def cdist(XA: Any, XB: Any, metric: str = "euclidean", **kwargs: Any) -> Any:  # noqa: N803
    """Distances between all pairs of rows."""
    a, b = HANDLERS["asarray"](XA), HANDLERS["asarray"](XB)
    gaps = a[:, None, :] - b[None, :, :]
    if metric == "sqeuclidean":
        return HANDLERS["sum"](gaps**2, axis=-1)
    if metric in ("cityblock", "manhattan"):
        return HANDLERS["sum"](abs(gaps), axis=-1)
    if metric == "euclidean":
        return HANDLERS["sqrt"](HANDLERS["sum"](gaps**2, axis=-1))
    from_call: Any = call_plainly("scipy.spatial.distance.cdist", lambda x, y: None, (a, b), {})
    return from_call


__all__ = ["Traced", "number"]
