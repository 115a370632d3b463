"""NumPy's reductions: sums, means, extrema, norms, counts."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.expr import reduction
from gradproof.expr.node import Expr, number
from gradproof.read import faithful
from gradproof.read.calling import any_traced, call_plainly, into, reader
from gradproof.read.dispatch import HANDLERS, handles
from gradproof.read.faithful import divide, function, minus, power, square, sum_over, times
from gradproof.read.recorder import active
from gradproof.read.traced import concrete, lift, wrap

NO_VALUE = np._NoValue
ZERO, ONE = number(0), number(1)


def _keep(keepdims: Any) -> bool:
    return bool(keepdims) and keepdims is not NO_VALUE


@reader("sum", "nansum")
def _sum(a: Expr, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False) -> Expr:
    return sum_over(a, axis, _keep(keepdims))


@reader("mean", "nanmean")
def _mean(a: Expr, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False) -> Expr:
    return times(number(Fraction(1, reduction.count(a, axis))), sum_over(a, axis, _keep(keepdims)))


def _variance(a: Expr, axis: Any, ddof: int, keepdims: bool) -> Expr:
    count = reduction.count(a, axis)
    centred = minus(a, times(number(Fraction(1, count)), sum_over(a, axis, True)))
    return times(number(Fraction(1, count - ddof)), sum_over(square(centred), axis, keepdims))


@reader("var")
def _var(
    a: Expr, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0, keepdims: Any = False
) -> Expr:
    return _variance(a, axis, ddof, _keep(keepdims))


@reader("std")
def _std(
    a: Expr, axis: Any = None, dtype: Any = None, out: Any = None, ddof: int = 0, keepdims: Any = False
) -> Expr:
    return faithful.sqrt(_variance(a, axis, ddof, _keep(keepdims)))


def reduce(name: str, a: Expr, axis: Any, keepdims: Any) -> Expr:
    """A reduction that is an operation of its own."""
    return reduction.reduce(name, a, axis, _keep(keepdims)) if a.shape else a


@reader("max", "amax", "nanmax")
def _max(a: Expr, axis: Any = None, out: Any = None, keepdims: Any = False) -> Expr:
    return reduce("max", a, axis, keepdims)


@reader("min", "amin", "nanmin")
def _min(a: Expr, axis: Any = None, out: Any = None, keepdims: Any = False) -> Expr:
    return reduce("min", a, axis, keepdims)


@reader("ptp")
def _ptp(a: Expr, axis: Any = None, out: Any = None, keepdims: Any = False) -> Expr:
    return minus(reduce("max", a, axis, keepdims), reduce("min", a, axis, keepdims))


@reader("prod")
def _prod(a: Expr, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False) -> Expr:
    return reduce("prod", a, axis, keepdims)


@reader("argmax")
def _argmax(a: Expr, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Expr:
    return reduction.reduce("argmax", a, axis, _keep(keepdims))


@reader("argmin")
def _argmin(a: Expr, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Expr:
    return reduction.reduce("argmin", a, axis, _keep(keepdims))


@reader("all")
def _all(a: Expr, axis: Any = None, out: Any = None, keepdims: Any = False) -> Expr:
    return reduction.reduce("all", a, axis, _keep(keepdims))


@reader("any")
def _any(a: Expr, axis: Any = None, out: Any = None, keepdims: Any = False) -> Expr:
    return reduction.reduce("any", a, axis, _keep(keepdims))


@reader("count_nonzero")
def _count_nonzero(a: Expr, axis: Any = None, *, keepdims: Any = False) -> Expr:
    return sum_over(function("not_equal", a, ZERO), axis, _keep(keepdims))


@handles("average")
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, **kwargs: Any) -> Any:
    """Weighted mean."""
    if weights is None:
        return HANDLERS["mean"](a, axis=axis, **kwargs)
    w, x = HANDLERS["asarray"](weights), HANDLERS["asarray"](a)
    if axis is not None and np.ndim(concrete(w)) == 1 and np.ndim(concrete(x)) > 1:
        w = HANDLERS["reshape"](
            w, [-1 if k == axis % np.ndim(concrete(x)) else 1 for k in range(np.ndim(concrete(x)))]
        )
        w = w * HANDLERS["ones_like"](x)
    total = HANDLERS["sum"](w, axis=axis, **kwargs)
    mean = HANDLERS["sum"](x * w, axis=axis, **kwargs) / total
    return (mean, total) if returned else mean


@handles("cumprod")
def cumulative_product(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running products, one entry after another."""
    if not any_traced((a,), {}):
        return call_plainly("cumprod", np.cumprod, (a, axis), {})
    x = HANDLERS["ravel"](a) if axis is None else HANDLERS["moveaxis"](a, axis, 0)
    rows: list[Any] = []
    for k in range(len(x)):
        rows.append(x[k] if not rows else rows[-1] * x[k])
    result = HANDLERS["stack"](rows)
    return into(out, result if axis is None else HANDLERS["moveaxis"](result, 0, axis))


@handles("median")
def median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """The middle of the sorted entries."""
    if axis is None:
        x, axis = HANDLERS["ravel"](a), 0
        assert not keepdims or np.ndim(concrete(a)) == 1
    else:
        x = a
    ordered = HANDLERS["moveaxis"](HANDLERS["sort"](x, axis=axis), axis, 0)
    n = len(concrete(ordered))
    middle = ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) * 0.5
    return HANDLERS["expand_dims"](middle, axis) if keepdims else middle


# --- norms ------------------------------------------------------------------------------------------


def _vector_norm(x: Expr, order: Any, axis: Any, keepdims: bool) -> Expr:
    if order is None or order == 2:
        return faithful.sqrt(sum_over(square(x), axis, keepdims))
    size = function("abs", x)
    if order == 1:
        return sum_over(size, axis, keepdims)
    if order == math.inf:
        return reduce("max", size, axis, keepdims)
    if order == -math.inf:
        return reduce("min", size, axis, keepdims)
    if order == 0:
        return sum_over(function("not_equal", x, ZERO), axis, keepdims)
    p = number(order)
    return power(sum_over(power(size, p), axis, keepdims), divide(ONE, p))


def _matrix_norm(x: Expr, order: Any, axes: tuple[int, int], keepdims: bool) -> Expr:
    row, column = axes
    size = function("abs", x)
    if order in ("fro", None):
        return faithful.sqrt(sum_over(square(x), axes, keepdims))
    if order in (1, math.inf) and not keepdims and x.ndim == 2:
        return reduce("max", sum_over(size, row if order == 1 else column), None, False)
    raise NotImplementedError


@reader("linalg.norm")
def _norm(x: Expr, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Expr:  # noqa: A002 - NumPy's name
    if axis is None and (ord is None or x.ndim == 1):
        return _vector_norm(x, ord, None, keepdims)
    if axis is None or (isinstance(axis, tuple) and len(axis) == 2):
        return _matrix_norm(x, ord, axis or (0, 1), keepdims)
    return _vector_norm(x, ord, axis, keepdims)


@reader("linalg.vector_norm")
def _vector(x: Expr, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Expr:  # noqa: A002
    return _vector_norm(x, ord, axis, keepdims)


# --- softmax and friends ----------------------------------------------------------------------------


@handles("scipy.special.logsumexp")
def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """Log Σ b exp(a)."""
    if return_sign:
        raise active().error("logsumexp(return_sign=True) cannot be followed", "leave return_sign out")
    if b is not None:
        return HANDLERS["log"](HANDLERS["sum"](b * HANDLERS["exp"](a), axis=axis, keepdims=keepdims))
    value = concrete(a)
    expr = reduction.reduce("logsumexp", lift(a), axis, keepdims)
    top = np.max(value, axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(value - top), axis=axis, keepdims=True)) + top
    return wrap(total if keepdims else np.squeeze(total, axis=axis)[()], expr)


@reader("scipy.special.softmax")
def _softmax(x: Expr, axis: Any = None) -> Expr:
    return reduction.softmax(x, axis)


@reader("scipy.special.log_softmax")
def _log_softmax(x: Expr, axis: Any = None) -> Expr:
    return minus(x, reduction.reduce("logsumexp", x, axis, True))


@reader("trace")
def _trace(a: Expr, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Expr:
    from_diagonal = HANDLERS["__diagonal__"](a, offset, axis1, axis2)
    return sum_over(from_diagonal, from_diagonal.ndim - 1)


@handles("nan_to_num")
def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """NaN and infinities replaced by numbers; in place on request."""
    if not any_traced((x,), {}):
        return call_plainly("np.nan_to_num", np.nan_to_num, (x, copy, nan, posinf, neginf), {})
    x = HANDLERS["asarray"](x)
    value = np.nan_to_num(concrete(x), nan=concrete(nan), posinf=concrete(posinf), neginf=concrete(neginf))
    result = wrap(value, _numbers_only(lift(x), concrete(nan), concrete(posinf), concrete(neginf)))
    if not copy:
        x[...] = result
        return x
    return result


def _numbers_only(x: Expr, nan: float, posinf: Any, neginf: Any) -> Expr:
    biggest = float(np.finfo(np.float64).max)
    high, low = number(biggest if posinf is None else posinf), number(-biggest if neginf is None else neginf)
    infinite = function("where", function("greater", x, ZERO), high, low)
    return function(
        "where", function("isfinite", x), x, function("where", function("isnan", x), number(nan), infinite)
    )
