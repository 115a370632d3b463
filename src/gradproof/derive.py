r"""The derivation of a gradient, in the three forms that textbooks use, printed and checked in numbers.

1. the differential: dJ = tr(Gᵀ dW), from which ∂J/∂W = G is read off,
2. entries: ∂w_kl/∂w_ij = δ_ki δ_lj,
3. backpropagation: an equation for each named variable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradproof.calculus.backprop import Backprop, Equation, backprop
from gradproof.calculus.blocks import Blocks, blocks, substituted, users_of
from gradproof.calculus.differential import (
    Differential,
    differential,
    differential_symbol,
    gradient_of,
    with_deltas,
)
from gradproof.calculus.differentiate import cotangents
from gradproof.calculus.monomial import flat
from gradproof.calculus.simplify import simplify
from gradproof.calculus.step import TOLERANCE, Step, StepCheck, check_steps, relative_difference
from gradproof.errors import InputError
from gradproof.expr.broadcast import multiply, sum_over
from gradproof.expr.evaluate import extend
from gradproof.expr.node import SYMBOL, Expr, postorder, symbol, symbols
from gradproof.expr.product import PRODUCT, SUM, add, is_zero, zeros
from gradproof.write.index import to_index
from gradproof.write.matrix import to_latex, to_text
from gradproof.write.numpy import to_numpy

_CAPITAL_G = -4_000_000
WIDTH = 100
MAX_ROWS = 14  # rows printed of one differential; all of its steps are kept and checked


@dataclass(frozen=True, slots=True)
class Part:
    """What one definition contributes to the gradient.

    Attributes
    ----------
    node : the named expression in whose definition the parameter stands; the cost for the direct part
    cotangent : the symbol of its cotangent G, or None for the cost
    differential : of the definition
    contribution : to dJ: Σ G∘d(node)
    """

    node: Expr
    cotangent: Expr | None
    differential: Differential
    contribution: Expr


@dataclass(frozen=True, slots=True)
class Verification:
    """The steps as numbers, and the gradient against reverse differentiation of the cost as it was given."""

    steps: list[StepCheck]
    gradient_difference: float

    @property
    def holds(self) -> bool:
        """Whether every step and the gradient hold."""
        return self.gradient_difference <= TOLERANCE and all(c.holds for c in self.steps)

    @property
    def failures(self) -> list[Step]:
        """Steps whose sides differ."""
        return [c.step for c in self.steps if not c.holds]


@dataclass(frozen=True, slots=True)
class Derivation:
    """How the gradient of a cost by one parameter comes about.

    Attributes
    ----------
    cost, wrt : as given
    gradient : the gradient, simplified; it has the shape of ``wrt``
    cut : the cost as definitions of the user's variables
    swept : the equations, and what was used that holds for the given data only
    parts : the differential of each definition in which the parameter stands
    total : dJ, linear in the differential of the parameter
    names : name of each named expression in ``gradient``, cotangents included
    """

    cost: Expr
    wrt: Expr
    gradient: Expr
    cut: Blocks
    swept: Backprop
    parts: list[Part]
    total: Expr
    names: dict[Expr, str]
    values: Mapping[Expr, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.names.get(self.wrt, self.wrt.name)

    @property
    def equations(self) -> list[Equation]:
        """Backpropagation, from the cost to the parameter."""
        return self.swept.equations

    @property
    def steps(self) -> list[Step]:
        """Every step: functions recognised, differentials, rewrites, the differential read off."""
        found = list(self.cut.recognition)
        for equation in self.equations:
            found += equation.steps
            found.append(Step("backpropagation", equation.raw, equation.value, equation.node))
        for part in self.parts:
            found += part.differential.steps
        deltas = with_deltas(self.total, self.of)
        if deltas is not None:
            found.append(Step("Σ_k δ_ik a_k = a_i", deltas, gradient_of(self.total, self.of), self.wrt))
        return found

    @property
    def of(self) -> Expr:
        """The symbol of the parameter's differential."""
        return differential_symbol(self.wrt, self.name)

    def verify(self, values: Mapping[Expr, Any] | None = None) -> Verification:
        """Evaluate both sides of every step, and the gradient, at values of the symbols.

        Symbols without a value get a random one.
        """
        table = _leaf_values(self.cost, self.wrt, values if values is not None else self.values)
        true = cotangents(self.cut.cost, [self.wrt])
        direct = cotangents(self.cost, [self.wrt]).get(self.wrt, zeros(self.wrt.shape))
        extend(table, [self.gradient, direct, *self.cut.nodes])
        difference, _ = relative_difference(self.gradient, direct, table)
        for node, proxy in self.cut.proxies.items():
            table[proxy] = table[node]
        extend(table, [true[e.node] for e in self.equations if e.node in true])
        for equation in self.equations:
            if equation.node in true:
                table[equation.symbol] = table[true[equation.node]]
        rng = np.random.default_rng(0)
        table[self.of] = rng.standard_normal(self.of.shape)  # type: ignore[arg-type]
        for part in self.parts:
            if part.cotangent is not None:
                extend(table, [true[part.node]])
                table[part.cotangent] = table[true[part.node]]
        return Verification(check_steps(self.steps, table), difference)

    def sections(self) -> list[tuple[str, list[Row]]]:
        """The printed derivation: titles, and under each the left and right sides of its rows."""
        return [(title, list(rows)) for title, rows in _sections(self, _Style(self, latex=False)) if rows]

    def to_latex(self) -> str:
        """The derivation as LaTeX, one aligned block."""
        rows = [row for _, section in _sections(self, _Style(self, latex=True)) for row in section]
        return "\\begin{aligned}\n" + " \\\\\n".join(f"{a} &= {b}" for a, b in rows) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.to_latex()}$"

    def to_numpy(self, function_name: str = "gradient") -> str:
        """Source of a NumPy function that computes the gradient by the equations."""
        return to_numpy({f"d{self.name}": self.gradient}, self.names, function_name)

    def __str__(self) -> str:
        lines = []
        for title, rows in self.sections():
            lines += ["", title] if title else []
            for left, right in rows:
                head = f"  {left} = "
                lines.append(head + right.replace("\n", "\n" + " " * len(head)))
        lines += [f"  given: {_told(fact.axis, to_text(fact.array))}" for fact in self.swept.facts]
        return "\n".join(lines)


Row = tuple[str, str]


def _told(axis: int, array: str) -> str:
    return f"every {('column', 'row')[axis]} of {array} adds up to 1, which is true of the data"


class _Style:
    """How the rows of a derivation are spelled, as text or as LaTeX."""

    def __init__(self, derivation: Derivation, *, latex: bool) -> None:
        self.latex = latex
        leaves = {wrt_leaf: n for wrt_leaf, n in derivation.names.items() if wrt_leaf.op is SYMBOL}
        self.names: dict[Expr, str] = leaves
        self.d = r"\mathrm{d}" if latex else "d"

    def show(self, expr: Expr) -> str:
        """An expression in matrix notation."""
        return to_latex(expr, self.names) if self.latex else to_text(expr, self.names)

    def entry(self, expr: Expr) -> str:
        """An entry of an expression; term by term where it is long."""
        text = to_index(expr, self.names, latex=self.latex)
        if self.latex or len(text) <= WIDTH or expr.op is not SUM:
            return text
        first, *rest = (to_index(term, self.names) for term in expr.args)
        return "\n".join([first, *(f"− {t[1:]}" if t.startswith("−") else f"+ {t}" for t in rest)])

    def partial(self, below: str) -> str:
        """∂J/∂(below)."""
        return rf"\frac{{\partial J}}{{\partial {below}}}" if self.latex else f"∂J/∂{below}"

    def of(self, inside: str, *, named: bool) -> str:
        """The differential of something."""
        if named:
            return self.d + inside
        return rf"{self.d}\left({inside}\right)" if self.latex else f"d({inside})"

    def left_out(self, count: int) -> Row:
        """The row in place of rows that are not printed."""
        told = f"{count} more by the same rules"
        return (rf"{self.d}(\ldots)", rf"\text{{{told}}}") if self.latex else ("d(…)", told)

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


def _sections(d: Derivation, style: _Style) -> Iterator[tuple[str, list[Row]]]:
    yield "", [("J", style.show(d.cut.definitions[d.cut.cost]))]
    yield "Differential", list(_differential_rows(d, style))
    yield "Entries", list(_entry_rows(d, style))
    if len(d.equations) > 1:
        rows = [(style.show(e.symbol), style.show(e.value)) for e in d.equations]
        yield "Backpropagation (dZ is the gradient of J at Z)", rows


def _differential_rows(d: Derivation, style: _Style) -> Iterator[Row]:
    """DJ by the chain rule, the differentials in it by the rules, gathered, and the gradient read off."""
    wrt = style.show(d.wrt)
    for part in d.parts:
        if part.cotangent is not None:
            yield style.show(part.cotangent), style.partial(style.show(d.cut.proxies[part.node]))
    chain = [_chain_term(d, part, style) for part in d.parts]
    if any(part.cotangent is not None for part in d.parts):
        yield f"{style.d}J", " + ".join(chain)
    for part in d.parts:
        yield from _rule_rows(d, part, style)
    gradient = gradient_of(d.total, d.of)
    yield f"{style.d}J", style.show(d.total)
    if "\n" not in style.show(gradient):
        yield f"{style.d}J", style.inner(gradient, style.of(wrt, named=True))
    yield style.partial(wrt), style.show(gradient)


def _chain_term(d: Derivation, part: Part, style: _Style) -> str:
    if part.cotangent is None:
        return style.show(part.contribution)
    return style.inner(part.cotangent, style.of(style.show(d.cut.proxies[part.node]), named=True))


def _rule_rows(d: Derivation, part: Part, style: _Style) -> Iterator[Row]:
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
            yield style.of(style.show(step.where), named=False), style.show(step.after)
        elif part.cotangent is not None:
            yield style.of(style.show(d.cut.proxies[part.node]), named=True), style.show(step.after)


def _shown(node: Expr, part: Part) -> bool:
    named = node is part.differential.output and part.cotangent is not None
    return named or not _is_trivial(node)


def _is_trivial(node: Expr) -> bool:
    """Whether the node only rearranges, scales or adds: its differential says nothing new."""
    if node.op is SUM:
        return True
    mono = flat(node)
    return node.op is PRODUCT and not mono.sizes and sum(bool(spec) for _, spec in mono.powers) <= 1


def _entry_rows(d: Derivation, style: _Style) -> Iterator[Row]:
    deltas = with_deltas(d.total, d.of)
    if deltas is not None and any(n != 1 for n in d.wrt.shape):
        left = style.partial(style.entry(d.wrt))
        yield left, style.entry(deltas)
        yield left, style.entry(gradient_of(d.total, d.of))


def derivation(
    cost: Expr, wrt: Expr, names: Mapping[Expr, str], values: Mapping[Expr, Any] | None = None
) -> Derivation:
    """Derive ∂cost/∂wrt.

    Parameters
    ----------
    cost : scalar expression
    wrt : the parameter, a symbol of the cost
    names : the user's names of expressions inside the cost; the derivation is cut at them
    values : values of the cost's symbols; facts of the data are taken from them, and steps checked at them

    Raises
    ------
    InputError
        The cost is no scalar, or the parameter no symbol.

    Examples
    --------
    >>> from gradproof.expr.broadcast import matmul, multiply, trace, transpose
    >>> from gradproof.expr.elementwise import divide
    >>> from gradproof.expr.node import number
    >>> W, lam, m = symbol("W", (3, 4)), symbol("λ"), symbol("m")
    >>> J = multiply(divide(lam, multiply(number(2), m)), trace(matmul(transpose(W), W)))
    >>> print(to_text(derivation(J, W, {}).gradient))
    λ/m W
    """
    if cost.shape != ():
        raise InputError(
            f"a gradient needs a scalar cost; this one has shape {cost.shape}",
            fix="sum or average it to one number",
        )
    if wrt.op is not SYMBOL:
        raise InputError("a derivation is by a parameter", where=repr(wrt), fix="give its symbol")
    values = values or {}
    cut = blocks(cost, [wrt], names)
    swept = backprop(cut, [wrt], values, names)
    known: dict[Expr, Expr] = {proxy: node for node, proxy in cut.proxies.items()}
    labels = {n: name for n, name in names.items() if n.op is SYMBOL} | cut.names
    for equation in swept.equations:
        known[equation.symbol] = substituted(equation.value, known)
        labels.setdefault(known[equation.symbol], equation.symbol.name)
    gradient = known[swept.equations[-1].symbol] if swept.equations else zeros(wrt.shape)
    parts, total = _parts(cut, wrt, names.get(wrt, wrt.name))
    return Derivation(cost, wrt, gradient, cut, swept, parts, total, labels, values)


def _parts(cut: Blocks, wrt: Expr, name: str) -> tuple[list[Part], Expr]:
    """DJ gathered over every definition in which the parameter stands."""
    reached = set(postorder(cut.cost))
    users = [n for n in users_of(cut).get(wrt, ()) if n in reached]
    known = cut.known()
    several = sum(n is not cut.cost for n in users) > 1
    parts = []
    for node in users:
        found = differential(cut.definitions[node], wrt, name, known)
        if is_zero(found.value):
            continue
        if node is cut.cost:
            parts.append(Part(node, None, found, found.value))
        else:
            label = f"G{len(parts) + 1}" if several else "G"
            cotangent = symbol(label, node.shape, _CAPITAL_G - len(parts))
            parts.append(Part(node, cotangent, found, simplify(sum_over(multiply(cotangent, found.value)))))
    total = simplify(add(*(p.contribution for p in parts))) if parts else zeros(())
    return parts, total


def _leaf_values(cost: Expr, wrt: Expr, values: Mapping[Expr, Any]) -> dict[Expr, Any]:
    rng = np.random.default_rng(1)
    table = {}
    for leaf in symbols(cost, wrt):
        value = values.get(leaf)
        table[leaf] = rng.uniform(0.3, 1.7, leaf.shape) if value is None else value  # type: ignore[arg-type]
    return table
