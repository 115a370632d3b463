"""The steps of a derivation as lines: the rule, where it was applied, what it made of what, its source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gradproof.calculus.step import Step
from gradproof.derivation.rows import OUTSIDE, Style
from gradproof.expr.node import SYMBOL, Expr
from gradproof.write.index import to_index
from gradproof.write.rules import rule_in_symbols

Spelling = Callable[[Style], str]


@dataclass(frozen=True, slots=True)
class Placed:
    """A step with its place in the derivation.

    Attributes
    ----------
    left : how the left side of its equation is spelled; None for what it was applied to
    inside : how the equation is spelled inside which a rewrite was made
    right : how the right side is spelled, where it is not by the writer's own form
    entries : whether the equation is between entries
    """

    step: Step
    left: Spelling | None = None
    inside: Spelling | None = None
    right: Spelling | None = None
    entries: bool = False


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step, printed.

    Attributes
    ----------
    rule : the rule's name
    left, right : what it was applied to, and what it made of it
    source : where the rule comes from
    times : how often the same line occurs
    raw : what the rule gave before it was simplified to the right side, where that looks different
    where : the left side of the equation inside which a rewrite was made
    symbols : the rule in symbols, made by running it
    """

    rule: str
    left: str
    right: str
    source: str
    times: int = 1
    raw: str = ""
    where: str = ""
    symbols: str = ""


def step_lines(steps: Iterable[Step], names: Mapping[Expr, str], *, latex: bool = False) -> list[StepLine]:
    """Each step as a line, equal ones as one; a line of which both sides print alike is left out."""
    return placed_lines([placed(s) for s in steps], Style(dict(names), "f", latex=latex))


def placed(step: Step) -> Placed:
    """A step with the places that it tells itself."""
    where, inside = step.where, step.inside
    is_rewrite = where is None or where is step.before or where.op is SYMBOL
    return Placed(
        step,
        None if is_rewrite or where is None else differential_of(where),
        None if inside is None else differential_of(inside),
    )


def differential_of(node: Expr) -> Spelling:
    """The spelling of d(node)."""
    return lambda style: style.of(style.show(node))


def interleaved(steps: Sequence[Step], rewrites: Iterable[Step]) -> list[Step]:
    """Each differential, and behind it the rewrites that simplified it; other rewrites last."""
    inside: dict[Expr, list[Step]] = {}
    rest: list[Step] = []
    for step in rewrites:
        (rest if step.inside is None else inside.setdefault(step.inside, [])).append(step)
    found: list[Step] = []
    for step in steps:
        found += [step, *(inside.pop(step.where, ()) if step.where is not None else ())]
    return [*found, *(s for left in inside.values() for s in left), *rest]


def placed_lines(steps: Iterable[Placed], style: Style) -> list[StepLine]:
    """Each step as a line, equal ones as one; a line of which both sides print alike is left out."""
    found: dict[tuple[str, ...], StepLine] = {}
    for item in steps:
        line = _line(item, style)
        if line is None:
            continue
        key = (line.rule, line.left, line.right)
        known = found.get(key)
        found[key] = replace(known, times=known.times + 1) if known else line
    return list(found.values())


def _line(item: Placed, style: Style) -> StepLine | None:
    step = item.step
    before, after = _sides(step, style, entries=item.entries)
    after = after if item.right is None else item.right(style)
    left = before if item.left is None else item.left(style)
    raw = before if item.left is not None and not _alike(before, after) else ""
    if _alike(left, after):
        return None
    where = "" if item.inside is None else item.inside(style)
    symbols = rule_in_symbols(step.rule, latex=style.latex)
    return StepLine(step.rule, left, after, step.source, 1, raw, where, symbols)


def _sides(step: Step, style: Style, *, entries: bool) -> tuple[str, str]:
    """Both sides; as entries where matrix notation cannot express one of them."""
    sides = style.show(step.before), style.show(step.after)
    if entries or any(OUTSIDE in s or "index notation" in s for s in sides):
        sides = (
            to_index(step.before, style.names, latex=style.latex),
            to_index(step.after, style.names, latex=style.latex),
        )
    return sides


def _alike(left: str, right: str) -> bool:
    return left.replace(" ", "") == right.replace(" ", "")
