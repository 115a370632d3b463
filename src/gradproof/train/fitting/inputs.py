"""What is given to a training, checked before anything runs: shapes, finite numbers, Y as the loss has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError, ShapeError
from gradproof.expr.node import Array
from gradproof.train.engines.base import Data
from gradproof.train.network import Network

DTYPES = ("float64", "float32")
ONE = 1e-3  # how far a column of labels may be from adding up to 1


def checked_dtype(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """The precision of a training."""
    found = np.dtype(dtype)
    if found.name not in DTYPES:
        raise InputError(f"dtype is {found.name}", where="dtype", fix=f"choose one of {', '.join(DTYPES)}")
    return found


def checked_data(
    network: Network,
    X: Any,
    Y: Any,
    weights: Any = None,
    dtype: npt.DTypeLike = np.float64,
    *,
    what: str = "",
) -> Data:
    """The data of a network as engines want it.

    Parameters
    ----------
    X : array of shape (n_x, m), examples along the columns
    Y : array of shape (n_y, m); of shape (m,) where the network has one output
    weights : array of shape (m,), of numbers from 0 on, or None
    what : which data it is, for messages

    Raises
    ------
    ShapeError
        The arrays do not fit the network or each other.
    InputError
        There are no examples, entries are not finite, or Y is not what the loss is about.
    """
    where = what or "the training data"
    X, Y = _numbers("X", X, where), _numbers("Y", Y, where)
    outputs = network.sizes[-1]
    Y = Y.reshape(1, -1) if Y.ndim == 1 and outputs == 1 else Y
    _check_rows("X", X, network.inputs, "inputs", where)
    _check_rows("Y", Y, outputs, "outputs", where)
    if X.shape[1] != Y.shape[1]:
        raise ShapeError(
            f"X has {X.shape[1]} columns and Y {Y.shape[1]}",
            where=where,
            fix="give one column for each example",
        )
    if X.shape[1] == 0:
        raise InputError("there are no examples", where=where, fix="give at least one column")
    _check_labels(network, Y, where)
    return Data.of(X, Y, None if weights is None else _checked_weights(weights, X.shape[1], where), dtype)


def checked_inputs(network: Network, X: Any) -> Array:
    """X for a prediction."""
    array = _numbers("X", X, "the data")
    _check_rows("X", array, network.inputs, "inputs", "the data")
    return array


def _numbers(name: str, given: Any, where: str) -> Array:
    try:
        array = np.asarray(given)
        array = array if array.dtype.kind == "f" else array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{name} is no array of numbers: {error}", where=where, fix="give numbers"
        ) from error
    with np.errstate(all="ignore"):
        total = array.sum()  # which is finite where all are, and needs no array of booleans
    if not np.isfinite(total) and not np.isfinite(array).all():
        kind = "NaN" if np.isnan(array).any() else "infinite entries"
        raise InputError(f"{name} has {kind}", where=where, fix="remove those examples or fill the gaps in")
    return array


def _check_rows(name: str, array: Array, rows: int, of: str, where: str) -> None:
    if array.ndim == 2 and array.shape[0] == rows:
        return
    turned = array.ndim == 2 and array.shape[1] == rows
    one_hot = name == "Y" and array.ndim == 1 and rows > 1
    fix = (
        f"examples stand along the columns: give {name}.T" if turned
        else f"give one row for each class: np.eye({rows})[:, labels]" if one_hot
        else f"give an array of shape ({rows}, m)"
    )  # fmt: skip
    raise ShapeError(f"{name} has shape {array.shape}, and the network {rows} {of}", where=where, fix=fix)


def _check_labels(network: Network, Y: Array, where: str) -> None:
    if network.loss == "squared_error":
        return
    if Y.min() < 0 or Y.max() > 1:
        raise InputError(
            f"Y has entries from {Y.min():.6g} to {Y.max():.6g}", where=where,
            fix=f"{network.loss} takes labels or probabilities, from 0 to 1; squared_error takes all numbers",
        )  # fmt: skip
    if network.loss != "cross_entropy":
        return
    off = np.abs(Y.sum(0) - 1)
    if off.max() > ONE:
        worst = int(off.argmax())
        raise InputError(
            f"column {worst} of Y adds up to {Y[:, worst].sum():.6g}", where=where,
            fix="cross_entropy takes one-hot labels or probabilities, which add up to 1",
        )  # fmt: skip


def _checked_weights(weights: Any, count: int, where: str) -> Array:
    array = _numbers("weights", weights, where).reshape(-1)
    if len(array) != count:
        raise ShapeError(f"{len(array)} weights for {count} examples", where=where, fix="give one for each")
    if array.min() < 0:
        raise InputError(f"a weight is {array.min():.6g}", where=where, fix="give numbers from 0 on")
    if not array.any():
        raise InputError("every weight is 0", where=where, fix="give at least one example a positive weight")
    return array
