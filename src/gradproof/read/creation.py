"""Making arrays: literals, zeros, copies, type conversions, lists of traced numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.expr.indexing import concatenate, store
from gradproof.expr.node import Expr, delta, number
from gradproof.expr.product import filled
from gradproof.read import faithful
from gradproof.read.calling import adopt, any_traced, call_plainly, original, widened
from gradproof.read.dispatch import HANDLERS, handles
from gradproof.read.entries import make_view
from gradproof.read.recorder import Pending, active
from gradproof.read.sizes import TracedInt
from gradproof.read.traced import Traced, concrete, lift, wrap

ZERO, ONE = number(0), number(1)


def converted(x: Any, dtype: Any, copy: bool = True) -> Any:
    """A traced array or number in another type: float types are one, integers truncate."""
    c = x._c
    old = np.asarray(c).dtype
    new = old if dtype is None else np.dtype(dtype)
    if new.kind == "f" and new.itemsize < 8:
        active().note(f"{new} is traced as float64")
        new = np.dtype(np.float64)
    if new.kind not in "iufb":
        raise active().error(f"an array is converted to {new}", "keep to real numbers")
    if new == old and not copy:
        return x
    value = np.array(c, dtype=new, copy=True, subok=True) if isinstance(c, np.ndarray) else new.type(c)
    return wrap(value, _cast(x, old.kind, new.kind))


def _cast(x: Any, old: str, new: str) -> Expr | Pending:
    pending = x.pending
    if pending is not None and old == new and pending.kind != "literal":
        return x.expr  # type: ignore[no-any-return]
    expr: Expr = x.expr
    if new == "f":
        return expr if old == "f" else faithful.function("cast_float", expr)
    if new == "b":
        return expr if old == "b" else faithful.function("not_equal", expr, ZERO)
    return expr if old in "iu" else faithful.function("cast_int", expr)


@handles("array")
def array(
    object: Any = None,  # noqa: A002 - NumPy's name
    dtype: Any = None,
    *,
    copy: Any = True,
    order: Any = None,
    subok: bool = False,
    ndmin: int = 0,
    like: Any = None,
) -> Any:
    """A new array from anything."""
    if type(object) is TracedInt or (type(object) is Traced and object._b is None):
        value = np.array(concrete(object), dtype=dtype, ndmin=concrete(ndmin))
        return wrap(widened(value), faithful.broadcast_to(lift(object), value.shape))
    if type(object) is Traced:
        result = converted(object, dtype, bool(copy) or copy is None)
        return _at_least(result, concrete(ndmin))
    if not any_traced((object,), {}):
        if isinstance(object, list | tuple | np.ndarray) and _holds_traced(object):
            return np.array(object, dtype=np.dtype("O"))
        return adopt(np.array(object, dtype=dtype, ndmin=concrete(ndmin), subok=subok))
    if dtype is not None and np.dtype(dtype).kind == "O":
        return _object_array(object)
    stacked = _stacked(list(object))
    return _at_least(converted(stacked, dtype, False), concrete(ndmin))


def _at_least(x: Any, ndim: int) -> Any:
    missing = ndim - np.ndim(concrete(x))
    return HANDLERS["reshape"](x, (1,) * missing + np.shape(concrete(x))) if missing > 0 else x


def _holds_traced(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "O" and any(type(i) is Traced for i in x.flat)


def _object_array(items: Any) -> Any:
    result = np.empty(len(items), dtype=object)
    for k, item in enumerate(items):
        result[k] = item
    return result


def _stacked(items: list[Any]) -> Any:
    """A list of traced numbers, arrays and lists of them, as one array."""
    value = np.array([concrete(i) for i in items])
    if value.dtype.kind == "O":
        raise active().error("a list of arrays of different shapes is turned into an array", "keep it a list")
    kinds: list[Expr] = []
    run: list[Any] = []

    def flush() -> None:
        if run:
            kinds.append(lift(np.asarray(run)))
            run.clear()

    for item in items:
        if not any_traced((item,), {}) and type(item) in (int, float, bool):
            run.append(float(item))
            continue
        flush()
        traced = _stacked(list(item)) if isinstance(item, list | tuple) and any_traced((item,), {}) else item
        kinds.append(
            faithful.expand_dims(
                lift(traced if not isinstance(traced, list | tuple) else np.asarray(traced)), (0,)
            )
        )
    flush()
    return wrap(widened(value), concatenate(kinds, 0))


@handles("asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "asarray_chkfinite", "require")
def asarray(a: Any, dtype: Any = None, order: Any = None, **kwargs: Any) -> Any:
    """The array itself where it is one."""
    if type(a) is Traced and isinstance(a._c, np.ndarray):
        return converted(a, dtype, False)
    if isinstance(a, np.ndarray) and a.dtype.kind in "iufb" and type(a) is np.ndarray and dtype is None:
        result = adopt(a)
        if result._c is a:
            result._b.foreign = True
        return result
    return array(a, dtype)


@handles("asmatrix", "matrix", "mat", "bmat")
def matrix(data: Any, dtype: Any = None, copy: bool = True) -> Any:
    """An np.matrix, whose * is the matrix product."""
    if not any_traced((data,), {}):
        return adopt(
            np.asmatrix(np.array(data, dtype=dtype)) if not isinstance(data, str) else np.matrix(data)
        )
    x = asarray(data, dtype)
    value = np.asmatrix(concrete(x)).copy()
    return wrap(value, HANDLERS["__reshaped__"](lift(x), value.shape))


@handles("copy")
def copied(a: Any, order: Any = None, subok: bool = False) -> Any:
    """A copy with memory of its own."""
    if type(a) is Traced:
        pending = a.pending
        if a._b is None:
            return a
        if pending is not None and pending.kind == "literal":
            return wrap(a._c.copy(), Pending(a._c.copy(), "literal"))
        return wrap(a._c.copy(), a.expr)
    return a if type(a) is TracedInt else array(a)


# --- filled arrays ----------------------------------------------------------------------------------


def _fill(value: Any, expr: Expr) -> Any:
    if value.dtype.kind not in "iufb":
        return value
    value = widened(value)
    return wrap(value, filled(expr, value.shape))


def _shape(shape: Any) -> Any:
    return concrete(
        list(shape)
        if type(shape) not in (list, tuple, int, TracedInt, Traced) and hasattr(shape, "__iter__")
        else shape
    )


def _filling(name: str, expr: Expr) -> None:
    # what np.empty holds is nobody's value; zeros make a trace repeatable
    make = np.ones if name == "ones" else np.zeros

    def filled_array(shape: Any, dtype: Any = None, order: str = "C", **kwargs: Any) -> Any:
        return _fill(make(_shape(shape), dtype=dtype or float), expr)

    def filled_like(
        a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, **kwargs: Any
    ) -> Any:
        plain = concrete(a)
        like = (
            np.zeros_like(plain, dtype=dtype, shape=concrete(shape))
            if shape is not None
            else np.zeros_like(plain, dtype=dtype)
        )
        return _fill(like + like.dtype.type(1) if name == "ones" else like, expr)

    handles(name)(filled_array)
    handles(f"{name}_like")(filled_like)


for _name, _expr in (("zeros", ZERO), ("ones", ONE), ("empty", ZERO)):
    _filling(_name, _expr)


@handles("full")
def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", **kwargs: Any) -> Any:
    """One number everywhere (or an array broadcast)."""
    value = widened(np.full(_shape(shape), concrete(fill_value), dtype=dtype))
    if value.dtype.kind not in "iufb":
        return value
    return wrap(value, faithful.broadcast_to(lift(fill_value), value.shape))


@handles("full_like")
def full_like(a: Any, fill_value: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """One number everywhere, in the shape of another array."""
    value = widened(np.full_like(concrete(a), concrete(fill_value), dtype=dtype))
    return wrap(value, faithful.broadcast_to(lift(fill_value), value.shape))


@handles("eye")
def eye(N: Any, M: Any = None, k: Any = 0, dtype: Any = float, order: str = "C", **kwargs: Any) -> Any:
    """The identity matrix, Kronecker's δ."""
    value = np.eye(int(N), None if M is None else int(M), int(k), dtype=dtype)
    if value.shape[0] == value.shape[1] and int(k) == 0:
        return wrap(widened(value), delta(value.shape[0]))
    return adopt(value)


@handles("identity")
def identity(n: Any, dtype: Any = float, **kwargs: Any) -> Any:
    """The identity matrix."""
    return eye(n, dtype=dtype)


handles("__delta__")(delta)
handles("__filled__")(filled)
handles("__store__")(lambda base, template, value: store(base, [(template, value, [])]))
handles("__reshaped__")(lambda x, shape: HANDLERS["__reshape_expr__"](x, shape))


def _making(name: str) -> None:
    def make(*args: Any, **kwargs: Any) -> Any:
        return call_plainly(f"np.{name}", original(name), args, kwargs)

    handles(name)(make)


for _name in (
    "arange",
    "logspace",
    "geomspace",
    "indices",
    "tri",
    "vander",
    "mgrid",
    "fromfunction",
    "tril_indices",
    "triu_indices",
):
    if callable(getattr(np, _name)):
        _making(_name)


@handles("linspace")
def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Equally spaced numbers."""
    if any(type(x) is Traced for x in (start, stop)) and not retstep and not np.ndim(concrete(start)):
        unit = adopt(np.linspace(0.0, 1.0, int(num), endpoint))
        return start + (stop - start) * unit
    return call_plainly("np.linspace", np.linspace, (start, stop, num, endpoint, retstep, dtype, axis), {})


@handles("meshgrid")
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: Any = "xy") -> Any:
    """Coordinate arrays."""
    parts = [asarray(x) for x in xi]
    grids = np.meshgrid(*[concrete(p) for p in parts], sparse=sparse, indexing=indexing)
    shape = np.broadcast_shapes(*[g.shape for g in grids])
    result = []
    for k, (part, grid) in enumerate(zip(parts, grids, strict=True)):
        axis = k if indexing == "ij" or k > 1 or len(parts) < 2 else 1 - k
        line = HANDLERS["__reshape_expr__"](
            lift(part), tuple([-1 if a == axis else 1 for a in range(len(shape))])
        )
        result.append(wrap(np.array(grid), faithful.broadcast_to(line, grid.shape)))
    return result


@handles("ndarray.astype")
def astype(
    self: Any, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
) -> Any:
    """Another type."""
    if np.dtype(dtype).kind == "O":
        return _object_array(list(self))
    if np.dtype(dtype).kind in "SU":
        return concrete(self).astype(dtype)
    return converted(self, dtype, True)


@handles("ndarray.view")
def view(self: Any, dtype: Any = None, type: Any = None) -> Any:  # noqa: A002
    """The same memory."""
    if (dtype is None or dtype is np.ndarray or dtype == self._c.dtype) and type in (None, np.ndarray):
        return make_view(self, self._c.view(), lambda e: e, lambda a: a)
    raise active().error("ndarray.view as another type cannot be followed", "use astype")


@handles("ndarray.fill")
def fill(self: Any, value: Any) -> None:
    """Every entry becomes the value."""
    self[...] = value


def _entry(x: Any) -> Any:
    return wrap(concrete(x).item(), lift(x)) if type(x) is Traced else x


@handles("ndarray.item")
def item(self: Any, *args: Any) -> Any:
    """One entry as a Python number."""
    if not args:
        flat = HANDLERS["reshape"](self, (1,))[0] if np.ndim(self._c) else self[()]
        return _entry(flat)
    place = args[0] if len(args) == 1 else tuple(args)
    place = np.unravel_index(int(place), self._c.shape) if isinstance(place, int) else place
    return _entry(self[tuple(int(i) for i in place)])


@handles("ndarray.tolist")
def tolist(self: Any) -> Any:
    """Nested lists of Python numbers."""
    if not np.ndim(self._c):
        return item(self)
    return [tolist(row) if type(row) is Traced else row for row in self]


handles("ndarray.copy")(copied)
