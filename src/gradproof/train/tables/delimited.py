"""CSV and TSV: which sign parts the cells, whether there is a header, and what is wrong with a line."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from pathlib import Path

from gradproof.errors import InputError
from gradproof.train.tables.table import MISSING, Column, Table, column_of, is_number_text

DELIMITERS = (",", "\t", ";", "|")
LOOKED_AT = 50  # lines, to find the delimiter
GZIP = b"\x1f\x8b"

Lines = list[tuple[int, list[str]]]  # number of the line a row ends on, and its cells


def read_delimited(path: Path, *, header: bool | None = None, delimiter: str | None = None) -> Table:
    """A table from a text file, also a compressed one (``.gz``).

    Parameters
    ----------
    header : whether the first line holds the names; None to see: it does if none of its cells is a number
    delimiter : the sign between cells; None to see

    Raises
    ------
    InputError
        The file is empty or no text, a line has another number of cells than the first, or the first has a
        name twice and the second has numbers.
    """
    text, notes = _text(path)
    delimiter = delimiter or _delimiter(text)
    lines = _lines(text, delimiter, path)
    if not lines:
        raise InputError("the file is empty", where=str(path), fix="give a file with a header and rows")
    _check_lengths(lines, path)
    first = lines[0][1]
    named = looks_like_header(first) if header is None else header
    if header is None and not named:
        _check_twice(lines, path)
    names = [name.strip() or f"column {k}" for k, name in enumerate(first, start=1)]
    if not named:
        names = [f"x{k}" for k in range(1, len(first) + 1)]
        notes.append(f"no header was seen: the columns are called {names[0]} to {names[-1]}")
    rows = lines[1:] if named else lines
    cells = list(zip(*(row for _, row in rows), strict=True)) or [()] * len(names)
    columns = [_column(name, list(each), delimiter) for name, each in zip(names, cells, strict=True)]
    return Table.of(columns, str(path), notes, rows[0][0] if rows else 0)


def looks_like_header(cells: Sequence[str]) -> bool:
    """Whether cells may be names: each says something, none is a number, and all are different.

    Examples
    --------
    >>> looks_like_header(["age", "y"]), looks_like_header(["31", "1"])
    (True, False)
    """
    names = [c.strip() for c in cells]
    return len(set(names)) == len(names) and not any(is_number_text(n) for n in names)


def _check_twice(lines: Lines, path: Path) -> None:
    """Refuse a first line of names, one of them twice; above a line of texts it may be data."""
    names = [cell.strip() for cell in lines[0][1]]
    twice = [n for k, n in enumerate(names) if n and n in names[:k]]
    if not twice or any(is_number_text(n) for n in names) or len(lines) < 2:
        return
    if any(is_number_text(cell.strip()) for cell in lines[1][1]):
        raise InputError(
            f"the first line has the name {twice[0]!r} twice", where=f"{path}:{lines[0][0]}",
            fix="rename one of the columns; if the line is data and no header: --no-header",
        )  # fmt: skip


def _text(path: Path) -> tuple[str, list[str]]:
    """The file's text, and what was noticed."""
    try:
        raw = path.read_bytes()
        if raw[:2] == GZIP:
            raw = gzip.decompress(raw)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"the compressed file is damaged: {error}", where=str(path)) from error
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace"), []
    if b"\0" in raw[:4096]:
        raise InputError(
            "the file is no text", where=str(path), fix="give CSV or TSV, or name it by its format"
        )
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace"), ["the file is not UTF-8; it was read as Windows-1252"]


def _delimiter(text: str) -> str:
    """The sign by which the first lines have the same number of cells, and the most."""
    head = "\n".join(text.splitlines()[:LOOKED_AT])
    best, most = DELIMITERS[0], 1
    for sign in DELIMITERS:
        try:
            counts = [len(row) for row in csv.reader(io.StringIO(head), delimiter=sign) if row]
        except csv.Error:
            continue
        if counts and counts.count(counts[0]) > 0.9 * len(counts) and counts[0] > most:
            best, most = sign, counts[0]
    return best


def _lines(text: str, delimiter: str, path: Path) -> Lines:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    found: Lines = []
    try:
        for row in reader:
            if len(row) > 1 or (row and row[0].strip()):
                found.append((reader.line_num, row))
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} cannot be read: {error}", where=str(path)) from error
    return found


def _check_lengths(lines: Lines, path: Path) -> None:
    count = len(lines[0][1])
    for number, row in lines:
        if len(row) != count:
            raise InputError(
                f"line {number} has {len(row)} cells, and the first has {count}", where=f"{path}:{number}",
                fix="put cells that hold the delimiter in double quotes, and fill the line up",
            )  # fmt: skip


def _column(name: str, cells: list[str], delimiter: str) -> Column:
    """A column; where cells are not parted by commas, 1,5 is a number."""
    if delimiter != ",":
        there = [c.strip() for c in cells if c.strip().lower() not in MISSING]
        if any("," in c for c in there) and all(is_number_text(c) for c in there):
            cells = [c.replace(",", ".") for c in cells]
    return column_of(name, cells)
