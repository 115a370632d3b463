"""Kinks that no random point avoids: exact ties in max, ReLU or |x|, as padding and dead units produce.

Every choice of a side is a valid subgradient there (Clarke, Optimization and Nonsmooth Analysis, 1983), so
a candidate that chose another side than the derived gradient is not wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.checking.truth import Truth
from gradproof.expr.evaluate import extend
from gradproof.expr.node import Expr, postorder

COMPARISONS = frozenset({"greater", "greater_equal", "less", "less_equal"})


def other_side(truth: Truth) -> dict[str, Any] | None:
    """The gradients with every exact tie resolved the other way, or None where there is no tie."""
    truth.values()
    derived = postorder(*truth.gradients.values())
    forward = set(postorder(truth.trace.cost))
    flipped: dict[Expr, Any] = {}
    for node in derived:
        if node in forward:
            continue
        extend(truth.table, node.args)
        value = _flipped(node, truth.table)
        if value is not None:
            flipped[node] = value
    if not flipped:
        return None
    table = {n: v for n, v in truth.table.items() if n in forward or not n.args}
    table.update(flipped)
    extend(table, truth.gradients.values(), zero_wins=True)
    return {name: table[g] for name, g in truth.gradients.items()}


def _flipped(node: Expr, table: dict[Expr, Any]) -> Any:
    if node.op.name in COMPARISONS:
        tie = np.equal(table[node.args[0]], table[node.args[1]])
        return np.where(tie, ~np.asarray(table[node], dtype=bool), table[node]) if np.any(tie) else None
    if node.op.name == "equal":
        return _first_only(np.asarray(table[node], dtype=bool), np.asarray(table[node.args[1]]))
    if node.op.name == "sign":
        zero = np.equal(table[node.args[0]], 0)
        return np.where(zero, 1.0, table[node]) if np.any(zero) else None
    return None


def _first_only(mask: Any, extremum: Any) -> Any:
    """Where several entries attain an extremum, keep the first of each group of equal extrema."""
    axes = tuple(a for a in range(mask.ndim) if extremum.strides[a] == 0 or extremum.shape[a] == 1)
    if not axes or not np.any(mask.sum(axis=axes) > 1):
        return None
    moved = np.moveaxis(mask, axes, range(len(axes)))
    flat = moved.reshape(-1, *moved.shape[len(axes):])
    first = np.cumsum(flat, axis=0) == 1
    kept = (flat & first).reshape(moved.shape)
    return np.moveaxis(kept, range(len(axes)), axes)


def explained_by_ties(candidate: Any, truth: Any, other: Any) -> bool:
    """Whether a candidate lies between the two sides, entry by entry, and agrees where they agree."""
    c, a, b = (np.asarray(x, dtype=float) for x in (candidate, truth, other))
    if not c.shape == a.shape == b.shape:
        return False
    slack = 1e-12 * max(float(np.max(np.abs(a), initial=0.0)), float(np.max(np.abs(b), initial=0.0)))
    return bool(np.all((c >= np.minimum(a, b) - slack) & (c <= np.maximum(a, b) + slack)))
