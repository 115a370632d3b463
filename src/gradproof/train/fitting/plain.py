"""A network's cost written out by hand in NumPy, for real and for complex parameters.

It shares nothing with the expressions that engines run: it is what their gradients are checked against. A
function that is not analytic, such as relu or |w|, takes the branch of the real part, so that the imaginary
part of J(w + i h v)/h is the derivative along v (Squire and Trapp, SIAM Review 1998).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradproof.expr.node import Array
from gradproof.train.network import Network
from gradproof.train.penalties import Penalty

Parameters = Mapping[str, Array]


def _where_positive(z: Array, above: Callable[[Any], Any], below: Callable[[Any], Any]) -> Array:
    """Each branch computed on its own entries only, so that neither overflows on the other's."""
    positive = z.real > 0
    found = np.empty_like(z)
    found[positive] = above(z[positive])
    found[~positive] = below(z[~positive])
    return found


def _sigmoid(z: Array) -> Array:
    return _where_positive(z, lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(z) / (1 + np.exp(z)))


def _softplus(z: Array) -> Array:
    return _where_positive(z, lambda z: z + np.log1p(np.exp(-z)), lambda z: np.log1p(np.exp(z)))


def _gelu(z: Array) -> Array:
    cdf = 0.5 * np.vectorize(math.erfc, otypes=[np.float64])(-z.real / math.sqrt(2.0)).reshape(z.shape)
    if not np.iscomplexobj(z):
        return np.asarray(z * cdf)
    density = np.exp(-0.5 * z.real**2) / math.sqrt(2.0 * math.pi)
    return np.asarray(
        z * (cdf + 1j * z.imag * density)
    )  # Φ(x + i h) = Φ(x) + i h φ(x), as Φ is the integral of φ


ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "relu": lambda z: np.where(z.real > 0, z, 0),
    "leaky_relu": lambda z: np.where(z.real > 0, z, 0.01 * z),
    "elu": lambda z: _where_positive(z, lambda z: z, np.expm1),
    "gelu": _gelu,
    "silu": lambda z: z * _sigmoid(z),
    "softplus": _softplus,
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "identity": lambda z: z,
}
KINKED = ("relu", "leaky_relu")


def _cross_entropy(z: Array, y: Array) -> Array:
    """−Σ y log softmax(z)."""
    shifted = z - z.real.max(0)
    return np.asarray(y * (np.log(np.exp(shifted).sum(0)) - shifted))


LOSSES: Mapping[str, Callable[[Array, Array], Array]] = {
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy": lambda z, y: _softplus(z) - y * z,
    "squared_error": lambda z, y: 0.5 * (z - y) ** 2,
}


def layer_values(
    network: Network, parameters: Parameters, X: Array, masks: Parameters | None = None
) -> list[Array]:
    """Z1, Z2, ..., with dropout where there are masks."""
    A, found = X, []
    for k, layer in enumerate(network.layers, start=1):
        Z = parameters[f"W{k}"] @ A + parameters[f"b{k}"]
        found.append(Z)
        if k < network.depth:
            A = ACTIVATIONS[layer.activation](Z)
            if masks and f"D{k}" in masks:
                A = A * masks[f"D{k}"] / layer.keep_prob
    return found


def example_costs(
    network: Network, parameters: Parameters, X: Array, Y: Array, weights: Array | None = None,
    masks: Parameters | None = None,
) -> Array:  # fmt: skip
    """The loss of each example, times its weight."""
    each = LOSSES[network.loss](layer_values(network, parameters, X, masks)[-1], Y)
    return np.asarray((each if weights is None else each * weights).sum(0))


def penalty(network: Network, parameters: Parameters, rows: int, batch: int) -> Any:
    """Σ of the layers' penalties."""
    total: Any = 0.0
    for k, layer in enumerate(network.layers, start=1):
        if layer.penalty is not None:
            names = [f"W{k}", f"b{k}"] if layer.penalty.biases else [f"W{k}"]
            total += sum(_penalty_of(layer.penalty, parameters[name], rows, batch) for name in names)
    return total


def _penalty_of(given: Penalty, w: Array, rows: int, batch: int) -> Any:
    m = {"data": rows, "batch": batch, "none": 1}[given.per]
    sizes = (np.sign(w.real) * w).sum()
    return given.lambd / m * (given.l1_ratio * sizes + (1 - given.l1_ratio) / 2 * (w * w).sum())
