"""Stores into an array and additions into one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from math import prod
from typing import Any, cast

import numpy as np

from gradproof.expr.broadcast import broadcast_shapes, broadcast_to, multiply, unbroadcast
from gradproof.expr.function import apply
from gradproof.expr.node import (
    CONSTANT,
    Array,
    ArrayData,
    Attrs,
    Expr,
    Operation,
    constant,
    make,
    register,
    symbol,
)
from gradproof.expr.product import zeros
from gradproof.expr.selecting import index, reshape
from gradproof.expr.templates import Template, indexed_shape, integer_shape, numpy_index

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
