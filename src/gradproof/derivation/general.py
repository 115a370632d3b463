"""Derivatives other than the gradient of a cost: Jacobians, Hessians, differentials, structured, complex."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradproof.calculus.step import Step
from gradproof.derivation.base import Derivation
from gradproof.derivation.differentials import as_traces, differential_rows
from gradproof.derivation.entries import entry_equation
from gradproof.derivation.reading import differential_in, gradient_in, is_read_off
from gradproof.derivation.rows import Row, Style, is_short, without_repeats
from gradproof.derivation.sections import GATHERED, INNER, Section, check_style, prepared_rows
from gradproof.derivation.steps import Placed, interleaved, placed
from gradproof.derivation.verification import Claim
from gradproof.errors import InputError
from gradproof.expr.node import SYMBOL, Expr

Steps = tuple[Sequence[Step], Sequence[Step], Sequence[Step]]


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
    by : the variable of each order, where the axes of the function stand first and those of each behind it
    prepared, order : the expression in the form that was differentiated, and how often

    The steps are given as a callable, which makes them when they are asked for, the value needs none: those
    that prepare the cost, the differentials, and the rewrites.
    """

    def __init__(
        self,
        kind: str,
        sides: Sides,
        expression: Expr,
        wrt: Sequence[Expr],
        gradient: Expr,
        steps: Callable[[], Steps],
        true: Callable[[], Expr],
        names: Mapping[Expr, str],
        notes: Sequence[str] = (),
        values: Mapping[Expr, Any] | None = None,
    ) -> None:
        self.kind, self.sides = kind, sides
        self.expression, self.wrt, self.gradient = expression, tuple(wrt), gradient
        self._working, self._true = steps, true
        self.names, self.notes, self.values = dict(names), list(notes), values or {}
        self.by: list[Expr] = []
        self.prepared, self.order = expression, 1

    def placed(self) -> list[Placed]:
        """Every step: the preparation of the cost, differentials with their rewrites, the result."""
        preparation, steps, rewrites = self._working()
        found = [Placed(s, None, lambda style: style.output) for s in preparation]
        for step in interleaved(steps, rewrites):
            if step.where is not None and step.where in self.wrt:
                found.append(Placed(step, self._left))
            elif step.where is step.before and step.inside is None:
                found.append(Placed(step, None, self._left))
            else:
                found.append(placed(step))
        return found

    def _left(self, style: Style) -> str:
        return self.left[style.latex]

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
        return Claim(self.steps, self.gradient, self._true(), {})

    def sections(self, *, latex: bool = False, style: str = "all") -> list[Section]:
        """The printed derivation: the expression, the differential of each part of it, the result."""
        check_style(style)
        if style == "backprop":
            raise InputError(
                f"backpropagation gives the gradient of a cost; this is a {self.kind}",
                fix="ask for style='differential' or style='index'",
            )
        spelled = Style(self.symbol_names, self.output, latex=latex)
        preparation, _, _ = self._working()
        found = [("", prepared_rows(self.expression, self.prepared, preparation, spelled))]
        if style != "index":
            found.append((_title(self.kind), without_repeats(self._rows(spelled))))
        by_entries = style == "index" or (style == "all" and self._is_tensor)
        entries = self._entry_rows(spelled) if by_entries else []
        return [*found, ("Entries", entries)] if entries else found

    @property
    def _is_tensor(self) -> bool:
        return self.gradient.ndim > 2

    def _entry_rows(self, style: Style) -> list[Row]:
        """The result entry by entry, with δ."""
        if self.by:
            rows = self.expression.ndim
            left, right = entry_equation(self.gradient, rows, self.output, self.by, style)
        else:
            left, right = self.left[style.latex], style.entry(self.gradient)
        return [Row(left, right, "", self.gradient)]

    def _rows(self, style: Style) -> Iterator[Row]:
        if self.expression.shape == ():
            yield from as_traces(style.output, self.prepared, style)
        _, steps, _ = self._working()
        marks = [k for k, s in enumerate(steps) if is_read_off(s.rule)]
        last, rule = 0, ""
        for mark in marks:
            # The first function is f; what is differentiated next is the derivative before it.
            named = style.output if last == 0 else self._derivative_name(style)
            yield from _differentials(steps[last:mark], steps[mark], named, style)
            rule, last = steps[mark].rule.partition(":")[0], mark + 1
            if last < len(steps):
                yield from self._between(steps[mark], style)
        rest = list(_differentials(steps[last:], None, style.output, style, self.prepared))
        if self.kind == "differential" and self.order == 2:  # the last row is what was asked for
            rest = [*rest[:-1], rest[-1]._replace(left=self.left[style.latex])] if rest else rest
        yield from rest
        by_structure = [s.rule for s in steps[last:] if s.where is not None and s.where in self.wrt]
        left = self.left[style.latex]
        rule = by_structure[-1] if by_structure else rule or GATHERED
        yield Row(left, style.result(left, self.gradient, self.rows), rule, self.gradient)

    def _derivative_name(self, style: Style) -> str:
        inside = style.partial(style.plain(self.wrt[0]))
        return rf"\left({inside}\right)" if style.latex else f"({inside})"

    def _between(self, step: Step, style: Style) -> Iterator[Row]:
        """The gradient of which a Hessian is the derivative, or that a structure makes its own of."""
        gradient = gradient_in(step)
        if gradient is None:
            return
        structured = self.kind.startswith("gradient by")
        left = "G" if structured else style.partial(style.plain(self.wrt[0]))
        yield Row(left, style.result(left, gradient), step.rule.partition(":")[0], gradient)


def _differentials(
    steps: Sequence[Step], read_off: Step | None, name: str, style: Style, whole: Expr | None = None
) -> Iterator[Row]:
    """The rows of one order: the differential of each part, the last one that of what is named."""
    output = whole if read_off is None else read_off.where

    def left_of(node: Expr) -> str | None:
        return f"{style.d}{name}" if node is output else None

    own = [s for s in steps if s.where is not None and s.where is not s.before and s.where.op is not SYMBOL]
    yield from differential_rows(own, style, left_of)
    if read_off is None or not own or own[-1].where is not output:
        return
    gradient, of = gradient_in(read_off), differential_in(read_off)
    left = f"{style.d}{name}"
    if gradient is not None and of is not None and is_short(style.show(gradient)):
        yield Row(left, style.inner(gradient, style.show(of)), INNER, read_off.after)
    elif is_short(style.show(read_off.before)):
        yield Row(left, style.beside(left, read_off.before), GATHERED, read_off.before)


def _title(kind: str) -> str:
    return kind[0].upper() + kind[1:]
