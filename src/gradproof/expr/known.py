"""What has been concluded about expressions, and what follows from one fact about the same expression."""

from __future__ import annotations

import weakref
from collections.abc import Iterable

from gradproof.expr.node import Expr

Facts = frozenset[str]

NONE: Facts = frozenset()
IMPLIED: dict[str, tuple[str, ...]] = {
    "spd": ("symmetric", "psd", "invertible"),
    "psd": ("symmetric",),
    "diagonal": ("symmetric", "lower", "upper"),
    "orthogonal": ("invertible",),
    "positive": ("nonnegative",),
    "simplex": ("nonnegative",),
    "row_stochastic": ("nonnegative",),
    "column_stochastic": ("nonnegative",),
}
KNOWN: weakref.WeakKeyDictionary[Expr, Facts] = weakref.WeakKeyDictionary()


def known(node: Expr) -> Facts:
    """What was concluded about a node before."""
    return KNOWN[node]


def closed(facts: Iterable[str]) -> Facts:
    """The facts with everything that follows from them."""
    found = set(facts)
    waiting = list(found)
    while waiting:
        for more in IMPLIED.get(waiting.pop(), ()):
            if more not in found:
                found.add(more)
                waiting.append(more)
    if {"lower", "upper"} <= found:
        found |= {"diagonal", "symmetric"}
    if {"psd", "invertible"} <= found:
        found.add("spd")
    if "complex" in found:  # positive definite, of a complex matrix, means Hermitian and not symmetric
        found -= {"spd", "psd", "orthogonal", "positive", "nonnegative"}
    return frozenset(found)
