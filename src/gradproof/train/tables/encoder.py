"""From columns to the matrix that a network takes: standardised numbers, and one row for each category.

Everything that is learnt from the training rows is plain data, and is stored with the model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.train.tables.features import CATEGORY, check_missing
from gradproof.train.tables.table import Column, Table, counted, listed, mean_and_deviation

Floats = npt.NDArray[np.float64]
POLICIES = ("error", "mean", "drop")
TO_PREDICT = (
    "--missing mean puts the means of the training rows there; --missing drop predicts the other rows"
)
SHOWN = 3  # unseen categories that a note lists


@dataclass(frozen=True, slots=True)
class NumberFeature:
    """A column of numbers, standardised: (x − mean)/std.

    Attributes
    ----------
    mean, std : of the training rows
    flagged : whether a second input says where the value is missing, and the mean stands in its place
    """

    name: str
    mean: float
    std: float
    flagged: bool = False

    @property
    def inputs(self) -> list[str]:
        """Names of its rows of X."""
        return [self.name, f"{self.name} is missing"] if self.flagged else [self.name]

    def encode(self, column: Column) -> tuple[Floats, list[str]]:
        """Its rows of X, NaN where a value is missing and may not be."""
        if not column.is_number:
            place = next(k for k, v in enumerate(column.values) if v is not None and not _is_number(v))
            raise InputError(
                f"{self.name} was a number in training, and is {column.values[place]!r} in row {place + 1}",
                fix="give numbers, or train on this data",
            )
        missing = column.missing
        scaled = (column.values - self.mean) / self.std
        if not self.flagged:
            return scaled[None], []
        return np.stack([np.where(missing, 0.0, scaled), missing.astype(np.float64)]), []


@dataclass(frozen=True, slots=True)
class CategoryFeature:
    """A column of categories, each with its own input that is 1 or 0.

    Attributes
    ----------
    categories : those in the training rows; another one is 0 everywhere
    flagged : whether a last input says where the value is missing
    """

    name: str
    categories: tuple[str, ...]
    flagged: bool = False

    @property
    def inputs(self) -> list[str]:
        """Names of its rows of X."""
        own = [f"{self.name} = {category}" for category in self.categories]
        return [*own, f"{self.name} is missing"] if self.flagged else own

    def encode(self, column: Column) -> tuple[Floats, list[str]]:
        """Its rows of X, NaN where a value is missing and may not be; a note about categories never seen."""
        texts, missing = column.texts(), column.missing
        rows = [(texts == category).astype(np.float64) for category in self.categories]
        unseen = sorted(set(texts[~missing].tolist()) - set(self.categories))
        if self.flagged:
            rows.append(missing.astype(np.float64))
        else:
            rows = [np.where(missing, np.nan, row) for row in rows]
        return np.stack(rows), [_unseen(self.name, unseen, texts)] if unseen else []


Feature = NumberFeature | CategoryFeature


@dataclass(frozen=True, slots=True)
class Encoder:
    """What was learnt of the features.

    Attributes
    ----------
    features : in the order of their rows of X
    missing : what is done about missing values: ``"error"``, ``"mean"`` or ``"drop"``
    """

    features: tuple[Feature, ...]
    missing: str = "error"

    @property
    def inputs(self) -> list[str]:
        """Names of the rows of X."""
        return [name for feature in self.features for name in feature.inputs]

    @staticmethod
    def learn(
        table: Table, kinds: Mapping[str, str], missing: str = "error", gaps: Collection[str] = ()
    ) -> Encoder:
        """Means, deviations and categories of a table's rows.

        Parameters
        ----------
        table : the training rows only
        kinds : of each feature, from :func:`gradproof.train.tables.features.chosen_features`
        missing : ``"mean"`` adds an input to each feature that has missing values
        gaps : features that have missing values in other rows
        """
        if missing not in POLICIES:
            raise InputError(f"missing is {missing!r}", fix=f"choose one of {', '.join(POLICIES)}")
        flags = {n: missing == "mean" and (n in gaps or bool(table[n].missing.any())) for n in kinds}
        return Encoder(tuple(_learnt(table[n], kind, flags[n]) for n, kind in kinds.items()), missing)

    def encode(
        self, table: Table, missing: str | None = None
    ) -> tuple[Floats, npt.NDArray[np.bool_], list[str]]:
        """X of shape (n_x, m), which rows of the table it has, and notes.

        Parameters
        ----------
        missing : what is done about missing values: ``"error"``, ``"drop"``, or ``"mean"`` for the mean of
            the training rows (for a category none of the categories); None as in training

        Raises
        ------
        InputError
            A column is not there or holds texts in place of numbers, or values are missing that may not be.
        """
        absent = [feature.name for feature in self.features if feature.name not in table.columns]
        if absent:
            raise InputError(
                f"the table lacks {listed(absent)}", where=table.source,
                fix=f"the model predicts from {listed(f.name for f in self.features)}",
            )  # fmt: skip
        blocks, notes = [], []
        for feature in self.features:
            block, told = feature.encode(table[feature.name])
            blocks.append(block)
            notes += told
        X = np.concatenate(blocks)
        whole = np.asarray(~np.isnan(X).any(axis=0))
        if missing is not None:
            X, whole, told = self._as_asked(X, table, missing)
            notes += told
        elif not whole.all() and self.missing != "drop":
            self._refuse(table)
        return X[:, whole], whole, notes

    def _as_asked(
        self, X: Floats, table: Table, missing: str
    ) -> tuple[Floats, npt.NDArray[np.bool_], list[str]]:
        """X with missing values treated in another way than in training."""
        if missing not in POLICIES:
            raise InputError(f"--missing is {missing!r}", fix=f"choose one of {', '.join(POLICIES)}")
        names = [feature.name for feature in self.features]
        if missing == "error":
            check_missing(table, names, TO_PREDICT)
        gaps = np.any([table[name].missing for name in names], axis=0)
        if missing == "drop":
            return X, ~gaps, []
        # Standardised, the mean is 0; and so is every input of a category that is not known.
        told = f"values are missing in {counted(int(gaps.sum()))}: the means of training stand there"
        notes = [told] if gaps.any() else []
        return np.where(np.isnan(X), 0.0, X), np.ones_like(gaps), notes

    def _refuse(self, table: Table) -> None:
        """Values are missing where none was in training."""
        if self.missing == "error":
            check_missing(table, [feature.name for feature in self.features], TO_PREDICT)
        holes = [f.name for f in self.features if not f.flagged and table[f.name].missing.any()]
        raise InputError(
            f"values are missing in {listed(holes)}, where none was missing in training", where=table.source,
            fix=TO_PREDICT,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """The encoder as plain data."""
        return {"missing": self.missing, "features": [asdict(feature) for feature in self.features]}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Encoder:
        """The encoder that :meth:`to_dict` described."""
        features: list[Feature] = []
        for each in data["features"]:
            if "categories" in each:
                features.append(CategoryFeature(each["name"], tuple(each["categories"]), each["flagged"]))
            else:
                features.append(NumberFeature(**each))
        return Encoder(tuple(features), data["missing"])


def _learnt(column: Column, kind: str, flagged: bool) -> Feature:
    missing = column.missing
    if kind == CATEGORY:
        categories = sorted(set(column.texts()[~missing].tolist()))
        return CategoryFeature(column.name, tuple(categories), flagged)
    mean, spread = mean_and_deviation(column.values[~missing])
    # A column that does not vary in these rows, but for rounding, is only moved.
    still = spread <= 1e-12 * abs(mean) or not spread
    return NumberFeature(column.name, mean, 1.0 if still else spread, flagged)


def _unseen(name: str, unseen: list[str], texts: npt.NDArray[Any]) -> str:
    rows = int(np.isin(np.array([str(t) for t in texts]), unseen).sum())
    shown = ", ".join(repr(t) for t in unseen[:SHOWN]) + (", ..." if len(unseen) > SHOWN else "")
    return f"{name} is {shown} in {counted(rows)} and never in training: it counts as none of the categories"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
