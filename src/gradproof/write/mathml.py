r"""Formulas as MathML, which browsers and Jupyter show without a network or a script."""

from __future__ import annotations

import re
from collections.abc import Mapping
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


def html_of(rows: Mapping[str, str] | list[tuple[str, str]]) -> str:
    r"""A page fragment of titled formulas: pairs of a title, which may be empty, and LaTeX."""
    pairs = rows.items() if isinstance(rows, Mapping) else rows
    pieces = []
    for title, latex in pairs:
        head = f"<p>{escape(title)}</p>" if title else ""
        pieces.append(f"{head}{latex_to_mathml(latex)}")
    return f'<div class="gradproof">{"".join(pieces)}</div>'
