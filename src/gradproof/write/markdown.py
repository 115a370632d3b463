"""Derivations as Markdown: the result as a formula, the steps as a table of formulas and rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_NORM = r"\|"  # LaTeX for a double bar, Markdown for a bar in a table


def to_markdown(result: str, rows: Iterable[tuple[str, str, str]], notes: Sequence[str] = ()) -> str:
    r"""A derivation as Markdown that GitHub, Jupyter and Sphinx show.

    Parameters
    ----------
    result : the result in LaTeX
    rows : left side, right side and rule of each step; the sides in LaTeX
    notes : sentences below

    Examples
    --------
    >>> print(to_markdown("W' = 2 W", [("y", r"\|W\|^2", "definition")], ["W is real"]))
    $$W' = 2 W$$
    <BLANKLINE>
    | step | rule |
    |---|---|
    | $y = \Vert W\Vert ^2$ | definition |
    <BLANKLINE>
    - W is real
    """
    lines = [f"$${result}$$", "", "| step | rule |", "|---|---|"]
    lines += [f"| {inline(f'{left} = {right}')} | {_cell(rule)} |" for left, right, rule in rows]
    lines += ["", *(f"- {note}" for note in notes)] if notes else []
    return "\n".join(lines)


def inline(latex: str) -> str:
    """Inline mathematics that may stand in a table: no bare bars, no line breaks."""
    safe = " ".join(latex.replace(_NORM, r"\Vert ").replace("|", r"\vert ").split("\n"))
    return f"${safe}$"


def _cell(text: str) -> str:
    return text.replace("|", _NORM)
