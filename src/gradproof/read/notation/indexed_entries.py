r"""Entries below sums: ``w_{ij}``, rows and columns ``x_i``, samples ``x^{(i)}``, neighbours ``x_{i+1}``."""

from __future__ import annotations

import re
from fractions import Fraction

from gradproof.expr import broadcast
from gradproof.expr.node import Expr, Size, number_value
from gradproof.expr.product import einsum
from gradproof.read.notation.evaluation import expression, means
from gradproof.read.notation.indexed_places import Frame, WriteOut, counter, frame_of, shifted
from gradproof.read.notation.latex_letters import Sample
from gradproof.read.notation.meaning import selected
from gradproof.read.notation.problems import shown_shape
from gradproof.read.notation.scope import Scope, Value, expr_of, is_fresh
from gradproof.read.notation.tree import Entry, Name, Node, Slice

_X = re.compile(r"(\\(mathbf|boldsymbol|bm|vec|mathrm|pmb) ?)?\{?x\}?($|[_^].*)")


@means(Entry)
def _entry(node: Entry, scope: Scope) -> Value:
    base = expression(node.base, scope)
    items = [_item(i, scope) for i in node.indices]
    frame = frame_of(scope)
    place = frame.entries.found.get(base)
    array, before = (place.array, place.indices) if place is not None else (base, ())
    offsets = [s[1] for i in node.indices if (s := shifted(i, scope)) is not None]
    axes = _axes(node, array, len(before), items, frame, scope)
    if offsets or any(i in frame.windows for i in axes if isinstance(i, str)):
        array = _parted(array, len(before), axes, node, frame, scope)
    return _taken(array, before, axes, node, frame, scope)


def _parted(array: Expr, bound: int, axes: Items, node: Entry, frame: Frame, scope: Scope) -> Expr:
    """The array with its axes cut to the parts that the indices run over."""
    offsets = dict(s for i in node.indices if (s := shifted(i, scope)) is not None)
    if len(offsets) < sum(shifted(i, scope) is not None for i in node.indices):
        raise scope.refuse("one index, shifted twice", node, "write the sum in matrix notation")
    single = len(node.indices) == 1
    template: list[tuple[object, ...]] = [("slice", None, None, None)] * array.ndim
    for axis, item in enumerate(axes):
        if not isinstance(item, str):
            continue
        own = node.indices[0 if single else axis]
        offset = offsets.get(item, 0) if shifted(own, scope) is not None else 0
        window = frame.windows.get(item)
        size = array.shape[bound + axis]
        if window is None and not offset:
            continue
        part = window.part(offset) if window is not None else None
        if (
            window is None
            or part is None
            or (window.axis != size and not scope.sizes.unify(window.axis, size))
        ):
            raise scope.misfit(
                f"{scope.text[slice(*node.span)]} leaves its axis, of size {size}", node,
                "make the limits end where its entries end",
            )  # fmt: skip
        template[bound + axis] = part
    return selected(array, tuple(template))


@means(Sample)
def _sample(node: Sample, scope: Scope) -> Value:
    base = expression(node.base, scope)
    item = _item(node.index, scope)
    frame = frame_of(scope)
    sampled = Entry(node.span, node.base, (node.index,))
    axes = _axes(sampled, base, 0, [item], frame, scope)
    found = _taken(base, (), axes, sampled, frame, scope)
    expr = expr_of(found)
    assert expr is not None
    return broadcast.squeeze(expr, 0) if expr.shape == (1,) else expr


def _item(node: Node, scope: Scope) -> str | int | None:
    """An index: the letter of a sum, the place of a number, or None for a whole axis."""
    if isinstance(node, Slice):
        return None
    if isinstance(node, Name) and scope.locals.get(node.name) is counter(node.name):
        return node.name
    if (moved := shifted(node, scope)) is not None:
        return moved[0]
    value = number_value(expression(node, scope))
    if not isinstance(value, Fraction) or value.denominator != 1 or value < 1:
        raise scope.refuse(
            "an index that is no number from 1 on", node, "indices are letters of sums, or 1, 2, ..."
        )
    return int(value) - 1


Items = list[str | int | None]


def _axes(node: Entry, array: Expr, bound: int, items: Items, frame: Frame, scope: Scope) -> Items:
    """What stands at each axis of the entry's array."""
    own = array.shape[bound:]
    if len(items) == len(own):
        return items
    shown = node.base.name if isinstance(node.base, Name) else scope.text[slice(*node.base.span)]
    if len(items) != 1 or len(own) != 2 or not isinstance(items[0], str):
        raise scope.misfit(
            f"{len(items)} indices of {shown}, which has shape {shown_shape(own)}",
            node,
            "give one index for each axis",
        )
    window = frame.windows.get(items[0])
    size = frame.sizes.get(items[0]) if window is None else window.axis
    fitting = [k for k, s in enumerate(own) if s == size]
    if size is not None and len(fitting) == 1:
        return [items[0] if k == fitting[0] else None for k in range(2)]
    if size is not None and not fitting and any(is_fresh(s) for s in own):
        raise scope.refuse(
            f"{shown} is a matrix whose sizes are not known", node, f"declare it: shapes={{'{shown}': ...}}"
        )
    if size is not None and not fitting:
        limit = frame.limits.get(items[0], size)
        raise scope.misfit(
            f"{items[0]} runs to {limit}, and {shown} has shape {shown_shape(own)}",
            node,
            "make the limit a size of it",
        )
    square = own[0] == own[1]
    if square and shown == "X" and _X.match(scope.text[slice(*node.base.span)]):
        scope.note(
            f"x_{items[0]} is row {items[0]} of X, as samples mostly are; a column is X_{{:,{items[0]}}}"
        )
        return [items[0], None]
    limits = rf"say it by the limits, \sum_{{{items[0]}=1}}^{{{own[0]}}}, or "
    raise scope.refuse(
        f"does {items[0]} count the rows or the columns of {shown}, of shape {shown_shape(own)}?", node,
        ("" if square else limits)
        + rf"write {shown}_{{{items[0]},:}} for the row, {shown}_{{:,{items[0]}}} for the column",
    )  # fmt: skip


def _taken(
    array: Expr, before: tuple[str, ...], items: Items, node: Entry, frame: Frame, scope: Scope
) -> Value:
    """The entry: numbers taken out, letters made the first axes of a placeholder."""
    if any(isinstance(i, int) for i in items):
        for axis, i in enumerate(items):
            size = array.shape[len(before) + axis]
            if isinstance(i, int) and isinstance(size, int) and i >= size:
                raise scope.misfit(
                    f"entry {i + 1} of an axis with {size} entries", node, "indices count from 1"
                )
        whole = ("slice", None, None, None)
        template = [whole] * len(before) + [("int", i) if isinstance(i, int) else whole for i in items]
        array = selected(array, tuple(template))
        items = [i for i in items if not isinstance(i, int)]
    shown = scope.text[slice(*node.span)]
    for axis, i in enumerate(items):
        if isinstance(i, str):
            _unified(i, array.shape[len(before) + axis], shown, node, frame, scope)
    letters = [*before, *items]
    ids: dict[object, int] = {}
    spec = tuple(ids.setdefault(i if i is not None else ("own", k), len(ids)) for k, i in enumerate(letters))
    indices = tuple(dict.fromkeys(i for i in letters if isinstance(i, str)))
    own = tuple(ids["own", k] for k, i in enumerate(letters) if i is None)
    arranged = einsum((spec,), (array,), (*(ids[i] for i in indices), *own))
    return frame.entries.make(arranged, indices)


def _unified(index: str, size: Size, shown: str, node: Node, frame: Frame, scope: Scope) -> None:
    known = frame.sizes.setdefault(index, size)
    if known == size or scope.sizes.unify(known, size):
        return
    if isinstance(known, int) and index in frame.limits:
        raise WriteOut(index)
    limit = frame.limits.get(index)
    what = f"{index} runs to {limit}" if limit else f"{index} runs over an axis of size {known} elsewhere"
    raise scope.misfit(
        f"{what}, and the axis of {shown} has size {size}", node, "make the sizes equal, or use another index"
    )
