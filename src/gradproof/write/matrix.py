r"""Matrix notation, as Unicode text for terminals and as LaTeX; index notation where matrices cannot say it.

Vectors are columns, and so are arrays of one axis. ``∘`` and ``⊘`` work entrywise, ``[A > 0]`` is 1 where the
condition holds and 0 elsewhere, ``1`` beside a matrix is a vector of ones, and a scalar added to a matrix is
added to each of its entries.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gradproof.expr.node import Expr
from gradproof.expr.product import is_zero
from gradproof.write.algebra import spelled_out
from gradproof.write.build import Builder
from gradproof.write.count import operators
from gradproof.write.factored import factored, shortest
from gradproof.write.form import Form, Sum
from gradproof.write.kronecker import LATEX_NOTE, NOTE, kronecker_form
from gradproof.write.names import printed_names
from gradproof.write.naming import named
from gradproof.write.render import Renderer
from gradproof.write.style import LATEX, TEXT, Style
from gradproof.write.traces import traced

WIDTH = 100


def to_text(
    expr: Expr,
    names: Mapping[Expr, str] | None = None,
    *,
    expand: Collection[Expr] = (),
    prefix: str = "",
    width: int = WIDTH,
    short: bool = False,
    rows: int | None = None,
    traces: bool = False,
) -> str:
    """An expression in matrix notation, in Unicode.

    Parameters
    ----------
    names : names of nodes that print as atoms, the expression itself included
    expand : nodes that are opened although they have a name
    prefix : text in front of the first line, ``"dW1 = "``; later lines are aligned behind it
    width : a longer print is broken between the terms of its outermost sum
    short : write common factors once, and name what is repeated: a result, not a step on the way to it
    rows : of a derivative of three or four axes, how many are the function's; it is printed as the matrix of
        a linear map where it is one of Kronecker products
    traces : write inner products as traces, tr(Aᵀ B) for sum(A ∘ B) and tr(Wᵀ W) for ‖W‖²_F, those of vectors
        as aᵀ b, each with the differential last

    Returns
    -------
    str
        One line, or several where it is long, where parts had to be named (``where T₁ = ...``), or where a
        part is in index notation, which is then said.

    Examples
    --------
    >>> from gradproof.expr.broadcast import matmul, minus, transpose
    >>> from gradproof.expr.node import symbol
    >>> A, Y, X = symbol("A3", (1, 9)), symbol("Y", (1, 9)), symbol("A2", (4, 9))
    >>> print(to_text(matmul(minus(A, Y), transpose(X))))
    (A₃ − Y) A₂ᵀ
    """
    builder, renderer = _prepare(expr, names or {}, expand, TEXT)
    as_map = _as_linear_map(builder, rows)
    form, shared = _laid_out(builder, renderer, expr, short=short, traces=traces)
    lines = [_broken(renderer, form, prefix, width), *_named_parts(renderer, shared, width)]
    if as_map:
        lines.append(f"({NOTE})")
    if builder.fallbacks:
        lines.append("([·]_ij: in index notation, as matrix notation cannot express it)")
    return "\n".join(lines)


def to_latex(
    expr: Expr,
    names: Mapping[Expr, str] | None = None,
    *,
    expand: Collection[Expr] = (),
    prefix: str = "",
    width: int = 0,
    short: bool = False,
    rows: int | None = None,
    traces: bool = False,
) -> str:
    r"""An expression in matrix notation, in LaTeX, without dollars around it.

    Parameters are those of :func:`to_text`; a ``width`` breaks a longer sum into an ``aligned`` block.

    Examples
    --------
    >>> from gradproof.expr.broadcast import transpose
    >>> from gradproof.expr.node import symbol
    >>> print(to_latex(transpose(symbol("W1", (2, 3)))))
    W_{1}^{\top}
    """
    builder, renderer = _prepare(expr, names or {}, expand, LATEX)
    as_map = _as_linear_map(builder, rows)
    form, shared = _laid_out(builder, renderer, expr, short=short, traces=traces)
    text = prefix + renderer.text(form)
    if width and len(text) > width and isinstance(form, Sum):
        (sign, first), *rest = renderer.terms(form)
        head = (sign if sign == "-" else "") + first
        lines = [f"{prefix}& {head}", *(rf"&{s} {t}" for s, t in rest)]
        text = r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"
    text += "".join(_named_parts(renderer, shared))
    if as_map:
        text += rf" \quad \text{{({LATEX_NOTE})}}"
    return text + (r" \quad \text{(in part in index notation)}" if builder.fallbacks else "")


def _prepare(
    expr: Expr, names: Mapping[Expr, str], expand: Collection[Expr], style: Style
) -> tuple[Builder, Renderer]:
    builder = Builder(expr, names, expand)
    printed = printed_names([*builder.symbols, *builder.names], builder.names, style.latex)
    return builder, Renderer(style, printed)


Shared = list[tuple[Expr, Form]]


def _as_linear_map(builder: Builder, rows: int | None) -> bool:
    """Put the matrix of a linear map in the place of a tensor of entries; whether there is one."""
    root = builder.root
    if rows is None or root.ndim < 3 or root in builder.names or is_zero(root):
        return False

    def form_of(node: Expr) -> Form:
        return builder.forms[node] if node in builder.forms else Builder(node, builder.names).forms[node]

    form = kronecker_form(root, rows, form_of)
    if form is None:
        return False
    builder.forms[root] = form
    # No tensor below the root is printed any more; matrices among the factors of its products are.
    builder.fallbacks = [node for node in builder.fallbacks if node.ndim < 3]
    return True


class _OneLetter(dict[Expr, str]):
    """Printed names; one that is still to be chosen has one letter."""

    def __missing__(self, node: Expr) -> str:
        return "S"


def _laid_out(
    builder: Builder, renderer: Renderer, expr: Expr, *, short: bool, traces: bool = False
) -> tuple[Form, Shared]:
    """The form of the result, and the parts that have a name."""
    form, shared = spelled_out(builder.forms[expr]), list(builder.definitions.items())
    if traces:
        form = traced(form)
    if not short:
        return form, shared
    form = shortest(form)
    if shared:
        return form, [(node, factored(part)) for node, part in shared]
    plain = Renderer(TEXT, printed_names([*builder.symbols, *builder.names], builder.names))
    taken = {*renderer.names.values(), *plain.names.values(), *(s.name for s in builder.symbols)}
    plain.names = _OneLetter(plain.names)
    form, found = named(form, lambda f: len(plain.text(f)), taken)
    renderer.names |= {node: name for node, name, _ in found}
    return form, [(node, part) for node, _, part in found]


def operator_count(expr: Expr, names: Mapping[Expr, str] | None = None) -> int:
    """How many operators the short print of an expression has, definitions included.

    Examples
    --------
    >>> from gradproof.expr.broadcast import matmul, transpose
    >>> from gradproof.expr.node import symbol
    >>> operator_count(matmul(transpose(symbol("A", (3, 2))), symbol("x", (3,))))
    2
    """
    builder, renderer = _prepare(expr, names or {}, (), TEXT)
    form, shared = _laid_out(builder, renderer, expr, short=True)
    return operators(form) + sum(operators(part) for _, part in shared)


def definitions(builder: Builder, renderer: Renderer, width: int = WIDTH) -> list[str]:
    """The lines ``where T₁ = ...`` for the parts that were named because the equation is long."""
    return _named_parts(renderer, list(builder.definitions.items()), width)


def _named_parts(renderer: Renderer, shared: Shared, width: int = WIDTH) -> list[str]:
    lines = []
    for k, (node, form) in enumerate(shared):
        if renderer.style.latex:
            lead = r",\quad \text{where } " if k == 0 else r",\quad "
            lines.append(f"{lead}{renderer.names[node]} = {renderer.text(spelled_out(form))}")
        else:
            lead = ("where " if k == 0 else "      ") + renderer.names[node] + " = "
            lines.append(_broken(renderer, spelled_out(form), lead, width))
    return lines


def _broken(renderer: Renderer, form: Form, prefix: str, width: int) -> str:
    """The print on one line if it fits, else broken before the signs of the outermost sum."""
    text = prefix + renderer.text(form)
    if len(text) <= width or not isinstance(form, Sum):
        return text
    (sign, first), *rest = renderer.terms(form)
    lead = f"{sign} " if sign == renderer.style.minus else "  "
    lines = [prefix + lead + first]
    for sign, term in rest:
        if len(lines[-1]) + len(term) + 3 <= width:
            lines[-1] += f" {sign} {term}"
        else:
            lines.append(" " * len(prefix) + f"{sign} {term}")
    return "\n".join(lines)
