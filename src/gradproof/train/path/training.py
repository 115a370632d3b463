"""How the networks of a path are trained: the settings, and the loop over the epochs."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.expr.node import Array
from gradproof.train.engines import engine_of
from gradproof.train.engines.base import Data, Engine, Epoch, State
from gradproof.train.engines.threads import threads_for
from gradproof.train.fitting.batches import Seed, dropout_masks, example_order, streams
from gradproof.train.fitting.initial import given_parameters, initial_parameters
from gradproof.train.fitting.inputs import checked_dtype
from gradproof.train.fitting.interrupt import Interrupts
from gradproof.train.fitting.ledger import Entry
from gradproof.train.fitting.loop import DivergenceWarning
from gradproof.train.fitting.penalty_value import penalty_rows, penalty_value
from gradproof.train.fitting.progress import Bar
from gradproof.train.fitting.schedules import Schedule
from gradproof.train.fitting.stopping import EarlyStopping
from gradproof.train.network import Network
from gradproof.train.optimizers import Adam, Optimizer
from gradproof.train.path.grid import Grid, penalty_of
from gradproof.train.path.measures import Floats, data_cost, predicted, score
from gradproof.train.path.result import History, LambdaPath
from gradproof.train.path.watch import Watch
from gradproof.train.penalties import Penalty

_GROUP = 8  # copies whose products are one, about; engines take copies in groups
_DERIVING = Lock()  # deriving shares caches; running does not


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the networks are trained; each field means what it does for :func:`~gradproof.train.fitting.fit`.

    Attributes
    ----------
    validate_every : epochs between two computations of the validation cost; 0 for the end only
    """

    optimizer: Optimizer = field(default_factory=Adam)
    epochs: int = 200
    batch_size: int | None = 200
    engine: str = "auto"
    dtype: npt.DTypeLike = "float64"
    seed: Seed = 0
    early_stopping: EarlyStopping | None = None
    start: Mapping[str, Any] | None = None
    init: str = "auto"
    shuffle: bool = True
    schedule: Schedule | None = None
    validate_every: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.optimizer, Optimizer):
            raise InputError(
                f"optimizer is {self.optimizer!r}", where="optimizer",
                fix="give SGD(), RMSprop(), Adam() or AdamW(), whose steps all networks take together",
            )  # fmt: skip
        for name, least in (("epochs", 1), ("batch_size", 1), ("validate_every", 0)):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or int(value) != value or value < least):
                raise InputError(
                    f"{name} is {value!r}", where=name, fix=f"give a whole number from {least} on"
                )
        checked_dtype(self.dtype)

    def batch(self, count: int) -> int:
        """Examples in a batch, of so many."""
        return count if self.batch_size is None else min(self.batch_size, count)

    def by_validation(self) -> bool:
        """Whether networks stop by their validation cost."""
        return self.early_stopping is not None and self.early_stopping.monitor == "validation"


@dataclass(slots=True)
class _Row:
    """The numbers of one epoch; arrays of shape (R,)."""

    data_cost: Floats
    penalty: Floats
    validation_cost: Floats | None
    validation_score: Floats | None
    rate: float
    seconds: float


class Run:
    """The training of all networks of a path at once.

    Where the weights of the examples were divided by ``mean_weight``, so is λ of a penalty per row of
    the data; see :func:`~gradproof.train.path.result.with_total_weight`.
    """

    def __init__(
        self, network: Network, data: Data, held_out: Data | None, lambdas: Grid, how: Settings, *,
        mean_weight: float = 1.0,
    ) -> None:  # fmt: skip
        self.network, self.data, self.held_out, self.grid, self.how = network, data, held_out, lambdas, how
        self.copies, self.batch = len(lambdas), how.batch(data.count)
        with _DERIVING:
            self.engine: Engine = engine_of(
                how.engine, network, how.optimizer, how.dtype, copies=self.copies,
                weighted=data.weights is not None,
            )  # fmt: skip
        own = streams(how.seed)
        self.state = State.begin(self._start(own.initial), how.optimizer)
        self.watch = (
            Watch(self.state.parameters, self.copies, how.early_stopping) if how.early_stopping else None
        )
        self.lambdas = {
            name: lambdas / (mean_weight if _penalty_of(network, name).per == "data" else 1.0)
            for name in self.engine.lambdas
        }
        self.shuffling = own.shuffling if how.shuffle else None
        self.masks = dropout_masks(network, own.dropout, copies=self.copies, dtype=how.dtype)
        self.rows: list[_Row] = []
        self.last = np.zeros(self.copies, np.int64)  # the epoch after which each network stopped
        self.alive = np.ones(self.copies, bool)
        self.diverged = np.zeros(self.copies, bool)

    def _start(self, rng: np.random.Generator) -> dict[str, Array]:
        """The same parameters for every network."""
        how = self.how
        if how.start is None:
            one = initial_parameters(self.network, rng, how.init, how.dtype)
        else:
            one = given_parameters(self.network, how.start, how.dtype)
        return {name: np.broadcast_to(w, (self.copies, *w.shape)) for name, w in one.items()}

    def path(self, *, progress: bool = False) -> LambdaPath:
        """Train until there is a reason to stop."""
        stopped = "epochs"
        bar = Bar(self.how.epochs, shown=progress)
        quiet = np.errstate(all="ignore")
        threads = threads_for(self.network, self.batch, min(self.copies, _GROUP))
        with quiet, threads, Interrupts() as interrupts, bar:
            for k in range(self.how.epochs):
                self._note(self._epoch(k))
                bar.see(self._best_entry())
                if not self.alive.any():
                    stopped = "diverged" if self.diverged.all() else "early stopping"
                elif interrupts.asked:
                    stopped = "interrupted"
                if stopped != "epochs":
                    break
            result = self._result(stopped)
        self._warn()
        return result

    def _epoch(self, k: int) -> _Row:
        """One pass over the data, and its numbers."""
        how, count = self.how, self.data.count
        rate = how.optimizer.learning_rate * (1.0 if how.schedule is None else float(how.schedule(k)))
        order = example_order(self.shuffling, count)
        epoch = Epoch(order, self.batch, rate, self.lambdas, count, self.masks)
        since = perf_counter()
        if k == 0:  # the first pass writes and compiles the step
            with _DERIVING:
                cost = self.engine.epoch(self.data, self.state, epoch)
        else:
            cost = self.engine.epoch(self.data, self.state, epoch)
        seconds = perf_counter() - since
        penalty = penalty_value(self.network, self.state.parameters, self.lambdas, count, self.batch)
        told: tuple[Floats | None, Floats | None] = (None, None)
        every = 1 if how.by_validation() else how.validate_every
        if self.held_out is not None and every and (k + 1) % every == 0:
            told = self._measured(self.state.parameters, self.held_out)
        return _Row(np.array(cost), np.array(penalty), *told, rate, seconds)

    def _measured(self, parameters: Mapping[str, Array], data: Data) -> tuple[Floats, Floats]:
        """Data cost and score of each network."""
        A = predicted(self.engine, parameters, data.X)
        return data_cost(self.network, A, data.Y, data.weights), score(self.network, A, data.Y, data.weights)

    def _note(self, row: _Row) -> None:
        """The epoch into the books: who diverged, who stopped."""
        self.rows.append(row)
        self.last[self.alive] += 1
        cost = row.data_cost + row.penalty
        self.diverged |= self.alive & ~np.isfinite(cost)
        self.alive &= ~self.diverged
        if self.watch is not None:
            seen = row.validation_cost if self.how.by_validation() else cost
            assert seen is not None
            self.watch.see(len(self.rows), np.where(self.diverged, np.nan, seen), self.state.parameters)
            self.alive &= ~self.watch.stopped

    def _best_entry(self) -> Entry:
        """The numbers of the network that is best now, for the bar."""
        row = self.rows[-1]
        judged = row.data_cost + row.penalty if row.validation_cost is None else row.validation_cost
        k = int(np.where(np.isfinite(judged), judged, np.inf).argmin())
        rows = penalty_rows(self.network, self.data.count, self.batch)
        held_out = None if row.validation_cost is None else float(row.validation_cost[k])
        cost, penalty = float(row.data_cost[k]), float(row.penalty[k])
        return Entry(len(self.rows), cost, penalty, rows, cost + penalty, held_out, row.rate, row.seconds)

    def _result(self, stopped: str) -> LambdaPath:
        best = self.state.parameters if self.watch is None else self.watch.parameters
        training = self._measured(best, self.data)
        validation = (None, None) if self.held_out is None else self._measured(best, self.held_out)
        return LambdaPath(
            network=self.network,
            lambdas=self.grid,
            parameters=best,
            training_cost=training[0],
            training_score=training[1],
            validation_cost=validation[0],
            validation_score=validation[1],
            best_epoch=self.last.copy() if self.watch is None else self.watch.epoch,
            last_epoch=self.last,
            history=self._history(),
            stopped=stopped,
            rows=self.data.count,
            batch_size=self.batch,
            engine=self.engine.name,
            weighted=self.data.weights is not None,
            optimizer=self.how.optimizer,
            state=State(
                dict(self.state.parameters.items()), dict(self.state.slots.items()), self.state.step
            ),  # engines may have left arrays on a device
        )

    def _history(self) -> History:
        rows = self.rows
        some = any(row.validation_cost is not None for row in rows)
        gaps = np.full(self.copies, np.nan)
        costs, scores = (
            np.array([gaps if row.validation_cost is None else getattr(row, name) for row in rows])
            for name in ("validation_cost", "validation_score")
        )
        return History(
            np.array([row.data_cost for row in rows]), np.array([row.penalty for row in rows]),
            costs if some else None, scores if some else None,
            np.array([row.rate for row in rows]), np.array([row.seconds for row in rows]),
        )  # fmt: skip

    def _warn(self) -> None:
        if self.diverged.any():
            told = ", ".join(f"{v:.4g}" for v in self.grid[self.diverged])
            warnings.warn(
                f"the cost became infinite or no number for λ = {told}\n  fix: try a learning rate below "
                f"{self.rows[-1].rate:.3g}, or scale the rows of X",
                DivergenceWarning, stacklevel=3,
            )  # fmt: skip


def _penalty_of(network: Network, name: str) -> Penalty:
    """The penalty that the λ of that name belongs to."""
    own = None if name == "λ" else network.layers[int(name[1:]) - 1].penalty
    return own or penalty_of(network)
