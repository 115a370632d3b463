"""Special functions: erf, log Γ and its derivatives."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np

from gradproof.expr.broadcast import multiply, negate, scale
from gradproof.expr.function import apply, elementwise, same_shape
from gradproof.expr.node import Expr, Operation, make, register, symbol
from gradproof.expr.powers import square


def _scipy(name: str, x: Any, *before: Any) -> Any:
    """A function of scipy.special, in float64 where the argument is wider."""
    x = np.asarray(x)
    function = getattr(importlib.import_module("scipy.special"), name)
    if x.dtype.char != "g":
        return function(*before, x)
    return np.asarray(function(*before, x.astype(np.float64))).astype(x.dtype)


def erf_value(x: Any) -> Any:
    """erf, by SciPy where it is installed."""
    try:
        return _scipy("erf", x)
    except ModuleNotFoundError:  # SciPy is optional, and only faster here
        return np.vectorize(math.erf, otypes=[float])(x)


elementwise(
    "erf",
    erf_value,
    (lambda x: scale(2 / np.sqrt(np.pi), apply("exp", negate(square(x)))),),
    numpy="scipy.special.erf({0})",
)
elementwise(
    "erfc",
    lambda x: np.vectorize(math.erfc, otypes=[float])(x),
    (lambda x: scale(-2 / np.sqrt(np.pi), apply("exp", negate(square(x)))),),
    numpy="scipy.special.erfc({0})",
)
elementwise(
    "gammaln",
    lambda x: _scipy("gammaln", x),
    (lambda x: polygamma(0, x),),
    domain=(0.5, 3.0),
    text="log Γ({0})",
    latex=r"\log\Gamma\left({0}\right)",
    numpy="scipy.special.gammaln({0})",
)


POLYGAMMA = register(
    Operation(
        "polygamma",
        shape=same_shape,
        value=lambda attrs, dtype, x: _scipy("polygamma", x, attrs[0]),
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
