"""The number that a penalty is, without a gradient: cheap enough for every epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradproof.expr.node import Array
from gradproof.train.engines.base import Lambdas
from gradproof.train.network import Network

Rows = int | tuple[int, ...]


def penalty_rows(network: Network, count: int, batch_size: int) -> Rows:
    """The m that the penalty is divided by: one number, or one for each penalised layer where they differ.

    Parameters
    ----------
    count : rows of the training data, the m of ``per="data"``
    batch_size : rows of a whole batch, the m of ``per="batch"``
    """
    each = {"data": count, "batch": min(batch_size, count), "none": 1}
    found = tuple(each[layer.penalty.per] for layer in network.layers if layer.penalty)
    return found[0] if len(set(found)) == 1 else found or count


def penalty_value(
    network: Network, parameters: Mapping[str, Array], lambdas: Lambdas, count: int, batch_size: int
) -> Any:
    """Σ over the layers of λ/m (ρ Σ|w| + (1 − ρ)/2 Σ w²), at these parameters.

    Parameters
    ----------
    parameters : W1, b1, ...; with a leading axis for as many networks at once
    lambdas : λ by the names in ``NetworkExpression.values``; with that leading axis, one for each network
    count, batch_size : see :func:`penalty_rows`

    Returns
    -------
    float, or array of shape (copies,)

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> from gradproof.train.penalties import L2
    >>> network = dense([2, 1], loss="squared_error", penalty=L2(2.0))
    >>> penalty_value(network, {"W1": np.array([[3.0, 4.0]]), "b1": np.ones((1, 1))}, {"λ": 2.0}, 10, 5)
    2.5
    """
    total: Any = 0.0
    for k, layer in enumerate(network.layers, start=1):
        if (penalty := layer.penalty) is None:
            continue
        lambd = lambdas["λ"] if "λ" in lambdas else lambdas[f"λ{k}"]
        m = {"data": count, "batch": min(batch_size, count), "none": 1}[penalty.per]
        for name in (f"W{k}", f"b{k}") if penalty.biases else (f"W{k}",):
            w, ratio = parameters[name], penalty.l1_ratio
            if ratio < 1:
                total = total + lambd * (1 - ratio) / (2 * m) * _squares(w)
            if ratio:
                total = total + lambd * ratio / m * _sizes(w)
    return total


def _squares(w: Array) -> Any:
    if w.ndim > 2:
        return np.einsum("rij,rij->r", w, w)
    flat = w.reshape(-1)
    return float(np.einsum("i,i->", flat, flat))  # no BLAS, whose threads would wait and spin after it


def _sizes(w: Array) -> Any:
    return np.abs(w).sum((-2, -1)) if w.ndim > 2 else float(np.abs(w).sum())
