"""NumPy's and SciPy's universal functions, by name."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.expr.node import Expr, make, number
from gradproof.expr.reduction import CUMSUM
from gradproof.expr.special import polygamma
from gradproof.read import faithful
from gradproof.read.calling import adopt, any_traced, call_plainly, into, widened
from gradproof.read.dispatch import HANDLERS, UFUNCS, handles
from gradproof.read.faithful import divide, function, minus, negative, plus, power, square, times
from gradproof.read.operators import is_matrix, logical
from gradproof.read.recorder import Pending, active
from gradproof.read.traced import Traced, concrete, lift, wrap

ONE, TWO, ZERO = number(1), number(2), number(0)
LOG_2 = number(math.log(2))
_SAME_NAME = (
    "exp", "log", "log1p", "expm1", "log2", "log10", "exp2", "sin", "cos", "tan", "arcsin", "arccos",
    "arctan", "arctan2", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "sign", "maximum",
    "minimum", "greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and",
    "logical_or", "logical_xor", "logical_not", "isnan", "isfinite", "floor", "ceil", "rint", "trunc",
    "floor_divide", "logaddexp", "erf", "gammaln",
)  # fmt: skip
for _name in _SAME_NAME:
    UFUNCS[_name] = logical(_name)


def _log_sigmoid(x: Expr) -> Expr:
    return negative(function("softplus", negative(x)))


def _xlogy(x: Expr, y: Expr) -> Expr:
    """x log y, and 0 where x = 0."""
    zero = function("equal", x, ZERO)
    safe = function("where", zero, ONE, y)
    return times(x, function("log", safe))


def _heaviside(x: Expr, at_zero: Expr) -> Expr:
    return function("where", function("equal", x, ZERO), at_zero, function("greater", x, ZERO))


def _is_infinite(x: Expr) -> Expr:
    return function("logical_not", function("logical_or", function("isfinite", x), function("isnan", x)))


def _copysign(x: Expr, y: Expr) -> Expr:
    size = function("abs", x)
    return function("where", function("less", y, ZERO), negative(size), size)


def _fmod(x: Expr, y: Expr) -> Expr:
    return minus(x, times(y, function("trunc", divide(x, y))))


def _cube_root(x: Expr) -> Expr:
    return times(function("sign", x), power(function("abs", x), number(Fraction(1, 3))))


UFUNCS.update(
    {
        "add": plus,
        "subtract": minus,
        "multiply": times,
        "divide": divide,
        "true_divide": divide,
        "negative": negative,
        "positive": lambda x: x,
        "power": power,
        "float_power": power,
        "pow": power,
        "matmul": faithful.matmul,
        "sqrt": faithful.sqrt,
        "square": square,
        "cbrt": _cube_root,
        "reciprocal": lambda x: power(x, number(-1)),
        "absolute": logical("abs"),
        "abs": logical("abs"),
        "fabs": logical("abs"),
        "fmax": logical("maximum"),
        "fmin": logical("minimum"),
        "remainder": logical("mod"),
        "mod": logical("mod"),
        "fmod": _fmod,
        "isinf": _is_infinite,
        "hypot": lambda x, y: faithful.sqrt(plus(square(x), square(y))),
        "heaviside": _heaviside,
        "deg2rad": lambda x: times(number(math.pi / 180), x),
        "radians": lambda x: times(number(math.pi / 180), x),
        "rad2deg": lambda x: times(number(180 / math.pi), x),
        "degrees": lambda x: times(number(180 / math.pi), x),
        "logaddexp2": lambda x, y: divide(function("logaddexp", times(x, LOG_2), times(y, LOG_2)), LOG_2),
        "conjugate": lambda x: x,
        "conj": lambda x: x,
        "copysign": _copysign,
        "signbit": lambda x: function("less", x, ZERO),
        "bitwise_and": logical("logical_and"),
        "bitwise_or": logical("logical_or"),
        "bitwise_xor": logical("logical_xor"),
        "invert": logical("logical_not"),
        "bitwise_not": logical("logical_not"),
        # numpy 1 and math names
        "asin": logical("arcsin"),
        "acos": logical("arccos"),
        "atan": logical("arctan"),
        "atan2": logical("arctan2"),
        "asinh": logical("arcsinh"),
        "acosh": logical("arccosh"),
        "atanh": logical("arctanh"),
        "ldexp": lambda x, n: times(x, power(TWO, n)),
        # scipy.special
        "expit": logical("sigmoid"),
        "log_expit": _log_sigmoid,
        "xlogy": _xlogy,
        "logit": lambda x: minus(function("log", x), function("log1p", negative(x))),
        "xlog1py": lambda x, y: _xlogy(x, plus(ONE, y)),
        "entr": lambda x: negative(_xlogy(x, x)),
        "rel_entr": lambda x, y: minus(_xlogy(x, x), _xlogy(x, y)),
        "kl_div": lambda x, y: plus(minus(minus(_xlogy(x, x), _xlogy(x, y)), x), y),
        "erfc": logical("erfc"),
        "lgamma": logical("gammaln"),
        "loggamma": logical("gammaln"),
        "psi": lambda x: polygamma(0, x),
        "digamma": lambda x: polygamma(0, x),
        "gamma": lambda x: function("exp", function("gammaln", x)),
        "ndtr": lambda x: times(
            number(Fraction(1, 2)), plus(ONE, function("erf", divide(x, number(math.sqrt(2)))))
        ),
    }
)
_ON_BOOLEANS = {
    "add": "logical_or",
    "maximum": "logical_or",
    "multiply": "logical_and",
    "minimum": "logical_and",
}
_INTEGERS_ONLY = {
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "invert",
    "bitwise_not",
    "left_shift",
    "right_shift",
    "gcd",
    "lcm",
}


def call_ufunc(ufunc: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``ufunc(*args)`` on traced values."""
    name = ufunc.__name__
    out = kwargs.pop("out", None) if kwargs else None
    where = kwargs.pop("where", True) if kwargs else True
    kwargs.pop("casting", None)
    if len(args) > ufunc.nin:
        args, out = args[: ufunc.nin], args[ufunc.nin]
    plain = [concrete(a) for a in args]
    if where is not True:
        return _where(ufunc, args, plain, out, where)
    value = ufunc(*plain)
    build = UFUNCS.get(name)
    if name in {"modf", "divmod"} or build is None:
        return _without_reader(ufunc, name, args)
    kind = value.dtype.kind if isinstance(value, np.ndarray | np.generic) else "f"
    if kind in "?b" and name in _ON_BOOLEANS:
        build = logical(_ON_BOOLEANS[name])
    elif kind in "iu" and name in _INTEGERS_ONLY:
        return into(out, wrap(value, Pending(value, "literal")))
    elif name == "multiply" and is_matrix(*plain):
        return into(out, wrap(value, times(lift(args[0]), lift(args[1]))))
    if kind == "f":
        value = widened(value)
    return into(out, wrap(value, build(*[lift(a) for a in args])))


def _without_reader(ufunc: Any, name: str, args: tuple[Any, ...]) -> Any:
    if name == "divmod":
        return args[0] // args[1], args[0] % args[1]
    if name == "modf":
        whole = HANDLERS["trunc"](args[0])
        return args[0] - whole, whole
    return call_plainly(name, ufunc, args, {})


def _where(ufunc: Any, args: tuple[Any, ...], plain: list[Any], out: Any, where: Any) -> Any:
    """Masked ufuncs: the result where the mask holds, the output's old entries elsewhere."""
    target = out[0] if isinstance(out, tuple) else out
    if target is None:
        raise active().error(
            f"np.{ufunc.__name__}(where=...) without out leaves entries undefined", "give out="
        )
    build = UFUNCS.get(ufunc.__name__)
    if build is None or type(target) is not Traced:
        raise active().error(f"np.{ufunc.__name__}(where=...) cannot be followed", "use np.where")
    value = ufunc(*plain, out=np.array(target._c, dtype=float), where=concrete(where))
    # entries outside of the mask keep a harmless argument, so that their derivative is 0 and not 0·∞
    safe = [function("where", lift(where), lift(a), ONE) for a in args]
    expr = function("where", lift(where), build(*safe), target.expr)
    target[...] = wrap(value, expr)
    return target


@handles("__ufunc__")
def on_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """NumPy's ufunc protocol."""
    if method == "__call__":
        return call_ufunc(ufunc, inputs, dict(kwargs))
    return METHODS[method](ufunc, *inputs, **kwargs)


_REDUCERS = {
    "add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all",
    "logical_or": "any", "fmax": "max", "fmin": "min", "logaddexp": "scipy.special.logsumexp",
}  # fmt: skip


def _reduce(
    ufunc: Any,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    **rest: Any,
) -> Any:
    name = _REDUCERS.get(ufunc.__name__)
    if name is None or rest:
        raise active().error(f"np.{ufunc.__name__}.reduce cannot be followed", "write it as a loop")
    return into(out, HANDLERS[name](array, axis=axis, keepdims=keepdims))


def _accumulate(ufunc: Any, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    if ufunc.__name__ == "add":
        return into(out, HANDLERS["cumsum"](array, axis=axis))
    if ufunc.__name__ == "multiply":
        return into(out, HANDLERS["cumprod"](array, axis=axis))
    if ufunc.__name__ in ("maximum", "minimum"):
        return into(out, _running(ufunc, array, axis))
    raise active().error(f"np.{ufunc.__name__}.accumulate cannot be followed", "write it as a loop")


def _running(ufunc: Any, array: Any, axis: int) -> Any:
    """Running maximum: the entries at the positions where it was last renewed."""
    plain = concrete(array)
    value = ufunc.accumulate(plain, axis=axis)
    moved, best = np.moveaxis(plain, axis, 0), np.moveaxis(value, axis, 0)
    at = np.zeros(moved.shape, dtype=int)
    for k in range(1, len(moved)):
        at[k] = np.where(moved[k] == best[k], k, at[k - 1])
    return HANDLERS["take_along_axis"](array, np.moveaxis(at, 0, axis), axis)


def _outer(ufunc: Any, a: Any, b: Any, **kwargs: Any) -> Any:
    left = HANDLERS["asarray"](a)
    return call_ufunc(
        ufunc, (HANDLERS["reshape"](left, np.shape(concrete(a)) + (1,) * np.ndim(concrete(b))), b), kwargs
    )


def _at(ufunc: Any, target: Any, indices: Any, value: Any = None) -> None:
    HANDLERS["__at__"](ufunc, target, indices, value)


METHODS: dict[str, Callable[..., Any]] = {
    "reduce": _reduce,
    "accumulate": _accumulate,
    "outer": _outer,
    "at": _at,
}


TABLE = UFUNCS  # filled now


class TracedUfunc:
    """A ufunc as the traced module sees it."""

    def __init__(self, ufunc: Any) -> None:
        self._ufunc = ufunc
        self.__name__ = ufunc.__name__
        self.__doc__ = ufunc.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As the ufunc."""
        ufunc = self._ufunc
        if len(args) == 1 and not kwargs and type(args[0]) is Traced:
            build = UFUNCS.get(self.__name__)
            x = args[0]
            if build is not None and self.__name__ not in _INTEGERS_ONLY:
                return wrap(ufunc(x._c), build(x.expr))
        if not any_traced(args, kwargs):
            return adopt(ufunc(*args, **kwargs))
        return call_ufunc(ufunc, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        method = METHODS.get(name)
        if method is None:
            return getattr(self._ufunc, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            if not any_traced(args, kwargs):
                return adopt(getattr(self._ufunc, name)(*args, **kwargs))
            return method(self._ufunc, *args, **kwargs)

        return call

    def __repr__(self) -> str:
        return repr(self._ufunc)


for _name in UFUNCS:
    if isinstance(getattr(np, _name, None), np.ufunc):
        HANDLERS.setdefault(_name, TracedUfunc(getattr(np, _name)))


@handles("cumsum")
def cumulative_sum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Cumulative sum, of the flattened array by default."""
    if not any_traced((a,), {}):
        return adopt(np.cumsum(a, axis=axis))
    if axis is None:
        a, axis = HANDLERS["ravel"](a), 0
    expr = lift(a)
    return into(
        out, wrap(np.cumsum(concrete(a), axis=axis), make(CUMSUM, (expr,), ((int(axis) % expr.ndim,),)))
    )
