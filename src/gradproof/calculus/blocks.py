"""A cost cut at its named variables: one small definition for each, in terms of the others.

What is derived from a definition is as long as that definition, so the equations of a network of any depth
are found in time linear in its depth, and they are the ones people write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gradproof.calculus.patterns import PATTERNS, SPELLINGS
from gradproof.calculus.rewrite import Rewriter, with_args
from gradproof.calculus.step import Step
from gradproof.expr.node import CONSTANT, NUMBER, SYMBOL, Expr, make, postorder, symbol
from gradproof.expr.product import SUM

_PROXY = -1  # symbols that stand for named variables differ from the user's by this number


@dataclass(frozen=True, slots=True)
class Blocks:
    """The cost as definitions.

    Attributes
    ----------
    cost : the cost with spelled-out functions recognised
    nodes : the named expressions that the cost is cut at, arguments first, the cost last
    proxies : the symbol that stands for each of them
    definitions : what each of them is, in terms of proxies and leaves
    names : name of each node
    active : the nodes of the cost that depend on the parameters
    recognition : the steps that recognised spelled-out functions
    """

    cost: Expr
    nodes: list[Expr]
    proxies: dict[Expr, Expr]
    definitions: dict[Expr, Expr]
    names: dict[Expr, str]
    active: set[Expr]
    recognition: list[Step]

    def known(self) -> dict[Expr, Expr]:
        """Proxy of each definition, so that σ(Z) in a gradient is written A again."""
        return {self.definitions[n]: self.proxies[n] for n in self.nodes[:-1]}


def blocks(cost: Expr, wrt: Iterable[Expr], names: Mapping[Expr, str]) -> Blocks:
    """Cut the cost at the variables in ``names``, scalars that depend on ``wrt`` excepted."""
    recognise = Rewriter(SPELLINGS)
    new = recognise(cost)
    wrt = set(wrt)
    named: dict[Expr, str] = {}
    for node, name in names.items():
        if node not in recognise.table and node.op is not SYMBOL and node.shape != ():
            recognise(node)
        found = recognise.table.get(node)
        if found is not None and found.op not in (NUMBER, CONSTANT, SYMBOL) and found is not new:
            named.setdefault(found, name)
    order = postorder(*[n for n in named if n.shape != ()], new)
    active = _active(order, wrt)
    kept = [n for n in order if n in named and not (n.shape == () and n in active)]
    kept = [n for n in kept if n is not new]
    labels = _distinct(kept, named, [names.get(s, s.name) for s in order if s.op is SYMBOL])
    proxies = {n: symbol(labels[n], n.shape, _PROXY - k) for k, n in enumerate(kept)}
    inside = Rewriter(PATTERNS)
    definitions = {n: inside(d) for n, d in _definitions([*kept, new], proxies).items()}
    steps = [*recognise.steps, *inside.steps]
    return Blocks(new, [*kept, new], proxies, definitions, labels, active, steps)


def _active(order: list[Expr], wrt: set[Expr]) -> set[Expr]:
    active = set(wrt)
    for node in order:
        if any(a in active for a in node.args):
            active.add(node)
    return active


def _distinct(nodes: list[Expr], names: Mapping[Expr, str], leaves: list[str]) -> dict[Expr, str]:
    """Names told apart: the Z of each turn of a loop is Z[1], Z[2], ...; after a leaf Z, Z[2], ..."""
    count: dict[str, int] = dict.fromkeys(leaves, 1)
    for node in nodes:
        count[names[node]] = count.get(names[node], 0) + 1
    seen: dict[str, int] = dict.fromkeys(leaves, 1)
    result = {}
    for node in nodes:
        name = names[node]
        seen[name] = seen.get(name, 0) + 1
        result[node] = f"{name}[{seen[name]}]" if count[name] > 1 else name
    return result


def _definitions(nodes: list[Expr], proxies: Mapping[Expr, Expr]) -> dict[Expr, Expr]:
    table: dict[Expr, Expr] = {}
    definitions: dict[Expr, Expr] = {}
    sums = [n for n in nodes[:-1] if n.op is SUM]
    for node in postorder(*nodes):
        grouped = _regrouped(node, sums) if node.op is SUM else node
        made = with_args(grouped, tuple(table.get(a, a) for a in grouped.args))
        if node in proxies:
            definitions[node] = made
        table[node] = proxies.get(node, made)
    definitions[nodes[-1]] = table[nodes[-1]]
    return definitions


def _regrouped(node: Expr, sums: list[Expr]) -> Expr:
    """a + b + c as (a + b) + c, where a + b has a name: sums are joined when they are made."""
    args = list(node.args)
    for part in sums:
        if part is not node and len(part.args) < len(args) and all(args.count(a) for a in part.args):
            rest = list(args)
            for a in part.args:
                if a in rest:
                    rest.remove(a)
            if len(rest) == len(args) - len(part.args):
                args = [part, *rest]
    return node if len(args) == len(node.args) else make(SUM, tuple(args))


def substituted(root: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """The expression with symbols replaced; what is put in stays one node, also as a term of a sum."""
    table = dict(values)
    for node in postorder(root):
        if node not in table:
            args = tuple(table[a] for a in node.args)
            plain = args == node.args
            table[node] = node if plain else make(SUM, args) if node.op is SUM else with_args(node, args)
    return table[root]


def users_of(cut: Blocks) -> dict[Expr, list[Expr]]:
    """The named nodes in whose definition the proxy of a named node, or a leaf, occurs."""
    result: dict[Expr, list[Expr]] = {}
    for node in cut.nodes:
        for below in postorder(cut.definitions[node]):
            if below.op is SYMBOL:
                result.setdefault(below, []).append(node)
    return result
