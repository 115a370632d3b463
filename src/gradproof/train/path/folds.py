"""Folds of cross-validation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.expr.node import Array
from gradproof.train.network import Network

Rows = npt.NDArray[np.intp]
Folds = list[tuple[Rows, Rows]]


def split(network: Network, Y: Array, folds: int | Iterable[tuple[Any, Any]], seed: int = 0) -> Folds:
    """Indices of the training and of the validation part of each fold.

    Every example is in one validation part. The examples are shuffled first; those of a class are dealt
    evenly to the folds.

    Parameters
    ----------
    network : its loss says whether Y holds classes
    Y : array of shape (n_y, N)
    folds : how many; or pairs of index arrays, which are used as they are

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> labels = np.array([[0, 0, 1, 1, 0, 0]])
    >>> for training, validation in split(dense([2, 1], loss="binary_cross_entropy"), labels, 2):
    ...     print(labels[0, training], labels[0, validation])
    [0 1 0] [0 1 0]
    [0 1 0] [0 1 0]
    """
    if not isinstance(folds, int | np.integer):
        return [(np.asarray(a, np.intp), np.asarray(b, np.intp)) for a, b in folds]
    n = Y.shape[1]
    if not 2 <= folds <= n:
        raise InputError(f"{folds} folds of {n} examples", fix="give a number from 2 to that of the examples")
    order = np.random.default_rng(seed).permutation(n)
    if network.loss != "squared_error":
        classes = Y.argmax(0) if len(Y) > 1 else Y[0] > 0.5
        order = order[np.argsort(classes[order], kind="stable")]
    fold = np.empty(n, np.intp)
    fold[order] = np.arange(n) % folds
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(folds)]
