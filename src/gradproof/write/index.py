r"""Index notation: one entry of an expression, with δ_ij and Σ."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gradproof.expr.node import Expr
from gradproof.write.build import Builder
from gradproof.write.matrix import definitions
from gradproof.write.names import printed_names
from gradproof.write.render import Renderer
from gradproof.write.style import LATEX, TEXT


def to_index(
    expr: Expr,
    names: Mapping[Expr, str] | None = None,
    latex: bool = False,
    *,
    expand: Collection[Expr] = (),
    prefix: str = "",
) -> str:
    """The (i, j) entry of an expression; the free indices are i, j, ... in the order of its axes.

    Axes of size 1 carry no index. Arrays of a one-letter name have entries in its lower case: W has w_ij.

    Parameters
    ----------
    names, expand : as in :func:`gradproof.write.matrix.to_text`
    prefix : text in front

    Returns
    -------
    str
        One line, or several where parts had to be named: ``where T₁ = ...``, in matrix notation.

    Examples
    --------
    >>> from gradproof.expr.broadcast import matmul
    >>> from gradproof.expr.node import symbol
    >>> print(to_index(matmul(symbol("A", (2, 3)), symbol("B", (3, 4)))))
    Σ_k a_ik b_kj
    """
    builder = Builder(expr, names or {}, expand)
    form, _ = builder.entry()
    style = LATEX if latex else TEXT
    atoms = [*builder.symbols, *builder.names]
    renderer = Renderer(style, printed_names(atoms, builder.names, latex))
    lines = [prefix + renderer.text(form), *definitions(builder, renderer)]
    return ("" if latex else "\n").join(lines)
