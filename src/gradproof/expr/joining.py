"""Blocks joined along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.node import (
    Attrs,
    Expr,
    Operation,
    Shape,
    Size,
    make,
    register,
    symbol,
)
from gradproof.expr.selecting import index
from gradproof.expr.sizes import plus

# --- joining ----------------------------------------------------------------------------------------


def _joined_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    (axis,) = cast("tuple[int]", attrs)
    first = args[0].shape
    for other in args[1:]:
        if other.ndim != len(first) or any(
            a != b for k, (a, b) in enumerate(zip(first, other.shape, strict=True)) if k != axis
        ):
            raise ShapeError(f"cannot concatenate shapes {first} and {other.shape} along axis {axis}")
    total = plus(*(a.shape[axis] for a in args))
    return (*first[:axis], total, *first[axis + 1 :])


def _joined_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    (axis,) = cast("tuple[int]", node.attrs)
    result: list[Expr | None] = []
    start: Size = 0
    for arg in node.args:
        stop = plus(start, arg.shape[axis])
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
