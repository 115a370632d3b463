"""The same network from several seeds: independent trainings, anywhere; the best is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.train.fitting import Fitted, fit
from gradproof.train.network import Network
from gradproof.train.path.executors import Where, run_all
from gradproof.train.path.measures import Floats
from gradproof.train.path.progress import TaskBar


@dataclass(frozen=True, slots=True)
class Restarts:
    """What :func:`restarts` gives.

    Attributes
    ----------
    seeds : of the trainings
    costs : array of shape (seeds,)
        Validation cost of each where there are validation data, else data cost + penalty of the training
        data; with early stopping that of the best epoch.
    each : the trained networks
    """

    seeds: Sequence[int]
    costs: Floats
    each: Sequence[Fitted]

    @property
    def best(self) -> Fitted:
        """The network with the lowest cost."""
        return self.each[int(np.where(np.isfinite(self.costs), self.costs, np.inf).argmin())]


@dataclass(frozen=True, slots=True)
class RestartJob:
    """One training: all that a task needs, wherever it runs."""

    network: Network
    X: Any
    Y: Any
    seed: int
    settings: dict[str, Any]


def restarts(
    network: Network,
    X: Any,
    Y: Any,
    seeds: int | Sequence[int] = 8,
    *,
    executor: Where = None,
    progress: bool = False,
    **settings: Any,
) -> Restarts:
    """Train a network from several seeds.

    Parameters
    ----------
    network, X, Y : as for :func:`~gradproof.train.fitting.fit`
    seeds : the seeds, or how many, which are then 0, 1, ...
    executor : as for :func:`~gradproof.train.path.cross_validate_path`
    progress : whether to show a bar
    settings : of ``fit``, but for ``seed``

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> X = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
    >>> Y = np.array([[0.0, 1.0, 1.0, 0.0]])
    >>> network = dense([2, 3, 1], activation="tanh", loss="binary_cross_entropy")
    >>> found = restarts(network, X, Y, seeds=4, epochs=20, executor=1)
    >>> len(found.each), bool(found.best.ledger[-1].cost == found.costs.min())
    (4, True)
    """
    chosen = list(range(seeds)) if isinstance(seeds, int) else [int(s) for s in seeds]
    if not chosen:
        raise InputError(f"seeds is {seeds!r}", fix="give at least one seed")
    jobs = [RestartJob(network, X, Y, seed, settings) for seed in chosen]
    with TaskBar(len(jobs), shown=progress) as bar:
        each = run_all(train_once, jobs, executor, report=bar.see)
    return Restarts(chosen, np.array([_cost(fitted) for fitted in each]), each)


def train_once(job: RestartJob) -> Fitted:
    """Train from one seed."""
    return fit(job.network, job.X, job.Y, seed=job.seed, **job.settings)


def _cost(fitted: Fitted) -> float:
    entry = fitted.ledger[fitted.best_epoch - 1]
    return entry.cost if entry.validation_cost is None else entry.validation_cost
