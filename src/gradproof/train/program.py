"""What a training step computes, as assignments: the forward pass, the costs, backpropagation.

They come from the derivation that is printed (:mod:`gradproof.calculus.backprop`): the cost is cut at Z1, A1,
..., and each equation for a cotangent is one assignment. Engines run these and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradproof.calculus.backprop import backprop
from gradproof.calculus.blocks import Blocks, blocks, substituted
from gradproof.calculus.patterns import PATTERNS
from gradproof.calculus.rewrite import Rewriter
from gradproof.calculus.simplify import RULES
from gradproof.expr.node import Expr, symbol
from gradproof.train.expression import NetworkExpression
from gradproof.write.code_plan import Plan


@dataclass(frozen=True, slots=True)
class Assignment:
    """``target = value``: a symbol, and an expression of the symbols assigned before."""

    target: Expr
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """One training step but for the update.

    Attributes
    ----------
    source : the network's cost
    forward : Z1, A1, Z2, ...
    data_cost : of the batch, in terms of the forward pass; from Z where that is more accurate than from A
    penalty : in terms of the parameters
    backward : dZ[L], ..., dW1, db1, in an order in which they can be computed
    gradients : parameter's name -> the symbol that holds its gradient
    output : the symbol of the last A
    """

    source: NetworkExpression
    forward: tuple[Assignment, ...]
    data_cost: Expr
    penalty: Expr
    backward: tuple[Assignment, ...]
    gradients: Mapping[str, Expr]
    output: Expr

    @property
    def cost(self) -> Expr:
        """The symbol J that :meth:`assignments` assigns the data cost to."""
        return symbol("J", self.data_cost.shape)

    def assignments(self) -> list[tuple[Expr, Expr]]:
        """Everything but the update, in its order: the forward pass, the data cost, backpropagation."""
        forward, backward = ([(a.target, a.value) for a in each] for each in (self.forward, self.backward))
        return [*forward, (self.cost, self.data_cost), *backward]


def program(source: NetworkExpression) -> Program:
    """Derive the training step of a network.

    Examples
    --------
    >>> from gradproof.train.expression import expression
    >>> from gradproof.train.network import dense
    >>> from gradproof.train.penalties import L2
    >>> from gradproof.write.matrix import to_text
    >>> step = program(expression(dense([4, 3], penalty=L2(0.7))))
    >>> for each in step.backward:
    ...     print(each.target.name, "=", to_text(each.value))
    dZ1 = 1/m (A₁ − Y)
    dW1 = dZ₁ Xᵀ + λ/m W₁
    db1 = dZ₁ 1
    """
    parameters = list(source.parameters.values())
    cut = blocks(source.cost, parameters, source.names)
    swept = backprop(cut, parameters, {}, source.names)
    forward = tuple(Assignment(cut.proxies[n], cut.definitions[n]) for n in cut.nodes[:-1])
    backward = tuple(Assignment(e.symbol, e.value) for e in swept.equations)
    by_node = {e.node: e.symbol for e in swept.equations}
    return Program(
        source, forward, _data_cost(source, cut), source.penalty, backward,
        {name: by_node[leaf] for name, leaf in source.parameters.items()}, cut.proxies[cut.nodes[-2]],
    )  # fmt: skip


def _data_cost(source: NetworkExpression, cut: Blocks) -> Expr:
    """The data cost with the last activation put in, so that log softmax(Z) is Z − logsumexp(Z)."""
    own = blocks(source.data_cost, source.parameters.values(), source.names)
    by_name = {cut.names[n]: proxy for n, proxy in cut.proxies.items()}
    same = {proxy: by_name[own.names[n]] for n, proxy in own.proxies.items()}
    data = substituted(own.definitions[own.cost], same)
    last = cut.nodes[-2]
    if cut.names[last].startswith("A"):  # with the identity the output is Z itself
        data = substituted(data, {cut.proxies[last]: cut.definitions[last]})
    simplified = Rewriter((*RULES, *PATTERNS))(data)
    return Plan([simplified])[simplified]  # log σ(Z) is −softplus(−Z)
