"""From a file to a table, by the file's name."""

from __future__ import annotations

from pathlib import Path

from gradproof.errors import InputError
from gradproof.train.tables.arrays import read_arrays
from gradproof.train.tables.delimited import read_delimited
from gradproof.train.tables.parquet import read_parquet
from gradproof.train.tables.table import Table

TEXT = (".csv", ".tsv", ".tab", ".txt", ".data")
PARQUET = (".parquet", ".pq")


def read_table(path: str | Path, *, target: str | None = None, header: bool | None = None) -> Table:
    r"""A table from CSV, TSV (also ``.gz``), Parquet or npz.

    Parameters
    ----------
    path : the file
    target : the column to predict; an npz file may have several arrays that could be it
    header : of a text file, whether its first line holds the names; None to see

    Raises
    ------
    InputError
        The file is not there, cannot be read, or is of another format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "few.csv")
    ...     _ = path.write_text("age,colour\n31,red\n,blue\n")
    ...     table = read_table(path)
    >>> table["age"].values, table["colour"].values.tolist()
    (array([31., nan]), ['red', 'blue'])
    """
    source = Path(path)
    if not source.exists():
        raise InputError(f"there is no file {source}", fix="check the spelling and the folder you are in")
    if source.is_dir():
        raise InputError(f"{source} is a folder", fix="give the file in it")
    kind = _kind(source)
    try:
        if kind in TEXT:
            return read_delimited(source, header=header, delimiter="\t" if kind in (".tsv", ".tab") else None)
        if kind in PARQUET:
            return read_parquet(source)
        if kind == ".npz":
            return read_arrays(source, target)
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror or error}", where=str(source)) from error
    except MemoryError as error:
        raise InputError(
            "the file does not fit into memory", where=str(source), fix="give fewer rows"
        ) from error
    raise InputError(
        f"{source.name} is of no format that is read here",
        fix=f"give {', '.join((*TEXT[:2], *PARQUET[:1]))} or .npz; .csv.gz is read too",
    )


def _kind(path: Path) -> str:
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    return suffixes[-1] if suffixes else ""
