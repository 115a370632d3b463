"""Entries of traced arrays: reading them, storing into them, and the views that basic subscripts give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from gradproof.expr.indexing import Template, index, integer_shape, numpy_index, reshape, store
from gradproof.expr.node import Expr, number
from gradproof.expr.product import filled
from gradproof.read import faithful
from gradproof.read.places import Place, Subscript, compose, place_shape, template_of, understand
from gradproof.read.storage import Buffer, literal_positions, take
from gradproof.read.traced import Forward, Rearrange, Traced, View, concrete, lift, wrap


def getitem(self: Any, key: Any) -> Any:
    """``a[key]``: a view for basic subscripts, else a copy."""
    c = self._c
    if self._b is None:
        return self if key == () or key is Ellipsis else c[concrete(key)]
    sub = understand(key, c.shape, concrete)
    result = c[sub.key]
    if sub.place is None:
        return wrap(result, _gather(self, sub, result.shape))
    shape = place_shape(sub.place)
    if not shape and not isinstance(result, np.ndarray):
        return wrap(result, _read(self, sub.place, shape))
    if type(c) is np.matrix:
        return wrap(np.array(result, subok=True), take(self.expr, sub.template, shape))
    found = result if not sub.news else c[tuple(i for i in sub.key if i is not None)]
    seen = _entries(self, sub.place, found if isinstance(found, np.ndarray) else np.asarray(found), sub.key)
    if not sub.news:
        return seen
    news = tuple(sub.news)
    return make_view(seen, result, lambda e: faithful.expand_dims(e, news), lambda a: np.expand_dims(a, news))


def _read(self: Any, place: Place, shape: tuple[int, ...]) -> Expr:
    buffer, view = cast("Buffer", self._b), self._w
    if view is None:
        return buffer.read(template_of(place, buffer.array.shape), shape)
    if view.place is not None:
        return buffer.read(template_of(compose(view.place, place), buffer.array.shape), shape)
    return take(self.expr, template_of(place, self._c.shape), shape)


def setitem(self: Any, key: Any, value: Any) -> None:
    """``a[key] = value``, seen by every array that shares the memory."""
    c = self._c
    sub = understand(key, c.shape, concrete)
    if type(value) is Traced and value._b is self._b and _same_memory(value._c, c, sub):
        return  # what a[i] += b ends with
    new, expr = concrete(value), _as_stored(lift(value), value, c.dtype)
    buffer = cast("Buffer", self._b)
    if sub.mask is not None and not np.ndim(new):
        mask = lift(sub.mask)
        overwrite(
            self, lambda: c.__setitem__(sub.key, new), faithful.function("where", mask, expr, self.expr)
        )
        return
    if sub.arrays and len(sub.arrays) and _repeats(sub):
        _store_last(self, sub, new, expr)
        return
    arrays = [lift(a) for a in sub.arrays]
    place = _root_place(self, sub)
    if (place is None and self._w is not None) or sub.news:
        shape = np.shape(c[sub.key])
        aligned = _aligned(expr, shape)
        overwrite(
            self, lambda: c.__setitem__(sub.key, new), store(self.expr, [(_with_news(sub), aligned, arrays)])
        )
        return
    shape = np.shape(c[sub.key]) if place is None else place_shape(place)
    buffer.touch()
    c[sub.key] = new
    buffer.write(
        sub.template if place is None else template_of(place, buffer.array.shape), expr, shape, arrays
    )


def _root_place(self: Any, sub: Subscript) -> Place | None:
    """The entries of the buffer that a subscript of this array means."""
    if sub.place is None:
        return None
    if self._w is None:
        return sub.place
    return None if self._w.place is None else compose(self._w.place, sub.place)


def overwrite(self: Any, change: Callable[[], Any], expr: Expr) -> None:
    """All of this array is changed in place: by ``change`` in memory, to ``expr`` in the graph."""
    buffer, view = cast("Buffer", self._b), self._w
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


def in_place(self: Any, ufunc: Any, sign: int, build: Callable[[Expr, Expr], Expr], other: Any) -> Any:
    """``a += b`` and its like, in the memory of ``a``; ``sign`` is ±1 for sums."""
    c = self._c
    if not isinstance(c, np.ndarray):
        return NotImplemented
    new, expr = concrete(other), lift(other)
    buffer, view = cast("Buffer", self._b), self._w
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
    overwrite(self, lambda: ufunc(c, new, out=c), result)
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
    result = store(
        array.expr, [(items, faithful.broadcast_to(value, entries.shape), literal_positions(entries, shape))]
    )
    overwrite(array, lambda: c.__setitem__(sub.key, new), result)


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
    above, buffer = parent._w, cast("Buffer", parent._b)
    if above is None:
        buffer.replace(new)
    else:
        assert above.place is not None
        buffer.write(template_of(above.place, buffer.array.shape), new, integer_shape(new))


for _name, _function in (("__getitem__", getitem), ("__setitem__", setitem)):
    setattr(Traced, _name, _function)
