"""The one place that applies rewrites.

Bottom-up over the interned graph: the arguments of a node are rewritten first, then rules fire at the node
until none does. Every result is kept, so a node that occurs often is rewritten once. Not recursive.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import lru_cache

from gradproof.calculus.step import Step
from gradproof.expr.node import Expr, make
from gradproof.expr.powers import POWER, power
from gradproof.expr.product import PRODUCT, SUM, add, einsum, specs_of

MAX_REMEMBERED = 10_000  # nodes whose firings are kept
MAX_FIRINGS = 60  # at one place; rules that call each other for ever stop there


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """An identity used from left to right.

    Attributes
    ----------
    name : what a textbook calls it
    rewrite : callable ``(node) -> Expr or None``, of the node alone; its arguments are rewritten already
    heads : names of the operations it applies to
    statement : the identity, with the condition under which it holds
    terminates : why it cannot fire for ever
    source : where it comes from
    samples : expressions on which the rule fires, for its printed statement and its generic test
    """

    name: str
    rewrite: Callable[[Expr], Expr | None]
    heads: tuple[str, ...]
    statement: str
    terminates: str
    source: str = ""
    samples: tuple[Callable[[], Expr], ...] = ()


def with_args(node: Expr, args: tuple[Expr, ...]) -> Expr:
    """The node with other arguments, made by its constructor."""
    if args == node.args:
        return node
    if node.op is PRODUCT:
        specs, out, sizes = specs_of(node)
        return einsum(specs, args, out, sizes)
    if node.op is SUM:
        return add(*args)
    if node.op is POWER:
        return power(*args)
    return make(node.op, args, node.attrs)


class _Table:
    """Rules by head, and what fired first at the nodes met: one derivation meets half of them again."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.by_head: dict[str, list[Rule]] = {}
        for rule in rules:
            for head in rule.heads:
                self.by_head.setdefault(head, []).append(rule)
        self.fired: dict[Expr, tuple[Rule, Expr] | None] = {}

    def first(self, node: Expr) -> tuple[Rule, Expr] | None:
        """The first rule that rewrites the node, and the result."""
        rules = self.by_head.get(node.op.name)
        if rules is None:
            return None
        if node not in self.fired:
            if len(self.fired) >= MAX_REMEMBERED:
                self.fired.clear()
            self.fired[node] = self._tried(rules, node)
        return self.fired[node]

    @staticmethod
    def _tried(rules: list[Rule], node: Expr) -> tuple[Rule, Expr] | None:
        for rule in rules:
            new = rule.rewrite(node)
            if new is not None and new is not node:
                return rule, new
        return None


@lru_cache(maxsize=16)
def _table(rules: tuple[Rule, ...]) -> _Table:
    return _Table(rules)


class Rewriter:
    """Applies a table of rules to a fixed point.

    Attributes
    ----------
    steps : every firing, in order
    table : what each node met became
    """

    def __init__(self, rules: tuple[Rule, ...], atoms: Set[Expr] = frozenset()) -> None:
        self.rules = _table(rules)
        self.atoms = atoms
        self.steps: list[Step] = []
        self.table: dict[Expr, Expr] = {}

    def __call__(self, root: Expr) -> Expr:
        """The rewritten expression; the nodes in ``atoms`` stay as they are."""
        becomes: dict[Expr, Expr] = {}  # the next form of a node that is not final yet
        depth: dict[Expr, int] = {}  # firings since the node that was asked for
        stack = [root]
        while stack:
            node = stack[-1]
            if node in self.table:
                stack.pop()
            elif node in becomes:
                final = self.table.get(becomes[node])
                self.table[node] = node if final is None else final
                stack.pop()
            elif node in self.atoms:
                self.table[node] = node
            elif missing := [a for a in node.args if a not in self.table]:
                stack += missing
            else:
                new = with_args(node, tuple(self.table[a] for a in node.args))
                count = depth.get(node, 0)
                if new is node:
                    new = self._fire(node) if count < MAX_FIRINGS else node
                    count += 1
                if new is node or (new in becomes and new not in self.table):
                    self.table[node] = node
                else:
                    becomes[node] = new
                    depth.setdefault(new, count)
                    stack.append(new)
        return self.table[root]

    def _fire(self, node: Expr) -> Expr:
        found = self.rules.first(node)
        if found is None:
            return node
        rule, new = found
        self.steps.append(Step(rule.name, node, new, node, rule.source))
        return new
