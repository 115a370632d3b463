"""NumPy's functions that join, split and pad arrays."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from gradproof.expr.indexing import concatenate
from gradproof.expr.node import constant
from gradproof.read import faithful
from gradproof.read.calling import adopt, any_traced, into, static, widened
from gradproof.read.dispatch import HANDLERS, handles
from gradproof.read.places import FULL
from gradproof.read.recorder import active
from gradproof.read.shaping import positions_of, rearranged
from gradproof.read.traced import concrete, lift, wrap


def join(parts: list[Any], axis: int, value: Any) -> Any:
    """Blocks joined along an axis, their concrete join given."""
    return wrap(value, concatenate([lift(p) for p in parts], axis))


@handles("concatenate", "concat")
def concatenation(arrays: Any, axis: Any = 0, out: Any = None, **kwargs: Any) -> Any:
    """Blocks joined along an axis."""
    parts = list(arrays)
    if not any_traced(parts, {}):
        return adopt(np.concatenate(parts, axis, **kwargs))
    parts = [HANDLERS["asarray"](p) for p in parts]
    if axis is None:
        parts, axis = [HANDLERS["ravel"](p) for p in parts], 0
    return into(out, join(parts, int(axis), widened(np.concatenate([concrete(p) for p in parts], axis=axis))))


@handles("stack")
def stack(arrays: Any, axis: int = 0, out: Any = None, **kwargs: Any) -> Any:
    """Blocks joined along a new axis."""
    parts = [HANDLERS["asarray"](a) for a in arrays]
    position = axis % (np.ndim(concrete(parts[0])) + 1)
    value = np.stack([concrete(p) for p in parts], axis=axis)
    exprs = [faithful.expand_dims(lift(p), (position,)) for p in parts]
    return into(out, wrap(value, concatenate(exprs, position)))


def _joiner(names: tuple[str, ...], prepare: Any, axis_of: Any) -> None:
    def handler(tup: Any, **kwargs: Any) -> Any:
        parts = [prepare(HANDLERS["asarray"](a)) for a in tup]
        return concatenation(parts, axis_of(parts))

    handles(*names)(handler)


def _column(x: Any) -> Any:
    if np.ndim(concrete(x)) < 2:
        return HANDLERS["reshape"](x, (-1, 1))
    return x


def _deep(x: Any) -> Any:
    x = HANDLERS["atleast_2d"](x)
    return HANDLERS["expand_dims"](x, 2) if np.ndim(concrete(x)) == 2 else x


_joiner(("vstack", "row_stack"), lambda x: HANDLERS["atleast_2d"](x), lambda parts: 0)
_joiner(
    ("hstack",),
    lambda x: HANDLERS["atleast_1d"](x),
    lambda parts: 0 if np.ndim(concrete(parts[0])) == 1 else 1,
)
_joiner(("column_stack",), _column, lambda parts: 1)
_joiner(("dstack",), _deep, lambda parts: 2)


@handles("append")
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    """Two blocks joined."""
    return concatenation(
        [arr, values] if axis is not None else [HANDLERS["ravel"](arr), HANDLERS["ravel"](values)], axis or 0
    )


@handles("insert")
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """Entries put in before positions."""
    x = HANDLERS["ravel"](arr) if axis is None else HANDLERS["asarray"](arr)
    axis = 0 if axis is None else int(axis)
    at = concrete(obj)
    plain = concrete(x)
    value = np.insert(plain, at, concrete(values), axis=axis)
    if np.ndim(concrete(values)) and not isinstance(at, int):
        raise active().error("np.insert of several values cannot be followed", "use np.concatenate")
    marks = np.insert(positions_of(lift(x)), at, -1, axis=axis)
    new = lift(values)
    if new.ndim == plain.ndim - 1 and new.ndim:
        new = faithful.expand_dims(new, (axis,))
    old = rearranged(lift(x), np.maximum(marks, 0))
    is_new = constant(marks < 0)
    active().values.setdefault(is_new, marks < 0)
    return wrap(value, faithful.function("where", is_new, new, old))


@handles("block")
def block(arrays: Any) -> Any:
    """Blocks of blocks."""
    if not isinstance(arrays, list):
        return HANDLERS["asarray"](arrays)
    depth, inner = 1, arrays[0]
    while isinstance(inner, list):
        depth, inner = depth + 1, inner[0]
    parts = [block(a) for a in arrays]
    ndim = max(*(np.ndim(concrete(p)) for p in parts), depth)
    parts = [
        HANDLERS["reshape"](p, (1,) * (ndim - np.ndim(concrete(p))) + np.shape(concrete(p))) for p in parts
    ]
    return concatenation(parts, -depth + ndim)


# --- splitting --------------------------------------------------------------------------------------


@handles("array_split")
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Views of consecutive parts."""
    x = HANDLERS["asarray"](ary)
    n = np.shape(concrete(x))[axis]
    sections = concrete(indices_or_sections)
    bounds = [len(p) for p in np.array_split(np.empty(n), sections)]
    if isinstance(sections, int):
        edges = [0, *np.cumsum(bounds).tolist()]
        pairs = list(pairwise(edges))
    else:
        edges = [0, *[int(s) for s in sections], n]
        pairs = list(pairwise(edges))
    lead = (slice(None),) * (axis % np.ndim(concrete(x)))
    return [x[(*lead, slice(a, b))] for a, b in pairs]


@handles("split")
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Views of consecutive parts, of equal size where a number of parts is given."""
    np.split(np.empty(np.shape(concrete(ary))), concrete(indices_or_sections), axis)
    return array_split(ary, indices_or_sections, axis)


handles("vsplit")(lambda ary, sections: split(ary, sections, 0))
handles("hsplit")(lambda ary, sections: split(ary, sections, 0 if np.ndim(concrete(ary)) == 1 else 1))
handles("dsplit")(lambda ary, sections: split(ary, sections, 2))


@handles("pad")
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """Padding: a store into an array of the padding value, or a rearrangement."""
    x = HANDLERS["asarray"](array)
    widths = static(pad_width)
    plain = concrete(x)
    value = np.pad(plain, widths, mode, **{k: concrete(v) for k, v in kwargs.items()})
    expr = lift(x)
    if mode != "constant":
        if mode not in ("edge", "reflect", "symmetric", "wrap"):
            raise active().error(f"np.pad(mode={mode!r}) cannot be followed", "pad with mode='constant'")
        return wrap(value, rearranged(expr, np.pad(positions_of(expr), widths, mode)))
    inside = np.pad(np.ones(plain.shape, dtype=bool), widths)
    fill = kwargs.get("constant_values", 0)
    if np.ndim(concrete(fill)):
        raise active().error("np.pad with several constant values cannot be followed", "pad with one value")
    place = tuple(
        [("slice", int(w.min()), int(w.max()) + 1, None) if w.size else FULL for w in inside.nonzero()]
    )
    base = HANDLERS["__filled__"](lift(fill), value.shape)
    return wrap(value, HANDLERS["__store__"](base, place, expr))
