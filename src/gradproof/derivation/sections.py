"""The rows of a printed gradient derivation: differential, entries, backpropagation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gradproof.calculus.differential import gradient_of, with_deltas
from gradproof.calculus.monomial import flat
from gradproof.derivation.working import Part, Working
from gradproof.expr.node import Expr
from gradproof.expr.product import PRODUCT, SUM
from gradproof.write.index import to_index
from gradproof.write.matrix import to_latex, to_text

WIDTH = 100


class Row(NamedTuple):
    """One line of a printed derivation: both sides of an equation, and the rule that gave it."""

    left: str
    right: str
    rule: str = ""


MAX_ROWS = 14  # rows printed of one differential; all of its steps are kept and checked


def gradient_sections(d: Working, style: Style) -> list[tuple[str, list[Row]]]:
    """Titles, and under each the left and right sides of its rows."""
    return [(title, list(rows)) for title, rows in _sections(d, style) if rows]


def told_fact(axis: int, array: str) -> str:
    """The sentence for a total of 1 that the given data has."""
    return f"every {('column', 'row')[axis]} of {array} adds up to 1, which is true of the data"


class Style:
    """How the rows of a derivation are spelled, as text or as LaTeX."""

    def __init__(self, names: dict[Expr, str], output: str = "J", *, latex: bool) -> None:
        self.latex, self.names, self.output = latex, names, output
        self.d = r"\mathrm{d}" if latex else "d"

    def show(self, expr: Expr) -> str:
        """An expression in matrix notation."""
        return to_latex(expr, self.names) if self.latex else to_text(expr, self.names)

    def result(self, expr: Expr, rows: int | None = None) -> str:
        """A result in matrix notation: factored, what it repeats named; of tensors, the matrix of a map."""
        print_ = to_latex if self.latex else to_text
        return print_(expr, self.names, short=True, rows=rows)

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

    def of(self, inside: str, *, named: bool) -> str:
        """The differential of something."""
        if named:
            return self.d + inside
        return rf"{self.d}\left({inside}\right)" if self.latex else f"d({inside})"

    def left_out(self, count: int) -> Row:
        """The row in place of rows that are not printed."""
        told = f"{count} more by the same rules"
        return Row(rf"{self.d}(\ldots)", rf"\text{{{told}}}") if self.latex else Row("d(…)", told)

    def inner(self, left: Expr, right: str) -> str:
        """Σ left∘right as people write it: tr(leftᵀ right), leftᵀ right, or a product of scalars."""
        text = self.show(left)
        if left.op is SUM or (left.op is PRODUCT and any(n != 1 for n in left.shape)):
            text = rf"\left({text}\right)" if self.latex else f"({text})"
        if all(n == 1 for n in left.shape):
            return rf"{text} \, {right}" if self.latex else f"{text} {right}"
        product = rf"{text}^{{\top}} \, {right}" if self.latex else f"{text}ᵀ {right}"
        if sum(n != 1 for n in left.shape) < 2:
            row = left.ndim == 2 and left.shape[0] == 1
            flat_product = rf"{text} \, {right}^{{\top}}" if self.latex else f"{text} {right}ᵀ"
            return flat_product if row else product
        if left.ndim > 2:
            return rf"\langle {text}, {right} \rangle" if self.latex else f"⟨{text}, {right}⟩"
        return rf"\operatorname{{tr}}\left({product}\right)" if self.latex else f"tr({product})"


def _sections(d: Working, style: Style) -> Iterator[tuple[str, list[Row]]]:
    yield "", [Row(style.output, style.show(d.cut.definitions[d.cut.cost]))]
    yield "Differential", list(_differential_rows(d, style))
    yield "Entries", list(_entry_rows(d, style))
    if len(d.equations) > 1:
        rows = [Row(style.show(e.symbol), style.show(e.value)) for e in d.equations]
        yield f"Backpropagation (dZ is the gradient of {style.output} at Z)", rows


def _differential_rows(d: Working, style: Style) -> Iterator[Row]:
    """DJ by the chain rule, the differentials in it by the rules, gathered, and the gradient read off."""
    wrt, whole = style.show(d.parameter), f"{style.d}{style.output}"
    for part in d.parts:
        if part.cotangent is not None:
            yield Row(style.show(part.cotangent), style.partial(style.show(d.cut.proxies[part.node])))
    chain = [_chain_term(d, part, style) for part in d.parts]
    if any(part.cotangent is not None for part in d.parts):
        yield Row(whole, " + ".join(chain), "chain rule")
    for part in d.parts:
        yield from _rule_rows(d, part, style)
    gradient = gradient_of(d.total, d.of)
    yield Row(whole, style.show(d.total), "gathered")
    if "\n" not in style.show(gradient):
        yield Row(whole, style.inner(gradient, style.of(wrt, named=True)), "as an inner product")
    yield Row(style.partial(wrt), style.result(gradient), "read off")


def _chain_term(d: Working, part: Part, style: Style) -> str:
    if part.cotangent is None:
        return style.show(part.contribution)
    return style.inner(part.cotangent, style.of(style.show(d.cut.proxies[part.node]), named=True))


def _rule_rows(d: Working, part: Part, style: Style) -> Iterator[Row]:
    """The differential of each expression on the way, but for those that say what the next one says."""
    steps = [s for s in part.differential.steps if s.where and _shown(s.where, part)]
    last = {s.after: s for s in steps}
    steps = [s for s in steps if last[s.after] is s]
    left_out = (
        len(steps) - MAX_ROWS // 2 if len(steps) > MAX_ROWS else 0
    )  # a loop over samples repeats itself
    for k, step in enumerate(steps):
        if left_out and k == MAX_ROWS // 2:
            yield style.left_out(left_out)
            return
        assert step.where is not None
        if step.where is not part.differential.output:
            yield Row(style.of(style.show(step.where), named=False), style.show(step.after), step.rule)
        elif part.cotangent is not None:
            inside = style.show(d.cut.proxies[part.node])
            yield Row(style.of(inside, named=True), style.show(step.after), step.rule)


def _shown(node: Expr, part: Part) -> bool:
    named = node is part.differential.output and part.cotangent is not None
    return named or not _is_trivial(node)


def _is_trivial(node: Expr) -> bool:
    """Whether the node only rearranges, scales or adds: its differential says nothing new."""
    if node.op is SUM:
        return True
    mono = flat(node)
    return node.op is PRODUCT and not mono.sizes and sum(bool(spec) for _, spec in mono.powers) <= 1


def _entry_rows(d: Working, style: Style) -> Iterator[Row]:
    deltas = with_deltas(d.total, d.of)
    if deltas is not None and any(n != 1 for n in d.parameter.shape):
        left = style.partial(style.entry(d.parameter))
        yield Row(left, style.entry(deltas), "∂w_kl/∂w_ij = δ_ki δ_lj")
        yield Row(left, style.entry(gradient_of(d.total, d.of)), "Σ_k δ_ik a_k = a_i")
