"""A table made ready: features and target told apart, rows parted, all encoded by what training rows say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.train.job.settings import Settings
from gradproof.train.job.split import Rows, parts
from gradproof.train.tables.encoder import POLICIES, Encoder
from gradproof.train.tables.features import check_missing, check_numbers, chosen_features
from gradproof.train.tables.table import Column, Table, counted, listed
from gradproof.train.tables.target import CLASSIFICATION, Target, standardised, target_name, target_of

Floats = npt.NDArray[np.float64]
FEW = 10  # test rows below which a score proves nothing
MANY_CLASSES = 50


@dataclass(frozen=True, slots=True)
class Prepared:
    """Numbers, and where they came from.

    Attributes
    ----------
    table : the rows that are used
    encoder, target : what was learnt from the training rows
    rows : of ``table``, by part; a part without rows is left out
    data : X of shape (n_x, m) and Y of shape (n_y, m), by part
    numbers : number of each row of ``table`` in the file, from 1 on
    notes : what was noticed, in sentences
    """

    table: Table
    encoder: Encoder
    target: Target
    rows: Mapping[str, Rows]
    data: Mapping[str, tuple[Floats, Floats]]
    numbers: Rows
    notes: tuple[str, ...]


def prepare(table: Table, asked: str | None, settings: Settings) -> Prepared:
    """Tell features and target apart, part the rows and encode them.

    Parameters
    ----------
    table : as it was read
    asked : the target's name, or None for the usual ones
    settings : shares of the parts, policy for missing values

    Raises
    ------
    InputError
        The table cannot be used as asked; the message says what to do.
    """
    name = target_name(table.columns, asked, table.source)
    table[name]  # said first if it is not there
    kinds, notes = chosen_features(table, name, settings.choice)
    used, numbers, told = _complete(table, name, list(kinds), settings.missing)
    if settings.task != CLASSIFICATION:
        check_numbers(used[name], table, "--task classification if they are classes")
    target = target_of(used[name], settings.task)
    labels = used[name].texts() if target.task == CLASSIFICATION else None
    validation = 0.0 if settings.searches else settings.validation
    rows = parts(used.rows, settings.test, validation, labels=_places(labels, target), seed=settings.seed)
    rows = {part: each for part, each in rows.items() if len(each)}
    training = used.taken(rows["training"])
    gaps = [feature for feature in kinds if used[feature].missing.any()]
    encoder = Encoder.learn(training, kinds, settings.missing, gaps)
    target = standardised(target, training[name])
    data = {}
    for part, each in rows.items():
        own = used.taken(each)
        X, _, seen = encoder.encode(own)
        data[part] = (X, target.encode(own[name]))
        told += [note for note in seen if note not in told]
    told += _doubts(target, used[name], rows)
    return Prepared(used, encoder, target, rows, data, numbers, (*table.notes, *notes, *told))


def _doubts(target: Target, column: Column, rows: Mapping[str, Rows]) -> list[str]:
    """What speaks against the scores: few test rows, too many classes, classes that are not tested."""
    tested = rows.get("test")
    doubts = []
    if tested is not None and len(tested) < FEW:
        doubts.append(f"only {counted(len(tested))} in the test part: scores on so few prove nothing")
    if target.task != CLASSIFICATION:
        return doubts
    labels = column.texts().astype(str)
    classes, counts = np.unique(labels, return_counts=True)
    single = int((counts == 1).sum())
    if len(classes) > MANY_CLASSES or 2 * single > len(classes):
        instead = "; --task regression if it is a quantity" if column.is_number else ""
        doubts.append(
            f"{target.name} has {len(classes)} classes in {counted(len(labels))}, {single} of them in one "
            f"row only: a network cannot learn a class from so few{instead}"
        )
    if tested is not None:
        absent = np.setdiff1d(classes, labels[tested])
        if len(absent):
            told = listed(absent.tolist())
            doubts.append(f"the test part has no row of {told}: the scores say nothing about them")
    return doubts


def _places(labels: npt.NDArray[np.object_] | None, target: Target) -> Rows | None:
    if labels is None:
        return None
    places = {name: k for k, name in enumerate(target.classes)}
    return np.array([places[label] for label in labels])


def _complete(table: Table, target: str, features: list[str], policy: str) -> tuple[Table, Rows, list[str]]:
    """The rows that can be used, their numbers, and what was left out."""
    if policy not in POLICIES:
        raise InputError(f"--missing is {policy!r}", fix=f"choose one of {', '.join(POLICIES)}")
    kept = ~table[target].missing
    told = []
    if not kept.all():
        if policy == "error":
            check_missing(table, [target])
        told.append(f"left out: {counted(int((~kept).sum()))} without {target}")
    if policy == "error":
        check_missing(table, features)
    elif policy == "drop":
        whole = ~np.any([table[name].missing for name in features], axis=0)
        dropped = int((kept & ~whole).sum())
        told += [f"left out: {counted(dropped)} with missing values"] if dropped else []
        kept &= whole
    numbers = np.flatnonzero(kept)
    if not len(numbers):
        raise InputError("no row has all its values", where=table.source, fix="--missing mean")
    return (table if kept.all() else table.taken(numbers)), numbers + 1, told
