"""How good predictions are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.train.network import Network
from gradproof.train.path.measures import data_cost, score
from gradproof.train.tables.target import REGRESSION, Target

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one part of the data.

    Attributes
    ----------
    rows : how many rows
    score : accuracy, or R² of a regression, which is NaN for fewer than two rows
    cost : data cost, without dropout; of a regression in the standardised units that are fitted
    rmse : of a regression, in the units of the target
    baseline : the score of always saying the most frequent class of training, or its mean
    """

    rows: int
    score: float
    cost: float
    rmse: float | None
    baseline: float

    def to_dict(self) -> dict[str, Any]:
        """The scores as plain data; None for what is not defined."""
        found = {
            "rows": self.rows, "score": _defined(self.score), "data_cost": self.cost,
            "baseline": _defined(self.baseline),
        }  # fmt: skip
        return found if self.rmse is None else {**found, "rmse": self.rmse}


def scores_of(network: Network, target: Target, A: Floats, Y: Floats, training: Floats) -> Scores:
    """Scores of predictions A for Y, both of shape (n_y, m); ``training`` is the Y that was trained on."""
    constant = np.broadcast_to(training.mean(axis=1, keepdims=True), Y.shape)
    rmse = float(np.sqrt(((A - Y) ** 2).mean())) * target.std if target.task == REGRESSION else None
    known = target.task != REGRESSION or Y.shape[1] > 1
    own, base = (float(score(network, each, Y)) if known else float("nan") for each in (A, constant))
    return Scores(Y.shape[1], own, float(data_cost(network, A, Y)), rmse, base)


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value


def confusion(target: Target, A: Floats, Y: Floats) -> npt.NDArray[np.int64]:
    """How often each class (row) was taken for each class (column), shape (classes, classes)."""
    true, said = (target.probabilities(each).argmax(axis=0) for each in (Y, A))
    count = len(target.classes)
    return np.bincount(true * count + said, minlength=count * count).reshape(count, count)
