"""Columns of text side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 96
LABEL = 11
_KEPT = "\0"  # a space that stays in its line, until it is wrapped


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
    """Sentences behind a label, each on lines of its own; no line is broken at ``=`` or before a bracket.

    Examples
    --------
    >>> labelled("data", ["few.csv, 3 rows", "left out: id"])
    ['data       few.csv, 3 rows', '           left out: id']
    """
    lines: list[str] = []
    for each in sentences:
        first = (label if not lines else "").ljust(LABEL)
        kept = each.replace(" = ", _KEPT + "=" + _KEPT).replace(" (", _KEPT + "(")
        wrapped = textwrap.wrap(
            kept, WIDTH, initial_indent=first, subsequent_indent=" " * (LABEL + 2), break_on_hyphens=False
        )
        lines += [line.replace(_KEPT, " ") for line in wrapped] or [first]
    return lines
