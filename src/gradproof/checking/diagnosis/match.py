"""Setting the terms of found and expected against each other: what cancels, what is left."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from gradproof.checking.diagnosis.bench import Bench, size_of
from gradproof.checking.diagnosis.terms import Term
from gradproof.expr.product import is_zero

MOST_JOINED = 3
CLOSE = 1e-9


def cancel(bench: Bench, found: Sequence[Term], expected: Sequence[Term]) -> tuple[list[Term], list[Term]]:
    """Remove terms that are equal, singly and then as sums of up to three; return what is left of each."""
    left_found = [t for t in found if not is_zero(t.expr)]
    left_expected = [t for t in expected if size_of(bench.values(t.expr)) > 0]
    for term in list(left_found):
        values = bench.values(term.expr)
        twin = next((e for e in left_expected if bench.agree(values, bench.values(e.expr))), None)
        if twin is not None:
            left_found.remove(term)
            left_expected.remove(twin)
    while len(left_found) <= 6 and len(left_expected) <= 6:
        joined = _equal_sums(bench, left_found, left_expected)
        if joined is None:
            break
        for term in joined[0]:
            left_found.remove(term)
        for term in joined[1]:
            left_expected.remove(term)
    return left_found, left_expected


def _equal_sums(
    bench: Bench, found: Sequence[Term], expected: Sequence[Term]
) -> tuple[Sequence[Term], Sequence[Term]] | None:
    """Some terms of each side whose sums agree; sums are compared by a random projection first."""
    shadow = {id(t): _projected(bench, t) for t in (*found, *expected)}
    sizes = {id(t): size_of(bench.values(t.expr)) for t in (*found, *expected)}
    for a in range(min(MOST_JOINED, len(found)) + 1):
        for b in range(min(MOST_JOINED, len(expected)) + 1):
            if a + b < 2 or a == b == 1:
                continue
            for some in combinations(found, a):
                for others in combinations(expected, b):
                    gap = sum(shadow[id(t)] for t in some) - sum(shadow[id(t)] for t in others)
                    scale = sum(abs(shadow[id(t)]) for t in (*some, *others))
                    if abs(gap) <= CLOSE * scale and bench.agree(
                        _total(bench, some, others), _total(bench, others, some),
                        max(sizes[id(t)] for t in (*some, *others)),
                    ):
                        return some, others
    return None


def _projected(bench: Bench, term: Term) -> float:
    """Inner product of a term with a fixed random direction at the first point."""
    value = np.asarray(bench.values(term.expr)[0], dtype=float).ravel()
    return float(value @ np.random.default_rng(value.size).standard_normal(value.size))


def _total(bench: Bench, terms: Sequence[Term], shape_from: Sequence[Term]) -> list[Any]:
    if not terms:
        return [0 * v for v in bench.values(shape_from[0].expr)]
    totals = bench.values(terms[0].expr)
    for term in terms[1:]:
        totals = [t + v for t, v in zip(totals, bench.values(term.expr), strict=True)]
    return totals
