"""Subscripts: from what stands between the brackets to an index template, its arrays and the entries meant.

A *place* describes a basic subscript of an array by one item for each of its axes, an ``int`` or a
``range``. Python's ranges index each other, so places compose: ``a[2:8][1]`` is the place of ``a[3]``.
"""

from __future__ import annotations

import operator
from functools import lru_cache
from typing import Any

import numpy as np

from gradproof.errors import TraceError
from gradproof.expr.indexing import Template

Place = tuple[int | range, ...]
FULL = ("slice", None, None, None)


def compose(outer: Place, inner: Place) -> Place:
    """The place of ``a[outer][inner]`` in ``a``."""
    rest = iter(inner)
    result: list[int | range] = []
    for item in outer:
        if isinstance(item, range):
            step = next(rest)
            if isinstance(step, int):
                result.append(item[step])
            else:
                result.append(item[step.start : step.stop if step.stop >= 0 else None : step.step])
        else:
            result.append(item)
    return tuple(result)


@lru_cache(maxsize=16384)
def template_of(place: Place, shape: tuple[int, ...]) -> Template:
    """The index template of a place."""
    return tuple([_item(p, n) for p, n in zip(place, shape, strict=True)])


@lru_cache(maxsize=8192)
def _item(p: int | range, n: int) -> tuple[Any, ...]:
    if type(p) is int:
        return ("int", p)
    assert isinstance(p, range)
    if p.step < 0:
        return ("slice", p.start, p.stop if p.stop >= 0 else None, p.step)
    start = p.start or None
    stop = None if p.stop >= n else p.stop
    return ("slice", start, stop, p.step if p.step != 1 else None)


def place_shape(place: Place) -> tuple[int, ...]:
    """Shape of the entries meant."""
    return tuple([len(p) for p in place if type(p) is range])


def is_whole(template: Template) -> bool:
    """Whether the template means every entry in order."""
    return all(item == FULL for item in template)


class Subscript:
    """A subscript, understood.

    Attributes
    ----------
    key : the subscript in concrete values, for NumPy
    place : for basic subscripts without new axes, the entries meant; else None
    template, arrays : the index template and its concrete index arrays (with what they were traced from)
    news : positions of new axes in the result, for basic subscripts
    mask : the boolean array, where the whole subscript is one mask of the array's own shape
    """

    __slots__ = ("arrays", "key", "mask", "news", "place", "template")

    def __init__(self) -> None:
        self.key: Any = None
        self.place: Place | None = None
        self.template: Template = ()
        self.arrays: list[Any] = []
        self.news: list[int] = []
        self.mask: Any = None


def understand(key: Any, shape: tuple[int, ...], concrete: Any) -> Subscript:
    """Read a subscript of an array of the given shape; ``concrete`` gives the value of a traced thing."""
    result = Subscript()
    items = key if type(key) is tuple else (key,)
    plain = [_concrete_item(i, concrete) for i in items]
    result.key = tuple(plain)
    arrays = [isinstance(i, np.ndarray) for i in plain]
    if True not in arrays:
        _basic(plain, shape, result)
        return result
    only = plain[0]
    if len(plain) == 1 and only.dtype.kind == "b" and only.shape == shape and shape:
        result.mask = items[0]
    _advanced(items, plain, shape, result)
    return result


def _concrete_item(item: Any, concrete: Any) -> Any:
    if type(item) is int or item is None or item is Ellipsis:
        return item
    if type(item) is slice:
        return slice(
            *[None if s is None else operator.index(concrete(s)) for s in (item.start, item.stop, item.step)]
        )
    value = concrete(item)
    if isinstance(value, np.ndarray):
        if value.ndim == 0 and value.dtype.kind in "iu":
            return int(value)
        if value.dtype.kind not in "iub":
            raise IndexError("arrays used as indices must be of integer (or boolean) type")
        return value
    if isinstance(value, bool | np.bool_):
        raise TraceError(
            "a single truth value is used as an index", fix="use np.where, or an index of integers"
        )
    if isinstance(value, list | tuple | range):
        array = np.asarray([concrete(v) for v in value])
        return array if array.size else array.astype(int)
    return operator.index(value)


def _expanded(items: list[Any], ndim: int) -> list[Any]:
    """The items with an ellipsis and missing axes written out."""
    if len(items) == ndim and not any(i is None or i is Ellipsis or type(i) is np.ndarray for i in items):
        return items
    used = sum(
        i.ndim if isinstance(i, np.ndarray) and i.dtype.kind == "b" else 1
        for i in items
        if i is not None and i is not Ellipsis
    )
    missing = [slice(None)] * (ndim - used)
    for k, i in enumerate(items):
        if i is Ellipsis:
            return [*items[:k], *missing, *items[k + 1 :]]
    return [*items, *missing]


def _basic(plain: list[Any], shape: tuple[int, ...], result: Subscript) -> None:
    place: list[int | range] = []
    position = 0
    axis = 0
    for item in _expanded(plain, len(shape)):
        if item is None:
            result.news.append(position)
            position += 1
            continue
        if axis >= len(shape):
            raise IndexError(f"too many indices for array: array is {len(shape)}-dimensional")
        n = shape[axis]
        axis += 1
        if type(item) is slice:
            place.append(range(*item.indices(n)))
            position += 1
        else:
            place.append(item + n if item < 0 else item)
    result.place = tuple(place)
    result.template = template_of(result.place, shape)


def _advanced(items: tuple[Any, ...], plain: list[Any], shape: tuple[int, ...], result: Subscript) -> None:
    """Templates with index arrays; masks are turned into the positions where they are true."""
    template: list[tuple[Any, ...]] = []
    traced = {id(p): i for i, p in zip(items, plain, strict=True)}
    axis = 0
    for item in _expanded(plain, len(shape)):
        if item is None:
            template.append(("new",))
            continue
        if isinstance(item, np.ndarray):
            parts = list(item.nonzero()) if item.dtype.kind == "b" else [traced[id(item)]]
            for part in parts:
                template.append(("array", len(result.arrays)))
                result.arrays.append(part)
                axis += 1
            continue
        n = shape[axis]
        axis += 1
        if type(item) is slice:
            template.append(_item(range(*item.indices(n)), n))
        else:
            template.append(("int", item + n if item < 0 else item))
    result.template = tuple(template)
