"""Index templates: what stands between the brackets of ``a[...]``.

A template is a tuple of items that says what stands in each place of ``a[...]``:
``("slice", start, stop, step)``, ``("int", k)``, ``("new",)`` and ``("array", k)`` for the k-th index array,
which is an argument of the node. The bounds of a slice may be the names of sizes.
Boolean masks are turned into index arrays by whoever builds the node.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.node import Expr, Shape, Size
from gradproof.expr.sizes import minus, plus

Item = tuple[Any, ...]
Template = tuple[Item, ...]


def integer_shape(x: Expr) -> tuple[int, ...]:
    """The shape as integers; entries can only be rearranged where sizes are known."""
    return integers(x.shape)


def integers(shape: Shape) -> tuple[int, ...]:
    """The shape as integers, or an error."""
    if not all(isinstance(s, int) for s in shape):
        raise ShapeError(
            f"shape {shape} is symbolic; indexing and reshaping need integer sizes",
            fix="declare the sizes as numbers",
        )
    return cast("tuple[int, ...]", shape)


def numpy_index(template: Template, arrays: Sequence[Any]) -> tuple[Any, ...]:
    """The tuple that goes between NumPy's brackets."""
    index: list[Any] = []
    for item in template:
        if item[0] == "slice":
            index.append(slice(*item[1:]))
        elif item[0] == "int":
            index.append(item[1])
        elif item[0] == "new":
            index.append(None)
        else:
            places = np.asarray(arrays[item[1]])
            # Arithmetic on places, such as y − 1, was done in floating point.
            index.append(np.rint(places).astype(np.intp) if places.dtype.kind == "f" else places)
    return tuple(index)


def indexed_shape(shape: Shape, template: Template, index_shapes: Sequence[Shape]) -> Shape:
    """Shape of ``a[...]``: NumPy's where all sizes are numbers, else worked out item by item."""
    known = all(isinstance(s, int) for s in (*shape, *(b for item in template for b in bounds_of(item))))
    if not known:
        return _symbolic_shape(shape, template, index_shapes)
    dummy = np.broadcast_to(np.zeros(()), cast("tuple[int, ...]", shape))
    arrays = [np.zeros(cast("tuple[int, ...]", s), dtype=int) for s in index_shapes]
    return cast("Shape", dummy[numpy_index(template, arrays)].shape)


def bounds_of(item: Item) -> tuple[Size, ...]:
    """The bounds that a slice states."""
    return tuple(b for b in item[1:3] if b is not None) if item[0] == "slice" else ()


def resized(template: Template, size: Callable[[Size], Size]) -> Template:
    """The template with named bounds of slices replaced."""
    return tuple(
        ("slice", *(size(b) if isinstance(b, str) else b for b in item[1:3]), item[3])
        if item[0] == "slice"
        else item
        for item in template
    )


def _symbolic_shape(shape: Shape, template: Template, index_shapes: Sequence[Shape]) -> Shape:
    """The shape where sizes have names; at most one index array, which stands among slices only."""
    kinds = [item[0] for item in template]
    if kinds.count("array") and (kinds.count("array") > 1 or "int" in kinds):
        integers(shape)
    result: list[Size] = []
    axis = 0
    for item in template:
        if item[0] == "new":
            result.append(1)
            continue
        if axis == len(shape):
            raise ShapeError(f"too many indices for shape {shape}")
        if item[0] == "slice":
            result.append(sliced_size(shape[axis], *item[1:]))
        elif item[0] == "array":
            result += index_shapes[item[1]]
        elif not -_least(shape[axis]) <= item[1] < _least(shape[axis]):
            raise ShapeError(f"place {item[1]} does not exist on an axis of size {shape[axis]}")
        axis += 1
    return (*result, *shape[axis:])


def _least(size: Size) -> float:
    return size if isinstance(size, int) else float("inf")


def sliced_size(size: Size, start: Size | None, stop: Size | None, step: int | None) -> Size:
    """How many entries a slice of an axis has, whose bounds are taken to lie on the axis."""
    if isinstance(size, int) and not isinstance(start, str) and not isinstance(stop, str):
        return len(range(*slice(start, stop, step).indices(size)))
    if start is None and stop is None and step in (None, 1, -1):
        return size
    if step not in (None, 1):
        raise ShapeError(
            f"a slice with step {step} of an axis of size {size} has no size of its own",
            fix="declare the size as a number",
        )
    first, last = (
        plus(size, b) if isinstance(b, int) and b < 0 else b
        for b in (0 if start is None else start, size if stop is None else stop)
    )
    return minus(last, first)
