"""Formulas as SVG pictures, drawn offline with the fonts that ziamath brings."""

from __future__ import annotations

from collections.abc import Mapping

from gradproof.errors import InputError
from gradproof.expr.node import Expr
from gradproof.write.mathml import portable
from gradproof.write.matrix import to_latex


def to_svg(
    expr: Expr,
    names: Mapping[Expr, str] | None = None,
    *,
    prefix: str = "",
    short: bool = False,
    size: float = 24,
) -> str:
    """An expression in matrix notation as one ``<svg>`` element.

    Parameters
    ----------
    names, short : as in :func:`gradproof.write.matrix.to_text`
    prefix : LaTeX in front, ``"x = "``
    size : size of the font, in points

    Raises
    ------
    InputError
        ziamath is not installed.
    """
    return latex_to_svg(to_latex(expr, names, prefix=prefix, short=short), size=size)


def latex_to_svg(latex: str, *, size: float = 24) -> str:
    """LaTeX as our writers print it, as one ``<svg>`` element; letters are paths, no font is needed."""
    try:
        from ziamath.zmath import Latex
    except ImportError as error:
        raise InputError(
            "pictures of formulas are drawn by ziamath, which is not installed",
            fix='pip install "gradproof[svg]", or print LaTeX or MathML',
        ) from error
    return str(Latex(portable(latex), size=size).svg())
