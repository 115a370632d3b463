"""λ chosen by cross-validation: a path of λ on each fold, anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.expr.node import Array
from gradproof.train.engines.base import Data
from gradproof.train.fitting.inputs import checked_data, checked_dtype
from gradproof.train.fitting.interrupt import Interrupts
from gradproof.train.network import Network
from gradproof.train.path.crossvalidation import CrossValidation
from gradproof.train.path.executors import Where, processors, run_all
from gradproof.train.path.folds import Rows, split
from gradproof.train.path.grid import Grid
from gradproof.train.path.progress import TaskBar
from gradproof.train.path.result import History, LambdaPath, with_lambda
from gradproof.train.path.run import chosen_lambdas, made_settings
from gradproof.train.path.training import Run, Settings

TASKS = 4  # for each thread, so that none waits long for the last one


@dataclass(frozen=True, slots=True)
class FoldJob:
    """Some λ on one fold: all that a task needs, wherever it runs."""

    network: Network
    data: Data
    training: Rows
    validation: Rows
    lambdas: Grid
    settings: Settings


def cross_validate_path(
    network: Network,
    X: Any,
    Y: Any,
    lambdas: Any = 32,
    folds: int | Iterable[tuple[Any, Any]] = 5,
    *,
    choose_by: str = "cost",
    weights: Any = None,
    executor: Where = None,
    per_task: int | None = None,
    progress: bool = False,
    **settings: Any,
) -> CrossValidation:
    """Choose λ by cross-validation: train a path of λ on each fold's training part, judge it on the rest.

    Parameters
    ----------
    network, X, Y, lambdas : as for :func:`~gradproof.train.path.lambda_path`
    folds : how many, dealt from a shuffle with the seed so that each class is spread evenly; or pairs of
        index arrays, the training and the validation part of each
    choose_by : ``"cost"``, the mean validation cost, or ``"score"``, the mean accuracy or R²
    weights : array of shape (m,)
        Weights of the examples, which count as often as they say: in the data costs and scores of both parts,
        and in the m of a penalty per row of the data.
    executor : where the folds are trained: an executor of :mod:`concurrent.futures`, a function that makes
        one, or a number of threads; None for one thread for each processor. See
        :func:`~gradproof.train.path.run_all`
    per_task : how many λ are trained in one run; by default those of a fold together, in fewer where there
        are more threads than folds
    progress : whether to show a bar
    settings : as for :func:`~gradproof.train.path.lambda_path`; the validation cost is computed at the end
        only, unless there is early stopping by it or ``validate_every`` says otherwise

    Returns
    -------
    CrossValidation
        Its ``refit`` trains with the chosen λ on all data.

    Raises
    ------
    InputError
        Something that was given cannot be used; the message says what to do.
    KeyboardInterrupt
        Ctrl-C. Threads finish the epochs that are running first, unless there is a second one.

    Notes
    -----
    λ is what stays between a fold and all data. A penalty per row of the data is λ/m, so on a fold, where m
    is smaller, it is a little stronger.

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((20, 60))
    >>> Y = (X[:1] + rng.standard_normal((1, 60)) > 0).astype(float)
    >>> network = dense([20, 16, 1], loss="binary_cross_entropy")
    >>> found = cross_validate_path(network, X, Y, [0.1, 1, 10, 100], folds=3, epochs=50)
    >>> found.validation_cost.shape, found.one_se >= found.chosen
    ((3, 4), True)
    >>> fitted = found.refit(X, Y)
    """
    since = perf_counter()
    if choose_by not in ("cost", "score"):
        raise InputError(f"choose_by is {choose_by!r}", fix='give "cost" or "score"')
    how = made_settings({"validate_every": 0, **settings})
    data = checked_data(network, X, Y, weights, checked_dtype(how.dtype))
    grid = chosen_lambdas(network, data, lambdas, how)
    network = with_lambda(network, 1.0)
    seed = how.seed if isinstance(how.seed, int) else 0
    parts = [_checked(a, b, data.count) for a, b in split(network, data.Y, folds, seed)]
    pieces = _pieces(grid, len(parts), executor, per_task)
    jobs = [FoldJob(network, data, *part, piece, how) for part in parts for piece in pieces]
    with _ending_threads(executor), TaskBar(len(jobs), shown=progress) as bar:
        found = run_all(train_fold, jobs, executor, report=bar.see)
        _check_interrupt()
    size = len(pieces)
    paths = [_joined(found[k : k + size]) for k in range(0, len(found), size)]
    name = "validation_cost" if choose_by == "cost" else "validation_score"
    quality = np.array([getattr(path, name) for path in paths]) * (-1 if choose_by == "cost" else 1)
    return CrossValidation(network, grid, parts, paths, how, choose_by, quality, perf_counter() - since)


def _ending_threads(executor: Where) -> AbstractContextManager[Any]:
    """Threads get no signals: they end by what this one hears. Processes hear by themselves."""
    return Interrupts() if executor is None or isinstance(executor, int) else nullcontext()


def _check_interrupt() -> None:
    if Interrupts().asked:
        raise KeyboardInterrupt


def train_fold(job: FoldJob) -> LambdaPath:
    """Train some λ on one fold. What it gives depends on the job alone, wherever and how often it runs."""
    _check_interrupt()  # before the equations are derived
    training, validation = (_rows(job.data, rows) for rows in (job.training, job.validation))
    mean = 1.0 if training.weights is None else float(training.weights.mean())
    training, validation = _normalised(training), _normalised(validation)
    path = Run(job.network, training, validation, job.lambdas, job.settings, mean_weight=mean).path()
    if path.stopped == "interrupted":
        raise KeyboardInterrupt
    return replace(path, state=None)


def _rows(data: Data, rows: Rows) -> Data:
    """Some of the examples."""

    def taken(array: Array) -> Array:
        return np.ascontiguousarray(array.T[rows]).T

    return Data(taken(data.X), taken(data.Y), None if data.weights is None else taken(data.weights))


def _normalised(data: Data) -> Data:
    """Weights with mean 1."""
    if data.weights is None:
        return data
    if not data.weights.any():
        raise InputError("the weights of a fold are all 0", fix="give other folds, or leave it out")
    return Data(data.X, data.Y, data.weights / data.weights.mean())


def _checked(training: Rows, validation: Rows, count: int) -> tuple[Rows, Rows]:
    for name, rows in (("training", training), ("validation", validation)):
        if rows.ndim != 1 or not len(rows) or rows.min() < -count or rows.max() >= count:
            raise InputError(
                f"the {name} part of a fold has shape {rows.shape}", where="folds",
                fix=f"give pairs of arrays of indices of the {count} examples, none of them empty",
            )  # fmt: skip
    return training, validation


def _pieces(grid: Grid, folds: int, executor: Where, per_task: int | None) -> list[Grid]:
    """The λ of each run."""
    if per_task is not None:
        if isinstance(per_task, bool) or per_task < 1:
            raise InputError(f"per_task is {per_task!r}", fix="give a whole number from 1 on")
        return [grid[k : k + per_task] for k in range(0, len(grid), per_task)]
    threads = processors() if executor is None else executor if isinstance(executor, int) else 1
    count = 1 if threads == 1 else min(len(grid), -(-TASKS * threads // folds))
    return list(np.array_split(grid, count))


def _joined(paths: list[LambdaPath]) -> LambdaPath:
    """The path of one fold from its pieces."""
    if len(paths) == 1:
        return paths[0]
    arrays = (
        "lambdas", "training_cost", "training_score", "validation_cost", "validation_score", "best_epoch",
        "last_epoch",
    )  # fmt: skip
    joined: dict[str, Any] = {n: np.concatenate([getattr(p, n) for p in paths]) for n in arrays}
    return replace(
        paths[0],
        parameters={n: np.concatenate([p.parameters[n] for p in paths]) for n in paths[0].parameters},
        history=_joined_histories([path.history for path in paths]),
        stopped=max((path for path in paths), key=lambda path: int(path.last_epoch.max())).stopped,
        **joined,
    )


def _joined_histories(histories: list[History]) -> History:
    """Of pieces that ran for different numbers of epochs: the missing epochs are NaN."""
    epochs = max(len(h.rate) for h in histories)
    longest = max(histories, key=lambda h: len(h.rate))

    def joined(name: str) -> Any:
        parts = [getattr(h, name) for h in histories]
        if any(part is None for part in parts):
            return None
        longer = [np.pad(p, ((0, epochs - len(p)), (0, 0)), constant_values=np.nan) for p in parts]
        return np.concatenate(longer, axis=1)

    seconds = sum(np.pad(h.seconds, (0, epochs - len(h.seconds))) for h in histories)
    return History(
        joined("data_cost"), joined("penalty"), joined("validation_cost"), joined("validation_score"),
        longest.rate, np.asarray(seconds),
    )  # fmt: skip
