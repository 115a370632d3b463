"""Derivatives other than the gradient of a cost: Jacobians, Hessians, differentials, structured, complex."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradproof.calculus.step import Step
from gradproof.derivation.base import Derivation
from gradproof.derivation.sections import Row, Style
from gradproof.derivation.verification import Claim
from gradproof.expr.node import Expr


@dataclass(frozen=True, slots=True)
class Sides:
    """What stands on the left of the result: as text, as LaTeX, and its name in code."""

    text: str
    latex: str
    code: str


class GeneralDerivation(Derivation):
    """How a derivative comes about, step by step.

    Attributes
    ----------
    kind : ``jacobian``, ``hessian``, ``differential``, ``structured gradient``, ``complex gradient``
    sides : what stands on the left of the result

    The steps are given as a callable: they are made when they are asked for, the value needs none.
    """

    def __init__(
        self,
        kind: str,
        sides: Sides,
        expression: Expr,
        wrt: Sequence[Expr],
        gradient: Expr,
        steps: Callable[[], Sequence[Step]],
        true: Expr,
        names: Mapping[Expr, str],
        notes: Sequence[str] = (),
        values: Mapping[Expr, Any] | None = None,
    ) -> None:
        self.kind, self.sides = kind, sides
        self.expression, self.wrt, self.gradient = expression, tuple(wrt), gradient
        self._working, self._true = steps, true
        self.names, self.notes, self.values = dict(names), list(notes), values or {}

    @property
    def steps(self) -> list[Step]:
        """Every step: rules applied, rewrites."""
        return list(self._working())

    @property
    def left(self) -> tuple[str, str]:
        """The left-hand side as text and as LaTeX."""
        return self.sides.text, self.sides.latex

    @property
    def result_name(self) -> str:
        """The result's name in code."""
        return self.sides.code

    def claim(self) -> Claim:
        """Every step, and the result against differentiation without rewriting."""
        return Claim(self.steps, self.gradient, self._true, {})

    def sections(self, *, latex: bool = False) -> list[tuple[str, list[Row]]]:
        """The printed derivation: the expression, the differential of each part of it, the result."""
        style = Style(self.symbol_names, latex=latex)
        return [("", [Row("f", style.show(self.expression))]), (_title(self.kind), self._rows(style))]

    def _rows(self, style: Style) -> list[Row]:
        rows = []
        for step in self.steps:
            if step.where is None or step.where is step.before:
                continue  # a rewrite on the way
            row = Row(style.of(style.show(step.where), named=False), style.show(step.after), step.rule)
            if row.left != style.of(row.right, named=False) and row not in rows:
                rows.append(row)
        return [*rows, Row(self.left[style.latex], style.result(self.gradient, self.rows))]


def _title(kind: str) -> str:
    return kind[0].upper() + kind[1:]
