"""A trained network with what it needs to read a table: one file, no pickle."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.train.fitting import Fitted, load_model
from gradproof.train.tables.encoder import Encoder
from gradproof.train.tables.table import Table, counted, text_of
from gradproof.train.tables.target import REGRESSION, Target

Floats = npt.NDArray[np.float64]
KEY = "table"  # of what is stored beside the network
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a model says of the rows of a table.

    Attributes
    ----------
    target : what is predicted
    rows : number of each row in the table, from 1 on
    values : labels as texts, or numbers
    probabilities : array of shape (classes, m), or None for a regression
    true : the target's values in the table, or None where it has none
    notes : what was noticed, in sentences
    """

    target: Target
    rows: npt.NDArray[np.int64]
    values: npt.NDArray[Any]
    probabilities: Floats | None
    true: npt.NDArray[Any] | None
    notes: tuple[str, ...] = ()

    def to_csv(self) -> str:
        """A line for each row: its number, the target where it is known, prediction, probabilities."""
        name = self.target.name
        head = ["row", *([name] if self.true is not None else []), "prediction"]
        columns: list[Any] = [self.rows, *([self.true] if self.true is not None else []), self.values]
        if self.probabilities is not None:
            head += [f"p({label})" for label in self.target.classes]
            columns += [np.char.mod(f"%.{DIGITS}f", row) for row in self.probabilities]
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(head)
        writer.writerows([_cell(v) for v in row] for row in zip(*columns, strict=True))
        return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class TableModel:
    """A network, the encoder of its features, and its target.

    Attributes
    ----------
    fitted : the trained network
    encoder : of the features
    target : what is predicted
    """

    fitted: Fitted
    encoder: Encoder
    target: Target

    def predict(self, table: Table, missing: str | None = None) -> Predictions:
        """Predictions for a table, and how they compare with the target where it is there.

        Parameters
        ----------
        missing : what is done about missing values, as for :meth:`Encoder.encode`; None as in training

        Raises
        ------
        InputError
            The table lacks a column, or has texts where numbers were, or gaps where there were none.
        """
        X, whole, notes = self.encoder.encode(table, missing)
        if not X.shape[1]:
            raise InputError("no row has all its values", where=table.source, fix="--missing mean")
        if not whole.all():
            notes.append(f"no prediction for {counted(int((~whole).sum()))} with missing values")
        A = np.asarray(self.fitted.predict(X), np.float64)
        true = None
        if self.target.name in table.columns:
            column = table[self.target.name].taken(whole)
            true = column.values if self.target.task == REGRESSION and column.is_number else column.texts()
        probabilities = None if self.target.task == REGRESSION else self.target.probabilities(A)
        rows = np.flatnonzero(whole) + 1
        return Predictions(self.target, rows, self.target.decode(A), probabilities, true, tuple(notes))

    def save(self, path: str | Path, about: dict[str, Any] | None = None) -> None:
        """Write one file, which :meth:`load` reads; ``about`` is kept beside the model."""
        stored = {"encoder": self.encoder.to_dict(), "target": self.target.to_dict(), "about": about or {}}
        self.fitted.save(path, extra={KEY: stored})

    @staticmethod
    def load(path: str | Path) -> TableModel:
        """The model that :meth:`save` wrote.

        Raises
        ------
        InputError
            There is no such file, or it holds a network without a table's columns.
        """
        fitted = load_model(path)
        stored = fitted.extra.get(KEY)
        if stored is None:
            raise InputError(
                "the model does not know the columns of a table", where=str(path),
                fix="it was saved by Fitted.save: load it with gradproof.train.fitting.load_model",
            )  # fmt: skip
        return TableModel(fitted, Encoder.from_dict(stored["encoder"]), Target.from_dict(stored["target"]))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else text_of(float(value))
    return "" if value is None else str(value)
