"""Special functions: erf, log Γ and its derivatives."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.expr.broadcast import multiply, negate, scale
from gradproof.expr.function import apply, elementwise, same_shape
from gradproof.expr.node import Attrs, Expr, Operation, make, register, symbol
from gradproof.expr.powers import square


def _erf_value(x: Any) -> Any:
    return np.vectorize(math.erf, otypes=[float])(x)


def _gamma_family(name: str) -> Callable[[Any], Any]:
    def value(x: Any) -> Any:
        return getattr(importlib.import_module("scipy.special"), name)(x)

    return value


elementwise(
    "erf",
    _erf_value,
    (lambda x: scale(2 / np.sqrt(np.pi), apply("exp", negate(square(x)))),),
    numpy="scipy.special.erf({0})",
)
elementwise(
    "gammaln",
    _gamma_family("gammaln"),
    (lambda x: polygamma(0, x),),
    domain=(0.5, 3.0),
    text="log Γ({0})",
    latex=r"\log\Gamma\left({0}\right)",
    numpy="scipy.special.gammaln({0})",
)


def _polygamma_value(attrs: Attrs, dtype: Any, x: Any) -> Any:
    return importlib.import_module("scipy.special").polygamma(attrs[0], x)


POLYGAMMA = register(
    Operation(
        "polygamma",
        shape=same_shape,
        value=_polygamma_value,
        pullback=lambda node, g: [multiply(g, polygamma(int(str(node.attrs[0])) + 1, node.args[0]))],
        rule="derivative of polygamma",
        text="ψ^({attrs[0]})({0})",
        latex=r"\psi^{{({attrs[0]})}}\left({0}\right)",
        numpy="scipy.special.polygamma({attrs[0]}, {0})",
        samples=(lambda: polygamma(0, symbol("X", (2, 3))), lambda: polygamma(1, symbol("X", (2, 3)))),
        domain=(0.5, 3.0),
        source="Abramowitz and Stegun 6.4",
        elementwise=True,
    )
)


def polygamma(order: int, x: Expr) -> Expr:
    """The order-th derivative of the digamma function ψ."""
    return make(POLYGAMMA, (x,), (order,))
