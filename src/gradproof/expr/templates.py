"""Index templates: what stands between the brackets of ``a[...]``.

A template is a tuple of items that says what stands in each place of ``a[...]``:
``("slice", start, stop, step)``, ``("int", k)``, ``("new",)`` and ``("array", k)`` for the k-th index array,
which is an argument of the node. Boolean masks are turned into index arrays by whoever builds the node.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.node import Expr, Shape

Item = tuple[Any, ...]
Template = tuple[Item, ...]


def integer_shape(x: Expr) -> tuple[int, ...]:
    """The shape as integers; entries can only be rearranged where sizes are known."""
    if not all(isinstance(s, int) for s in x.shape):
        raise ShapeError(
            f"shape {x.shape} is symbolic; indexing and reshaping need integer sizes",
            fix="declare the sizes as numbers",
        )
    return cast("tuple[int, ...]", x.shape)


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


def indexed_shape(
    shape: tuple[int, ...], template: Template, index_shapes: Sequence[Shape]
) -> tuple[int, ...]:
    """Shape of ``a[...]``, found by indexing an array that takes no memory."""
    dummy = np.broadcast_to(np.zeros(()), shape)
    arrays = [np.zeros(cast("tuple[int, ...]", s), dtype=int) for s in index_shapes]
    return cast("tuple[int, ...]", dummy[numpy_index(template, arrays)].shape)
