r"""Index notation: one entry of an expression, with δ_ij and Σ."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gradproof.expr.node import Expr
from gradproof.write.build import Builder
from gradproof.write.matrix import definitions
from gradproof.write.names import latex_name, printed_names, text_name
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


def derivative_entries(
    expr: Expr,
    rows: int,
    function: str,
    variable: str,
    names: Mapping[Expr, str] | None = None,
    latex: bool = False,
) -> str:
    """One entry of a derivative with its letters on both sides: ∂f_ij/∂x_kl = a_ik b_lj.

    Parameters
    ----------
    rows : how many of the axes are the function's; they stand first
    function, variable : names of what is differentiated, and by what
    """
    builder = Builder(expr, names or {}, ())
    form, letters = builder.entry()
    style = LATEX if latex else TEXT
    printed = [latex_name(n) if latex else text_name(n) for n in (function, variable)]
    shown = [s for s in expr.shape[:rows] if s != 1]
    own, others = letters[: len(shown)], letters[len(shown) :]
    above, below = (
        style.lowered(style.entry_name(name), used) if used else name
        for name, used in zip(printed, (own, others), strict=True)
    )
    left = rf"\frac{{\partial {above}}}{{\partial {below}}}" if latex else f"∂{above}/∂{below}"
    renderer = Renderer(style, printed_names([*builder.symbols, *builder.names], builder.names, latex))
    lines = [f"{left} = {renderer.text(form)}", *definitions(builder, renderer)]
    return ("" if latex else "\n").join(lines)
