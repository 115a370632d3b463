"""The other reading of a disagreement: the gradient is right, and the cost is the wrong side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradproof.calculus.canonical import terms
from gradproof.calculus.differentiate import gradient
from gradproof.check.diagnosis.bench import Bench, size_of
from gradproof.check.diagnosis.names import Names
from gradproof.expr.node import Expr, symbols

MOST_TERMS = 24
CLOSE = 1e-7


def nearby_cost(bench: Bench, names: Names, wrong: Sequence[str]) -> str:
    """Of which nearby cost the candidate is the exact gradient: one whose term has another factor, or none.

    Returns a sentence, or nothing where no such cost is found.
    """
    cost = bench.truth.trace.cost
    parts = terms(cost, frozenset())
    if not 1 < len(parts) <= MOST_TERMS:
        return ""
    parameters = [bench.parameters[n] for n in bench.expressions]
    order = list(bench.expressions)
    rest = {n: _rest(bench, n) for n in order}
    if not all(n in rest for n in wrong):
        return ""
    for group in _groups(cost, parts, parameters):
        slopes = [gradient(p, parameters) for p in group]
        total = {n: [sum(v) for v in zip(*(bench.values(s[k]) for s in slopes), strict=True)]
                 for k, n in enumerate(order)}
        ratio = _common_ratio(bench, rest, total, order)
        if ratio is not None and 1 + ratio > -CLOSE:
            return _sentence(names, group, 1 + ratio)
    return ""


def _rest(bench: Bench, name: str) -> list[Any]:
    found, right = bench.values(bench.expressions[name]), bench.values(bench.gradients[name])
    return [a - b if a.shape == b.shape else a.reshape(b.shape) - b for a, b in zip(found, right, strict=True)]


def _groups(cost: Expr, parts: Sequence[Expr], parameters: Sequence[Expr]) -> list[list[Expr]]:
    """The penalties (terms of one parameter and nothing but scalars), the rest, and the whole cost."""
    penalties = [p for p in parts if _is_penalty(p, set(parameters))]
    rest = [p for p in parts if p not in penalties]
    return [g for g in (penalties, rest, [cost]) if g]


def _is_penalty(term: Expr, parameters: set[Expr]) -> bool:
    arrays = [s for s in symbols(term) if s.ndim]
    return len(arrays) == 1 and arrays[0] in parameters


def _common_ratio(bench: Bench, rest: dict[str, list[Any]], slope: dict[str, list[Any]], order: list[str]) -> float | None:
    """The one constant c with rest = c·slope for every parameter at every point."""
    ratio: float | None = None
    for name in order:
        size = size_of(bench.values(bench.gradients[name]))
        if size_of(slope[name]) == 0:
            if size_of(rest[name]) > 1e-12 * size:
                return None
            continue
        c = bench.ratio(rest[name], slope[name], size)
        if c is None or (ratio is not None and abs(c - ratio) > 1e-6 * abs(ratio)):
            return None
        ratio = c
    return ratio


def _sentence(names: Names, group: Sequence[Expr], factor: float) -> str:
    text = " + ".join(names.text(p) for p in group[:3]) + (" + ..." if len(group) > 3 else "")
    if abs(factor) < CLOSE:
        return f"It is the exact gradient of the cost without {text}; if that cost was meant, the cost is the wrong side."
    times = names.factor(factor)
    return (f"It is the exact gradient of the cost with {times} times {text}; "
            "if that cost was meant, the cost is the wrong side.")
