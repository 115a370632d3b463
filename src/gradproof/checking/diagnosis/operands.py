"""The variables a term could have been written with: forward values, cotangents, parameters, data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gradproof.checking.diagnosis.bench import Bench
from gradproof.checking.diagnosis.names import Names
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
    forward : the nodes of the cost
    active : those that have a derived cotangent
    """

    def __init__(
        self, bench: Bench, names: Names, matched: Iterable[Expr], cotangents: Iterable[Expr]
    ) -> None:
        matched, cotangents = list(matched), list(cotangents)
        forward = postorder(bench.truth.trace.cost)
        self.named = [e for e in names.all if e.ndim]
        self.symbols = [e for e in forward if e.op is SYMBOL and e.ndim]
        self.atoms = frozenset([*forward, *matched, *cotangents])
        self._own = {*self.named, *self.symbols, *cotangents}
        self._cotangents = {c for c in (*matched, *bench.truth.cotangents.values()) if c.args}
        self.forward = set(forward)
        self.active = set(bench.truth.cotangents)

    def is_variable(self, expr: Expr | None) -> bool:
        """Whether an expression is a variable by itself, and not a function of one."""
        return expr is None or expr in self._own or expr in self._cotangents

    def is_made_of_forward(self, expr: Expr) -> bool:
        """Whether an expression is computed from forward variables and is none of them, nor a cotangent."""
        inside = postorder(expr)
        own = expr not in self.forward and expr.op is not SYMBOL
        return (
            own and not any(n in self._cotangents for n in inside) and any(n in self.active for n in inside)
        )

    def is_derivative(self, expr: Expr) -> bool:
        """Whether an expression could be the derivative of an activation: a function, entry by entry, of a
        forward variable that depends on the parameters, and no variable by itself.
        """
        if expr in self._own or not expr.ndim:
            return False
        inside = postorder(expr)
        return not any(n in self._cotangents for n in inside) and any(n in self.active for n in inside)

    def within(self, shape: tuple[Any, ...]) -> list[Expr]:
        """Variables that broadcast to a shape."""
        pool = dict.fromkeys([*self.symbols, *self.named])
        return [e for e in pool if e in self.forward and broadcasts(e.shape, shape)][:MOST]

    def like(self, arg: Expr) -> list[Expr]:
        """Other variables of the same shape, and masks of them where ``arg`` is a comparison."""
        pool = dict.fromkeys(e for e in (*self.named, *self.symbols) if e.shape == arg.shape and e is not arg)
        result = list(pool)[:MOST]
        if arg.op.name in ("greater", "greater_equal", "less", "less_equal"):
            zero = filled(number(0), arg.shape)
            result += [apply(arg.op.name, e, zero) for e in list(pool)[:MOST]]
        return result


def broadcasts(shape: tuple[Any, ...], onto: tuple[Any, ...]) -> bool:
    """Whether an array of one shape broadcasts to another without changing it."""
    tail = onto[len(onto) - len(shape) :]
    return len(shape) <= len(onto) and all(a in (1, b) for a, b in zip(shape, tail, strict=True))
