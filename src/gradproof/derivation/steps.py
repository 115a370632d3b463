"""The steps of a derivation as lines: which rule, what it made of what, the rule in symbols, its source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gradproof.calculus.step import Step
from gradproof.expr.node import SYMBOL, Expr
from gradproof.write.matrix import to_latex, to_text


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step, printed.

    Attributes
    ----------
    rule : the rule's name
    left, right : what it was applied to, and what it made of it
    source : where the rule comes from
    times : how often the same line occurs
    """

    rule: str
    left: str
    right: str
    source: str
    times: int = 1


def step_lines(steps: Iterable[Step], names: Mapping[Expr, str], *, latex: bool = False) -> list[StepLine]:
    """Each step as a line, equal ones as one; a line of which both sides print alike is left out."""
    found: dict[tuple[str, str, str], StepLine] = {}
    for step in steps:
        for line in _lines(step, names, latex):
            key = (line.rule, line.left, line.right)
            known = found.get(key)
            found[key] = StepLine(*key, line.source, known.times + 1 if known else 1)
    return list(found.values())


def _lines(step: Step, names: Mapping[Expr, str], latex: bool) -> Iterator[StepLine]:
    show = to_latex if latex else to_text
    right = show(step.after, names)
    if step.where is None or step.where is step.before or step.where.op is SYMBOL:
        left = show(step.before, names)
    else:
        inside = show(step.where, names)
        opened = rf"\left({inside}\right)" if latex else f"({inside})"
        left = (r"\mathrm{d}" if latex else "d") + (inside if inside.isidentifier() else opened)
    if left != right and "\n" not in left + right:
        yield StepLine(step.rule, left, right, step.source)
