"""Which columns are features, and of which kind; what is left out is said, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gradproof.errors import InputError
from gradproof.train.tables.table import Column, Table, is_number_text, listed

MOST_CATEGORIES = 50
NUMBER, CATEGORY = "number", "category"
MOSTLY = 0.9  # share of numbers from which on a text among them is taken for a slip
_ID = re.compile(r"(.*[_\s.-])?(id|uuid|index|idx|key|nr|no|row)|unnamed.*|#|column 1", re.IGNORECASE)
_DAY = r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
_DATE = re.compile(_DAY + r"([T ].*)?|\d{1,2}:\d{2}(:\d{2}.*)?")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user said about the columns.

    Attributes
    ----------
    only : the features, and no other column; empty for all
    drop : columns that are no features
    categorical : columns whose numbers are names
    most_categories : how many different texts a column may have
    """

    only: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    most_categories: int = MOST_CATEGORIES


def chosen_features(
    table: Table, target: str, choice: Choice | None = None
) -> tuple[dict[str, str], list[str]]:
    """The kind of each feature by name, and sentences about the columns that are left out.

    Left out is a column that is the same everywhere, holds dates, names its rows, or has too many categories.
    What the user asked for by name is used if it can be.

    Raises
    ------
    InputError
        A name is none of the table's, a number is infinite, a few texts stand among numbers, a column that
        was asked for has too many categories, or no feature is left.
    """
    choice = choice or Choice()
    for name in (*choice.only, *choice.drop, *choice.categorical):
        table[name]
    kinds: dict[str, str] = {}
    left_out: dict[str, list[str]] = {}
    for name, column in table.columns.items():
        if name == target or name in choice.drop or (choice.only and name not in choice.only):
            continue
        if name not in choice.categorical:
            check_numbers(column, table, f"--categorical {name} if they are names, or --drop {name}")
        as_category = name in choice.categorical or not column.is_number
        reason = _against(column, as_category, choice)
        if reason:
            left_out.setdefault(reason, []).append(name)
            continue
        _check_finite(column, table)
        kinds[name] = CATEGORY if as_category else NUMBER
    notes = [f"left out: {listed(names)} ({reason})" for reason, names in left_out.items()]
    if not kinds:
        told = "; ".join(notes) or "the target is the only column"
        raise InputError(
            f"no feature is left: {told}", where=table.source, fix="give columns to predict from"
        )
    return kinds, notes


def _against(column: Column, as_category: bool, choice: Choice) -> str:
    """Why a column is no feature; nothing if it is."""
    there = column.values[~column.missing]
    asked = column.name in choice.only or column.name in choice.categorical
    if not len(there) or (there == there[0]).all():
        return "the same in every row" if len(there) else "no values"
    if not as_category:
        counts = not asked and bool(_ID.fullmatch(column.name)) and _all_different(there)
        return "numbers of rows" if counts else ""
    return _against_texts([t for t in column.texts().tolist() if t is not None], column, choice)


def _against_texts(texts: list[str], column: Column, choice: Choice) -> str:
    asked_as_names = column.name in choice.categorical
    if not column.is_number and not asked_as_names and all(_DATE.fullmatch(t) for t in texts):
        return "dates: make numbers of them, such as days since the first"
    count = len(set(texts))
    if count > choice.most_categories:
        if asked_as_names or column.name in choice.only:
            raise InputError(
                f"{column.name} has {count} different values, and {choice.most_categories} may be categories",
                where="--categorical" if asked_as_names else "--features",
                fix=f"--max-categories {count}, which gives each its own input, or leave {column.name} out",
            )
        if count > 0.5 * len(texts):
            return f"texts, {count} different ones in {len(texts)} rows"
        return f"{count} categories; --max-categories {count} uses them"
    return ""


def check_numbers(column: Column, table: Table, instead: str) -> None:
    """Refuse a column in which nearly all cells are numbers, and a few are not.

    Parameters
    ----------
    instead : what to do if the cells are right

    Raises
    ------
    InputError
        Some cell is no number, and at least nine of ten are: the first such cell, and its row.
    """
    if column.is_number:
        return
    texts = column.values[~column.missing].tolist()
    if any(t.isdigit() and len(t) > 1 and t[0] == "0" for t in texts):  # codes, such as 01234
        return
    wrong = [k for k, v in enumerate(column.values) if v is not None and not is_number_text(v)]
    if not wrong or len(texts) - len(wrong) < MOSTLY * len(texts):
        return
    more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    raise InputError(
        f"{column.name} has numbers in {len(texts) - len(wrong)} of {len(texts)} rows, and "
        f"{column.values[wrong[0]]!r} in row {wrong[0] + 1}{more}",
        where=table.source,
        fix=f"correct the cell, or empty it and give --missing mean or drop; {instead}",
    )


def _all_different(values: Iterable[float]) -> bool:
    numbers = np.asarray(values, np.float64)
    return bool((numbers == np.rint(numbers)).all()) and len(np.unique(numbers)) == len(numbers)


def _check_finite(column: Column, table: Table) -> None:
    if column.is_number and np.isinf(column.values).any():
        row = int(np.flatnonzero(np.isinf(column.values))[0])
        raise InputError(
            f"{column.name} is infinite in row {row + 1}",
            where=table.source,
            fix="mend it, or leave the cell empty",
        )


MENDED = "--missing mean puts the mean there and tells the network so; --missing drop drops the rows"


def check_missing(table: Table, names: Sequence[str], fix: str = MENDED) -> None:
    """Refuse a table with missing values; ``fix`` says what may be done.

    Raises
    ------
    InputError
        Some of these columns have missing values: which, and how many.
    """
    counts = {name: int(table[name].missing.sum()) for name in names}
    holes = [f"{name} ({count})" for name, count in counts.items() if count]
    if holes:
        raise InputError(
            f"values are missing in {listed(holes)} of {table.rows} rows", where=table.source,
            fix=fix,
        )  # fmt: skip
