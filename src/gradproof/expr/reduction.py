"""Reductions other than the sum: maximum, minimum, product, logsumexp, softmax, cumulative sums, sorting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.broadcast import (
    broadcast_to,
    minus,
    multiply,
    normalized_axes,
    squeeze,
    sum_over,
)
from gradproof.expr.elementwise import apply, reciprocal
from gradproof.expr.node import OPERATIONS, Array, Attrs, Expr, Operation, Shape, make, register, symbol

Axes = tuple[int, ...]


def axes_of(node: Expr) -> Axes:
    """The axes a reduction runs over."""
    return cast("Axes", node.attrs[0])


def _kept_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    """Reductions keep their axes with size 1; dropping them is a squeeze."""
    return tuple(1 if a in cast("Axes", attrs[0]) else s for a, s in enumerate(args[0].shape))


def _same(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    return args[0].shape


def _extremum_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    (x,) = node.args
    at_extremum = apply("equal", x, node)
    share = reciprocal(sum_over(at_extremum, axes_of(node), keepdims=True))
    return [multiply(g, share, at_extremum)]


_EXTREMA: tuple[tuple[str, Callable[..., Any]], ...] = (("max", np.max), ("min", np.min))
_POSITIONS: tuple[tuple[str, Callable[..., Any]], ...] = (("argmax", np.argmax), ("argmin", np.argmin))
_QUANTIFIERS: tuple[tuple[str, Callable[..., Any]], ...] = (("any", np.any), ("all", np.all))
for _name, _function in _EXTREMA:
    register(
        Operation(
            _name,
            shape=_kept_shape,
            value=lambda attrs, dtype, x, f=_function: f(x, axis=attrs[0], keepdims=True),
            pullback=_extremum_pullback,
            rule=f"derivative of {_name}",
            text=f"{_name}({{0}}, axis {{attrs[0]}})",
            latex=rf"\{_name}_{{{{\mathrm{{{{axis}}}}\,{{attrs[0]}}}}}}\left({{0}}\right)",
            numpy=f"np.{_name}({{0}}, axis={{attrs[0]}}, keepdims=True)",
            samples=(lambda n=_name: reduce(n, symbol("X", (3, 4)), (1,)),),  # type: ignore[misc]
            source="Danskin's theorem; shared equally at ties",
        )
    )


def reduce(name: str, x: Expr, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Expr:
    """A reduction over ``axis`` (all axes by default), NumPy's conventions."""
    axes = normalized_axes(axis, x.ndim)
    result = make(OPERATIONS[name], (x,), (axes,))
    return result if keepdims else squeeze(result, axes) if axes else result


def _prod_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    (x,) = node.args
    return [multiply(g, make(OTHERS, (x,), node.attrs))]


def _others_value(attrs: Attrs, dtype: Any, x: Array) -> Array:
    """Product of all entries along the axes but the one at hand; exact at zeros."""
    axes = cast("Axes", attrs[0])
    moved = np.moveaxis(np.asarray(x), axes, range(len(axes)))
    flat = moved.reshape(-1, *moved.shape[len(axes) :])
    kind = flat.dtype if flat.dtype.kind == "c" else dtype
    before = np.ones_like(flat, dtype=kind)
    after = np.ones_like(flat, dtype=kind)
    before[1:] = np.cumprod(flat[:-1], axis=0)
    after[:-1] = np.cumprod(flat[:0:-1], axis=0)[::-1]
    return np.moveaxis((before * after).reshape(moved.shape), range(len(axes)), axes)


def _others_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    (x,) = node.args
    axes = axes_of(node)
    weighted = multiply(g, node)
    total = sum_over(weighted, axes, keepdims=True)
    return [multiply(minus(broadcast_to(total, x.shape), weighted), reciprocal(x))]


register(
    Operation(
        "prod",
        shape=_kept_shape,
        value=lambda attrs, dtype, x: np.prod(x, axis=attrs[0], keepdims=True),
        pullback=_prod_pullback,
        rule="product of all entries",
        text="prod({0}, axis {attrs[0]})",
        latex=r"\operatorname{{prod}}_{{\mathrm{{axis}}\,{attrs[0]}}}\left({0}\right)",
        numpy="np.prod({0}, axis={attrs[0]}, keepdims=True)",
        samples=(lambda: reduce("prod", symbol("X", (3, 4)), (0,)),),
        source="product rule",
    )
)
OTHERS: Operation = register(
    Operation(
        "product_of_others",
        meaning="prod_of_others(x) has at i the product of all entries of x but x_i",
        shape=_same,
        value=_others_value,
        pullback=_others_pullback,
        rule="product of the other entries",
        text="prod_of_others({0}, axis {attrs[0]})",
        latex=r"\operatorname{{prod\,of\,others}}_{{\mathrm{{axis}}\,{attrs[0]}}}\left({0}\right)",
        numpy="(np.prod({0}, axis={attrs[0]}, keepdims=True) / {0})",
        samples=(lambda: make(OTHERS, (symbol("X", (3, 4)),), ((0,),)),),
        domain=(0.3, 2.0),
        source="product rule",
    )
)


def _finite_top(x: Array, axes: Axes) -> Any:
    """The largest entry, or 0 where that is infinite: ∞ − ∞ would lose what the other entries say."""
    top = np.max(x, axis=axes, keepdims=True)
    return np.where(np.isfinite(top), top, 0)


def _logsumexp_value(attrs: Attrs, dtype: Any, x: Array) -> Any:
    axes = cast("Axes", attrs[0])
    top = _finite_top(x, axes)
    return np.log(np.sum(np.exp(x - top), axis=axes, keepdims=True)) + top


def _softmax_value(attrs: Attrs, dtype: Any, x: Array) -> Any:
    axes = cast("Axes", attrs[0])
    e = np.exp(x - _finite_top(x, axes))
    return e / np.sum(e, axis=axes, keepdims=True)


def _softmax_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    inner = sum_over(multiply(g, node), axes_of(node), keepdims=True)
    return [multiply(node, minus(g, inner))]


LOGSUMEXP: Operation = register(
    Operation(
        "logsumexp",
        shape=_kept_shape,
        value=_logsumexp_value,
        pullback=lambda node, g: [multiply(g, make(SOFTMAX, node.args, node.attrs))],
        rule="derivative of logsumexp",
        text="logsumexp({0}, axis {attrs[0]})",
        latex=r"\operatorname{{logsumexp}}_{{\mathrm{{axis}}\,{attrs[0]}}}\left({0}\right)",
        numpy="np.logaddexp.reduce({0}, axis={attrs[0]}, keepdims=True)",
        samples=(lambda: reduce("logsumexp", symbol("X", (3, 4)), (1,)),),
        source="∂ log Σ eˣ = softmax(x)",
    )
)
SOFTMAX: Operation = register(
    Operation(
        "softmax",
        shape=_same,
        value=_softmax_value,
        pullback=_softmax_pullback,
        rule="derivative of softmax",
        text="softmax({0})",
        latex=r"\operatorname{{softmax}}\left({0}\right)",
        numpy="np.exp({0} - np.logaddexp.reduce({0}, axis={attrs[0]}, keepdims=True))",
        samples=(lambda: softmax(symbol("X", (3, 4)), 1),),
        source="J = diag(s) − s sᵀ",
    )
)


def softmax(x: Expr, axis: int | Sequence[int] | None = -1) -> Expr:
    """eˣ / Σ eˣ along the axis."""
    return make(SOFTMAX, (x,), (normalized_axes(axis, x.ndim),))


def _reverse_cumsum(attrs: Attrs, dtype: Any, x: Array) -> Any:
    (axis,) = cast("Axes", attrs[0])
    return np.flip(np.cumsum(np.flip(x, axis), axis=axis), axis)


CUMSUM: Operation = register(
    Operation(
        "cumsum",
        shape=_same,
        value=lambda attrs, dtype, x: np.cumsum(x, axis=attrs[0][0]),
        pullback=lambda node, g: [make(REVERSE_CUMSUM, (g,), node.attrs)],
        rule="adjoint of the cumulative sum",
        text="cumsum({0})",
        latex=r"\operatorname{{cumsum}}\left({0}\right)",
        numpy="np.cumsum({0}, axis={attrs[0][0]})",
        samples=(lambda: make(CUMSUM, (symbol("X", (3, 4)),), ((1,),)),),
        source="transpose of a lower triangular matrix of ones",
        linear=(0,),
    )
)
REVERSE_CUMSUM: Operation = register(
    Operation(
        "reverse_cumsum",
        meaning="cumsum_from_end(v) has at i the sum of v_i and all entries behind it",
        shape=_same,
        value=_reverse_cumsum,
        pullback=lambda node, g: [make(CUMSUM, (g,), node.attrs)],
        rule="adjoint of the reversed cumulative sum",
        text="cumsum_from_end({0})",
        latex=r"\operatorname{{cumsum\_from\_end}}\left({0}\right)",
        numpy="np.flip(np.cumsum(np.flip({0}, {attrs[0][0]}), axis={attrs[0][0]}), {attrs[0][0]})",
        samples=(lambda: make(REVERSE_CUMSUM, (symbol("X", (3, 4)),), ((0,),)),),
        source="transpose of an upper triangular matrix of ones",
        linear=(0,),
    )
)
for _name, _function in _POSITIONS:
    register(
        Operation(
            _name,
            shape=_kept_shape,
            value=lambda attrs, dtype, x, f=_function: (
                f(x, axis=attrs[0][0], keepdims=True)
                if len(attrs[0]) == 1 and np.ndim(x) > 0
                else np.reshape(f(x), (1,) * np.ndim(x))
            ),
            pullback=lambda node, g: [None],
            text=f"{_name}({{0}})",
            latex=rf"\operatorname{{{{{_name}}}}}\left({{0}}\right)",
            numpy=f"np.{_name}({{0}}, axis={{attrs[0]}}, keepdims=True)",
            samples=(lambda n=_name: reduce(n, symbol("X", (3, 4)), (1,)),),  # type: ignore[misc]
            source="piecewise constant",
        )
    )
ARGSORT: Operation = register(
    Operation(
        "argsort",
        shape=_same,
        value=lambda attrs, dtype, x: np.argsort(x, axis=attrs[0][0], kind="stable"),
        pullback=lambda node, g: [None],
        text="argsort({0})",
        latex=r"\operatorname{{argsort}}\left({0}\right)",
        numpy='np.argsort({0}, axis={attrs[0][0]}, kind="stable")',
        samples=(lambda: make(ARGSORT, (symbol("X", (3, 4)),), ((1,),)),),
        source="piecewise constant",
    )
)
for _name, _function in _QUANTIFIERS:
    register(
        Operation(
            _name,
            shape=_kept_shape,
            value=lambda attrs, dtype, x, f=_function: f(x, axis=attrs[0], keepdims=True),
            pullback=lambda node, g: [None],
            text=f"{_name}({{0}})",
            latex=rf"\operatorname{{{{{_name}}}}}\left({{0}}\right)",
            numpy=f"np.{_name}({{0}}, axis={{attrs[0]}}, keepdims=True)",
            samples=(lambda n=_name: reduce(n, symbol("X", (3, 4)), (1,)),),  # type: ignore[misc]
            source="piecewise constant",
        )
    )


def count(x: Expr, axis: int | Sequence[int] | None = None) -> int:
    """Number of entries along the axes."""
    total = 1
    for a in normalized_axes(axis, x.ndim):
        size = x.shape[a]
        if not isinstance(size, int):
            raise ShapeError(f"the size {size} of axis {a} is symbolic; a mean over it needs its number")
        total *= size
    return total
