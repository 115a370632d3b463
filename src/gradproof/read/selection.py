"""Selecting, sorting, scattering, and functions that call the user's own function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.expr.node import Expr, make, number
from gradproof.expr.reduction import ARGSORT
from gradproof.read import faithful
from gradproof.read.calling import adopt, any_traced, call_plainly, original, reader
from gradproof.read.dispatch import HANDLERS, handles
from gradproof.read.operators import rounded
from gradproof.read.recorder import active
from gradproof.read.traced import Traced, concrete, lift, wrap

ZERO = number(0)


def truth(x: Any) -> Expr:
    """The boolean expression of a condition."""
    expr = lift(x)
    return expr if np.asarray(concrete(x)).dtype.kind == "b" else faithful.function("not_equal", expr, ZERO)


@handles("where")
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """One or the other, entry by entry; with a condition alone, where it holds."""
    if x is None and y is None:
        return adopt(np.nonzero(concrete(condition)))
    value = np.where(concrete(condition), concrete(x), concrete(y))
    if not any_traced((condition, x, y), {}):
        return adopt(value)
    return wrap(value, faithful.function("where", truth(condition), lift(x), lift(y)))


@handles("select")
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """The first choice whose condition holds."""
    result = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = where(condition, choice, result)
    return result


@handles("piecewise")
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kwargs: Any) -> Any:
    """A function of its own on each part."""
    x = HANDLERS["asarray"](x)
    conditions = [
        np.asarray(concrete(c)) for c in (condlist if isinstance(condlist, list | tuple) else [condlist])
    ]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.any(conditions, axis=0))
    result = HANDLERS["zeros_like"](x)
    for condition, function in zip(conditions, funclist, strict=True):
        result[condition] = function(x[condition], *args, **kwargs) if callable(function) else function
    return result


@handles("choose")
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """Entries from the choice that each index names."""
    result = choices[0]
    for k in range(1, len(choices)):
        result = where(a == k, choices[k], result)
    return result


# --- sorting ----------------------------------------------------------------------------------------


@handles("argsort")
def argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, **kwargs: Any) -> Any:
    """The permutation that sorts."""
    x = HANDLERS["ravel"](a) if axis is None else HANDLERS["asarray"](a)
    axis = -1 if axis is None else axis
    value = np.argsort(concrete(x), axis=axis, kind="stable")
    return wrap(value, make(ARGSORT, (lift(x),), ((int(axis) % value.ndim,),)))


@handles("sort")
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, **kwargs: Any) -> Any:
    """The entries in ascending order."""
    x = HANDLERS["ravel"](a) if axis is None else HANDLERS["asarray"](a)
    axis = -1 if axis is None else axis
    order = argsort(x, axis)
    if np.ndim(concrete(x)) == 1:
        return x[order]
    return HANDLERS["take_along_axis"](x, order, axis)


@handles("ndarray.sort")
def sort_in_place(self: Any, axis: int = -1, **kwargs: Any) -> None:
    """Sort the memory itself."""
    self[...] = sort(self, axis)


@handles("partition")
def partition(a: Any, kth: Any, axis: Any = -1, **kwargs: Any) -> Any:
    """The entries partly sorted."""
    x = HANDLERS["asarray"](a)
    return HANDLERS["take_along_axis"](x, np.argpartition(concrete(x), concrete(kth), axis=axis), axis)


@handles("ndarray.partition")
def partition_in_place(self: Any, kth: Any, axis: Any = -1, **kwargs: Any) -> None:
    """Partly sort the memory itself."""
    self[...] = partition(self, kth, axis)


@handles("ndarray.compress")
def compress_method(self: Any, condition: Any, axis: Any = None, out: Any = None) -> Any:
    """Entries where a condition holds."""
    return compress(condition, self, axis)


@handles("compress")
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    """Entries where a condition holds."""
    return HANDLERS["take"](a, np.flatnonzero(concrete(condition)), axis)


handles("extract")(lambda condition, arr: HANDLERS["ravel"](arr)[HANDLERS["ravel"](condition) != 0])


@reader("round", "around", "round_")
def _round(a: Expr, decimals: int = 0, out: Any = None) -> Expr:
    return rounded(a, decimals)


@handles("fix")
def fix(x: Any, out: Any = None) -> Any:
    """Towards zero."""
    return HANDLERS["trunc"](x)


@handles("diff")
def diff(a: Any, n: int = 1, axis: int = -1, **kwargs: Any) -> Any:
    """Differences of neighbours."""
    x = HANDLERS["asarray"](a)
    lead = (slice(None),) * (axis % np.ndim(concrete(x)))
    for _ in range(n):
        x = x[(*lead, slice(1, None))] - x[(*lead, slice(None, -1))]
    return x


handles("ediff1d")(lambda ary: diff(HANDLERS["ravel"](ary)))


@handles("polyval")
def polyval(p: Any, x: Any) -> Any:
    """Horner's scheme."""
    result: Any = 0
    for c in p:
        result = result * x + c
    return result


@handles("trapezoid", "trapz")
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The trapezoidal rule."""
    if axis not in (-1, np.ndim(concrete(y)) - 1):
        raise active().error("np.trapezoid over an inner axis cannot be followed", "move the axis to the end")
    y = HANDLERS["asarray"](y)
    width = dx if x is None else diff(x)
    return HANDLERS["sum"](width * (y[..., 1:] + y[..., :-1]) * 0.5, axis=-1)


# --- stores -----------------------------------------------------------------------------------------


@handles("__at__")
def ufunc_at(ufunc: Any, target: Any, indices: Any, value: Any) -> None:
    """``np.add.at``: repeated entries add up."""
    if ufunc.__name__ not in ("add", "subtract") or type(target) is not Traced:
        raise active().error(
            f"np.{ufunc.__name__}.at cannot be followed", "use np.add.at on an array made in the function"
        )
    expr = lift(value)
    signed = expr if ufunc.__name__ == "add" else faithful.negative(expr)
    seen = target[indices] if type(indices) is not tuple or len(indices) else target
    shape = np.shape(concrete(seen))
    positions = np.arange(target._c.size).reshape(target._c.shape)[concrete(indices)]
    grown = concrete(target).copy()
    ufunc.at(grown, concrete(indices), concrete(value))
    HANDLERS["__add_into__"](target, indices, positions, faithful.broadcast_to(signed, shape), grown)


@handles("put")
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """Stores at flat positions."""
    a.flat[ind] = v


@handles("put_along_axis")
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """Stores along an axis, at positions of their own for each line."""
    at = np.asarray(concrete(indices))
    shape = arr._c.shape
    positions = np.take_along_axis(np.arange(arr._c.size).reshape(shape), at, axis)
    arr[np.unravel_index(positions, shape)] = values


@handles("fill_diagonal")
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """Stores on the diagonal."""
    at = np.arange(min(a._c.shape))
    a[(at,) * a._c.ndim] = val


@handles("copyto")
def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """Stores everywhere, or where a mask holds."""
    if where is True:
        dst[...] = src
    else:
        dst[...] = HANDLERS["where"](where, src, dst)


@handles("putmask", "place")
def putmask(a: Any, mask: Any, values: Any) -> None:
    """Stores where a mask holds."""
    count = int(np.sum(concrete(mask)))
    a[mask] = (
        values if not np.ndim(concrete(values)) else HANDLERS["resize"](HANDLERS["asarray"](values), (count,))
    )


# --- functions of functions -------------------------------------------------------------------------


@handles("vectorize")
def vectorize(pyfunc: Callable[..., Any], otypes: Any = None, **kwargs: Any) -> Callable[..., Any]:
    """The function, called entry by entry."""
    if kwargs.get("signature") or kwargs.get("excluded"):
        raise active().error("np.vectorize with a signature cannot be followed", "write the loop")

    def call(*args: Any) -> Any:
        arrays = [HANDLERS["asarray"](a) for a in args]
        shape = np.broadcast_shapes(*[np.shape(concrete(a)) for a in arrays])
        flat = [HANDLERS["ravel"](HANDLERS["broadcast_to"](a, shape)) for a in arrays]
        results = [pyfunc(*entries) for entries in zip(*flat, strict=True)]
        if not shape:
            return results[0]
        return HANDLERS["reshape"](HANDLERS["array"](results), shape)

    return call


@handles("apply_along_axis")
def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """The function, called line by line."""
    x = HANDLERS["moveaxis"](arr, axis, -1)
    lead = np.shape(concrete(x))[:-1]
    results = [func1d(x[place], *args, **kwargs) for place in np.ndindex(lead)]
    joined = HANDLERS["array"](results) if any_traced(results, {}) else adopt(np.array(results))
    shaped = HANDLERS["reshape"](joined, (*lead, *np.shape(concrete(joined))[1:]))
    extra = len(np.shape(concrete(shaped))) - len(lead)
    return HANDLERS["moveaxis"](shaped, -1, axis) if extra == 1 else shaped


# --- what has no derivative: plain results ----------------------------------------------------------

_PLAIN = (
    "nonzero", "flatnonzero", "argwhere", "searchsorted", "digitize", "isclose", "lexsort",
    "argpartition", "unravel_index", "ravel_multi_index", "array_equal", "allclose", "array_equiv",
    "isscalar", "ndim", "iscomplexobj", "isrealobj", "may_share_memory", "shares_memory",
    "array2string", "array_repr", "array_str", "save", "savetxt", "issubdtype", "result_type",
    "can_cast", "isposinf", "isneginf", "isin", "in1d", "bincount", "unpackbits", "packbits",
    "iscomplex", "isreal", "common_type", "min_scalar_type", "promote_types",
)  # fmt: skip


def _plainly(name: str) -> None:
    def handler(*args: Any, **kwargs: Any) -> Any:
        function = original(name)
        return adopt(function(*[concrete(a) for a in args], **{k: concrete(v) for k, v in kwargs.items()}))

    handles(name)(handler)


for _name in _PLAIN:
    if hasattr(np, _name) and _name != "bincount":
        _plainly(_name)


@handles("bincount")
def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    """Counts, or sums of weights, by whole number."""
    at = concrete(x)
    if weights is None:
        return adopt(np.bincount(at, minlength=int(minlength)))
    result = HANDLERS["zeros"](max(int(np.max(at)) + 1, int(minlength)))
    ufunc_at(np.add, result, x, weights)
    return result


@handles("shape")
def shape(a: Any) -> Any:
    """The sizes of the axes."""
    return a.shape if type(a) is Traced else np.shape(concrete(a))


@handles("size")
def size(a: Any, axis: Any = None) -> Any:
    """The number of entries."""
    if type(a) is not Traced:
        return np.size(concrete(a), axis)
    return a.size if axis is None else a.shape[int(axis)]


@handles("unique")
def unique(ar: Any, *args: Any, **kwargs: Any) -> Any:
    """Distinct entries, of data."""
    return call_plainly("np.unique", np.unique, (ar, *args), kwargs)


@handles("real", "real_if_close")
def real(val: Any) -> Any:
    """Real numbers are their own real part."""
    return val
