"""Words for arrays joined from parts, and for entries in order."""

from __future__ import annotations

from collections.abc import Sequence

from gradproof.expr import joining, ordering, shorthand
from gradproof.expr.node import Expr
from gradproof.read.notation.vocabulary import word

FAMILY = "Parts joined, entries in order"


@word(
    "concatenate concat cat",
    "parts: list, axis?: axis",
    "parts one after another along an axis",
    family=FAMILY,
)
def _concatenate(parts: Sequence[Expr], axis: int = 0) -> Expr:
    return joining.concatenate(parts, axis)


@word("stack", "parts: list, axis?: axis", "parts along a new axis", family=FAMILY)
def _stack(parts: Sequence[Expr], axis: int = 0) -> Expr:
    return shorthand.stack(parts, axis)


@word("hstack horzcat cbind", "parts: arrays", "parts side by side", family=FAMILY)
def _hstack(parts: Sequence[Expr]) -> Expr:
    return shorthand.hstack(parts)


@word("vstack vertcat rbind", "parts: arrays", "parts one below another", family=FAMILY)
def _vstack(parts: Sequence[Expr]) -> Expr:
    return shorthand.vstack(parts)


@word(
    "sort",
    "X: array, axis?: axis",
    "entries in ascending order, along the last axis unless said",
    family=FAMILY,
)
def _sort(x: Expr, axis: int = -1) -> Expr:
    return ordering.sort(x, axis)


@word(
    "diff",
    "X: array, axis?: axis",
    "differences of neighbours, along the last axis unless said",
    family=FAMILY,
)
def _diff(x: Expr, axis: int = -1) -> Expr:
    return ordering.diff(x, axis)
