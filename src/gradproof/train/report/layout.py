"""Columns of text side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 96
LABEL = 11


def table_lines(rows: Sequence[Sequence[str]], indent: int = 0) -> list[str]:
    """Columns side by side: the first flush left, the others flush right.

    Examples
    --------
    >>> print(chr(10).join(table_lines([["", "test"], ["L2", "90.8 %"]])))
          test
    L2  90.8 %
    """
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = []
    for first, *rest in rows:
        cells = [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(rest, widths[1:], strict=True))]
        lines.append((" " * indent + "  ".join(cells)).rstrip())
    return lines


def labelled(label: str, sentences: Iterable[str]) -> list[str]:
    """Sentences behind a label, each on lines of its own.

    Examples
    --------
    >>> labelled("data", ["few.csv, 3 rows", "left out: id"])
    ['data       few.csv, 3 rows', '           left out: id']
    """
    lines: list[str] = []
    for each in sentences:
        first = (label if not lines else "").ljust(LABEL)
        lines += textwrap.wrap(
            each, WIDTH, initial_indent=first, subsequent_indent=" " * (LABEL + 2), break_on_hyphens=False
        ) or [first]
    return lines
