"""Parquet, through PyArrow or Polars, whichever is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.train.tables.table import Column, Table, column_of

Cells = tuple[str, str, Any]  # name, kind ("number", "text" or "other"), values


def read_parquet(path: Path) -> Table:
    """A table from a Parquet file.

    Raises
    ------
    InputError
        Neither library is installed, or the file cannot be read.
    """
    columns, notes = [], []
    for name, kind, values in _cells(path):
        if kind == "number":
            columns.append(Column(name, np.asarray(values, np.float64)))
        elif kind == "text":
            columns.append(column_of(name, values))
        else:
            notes.append(f"{name} is left out: it holds {values}")
    return Table.of(columns, str(path), notes)


def _cells(path: Path) -> list[Cells]:
    for reader in READERS:
        try:
            return list(reader(path))
        except ImportError:
            continue
        except InputError:
            raise
        except Exception as error:  # each library has its own for a damaged file
            told = str(error).split("\n")[0]
            raise InputError(f"the Parquet file cannot be read: {told}", where=str(path)) from error
    raise InputError(
        "Parquet is read by PyArrow or Polars, and neither is installed", where=str(path),
        fix='pip install "gradproof[parquet]", or give CSV',
    )  # fmt: skip


def _with_pyarrow(path: Path) -> Iterator[Cells]:
    import pyarrow.parquet
    from pyarrow import types

    table = pyarrow.parquet.read_table(path)
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
            yield name, "number", column.cast(pyarrow.float64()).to_numpy()
        elif types.is_boolean(kind) or types.is_temporal(kind) or _is_text(kind, types):
            yield name, "text", [None if v is None else str(v) for v in column.to_pylist()]
        else:
            yield name, "other", str(kind)


def _is_text(kind: Any, types: Any) -> bool:
    kind = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind))


def _with_polars(path: Path) -> Iterator[Cells]:
    import polars as pl

    for column in pl.read_parquet(path):
        kind = column.dtype
        if kind.is_numeric():
            yield column.name, "number", column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        elif kind.is_temporal() or kind in (pl.Boolean, pl.String, pl.Categorical, pl.Null):
            yield column.name, "text", [None if v is None else str(v) for v in column.to_list()]
        else:
            yield column.name, "other", str(kind)


READERS: tuple[Callable[[Path], Iterator[Cells]], ...] = (_with_pyarrow, _with_polars)
