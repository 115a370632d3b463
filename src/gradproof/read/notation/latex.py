r"""Formulas in LaTeX, as they stand in papers and forum posts.

What is read
------------
- Products without a sign, ``\cdot``, ``\times``, ``\odot`` and ``\circ`` (entrywise), ``\otimes``
  (Kronecker), ``\oslash``; ``\frac``, ``\over``, ``/``; ``^T``, ``^\top``, ``^{-1}``, ``^{-T}``,
  ``^\dagger``, ``^{\circ 2}``.
- Functions with and without parentheses. ``\sum`` reaches to the next ``+`` or ``-`` at its own level.
- Norms ``\|x\|_1``, ``\lVert W \rVert_F^2``, ``{\parallel W \parallel}_F^2``; ``|A|`` is the determinant of
  a square matrix and the absolute value of a scalar.
- Entries ``w_{ij}`` under a sum over i and j, rows or columns ``x_i`` and samples ``x^{(i)}`` of an array
  that was declared, layers ``W^{[l]}``.
- ``J(W) = ...``: the right side; ``I``, ``\mathbf{1}``; matrices written out; dollars and environments
  around it.

What can be read in two ways is refused, with a pointer and the ways to say it: ``f(x + 1)``, ``\lambda/2m``,
``\log x y``, ``A B \odot C``, ``\sin^{-1} x``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gradproof.read.notation import latex_atoms, latex_products
from gradproof.read.notation.formula import Formula, read
from gradproof.read.notation.latex_parse import looks_like_latex, parse_latex, symbol_name

__all__ = ["latex_atoms", "latex_products", "looks_like_latex", "parse_latex", "read_latex", "symbol_name"]


def read_latex(
    text: str,
    *,
    shapes: Mapping[str, Any] | Iterable[str] | None = None,
    assume: Mapping[str, Any] | None = None,
    let: Mapping[str, str] | None = None,
    layers: int | None = None,
) -> Formula:
    r"""The expression that a formula in LaTeX stands for.

    Parameters
    ----------
    text : str
        The formula, with or without dollars or an environment around it.
    shapes, assume, let : as for :func:`~gradproof.read.notation.formula.read`
        ``\hat{y}`` is declared as ``y_hat``, ``W_1`` as ``W1`` or ``W_1``, ``W^{[1]}`` as ``W[1]``,
        ``\lambda`` as ``lambda``.
    layers : int, optional
        How many terms a sum over layers has.

    Raises
    ------
    InputError
        The formula cannot be read, or in more than one way; the error points at the place.

    Examples
    --------
    >>> read_latex(r"\operatorname{tr}(W^T W)", shapes={"W": ("n", "k")}).expression.shape
    ()
    """
    return read(text, shapes=shapes, assume=assume, let=let, dialect="latex", layers=layers)
