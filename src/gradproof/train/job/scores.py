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
    score : accuracy, or R² of a regression
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
        """The scores as plain data."""
        found = {"rows": self.rows, "score": self.score, "data_cost": self.cost, "baseline": self.baseline}
        return found if self.rmse is None else {**found, "rmse": self.rmse}


def scores_of(network: Network, target: Target, A: Floats, Y: Floats, training: Floats) -> Scores:
    """Scores of predictions A for Y, both of shape (n_y, m); ``training`` is the Y that was trained on."""
    constant = np.broadcast_to(training.mean(axis=1, keepdims=True), Y.shape)
    rmse = float(np.sqrt(((A - Y) ** 2).mean())) * target.std if target.task == REGRESSION else None
    return Scores(
        Y.shape[1], float(score(network, A, Y)), float(data_cost(network, A, Y)), rmse,
        float(score(network, constant, Y)),
    )  # fmt: skip


def confusion(target: Target, A: Floats, Y: Floats) -> npt.NDArray[np.int64]:
    """How often each class (row) was taken for each class (column), shape (classes, classes)."""
    true, said = (target.probabilities(each).argmax(axis=0) for each in (Y, A))
    count = len(target.classes)
    return np.bincount(true * count + said, minlength=count * count).reshape(count, count)
