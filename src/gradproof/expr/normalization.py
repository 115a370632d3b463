"""Means, variances, and what layer and batch normalisation make of them; axes may have symbolic sizes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, cast

import numpy as np

from gradproof.expr.broadcast import (
    broadcast_to,
    minus,
    multiply,
    negate,
    normalized_axes,
    scale,
    sum_over,
)
from gradproof.expr.node import (
    Array,
    Attrs,
    Expr,
    Operation,
    Shape,
    make,
    number,
    register,
    size_symbol,
    symbol,
)
from gradproof.expr.powers import reciprocal, sqrt, square
from gradproof.expr.product import add
from gradproof.expr.reduction import reduce

Axis = int | Sequence[int] | None
_IOFFE = "Ioffe and Szegedy, Batch normalization, 2015; Ba, Kiros and Hinton, Layer normalization, 2016"
_HALF = number(Fraction(1, 2))
EPSILON = 1e-5


def count_of(x: Expr, axis: Axis = None) -> Expr:
    """The number of entries along the axes: a number, or the product of the names of sizes."""
    sizes = [x.shape[a] for a in normalized_axes(axis, x.ndim)]
    counts = [number(s) if isinstance(s, int) else size_symbol(s) for s in sizes]
    return multiply(*counts) if counts else number(1)


def mean(x: Expr, axis: Axis = None, keepdims: bool = False) -> Expr:
    """Σ x / n over the axes."""
    return multiply(reciprocal(count_of(x, axis)), sum_over(x, axis, keepdims))


def var(x: Expr, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Expr:
    """Σ (x − mean x)² / (n − ddof) over the axes."""
    centred = minus(x, mean(x, axis, keepdims=True))
    count = add(count_of(x, axis), number(-ddof)) if ddof else count_of(x, axis)
    return multiply(reciprocal(count), sum_over(square(centred), axis, keepdims))


def std(x: Expr, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Expr:
    """The square root of :func:`var`."""
    return sqrt(var(x, axis, keepdims, ddof))


# --- (x − mean x) / √(var x + ε) --------------------------------------------------------------------


def _axes(attrs: Attrs) -> tuple[int, ...]:
    return cast("tuple[int, ...]", attrs[0])


def _deviation_value(attrs: Attrs, dtype: Any, x: Array, eps: Any) -> Any:
    centred = x - np.mean(x, axis=_axes(attrs), keepdims=True)
    return np.sqrt(np.mean(centred * centred, axis=_axes(attrs), keepdims=True) + eps)


def _deviation_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    return tuple(1 if a in _axes(attrs) else s for a, s in enumerate(args[0].shape))


def _deviation_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """∂σ/∂x = y/n with y the standardised entries, ∂σ/∂ε = 1/(2σ)."""
    x, eps = node.args
    standard = _standard(x, eps, _axes(node.attrs))
    by_eps = multiply(_HALF, sum_over(multiply(g, reciprocal(node))))
    return [multiply(reciprocal(count_of(x, _axes(node.attrs))), g, standard), by_eps]


DEVIATION: Operation = register(
    Operation(
        "deviation",
        shape=_deviation_shape,
        value=_deviation_value,
        pullback=_deviation_pullback,
        rule="derivative of the standard deviation",
        text="σ({0}, axis {attrs[0]})",
        latex=r"\sigma_{{\mathrm{{axis}}\,{attrs[0]}}}\left({0}\right)",
        numpy="np.sqrt(np.var({0}, axis={attrs[0]}, keepdims=True) + {1})",
        samples=(lambda: make(DEVIATION, (symbol("X", (3, 4)), number(Fraction(1, 10))), ((1,),)),),
        source=_IOFFE,
    )
)


def _standard_value(attrs: Attrs, dtype: Any, x: Array, eps: Any) -> Any:
    return (x - np.mean(x, axis=_axes(attrs), keepdims=True)) / _deviation_value(attrs, dtype, x, eps)


def _standard_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """(g − mean(g) − y ∘ mean(g ∘ y)) / σ."""
    axes = _axes(node.attrs)
    inverse = reciprocal(make(DEVIATION, node.args, (axes,)))
    along = multiply(g, node)
    inner = add(
        g,
        negate(broadcast_to(mean(g, axes, keepdims=True), g.shape)),
        negate(multiply(node, mean(along, axes, keepdims=True))),
    )
    return [multiply(inverse, inner), scale(Fraction(-1, 2), sum_over(multiply(along, square(inverse))))]


def _standard(x: Expr, eps: Expr, axes: tuple[int, ...]) -> Expr:
    """The operation that is called as people call it for these axes."""
    if axes == (x.ndim - 1,):
        return make(LAYERNORM, (x, eps), (axes,))
    return make(BATCHNORM if axes == (0,) else STANDARDIZE, (x, eps), (axes,))


def _record(name: str, axes: tuple[int, ...]) -> Operation:
    called = f"{name}({{0}})" if name != "standardize" else "standardize({0}, axis {attrs[0]})"
    return register(
        Operation(
            name,
            shape=lambda args, attrs: args[0].shape,
            value=_standard_value,
            pullback=_standard_pullback,
            rule=f"derivative of {name}",
            text=called,
            latex=rf"\operatorname{{{{{name}}}}}\left({{0}}\right)",
            numpy=(
                "({0} - np.mean({0}, axis={attrs[0]}, keepdims=True)) "
                "/ np.sqrt(np.var({0}, axis={attrs[0]}, keepdims=True) + {1})"
            ),
            samples=(
                lambda: _standard(symbol("X", (3, 4)), number(Fraction(1, 10)), axes),
                lambda: _standard(symbol("X", (3, 4)), square(symbol("e")), axes),
            ),
            source=_IOFFE,
        )
    )


LAYERNORM = _record("layernorm", (1,))
BATCHNORM = _record("batchnorm", (0,))
STANDARDIZE = _record("standardize", (0, 1))


def standardize(x: Expr, axis: Axis = -1, eps: float | Fraction | Expr = 0) -> Expr:
    """(x − mean x) / √(var x + ε) along the axes."""
    return _standard(x, eps if isinstance(eps, Expr) else number(eps), normalized_axes(axis, x.ndim))


def layernorm(x: Expr, eps: float | Fraction | Expr = EPSILON) -> Expr:
    """Standardised along the last axis."""
    return standardize(x, -1, eps)


def batchnorm(x: Expr, eps: float | Fraction | Expr = EPSILON) -> Expr:
    """Standardised along the first axis, that of the examples."""
    return standardize(x, 0, eps)


def logsumexp(x: Expr, axis: Axis = -1, keepdims: bool = False) -> Expr:
    """log Σ eˣ along the axes."""
    return reduce("logsumexp", x, axis, keepdims)


def log_softmax(x: Expr, axis: Axis = -1) -> Expr:
    """x − log Σ eˣ along the axes."""
    return minus(x, logsumexp(x, axis, keepdims=True))
