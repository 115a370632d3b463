"""The traced value: behaves as the NumPy array or number it stands for, and remembers its expression."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import numpy as np

from gradproof.errors import InternalError
from gradproof.expr.indexing import Template, index, numpy_index, reshape, store
from gradproof.expr.node import Expr, number
from gradproof.expr.product import filled
from gradproof.read import faithful
from gradproof.read.dispatch import HANDLERS
from gradproof.read.places import Place, Subscript, compose, place_shape, template_of, understand, whole
from gradproof.read.recorder import Pending, active
from gradproof.read.sizes import TracedInt
from gradproof.read.storage import Buffer, literal_positions, take

METHODS = frozenset(
    "all any argmax argmin argpartition argsort astype clip conj conjugate copy cumprod cumsum diagonal dot "
    "fill flatten item max mean min nonzero partition prod ptp put ravel repeat reshape resize round "
    "searchsorted sort squeeze std sum swapaxes take tobytes tofile tolist trace transpose var view "
    "compress choose itemset byteswap dumps setflags getA getA1 is_integer as_integer_ratio hex".split()
)
Forward = Callable[[Expr], Expr]
Rearrange = Callable[[Any], Any]


class View:
    """How an array looks into another one's memory.

    Attributes
    ----------
    parent : the array it was taken from
    place : the entries of the buffer it means, where a basic subscript says so
    forward : the view's expression from the parent's
    rearrange : the view's array from the parent's
    """

    __slots__ = ("forward", "parent", "place", "rearrange")

    def __init__(
        self, parent: Traced, place: Place | None, forward: Forward | None, rearrange: Rearrange
    ) -> None:
        self.parent, self.place, self.forward, self.rearrange = parent, place, forward, rearrange


class Traced:
    """A NumPy array or number that is being traced.

    ``_c`` is the concrete value; arrays have a buffer ``_b`` and may be views ``_w`` into it; numbers have an
    expression ``_e`` only. ``_v`` is the buffer's version that a view's expression was made for.
    """

    __slots__ = ("_b", "_c", "_e", "_v", "_w")
    __array_priority__ = 1e6

    _c: Any
    _b: Buffer | None
    _e: Expr | Pending | None
    _v: int
    _w: View | None

    # --- what it stands for ---------------------------------------------------------------------

    @property
    def __class__(self) -> Any:
        return type(self._c)

    @property
    def expr(self) -> Expr:
        """The expression of the value, now."""
        buffer = self._b
        if buffer is None:
            e = self._e
            if type(e) is Pending:
                e = self._e = e.resolve()
            return cast(Expr, e)
        view = self._w
        if view is None:
            return buffer.expr()
        if self._e is None or self._v != buffer.version:
            self._e = self._look(view, buffer)
            self._v = buffer.version
        return cast(Expr, self._e)

    def _look(self, view: View, buffer: Buffer) -> Expr:
        if view.place is not None:
            e = buffer.read(template_of(view.place, buffer.array.shape), self._c.shape)
        else:
            assert view.forward is not None
            e = view.forward(view.parent.expr)
            if e.shape != self._c.shape:
                e = reshape(e, self._c.shape)
        buffer.record(e, self._c)
        return e

    @property
    def pending(self) -> Pending | None:
        """The leaf it is, if it was not used yet."""
        e = self._e if self._b is None else self._b.base if self._w is None else None
        return e if type(e) is Pending and e.expr is None else None

    @property
    def shape(self) -> Any:
        return tuple([TracedInt(n, Pending(n, "size")) for n in np.shape(self._c)])

    @shape.setter
    def shape(self, shape: Any) -> None:
        seen = HANDLERS["reshape"](_clone(self), shape)
        self._c, self._b, self._e, self._v, self._w = seen._c, seen._b, seen._e, seen._v, seen._w

    @property
    def size(self) -> Any:
        return TracedInt(int(np.size(self._c)), Pending(int(np.size(self._c)), "size"))

    @property
    def T(self) -> Any:
        return HANDLERS["transpose"](self)

    @property
    def flat(self) -> Any:
        return HANDLERS["__flat__"](self)

    @flat.setter
    def flat(self, value: Any) -> None:
        HANDLERS["__flat__"](self)[:] = value

    @property
    def real(self) -> Any:
        return self

    @property
    def imag(self) -> Any:
        return HANDLERS["zeros_like"](self)

    def __getattr__(self, name: str) -> Any:
        if name in METHODS:
            getattr(self._c, name)  # NumPy's own error where it has no such method
            return partial(HANDLERS[f"ndarray.{name}"], self)
        if name in ("A", "H", "I", "A1") and type(self._c) is np.matrix:
            return HANDLERS[f"matrix.{name}"](self)
        if name in ("ndim", "dtype", "itemsize", "nbytes", "strides", "flags", "base"):
            return np.ndim(self._c) if name == "ndim" else getattr(self._c, name)
        if name.startswith("__array_"):
            raise AttributeError(name)
        getattr(self._c, name)
        raise active().error(
            f"the attribute .{name} of an array cannot be followed", "use a NumPy function for it"
        )

    # --- conversions ----------------------------------------------------------------------------

    def _leave(self, what: str, fix: str) -> Any:
        """The concrete value, where leaving the trace loses no derivative."""
        kind = np.asarray(self._c).dtype.kind
        if kind != "f" or not active().depends(self.expr):
            return self._c
        raise active().error(f"a value that depends on the parameters {what}", fix)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        value = self._leave("is turned into a plain array by code that cannot be followed",
                            "compute it with NumPy functions called from your own module")  # fmt: skip
        return np.array(value, dtype=dtype)

    def __float__(self) -> float:
        if np.asarray(self._c).dtype.kind == "f" and not HANDLERS["__formatting__"]():
            return float(self._leave("is turned into a plain float", "keep it a NumPy number"))
        return float(self._c)

    def __int__(self) -> int:
        return int(self._c)

    def __index__(self) -> int:
        return operator.index(self._c)

    def __complex__(self) -> complex:
        return complex(self._leave("is turned into a complex number", "keep to real numbers"))

    def __bool__(self) -> bool:
        return bool(self._c)

    def __len__(self) -> int:
        return len(self._c)

    def __hash__(self) -> int:
        return hash(self._c)

    def __repr__(self) -> str:
        return repr(self._c)

    def __str__(self) -> str:
        return str(self._c)

    def __format__(self, spec: str) -> str:
        return format(self._c, spec)

    def __copy__(self) -> Any:
        return HANDLERS["copy"](self)

    def __deepcopy__(self, memo: Any) -> Any:
        return memo.setdefault(id(self), HANDLERS["copy"](self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._leave("is pickled", "keep it in memory").__reduce_ex__(protocol)

    # --- NumPy's protocols ----------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return HANDLERS["__ufunc__"](ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return HANDLERS["__function__"](func, args, kwargs)

    # --- entries --------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Any]:
        if not np.ndim(self._c):
            raise TypeError("iteration over a 0-d array")
        return iter([self[i] for i in range(len(self._c))])

    def __contains__(self, item: Any) -> bool:
        return concrete(item) in self._c

    def __getitem__(self, key: Any) -> Any:
        c = self._c
        if self._b is None:
            return self if key == () or key is Ellipsis else c[concrete(key)]
        sub = understand(key, c.shape, concrete)
        result = c[sub.key]
        if sub.place is None:
            return wrap(result, _gather(self, sub, result.shape))
        shape = place_shape(sub.place)
        if not shape and not isinstance(result, np.ndarray):
            return wrap(result, self._read(sub.place, shape))
        if type(c) is np.matrix:
            return wrap(np.array(result, subok=True), take(self.expr, sub.template, shape))
        found = result if not sub.news else c[tuple(i for i in sub.key if i is not None)]
        seen = _entries(
            self, sub.place, found if isinstance(found, np.ndarray) else np.asarray(found), sub.key
        )
        if not sub.news:
            return seen
        news = tuple(sub.news)
        return make_view(
            seen, result, lambda e: faithful.expand_dims(e, news), lambda a: np.expand_dims(a, news)
        )

    def _read(self, place: Place, shape: tuple[int, ...]) -> Expr:
        buffer, view = cast(Buffer, self._b), self._w
        if view is None:
            return buffer.read(template_of(place, buffer.array.shape), shape)
        if view.place is not None:
            return buffer.read(template_of(compose(view.place, place), buffer.array.shape), shape)
        return take(self.expr, template_of(place, self._c.shape), shape)

    def __setitem__(self, key: Any, value: Any) -> None:
        c = self._c
        sub = understand(key, c.shape, concrete)
        if type(value) is Traced and value._b is self._b and _same_memory(value._c, c, sub):
            return  # what a[i] += b ends with
        new, expr = concrete(value), _as_stored(lift(value), value, c.dtype)
        buffer = cast(Buffer, self._b)
        if sub.mask is not None and not np.ndim(new):
            mask = lift(sub.mask)
            self._overwrite(
                lambda: c.__setitem__(sub.key, new), faithful.function("where", mask, expr, self.expr)
            )
            return
        if sub.arrays and len(sub.arrays) and _repeats(sub):
            _store_last(self, sub, new, expr)
            return
        arrays = [lift(a) for a in sub.arrays]
        place = self._root_place(sub)
        if place is None and self._w is not None or sub.news:
            shape = np.shape(c[sub.key])
            aligned = _aligned(expr, shape)
            self._overwrite(
                lambda: c.__setitem__(sub.key, new), store(self.expr, [(_with_news(sub), aligned, arrays)])
            )
            return
        shape = np.shape(c[sub.key]) if place is None else place_shape(place)
        buffer.touch()
        c[sub.key] = new
        buffer.write(
            sub.template if place is None else template_of(place, buffer.array.shape), expr, shape, arrays
        )

    def _root_place(self, sub: Subscript) -> Place | None:
        """The entries of the buffer that a subscript of this array means."""
        if sub.place is None:
            return None
        if self._w is None:
            return sub.place
        return None if self._w.place is None else compose(self._w.place, sub.place)

    def _overwrite(self, change: Callable[[], Any], expr: Expr) -> None:
        """All of this array is changed in place: by ``change`` in memory, to ``expr`` in the graph."""
        buffer, view = cast(Buffer, self._b), self._w
        chain: list[tuple[View, Expr]] = []
        while view is not None and view.place is None:
            chain.append((view, view.parent.expr))
            view = view.parent._w
        buffer.touch()
        change()
        if chain:
            _into_parents(chain, expr)
        elif view is None:
            buffer.replace(expr)
        else:
            assert view.place is not None
            buffer.write(template_of(view.place, buffer.array.shape), expr, expr.shape)  # type: ignore[arg-type]

    def _in_place(self, ufunc: Any, sign: int, build: Callable[[Expr, Expr], Expr], other: Any) -> Any:
        c = self._c
        if not isinstance(c, np.ndarray):
            return NotImplemented
        new, expr = concrete(other), lift(other)
        buffer, view = cast(Buffer, self._b), self._w
        if (
            sign
            and view is not None
            and view.place is not None
            and buffer.is_sum(template_of(view.place, buffer.array.shape))
        ):
            buffer.touch()
            ufunc(c, new, out=c)
            term = expr if sign > 0 else faithful.negative(expr)
            buffer.add(template_of(view.place, buffer.array.shape), term, c.shape)
            return self
        result = build(self.expr, expr)
        self._overwrite(lambda: ufunc(c, new, out=c), result)
        return self


# --- making traced values -------------------------------------------------------------------------------


def wrap(value: Any, expr: Expr | Pending) -> Any:
    """A fresh traced value with its expression."""
    self: Any = object.__new__(Traced)
    if isinstance(value, np.ndarray):
        if type(expr) is not Pending:
            if expr.shape != value.shape:  # type: ignore[union-attr]
                expr = _fitted(cast(Expr, expr), value)
            buffer = Buffer(value, expr)
            buffer.record(expr, value)  # type: ignore[arg-type]
        else:
            buffer = Buffer(value, expr)
        self._c, self._b, self._e, self._v, self._w = value, buffer, None, 0, None
        return self
    if type(expr) is not Pending:
        if expr.shape:  # type: ignore[union-attr]
            expr = _fitted(cast(Expr, expr), value)
        active().computed(expr, value)  # type: ignore[arg-type]
    self._c, self._b, self._e, self._v, self._w = value, None, expr, 0, None
    return self


def _fitted(expr: Expr, value: Any) -> Expr:
    """Matrices keep two axes where arrays have one or none."""
    if np.size(value) == np.prod(expr.shape, dtype=int):  # type: ignore[arg-type]
        return reshape(expr, np.shape(value))
    raise InternalError(f"the expression {expr!r} has shape {expr.shape}, its value {np.shape(value)}")


def _clone(x: Any) -> Any:
    self: Any = object.__new__(Traced)
    self._c, self._b, self._e, self._v, self._w = x._c, x._b, x._e, x._v, x._w
    return self


def make_view(parent: Any, value: Any, forward: Forward, rearrange: Rearrange) -> Any:
    """A traced array that looks into the memory of another."""
    self: Any = object.__new__(Traced)
    self._c, self._b, self._e, self._v = value, parent._b, None, 0
    self._w = View(parent, None, forward, rearrange)
    return self


def _entries(parent: Any, place: Place, value: Any, key: Any) -> Any:
    """The view that a basic subscript gives."""
    self: Any = object.__new__(Traced)
    self._c, self._b, self._e, self._v = value, parent._b, None, 0
    above = parent._w
    if above is None:
        self._w = View(parent, place, None, lambda a: a[key])
    elif above.place is not None:
        self._w = View(parent, compose(above.place, place), None, lambda a: a[key])
    else:
        template, shape = template_of(place, parent._c.shape), place_shape(place)
        at = numpy_index(template, ())
        self._w = View(parent, None, lambda e: take(e, template, shape), lambda a: a[at])
    return self


def _gather(array: Any, sub: Subscript, shape: tuple[int, ...]) -> Expr:
    arrays = [lift(a) for a in sub.arrays]
    value = faithful.filled_with(array.expr)
    if value is not None:
        return filled(number(value), shape)
    return take(array.expr, sub.template, shape, arrays)


def _with_news(sub: Subscript) -> Template:
    if not sub.news:
        return sub.template
    items = list(sub.template)
    position, result = 0, []
    for item in items:
        while position in sub.news:
            result.append(("new",))
            position += 1
        result.append(item)
        position += item[0] == "slice"
    return (*result, *[("new",)] * (len(sub.news) - sum(i == ("new",) for i in result)))


def _aligned(value: Expr, shape: tuple[int, ...]) -> Expr:
    lead = value.ndim - len(shape)
    if lead > 0:
        value = reshape(value, value.shape[lead:])
    return faithful.broadcast_to(value, shape)


def _repeats(sub: Subscript) -> bool:
    """Whether index arrays mean an entry more than once."""
    found = [np.ravel(a) for a in np.broadcast_arrays(*[concrete(a) for a in sub.arrays])]
    if found[0].size < 2:
        return False
    key = found[0].astype(np.int64)
    for a in found[1:]:
        key = key * 1_000_003 + a
    return bool(np.unique(key).size < key.size)


def _store_last(array: Any, sub: Subscript, new: Any, expr: Expr) -> None:
    """A store that means entries more than once: the last value of each stays."""
    c = array._c
    positions = np.arange(c.size).reshape(c.shape)[sub.key]
    flat = positions.ravel()[::-1]
    entries, last = np.unique(flat, return_index=True)
    kept = flat.size - 1 - last
    spread = reshape(faithful.broadcast_to(expr, positions.shape), (positions.size,))
    value = index(spread, (("array", 0),), lift(kept)) if np.ndim(new) else expr
    shape = c.shape
    items = tuple([("array", k) for k in range(len(shape))])
    result = store(array.expr, [(items, faithful.broadcast_to(value, entries.shape), literal_positions(entries, shape))])
    array._overwrite(lambda: c.__setitem__(sub.key, new), result)


def _same_memory(a: Any, base: Any, sub: Subscript) -> bool:
    if sub.place is None:
        return False
    b = base[sub.key]
    return (
        isinstance(b, np.ndarray)
        and a.shape == b.shape
        and a.strides == b.strides
        and a.__array_interface__["data"][0] == b.__array_interface__["data"][0]
    )


def _as_stored(expr: Expr, value: Any, dtype: Any) -> Expr:
    """A value as an array of the given type keeps it: integers truncate."""
    kind = np.asarray(concrete(value)).dtype.kind
    if dtype.kind in "iu" and kind == "f":
        return faithful.function("cast_int", expr)
    if dtype.kind == "b" and kind != "b":
        return faithful.function("not_equal", expr, number(0))
    return expr


def _into_parents(chain: list[tuple[View, Expr]], new: Expr) -> None:
    """The expressions of the arrays below a view, innermost first, after all of the view was written.

    Each comes with the expression its parent had before.
    """
    for view, before in chain:
        shape = cast("tuple[int, ...]", before.shape)
        order = np.arange(int(np.prod(shape, dtype=int)))
        positions = view.rearrange(order.reshape(shape))
        if np.array_equal(np.ravel(positions), order):
            new = reshape(new, shape)
        elif not np.ndim(positions):
            place = tuple([("int", int(i)) for i in np.unravel_index(positions, shape)])
            new = store(before, [(place, new, [])])
        else:
            items = tuple([("array", k) for k in range(len(shape))])
            new = store(before, [(items, new, literal_positions(positions, shape))])
    parent = chain[-1][0].parent
    above, buffer = parent._w, cast(Buffer, parent._b)
    if above is None:
        buffer.replace(new)
    else:
        buffer.write(template_of(above.place, buffer.array.shape), new, new.shape)


# --- from values to expressions -------------------------------------------------------------------------


def concrete(x: Any) -> Any:
    """The plain value of a traced thing; lists and tuples of them likewise."""
    kind = type(x)
    if kind is Traced:
        return x._c
    if kind is TracedInt:
        return int(x)
    if kind is list or kind is tuple:
        return kind([concrete(i) for i in x])
    if kind is dict:
        return {k: concrete(v) for k, v in x.items()}
    if kind is slice:
        return slice(concrete(x.start), concrete(x.stop), concrete(x.step))
    return x


def lift(x: Any) -> Expr:
    """The expression of anything that NumPy takes for an array."""
    kind = type(x)
    if kind is Traced or kind is TracedInt:
        return cast(Expr, x.expr)
    if kind is float or kind is int:
        return faithful.literal(x)
    if isinstance(x, bool | np.bool_):
        return number(int(x))
    if isinstance(x, int | float | np.integer | np.floating):
        return number(x.item() if isinstance(x, np.generic) else x)
    if isinstance(x, np.ndarray):
        return Pending(x, "literal" if x.dtype.kind in "iub" else "data").resolve()
    return cast(Expr, HANDLERS["array"](x).expr)


__all__ = ["Traced", "TracedInt", "View", "concrete", "lift", "make_view", "whole", "wrap"]
