"""A step of a derivation, and the check that it holds: both sides are evaluated at given values.

Values may be complex, sizes may be names, and what is given no value gets a random one of which all declared
facts are true: a cotangent or a differential is a symbol like any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.calculus.sampling import random_sizes, random_values, size_names
from gradproof.expr.evaluate import extend
from gradproof.expr.node import SYMBOL, Expr, postorder, symbols
from gradproof.expr.sizes import names_in, sizes_of, with_sizes

TOLERANCE = 1e-9
ROUNDING = 1e-4  # times TOLERANCE: some hundred units in the last place of float64


@dataclass(frozen=True, slots=True)
class Step:
    """``before`` equals ``after`` by ``rule``.

    Attributes
    ----------
    rule : name of the rule, as a textbook calls it
    before, after : the expression the rule was applied to, and what it made of it
    where : the expression of the cost that the step is about; None for a step about the whole
    source : where the rule comes from
    inside : of a rewrite, the expression whose differential it simplified
    """

    rule: str
    before: Expr
    after: Expr
    where: Expr | None = None
    source: str = ""
    inside: Expr | None = None


@dataclass(frozen=True, slots=True)
class StepCheck:
    """Both sides of a step as numbers: the largest difference, relative to the largest entry."""

    step: Step
    difference: float
    compared: int

    @property
    def holds(self) -> bool:
        """Whether the sides agree wherever both are finite, and are so somewhere."""
        return self.difference <= TOLERANCE and self.compared > 0


def distinct_rules(steps: Iterable[Step]) -> Counter[str]:
    """How often each rule fired, by its name."""
    return Counter(step.rule for step in steps)


def check_steps(
    steps: Iterable[Step], values: Mapping[Expr, Any] | None = None, seed: int = 0
) -> list[StepCheck]:
    """Evaluate both sides of every step.

    Parameters
    ----------
    values : arrays of symbols, real or complex; they also tell the sizes that are names
    seed : for the random values of symbols that have none, and of sizes that no array tells
    """
    steps = list(steps)
    sides, table, dtype = _numbered([side for s in steps for side in (s.before, s.after)], values or {}, seed)
    extend(table, sides, dtype)
    pairs = zip(sides[::2], sides[1::2], strict=True)
    return [
        StepCheck(step, *relative_difference(after, before, table))
        for step, (before, after) in zip(steps, pairs, strict=True)
    ]


def _numbered(
    roots: list[Expr], values: Mapping[Expr, Any], seed: int
) -> tuple[list[Expr], dict[Expr, Any], Any]:
    """The roots with numbers for sizes, a value for every symbol in them, and the kind of number needed."""
    leaves = [s for s in symbols(*roots) if s not in values]
    told = [(s, np.asarray(v)) for s, v in values.items() if s.op is SYMBOL and _is_named(s)]
    rng = np.random.default_rng(seed)
    known, drawn = random_values([*leaves, *(s for s, _ in told)], sizes_of(told), rng)
    known |= random_sizes([n for n in size_names(roots) if n not in known], rng)
    table: dict[Expr, Any] = {**{s: drawn[s] for s in leaves}, **values}
    dtype = np.complex128 if any(np.iscomplexobj(v) for v in table.values()) else np.float64
    if not known:
        return roots, table, dtype
    bound = with_sizes([*roots, *table], known)
    return [bound[r] for r in roots], {bound[s]: v for s, v in table.items()}, dtype


def _is_named(leaf: Expr) -> bool:
    return any(names_in(size) for size in leaf.shape)


def relative_difference(found: Expr, expected: Expr, table: Mapping[Expr, Any]) -> tuple[float, int]:
    """Largest difference of two evaluated expressions, and of how many finite entries.

    Relative to the largest expected entry, and to what rounding leaves of the largest number on the way
    to it: where everything cancels, rounding is all there is.
    """
    left, right = (_array(table[e]) for e in (found, expected))
    if left.shape != right.shape:
        return float("inf"), 0
    usable = np.isfinite(left) & np.isfinite(right)
    if not usable.any():
        return (float("inf") if left.size else 0.0), 0
    on_the_way = max((_largest(table[n]) for n in postorder(expected) if n in table), default=0.0)
    size = max(_largest(right), ROUNDING * on_the_way, 1e-300)
    return float(np.abs(left - right)[usable].max()) / size, int(usable.sum())


def _array(value: Any) -> Any:
    array = np.asarray(value)
    return array if array.dtype.kind == "c" else array.astype(float)


def _largest(value: Any) -> float:
    array = np.abs(_array(value))
    return float(array[np.isfinite(array)].max(initial=0.0))
