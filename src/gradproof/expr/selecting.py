"""Reading entries: reshape, indexing, and scatter-add, the adjoint of indexing."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, cast

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.broadcast import expand_dims
from gradproof.expr.node import (
    Array,
    Attrs,
    Expr,
    Operation,
    Shape,
    constant,
    make,
    register,
    symbol,
)
from gradproof.expr.templates import Template, indexed_shape, integer_shape, numpy_index, resized


def _is_basic(template: Template) -> bool:
    return all(item[0] != "array" for item in template)


def _template(attrs: Attrs) -> Template:
    return cast("Template", attrs[0])


# --- reshape ----------------------------------------------------------------------------------------

RESHAPE: Operation = register(
    Operation(
        "reshape",
        shape=lambda args, attrs: cast("Shape", attrs[0]),
        value=lambda attrs, dtype, x: np.reshape(x, attrs[0]),
        pullback=lambda node, g: [reshape(g, node.args[0].shape)],
        rule="reshape",
        text="reshape({0}, {attrs[0]})",
        latex=r"\operatorname{{reshape}}\left({0}\right)",
        numpy="np.reshape({0}, {attrs[0]})",
        samples=(lambda: make(RESHAPE, (symbol("X", (3, 4)),), ((2, 6),)),),
        source="a permutation of entries is its own adjoint's inverse",
        resize=lambda attrs, size: (tuple(size(n) for n in cast("Shape", attrs[0])),),
    )
)


def reshape(x: Expr, shape: Sequence[int | str]) -> Expr:
    """Same entries in row-major order, other shape; one size may be -1."""
    old = integer_shape(x)
    new = [int(s) for s in shape]
    if -1 in new:
        known = prod(s for s in new if s != -1)
        new[new.index(-1)] = prod(old) // known if known else 0
    if prod(new) != prod(old):
        raise ShapeError(f"cannot reshape {old} into {tuple(shape)}: {prod(old)} entries against {prod(new)}")
    if tuple(new) == old:
        return x
    if x.op is RESHAPE:
        return reshape(x.args[0], new)
    return make(RESHAPE, (x,), (tuple(new),))


# --- reading entries --------------------------------------------------------------------------------


def _index_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    return indexed_shape(args[0].shape, _template(attrs), [a.shape for a in args[1:]])


def _index_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    base, *arrays = node.args
    scattered = make(SCATTER, (g, *arrays), (node.attrs[0], base.shape))
    return [scattered, *([None] * len(arrays))]


INDEX: Operation = register(
    Operation(
        "index",
        shape=_index_shape,
        value=lambda attrs, dtype, x, *arrays: np.asarray(x)[numpy_index(attrs[0], arrays)],
        pullback=_index_pullback,
        rule="indexing",
        samples=(
            lambda: index(symbol("X", (4, 5)), (("slice", 1, None, 2), ("int", 2))),
            lambda: index(symbol("X", (4, 5)), (("slice", 1, -1, None), ("new",), ("int", 2))),
            lambda: index(
                symbol("X", (4, 5)),
                (("array", 0), ("array", 1)),
                constant(np.array([0, 2, 2])),
                constant(np.array([1, 3, 3])),
            ),
        ),
        source="a selection of entries; its adjoint scatters and adds",
        resize=lambda attrs, size: (resized(_template(attrs), size),),
    )
)


def index(x: Expr, template: Template, *arrays: Expr) -> Expr:
    """``x[...]`` for the template; index arrays are integer expressions.

    Axes may have symbolic sizes; a slice is then taken to lie on its axis.
    """
    return make(INDEX, (x, *arrays), (template,))


def subscript(x: Expr, template: Template, *arrays: Expr) -> Expr:
    """As :func:`index`, but what only inserts axes is a product with them: ``v[:, None]``."""
    if any(item != ("slice", None, None, None) and item[0] != "new" for item in template):
        return index(x, template, *arrays)
    if sum(item[0] != "new" for item in template) > x.ndim:
        raise ShapeError(f"too many indices for shape {x.shape}")
    places = [place for place, item in enumerate(template) if item[0] == "new"]
    return expand_dims(x, places) if places else x


# --- scatter-add, the adjoint of reading ------------------------------------------------------------


def _scatter_value(attrs: Attrs, dtype: Any, g: Array, *arrays: Array) -> Array:
    template, shape = _template(attrs), cast("tuple[int, ...]", attrs[1])
    g = np.asarray(g)
    result = np.zeros(shape, dtype=dtype if g.dtype.kind in "biu" else g.dtype)
    place = numpy_index(template, arrays)
    if _is_basic(template):
        result[place] = g
    else:
        np.add.at(result, place, g)
    return result


def _scatter_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    arrays = node.args[1:]
    return [index(g, _template(node.attrs), *arrays), *([None] * len(arrays))]


SCATTER: Operation = register(
    Operation(
        "scatter_add",
        meaning="scatter(v at [i]) is 0 but for v added at the entries i",
        shape=lambda args, attrs: cast("Shape", attrs[1]),
        value=_scatter_value,
        pullback=_scatter_pullback,
        rule="adjoint of indexing",
        samples=(
            lambda: make(
                SCATTER, (symbol("g", (3,)), constant(np.array([0, 2, 2]))), ((("array", 0),), (4,))
            ),
        ),
        source="transpose of a selection matrix",
        resize=lambda attrs, size: (
            resized(_template(attrs), size),
            tuple(size(n) for n in cast("Shape", attrs[1])),
        ),
    )
)
