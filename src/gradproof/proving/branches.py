"""Which branches of piecewise functions were seen: agreement on one branch says nothing about the other."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import Any

import flint
import numpy as np

from gradproof.calculus.facts import is_nonnegative, is_positive
from gradproof.expr.broadcast import minus
from gradproof.expr.node import Array, Expr, number, postorder, symbols
from gradproof.expr.powers import scalar_exponent
from gradproof.write.matrix import to_text

Seen = dict[Expr, set[Hashable]]

_COMPARED = ("maximum", "minimum", "greater", "greater_equal", "less", "less_equal")
_EQUAL = ("equal", "not_equal")
_SIGNED = ("abs", "sign")
_ROUNDED = ("floor", "ceil", "trunc", "rint", "cast_int")
_ONE_OF = ("max", "min")
_PIECEWISE = frozenset((*_COMPARED, *_EQUAL, *_SIGNED, *_ROUNDED, *_ONE_OF, "where"))
_SIDES = frozenset((1, -1))


def piecewise(*roots: Expr) -> list[Expr]:
    """The nodes that are different functions at different places; roots of squares, √(u²) = |u|, too."""
    return [node for node in postorder(*roots) if _is_piecewise(node) and symbols(node)]


def _is_piecewise(node: Expr) -> bool:
    return node.op.name in _PIECEWISE or bool(_squared(node))


def _squared(node: Expr) -> list[Expr]:
    """What is squared below a root."""
    if node.op.name != "power":
        return []
    exponent = scalar_exponent(node.args[1])
    base = node.args[0]
    if not isinstance(exponent, Fraction) or exponent.denominator % 2 or base.op.name != "power":
        return []
    inner = scalar_exponent(base.args[1])
    even = isinstance(inner, Fraction) and inner.denominator == 1 and inner % 2 == 0
    return [base.args[0]] if even else []


def switches(node: Expr) -> tuple[Expr, ...]:
    """The expressions whose values say which branch is taken."""
    if node.op.name == "power":
        return tuple(_squared(node))
    if node.op.name == "where":
        return (node.args[0],)
    return node.args


def labels(node: Expr, arrays: Sequence[Array]) -> set[Hashable]:
    """The branches taken at the values of the switches."""
    name = node.op.name
    if name in _ONE_OF:
        return _places(node, np.asarray(arrays[0]))
    if name in _ROUNDED:
        return {floor(float(x)) for x in np.ravel(arrays[0])[:64] if np.isfinite(float(x))}
    if name in _COMPARED:
        return {_sign(x - y) for x, y in _pairs(arrays)}
    if name in _EQUAL:
        return {_sign(x - y) != 0 for x, y in _pairs(arrays)}
    if name == "where":
        return {1 if _sign(x) else -1 for x in np.ravel(arrays[0])}
    return {_sign(x) for x in np.ravel(arrays[0])}


def _pairs(arrays: Sequence[Array]) -> Iterable[tuple[Any, Any]]:
    left, right = np.broadcast_arrays(*arrays)
    return zip(left.flat, right.flat, strict=True)


def _sign(x: Any) -> int:
    if isinstance(x, flint.arb):
        return 1 if x > 0 else -1 if x < 0 else 0
    return int(x > 0) - int(x < 0)


def _places(node: Expr, array: Array) -> set[Hashable]:
    axes: Any = node.attrs[0]
    moved = np.moveaxis(array, axes, range(len(axes)))
    rows = [[float(x) for x in np.ravel(row)] for row in moved.reshape(-1, *moved.shape[len(axes) :])]
    if len(rows) < 2:
        return set()
    best = np.argmax(rows, 0) if node.op.name == "max" else np.argmin(rows, 0)
    return {bool(k) for k in np.ravel(best)}


def unseen(nodes: Sequence[Expr], seen: Mapping[Expr, set[Hashable]]) -> list[Expr]:
    """The nodes of which a branch that is possible was taken at no point."""
    return [node for node in nodes if not _complete(node, seen.get(node, set()))]


def _complete(node: Expr, taken: set[Hashable]) -> bool:
    if node.op.name in _ROUNDED or node.op.name in (*_EQUAL, *_ONE_OF):
        return len(taken) > 1
    return taken >= _SIDES or taken >= _possible(node)


def _possible(node: Expr) -> frozenset[int]:
    """The signs that the difference of the compared values may have, by what is known of them."""
    parts = switches(node)
    if node.op.name == "where":
        return _SIDES
    if node.op.name in _COMPARED:
        first, second = parts
        ahead, behind = _at_least(first, second), _at_least(second, first)
    else:
        ahead, behind = is_nonnegative(parts[0]), is_nonnegative(minus(number(0), parts[0]))
    return _SIDES - ({-1} if ahead else set()) - ({1} if behind else set())


def _at_least(x: Expr, y: Expr) -> bool:
    return is_nonnegative(minus(x, y)) or is_positive(minus(x, y))


def said(nodes: Sequence[Expr]) -> str:
    """The reason why agreement is no evidence."""
    shown = ", ".join(dict.fromkeys(to_text(node) for node in nodes[:3]))
    return f"only one branch of {shown} was seen at the points tried"
