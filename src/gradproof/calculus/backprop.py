"""Backpropagation as equations: the cotangent of each named variable in terms of those after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradproof.calculus.blocks import Blocks, substituted, users_of
from gradproof.calculus.differentiate import pullback
from gradproof.calculus.rewrite import Rewriter, Rule
from gradproof.calculus.simplify import RULES
from gradproof.calculus.size import length
from gradproof.calculus.step import Step
from gradproof.calculus.totals import total_of_one
from gradproof.expr.evaluate import extend
from gradproof.expr.node import SYMBOL, Expr, number, postorder, symbol
from gradproof.expr.product import add, zeros

_COTANGENT = -1_000_000  # cotangent symbols differ from the user's, and from proxies, by this number
CANCELLED = 1.0  # length that must vanish when the next cotangent is put in
LONGER = 3.0  # how much longer the equation may be then


@dataclass(frozen=True, slots=True)
class Equation:
    """``symbol = value``, the cotangent of ``node``.

    Attributes
    ----------
    node : the named expression of the cost, or the parameter
    name : its name
    symbol : the symbol that stands for its cotangent
    raw : what the derivative rules give
    value : the same, simplified
    steps : the rewrites from ``raw`` to ``value``
    """

    node: Expr
    name: str
    symbol: Expr
    raw: Expr
    value: Expr
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fact:
    """The entries of ``array`` along ``axis`` add up to 1, in the given data."""

    array: Expr
    axis: int


@dataclass(frozen=True, slots=True)
class Backprop:
    """The equations that lead to the cotangents of the parameters, in the order they are computed."""

    equations: list[Equation]
    facts: list[Fact]


def backprop(
    cut: Blocks, wrt: Sequence[Expr], values: Mapping[Expr, Any], names: Mapping[Expr, str]
) -> Backprop:
    """One equation for each named variable on the way from the cost to ``wrt``.

    An equation names the cotangent of the next variable, unless putting in what that is lets something
    cancel: then dZ = A − Y stands there, and not dZ = dA ∘ A ∘ (1 − A).
    """
    pass_ = _Pass(cut, wrt, values)
    for node in reversed(cut.nodes[:-1]):
        if node in cut.active:
            pass_.derive(node, cut.names[node])
    for parameter in wrt:
        pass_.derive(parameter, names.get(parameter, parameter.name))
    equations = _needed(pass_.equations, wrt)
    used = {n for e in equations for s in e.steps if s.rule == TOTAL for n in postorder(s.before)}
    return Backprop(equations, [f for f in pass_.facts if f.array in used])


class _Pass:
    """One sweep from the cost back to the parameters."""

    def __init__(self, cut: Blocks, wrt: Sequence[Expr], values: Mapping[Expr, Any]) -> None:
        self.cut, self.wrt = cut, wrt
        self.equations: dict[Expr, Equation] = {}
        self.arriving: dict[Expr, list[Expr]] = {}
        self.users = users_of(cut)
        self.known = cut.known()
        self.facts = _facts(cut, values)
        self.rules = (_total_rule(self.facts), *RULES) if self.facts else RULES
        self.by_proxy = {p: n for n, p in cut.proxies.items()}
        self._send(cut.cost, number(1))

    def derive(self, node: Expr, name: str) -> None:
        """Collect what arrives at a node, simplify it, send it on."""
        proxy = self.cut.proxies.get(node, node)
        parts = self.arriving.pop(proxy, [])[::-1]  # the penalty, which arrives first, is written last
        if not parts and node not in self.wrt:
            return
        raw = add(*parts) if parts else zeros(node.shape)
        value, steps = self._simplified(raw)
        value, steps, raw = self._opened(proxy, raw, value, steps)
        cotangent = symbol(f"d{name}", node.shape, _COTANGENT - len(self.equations))
        self.equations[node] = Equation(node, name, cotangent, raw, value, steps)
        if node in self.cut.definitions:
            self._send(node, cotangent)

    def _send(self, node: Expr, cotangent: Expr) -> None:
        definition = self.cut.definitions[node]
        inputs = [s for s in postorder(definition) if s.op is SYMBOL and self._is_active(s)]
        for proxy, contribution in pullback(definition, cotangent, inputs).items():
            if proxy in inputs:
                self.arriving.setdefault(proxy, []).append(contribution)

    def _is_active(self, leaf: Expr) -> bool:
        if leaf in self.wrt:
            return True
        return leaf in self.by_proxy and self.by_proxy[leaf] in self.cut.active

    def _simplified(self, raw: Expr) -> tuple[Expr, list[Step]]:
        rewriter = Rewriter(self.rules)
        rewriter.table.update(self.known)
        value = rewriter(raw)
        return value, rewriter.steps

    def _opened(
        self, proxy: Expr, raw: Expr, value: Expr, steps: list[Step]
    ) -> tuple[Expr, list[Step], Expr]:
        """The equation with the next cotangent put in, where that lets something cancel."""
        users = [self.equations[n] for n in self.users.get(proxy, ()) if n in self.equations]
        if len(users) != 1:
            return value, steps, raw
        (user,) = users
        opened_raw = substituted(raw, {user.symbol: user.value})
        opened, opened_steps = self._simplified(opened_raw)
        before = length(value)
        cancelled = length(opened) < before + length(user.value) - 1 - CANCELLED
        if cancelled and length(opened) <= before + LONGER:
            return opened, opened_steps, opened_raw
        return value, steps, raw


# --- what the data says -----------------------------------------------------------------------------

TOTAL = "total of the given data"


def _total_rule(facts: Sequence[Fact]) -> Rule:
    axes: dict[Expr, tuple[int, ...]] = {f.array: (f.axis,) for f in facts}
    return Rule(
        TOTAL,
        lambda node: total_of_one(node, lambda base: axes.get(base, ())),
        ("product",),
        "Σ_k y_kj = 1, which holds for the given data",
        "one factor fewer",
        "one-hot labels and probabilities",
    )


def _facts(cut: Blocks, values: Mapping[Expr, Any]) -> list[Fact]:
    """Matrices that do not depend on the parameters and whose rows or columns all add up to exactly 1."""
    candidates = [
        n for n in postorder(cut.cost) if n.ndim == 2 and n not in cut.active and n.op.name != "product"
    ]
    known = {n: v for n, v in values.items() if n.op is SYMBOL}
    found = []
    for node in candidates:
        if not all(s in known for s in postorder(node) if s.op is SYMBOL):
            continue
        if not all(isinstance(size, int) for size in node.shape):  # the identity matrix of a named size
            continue
        table = dict(known)
        extend(table, [node])
        array = np.asarray(table[node])
        proxy = cut.proxies.get(node, node)
        found += [Fact(proxy, axis) for axis in (0, 1) if min(array.shape) > 1 and _totals_one(array, axis)]
    return found


def _totals_one(array: Any, axis: int) -> bool:
    return array.dtype.kind in "biuf" and bool(np.all(array.sum(axis=axis) == 1))


def _needed(equations: dict[Expr, Equation], wrt: Sequence[Expr]) -> list[Equation]:
    """The equations that the parameters' equations refer to, directly or not."""
    by_symbol = {e.symbol: e for e in equations.values()}
    needed: set[Expr] = set()
    todo = [equations[p] for p in wrt if p in equations]
    while todo:
        equation = todo.pop()
        if equation.symbol not in needed:
            needed.add(equation.symbol)
            todo += [by_symbol[n] for n in postorder(equation.value) if n in by_symbol]
    return [e for e in equations.values() if e.symbol in needed]
