"""The rows of a printed derivation, and how their sides are spelled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gradproof.expr.node import Expr
from gradproof.expr.product import PRODUCT, SUM
from gradproof.write.index import to_index
from gradproof.write.matrix import to_latex, to_text
from gradproof.write.names import latex_name, text_name
from gradproof.write.scripts import raised
from gradproof.write.style import LATEX

WIDTH = 100
OUTSIDE = "[·]_"  # begins the note of a print that is in part in index notation


class Row(NamedTuple):
    """One line of a printed derivation.

    Attributes
    ----------
    left, right : both sides of an equation
    rule : what gave it
    value : the expression that the right side spells
    """

    left: str
    right: str
    rule: str = ""
    value: Expr | None = None


def without_repeats(rows: Iterable[Row]) -> list[Row]:
    """The rows without those that say nothing, both sides alike, and those that say what one before says."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        if row.left != row.right:
            found.setdefault((row.left, row.right), row)
    return list(found.values())


class Style:
    """How the rows of a derivation are spelled, as text or as LaTeX."""

    def __init__(self, names: dict[Expr, str], output: str = "J", *, latex: bool) -> None:
        self.latex, self.names = latex, names
        self.output = latex_name(output) if latex else text_name(output)
        self.d = r"\mathrm{d}" if latex else "d"

    def plain(self, expr: Expr) -> str:
        """An expression in matrix notation, norms and sums as they were typed."""
        return to_latex(expr, self.names) if self.latex else to_text(expr, self.names)

    def show(self, expr: Expr) -> str:
        """An expression in matrix notation, inner products as traces."""
        if self.latex:
            return to_latex(expr, self.names, traces=True)
        return to_text(expr, self.names, traces=True)

    def beside(self, left: str, expr: Expr) -> str:
        """The right side of a row; of a long one what it repeats is named."""
        text = self.show(expr)
        if self.latex or ("\n" not in text and len(left) + len(text) + 5 <= WIDTH):
            return text
        return self.result(left, expr, traces=True)

    def result(self, left: str, expr: Expr, rows: int | None = None, *, traces: bool = False) -> str:
        """A result in matrix notation: factored, what it repeats named; of tensors, the matrix of a map."""
        if self.latex:
            return to_latex(expr, self.names, short=True, rows=rows, traces=traces)
        prefix = f"{left} = "
        text = to_text(expr, self.names, prefix=prefix, short=True, rows=rows, traces=traces)
        first, *rest = text.split("\n")
        blank = " " * len(prefix)
        return "\n".join([first.removeprefix(prefix), *(line.removeprefix(blank) for line in rest)])

    def entry(self, expr: Expr) -> str:
        """An entry of an expression; term by term where it is long."""
        text = to_index(expr, self.names, latex=self.latex)
        if self.latex or len(text) <= WIDTH or expr.op is not SUM:
            return text
        first, *rest = (to_index(term, self.names) for term in expr.args)
        return "\n".join([first, *(f"− {t[1:]}" if t.startswith("−") else f"+ {t}" for t in rest)])

    def partial(self, below: str) -> str:
        """∂J/∂(below), J the name of the cost."""
        j = self.output
        return rf"\frac{{\partial {j}}}{{\partial {below}}}" if self.latex else f"∂{j}/∂{below}"

    def of(self, inside: str, *, named: bool = False) -> str:
        """The differential of something: dW, d tr(WᵀW), d(X w)."""
        if named or (self.latex and inside.isalpha()):
            return self.d + inside
        if is_trace(inside):
            return rf"{self.d} \, {inside}" if self.latex else f"d {inside}"
        return rf"{self.d}\left({inside}\right)" if self.latex else f"d({inside})"

    def left_out(self, count: int) -> Row:
        """The row in place of rows that are not printed."""
        told = f"{count} more by the same rules"
        return Row(rf"{self.d}(\ldots)", rf"\text{{{told}}}") if self.latex else Row("d(…)", told)

    def inner(self, left: Expr, right: str) -> str:
        """Σ left∘right as people write it: tr(leftᵀ right), leftᵀ right, or a product of scalars."""
        text = self.show(left)
        if left.op is SUM or (left.op is PRODUCT and any(n != 1 for n in left.shape)) or text[:1] in "−-":
            text = rf"\left({text}\right)" if self.latex else f"({text})"
        if all(n == 1 for n in left.shape):
            return rf"{text} \, {right}" if self.latex else f"{text} {right}"
        product = rf"{raised(text, LATEX.transpose)} \, {right}" if self.latex else f"{marked(text)}ᵀ {right}"
        if sum(n != 1 for n in left.shape) < 2:
            row = left.ndim == 2 and left.shape[0] == 1
            flat_product = (
                rf"{text} \, {raised(right, LATEX.transpose)}" if self.latex else f"{text} {right}ᵀ"
            )
            return flat_product if row else product
        if left.ndim > 2:
            return rf"\langle {text}, {right} \rangle" if self.latex else f"⟨{text}, {right}⟩"
        return rf"\operatorname{{tr}}\left({product}\right)" if self.latex else f"tr({product})"


def is_short(text: str) -> bool:
    """Whether a print is one line, and matrix notation throughout."""
    return "\n" not in text and OUTSIDE not in text and "index notation" not in text


def marked(text: str) -> str:
    """What a mark can stand behind: (X⁻¹)ᵀ, W₁ᵀ."""
    return f"({text})" if text.endswith(("ᵀ", "⁻¹")) else text


def is_trace(text: str) -> bool:
    """Whether a print is one trace as a whole."""
    for opening, closing, brackets in (("tr(", ")", ("(", ")")), (_OPEN, _CLOSE, (r"\left(", r"\right)"))):
        if text.startswith(opening) and text.endswith(closing):
            inside = text[len(opening) : -len(closing)]
            return _balanced(inside, *brackets)
    return False


_OPEN, _CLOSE = r"\operatorname{tr}\left(", r"\right)"


def _balanced(text: str, opening: str, closing: str) -> bool:
    """Whether no bracket in the text closes one that was opened outside."""
    depth = place = 0
    while place < len(text):
        if text.startswith(opening, place):
            depth += 1
        elif text.startswith(closing, place):
            depth -= 1
        if depth < 0:
            return False
        place += 1
    return True
