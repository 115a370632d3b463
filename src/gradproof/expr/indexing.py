"""Rearranging entries: reshape, indexing, stores into an array, scatter-add, concatenation.

Where is said by the templates of :mod:`~gradproof.expr.templates`, whose names are found here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from math import prod
from typing import Any, cast

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.broadcast import broadcast_shapes, broadcast_to, multiply, unbroadcast
from gradproof.expr.function import apply
from gradproof.expr.node import (
    CONSTANT,
    Array,
    ArrayData,
    Attrs,
    Expr,
    Operation,
    Shape,
    constant,
    make,
    register,
    symbol,
)
from gradproof.expr.product import zeros
from gradproof.expr.templates import Item, Template, indexed_shape, integer_shape, numpy_index

__all__ = [
    "ACCUMULATE",
    "CONCATENATE",
    "INDEX",
    "Item",
    "RESHAPE",
    "SCATTER",
    "STORE",
    "Template",
    "accumulate",
    "concatenate",
    "index",
    "indexed_shape",
    "integer_shape",
    "numpy_index",
    "reshape",
    "store",
]


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
    return indexed_shape(integer_shape(args[0]), _template(attrs), [a.shape for a in args[1:]])


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
            lambda: index(
                symbol("X", (4, 5)),
                (("array", 0), ("array", 1)),
                constant(np.array([0, 2, 2])),
                constant(np.array([1, 3, 3])),
            ),
        ),
        source="a selection of entries; its adjoint scatters and adds",
    )
)


def index(x: Expr, template: Template, *arrays: Expr) -> Expr:
    """``x[...]`` for the template; index arrays are integer expressions."""
    return make(INDEX, (x, *arrays), (template,))


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
    )
)

# --- stores into an array ---------------------------------------------------------------------------
# attrs: (templates, counts): for each stored value its template and how many index arrays follow it.


def _stores(node_args: Sequence[Any], attrs: Attrs) -> list[tuple[Template, Any, Sequence[Any]]]:
    templates, counts = cast("tuple[tuple[Template, ...], tuple[int, ...]]", attrs)
    result, position = [], 1
    for template, n in zip(templates, counts, strict=True):
        result.append((template, node_args[position], node_args[position + 1 : position + 1 + n]))
        position += 1 + n
    return result


def _store_value(attrs: Attrs, dtype: Any, base: Array, *rest: Array) -> Array:
    parts = _stores((base, *rest), attrs)
    kind = np.result_type(np.asarray(base).dtype, *(np.asarray(v).dtype for _, v, _ in parts))
    result = np.array(base, dtype=kind)
    for template, value, arrays in parts:
        result[numpy_index(template, arrays)] = value
    return result


def _store_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """The base loses the stored entries; a stored value gets the entries that no later store replaced."""
    parts = _stores(node.args, node.attrs)
    overlap = _overlapping(node)
    result: list[Expr | None] = [
        None
        if node.args[0].op.name in ("number", "constant")
        else store(g, [(t, zeros(v.shape), a) for t, v, a in parts])
    ]
    for k, (template, value, arrays) in enumerate(parts):
        later = [(t, zeros(v.shape), a) for t, v, a in parts[k + 1 :]] if overlap else []
        seen = store(g, later) if later else g
        read = index(seen, template, *arrays)
        if _repeats(node, template, arrays):
            read = multiply(read, _last_writers(node, template, arrays, integer_shape(read)))
        result += [unbroadcast(read, value.shape), *([None] * len(arrays))]
    return result


def _repeats(node: Expr, template: Template, arrays: Sequence[Expr]) -> bool:
    """Whether one store may name a place twice; index arrays that are not literal may."""
    if not arrays:
        return False
    literal = [a.op is CONSTANT for a in arrays]
    if all(literal):
        touched = np.zeros(integer_shape(node), dtype=np.int64)
        np.add.at(touched, numpy_index(template, [_literal(a) for a in arrays]), 1)
        return touched.size > 0 and int(touched.max()) > 1
    together = broadcast_shapes(*[a.shape for a in arrays])
    for a in compress(arrays, literal):  # places that differ in one coordinate differ
        places = _literal(a)
        if a.shape == together and len(np.unique(places)) == places.size and (places >= 0).all():
            return False
    return prod(s for s in together if isinstance(s, int)) != 1


def _last_writers(node: Expr, template: Template, arrays: Sequence[Expr], shape: tuple[int, ...]) -> Expr:
    """Which entries of a stored value are still there where one store names a place twice: the last ones."""
    order = constant(np.arange(1.0, prod(shape) + 1).reshape(shape))
    stored = store(zeros(node.shape), [(template, order, arrays)])
    return apply("equal", index(stored, template, *arrays), order)


def _literal(x: Expr) -> Array:
    return cast("ArrayData", x.attrs[0]).array


def _overlapping(node: Expr) -> bool:
    """Whether two stores may touch the same entry; index arrays that are not literal may."""
    parts = _stores(node.args, node.attrs)
    if len(parts) == 1:
        return False
    touched = np.zeros(integer_shape(node), dtype=np.int8)
    for template, _, arrays in parts:
        if any(a.op is not CONSTANT for a in arrays):
            return True
        place = numpy_index(template, [_literal(a) for a in arrays])
        if touched[place].any():
            return True
        touched[place] = 1
    return False


STORE: Operation = register(
    Operation(
        "store",
        shape=lambda args, attrs: args[0].shape,
        value=_store_value,
        pullback=_store_pullback,
        rule="store into an array",
        samples=(
            lambda: store(
                symbol("X", (4, 3)),
                [
                    ((("int", 1),), symbol("v", (3,)), ()),
                    ((("slice", 0, 2, None), ("int", 0)), symbol("w", (2,)), ()),
                ],
            ),
        ),
        source="an assignment a[i] = v is linear in a and in v",
    )
)


def store(base: Expr, parts: Sequence[tuple[Template, Expr, Sequence[Expr]]]) -> Expr:
    """``base`` after ``base[template] = value`` for each part, in order."""
    shape = integer_shape(base)
    args: list[Expr] = [base]
    for template, value, arrays in parts:
        place = indexed_shape(shape, template, [a.shape for a in arrays])
        lead = value.ndim - len(place)
        if lead > 0 and all(s == 1 for s in value.shape[:lead]):
            value = reshape(value, value.shape[lead:])
        args += [broadcast_to(value, place), *arrays]
    return make(STORE, tuple(args), (tuple(p[0] for p in parts), tuple(len(p[2]) for p in parts)))


# --- adding into an array ---------------------------------------------------------------------------
# attrs as for stores; repeated entries add up, as with np.add.at.


def _accumulate_value(attrs: Attrs, dtype: Any, base: Array, *rest: Array) -> Array:
    parts = _stores((base, *rest), attrs)
    kind = np.result_type(np.asarray(base).dtype, *(np.asarray(v).dtype for _, v, _ in parts))
    result = np.array(base, dtype=dtype if kind.kind == "b" else kind)
    for template, value, arrays in parts:
        place = numpy_index(template, arrays)
        if arrays:
            np.add.at(result, place, value)
        else:
            result[place] += value
    return result


def _accumulate_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    result: list[Expr | None] = [g]
    for template, value, arrays in _stores(node.args, node.attrs):
        result += [unbroadcast(index(g, template, *arrays), value.shape), *([None] * len(arrays))]
    return result


ACCUMULATE: Operation = register(
    Operation(
        "accumulate",
        shape=lambda args, attrs: args[0].shape,
        value=_accumulate_value,
        pullback=_accumulate_pullback,
        rule="addition into an array",
        samples=(
            lambda: accumulate(
                symbol("X", (4, 3)),
                [
                    ((("slice", 0, 2, None), ("slice", 1, 3, None)), symbol("V", (2, 2)), ()),
                    ((("array", 0), ("int", 0)), symbol("w", (3,)), (constant(np.array([0, 2, 2])),)),
                ],
            ),
        ),
        source="a[i] += v is linear in a and in v",
    )
)


def accumulate(base: Expr, parts: Sequence[tuple[Template, Expr, Sequence[Expr]]]) -> Expr:
    """``base`` after ``np.add.at(base, template, value)`` for each part."""
    shape = integer_shape(base)
    args: list[Expr] = [base]
    for template, value, arrays in parts:
        args += [broadcast_to(value, indexed_shape(shape, template, [a.shape for a in arrays])), *arrays]
    return make(ACCUMULATE, tuple(args), (tuple(p[0] for p in parts), tuple(len(p[2]) for p in parts)))


# --- joining ----------------------------------------------------------------------------------------


def _joined_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    (axis,) = cast("tuple[int]", attrs)
    first = args[0].shape
    for other in args[1:]:
        if other.ndim != len(first) or any(
            a != b for k, (a, b) in enumerate(zip(first, other.shape, strict=True)) if k != axis
        ):
            raise ShapeError(f"cannot concatenate shapes {first} and {other.shape} along axis {axis}")
    total = sum(integer_shape(a)[axis] for a in args)
    return (*first[:axis], total, *first[axis + 1 :])


def _joined_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    (axis,) = cast("tuple[int]", node.attrs)
    result: list[Expr | None] = []
    start = 0
    for arg in node.args:
        stop = start + integer_shape(arg)[axis]
        keep = ("slice", None, None, None)
        result.append(index(g, (*([keep] * axis), ("slice", start, stop, None))))
        start = stop
    return result


CONCATENATE: Operation = register(
    Operation(
        "concatenate",
        shape=_joined_shape,
        value=lambda attrs, dtype, *arrays: np.concatenate(arrays, axis=attrs[0]),
        pullback=_joined_pullback,
        rule="concatenation",
        text="[{all}]",
        samples=(lambda: concatenate([symbol("A", (2, 3)), symbol("B", (2, 2))], 1),),
        source="each block reads its own part of the cotangent",
    )
)


def concatenate(args: Sequence[Expr], axis: int = 0) -> Expr:
    """Blocks joined along an axis."""
    if len(args) == 1:
        return args[0]
    return make(CONCATENATE, tuple(args), (axis % args[0].ndim,))
