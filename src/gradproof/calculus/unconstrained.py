"""A variable freed of the facts declared of its value, while it is differentiated more than once.

That X is symmetric may be used in the value of a gradient, and not before that is differentiated again: the
Hessian of log det X is −X⁻ᵀ dXᵀ X⁻ᵀ, and X⁻¹ in the place of X⁻ᵀ would give another tensor. Facts that hold
for every nearby matrix too, such as being invertible, stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from gradproof.calculus.step import Step
from gradproof.expr.node import SYMBOL, Expr, facts_of, symbol
from gradproof.expr.substitute import substitute

# Facts of a value that every value close to it has too; "size" marks the size of an axis.
OPEN = frozenset({"positive", "nonnegative", "invertible", "complex", "size"})
_INVERTIBLE = frozenset({"spd", "orthogonal"})
_FREED = 7_000_000


class Freed:
    """Variables and expressions without the facts that differentiation must not use.

    Attributes
    ----------
    variables : the variables to differentiate by, in the order given
    """

    def __init__(self, wrt: Sequence[Expr]) -> None:
        self.there = {x: free for x in wrt if (free := _freed(x)) is not x}
        self.back = {free: x for x, free in self.there.items()}
        self.variables = [self.there.get(x, x) for x in wrt]

    def freed(self, expr: Expr) -> Expr:
        """The expression in the freed variables."""
        return substitute(expr, self.there) if self.there else expr

    def restored(self, expr: Expr) -> Expr:
        """The expression in the variables as they were declared."""
        return substitute(expr, self.back) if self.back else expr

    def restored_steps(self, steps: Iterable[Step]) -> list[Step]:
        """The steps in the variables as they were declared; they hold for these as for any other value."""
        if not self.back:
            return list(steps)
        return [
            Step(
                s.rule,
                self.restored(s.before),
                self.restored(s.after),
                s.where and self.restored(s.where),
                s.source,
                s.inside and self.restored(s.inside),
            )
            for s in steps
        ]


def _freed(leaf: Expr) -> Expr:
    facts = facts_of(leaf)
    if leaf.op is not SYMBOL or facts <= OPEN:
        return leaf
    kept = facts & OPEN
    square = leaf.ndim == 2 and leaf.shape[0] == leaf.shape[1]
    if square and facts & _INVERTIBLE:
        kept |= {"invertible"}
    name, _, uid, _ = leaf.attrs
    return symbol(str(name), leaf.shape, _FREED + cast("int", uid), kept)
