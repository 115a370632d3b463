r"""The gradient of a cost, in the three forms that textbooks use, printed and checked in numbers.

1. the differential: dJ = tr(Gᵀ dW), from which ∂J/∂W = G is read off,
2. entries: ∂w_kl/∂w_ij = δ_ki δ_lj,
3. backpropagation: an equation for each named variable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradproof.calculus.backprop import Backprop, Equation, backprop
from gradproof.calculus.blocks import Blocks, blocks, substituted
from gradproof.calculus.differential import (
    gradient_of,
    with_deltas,
)
from gradproof.calculus.differentiate import cotangents
from gradproof.calculus.jacobian import IDENTIFICATION
from gradproof.calculus.step import Step
from gradproof.derivation.base import Derivation
from gradproof.derivation.rows import Style
from gradproof.derivation.sections import CONTRACTION, INNER, Section, gradient_sections, told_fact
from gradproof.derivation.steps import Placed, Spelling, differential_of, interleaved, placed
from gradproof.derivation.verification import Claim
from gradproof.derivation.working import Part, Working
from gradproof.errors import InputError
from gradproof.expr.node import SYMBOL, Expr
from gradproof.expr.product import einsum, zeros
from gradproof.write.matrix import to_text

_CAPITAL_G = -4_000_000


class GradientDerivation(Derivation):
    """How the gradient of a cost by one parameter comes about.

    Attributes
    ----------
    output : what the cost is called
    working : the definitions, equations and differentials behind it
    """

    is_linear_map = True

    def __init__(
        self, cost: Expr, wrt: Expr, gradient: Expr, cut: Blocks, swept: Backprop,
        names: dict[Expr, str], values: Mapping[Expr, Any], output: str = "J",
    ) -> None:  # fmt: skip
        self.expression, self.wrt, self.gradient = cost, (wrt,), gradient
        self.names, self.values = names, values
        self.output = output
        self.working = Working(wrt, names.get(wrt, wrt.name), cut, swept)
        self.notes = []
        self._preparation: Sequence[Step] = ()
        self._given = cut.definitions[cut.cost]

    def given(self, expression: Expr, preparation: Sequence[Step]) -> None:
        """Say what the cost was before it was put into the form that was differentiated."""
        self.expression, self._preparation = expression, preparation
        if preparation:
            self._given = expression

    @property
    def parameter(self) -> Expr:
        """The parameter."""
        return self.wrt[0]

    @property
    def name(self) -> str:
        """The parameter's name."""
        return self.working.name

    @property
    def equations(self) -> list[Equation]:
        """Backpropagation, from the cost to the parameter."""
        return self.working.equations

    @property
    def result_name(self) -> str:
        """``dW``."""
        return f"d{self.name}"

    @property
    def left(self) -> tuple[str, str]:
        """``∂J/∂W`` as text and as LaTeX."""
        spelled = (Style(self.symbol_names, self.output, latex=latex) for latex in (False, True))
        text, latex = (s.partial(s.plain(self.parameter)) for s in spelled)
        return text, latex

    def placed(self) -> list[Placed]:
        """Every step: functions recognised, differentials, rewrites, the differential read off."""
        working = self.working
        found = [
            Placed(s, None, lambda style: style.output)
            for s in (*self._preparation, *working.cut.recognition)
        ]
        for part in working.parts:
            inner = part.differential
            left = self._differential_name(part)
            for step in interleaved(inner.steps, inner.rewrites):
                own = placed(step)
                if step.where is inner.output and step.inside is None:
                    own = Placed(step, left)
                elif step.inside is inner.output:
                    own = Placed(step, None, left)
                found.append(own)
        found += self._read_off()
        for equation in self.equations:
            left = self._equation_name(equation)
            found += [Placed(s, None, left) for s in equation.steps]
            found.append(Placed(Step("backpropagation", equation.raw, equation.value, equation.node), left))
        return found

    def _read_off(self) -> list[Placed]:
        """The differential as an inner product with dW, and entry by entry."""
        total, of = self.working.total, self.working.of
        gradient, deltas = gradient_of(total, of), with_deltas(total, of)
        axes = tuple(range(of.ndim))
        inner = Step(INNER, total, einsum([axes, axes], [gradient, of], ()), None, IDENTIFICATION)

        def product(style: Style) -> str:
            return style.inner(gradient, style.of(style.show(self.parameter), named=True))

        found = [Placed(inner, lambda style: f"{style.d}{style.output}", right=product)]
        if deltas is not None:
            step = Step(CONTRACTION, deltas, gradient, self.parameter)
            entry = Placed(step, lambda style: style.partial(style.entry(self.parameter)), entries=True)
            found.append(entry)
        return found

    def _differential_name(self, part: Part) -> Spelling:
        """DA of a named part, dJ of a cost without any."""
        if part.cotangent is not None:
            proxy = self.working.cut.proxies[part.node]
            return lambda style: style.of(style.show(proxy), named=True)
        if all(p.cotangent is None for p in self.working.parts):
            return lambda style: f"{style.d}{style.output}"
        return differential_of(part.differential.output)

    def _equation_name(self, equation: Equation) -> Spelling:
        if equation.node is self.parameter:
            return lambda style: style.partial(style.plain(self.parameter))
        return lambda style: style.plain(equation.symbol)

    def claim(self) -> Claim:
        """Every step, and the gradient against reverse differentiation of the cost as it was given."""
        true = cotangents(self.working.cut.cost, [self.parameter])
        direct = cotangents(self.expression, [self.parameter])
        meanings = {proxy: node for node, proxy in self.working.cut.proxies.items()}
        meanings |= {e.symbol: true[e.node] for e in self.equations if e.node in true}
        for part in self.working.parts:
            if part.cotangent is not None:
                known = part.node in true
                meanings[part.cotangent] = (
                    true[part.node] if known else _cotangent(self.working.cut, part.node)
                )
        expected = direct.get(self.parameter, zeros(self.parameter.shape))
        return Claim(self.steps, self.gradient, expected, meanings)

    def sections(self, *, latex: bool = False, style: str = "all") -> list[Section]:
        """The printed derivation: titles, and under each the left and right sides of its rows."""
        spelled = Style(self.symbol_names, self.output, latex=latex)
        steps = [*self._preparation, *self.working.cut.recognition]
        return gradient_sections(self.working, self._given, steps, spelled, style)


def _cotangent(cut: Blocks, node: Expr) -> Expr:
    """The cotangent, by the rules alone, of a named node that is a part of a sum and no node of the cost."""
    proxy, value = cut.proxies[node], node
    meanings: dict[Expr, Expr] = {}
    for each in cut.nodes:
        if each is not node:
            value = substituted(cut.definitions[each], meanings)
            meanings |= {cut.proxies[each]: value} if each in cut.proxies else {}
    return substituted(cotangents(value, [proxy])[proxy], {proxy: node})


def derivation(
    cost: Expr,
    wrt: Expr,
    names: Mapping[Expr, str],
    values: Mapping[Expr, Any] | None = None,
    output: str = "J",
) -> GradientDerivation:
    """Derive ∂cost/∂wrt.

    Parameters
    ----------
    cost : scalar expression
    wrt : the parameter, a symbol of the cost
    names : the user's names of expressions inside the cost; the derivation is cut at them
    output : what the cost is called
    values : values of the cost's symbols; facts of the data are taken from them, and steps checked at them

    Raises
    ------
    InputError
        The cost is no scalar, or the parameter no symbol.

    Examples
    --------
    >>> from gradproof.expr.broadcast import matmul, multiply, trace, transpose
    >>> from gradproof.expr.elementwise import divide
    >>> from gradproof.expr.node import number, symbol
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
    derived = GradientDerivation(cost, wrt, gradient, cut, swept, labels, values, output)
    derived.notes += [f"given: {told_fact(f.axis, to_text(f.array))}" for f in swept.facts]
    return derived
