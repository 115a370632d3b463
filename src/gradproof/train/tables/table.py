"""A table: columns of numbers or of texts, by name."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError

# What stands for a value that is not there, besides nothing at all.
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "#n/a", "missing", "<na>"})
NAMED = 12  # columns that a message lists
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+(e[+-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column.

    Attributes
    ----------
    name : its name
    values : float64, NaN where a value is missing; or objects: texts, None where one is missing
    """

    name: str
    values: npt.NDArray[Any]

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.values.dtype != object

    @property
    def missing(self) -> npt.NDArray[np.bool_]:
        """Where there is no value."""
        if self.is_number:
            return np.asarray(np.isnan(self.values))
        return np.array([v is None for v in self.values], np.bool_)

    def texts(self) -> npt.NDArray[Any]:
        """The values as texts, whole numbers without a point, None where one is missing."""
        if not self.is_number:
            return self.values
        found = np.empty(len(self.values), object)
        found[:] = [None if np.isnan(v) else text_of(v) for v in self.values.tolist()]
        return found

    def taken(self, rows: npt.NDArray[Any]) -> Column:
        """The column at these rows."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Columns of one length.

    Attributes
    ----------
    columns : by name, in the order of the file
    source : the file
    notes : what was noticed on the way, in sentences
    lines : number of the first row's line, for messages; 0 where rows have no lines
    """

    columns: Mapping[str, Column]
    source: str = ""
    notes: tuple[str, ...] = ()
    lines: int = 0

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values())).values) if self.columns else 0

    def __getitem__(self, name: str) -> Column:
        if name not in self.columns:
            raise InputError(
                f"there is no column {name!r}", where=self.source, fix=_instead(name, self.columns)
            )
        return self.columns[name]

    def taken(self, rows: npt.NDArray[Any]) -> Table:
        """The table of these rows."""
        return replace(self, columns={name: c.taken(rows) for name, c in self.columns.items()}, lines=0)

    @staticmethod
    def of(columns: Iterable[Column], source: str = "", notes: Sequence[str] = (), lines: int = 0) -> Table:
        """A table of columns with different names.

        Raises
        ------
        InputError
            Two columns have one name, or the table has no rows.
        """
        found: dict[str, Column] = {}
        for column in columns:
            if column.name in found:
                raise InputError(
                    f"two columns are called {column.name!r}", where=source, fix="rename one of them"
                )
            found[column.name] = column
        table = Table(found, source, tuple(notes), lines)
        if not table.rows:
            raise InputError("the table has no rows", where=source, fix="give a file with examples in it")
        return table


def column_of(name: str, cells: Sequence[Any]) -> Column:
    """A column from cells as a file has them: numbers if all that are there are numbers, else texts.

    Codes that begin with a zero, 01234, stay texts: their zero means something.

    Examples
    --------
    >>> column_of("age", ["31", "", "4.5"]).values
    array([31. ,  nan,  4.5])
    >>> column_of("post code", ["01069", "99423"]).values.tolist()
    ['01069', '99423']
    """
    texts = [None if c is None or str(c).strip().lower() in MISSING else str(c).strip() for c in cells]
    there = [t for t in texts if t is not None]
    if not any(_is_code(t) for t in there):
        numbers = _numbers([np.nan if t is None else t for t in texts])
        if numbers is not None:
            return Column(name, numbers)
    values = np.empty(len(texts), object)
    values[:] = texts
    return Column(name, values)


def is_number_text(text: str) -> bool:
    """Whether a cell is a number, be it with a decimal comma.

    Examples
    --------
    >>> [is_number_text(text) for text in ("1.5", "1,5", "oops")]
    [True, True, False]
    """
    try:
        float(text)
    except ValueError:
        return bool(_COMMA_NUMBER.fullmatch(text))
    return True


def text_of(value: float) -> str:
    """A number as people write it: 3, not 3.0.

    Examples
    --------
    >>> text_of(3.0), text_of(0.1)
    ('3', '0.1')
    """
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def listed(names: Iterable[str]) -> str:
    """Names for a message, of many the first."""
    every = list(names)
    more = f" and {len(every) - NAMED} more" if len(every) > NAMED else ""
    return ", ".join(every[:NAMED]) + more


def counted(count: int, word: str = "row") -> str:
    """``1 row``, ``2 rows``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def mean_and_deviation(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation of numbers of any size; 0 and 0 of none.

    Examples
    --------
    >>> mean_and_deviation(np.array([1e300, 3e300]))
    (2e+300, 1e+300)
    """
    largest = float(np.abs(values).max(initial=0.0))
    scale = math.ldexp(1.0, math.frexp(largest)[1] - 1)  # a power of two: nothing is rounded by it
    scaled = values / scale
    return (float(scaled.mean()) * scale, float(scaled.std()) * scale) if len(values) else (0.0, 0.0)


def _numbers(texts: Sequence[Any]) -> npt.NDArray[np.float64] | None:
    try:
        numbers = np.array([float(t) for t in texts], np.float64)
    except ValueError:
        return None
    return numbers if len(numbers) else None


def _is_code(text: str) -> bool:
    return len(text) > 1 and text[0] == "0" and text.isdigit()


def _instead(name: str, columns: Mapping[str, Column]) -> str:
    near = get_close_matches(name, columns, 1)
    return f"did you mean {near[0]}?" if near else f"the columns are {listed(columns)}"
