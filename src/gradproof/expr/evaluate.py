"""Numeric value of expressions: every node once, arguments first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.expr.node import Expr, iterate_postorder


def evaluate(roots: Sequence[Expr], values: Mapping[Expr, Any], dtype: Any = np.float64) -> list[Any]:
    """Values of ``roots``, given the values of symbols (or of any other node, which is then not computed).

    Raises
    ------
    KeyError
        A symbol has no value.
    """
    table = dict(values)
    extend(table, roots, dtype)
    return [table[r] for r in roots]


def extend(table: dict[Expr, Any], roots: Iterable[Expr], dtype: Any = np.float64) -> None:
    """Add to ``table`` the values of all nodes below ``roots`` that it does not have."""
    seen = set(table)
    todo = [r for r in roots if r not in seen]
    with np.errstate(all="ignore"):
        for node in iterate_postorder(todo, seen):
            table[node] = node.op.value(node.attrs, dtype, *[table[a] for a in node.args])
