r"""Formulas as MathML, which browsers and Jupyter show without a network or a script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape

from gradproof.expr.node import Expr
from gradproof.write.matrix import to_latex


def to_mathml(
    expr: Expr, names: Mapping[Expr, str] | None = None, *, prefix: str = "", short: bool = False
) -> str:
    """An expression in matrix notation as one ``<math>`` element.

    Parameters
    ----------
    names, short : as in :func:`gradproof.write.matrix.to_text`
    prefix : LaTeX in front, ``"x = "``

    Examples
    --------
    >>> from gradproof.expr.node import symbol
    >>> print(to_mathml(symbol("W", (2, 3))).partition(">")[2])
    <mrow><mi>W</mi></mrow></math>
    """
    return latex_to_mathml(to_latex(expr, names, prefix=prefix, short=short))


def latex_to_mathml(latex: str) -> str:
    """LaTeX as our writers print it, as one ``<math>`` element in display style.

    The LaTeX itself is kept in the attribute ``alttext``, which screen readers and copying use.
    """
    from latex2mathml.converter import convert  # reads a table of symbols: 0.1 s, spared those who print text

    math: str = convert(portable(latex), display="block")
    return math.replace("<math ", f'<math alttext="{escape(latex)}" ', 1)


def portable(latex: str) -> str:
    r"""LaTeX with the commands spelled out that converters do not know: ``\arg``."""
    return re.sub(r"\\(arg)(?![A-Za-z])", r"\\operatorname{\1}", latex)


def html_table(
    sections: Iterable[tuple[str, Iterable[tuple[str, str, str]]]], notes: Iterable[str] = ()
) -> str:
    """A page fragment: under each title rows of left side, right side and rule, the sides in LaTeX."""
    pieces = []
    for title, rows in sections:
        if title:
            pieces.append(f'<tr><td colspan="3" style="{_TITLE}">{escape(title)}</td></tr>')
        pieces += [_html_row(*row) for row in rows]
    told = "".join(f"<li>{escape(note)}</li>" for note in notes)
    table = f'<table style="border-collapse: collapse">{"".join(pieces)}</table>'
    return f'<div class="gradproof">{table}{f"<ul>{told}</ul>" if told else ""}</div>'


_TITLE = "text-align: left; font-weight: bold; padding: 0.8em 0 0.2em 0"
_CELL = "padding: 0.15em 0.2em; border: none"
_RULE = "text-align: left; padding: 0.15em 0 0.15em 2em; border: none; opacity: 0.6"


def _html_row(left: str, right: str, rule: str) -> str:
    cells = (
        f'<td style="text-align: right; {_CELL}">{_inline(left)}</td>'
        f'<td style="text-align: left; {_CELL}">{_inline("= " + right)}</td>'
        f'<td style="{_RULE}">{escape(rule)}</td>'
    )
    return f'<tr style="background: none">{cells}</tr>'


def _inline(latex: str) -> str:
    """Display style, where sums have their indices below, in the flow of a line."""
    return latex_to_mathml(rf"\displaystyle {latex}").replace('display="block"', 'display="inline"', 1)
