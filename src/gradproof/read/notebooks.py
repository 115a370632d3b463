"""A Jupyter notebook as one Python source, with the way back from its lines to cells."""

from __future__ import annotations

import ast
import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from gradproof.errors import InputError

MAGIC = re.compile(r"^\s*[%!?]|^\s*[\w.\[\]]+\?{1,2}\s*$")
CELL_MAGICS_OF_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")
ASSIGNED_MAGIC = re.compile(r"^(\s*)([\w, ]+?)\s*=\s*[%!].*$")


@dataclass(slots=True)
class NotebookSource:
    """Code cells joined into one source; ``starts[k]`` is the first line of the cell ``numbers[k]``."""

    source: str
    starts: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    broken: list[tuple[int, str]] = field(default_factory=list)

    def cell_of(self, line: int) -> tuple[int, int]:
        """The code cell that a line of the joined source stands in, and the line within that cell."""
        k = bisect_right(self.starts, line) - 1
        return self.numbers[k], line - self.starts[k] + 1


def read_notebook(text: str, name: str) -> NotebookSource:
    """Join the code cells of a notebook; magics and shell lines become comments.

    Cells are numbered from 1 among the code cells, in the order they stand. A cell that is not Python is
    left out and listed in ``broken``.

    Raises
    ------
    InputError
        The file is no notebook, or it has no code.
    """
    cells = _cells(text, name)
    lines: list[str] = []
    joined = NotebookSource("")
    for number, cell in enumerate(cells, start=1):
        source = without_magics(cell)
        try:
            ast.parse(source)
        except SyntaxError as error:
            joined.broken.append((number, f"cell {number}, line {error.lineno}: {error.msg}"))
            source = "\n".join("# " + line for line in source.splitlines())
        joined.starts.append(len(lines) + 1)
        joined.numbers.append(number)
        lines += [*source.splitlines(), ""]
    joined.source = "\n".join(lines) + "\n"
    return joined


def without_magics(source: str) -> str:
    """The same lines with IPython's own syntax commented out."""
    if source.lstrip().startswith("%%") and not source.lstrip().startswith(CELL_MAGICS_OF_PYTHON):
        return "\n".join("# " + line for line in source.splitlines())
    return "\n".join(_plain(line) for line in source.splitlines())


def _plain(line: str) -> str:
    if MAGIC.match(line):
        indent = line[: len(line) - len(line.lstrip())]
        return f"{indent}pass  # {line.strip()}" if indent else f"# {line}"
    return ASSIGNED_MAGIC.sub(r"\1\2 = None  # a magic", line)


def _cells(text: str, name: str) -> list[str]:
    if not text.strip():
        raise InputError("the notebook is empty", where=name, fix="save the notebook, then check it again")
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"the notebook is broken: it is not JSON ({error.msg})",
            where=f"{name}:{error.lineno}",
            fix="open it in Jupyter and save it again, or export it: jupyter nbconvert --to script",
        ) from None
    found = content.get("cells") if isinstance(content, dict) else None
    if found is None and isinstance(content, dict):
        found = [cell for sheet in content.get("worksheets", ()) for cell in sheet.get("cells", ())]
    code = [_text(cell) for cell in found or () if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    if not any(source.strip() for source in code):
        raise InputError(
            "the notebook has no code cells", where=name, fix="check a notebook that has code in it"
        )
    return code


def _text(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    return "".join(source) if isinstance(source, list) else str(source)
