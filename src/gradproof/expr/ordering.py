"""Sorting and differences along an axis."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.node import Array, Attrs, Expr, Operation, Shape, make, register, symbol
from gradproof.expr.sizes import minus, plus


def _axis(attrs: Attrs) -> int:
    return cast("int", attrs[0])


def _same_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    if args[0].shape != args[1].shape:
        raise ShapeError(f"entries of shape {args[0].shape} in the order of shape {args[1].shape}")
    return args[0].shape


def _order(x: Any, axis: int) -> Array:
    return np.argsort(x.real, axis=axis, kind="stable")


def _sorted_value(attrs: Attrs, dtype: Any, x: Array, by: Array) -> Array:
    return np.take_along_axis(x, _order(by, _axis(attrs)), _axis(attrs))


def _restored_value(attrs: Attrs, dtype: Any, x: Array, by: Array) -> Array:
    back = _order(_order(by, _axis(attrs)), _axis(attrs))
    return np.take_along_axis(x, back, _axis(attrs))


def _tie(*arrays: Array) -> Any:
    """Distance between neighbours in the flattened order: no two entries are close."""
    by = np.sort(np.asarray(arrays[1]).ravel())
    return np.diff(by).min(initial=np.inf) * 20


SORTED: Operation = register(
    Operation(
        "sorted_by",
        meaning="sort(v by x) puts v into the order in which x is ascending",
        shape=_same_shape,
        value=_sorted_value,
        pullback=lambda node, g: [make(RESTORED, (g, node.args[1]), node.attrs), None],
        rule="derivative of sorting",
        text="sort({0} by {1})",
        latex=r"\operatorname{{sort}}\left({0} \mid {1}\right)",
        numpy=("np.take_along_axis({0}, np.argsort({1}, axis={attrs[0]}, kind='stable'), {attrs[0]})"),
        samples=(lambda: sort(symbol("X", (2, 3)), 1),),
        kink=_tie,
        source="a permutation; its transpose is its inverse",
        linear=(0,),
    )
)
RESTORED: Operation = register(
    Operation(
        "restored_by",
        meaning="unsort(v by x) undoes sort(v by x), which puts v into the order in which x is ascending",
        shape=_same_shape,
        value=_restored_value,
        pullback=lambda node, g: [make(SORTED, (g, node.args[1]), node.attrs), None],
        rule="derivative of sorting back",
        text="unsort({0} by {1})",
        latex=r"\operatorname{{unsort}}\left({0} \mid {1}\right)",
        numpy=(
            "np.take_along_axis({0}, np.argsort(np.argsort({1}, axis={attrs[0]}, kind='stable'), "
            "axis={attrs[0]}), {attrs[0]})"
        ),
        samples=(lambda: make(RESTORED, (symbol("X", (2, 3)), symbol("Y", (2, 3))), (1,)),),
        kink=_tie,
        source="a permutation; its transpose is its inverse",
        linear=(0,),
    )
)


def sort(x: Expr, axis: int = -1) -> Expr:
    """The entries in ascending order along an axis."""
    return make(SORTED, (x, x), (axis % x.ndim,))


# --- differences ------------------------------------------------------------------------------------


def _longer(by: int) -> Any:
    def shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
        axis, own = _axis(attrs), args[0].shape
        size = plus(own[axis], by) if by > 0 else minus(own[axis], -by)
        return (*own[:axis], size, *own[axis + 1 :])

    return shape


def _ends_value(attrs: Attrs, dtype: Any, x: Array) -> Array:
    edge = np.zeros_like(np.take(x, [0], axis=_axis(attrs)))
    return -np.diff(np.concatenate([edge, x, edge], axis=_axis(attrs)), axis=_axis(attrs))


DIFF: Operation = register(
    Operation(
        "diff",
        shape=_longer(-1),
        value=lambda attrs, dtype, x: np.diff(x, axis=attrs[0]),
        pullback=lambda node, g: [make(DIFF_ADJOINT, (g,), node.attrs)],
        rule="adjoint of differences",
        text="diff({0}, axis {attrs[0]})",
        latex=r"\Delta_{{\mathrm{{axis}}\,{attrs[0]}}}\left({0}\right)",
        numpy="np.diff({0}, axis={attrs[0]})",
        samples=(lambda: diff(symbol("X", (3, 4)), 1),),
        source="transpose of a bidiagonal matrix",
        linear=(0,),
    )
)
DIFF_ADJOINT: Operation = register(
    Operation(
        "diff_adjoint",
        meaning="diffᵀ(v) is the transpose of the differences, applied to v: its entries are v_{i−1} − v_i",
        shape=_longer(1),
        value=_ends_value,
        pullback=lambda node, g: [make(DIFF, (g,), node.attrs)],
        rule="adjoint of differences",
        text="diffᵀ({0}, axis {attrs[0]})",
        latex=r"\Delta_{{\mathrm{{axis}}\,{attrs[0]}}}^\top\left({0}\right)",
        numpy=(
            "-np.diff(np.pad({0}, [(int(a == {attrs[0]}),) * 2 for a in range({0}.ndim)]), axis={attrs[0]})"
        ),
        samples=(lambda: make(DIFF_ADJOINT, (symbol("X", (3, 4)),), (0,)),),
        source="transpose of a bidiagonal matrix",
        linear=(0,),
    )
)


def diff(x: Expr, axis: int = -1) -> Expr:
    """x_{i+1} − x_i along an axis."""
    return make(DIFF, (x,), (axis % x.ndim,))
