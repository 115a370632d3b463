"""Early stopping of many networks at once: each keeps the parameters of its own best epoch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from gradproof.expr.node import Array
from gradproof.train.fitting.stopping import EarlyStopping
from gradproof.train.path.measures import Floats


class Watch:
    """The rule of :class:`EarlyStopping` for each network by itself; what one does never reaches another.

    Attributes
    ----------
    rule : when to stop
    parameters : of each network's best epoch
    best : the cost in that epoch
    epoch : its number, counted from 1; 0 where the cost was never a number
    stopped : whether the network has stopped
    """

    def __init__(self, parameters: Mapping[str, Array], copies: int, rule: EarlyStopping) -> None:
        self.rule = rule
        self.parameters = {name: w.copy() for name, w in parameters.items()}
        self.best: Floats = np.full(copies, np.inf)
        self.epoch: npt.NDArray[np.int64] = np.zeros(copies, np.int64)
        self.stopped: npt.NDArray[np.bool_] = np.zeros(copies, bool)
        self._reference: Floats = np.full(copies, np.inf)
        self._waited: npt.NDArray[np.int64] = np.zeros(copies, np.int64)

    def see(self, epoch: int, cost: Floats, parameters: Mapping[str, Array]) -> None:
        """Note the costs after an epoch; NaN, of a network that diverged, is no improvement."""
        better = (cost < self.best) & ~self.stopped
        for name, w in parameters.items():
            np.copyto(self.parameters[name], w, where=better[:, None, None])
        self.best = np.where(better, cost, self.best)
        self.epoch = np.where(better, epoch, self.epoch)
        fallen = cost < self._reference - self.rule.min_delta
        self._reference = np.where(fallen, cost, self._reference)
        self._waited = np.where(fallen, 0, self._waited + 1)
        self.stopped = self.stopped | (self._waited >= self.rule.patience)
