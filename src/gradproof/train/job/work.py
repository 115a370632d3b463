"""The training itself: λ chosen or given, the network fitted, every part scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.train.fitting import LBFGS, EarlyStopping, Fitted, fit
from gradproof.train.job.model import Predictions, TableModel
from gradproof.train.job.prepare import Prepared
from gradproof.train.job.scores import Scores, confusion, scores_of
from gradproof.train.job.settings import Settings
from gradproof.train.path import CrossValidation, cross_validate_path
from gradproof.train.tables.table import counted
from gradproof.train.tables.target import CLASSIFICATION

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a training on a table gave.

    Attributes
    ----------
    settings, prepared : what was asked, and what the table was made into
    model : the trained network with its columns
    lambd : the λ it was trained with
    search : what cross-validation found, or None where λ was given
    scores : of each part
    outputs : the last A of each part, shape (n_y, m)
    """

    settings: Settings
    prepared: Prepared
    model: TableModel
    lambd: float
    search: CrossValidation | None
    scores: Mapping[str, Scores]
    outputs: Mapping[str, Floats]

    @property
    def fitted(self) -> Fitted:
        """The trained network."""
        return self.model.fitted

    @property
    def shown(self) -> str:
        """The part that is looked at most closely: the test part if there is one."""
        return "test" if "test" in self.scores else "training"

    def confusion(self) -> npt.NDArray[np.int64] | None:
        """How often each class (row) was taken for each class (column); None for a regression."""
        target = self.prepared.target
        if target.task != CLASSIFICATION:
            return None
        return confusion(target, self.outputs[self.shown], self.prepared.data[self.shown][1])

    def predictions(self) -> Predictions:
        """Of the test part (of the training part where there is none), with the row numbers of the file."""
        rows = self.prepared.rows[self.shown]
        found = self.model.predict(self.prepared.table.taken(rows))
        return replace(found, rows=self.prepared.numbers[rows])


def train(prepared: Prepared, settings: Settings, *, progress: bool = False) -> Outcome:
    """Train on a prepared table.

    Parameters
    ----------
    progress : whether bars are shown on standard error

    Raises
    ------
    InputError
        The settings do not fit together.
    """
    X, Y = prepared.data["training"]
    shared = {
        "optimizer": settings.rule(),
        "epochs": settings.epochs,
        "batch_size": settings.batch(X.shape[1]),
        "engine": settings.engine,
        "dtype": settings.dtype,
        "seed": settings.seed,
        "early_stopping": None if settings.patience is None else EarlyStopping(settings.patience),
        "progress": progress,
    }
    network = settings.network(len(X), prepared.target)
    if not settings.searches:
        fitted = fit(network, X, Y, validation=prepared.data.get("validation"), **shared)
        return _outcome(prepared, settings, fitted, settings.lambd or 0.0, None)
    if isinstance(shared["optimizer"], LBFGS):
        raise InputError(
            "the path of λ is trained in batches, which L-BFGS does not have", where="--optimizer",
            fix="--l2 NUMBER, or another optimiser",
        )  # fmt: skip
    _check_folds(prepared, settings)
    search = cross_validate_path(network, X, Y, settings.path, settings.folds, **shared)
    rule = "1se" if settings.one_se else "min"
    return _outcome(
        prepared, settings, search.refit(X, Y, rule, progress=progress), search.lambda_by(rule), search
    )


def _check_folds(prepared: Prepared, settings: Settings) -> None:
    """Refuse more folds than training rows."""
    count = prepared.data["training"][0].shape[1]
    if settings.folds <= count:
        return
    tested, rows = len(prepared.rows.get("test", ())), counted(prepared.table.rows)
    raise InputError(
        f"{settings.folds} folds of {counted(count)}: {tested} of {rows} went to the test",
        where="--folds",
        fix=f"--folds {count} or fewer, a smaller --test, or --l2 NUMBER, which needs no folds",
    )


def _outcome(
    prepared: Prepared, settings: Settings, fitted: Fitted, lambd: float, search: CrossValidation | None
) -> Outcome:
    """The outcome of a training: every part scored."""
    if not all(np.isfinite(array).all() for array in fitted.parameters.values()):
        raise InputError(
            f"the training diverged: {fitted.reason.splitlines()[0]}", where="--lr",
            fix=f"a lower learning rate than {fitted.ledger[-1].rate or 0:g}",
        )  # fmt: skip
    target, parts = prepared.target, prepared.data
    outputs = {part: np.asarray(fitted.predict(X), np.float64) for part, (X, _) in parts.items()}
    learnt: Any = parts["training"][1]
    scores = {p: scores_of(fitted.network, target, outputs[p], Y, learnt) for p, (_, Y) in parts.items()}
    model = TableModel(fitted, prepared.encoder, target)
    return Outcome(settings, prepared, model, lambd, search, scores, outputs)
