"""Initial parameters: a scheme is a paragraph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.expr.node import Array
from gradproof.train.activations import activation
from gradproof.train.network import Network

Generator = np.random.Generator | np.random.RandomState
Scheme = Callable[[Generator, int, int, str], tuple[Array, Array]]


def he(rng: Generator, units: int, inputs: int, _: str) -> tuple[Array, Array]:
    """W ~ N(0, 2/n_in), b = 0, for activations that are 0 on one side (He, Zhang, Ren and Sun, ICCV 2015)."""
    return rng.standard_normal((units, inputs)) * np.sqrt(2 / inputs), np.zeros((units, 1))


def xavier(rng: Generator, units: int, inputs: int, _: str) -> tuple[Array, Array]:
    """W ~ N(0, 1/n_in), b = 0, as the course has it (LeCun, Bottou, Orr and Müller 1998)."""
    return rng.standard_normal((units, inputs)) * np.sqrt(1 / inputs), np.zeros((units, 1))


def glorot_uniform(rng: Generator, units: int, inputs: int, name: str) -> tuple[Array, Array]:
    """W, b uniform within ±√(6/(n_in + n_out)), 2 for 6 with a sigmoid (Glorot and Bengio, AISTATS 2010).

    Biases are drawn within the same bounds, and numbers in the same order, as scikit-learn's MLP draws them:
    with ``np.random.RandomState(seed)`` the parameters are those that it begins with.
    """
    bound = np.sqrt((2 if name == "sigmoid" else 6) / (inputs + units))
    W = rng.uniform(-bound, bound, (inputs, units)).T
    return W, rng.uniform(-bound, bound, units).reshape(-1, 1)


SCHEMES: Mapping[str, Scheme] = {"he": he, "xavier": xavier, "glorot_uniform": glorot_uniform}


def initial_parameters(
    network: Network, rng: Generator, init: str = "auto", dtype: npt.DTypeLike = np.float64
) -> dict[str, Array]:
    """W1, b1, W2, ... drawn by a scheme.

    Parameters
    ----------
    network : whose layers say the shapes
    rng : where the numbers come from; they are drawn in float64 whatever the dtype
    init : ``"he"``, ``"xavier"``, ``"glorot_uniform"``, or ``"auto"``, which is He's for relu and its like,
        and Xavier's for tanh, sigmoid and the output

    Raises
    ------
    InputError
        There is no such scheme.

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> drawn = initial_parameters(dense([4, 3, 2]), np.random.default_rng(0))
    >>> {name: array.shape for name, array in drawn.items()}
    {'W1': (3, 4), 'b1': (3, 1), 'W2': (2, 3), 'b2': (2, 1)}
    """
    if init != "auto" and init not in SCHEMES:
        raise InputError(
            f"there is no scheme {init!r}", where="init", fix=f"choose one of auto, {', '.join(SCHEMES)}"
        )
    found: dict[str, Array] = {}
    name = network.layers[0].activation
    for k, (below, layer) in enumerate(zip(network.sizes, network.layers, strict=False), start=1):
        if k < network.depth:  # the output is drawn like the layer below it, as far as bounds go
            name = layer.activation
        scheme = SCHEMES[activation(layer.activation).scheme if init == "auto" else init]
        W, b = scheme(rng, layer.units, below, name)
        found[f"W{k}"], found[f"b{k}"] = (np.ascontiguousarray(w, dtype) for w in (W, b))
    return found


def given_parameters(network: Network, start: Mapping[str, Any], dtype: npt.DTypeLike) -> dict[str, Array]:
    """Parameters that a user gave, as arrays of their own.

    Raises
    ------
    InputError
        One is missing, is none of the network's, has another shape, or is not finite.
    """
    shapes = network.parameter_shapes
    if unknown := sorted(start.keys() - shapes.keys()):
        raise InputError(
            f"start has {', '.join(unknown)}", where="start", fix=f"the parameters are {', '.join(shapes)}"
        )
    found = {}
    for name, shape in shapes.items():
        if name not in start:
            raise InputError(f"start has no {name}", where="start", fix=f"give an array of shape {shape}")
        array = np.array(start[name], dtype, order="C")
        if array.shape != shape:
            raise InputError(
                f"{name} has shape {array.shape}", where="start", fix=f"give one of shape {shape}"
            )
        if not np.isfinite(array).all():
            raise InputError(f"{name} has entries that are not finite", where="start", fix="give numbers")
        found[name] = array
    return found
