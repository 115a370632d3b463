"""Parameters packed into one vector: the pieces the cost cuts out of it, and the candidate's pieces.

A cost of a flat vector reads ``Theta1 = theta[:20].reshape(4, 5)``; its gradient joins pieces with
``np.concatenate``. Fault by fault, each piece is treated as a parameter of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.checking.truth import Truth
from gradproof.expr.evaluate import extend
from gradproof.expr.indexing import CONCATENATE, INDEX, RESHAPE, STORE, index, numpy_index, reshape
from gradproof.expr.node import Expr, postorder


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a packed parameter.

    Attributes
    ----------
    name : the user's name for it, such as ``Theta1``
    found : the candidate's expression for its gradient
    expected : the derived one, of the same shape
    variable : the forward variable that was cut out of the vector
    """

    name: str
    found: Expr
    expected: Expr
    variable: Expr


def segments(truth: Truth, parameter: str, root: Expr, names: Mapping[Expr, str]) -> list[Segment]:
    """The segments of a packed parameter for which both sides have a piece; empty if there are none."""
    symbol = truth.trace.parameters.get(parameter)
    if symbol is None or symbol.ndim != 1 or root.shape != symbol.shape:
        return []
    size = int(symbol.shape[0])
    reads = dict(_reads(truth, symbol, names))
    pieces = dict(_pieces(root))
    if len(pieces) < 2 or sum(stop - start for start, stop in pieces) != size:
        return []
    result = []
    for (start, stop), found in pieces.items():
        variable = reads.get((start, stop))
        if variable is None:
            continue
        whole = reshape(index(truth.gradients[parameter], (("slice", start, stop, None),)), found.shape)
        expected = _natural(truth, variable, whole)
        result.append(Segment(names.get(variable, f"{parameter}[{start}:{stop}]"), found, expected, variable))
    return result


def _reads(truth: Truth, symbol: Expr, names: Mapping[Expr, str]) -> Iterator[tuple[tuple[int, int], Expr]]:
    """Stretches of the vector that the cost reads, with the last named variable made of nothing else."""
    forward = postorder(truth.trace.cost)
    for node in forward:
        if node.op is INDEX and node.args[0] is symbol and len(node.args) == 1:
            place = np.arange(int(symbol.shape[0]))[numpy_index(node.attrs[0], [])]  # type: ignore[arg-type]
            if place.ndim == 1 and place.size and np.all(np.diff(place) == 1):
                yield (int(place[0]), int(place[-1]) + 1), _rearranged(node, forward, names)


def _rearranged(node: Expr, forward: list[Expr], names: Mapping[Expr, str]) -> Expr:
    """Follow reshapes and transposes of a piece up to the last one."""
    current = node
    for other in forward:
        moves = other.op is RESHAPE or (other.op.name == "product" and len(other.args) == 1)
        if moves and other.args[0] is current and _entries(other) == _entries(current):
            current = other
            if current in names:
                return current
    return current


def _entries(node: Expr) -> int:
    total = 1
    for s in node.shape:
        total *= int(s)
    return total


def _pieces(root: Expr, start: int = 0) -> Iterator[tuple[tuple[int, int], Expr]]:
    """Stretches of the candidate's vector, with what was flattened into each."""
    if root.op is CONCATENATE:
        for arg in root.args:
            yield from _pieces(arg, start)
            start += int(arg.shape[0])
    elif root.op is STORE and root.ndim == 1:
        yield from _stored(root, start)
    else:
        inner = root
        while inner.op is RESHAPE:
            inner = inner.args[0]
        yield (start, start + int(root.shape[0])), inner if inner.ndim else root


def _stored(root: Expr, start: int) -> Iterator[tuple[tuple[int, int], Expr]]:
    templates: Any = root.attrs[0]
    counts: Any = root.attrs[1]
    if any(counts):
        return
    for template, value in zip(templates, root.args[1:], strict=True):
        place = np.arange(int(root.shape[0]))[numpy_index(template, [])]
        if place.ndim == 1 and place.size and np.all(np.diff(place) == 1):
            for _, inner in _pieces(value):
                yield (start + int(place[0]), start + int(place[-1]) + 1), inner


def _natural(truth: Truth, variable: Expr, whole: Expr) -> Expr:
    """The cotangent of the variable itself where it has the same entries; it reads better."""
    own = truth.cotangents.get(variable)
    if own is None or own.shape != whole.shape:
        return whole
    extend(truth.table, [own, whole])
    return own if np.allclose(truth.table[own], truth.table[whole], rtol=1e-12, atol=0) else whole
