"""The memory behind traced arrays: stores are seen by every view, and earlier expressions keep their values.

A buffer knows its expression before the stores (``initial``), and the stores since. Stores are gathered and
become one node when the whole array is asked for; reading back what one store wrote gives the stored
expression itself, so a loop that fills an array and reads what it wrote stays linear.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.expr.indexing import Template, accumulate, index, numpy_index, store
from gradproof.expr.node import Expr, constant, number
from gradproof.expr.product import filled
from gradproof.read.faithful import broadcast_to, filled_with, plus
from gradproof.read.places import FULL, is_whole
from gradproof.read.recorder import Pending, active

Part = tuple[Template, Expr, Sequence[Expr]]


def take(x: Expr, template: Template, shape: tuple[int, ...], arrays: Sequence[Expr] = ()) -> Expr:
    """``x[template]``, of the given shape; entries of a filled array are its number."""
    if not arrays and is_whole(template):
        return x
    value = filled_with(x)
    if value is not None:
        return filled(number(value), shape)
    return index(x, template, *arrays)


class Buffer:
    """One block of memory and what is known of its contents.

    Attributes
    ----------
    array : the concrete array
    version : counts the stores, so that views know when they are stale
    foreign : the memory is the user's own and is put back after the trace
    """

    __slots__ = (
        "array",
        "base",
        "foreign",
        "initial",
        "live",
        "owner",
        "parts",
        "pending",
        "summed",
        "version",
    )

    def __init__(self, array: Any, base: Expr | Pending, foreign: bool = False) -> None:
        self.array = array
        self.base: Expr | Pending = base
        self.initial: Expr | Pending = base
        self.pending: dict[int, Part] = {}
        self.summed: list[Part] = []
        self.parts: list[Part] = []
        self.owner: Any = None
        self.version = 0
        self.live: list[Expr] = []
        self.foreign = foreign

    def expr(self) -> Expr:
        """The expression of the whole array, now."""
        if self.summed:
            self._become(accumulate(self._base(), self.summed))
            self.summed = []
        elif self.pending:
            self._become(store(self._base(), list(self.pending.values())))
            self.pending = {}
        return self._base()

    def _base(self) -> Expr:
        base = self.base
        if isinstance(base, Pending):
            fresh = base.expr is None
            base = self.base = base.resolve()
            if fresh and self.version == 0:
                self.record(base, self.array)
        return base

    def _become(self, expr: Expr) -> None:
        self.base = expr
        self.record(expr, self.array)

    def record(self, expr: Expr, value: Any) -> None:
        """Note the value of an expression that lies in this memory."""
        if active().computed(expr, value):
            self.live.append(expr)

    def touch(self) -> None:
        """The memory is about to change: values recorded in it are copied out."""
        recorder = active()
        base = self.base
        if isinstance(base, Pending):  # its value is this memory
            self._base()
        for expr in self.live:
            recorder.values[expr] = np.array(recorder.values[expr])
        self.live.clear()
        if self.foreign:
            recorder.saved.append((self.array, self.array.copy()))
            self.foreign = False
        self.version += 1

    def read(self, template: Template, shape: tuple[int, ...]) -> Expr:
        """The expression of the entries that a basic template means."""
        if is_whole(template) or self.summed:
            return take(self.expr(), template, shape)
        if self.owner is None:
            return take(self._base(), template, shape)
        owners = self.owner[numpy_index(template, ())]
        first = int(owners) if not shape else int(owners.flat[0]) if owners.size else 0
        if not shape or (owners == first).all():
            if first == 0:
                initial = self.initial
                return take(initial.resolve() if isinstance(initial, Pending) else initial, template, shape)
            written, value, arrays = self.parts[first - 1]
            if not arrays:
                if written == template:
                    return value
                rest = _inside(written, template)
                if rest is not None:
                    return take(value, rest, shape)
        return take(self.expr(), template, shape)

    def replace(self, expr: Expr) -> None:
        """Every entry was written."""
        self.base = self.initial = expr
        self.pending, self.summed, self.parts, self.owner = {}, [], [], None
        self.record(expr, self.array)

    def write(
        self, template: Template, value: Expr, shape: tuple[int, ...], arrays: Sequence[Expr] = ()
    ) -> None:
        """Entries were written; ``shape`` is that of the entries meant."""
        lead = value.ndim - len(shape)
        if lead > 0:
            value = take(value, (("int", 0),) * lead + (FULL,) * len(shape), value.shape[lead:])  # type: ignore[arg-type]
        value = broadcast_to(value, shape)
        if not arrays and is_whole(template):
            self.replace(value)
            return
        if self.summed:
            self.expr()
        if self.owner is None:
            self.owner = np.zeros(self.array.shape, dtype=np.int32)
            self.initial = self._base()
        place = numpy_index(template, [active().values[a] for a in arrays])
        key = self._superseded(place, template)
        if key is None:
            self.parts.append((template, value, arrays))
            key = len(self.parts)
            self.owner[place] = key
        else:
            self.parts[key - 1] = (template, value, arrays)
        self.pending[key] = (template, value, arrays)

    def _superseded(self, place: Any, template: Template) -> int | None:
        """The pending part that wrote exactly these entries, none of which was written since."""
        owners = self.owner[place]
        if not owners.size:
            return None
        first = int(owners.flat[0]) if owners.ndim else int(owners)
        known = self.pending.get(first)
        if known is None or known[0] != template or known[2]:
            return None
        return first if not owners.ndim or (owners == first).all() else None

    def is_sum(self, template: Template) -> bool:
        """Whether what is added to these entries is best kept as an addition, not as a new store."""
        if self.owner is None:
            return True
        owners = self.owner[numpy_index(template, ())]
        first = int(owners) if not np.ndim(owners) else int(owners.flat[0]) if owners.size else 0
        if first == 0 or (np.ndim(owners) and (owners != first).any()):
            return True
        written, _, arrays = self.parts[first - 1]
        return bool(arrays) or (written != template and _inside(written, template) is None)

    def add(
        self, template: Template, value: Expr, shape: tuple[int, ...], arrays: Sequence[Expr] = ()
    ) -> None:
        """Something was added to the entries (repeated ones add up)."""
        value = broadcast_to(value, shape)
        if not arrays and is_whole(template):
            self.replace(plus(self.expr(), value))
            return
        if self.pending:
            self.expr()
        self._base()
        self.owner, self.parts = None, []
        self.summed.append((template, value, arrays))


def _inside(written: Template, read: Template) -> Template | None:
    """The template of the read entries within the written ones, if the written part is full where it is not
    one entry.
    """
    rest = []
    for w, r in zip(written, read, strict=True):
        if w[0] == "int":
            if w != r:
                return None
        elif w == FULL:
            rest.append(r)
        else:
            return None
    return tuple(rest)


def literal_positions(view_of_positions: Any, shape: tuple[int, ...]) -> list[Expr]:
    """Index arrays of the entries at flat positions of an array of the given shape."""
    recorder = active()
    result = []
    for a in np.unravel_index(np.asarray(view_of_positions), shape):
        expr = constant(np.array(a))
        recorder.values.setdefault(expr, np.array(a))
        result.append(expr)
    return result
