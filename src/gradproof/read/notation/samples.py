"""``x_i`` of a matrix X where neither limits nor other entries say which axis i counts: what alone fits.

``Σ_i ‖x_i − μ‖²`` with X of shape (m, n) and μ of shape (n,) can only be over the rows. Both axes are tried;
where both fit, or sizes that nobody declared would decide, it is left open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gradproof.errors import InputError
from gradproof.expr.node import Expr, Size, symbols
from gradproof.read.notation.evaluation import expression
from gradproof.read.notation.indexed_lift import Placeholders
from gradproof.read.notation.scope import Scope, SizesFound
from gradproof.read.notation.tree import Entry, Name, Node, walk


class Sums(Protocol):
    """What the sums around a place know."""

    sizes: dict[str, Size]
    entries: Placeholders


def size_that_fits(
    index: str, body: Node, frame: Sums, scope: Scope, read: Callable[[], object], not_whole: type[Exception]
) -> Size | None:
    """The size of an index with which alone the terms of a sum can be read; None where that is not clear.

    Parameters
    ----------
    read : reads the terms
    not_whole : raised where an axis is longer than the index runs
    """
    found = _arrays(index, body, scope)
    if found is None:
        return None
    shape, shown = found
    sizes, known, notes = dict(frame.sizes), scope.sizes.known(), list(scope.notes)
    fitting = []
    for size in shape:
        frame.sizes[index] = size
        try:
            read()
        except SizesFound:
            fitting.append(size)
        except (InputError, not_whole):
            pass
        else:
            fitting.append(size)
        frame.sizes.clear()
        frame.sizes.update(sizes)
        scope.sizes.go_back(dict(known))
        scope.notes[:] = notes
    if len(fitting) != 1:
        return None
    axis = "row" if fitting[0] == shape[0] else "column"
    scope.note(f"{shown[0]} is {axis} {index} of {shown[1]}, as only that fits")
    return fitting[0]


def _arrays(index: str, body: Node, scope: Scope) -> tuple[tuple[Size, ...], tuple[str, str]] | None:
    """The shape of the first oblong matrix of which the index takes rows or columns, and both names."""
    for entry in walk(body):
        if not isinstance(entry, Entry) or not isinstance(entry.base, Name) or len(entry.indices) != 1:
            continue
        item = entry.indices[0]
        if isinstance(item, Name) and item.name == index:
            shape = expression(entry.base, scope).shape
            if len(shape) == 2 and shape[0] != shape[1]:
                return shape, (scope.text[slice(*entry.span)], entry.base.name)
    return None


def of_guessed_vector(x: Expr, frame: object, scope: Scope) -> str:
    """The name of the undeclared vector whose entry is in a scalar; it may be a row of a matrix."""
    entries = getattr(frame, "entries", None)
    if not isinstance(entries, Placeholders):
        return ""
    for leaf in symbols(x):
        place = entries.found.get(leaf)
        if place is not None:
            for array in symbols(place.array):
                if array.name not in scope.names.shapes and array.ndim == 1:
                    return array.name
    return ""
