"""What is predicted: two classes, several, or a number; from a column to Y and from A to predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.train.tables.table import Column, listed, mean_and_deviation, text_of

Floats = npt.NDArray[np.float64]
CLASSIFICATION, REGRESSION = "classification", "regression"
MOST_CLASSES = 20  # that whole numbers may be without being asked for
USUAL_NAMES = ("y", "Y", "target", "label", "labels", "class")


@dataclass(frozen=True, slots=True)
class Target:
    """The target column.

    Attributes
    ----------
    name : the column
    task : ``"classification"`` or ``"regression"``
    reason : how the task was told, in words
    classes : the labels in order; empty for a regression
    mean, std : of the training rows of a regression, which is fitted to (y − mean)/std
    """

    name: str
    task: str
    reason: str = ""
    classes: tuple[str, ...] = ()
    mean: float = 0.0
    std: float = 1.0

    @property
    def loss(self) -> str:
        """The loss that belongs to it."""
        if self.task == REGRESSION:
            return "squared_error"
        return "binary_cross_entropy" if len(self.classes) == 2 else "cross_entropy"

    @property
    def outputs(self) -> int:
        """Units of the last layer."""
        return len(self.classes) if len(self.classes) > 2 else 1

    def encode(self, column: Column) -> Floats:
        """Y of shape (n_y, m): 0 and 1, one-hot columns, or standardised numbers."""
        if self.task == REGRESSION:
            return np.asarray(((column.values - self.mean) / self.std)[None], np.float64)
        places = {name: k for k, name in enumerate(self.classes)}
        texts = column.texts().tolist()
        unknown = sorted({str(t) for t in texts} - places.keys())
        if unknown:
            raise InputError(f"{self.name} is {listed(unknown)}, which is no class of the training data")
        found = np.array([places[t] for t in texts])
        if self.outputs == 1:
            return found.astype(np.float64)[None]
        return np.asarray(np.eye(self.outputs)[found].T)

    def decode(self, A: Floats) -> npt.NDArray[Any]:
        """Predictions, shape (m,): labels as texts, or numbers in the units of the column."""
        if self.task == REGRESSION:
            return np.asarray(A[0] * self.std + self.mean)
        chosen = A.argmax(axis=0) if self.outputs > 1 else (A[0] > 0.5).astype(np.int64)
        return np.asarray(np.array(self.classes, object)[chosen])

    def probabilities(self, A: Floats) -> Floats:
        """Probability of each class, shape (classes, m)."""
        return A if self.outputs > 1 else np.concatenate([1 - A, A])

    def to_dict(self) -> dict[str, Any]:
        """The target as plain data."""
        return asdict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Target:
        """The target that :meth:`to_dict` described."""
        return Target(**{**data, "classes": tuple(data["classes"])})


def target_name(columns: Mapping[str, Column], asked: str | None, source: str = "") -> str:
    """The target's column: the one asked for, or one that is called y, target, label or class."""
    if asked is not None:
        return asked
    for name in USUAL_NAMES:
        if name in columns:
            return name
    raise InputError(
        "which column is to be predicted?",
        where=source,
        fix=f"--target NAME; the columns are {listed(columns)}",
    )


def target_of(column: Column, task: str | None = None) -> Target:
    """What a column asks for: texts and few whole numbers are classes, other numbers a regression.

    Parameters
    ----------
    column : the target without missing values
    task : ``"classification"`` or ``"regression"``; None to see

    Raises
    ------
    InputError
        There is only one class, or texts are to be a regression.

    Examples
    --------
    >>> target_of(Column("y", np.array([0.0, 1.0, 1.0]))).classes
    ('0', '1')
    >>> target_of(Column("price", np.array([0.5, 1.25, 1.75]))).task
    'regression'
    """
    if task not in (None, CLASSIFICATION, REGRESSION):
        raise InputError(f"there is no task {task!r}", where="--task", fix="classification or regression")
    found, reason = _told(column) if task is None else (task, "as asked")
    if found == REGRESSION:
        return _regression(column, reason)
    labels = column.texts()
    if column.is_number:
        classes = tuple(text_of(v) for v in np.unique(column.values).tolist())
    else:
        classes = tuple(sorted(set(labels.tolist())))
    if len(classes) < 2:
        raise InputError(
            f"{column.name} is {classes[0]!r} in every row", fix="give examples of two classes at least"
        )
    return Target(column.name, CLASSIFICATION, reason, classes)


def standardised(target: Target, column: Column) -> Target:
    """A regression's target with the mean and deviation of the training rows."""
    if target.task != REGRESSION:
        return target
    mean, std = mean_and_deviation(column.values)
    return Target(target.name, target.task, target.reason, (), mean, std or 1.0)


def _regression(column: Column, reason: str) -> Target:
    if not column.is_number:
        raise InputError(
            f"{column.name} holds texts, which are no numbers to fit", fix="--task classification"
        )
    if np.isinf(column.values).any():
        raise InputError(f"{column.name} has infinite values", fix="mend them, or leave their rows out")
    if not np.ptp(column.values):
        raise InputError(
            f"{column.name} is {text_of(column.values[0])} in every row", fix="there is nothing to fit"
        )
    return Target(column.name, REGRESSION, reason)


def _told(column: Column) -> tuple[str, str]:
    if not column.is_number:
        return CLASSIFICATION, "texts"
    values = np.unique(column.values)
    if len(values) == 2:
        return CLASSIFICATION, "two values"
    whole = bool((values == np.rint(values)).all())
    few = len(values) <= min(MOST_CLASSES, len(column.values) / 5)
    if whole and few:
        return CLASSIFICATION, "whole numbers"
    return REGRESSION, "whole numbers, too many for classes" if whole else "numbers"
