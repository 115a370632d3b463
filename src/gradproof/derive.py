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
from gradproof.calculus.differential import Differential, differential, gradient_of, with_deltas
from gradproof.calculus.differentiate import cotangents
from gradproof.calculus.monomial import flat
from gradproof.calculus.rewrite import Rewriter
from gradproof.calculus.simplify import RULES, simplify
from gradproof.calculus.step import Step, StepCheck, check_steps
from gradproof.errors import InputError
from gradproof.expr.broadcast import multiply, sum_over
from gradproof.expr.evaluate import extend
from gradproof.expr.node import SYMBOL, Expr, symbol, symbols
from gradproof.expr.product import add, is_zero, zeros
from gradproof.write.index import to_index
from gradproof.write.matrix import to_latex, to_text
from gradproof.write.numpy import to_numpy

_CAPITAL_G = -4_000_000


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
        return self.gradient_difference <= 1e-8 and all(c.holds for c in self.steps)

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
    equations : the backpropagation equations that lead to it, the last one its own
    facts : what was used that holds for the given data only
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
        return self.parts[0].differential.of if self.parts else symbol(f"d{self.wrt.name}", self.wrt.shape)

    def verify(self, values: Mapping[Expr, Any] | None = None) -> Verification:
        """Evaluate both sides of every step, and the gradient, at values of the symbols.

        Symbols without a value get a random one.
        """
        table = _leaf_values(self.cost, self.wrt, values if values is not None else self.values)
        true = cotangents(self.cut.cost, [self.wrt])
        direct = cotangents(self.cost, [self.wrt]).get(self.wrt, zeros(self.wrt.shape))
        extend(table, [self.gradient, direct, *self.cut.nodes])
        difference = _difference(table[self.gradient], table[direct])
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

    def to_latex(self) -> str:
        """The derivation as LaTeX, one aligned block."""
        rows = [rf"{left} &= {right}" for left, right in self._rows(_Latex(self))]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.to_latex()}$"

    def to_numpy(self, function_name: str = "gradient") -> str:
        """Source of a NumPy function that computes the gradient by the equations."""
        return to_numpy({f"d{self.wrt.name}": self.gradient}, self.names, function_name)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        style = _Text(self)
        for title, rows in (
            ("", [style.cost()]),
            ("Differential", list(self._differential_rows(style))),
            ("Entries", list(self._entry_rows(style))),
            ("Backpropagation", list(self._equation_rows(style)) if len(self.equations) > 1 else []),
        ):
            if title and rows:
                yield ""
                yield title
            for left, right in rows:
                head = f"  {left} = "
                yield head + right.replace("\n", "\n" + " " * len(head))
        for fact in self.swept.facts:
            yield f"  {style.fact(fact.array, fact.axis)}"

    def _rows(self, style: _Style) -> Iterator[tuple[str, str]]:
        yield style.cost()
        yield from self._differential_rows(style)
        yield from self._entry_rows(style)
        if len(self.equations) > 1:
            yield from self._equation_rows(style)

    def _differential_rows(self, style: _Style) -> Iterator[tuple[str, str]]:
        """DJ by the rules, gathered, and the gradient read off."""
        for part in self.parts:
            shown: set[Expr] = set()
            for step in part.differential.steps:
                if step.where is not None and step.after not in shown and not _is_trivial(step):
                    shown.add(step.after)
                    name = style.node(part.node) if step.where is part.differential.output else ""
                    yield style.differential(step.where, name, part), style.show(step.after)
        yield style.d_cost, style.show(self.total)
        yield style.partial, style.show(gradient_of(self.total, self.of))

    def _entry_rows(self, style: _Style) -> Iterator[tuple[str, str]]:
        deltas = with_deltas(self.total, self.of)
        if deltas is not None and self.wrt.ndim:
            yield style.partial_entry, style.entry(deltas)
            yield style.partial_entry, style.entry(gradient_of(self.total, self.of))

    def _equation_rows(self, style: _Style) -> Iterator[tuple[str, str]]:
        for equation in self.equations:
            yield style.cotangent(equation), style.show(equation.value)


def _is_trivial(step: Step) -> bool:
    """Steps that only rearrange or scale say nothing in print."""
    if step.where is None or step.where.op.name != "product":
        return False
    mono = flat(step.where)
    return not mono.sizes and sum(bool(spec) for _, spec in mono.powers) <= 1


class _Style:
    """How the rows of a derivation are spelled."""

    d_cost, partial, partial_entry = "dJ", "", ""

    def __init__(self, derivation: Derivation) -> None:
        self.d = derivation
        self.names: dict[Expr, str] = {}

    def show(self, expr: Expr) -> str:
        raise NotImplementedError

    def entry(self, expr: Expr) -> str:
        raise NotImplementedError

    def node(self, node: Expr) -> str:
        """The name of a named node; J for the cost."""
        return "J" if node is self.d.cut.cost else self.show(self.d.cut.proxies[node])

    def cost(self) -> tuple[str, str]:
        return "J", self.show(self.d.cut.definitions[self.d.cut.cost])

    def differential(self, where: Expr, name: str, part: Part) -> str:
        inner = name if name and part.cotangent is not None else self.show(where)
        return f"d{inner}" if name and part.cotangent is not None else f"d({inner})"

    def cotangent(self, equation: Equation) -> str:
        return self.show(equation.symbol)


class _Text(_Style):
    def __init__(self, derivation: Derivation) -> None:
        super().__init__(derivation)
        w = to_text(derivation.wrt)
        self.partial = f"∂J/∂{w}"
        self.partial_entry = f"∂J/∂{to_index(derivation.wrt)}"

    def show(self, expr: Expr) -> str:
        return to_text(expr, self.names)

    def entry(self, expr: Expr) -> str:
        return to_index(expr, self.names)

    def fact(self, array: Expr, axis: int) -> str:
        return f"given: every {('column', 'row')[axis]} of {self.show(array)} adds up to 1 (true of the data)"


class _Latex(_Style):
    def __init__(self, derivation: Derivation) -> None:
        super().__init__(derivation)
        w = to_latex(derivation.wrt)
        self.d_cost = r"\mathrm{d}J"
        self.partial = rf"\frac{{\partial J}}{{\partial {w}}}"
        self.partial_entry = rf"\frac{{\partial J}}{{\partial {to_index(derivation.wrt, latex=True)}}}"

    def show(self, expr: Expr) -> str:
        return to_latex(expr, self.names)

    def entry(self, expr: Expr) -> str:
        return to_index(expr, self.names, latex=True)

    def differential(self, where: Expr, name: str, part: Part) -> str:
        inner = name if name and part.cotangent is not None else self.show(where)
        plain = name and part.cotangent is not None
        return rf"\mathrm{{d}}{inner}" if plain else rf"\mathrm{{d}}\left({inner}\right)"


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
    swept = backprop(cut, [wrt], values)
    known: dict[Expr, Expr] = {proxy: node for node, proxy in cut.proxies.items()}
    labels = dict(cut.names)
    for equation in swept.equations:
        known[equation.symbol] = substituted(equation.value, known)
        labels.setdefault(known[equation.symbol], equation.symbol.name)
    gradient = known[swept.equations[-1].symbol] if swept.equations else zeros(wrt.shape)
    parts, total = _parts(cut, swept, wrt)
    return Derivation(cost, wrt, gradient, cut, swept, parts, total, labels, values)


def _parts(cut: Blocks, swept: Backprop, wrt: Expr) -> tuple[list[Part], Expr]:
    """DJ gathered over every definition in which the parameter stands."""
    parts = []
    equations = {e.node: e for e in swept.equations}
    for node in users_of(cut).get(wrt, ()):
        definition = cut.definitions[node]
        found = differential(definition, wrt)
        if node is cut.cost:
            parts.append(Part(node, None, found, found.value))
        elif not is_zero(found.value):
            cotangent = symbol(f"G_{cut.names[node]}", node.shape, _CAPITAL_G - len(parts))
            if node not in equations and node not in cut.active:
                continue
            parts.append(Part(node, cotangent, found, simplify(sum_over(multiply(cotangent, found.value)))))
    rewriter = Rewriter(RULES)
    total = rewriter(add(*(p.contribution for p in parts))) if parts else zeros(())
    return parts, total


def _leaf_values(cost: Expr, wrt: Expr, values: Mapping[Expr, Any]) -> dict[Expr, Any]:
    rng = np.random.default_rng(1)
    table = {}
    for leaf in symbols(cost, wrt):
        value = values.get(leaf)
        table[leaf] = rng.uniform(0.3, 1.7, leaf.shape) if value is None else value  # type: ignore[arg-type]
    return table


def _difference(found: Any, expected: Any) -> float:
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    usable = np.isfinite(found) & np.isfinite(expected)
    size = max(float(np.abs(expected[usable]).max(initial=0.0)), 1e-300)
    return float(np.abs(found - expected)[usable].max(initial=0.0)) / size
