r"""Index notation as Einstein expressions: Σ_i Σ_j w_ij², Σ_i log(1 + exp(−y_i x_iᵀ w)), y_i = Σ_j a_ij x_j.

Indices count from 1. An index runs over the axis that its entries have, and a limit that is written must be
the size of that axis. ``x_i`` of a matrix X is the row or column that the index counts, found by the sizes:
where X has m rows and i runs to m it is row i. Where no size tells, it is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gradproof.errors import InputError
from gradproof.expr import broadcast
from gradproof.expr.node import Expr, Size, number, number_value, size_symbol, symbols
from gradproof.expr.reduction import reduce
from gradproof.read.notation import indexed_entries
from gradproof.read.notation.evaluation import expression, means, operand
from gradproof.read.notation.indexed_places import (
    FRAME,
    Frame,
    Paired,
    Window,
    WriteOut,
    counter,
    frame_of,
    paired_value,
    window_of,
)
from gradproof.read.notation.latex_nodes import Collected
from gradproof.read.notation.samples import size_that_fits
from gradproof.read.notation.scope import Row, Scope, Value, expr_of, is_fresh
from gradproof.read.notation.tree import Binary, Entry, IndexRange, Name, Node, Number, SumOver, walk

__all__ = ["indexed_entries"]

MAX_TERMS = 64


# --- sums ---------------------------------------------------------------------------------------------


@means(SumOver)
def _sum_over(node: SumOver, scope: Scope) -> Value:
    spans = [
        (_whole(r.start, scope) if r.start is not None else 1, _whole(r.stop, scope)) for r in node.indices
    ]
    parts = [window_of(r, start, scope) for r, (start, _) in zip(node.indices, spans, strict=True)]
    if any(parts):
        return _over_axes(node, scope, parts)
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
    except WriteOut as needed:
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


def _over_axes(node: SumOver, scope: Scope, parts: Parts = ()) -> Value:
    with _entered(node.indices, node.body, scope, parts) as frame:
        value = operand(node.body, scope)
        expr = expr_of(value)
        assert expr is not None
        _check_entries(node.body, expr, scope)
        for r in reversed(node.indices):
            expr = _summed(expr, r, node, frame, scope)
    return Row(expr) if isinstance(value, Row) else expr


Parts = Sequence[Window | None]


class _entered:
    """The indices of a sum bound, their limits known, inside a frame."""

    def __init__(self, indices: tuple[IndexRange, ...], body: Node, scope: Scope, parts: Parts = ()) -> None:
        self.indices, self.body, self.scope = indices, body, scope
        self.parts = dict(zip([r.name for r in indices], parts, strict=False))
        self.frame = frame_of(scope)
        self.before = scope.locals

    def __enter__(self) -> Frame:
        names = {r.name: counter(r.name) for r in self.indices}
        self.scope.locals = {**self.before, **names, FRAME: self.frame}  # type: ignore[dict-item]
        for r in self.indices:
            self.frame.sizes.pop(r.name, None)
            self.frame.limits.pop(r.name, None)
            self.frame.windows.pop(r.name, None)
            part = self.parts.get(r.name)
            if part is not None:
                self.frame.windows[r.name] = part
            limit = _limit(r, self.scope) if part is None else part.size
            if limit is not None:
                self.frame.sizes[r.name] = limit
                self.frame.limits[r.name] = self.scope.text[slice(*r.stop.span)] if r.stop else ""
        for r in self.indices:
            if r.name not in self.frame.sizes:
                _size_by_entries(r.name, self.body, self.frame, self.scope)
        for r in self.indices:
            if r.name not in self.frame.sizes:
                size = size_that_fits(r.name, self.body, self.frame, self.scope, self._read, WriteOut)
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
    expr = frame.counted(expr, r.name)
    if not frame.entries.depends(expr, r.name):
        if counter(r.name) in symbols(expr):
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

    expr = frame.counted(expr, index)
    if counter(index) in symbols(expr):
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


@means(Paired)
def _paired(node: Paired, scope: Scope) -> Value:
    value = operand(node.body, scope)
    body = expr_of(value)
    assert body is not None
    result = paired_value(node, body, scope)
    return Row(result) if isinstance(value, Row) else result


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
