"""A training as it was asked for, and as it stands."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.train.engines.base import Data, State
from gradproof.train.fitting.batches import Seed, Streams, streams
from gradproof.train.fitting.initial import given_parameters, initial_parameters
from gradproof.train.fitting.ledger import Ledger
from gradproof.train.fitting.schedules import Schedule
from gradproof.train.fitting.stopping import EarlyStopping, Watch
from gradproof.train.network import Network
from gradproof.train.optimizers import Optimizer


@dataclass(frozen=True, slots=True)
class Job:
    """What was asked for.

    Attributes
    ----------
    start : parameters by name, or the state that another training ended with
    """

    network: Network
    optimizer: Optimizer
    data: Data
    validation: Data | None
    epochs: int
    batch_size: int
    dtype: np.dtype[Any]
    seed: Seed
    start: Any
    init: str
    shuffle: bool
    schedule: Schedule | None
    early_stopping: EarlyStopping | None

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        factor = 1.0 if self.schedule is None else float(self.schedule(epoch))
        if not 0 <= factor < float("inf"):
            raise InputError(
                f"the schedule gives {factor} for epoch {epoch}",
                where="schedule",
                fix="give factors from 0 on",
            )
        return self.optimizer.learning_rate * factor


@dataclass(slots=True)
class Run:
    """How far it has come.

    Attributes
    ----------
    whole : whether the state is that after the last epoch of the ledger, and not amidst the next one
    watch : what early stopping knows, if there is any
    began : when, by :func:`time.perf_counter`
    """

    state: State
    streams: Streams
    ledger: Ledger
    watch: Watch | None
    whole: bool = True
    began: float = field(default_factory=time.perf_counter)

    @staticmethod
    def begin(job: Job) -> Run:
        """Before the first epoch."""
        own = streams(job.seed)
        watch = Watch(job.early_stopping) if job.early_stopping else None
        return Run(initial_state(job, own), own, Ledger(), watch)


def initial_state(job: Job, own: Streams) -> State:
    """Where training begins: at what was given, or at parameters that are drawn."""
    if job.start is None:
        drawn = initial_parameters(job.network, own.initial, job.init, job.dtype)
        return State.begin(drawn, job.optimizer)
    if not isinstance(job.start, State):
        return State.begin(given_parameters(job.network, job.start, job.dtype), job.optimizer)
    state = State.begin(given_parameters(job.network, job.start.parameters, job.dtype), job.optimizer)
    if state.slots.keys() != job.start.slots.keys():
        raise InputError(
            "the state that was given is that of another optimiser", where="start",
            fix="give the optimiser that it was trained with, or start=state.parameters",
        )  # fmt: skip
    for name, slot in job.start.slots.items():
        np.copyto(state.slots[name], slot)
    state.step = job.start.step
    return state
