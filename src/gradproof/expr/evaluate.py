"""Numeric value of expressions: every node once, arguments first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.expr.contraction import contract_where_zero_wins
from gradproof.expr.node import Expr, iterate_postorder
from gradproof.expr.product import PRODUCT, specs_of


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


def extend(
    table: dict[Expr, Any], roots: Iterable[Expr], dtype: Any = np.float64, zero_wins: bool = False
) -> None:
    """Add to ``table`` the values of all nodes below ``roots`` that it does not have.

    Parameters
    ----------
    zero_wins : bool
        Whether 0·∞ and 0·NaN are 0 in products of entries. A gradient wants this: the cotangent of a branch
        that ``where`` did not take is exactly 0, and what the branch would have computed does not matter.
    """
    seen = set(table)
    todo = [r for r in roots if r not in seen]
    with np.errstate(all="ignore"):
        for node in iterate_postorder(todo, seen):
            arrays = [table[a] for a in node.args]
            value = node.op.value(node.attrs, dtype, *arrays)
            if zero_wins and node.op is PRODUCT and not np.isfinite(value).all():
                value = contract_where_zero_wins(*specs_of(node), arrays, dtype)
            table[node] = value
