"""Early stopping: when to stop, and the best parameters until then."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.expr.node import Array
from gradproof.train.fitting.ledger import Entry

MONITORS = ("validation", "training")


@dataclass(frozen=True, slots=True)
class EarlyStopping:
    """Stop when the cost has not fallen for some epochs, and go back to the parameters that had the lowest.

    Attributes
    ----------
    patience : how many epochs in a row may pass without the cost falling by more than ``min_delta``
    min_delta : by how much it has to fall below what it last fell to
    monitor : ``"validation"``, the data cost of the validation data; ``"training"``, data cost + penalty of
        the training data

    Examples
    --------
    >>> EarlyStopping(patience=5)
    EarlyStopping(patience=5, min_delta=0.0, monitor='validation')
    """

    patience: int = 10
    min_delta: float = 0.0
    monitor: str = "validation"

    def __post_init__(self) -> None:
        if int(self.patience) != self.patience or self.patience < 1:
            raise InputError(f"patience is {self.patience}", fix="give a whole number of epochs, from 1 on")
        if not self.min_delta >= 0:
            raise InputError(f"min_delta is {self.min_delta}", fix="give a number that is at least 0")
        if self.monitor not in MONITORS:
            raise InputError(
                f"there is nothing called {self.monitor!r} to monitor", fix="validation or training"
            )


@dataclass(slots=True)
class Watch:
    """What early stopping knows while training goes on.

    Attributes
    ----------
    rule : when to stop
    parameters : those of the epoch with the lowest cost
    lowest, epoch : that cost, and its epoch
    reference : what the cost last fell to by more than ``min_delta``
    waited : for how many epochs it has not done so
    """

    rule: EarlyStopping
    parameters: dict[str, Array] = field(default_factory=dict)
    lowest: float = math.inf
    epoch: int = 0
    reference: float = math.inf
    waited: int = 0

    @property
    def exhausted(self) -> bool:
        """Whether to stop."""
        return self.waited >= self.rule.patience

    def see(self, entry: Entry, parameters: Mapping[str, Array]) -> None:
        """Take note of one more epoch; the parameters are copied where it is the best."""
        cost = entry.validation_cost if self.rule.monitor == "validation" else entry.cost
        if cost is None or math.isnan(cost):
            self.waited += 1
            return
        if cost < self.lowest:
            self.lowest, self.epoch = cost, entry.epoch
            if not self.parameters:
                self.parameters = {name: np.empty_like(w) for name, w in parameters.items()}
            for name, w in parameters.items():
                np.copyto(self.parameters[name], w)
        if cost < self.reference - self.rule.min_delta or math.isinf(self.reference):
            self.reference, self.waited = cost, 0
        else:
            self.waited += 1

    def state(self) -> dict[str, Any]:
        """The numbers, without the parameters."""
        return {
            "lowest": self.lowest, "epoch": self.epoch, "reference": self.reference, "waited": self.waited,
        }  # fmt: skip

    def restore(self, state: Mapping[str, Any], parameters: Mapping[str, Array]) -> None:
        """Go back to what :meth:`state` and the parameters were."""
        self.lowest, self.epoch = state["lowest"], state["epoch"]
        self.reference, self.waited = state["reference"], state["waited"]
        self.parameters = {name: np.array(w) for name, w in parameters.items()}
