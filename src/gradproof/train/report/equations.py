"""The equations that a network was trained with, as MathML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gradproof.train.fitting import Fitted
from gradproof.write.mathml import html_table

_ROW = re.compile(r"(?P<left>.*?) &= (?P<right>.*?)(?: && \\text\{(?P<rule>.*)\})?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """Equations under a title.

    Attributes
    ----------
    rows : left side, right side (both LaTeX) and rule of each
    notes : what is said of them
    """

    title: str
    rows: list[tuple[str, str, str]]
    notes: list[str]


def parts(latex: str) -> Iterator[Part]:
    r"""The parts of what ``Fitted.explain(latex=True)`` prints: a title in a comment, an ``aligned`` block.

    Examples
    --------
    >>> text = "% Network\n\n% Cost\n% λ = 1\n\\begin{aligned}\nJ &= 1 && \\text{given}\n\\end{aligned}"
    >>> list(parts(text))
    [Part(title='Cost', rows=[('J', '1', 'given')], notes=['λ = 1'])]
    """
    for block in latex.split("\n\n"):
        comments = [line.removeprefix("% ") for line in block.splitlines() if line.startswith("% ")]
        inside = re.search(r"\\begin\{aligned\}\n(.*)\n\\end\{aligned\}", block, re.DOTALL)
        if inside is None:
            continue
        found = [_ROW.fullmatch(row) for row in inside[1].split(" \\\\\n")]
        rows = [(m["left"], m["right"], _said(m["rule"] or "")) for m in found if m]
        yield Part(comments[0], rows, comments[1:])


def equations_html(fitted: Fitted) -> str:
    """Cost, forward pass, backpropagation and update of a trained network as a page fragment."""
    told = parts(fitted.explain(latex=True))
    return "\n".join(html_table([(part.title, part.rows)], part.notes) for part in told)


def _said(rule: str) -> str:
    r"""A rule in plain text: $20 \times m$ is 20 × m, $\mathrm{d}A_{3}$ is dA3."""
    text = rule.replace("$", "").replace(r"\times", "×")
    text = re.sub(r"\\mathrm\{([^{}]*)\}", r"\1", text)
    return re.sub(r"[{}\\]", "", text).replace("_", "")
