"""Where both sides of an equation have a value: √a² = a holds for a ≥ 0 only, and is said to.

The sides are evaluated by floats at points of both signs. Where one of them is not a number and the other is,
the functions that had no value there, log, a root, arcsin, give the conditions: what they need of their
argument.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.calculus.exact import whole_exponent
from gradproof.calculus.field import Undefined
from gradproof.calculus.sampling import size_names
from gradproof.errors import ShapeError
from gradproof.expr.evaluate import extend
from gradproof.expr.node import Array, Expr, facts_of, postorder, symbols
from gradproof.expr.powers import scalar_exponent
from gradproof.expr.sizes import with_sizes
from gradproof.proving.point import Equation, Parameters
from gradproof.proving.points import moderate_point, wide_points
from gradproof.proving.sizes import size_plan
from gradproof.write.matrix import to_text

POINTS = 40
Lost = tuple[Sequence[Expr], Sequence[Expr]]
_NEEDS = {
    "log": "{} > 0",
    "log2": "{} > 0",
    "log10": "{} > 0",
    "log1p": "{} > −1",
    "arcsin": "−1 ≤ {} ≤ 1",
    "arccos": "−1 ≤ {} ≤ 1",
    "arctanh": "−1 < {} < 1",
    "arccosh": "{} ≥ 1",
    "cholesky": "{} is positive definite",
}


@dataclass(frozen=True, slots=True)
class _Point:
    """Whether each side has a value, and the partial functions whose argument is outside of their domain."""

    left: bool
    right: bool
    outside: frozenset[Expr]

    @property
    def both(self) -> bool:
        return self.left and self.right


def domain(left: Expr, right: Expr, lost: Lost = ((), ())) -> list[str]:
    """Conditions for both sides to have real values, where one has them without the other; else empty.

    Parameters
    ----------
    lost : for each side, parts that were written and are gone from the expression: √a from (√a)², which is a
    """
    written = [*lost[0], *lost[1]]
    partial = list(dict.fromkeys(node for e in (left, right, *written) for node in partial_functions(e)))
    if not partial or any("complex" in facts_of(s) for s in symbols(left, right)):
        return []
    points = list(_points(left, right, partial, lost))
    if all(p.left == p.right for p in points) or not any(p.both for p in points):
        return []
    innocent = {node for p in points if p.both for node in p.outside}
    kept = {f: node for node in partial if node not in innocent for f in [_condition(node)]}
    conditions = sorted(kept.items(), key=lambda c: (len(c[0]), c[0]))
    for condition in reversed(conditions[:]):  # what the shorter ones imply is left out, at the points tried
        fewer = [c for c in conditions if c is not condition]
        if _explains(fewer, points) or not any(condition[1] in p.outside for p in points):
            conditions = fewer
    return [text for text, _ in conditions]


def partial_functions(expr: Expr) -> list[Expr]:
    """The nodes below an expression that have a value on a part of the real numbers only."""
    return [node for node in postorder(expr) if _needs(node)]


def _explains(conditions: list[tuple[str, Expr]], points: list[_Point]) -> bool:
    nodes = {node for _, node in conditions}
    return all(p.both == (not nodes & p.outside) for p in points)


def _needs(node: Expr) -> str:
    if node.op.name == "power" and whole_exponent(node) is None:
        exponent = scalar_exponent(node.args[1])
        return "{} > 0" if exponent is None or exponent < 0 else "{} ≥ 0"
    return _NEEDS.get(node.op.name, "")


def _condition(node: Expr) -> str:
    return _needs(node).format(to_text(node.args[0]))


def _points(left: Expr, right: Expr, partial: list[Expr], lost: Lost) -> Iterator[_Point]:
    rng = random.Random(3)
    for sizes in size_plan(size_names([left, right]), rng)[:3]:
        try:
            equation = Equation(left, right, sizes)
            bound = with_sizes([left, right, *partial, *lost[0], *lost[1]], sizes)
        except ShapeError:
            continue
        places = {bound[node]: node for node in partial}
        for parameters in _drawn(equation, rng):
            try:
                table: dict[Expr, Any] = dict(equation.values(parameters, "float"))
                extend(table, [bound[e] for e in (left, right, *lost[0], *lost[1])])
            except (Undefined, ValueError, ShapeError, ArithmeticError):
                continue
            if any(np.isinf(np.asarray(v)).any() for v in table.values() if _is_number(v)):
                continue  # too large for floats, or at a pole
            a, b = (
                not any(np.isnan(table[bound[e]]).any() for e in (side, *parts))
                for side, parts in zip((left, right), lost, strict=True)
            )
            outside = {places[n] for n in places if n in table and _fails(n, table)}
            yield _Point(a, b, frozenset(outside))


def _drawn(equation: Equation, rng: random.Random) -> Iterator[Parameters]:
    for k in range(POINTS // 2):
        yield moderate_point(equation, k, rng)
    yield from wide_points(equation, rng)


def _is_number(value: Any) -> bool:
    return np.asarray(value).dtype.kind in "fc"


def _fails(node: Expr, table: dict[Expr, Any]) -> bool:
    """Whether the value is not a number although the arguments are."""
    given: list[Array] = [np.asarray(table[a], dtype=float) for a in node.args]
    return bool(np.isnan(table[node]).any()) and not any(np.isnan(a).any() for a in given)
