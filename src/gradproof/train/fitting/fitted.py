"""What a training gives back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradproof.checking.report import Report
from gradproof.expr.node import Array
from gradproof.train.engines.base import Engine, State
from gradproof.train.fitting.archive import write_archive
from gradproof.train.fitting.engine_choice import chosen_engine
from gradproof.train.fitting.explanation import explain
from gradproof.train.fitting.gradient_check import check
from gradproof.train.fitting.inputs import checked_inputs
from gradproof.train.fitting.lbfgs import LBFGS
from gradproof.train.fitting.ledger import Ledger
from gradproof.train.fitting.optimizer_record import to_record
from gradproof.train.network import Network
from gradproof.train.optimizers import SGD, Optimizer


@dataclass
class Fitted:
    """A trained network.

    Attributes
    ----------
    network : its layers, loss and penalties
    parameters : W1, b1, W2, ...: with early stopping those of the best epoch, else those of the last
    ledger : the numbers of each epoch
    stopped : why training stopped: ``"epochs"`` when all were made, ``"early stopping"``, ``"callback"``,
        ``"interrupted"``, ``"diverged"``; of L-BFGS ``"converged"`` or ``"max_iter"``
    reason : the same as a sentence, with what to do about it where something is to be done
    state : where training stood at its end, to go on from with ``fit(..., start=fitted.state)``
    optimizer : what it was trained with; None for one that a file does not know how to make again
    engine : the name of the engine
    weighted : whether the examples had weights
    rows : N, the number of training examples
    batch_size : examples in a batch
    best_epoch : the epoch that the parameters are of
    seconds : that the training took
    extra, arrays : what was saved beside the model: plain data and arrays
    """

    network: Network
    parameters: dict[str, Array]
    ledger: Ledger
    stopped: str
    reason: str
    state: State
    optimizer: Optimizer | LBFGS | None
    engine: str
    weighted: bool
    rows: int
    batch_size: int
    best_epoch: int
    seconds: float
    extra: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    _runner: Engine | None = field(default=None, repr=False, compare=False)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of the parameters."""
        return self.parameters["W1"].dtype

    def predict(self, X: Any) -> Array:
        """The last A: probabilities, or the numbers of a regression.

        Parameters
        ----------
        X : array of shape (n_x, m), examples along the columns

        Returns
        -------
        array of shape (n_y, m)
        """
        given = np.asarray(checked_inputs(self.network, X), self.dtype, order="F")
        if self._runner is None:  # the plainest of the fast ones: it needs no compiler and no device
            self._runner = self._made("numpy")
        return self._runner.predict(self.parameters, given)

    def explain(self, *, latex: bool = False, detail: int = 1) -> str:
        """The cost, the forward pass, backpropagation and the update, as they ran; see :func:`explain`."""
        optimizer = self.optimizer if isinstance(self.optimizer, Optimizer) else None
        return explain(
            self.network, optimizer, mini_batches=self.batch_size < self.rows, weighted=self.weighted,
            latex=latex, detail=detail,
        )  # fmt: skip

    def check(self, X: Any = None, Y: Any = None, *, seed: int = 0) -> Report:
        """Check the gradients that the network is trained with, at its parameters; see :func:`check`."""
        runner = self._runner
        engine = (
            runner
            if runner and runner.name == self.engine and not runner.weighted
            else self._made(self.engine)
        )
        return check(
            self.network, X, Y, parameters=self.parameters, engine=engine, dtype=self.dtype, seed=seed
        )

    def save(
        self, path: str | os.PathLike[str], *, extra: Mapping[str, Any] | None = None,
        arrays: Mapping[str, Array] | None = None, with_state: bool = True,
    ) -> None:  # fmt: skip
        """Write the model to one npz file, without a pickle; :func:`load_model` reads it.

        Parameters
        ----------
        extra, arrays : plain data (as JSON has it) and arrays to keep beside the model
        with_state : whether the optimiser's state is written as well, which is needed to go on
        """
        content = {
            "network": self.network.to_dict(), "ledger": self.ledger.to_dict(), "stopped": self.stopped,
            "reason": self.reason, "optimizer": _record(self.optimizer), "engine": self.engine,
            "weighted": self.weighted, "rows": self.rows, "batch_size": self.batch_size,
            "best_epoch": self.best_epoch, "seconds": self.seconds, "step": self.state.step,
            "extra": self.extra if extra is None else dict(extra),
        }  # fmt: skip
        groups = {"parameters": self.parameters, "arrays": self.arrays if arrays is None else arrays}
        if with_state:
            groups |= {"slots": self.state.slots}
            if self.state.parameters is not self.parameters:
                groups |= {"last": self.state.parameters}
        write_archive(path, "model", content, groups)

    def _made(self, name: str) -> Engine:
        optimizer = self.optimizer if isinstance(self.optimizer, Optimizer) else SGD()
        return chosen_engine(name, self.network, optimizer, self.dtype)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_runner": None}  # an engine is made again where it is needed

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.network.sizes))
        cost = f", cost {self.ledger[-1].cost:.5g}" if self.ledger else ""
        return f"<Fitted {sizes}: {len(self.ledger)} epochs{cost}, stopped: {self.stopped}>"


def _record(optimizer: Optimizer | LBFGS | None) -> dict[str, Any] | None:
    if isinstance(optimizer, LBFGS):
        names = ("max_iter", "tol", "max_evaluations", "memory")
        return {"name": "lbfgs", **{name: getattr(optimizer, name) for name in names}}
    return None if optimizer is None else to_record(optimizer)
