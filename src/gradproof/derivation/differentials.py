"""The rows that give the differential of each expression on the way to a result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gradproof.calculus.monomial import flat
from gradproof.calculus.step import Step
from gradproof.derivation.rows import OUTSIDE, WIDTH, Row, Style
from gradproof.expr.node import SYMBOL, Expr
from gradproof.expr.powers import POWER
from gradproof.expr.product import PRODUCT, SUM, specs_of

MAX_ROWS = 14  # rows printed of one differential; all of its steps are kept and checked
LONGER = 1.3  # how much longer what a rule gives may be than what it becomes
FROBENIUS = "definition of the Frobenius norm"
NORM = "definition of the norm"
INNER = "sum(A ∘ B) = tr(Aᵀ B)"


def as_traces(left: str, expr: Expr, style: Style) -> Iterator[Row]:
    """The row that writes the norms and inner products of a cost as traces, where it has any."""
    plain, traced = style.plain(expr), style.show(expr)
    if plain == traced or "\n" in traced or (len(left) + len(traced) > WIDTH and not style.latex):
        return
    bars, mark = (r"\left\|", r"\right\|_{F}^{2}") if style.latex else ("‖", "‖²_F")
    lost = plain.count(bars) - traced.count(bars)
    if lost:
        yield Row(left, traced, FROBENIUS if mark in plain else NORM, expr)
    elif plain.count("sum") > traced.count("sum"):
        yield Row(left, traced, INNER if r"tr" in traced else "sum(a ∘ b) = aᵀ b", expr)


def differential_rows(
    steps: Sequence[Step], style: Style, left_of: Callable[[Expr], str | None]
) -> Iterator[Row]:
    """The differential of each expression, but for those that say what the next one says.

    Parameters
    ----------
    left_of : the left side of the row of an expression that has a name; None for any other
    """
    active = [s.where for s in steps if s.where is not None]
    shown = [s for s in steps if s.where is not None and not _says_nothing(s.where, active, left_of)]
    left_out = len(shown) - MAX_ROWS // 2 if len(shown) > MAX_ROWS else 0  # a loop repeats itself
    for k, step in enumerate(shown):
        if left_out and MAX_ROWS // 2 <= k < len(shown) - 1:
            if k == MAX_ROWS // 2:
                yield style.left_out(left_out - 1)
            continue
        assert step.where is not None
        left = left_of(step.where) or style.of(style.show(step.where))
        side = _side(step, style)
        yield Row(left, style.beside(left, side), step.rule, side)


def _side(step: Step, style: Style) -> Expr:
    """What the rule gives, or what it became where that is much shorter."""
    raw, simple = style.show(step.before), style.show(step.after)
    if OUTSIDE in raw or "index notation" in raw or len(raw) > LONGER * len(simple):
        return step.after
    return step.before


def _says_nothing(node: Expr, active: Sequence[Expr], left_of: Callable[[Expr], str | None]) -> bool:
    if node.op is SYMBOL:
        return True
    named = left_of(node) is not None
    if node.op is SUM or _is_multiple(node):
        return not (named and node.op is SUM)
    return not named and _is_inside_inner_product(node, active)


def _is_multiple(node: Expr) -> bool:
    """Whether the node is a scalar times one other, or moves or repeats its axes."""
    if node.op is not PRODUCT:
        return False
    specs, out, _ = specs_of(node)
    whole = [spec for spec in specs if spec]
    return len(whole) <= 1 and all(len(set(spec)) == len(spec) and set(spec) <= set(out) for spec in whole)


def _is_inside_inner_product(node: Expr, active: Sequence[Expr]) -> bool:
    """Whether the node is the W^∘2 of ‖W‖²_F = sum(W^∘2), the A X of tr(A X B), and part of nothing else."""
    if not node.shape or not (node.op is PRODUCT or (node.op is POWER and exponent_of(node) == 2)):
        return False
    users = [n for n in active if node in n.args]
    return bool(users) and all(n.op is PRODUCT and not n.shape for n in users)


def exponent_of(node: Expr) -> object:
    """The exponent of a power, where it is one number for all entries."""
    exponent = flat(node.args[1])
    return None if exponent.powers else exponent.coefficient
