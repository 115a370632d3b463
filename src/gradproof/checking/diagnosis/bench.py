"""The workbench of a diagnosis: both graphs, candidate and truth, evaluated at the same points.

Values are taken in extended precision where the problem is small, so that a term of relative size 1e-13
can still be told from another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.checking.compare import can_extend, promoted
from gradproof.checking.findings import Findings
from gradproof.checking.points import moved
from gradproof.expr.evaluate import extend
from gradproof.expr.node import Expr, postorder

AGREE = {np.longdouble: 2e-14, np.float64: 1e-11}
"""Relative difference below which two terms are the same term: constants rounded to float64, and rounding."""


class Bench:
    """Values of expressions at two generic points.

    Parameters
    ----------
    findings : the evidence, with the candidate's expressions

    Attributes
    ----------
    expressions, gradients, parameters : by parameter name, the candidate's gradient, the derived one and the
        variable itself; the segments of a packed parameter are entered as parameters of their own
    """

    def __init__(self, findings: Findings, rng: np.random.Generator) -> None:
        self.findings = findings
        self.truth = findings.last.truth
        self.expressions = dict(findings.expressions)
        self.gradients = dict(self.truth.gradients)
        self.parameters = dict(self.truth.trace.parameters)
        roots = [*self.expressions.values(), *self.gradients.values(), self.truth.trace.cost]
        self.dtype: Any = np.longdouble if can_extend(roots) else np.float64
        inputs = findings.inputs()
        self._orders: dict[tuple[tuple[Expr, ...], frozenset[Expr]], list[Expr]] = {}
        self.tables = [self._table(inputs)]
        second = self._table(self._moved(inputs, rng))
        extend(second, [self.truth.trace.cost], self.dtype)
        if np.all(np.isfinite(np.asarray(second[self.truth.trace.cost], dtype=float))):
            self.tables.append(second)

    def _table(self, inputs: Mapping[Expr, Any]) -> dict[Expr, Any]:
        return promoted(inputs) if self.dtype is np.longdouble else dict(inputs)

    def _moved(self, inputs: Mapping[Expr, Any], rng: np.random.Generator) -> dict[Expr, Any]:
        parameters = list(self.truth.trace.parameters.values())
        new = moved([inputs[p] for p in parameters], rng)
        return {**inputs, **dict(zip(parameters, new, strict=True))}

    def values(self, expr: Expr) -> list[Any]:
        """Value of an expression at each point."""
        for table in self.tables:
            if expr not in table:
                extend(table, [expr], self.dtype)
        return [np.asarray(table[expr]) for table in self.tables]

    def agree(self, a: Sequence[Any], b: Sequence[Any], scale: float = 0.0) -> bool:
        """Whether two lists of values are the same at every point.

        ``scale`` is the size of the numbers from whose difference the values came: its rounding is allowed.
        """
        return all(self._agree(x, y, scale) for x, y in zip(a, b, strict=True))

    def _agree(self, x: Any, y: Any, scale: float) -> bool:
        if np.shape(x) != np.shape(y):
            return False
        largest = max(_largest(x), _largest(y))
        allowed = AGREE[self.dtype] * largest + 256 * float(np.finfo(self.dtype).eps) * scale
        gap = np.max(np.abs(np.subtract(x, y, dtype=self.dtype)), initial=0.0)
        return bool(gap <= allowed)

    def ratio(self, a: Sequence[Any], b: Sequence[Any], scale: float = 0.0) -> float | None:
        """The constant c with a = c·b at every point, or None; c = 0 does not count."""
        if any(np.shape(x) != np.shape(y) for x, y in zip(a, b, strict=True)):
            return None
        top = float(sum(np.vdot(x, y) for x, y in zip(a, b, strict=True)))
        bottom = float(sum(np.vdot(y, y) for y in b))
        if bottom == 0 or top == 0:
            return None
        c = np.dtype(self.dtype).type(sum(np.vdot(x, y) for x, y in zip(a, b, strict=True))) / np.dtype(
            self.dtype
        ).type(sum(np.vdot(y, y) for y in b))
        if abs(c - 1) < AGREE[self.dtype]:
            return float(c) if self.agree(a, b, scale) else None
        return float(c) if self.agree(a, [c * np.asarray(y) for y in b], scale) else None

    def respond(self, roots: Sequence[Expr], overrides: Mapping[Expr, Sequence[Any]], k: int) -> list[Any]:
        """Values of ``roots`` at point ``k`` with some nodes replaced by other values."""
        table = self.tables[k]
        extend(table, roots, self.dtype)
        changed: dict[Expr, Any] = {n: v[k] for n, v in overrides.items()}
        with np.errstate(all="ignore"):
            for node in self._downstream(roots, overrides):
                arguments = [changed.get(a, table[a]) if a in changed else table[a] for a in node.args]
                changed[node] = node.op.value(node.attrs, self.dtype, *arguments)
        return [changed.get(r, table[r]) for r in roots]

    def _downstream(self, roots: Sequence[Expr], sources: Iterable[Expr]) -> list[Expr]:
        key = (tuple(roots), frozenset(sources))
        if key not in self._orders:
            self._orders[key] = self._changed_order(*key)
        return self._orders[key]

    @staticmethod
    def _changed_order(roots: Sequence[Expr], sources: Iterable[Expr]) -> list[Expr]:
        touched = set(sources)
        order = []
        for node in postorder(*roots):
            if node not in touched and any(a in touched for a in node.args):
                touched.add(node)
                order.append(node)
        return order


def _largest(x: Any) -> float:
    array = np.asarray(x)
    return float(np.abs(array).max()) if array.size and array.dtype.kind != "b" else float(array.size > 0)


def size_of(values: Sequence[Any]) -> float:
    """Largest absolute entry over all points."""
    return max((_largest(v) for v in values), default=0.0)


def is_mask(bench: Bench, expr: Expr | None) -> bool:
    """Whether all values are 0 or one other number."""
    if expr is None or not expr.ndim:
        return False
    return all(
        len(np.unique(np.asarray(v, dtype=float)[np.asarray(v) != 0])) <= 1 for v in bench.values(expr)
    )
