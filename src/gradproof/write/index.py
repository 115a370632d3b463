r"""Index notation: one entry of an expression, with δ_ij and Σ."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from gradproof.expr.node import Expr, Shape
from gradproof.write.build import Builder
from gradproof.write.matrix import definitions
from gradproof.write.names import latex_name, printed_names, text_name
from gradproof.write.render import Renderer
from gradproof.write.style import LATEX, TEXT, Style


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
    variable: str | Sequence[tuple[str, Shape]],
    names: Mapping[Expr, str] | None = None,
    latex: bool = False,
) -> str:
    """One entry of a derivative with its letters on both sides: ∂f_ij/∂x_kl = a_ik b_lj.

    Parameters
    ----------
    rows : how many of the axes are the function's; they stand first
    function, variable : names of what is differentiated, and by what; of higher order name and shape of the
        variable of each order
    """
    builder = Builder(expr, names or {}, ())
    form, letters = builder.entry()
    style = LATEX if latex else TEXT
    by = [(variable, expr.shape[rows:])] if isinstance(variable, str) else list(variable)
    free = iter(letters)
    (above,) = _entries_of([(function, expr.shape[:rows])], free, style)
    below = _entries_of(by, free, style)
    order = len(by)
    power = "" if order == 1 else style.raised("", str(order))
    sign = r"\partial" if latex else "∂"
    under = (r" \, " if latex else "").join(f"{sign} {b}" if latex else f"∂{b}" for b in below)
    top = f"{sign}{power} {above}" if latex else f"∂{power}{above}"
    left = rf"\frac{{{top}}}{{{under}}}" if latex else f"{top}/{under}"
    renderer = Renderer(style, printed_names([*builder.symbols, *builder.names], builder.names, latex))
    lines = [f"{left} = {renderer.text(form)}", *definitions(builder, renderer)]
    return ("" if latex else "\n").join(lines)


def _entries_of(arrays: Iterable[tuple[str, Shape]], free: Iterator[str], style: Style) -> list[str]:
    """Each array's entry at the next free letters; an axis of size 1 has none."""
    found = []
    for name, shape in arrays:
        printed = latex_name(name) if style.latex else text_name(name)
        used = [next(free) for size in shape if size != 1]
        found.append(style.lowered(style.entry_name(printed), used) if used else printed)
    return found
