"""A path of λ trained in one run: the weights of all networks on a leading axis, the same batches for all."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.train.engines.base import Data
from gradproof.train.fitting.inputs import checked_data, checked_dtype
from gradproof.train.network import Network
from gradproof.train.path.grid import Grid, checked_lambdas, lambda_grid
from gradproof.train.path.result import LambdaPath, with_lambda
from gradproof.train.path.training import Run, Settings


def lambda_path(
    network: Network,
    X: Any,
    Y: Any,
    lambdas: Any = 32,
    *,
    weights: Any = None,
    validation: tuple[Any, Any] | None = None,
    progress: bool = False,
    **settings: Any,
) -> LambdaPath:
    """Train a network for many λ at once.

    The weights of all networks lie on a leading axis, so that a layer of all of them is one batched
    matrix product. They begin at the same parameters and meet the same batches, with the same dropout:
    each comes out as ``fit`` with its λ and the same seed gives it, up to rounding.

    Parameters
    ----------
    network : its layers, loss and penalties. λ of each penalty is replaced by the path's; without a
        penalty, every layer gets L2
    X : array of shape (n_x, m): examples stand along the columns
    Y : array of shape (n_y, m)
    lambdas : array of shape (R,), or how many
        λ themselves, or the number of λ that :func:`lambda_grid` is to choose.
    weights : array of shape (m,), weights of the examples, used as given
    validation : (X, Y) to compute data cost and score of after each epoch
    progress : whether to show a bar
    settings : optimizer, epochs, batch_size, engine, dtype, seed, early_stopping, start, init, shuffle,
        schedule, as for :func:`~gradproof.train.fitting.fit`, and ``validate_every``, the epochs between
        two computations of the validation cost (0 for the end only). With early stopping each network
        stops by itself and keeps its own best epoch; the run ends when all have stopped

    Returns
    -------
    LambdaPath

    Raises
    ------
    InputError
        Something that was given cannot be used; the message says what to do.

    Warns
    -----
    DivergenceWarning
        The cost of some of the networks became infinite or no number. The others are not affected.

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((2, 100))
    >>> network = dense([2, 8, 1], loss="squared_error")
    >>> path = lambda_path(network, X, X[:1] * X[1:], [0.01, 1, 100], epochs=50)
    >>> path.norms.shape, bool((np.diff(path.norms[:, 0]) < 0).all())
    ((3, 2), True)
    """
    how = made_settings(settings)
    kind = checked_dtype(how.dtype)
    data = checked_data(network, X, Y, weights, kind)
    held_out = None
    if validation is not None:
        held_out = checked_data(network, *validation, dtype=kind, what="the validation data")
    if how.by_validation() and held_out is None:
        raise InputError(
            "early stopping by the validation cost, and no validation data", where="early_stopping",
            fix='give validation=(X, Y), or EarlyStopping(monitor="training")',
        )  # fmt: skip
    grid = chosen_lambdas(network, data, lambdas, how)
    return Run(with_lambda(network, 1.0), data, held_out, grid, how).path(progress=progress)


def made_settings(given: dict[str, Any]) -> Settings:
    """Settings from keywords; None for the optimiser is Adam().

    Raises
    ------
    InputError
        There is no such setting, or its value cannot be used.
    """
    known = Settings.__dataclass_fields__
    if unknown := [name for name in given if name not in known]:
        raise InputError(f"there is no setting {unknown[0]!r}", fix=f"choose among {', '.join(known)}")
    return Settings(**{name: value for name, value in given.items() if (name, value) != ("optimizer", None)})


def chosen_lambdas(network: Network, data: Data, lambdas: Any, how: Settings) -> Grid:
    """λ as given, or as many as were asked for."""
    if isinstance(lambdas, int | np.integer) and not isinstance(lambdas, bool):
        return lambda_grid(
            network, data.X, data.Y, int(lambdas), batch_size=how.batch(data.count), weights=data.weights
        )
    return checked_lambdas(lambdas)
