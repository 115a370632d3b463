"""The loop over the epochs of a training, and what follows each of them."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from gradproof.train.engines.base import Engine, Epoch
from gradproof.train.fitting.batches import dropout_masks, example_order
from gradproof.train.fitting.checkpoint import Fingerprint, resume, save_checkpoint
from gradproof.train.fitting.interrupt import Interrupts
from gradproof.train.fitting.job import Job, Run
from gradproof.train.fitting.ledger import Entry
from gradproof.train.fitting.penalty_value import penalty_rows, penalty_value
from gradproof.train.fitting.progress import Bar
from gradproof.train.fitting.validation import DataCost

Callback = Callable[[Entry], Any]
EPOCHS, EARLY, CALLED, INTERRUPTED, DIVERGED = (
    "epochs",
    "early stopping",
    "callback",
    "interrupted",
    "diverged",
)


@dataclass(slots=True)
class Keeping:
    """Where checkpoints go.

    Attributes
    ----------
    every : epochs between two of them
    mark : what tells this training from others
    epoch : the last epoch that is in the file
    """

    path: str | os.PathLike[str]
    every: int
    mark: Fingerprint
    epoch: int = 0

    def take_up(self, job: Job, run: Run) -> None:
        """Go on from the file, where there is one."""
        if resume(self.path, self.mark, job, run):
            self.epoch = len(run.ledger)

    def keep(self, run: Run) -> None:
        """Write the file, unless it is written already."""
        if self.epoch != len(run.ledger):
            save_checkpoint(self.path, self.mark, run)
            self.epoch = len(run.ledger)


class Training:
    """A training that is under way.

    Attributes
    ----------
    engine, job, run : what runs, what was asked for, how far it has come
    interrupts, bar : Ctrl-C, and the bar that shows the progress
    """

    def __init__(
        self, engine: Engine, job: Job, run: Run, keeping: Keeping | None, callback: Callback | None
    ) -> None:
        self.engine, self.job, self.run = engine, job, run
        self.interrupts, self.bar = Interrupts(), Bar(job.epochs, shown=False)
        self._keeping, self._callback = keeping, callback
        self._lambdas = engine.lambdas
        self._rows = penalty_rows(job.network, job.data.count, job.batch_size)
        self._shuffling = run.streams.shuffling if job.shuffle else None
        self._masks = dropout_masks(job.network, run.streams.dropout)
        self._held_out = DataCost(job.network, job.validation, job.dtype) if job.validation else None

    def by_epochs(self) -> str:
        """Make epochs until there is a reason to stop, and give it."""
        run = self.run
        if run.watch and run.watch.exhausted:  # the checkpoint of a training that had ended
            return EARLY
        stopped = EPOCHS
        try:
            while len(run.ledger) < self.job.epochs:
                run.whole = False
                entry = self._epoch()
                run.whole = True
                if reason := self.after(entry):
                    stopped = reason
                    break
        except KeyboardInterrupt:
            stopped = INTERRUPTED
        if self._keeping and run.whole and stopped != DIVERGED:
            self._keeping.keep(run)
        return stopped

    def _epoch(self) -> Entry:
        """One pass over the data, and its numbers."""
        job, run = self.job, self.run
        k, count, size = len(run.ledger), job.data.count, job.batch_size
        order = example_order(self._shuffling, count)
        epoch = Epoch(order, size, job.rate(k), self._lambdas, count, self._masks)
        since = time.perf_counter()
        cost = float(self.engine.epoch(job.data, run.state, epoch))
        seconds = time.perf_counter() - since
        penalty = float(penalty_value(job.network, run.state.parameters, self._lambdas, count, size))
        return Entry(k + 1, cost, penalty, self._rows, cost + penalty, None, epoch.rate, seconds)

    def after(self, entry: Entry) -> str | None:
        """What follows an epoch: the ledger, the best so far, the checkpoint. A reason to stop, or None."""
        run = self.run
        if self._held_out is not None:
            entry = replace(entry, validation_cost=self._held_out(run.state.parameters))
        run.ledger.append(entry)
        if not math.isfinite(entry.cost):
            return DIVERGED
        if run.watch:
            run.watch.see(entry, run.state.parameters)
        self.bar.see(entry)
        if self._callback is not None and self._callback(entry) is True:
            return CALLED
        if self.interrupts.asked:
            return INTERRUPTED
        if run.watch and run.watch.exhausted:
            return EARLY
        if self._keeping and len(run.ledger) - self._keeping.epoch >= self._keeping.every:
            self._keeping.keep(run)
        return None
