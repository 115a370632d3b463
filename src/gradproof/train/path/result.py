"""The networks of a path of λ: one for each λ, trained in one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.expr.node import Array
from gradproof.train.engines import engine_of
from gradproof.train.engines.base import State
from gradproof.train.fitting.fitted import Fitted
from gradproof.train.fitting.inputs import checked_inputs
from gradproof.train.fitting.ledger import Entry, Ledger
from gradproof.train.fitting.penalty_value import penalty_rows
from gradproof.train.network import Network
from gradproof.train.optimizers import Optimizer
from gradproof.train.path.grid import Grid
from gradproof.train.path.measures import Floats, norms, predicted
from gradproof.train.penalties import L2


@dataclass(frozen=True, slots=True)
class History:
    """The numbers of each epoch and each network, arrays of shape (epochs, R), as :class:`Entry` has them.

    ``validation_cost`` and ``validation_score`` are NaN for epochs without validation, and None if there
    are no others; ``rate`` and ``seconds`` have shape (epochs,), and the seconds are those of all
    networks together.
    """

    data_cost: Floats
    penalty: Floats
    validation_cost: Floats | None
    validation_score: Floats | None
    rate: Floats
    seconds: Floats


@dataclass(frozen=True)
class LambdaPath:
    """What :func:`~gradproof.train.path.lambda_path` gives: R networks that differ in λ alone.

    Attributes
    ----------
    network : the network; its λ are replaced by the path's
    lambdas : array of shape (R,)
    parameters : W1, b1, ..., each of shape (R, ...): with early stopping those of each network's best
        epoch, else those of the last
    training_cost : array of shape (R,)
        Data cost of the training data at these parameters, without dropout.
    training_score : array of shape (R,)
        Accuracy, or R² of a regression.
    validation_cost, validation_score : arrays of shape (R,), or None
        The same of the validation data.
    norms : array of shape (R, L)
        ‖W[l]‖_F.
    best_epoch : array of shape (R,)
        The epoch that each network's parameters are of.
    last_epoch : array of shape (R,)
        The epoch after which each network stopped.
    history : the numbers of each epoch
    stopped : ``"epochs"``, ``"early stopping"``, ``"interrupted"`` or ``"diverged"``: why the run ended
    rows : N, the number of training examples
    batch_size : examples in a batch
    engine, weighted, optimizer : what trained them, and whether the examples had weights
    state : where training stood at its end, or None where it was not kept
    """

    network: Network
    lambdas: Grid
    parameters: Mapping[str, Array]
    training_cost: Floats
    training_score: Floats
    validation_cost: Floats | None
    validation_score: Floats | None
    best_epoch: npt.NDArray[np.int64]
    last_epoch: npt.NDArray[np.int64]
    history: History
    stopped: str
    rows: int
    batch_size: int
    engine: str
    weighted: bool
    optimizer: Optimizer
    state: State | None

    @property
    def norms(self) -> Floats:
        """‖W[l]‖_F, shape (R, L)."""
        return norms(self.network, self.parameters)

    @property
    def ledgers(self) -> list[Ledger]:
        """The ledger of each network, until the epoch after which it stopped."""
        return [self._ledger(k) for k in range(len(self.lambdas))]

    def predict(self, X: Any) -> Array:
        """The last A of each network, of shape (R, n_y, m), for X of shape (n_x, m)."""
        X = np.asarray(checked_inputs(self.network, X), self.parameters["W1"].dtype, order="F")
        engine = engine_of(self.engine, self.network, self.optimizer, X.dtype, copies=len(self.lambdas))
        return predicted(engine, self.parameters, X)

    def fitted(self, which: int) -> Fitted:
        """One network of the path, as :func:`~gradproof.train.fitting.fit` would have given it."""
        k = range(len(self.lambdas))[which]
        own = {name: w[k].copy() for name, w in self.parameters.items()}
        last = State(own, {})
        if self.state is not None:
            last = State(
                {name: w[k].copy() for name, w in self.state.parameters.items()},
                {name: s[k].copy() for name, s in self.state.slots.items()},
                self.state.step,
            )
        ended = int(self.last_epoch[k])
        return Fitted(
            network=with_lambda(self.network, float(self.lambdas[k])),
            parameters=own,
            ledger=self._ledger(k),
            stopped=self.stopped,
            reason=f"after {ended} epochs, as one of {len(self.lambdas)} networks of a path of λ",
            state=last,
            optimizer=self.optimizer,
            engine=self.engine,
            weighted=self.weighted,
            rows=self.rows,
            batch_size=self.batch_size,
            best_epoch=int(self.best_epoch[k]),
            seconds=float(self.history.seconds.sum()),
        )

    def _ledger(self, k: int) -> Ledger:
        h = self.history
        rows = penalty_rows(self.network, self.rows, self.batch_size)
        costs = h.validation_cost
        return Ledger(
            Entry(
                e + 1, float(h.data_cost[e, k]), float(h.penalty[e, k]), rows,
                float(h.data_cost[e, k] + h.penalty[e, k]), None if costs is None else _known(costs[e, k]),
                float(h.rate[e]), float(h.seconds[e]),
            )
            for e in range(int(self.last_epoch[k]))
        )  # fmt: skip


def _known(cost: Any) -> float | None:
    """A validation cost, or None for an epoch without one."""
    return None if np.isnan(cost) else float(cost)


def with_total_weight(network: Network, mean: float) -> Network:
    """The network for weights of the examples that were divided by their mean.

    With weights s the cost is (Σ s · loss + λ/2 Σ ‖W‖²_F) / Σ s. Where the weights are divided by their
    mean, Σ s becomes the number of examples, and so λ is divided by the mean as well; of a penalty per
    row of the data alone.
    """
    layers = tuple(
        layer if layer.penalty is None or layer.penalty.per != "data"
        else replace(layer, penalty=replace(layer.penalty, lambd=layer.penalty.lambd / mean))
        for layer in network.layers
    )  # fmt: skip
    return replace(network, layers=layers)


def with_lambda(network: Network, lambd: float) -> Network:
    """The network with this λ in each of its penalties; with L2 on every layer where it has none."""
    if all(layer.penalty is None for layer in network.layers):
        return network.with_penalty(L2(lambd))
    layers = tuple(
        layer if layer.penalty is None else replace(layer, penalty=replace(layer.penalty, lambd=lambd))
        for layer in network.layers
    )
    return replace(network, layers=layers)

