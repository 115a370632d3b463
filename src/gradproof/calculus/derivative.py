"""The record of a derivative: its value at once, and how it comes about when asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from gradproof.calculus.step import Step
from gradproof.expr.node import Expr


class Working(NamedTuple):
    """What leads to a derivative: a step for each expression on the way, and every rewrite that fired."""

    steps: list[Step]
    rewrites: list[Step]


class Derivative:
    """A derivative and how it comes about.

    Attributes
    ----------
    output, wrt : what was differentiated, and by which variables, one for each order
    value : the derivative, simplified
    notes : conventions the reader must know
    """

    def __init__(
        self,
        output: Expr,
        wrt: Sequence[Expr],
        value: Expr,
        plain: Callable[[], Expr],
        working: Callable[[], Working],
        notes: Sequence[str] = (),
    ) -> None:
        self.output, self.wrt, self.value = output, tuple(wrt), value
        self.notes = tuple(notes)
        self._plain, self._work = plain, working

    @cached_property
    def plain(self) -> Expr:
        """The same derivative as the rules give it, nothing rewritten."""
        return self._plain()

    @cached_property
    def _working(self) -> Working:
        return self._work()

    @property
    def steps(self) -> list[Step]:
        """One step for each expression on the way and each order."""
        return self._working.steps

    @property
    def rewrites(self) -> list[Step]:
        """Every rewrite that simplified something on the way, with the rule's name."""
        return self._working.rewrites

    def __repr__(self) -> str:
        by = ", ".join(x.name for x in self.wrt)
        return f"<derivative by {by}, shape {self.value.shape}>"
