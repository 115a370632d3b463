"""The words that formulas may use, as a page: one table for each family, from the reader's vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Family = tuple[str, Sequence[Mapping[str, Any]]]
INTRODUCTION = """\
# Functions of the notation

This page is generated from the vocabulary that formulas are read with. What stands in brackets may be left
out; every function has the arguments and keywords that NumPy gives it.

"""


def notation_page(families: Iterable[Family]) -> str:
    """The page in Markdown.

    Parameters
    ----------
    families : pairs of a heading and its functions, each with ``signature``, ``also`` and ``meaning``
    """
    pieces = [INTRODUCTION]
    for heading, functions in families:
        pieces.append(f"## {heading}\n\n| function | also | meaning |\n|---|---|---|\n")
        pieces += [_row(f["signature"], f["also"], f["meaning"]) for f in functions]
        pieces.append("\n")
    return "".join(pieces).rstrip() + "\n"


def _row(signature: str, also: Sequence[str], meaning: str) -> str:
    spellings = ", ".join(f"`{_cell(name)}`" for name in also)
    return f"| `{_cell(signature)}` | {spellings} | {_cell(meaning)} |\n"


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)
