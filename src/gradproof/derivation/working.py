"""What leads from a cost to its gradient: definitions, equations, and the differential of each part."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from gradproof.calculus.backprop import Backprop, Equation
from gradproof.calculus.blocks import Blocks, users_of
from gradproof.calculus.differential import Differential, differential, differential_symbol
from gradproof.calculus.simplify import simplify
from gradproof.expr.broadcast import multiply, sum_over
from gradproof.expr.node import Expr, postorder, symbol
from gradproof.expr.product import add, is_zero, zeros

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


@dataclass(frozen=True)
class Working:
    """The working behind a gradient; what only a print needs is found when it is asked for.

    Attributes
    ----------
    parameter, name : the parameter and its name
    cut : the cost as definitions of the user's variables
    swept : the equations, and what was used that holds for the given data only
    """

    parameter: Expr
    name: str
    cut: Blocks
    swept: Backprop

    @property
    def equations(self) -> list[Equation]:
        """Backpropagation, from the cost to the parameter."""
        return self.swept.equations

    @cached_property
    def _gathered(self) -> tuple[list[Part], Expr]:
        return _parts(self.cut, self.parameter, self.name)

    @property
    def parts(self) -> list[Part]:
        """The differential of each definition in which the parameter stands."""
        return self._gathered[0]

    @property
    def total(self) -> Expr:
        """DJ, linear in the differential of the parameter."""
        return self._gathered[1]

    @property
    def of(self) -> Expr:
        """The symbol of the parameter's differential."""
        return differential_symbol(self.parameter, self.name)


def _reached(cut: Blocks) -> set[Expr]:
    """The named nodes that the cost is computed from, also one that is a part of a sum only."""
    by_proxy = {proxy: node for node, proxy in cut.proxies.items()}
    found = {cut.cost}
    todo = [cut.cost]
    while todo:
        below = [by_proxy[s] for s in postorder(cut.definitions[todo.pop()]) if s in by_proxy]
        todo += [node for node in below if node not in found]
        found.update(below)
    return found


def _parts(cut: Blocks, wrt: Expr, name: str) -> tuple[list[Part], Expr]:
    """DJ gathered over every definition in which the parameter stands."""
    reached = _reached(cut)
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
