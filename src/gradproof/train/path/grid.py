"""Which λ a path is trained for, where nobody says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.train.network import Network
from gradproof.train.penalties import L2, Penalty

Grid = npt.NDArray[np.float64]


def lambda_grid(
    network: Network,
    X: Any,
    Y: Any,
    count: int = 32,
    *,
    ratio: float = 1e-4,
    batch_size: int = 200,
    weights: Any = None,
) -> Grid:
    """``count`` λ at equal distances of their logarithms, from ratio · λ_max to λ_max = m ‖G‖₂.

    G = 1/m (Ȳ − Y) Xᵀ is the gradient by the product of all weight matrices where they are 0 and the
    biases are fitted, ‖G‖₂ its largest singular value, and m what the penalty is divided by. In a linear
    network of two layers λ/(2m) (‖W1‖²_F + ‖W2‖²_F) is at least λ/m times the sum of the singular values
    of W2 W1, so λ_max is the smallest λ at which all weights are 0. Other networks have no such number
    in closed form; there it sets the scale.

    Parameters
    ----------
    network : its penalty says what m is
    X : array of shape (n_x, N)
    Y : array of shape (n_y, N)
    count : how many
    ratio : the smallest λ over the largest
    batch_size : m, for a penalty per batch
    weights : array of shape (N,)
        Weights of the examples, which count as often as they say, in m as well.

    Returns
    -------
    array of shape (count,), increasing

    Notes
    -----
    Srebro, Rennie and Jaakkola, Maximum-margin matrix factorization, NIPS 2004, for the sum of singular
    values; glmnet makes its grid in the same way from the λ at which its coefficients become 0.

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> X, Y = np.array([[-1.0, 0.0, 1.0]]), np.array([[-2.0, 0.0, 2.0]])
    >>> lambda_grid(dense([1, 4, 1], loss="squared_error"), X, Y, 3, ratio=0.01)
    array([0.04, 0.4 , 4.  ])
    """
    if count < 1 or not 0 < ratio < 1:
        raise InputError(
            f"a grid of {count} λ with the ratio {ratio}",
            fix="give a count from 1 on, and a ratio between 0 and 1",
        )
    X, Y = np.asarray(X, np.float64), np.asarray(Y, np.float64)
    n = X.shape[1]
    s = np.ones(n) if weights is None else np.asarray(weights, np.float64).ravel()
    m = float(s.sum())
    residual = s * (Y @ s[:, None] / m - Y)
    largest = float(np.linalg.norm(residual @ X.T, 2)) / m
    rows = {"data": m, "batch": min(batch_size, n), "none": 1}[penalty_of(network).per]
    top = (largest or 1.0) * rows  # targets that do not vary leave nothing to fit: any scale will do
    return np.geomspace(ratio * top, top, count) if count > 1 else np.array([top])


def penalty_of(network: Network) -> Penalty:
    """The first penalty of the network, whose λ a path replaces; L2 where it has none."""
    return next((layer.penalty for layer in network.layers if layer.penalty), L2(0.0))


def checked_lambdas(lambdas: Any) -> Grid:
    """λ as numbers, in the order given."""
    if isinstance(lambdas, str) or not isinstance(lambdas, Sequence | np.ndarray):
        raise InputError(f"lambdas is {lambdas!r}", fix="give a list of numbers, or how many there are to be")
    values = np.asarray(lambdas, np.float64)
    if values.ndim != 1 or not values.size or not (np.isfinite(values) & (values >= 0)).all():
        raise InputError(f"lambdas is {lambdas!r}", fix="give a list of finite numbers from 0 on")
    return values
