"""The variables a term could have been written with: forward values, cotangents, parameters, data."""

from __future__ import annotations

from collections.abc import Iterable

from gradproof.check.diagnosis.bench import Bench
from gradproof.check.diagnosis.names import Names
from gradproof.expr.elementwise import apply
from gradproof.expr.node import SYMBOL, Expr, number, postorder
from gradproof.expr.product import filled

MOST = 40


class Operands:
    """Known variables by shape.

    Attributes
    ----------
    atoms : nodes that are not looked into when terms are taken apart: the forward graph and the cotangents
        the candidate has a right version of
    """

    def __init__(self, bench: Bench, names: Names, matched: Iterable[Expr], cotangents: Iterable[Expr]) -> None:
        forward = postorder(bench.truth.trace.cost)
        self.named = [e for e in names.all if e.ndim]
        self.symbols = [e for e in forward if e.op is SYMBOL and e.ndim]
        self.atoms = frozenset([*forward, *matched, *cotangents])
        self._own = {*self.named, *self.symbols, *cotangents}

    def is_operand(self, expr: Expr) -> bool:
        """Whether an expression is a variable by itself, and not a function of one."""
        return expr in self._own

    def like(self, arg: Expr) -> list[Expr]:
        """Other variables of the same shape, and masks of them where ``arg`` is a comparison."""
        pool = dict.fromkeys(e for e in (*self.named, *self.symbols) if e.shape == arg.shape and e is not arg)
        result = list(pool)[:MOST]
        if arg.op.name in ("greater", "greater_equal", "less", "less_equal"):
            zero = filled(number(0), arg.shape)
            result += [apply(arg.op.name, e, zero) for e in list(pool)[:MOST]]
        return result
