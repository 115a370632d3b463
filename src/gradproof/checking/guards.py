"""Small constants that only keep a cost finite: the 1e-8 in log(A + 1e-8).

A gradient written for the cost without them is what everybody means; it is accepted, and said so, if it is
the exact gradient of that cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradproof.expr.node import NUMBER, SYMBOL, Expr, number_value, postorder
from gradproof.expr.product import PRODUCT, SUM, add
from gradproof.expr.substitute import substitute

LARGEST = 1e-6


def without_guards(cost: Expr, inputs: Mapping[Expr, Any]) -> tuple[Expr, list[float]]:
    """The cost without the tiny constants that are added inside it, and those constants."""
    found: list[float] = []
    replacements: dict[Expr, Expr] = {}
    for node in postorder(cost):
        if node.op is not SUM:
            continue
        sizes = [_constant(term, inputs) for term in node.args]
        tiny = [k for k, c in enumerate(sizes) if c is not None and 0 < abs(c) <= LARGEST]
        if tiny and len(tiny) < len(node.args):
            found += [abs(c) for c in (sizes[k] for k in tiny) if c is not None]
            rest = [substitute(t, replacements) for k, t in enumerate(node.args) if k not in tiny]
            replacements[node] = add(*rest)
    return (substitute(cost, replacements), sorted(set(found))) if replacements else (cost, [])


def _constant(term: Expr, inputs: Mapping[Expr, Any]) -> float | None:
    """Value of a broadcast number or named scalar."""
    core = term.args[0] if term.op is PRODUCT and len(term.args) == 1 else term
    if core.op is NUMBER:
        value = number_value(core)
        return None if value is None else float(value)
    if core.op is SYMBOL and not core.ndim and core in inputs:
        return float(np.asarray(inputs[core]).reshape(()))
    return None
