r"""Index notation as Einstein expressions: Σ_i Σ_j w_ij², Σ_i log(1 + exp(−y_i x_iᵀ w)), y_i = Σ_j a_ij x_j.

Indices count from 1. An index runs over the axis that its entries have, and a limit that is written must be
the size of that axis. ``x_i`` of a matrix X is the row or column that the index counts, found by the sizes:
where X has m rows and i runs to m it is row i. Where no size tells, it is refused.
"""

from __future__ import annotations

from fractions import Fraction

from gradproof.errors import InputError
from gradproof.expr import broadcast
from gradproof.expr.node import Expr, Size, number, number_value, size_symbol, symbol, symbols
from gradproof.expr.product import einsum
from gradproof.expr.reduction import reduce
from gradproof.read.notation.evaluation import expression, means, operand
from gradproof.read.notation.indexed_lift import Placeholders
from gradproof.read.notation.latex_letters import Sample
from gradproof.read.notation.latex_nodes import Collected
from gradproof.read.notation.meaning import selected
from gradproof.read.notation.problems import shown_shape
from gradproof.read.notation.samples import size_that_fits
from gradproof.read.notation.scope import Row, Scope, Value, expr_of, is_fresh
from gradproof.read.notation.tree import Binary, Entry, IndexRange, Name, Node, Number, Slice, SumOver, walk

FRAME = " sums"
MAX_TERMS = 64


class Frame:
    """What the sums around a place know: the sizes of their indices, and the entries met."""

    def __init__(self) -> None:
        self.sizes: dict[str, Size] = {}
        self.limits: dict[str, str] = {}
        self.entries = Placeholders()


class _WriteOut(Exception):
    """The sum does not run over a whole axis: it is written out term by term."""

    def __init__(self, index: str) -> None:
        super().__init__(index)
        self.index = index


def _frame(scope: Scope) -> Frame:
    found: object = scope.locals.get(FRAME)
    return found if isinstance(found, Frame) else Frame()


def _counter(index: str) -> Expr:
    """What an index is as a number; no formula may keep it."""
    return symbol(index, (), -6_000_000)


# --- sums ---------------------------------------------------------------------------------------------


@means(SumOver)
def _sum_over(node: SumOver, scope: Scope) -> Value:
    spans = [
        (_whole(r.start, scope) if r.start is not None else 1, _whole(r.stop, scope)) for r in node.indices
    ]
    for r, (start, stop) in zip(node.indices, spans, strict=True):
        if start != 1 and (start is None or stop is None):
            raise scope.refuse(
                f"the sum over {r.name} does not begin at 1",
                r.start or r,
                "count from 1, or write numbers as limits",
            )
    if any(start != 1 for start, _ in spans) or _shifts(node):
        return _written_out(node, spans, scope)
    try:
        return _over_axes(node, scope)
    except _WriteOut as needed:
        if needed.index not in [r.name for r in node.indices]:
            raise
        return _written_out(node, spans, scope)


def _whole(node: Node | None, scope: Scope) -> int | None:
    """A limit as a whole number; None where it is a name."""
    if node is None:
        return None
    if isinstance(node, Name):
        value = scope.locals.get(node.name)
        known = number_value(value) if isinstance(value, Expr) else None
        return int(known) if isinstance(known, Fraction) and known.denominator == 1 else None
    if isinstance(node, Number | Binary):
        parts = {n.name for n in walk(node) if isinstance(n, Name)}
        if not parts or all(isinstance(scope.locals.get(p), Expr) for p in parts):
            known = number_value(expression(node, scope))
            return int(known) if isinstance(known, Fraction) and known.denominator == 1 else None
    return None


def _shifts(node: SumOver) -> bool:
    """Whether an entry stands at i + 1 or the like."""
    own = {r.name for r in node.indices}
    return any(
        isinstance(i, Binary) and any(isinstance(n, Name) and n.name in own for n in walk(i))
        for e in walk(node.body)
        if isinstance(e, Entry)
        for i in e.indices
    )


def _written_out(node: SumOver, spans: list[tuple[int | None, int | None]], scope: Scope) -> Value:
    """One term for each number."""
    terms: list[dict[str, Expr]] = [{}]
    for r, (start, stop) in zip(node.indices, spans, strict=True):
        if start is None or stop is None or stop < start:
            raise scope.refuse(
                f"the limits of {r.name} are not those of an axis, so the terms must be written out", r,
                "write numbers as limits, with at least one term",
            )  # fmt: skip
        terms = [{**t, r.name: number(k)} for t in terms for k in range(start, stop + 1)]
    if len(terms) > MAX_TERMS:
        raise scope.refuse(f"{len(terms)} terms are too many to write out", node, "sum over whole axes")
    values: list[Value] = []
    for term in terms:
        with scope.binding(term):
            values.append(operand(node.body, scope))
    parts = [e for v in values if (e := expr_of(v)) is not None]
    result = broadcast.multiply(*parts) if node.product else broadcast.plus(*parts)
    return Row(result) if isinstance(values[0], Row) else result


def _over_axes(node: SumOver, scope: Scope) -> Value:
    with _entered(node.indices, node.body, scope) as frame:
        value = operand(node.body, scope)
        expr = expr_of(value)
        assert expr is not None
        _check_entries(node.body, expr, scope)
        for r in reversed(node.indices):
            expr = _summed(expr, r, node, frame, scope)
    return Row(expr) if isinstance(value, Row) else expr


class _entered:
    """The indices of a sum bound, their limits known, inside a frame."""

    def __init__(self, indices: tuple[IndexRange, ...], body: Node, scope: Scope) -> None:
        self.indices, self.body, self.scope = indices, body, scope
        self.frame = _frame(scope)
        self.before = scope.locals

    def __enter__(self) -> Frame:
        names = {r.name: _counter(r.name) for r in self.indices}
        self.scope.locals = {**self.before, **names, FRAME: self.frame}  # type: ignore[dict-item]
        for r in self.indices:
            self.frame.sizes.pop(r.name, None)
            self.frame.limits.pop(r.name, None)
            limit = _limit(r, self.scope)
            if limit is not None:
                self.frame.sizes[r.name] = limit
                self.frame.limits[r.name] = self.scope.text[slice(*r.stop.span)] if r.stop else ""
        for r in self.indices:
            if r.name not in self.frame.sizes:
                _size_by_entries(r.name, self.body, self.frame, self.scope)
        for r in self.indices:
            if r.name not in self.frame.sizes:
                size = size_that_fits(r.name, self.body, self.frame, self.scope, self._read, _WriteOut)
                if size is not None:
                    self.frame.sizes[r.name] = size
        return self.frame

    def _read(self) -> None:
        """Read what is summed, to see whether it fits."""
        operand(self.body, self.scope)

    def __exit__(self, *problem: object) -> None:
        self.scope.locals = self.before


def _limit(r: IndexRange, scope: Scope) -> Size | None:
    """The size that the upper limit says; None where it says none, or one of another layer."""
    if r.stop is None or isinstance(r.stop, Entry):
        return None
    whole = _whole(r.stop, scope)
    if whole is not None:
        return whole
    if isinstance(r.stop, Name):
        shape = scope.names.shapes.get(r.stop.name)
        if shape:
            raise scope.refuse("the upper limit of a sum is no scalar", r.stop, "write a size such as n")
        return scope.sizes.resolve(r.stop.name)
    raise scope.refuse(
        "the upper limit of a sum is a name or a number", r.stop, "sum over the whole axis, or write numbers"
    )


def _size_by_entries(index: str, body: Node, frame: Frame, scope: Scope) -> None:
    """The size of an index from an array that has as many axes as indices."""
    for entry in walk(body):
        if not isinstance(entry, Entry) or not isinstance(entry.base, Name):
            continue
        for axis, item in enumerate(entry.indices):
            if isinstance(item, Name) and item.name == index:
                array = expression(entry.base, scope)
                if array.ndim == len(entry.indices) and not is_fresh(array.shape[axis]):
                    frame.sizes[index] = array.shape[axis]
                    return


def _summed(expr: Expr, r: IndexRange, node: SumOver, frame: Frame, scope: Scope) -> Expr:
    size = frame.sizes.get(r.name)
    if not frame.entries.depends(expr, r.name):
        if _counter(r.name) in symbols(expr):
            raise _as_number(r.name, node, scope)
        if size is None:
            raise scope.refuse(
                f"nothing under the sum has the index {r.name}, and its limits are not said", r,
                rf"write \sum_{{{r.name}=1}}^{{n}}, or the entries with their index",
            )  # fmt: skip
        if node.product:
            raise scope.refuse(f"nothing under the product has the index {r.name}", r, "write a power")
        count = number(size) if isinstance(size, int) else size_symbol(size)
        return broadcast.multiply(count, expr)
    assert size is not None
    lifted = _lifted(expr, r.name, size, node, frame, scope)
    return reduce("prod", lifted, 0) if node.product else broadcast.sum_over(lifted, 0)


def _lifted(expr: Expr, index: str, size: Size, node: Node, frame: Frame, scope: Scope) -> Expr:
    def problem(operation: str) -> InputError:
        return scope.refuse(
            f"{operation} is not taken for every value of the index {index}",
            node,
            "write the sum in matrix notation",
        )

    if _counter(index) in symbols(expr):
        raise _as_number(index, node, scope)
    lifted = frame.entries.lifted(expr, index, size, problem)
    assert lifted is not None
    return lifted


def _as_number(index: str, node: Node, scope: Scope) -> InputError:
    return scope.refuse(
        f"the index {index} stands as a number under its own sum",
        node,
        "declare a vector that holds the numbers",
    )


def _check_entries(body: Node, expr: Expr, scope: Scope) -> None:
    """Refuse the entry of an undeclared vector that makes the terms arrays: it may be a row of a matrix."""
    if not expr.ndim:
        return
    for entry in walk(body):
        if isinstance(entry, Entry) and isinstance(entry.base, Name) and len(entry.indices) == 1:
            name = entry.base.name
            if name not in scope.names.shapes:
                raise scope.refuse(
                    f"{scope.text[slice(*entry.span)]}: a number, or row of a matrix that was not declared?",
                    entry,
                    f"declare the matrix, shapes={{'{name.upper()}': ('m', 'n')}}, or {name} as a vector",
                )  # fmt: skip


@means(Collected)
def _collected(node: Collected, scope: Scope) -> Value:
    ranges = tuple(IndexRange(node.span, name) for name in node.indices)
    with _entered(ranges, node.body, scope) as frame:
        expr = expression(node.body, scope)
        for name in reversed(node.indices):
            if not frame.entries.depends(expr, name):
                raise scope.refuse(
                    f"the right side has no index {name}", node, "write it on both sides, or on none"
                )
            expr = _lifted(expr, name, frame.sizes[name], node, frame, scope)
    return expr


# --- entries ------------------------------------------------------------------------------------------


@means(Entry)
def _entry(node: Entry, scope: Scope) -> Value:
    base = expression(node.base, scope)
    items = [_item(i, scope) for i in node.indices]
    frame = _frame(scope)
    place = frame.entries.found.get(base)
    array, before = (place.array, place.indices) if place is not None else (base, ())
    axes = _axes(node, array, len(before), items, frame, scope)
    return _taken(array, before, axes, node, frame, scope)


@means(Sample)
def _sample(node: Sample, scope: Scope) -> Value:
    base = expression(node.base, scope)
    item = _item(node.index, scope)
    frame = _frame(scope)
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
    if isinstance(node, Name) and scope.locals.get(node.name) is _counter(node.name):
        return node.name
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
    size = frame.sizes.get(items[0])
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
    raise scope.refuse(
        f"does {items[0]} count the rows or the columns of {shown}, of shape {shown_shape(own)}?", node,
        rf"say it by the limits, \sum_{{{items[0]}=1}}^{{{own[0]}}}, or {shown}_{{{items[0]},:}}",
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
        raise _WriteOut(index)
    limit = frame.limits.get(index)
    what = f"{index} runs to {limit}" if limit else f"{index} runs over an axis of size {known} elsewhere"
    raise scope.misfit(
        f"{what}, and the axis of {shown} has size {size}", node, "make the sizes equal, or use another index"
    )
