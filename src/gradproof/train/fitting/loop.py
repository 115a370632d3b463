"""The door :func:`fit`: a network and data in, a trained network out."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.train.engines.base import Engine, State
from gradproof.train.engines.threads import threads_for
from gradproof.train.fitting.batches import Seed
from gradproof.train.fitting.checkpoint import fingerprint
from gradproof.train.fitting.engine_choice import chosen_engine
from gradproof.train.fitting.fitted import Fitted
from gradproof.train.fitting.inputs import checked_data, checked_dtype
from gradproof.train.fitting.interrupt import Interrupts
from gradproof.train.fitting.job import Job, Run
from gradproof.train.fitting.lbfgs import LBFGS, check_suits, train_by_lbfgs
from gradproof.train.fitting.progress import Bar
from gradproof.train.fitting.schedules import Schedule
from gradproof.train.fitting.stopping import EarlyStopping
from gradproof.train.fitting.training import (
    CALLED,
    DIVERGED,
    EARLY,
    EPOCHS,
    INTERRUPTED,
    Callback,
    Keeping,
    Training,
)
from gradproof.train.network import Network
from gradproof.train.optimizers import SGD, Adam, Optimizer

Path = str | os.PathLike[str]


class DivergenceWarning(RuntimeWarning):
    """The cost became infinite or no number, and training stopped."""


def fit(
    network: Network,
    X: Any,
    Y: Any,
    *,
    optimizer: Optimizer | LBFGS | None = None,
    epochs: int = 200,
    batch_size: int | None = 200,
    engine: str | Engine = "auto",
    dtype: npt.DTypeLike = "float64",
    seed: Seed = 0,
    weights: Any = None,
    validation: tuple[Any, ...] | None = None,
    early_stopping: EarlyStopping | None = None,
    start: Mapping[str, Any] | State | None = None,
    init: str = "auto",
    shuffle: bool = True,
    schedule: Schedule | None = None,
    checkpoint: Path | None = None,
    checkpoint_every: int = 10,
    progress: bool = False,
    callback: Callback | None = None,
) -> Fitted:
    """Train a network with the equations that :func:`explain` prints.

    Parameters
    ----------
    network : its layers, loss and penalties
    X : array of shape (n_x, m): examples stand along the columns
    Y : array of shape (n_y, m): one-hot labels or probabilities, labels 0 and 1, or numbers
    optimizer : Adam() by default; ``LBFGS()`` is SciPy's, on all data at once, without ``epochs`` and
        ``batch_size``
    epochs : passes over the data
    batch_size : examples in a step; None for all of them
    engine : ``"auto"``, or the name of an engine, or one that was made already
    dtype : ``"float64"`` or ``"float32"``
    seed : of all that is random. The same seed gives the same weights; initial parameters, order of examples
        and dropout's masks are the same for every engine. None draws a seed
    weights : array of shape (m,), of the examples, used as given: with mean 1 the cost keeps its scale
    validation : (X, Y), or (X, Y, weights), of which the data cost is computed after each epoch
    early_stopping : when to stop before all epochs are made; the best parameters are given back
    start : parameters to begin with, or the state that another training ended with, of which the optimiser's
        state and the number of steps are taken as well
    init : how initial parameters are drawn: ``"auto"``, ``"he"``, ``"xavier"``, ``"glorot_uniform"``
    shuffle : whether each epoch meets the examples in a new order
    schedule : factor on the learning rate as a function of the epoch, counted from 0; None for 1
    checkpoint : a file in which the training is kept, and from which it goes on where there is one
    checkpoint_every : epochs between two writes of that file
    progress : whether to show a bar once training has taken a second
    callback : called with the :class:`Entry` of each epoch; stops training by returning True

    Returns
    -------
    Fitted

    Raises
    ------
    InputError
        Something that was given cannot be used; the message says what to do.

    Warns
    -----
    DivergenceWarning
        The cost became infinite or no number.

    Notes
    -----
    Ctrl-C ends training after the epoch that is running, a second one at once; what was reached is returned.

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> from gradproof.train.penalties import L2
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((2, 100))
    >>> Y = (X[:1] * X[1:] > 0).astype(float)
    >>> network = dense([2, 8, 1], activation="tanh", loss="binary_cross_entropy", penalty=L2(0.01))
    >>> fitted = fit(network, X, Y, optimizer=Adam(0.05), epochs=150, batch_size=50)
    >>> fitted
    <Fitted 2-8-1: 150 epochs, cost ..., stopped: epochs>
    >>> bool(((fitted.predict(X) > 0.5) == Y).mean() > 0.95)
    True
    """
    method = optimizer if isinstance(optimizer, LBFGS) else None
    rule = Adam() if optimizer is None else SGD() if isinstance(optimizer, LBFGS) else optimizer
    kind = checked_dtype(dtype)
    data = checked_data(network, X, Y, weights, kind)
    held_out = None
    if validation is not None:
        X_held, Y_held, *weights_held = validation
        counted = weights_held[0] if weights_held else None
        held_out = checked_data(network, X_held, Y_held, counted, kind, what="the validation data")
    size = data.count if batch_size is None or method else min(_count("batch_size", batch_size), data.count)
    job = Job(
        network, rule, data, held_out, _count("epochs", epochs), size, kind, seed, start, init, shuffle,
        schedule, early_stopping,
    )  # fmt: skip
    _check_monitor(job)
    if method:
        check_suits(job, checkpoint=checkpoint is not None)
    if method and engine == "auto":
        engine = "numpy"  # a compiled epoch is of no use: each evaluation is one pass over all data
    runner = chosen_engine(engine, network, rule, kind, weighted=weights is not None)
    run = Run.begin(job)
    keeping = None
    if checkpoint is not None:
        every = _count("checkpoint_every", checkpoint_every)
        keeping = Keeping(checkpoint, every, fingerprint(job, runner.name))
        keeping.take_up(job, run)
    training = Training(runner, job, run, keeping, callback)
    total = method.max_iter if method else job.epochs
    # Overflows are seen in the cost, and said once.
    quiet, threads = np.errstate(all="ignore"), threads_for(network, size)
    with quiet, threads, Interrupts() as interrupts, Bar(total, shown=progress) as bar:
        training.interrupts, training.bar = interrupts, bar
        stopped, told = train_by_lbfgs(training, method) if method else (training.by_epochs(), "")
    return _fitted(training, stopped, told, method or rule)


def _fitted(training: Training, stopped: str, told: str, optimizer: Optimizer | LBFGS) -> Fitted:
    run, job = training.run, training.job
    best = run.watch if run.watch and run.watch.parameters else None
    reason = told or _reason(stopped, run)
    # Engines may have left arrays on a device.
    state = State(dict(run.state.parameters.items()), dict(run.state.slots.items()), run.state.step)
    if stopped == DIVERGED:
        warnings.warn(reason, DivergenceWarning, stacklevel=3)
    return Fitted(
        network=job.network,
        parameters=best.parameters if best else state.parameters,
        ledger=run.ledger,
        stopped=stopped,
        reason=reason,
        state=state,
        optimizer=optimizer,
        engine=training.engine.name,
        weighted=job.data.weights is not None,
        rows=job.data.count,
        batch_size=job.batch_size,
        best_epoch=best.epoch if best else len(run.ledger),
        seconds=time.perf_counter() - run.began,
        _runner=training.engine,
    )


def _reason(stopped: str, run: Run) -> str:
    """Why training stopped, as a sentence, and what to do where something is to be done."""
    made = f"after {len(run.ledger)} epochs"
    best = f"the parameters are those of epoch {run.watch.epoch}" if run.watch and run.watch.epoch else ""
    if stopped == EARLY and run.watch:
        cost = f"{run.watch.rule.monitor} cost"
        return (
            f"{made}: the {cost} has not fallen for {run.watch.waited}; {best}, with {run.watch.lowest:.6g}"
        )
    if stopped == DIVERGED:
        last = run.ledger[-1]
        fix = f"try a learning rate below {last.rate:.3g}" if last.rate else "try another start"
        told = f"the cost is {last.cost} in epoch {last.epoch}" + (f"; {best}" if best else "")
        return f"{told}\n  fix: {fix}, or scale the rows of X"
    word = {EPOCHS: "all that were asked for", CALLED: "by the callback", INTERRUPTED: "by Ctrl-C"}[stopped]
    return f"{made}, {word}" + (f"; {best}" if best else "")


def _check_monitor(job: Job) -> None:
    rule = job.early_stopping
    if rule and rule.monitor == "validation" and job.validation is None:
        raise InputError(
            "early stopping by the validation cost, and no validation data", where="early_stopping",
            fix='give validation=(X, Y), or EarlyStopping(monitor="training")',
        )  # fmt: skip


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or int(value) != value or value < 1:
        raise InputError(f"{name} is {value!r}", where=name, fix="give a whole number from 1 on")
    return int(value)
