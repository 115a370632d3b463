"""npz files: a matrix X with one row for each example, a target y, or one array for each column."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.train.tables.table import Column, Table, column_of

MATRICES = ("X", "x", "data", "features")
NAMES = ("feature_names", "columns", "names")


def read_arrays(path: Path, target: str | None = None) -> Table:
    """A table from an npz file.

    A matrix of shape (m, n), called X, x, data or features, is the columns x1, ..., xn, or those in
    ``feature_names``; arrays of shape (m,), (m, 1) or (1, m) become columns of their own names. A matrix of
    shape (n, m), as the course lays it out, is turned.

    Raises
    ------
    InputError
        The file is no npz, holds pickled objects, or its arrays do not fit together.
    """
    arrays = _loaded(path)
    name = next((n for n in MATRICES if n in arrays), None)
    flat = {n: a.ravel() for n, a in arrays.items() if n != name and n not in NAMES and _is_column(a)}
    if name is None:
        if not flat:
            raise InputError(_held(arrays), where=str(path), fix="save it with np.savez(file, X=X, y=y)")
        return Table.of([_column(n, a) for n, a in flat.items()], str(path))
    X, notes = arrays[name], []
    rows = len(flat[target]) if target in flat else len(next(iter(flat.values()))) if flat else len(X)
    if X.ndim == 2 and len(X) != rows and X.shape[1] == rows:
        X = X.T
        notes.append(f"{name} has its examples along the columns; it was turned")
    if X.ndim < 2 or len(X) != rows:
        raise InputError(
            f"{name} has shape {arrays[name].shape}, and there are {rows} labels", where=str(path),
            fix=f"give {name} of shape ({rows}, number of features)",
        )  # fmt: skip
    X = X.reshape(rows, -1)
    names = arrays.get(next((n for n in NAMES if n in arrays), ""))
    if names is None or names.size != X.shape[1]:
        names = np.array([f"x{k}" for k in range(1, X.shape[1] + 1)])
    columns = [_column(str(n), X[:, k]) for k, n in enumerate(names.ravel())]
    own = [_column(n, a) for n, a in flat.items() if len(a) == rows]
    notes += [f"{n} has {len(a)} entries and was not used" for n, a in flat.items() if len(a) != rows]
    return Table.of([*columns, *own], str(path), notes)


def _loaded(path: Path) -> Mapping[str, Any]:
    if not zipfile.is_zipfile(path):
        raise InputError("the file is no npz archive", where=str(path), fix="save it with np.savez")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        told = "holds pickled objects" if "pickle" in str(error).lower() else f"cannot be read: {error}"
        raise InputError(
            f"the file {told}", where=str(path), fix="save arrays of numbers or of texts (dtype U)"
        ) from error


def _is_column(array: Any) -> bool:
    return array.ndim == 1 or (array.ndim == 2 and 1 in array.shape)


def _column(name: str, values: Any) -> Column:
    if values.dtype.kind == "b":
        return column_of(name, [str(v) for v in values])
    if values.dtype.kind in "iuf":
        return Column(name, np.asarray(values, np.float64))
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    if values.dtype.kind not in "UM":
        raise InputError(f"{name} has the dtype {values.dtype}", fix="give numbers or texts")
    return column_of(name, [str(v) for v in values])


def _held(arrays: Mapping[str, Any]) -> str:
    held = ", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "nothing"
    return f"there is no X in the file, which holds {held}"
