"""Statements gathered into loops: what runs over the same entries is computed in one pass.

A statement may move up past others that it does not depend on. What a loop assigns it may read again only at
the entry where it assigned it; an array that nobody reads outside of its loop is never stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gradproof.expr.node import SYMBOL, Expr, Size, postorder
from gradproof.expr.product import specs_of
from gradproof.write.kernels.layout import memory_order
from gradproof.write.kernels.statements import (
    ENTRIES,
    TOTAL,
    Place,
    Statement,
    argument_places,
    array_factors,
    is_temporary,
)


@dataclass(frozen=True, slots=True)
class Step:
    """A statement inside a loop nest.

    Attributes
    ----------
    statement : its kind is ``entries`` or ``sum``
    indices : of entries the place of the value's axes, of a sum that of the product's indices
    place : where the target is written
    """

    statement: Statement
    indices: Place
    place: Place


@dataclass(slots=True)
class Loop:
    """A nest of loops and what it computes; ``sizes`` from the outermost to the innermost."""

    sizes: tuple[Size, ...]
    steps: list[Step] = field(default_factory=list)

    @property
    def reads(self) -> frozenset[Expr]:
        """The symbols that are read, of the loop's own among them."""
        return frozenset().union(*(step.statement.reads for step in self.steps))

    @property
    def writes(self) -> frozenset[Expr]:
        """The symbols that are assigned."""
        return frozenset(step.statement.target for step in self.steps)


Part = Loop | Statement


def looped(found: Iterable[Statement], slowest: str) -> list[Part]:
    """Gather entries and sums into loops; the other statements stay as they are.

    Examples
    --------
    >>> from gradproof.expr.elementwise import exp, square
    >>> from gradproof.expr.node import symbol
    >>> from gradproof.write.kernels.statements import statements
    >>> a, b, c = (symbol(name, (3, "m")) for name in "abc")
    >>> [loop.sizes for loop in looped(statements([(b, square(a)), (c, exp(b))]), "m")]
    [('m', 3)]
    """
    parts: list[Part] = []
    for each in found:
        if each.kind not in (ENTRIES, TOTAL):
            parts.append(each)
            continue
        loop = _loop_of(each, slowest)
        at = _joinable(parts, loop)
        if at is None:
            parts.append(loop)
        else:
            host = parts[at]
            assert isinstance(host, Loop)
            host.steps += loop.steps
    return parts


def _loop_of(statement: Statement, slowest: str) -> Loop:
    """The nest that one statement needs."""
    value = statement.value
    if statement.kind == ENTRIES:
        shape = value.shape
        order = [a for a in memory_order(shape, slowest) if shape[a] != 1]
        place = tuple(order.index(a) if a in order else -1 for a in range(len(shape)))
        return Loop(tuple(shape[a] for a in order), [Step(statement, place, place)])
    specs, out, sizes = specs_of(value)
    widest, spec = max(array_factors(value), key=lambda factor: len(factor[1]))
    first = [spec[a] for a in memory_order(widest.shape, slowest)]
    rest = [i for s in specs for i in s if i not in first]
    order = [i for i in dict.fromkeys(first + rest) if sizes[i] != 1]
    indices = tuple(order.index(i) if i in order else -1 for i in range(len(sizes)))
    return Loop(tuple(sizes[i] for i in order), [Step(statement, indices, tuple(indices[i] for i in out))])


def _joinable(parts: Sequence[Part], loop: Loop) -> int | None:
    """The last loop of the same sizes that the new one can join, nothing between them standing in the way."""
    for at in range(len(parts) - 1, -1, -1):
        part = parts[at]
        if isinstance(part, Loop) and part.sizes == loop.sizes and loop.sizes and _fits(part, loop.steps[0]):
            return at
        if _conflict(part, loop):
            return None
    return None


def _conflict(part: Part, loop: Loop) -> bool:
    """Whether the order of the two matters."""
    return bool(part.writes & loop.reads or part.reads & loop.writes or part.writes & loop.writes)


def _fits(host: Loop, step: Step) -> bool:
    """Whether the step reads what the loop assigned only where it was assigned, and overwrites nothing."""
    places: dict[Expr, Place] = {}
    for each in host.steps:
        places[each.statement.target] = each.place
        if each.statement.kind == TOTAL and each.statement.target in step.statement.reads:
            return False
    target = step.statement.target
    if step.statement.kind == TOTAL and (target in host.writes or target in host.reads):
        return False
    if any(each.statement.kind == TOTAL and each.statement.target is target for each in host.steps):
        return False
    written = reads_at(step)
    if any(place != places[leaf] for leaf, place in written if leaf in places):
        return False
    # What the host reads at other entries must not be overwritten by the step.
    return not any(
        leaf is target and place != step.place for other in host.steps for leaf, place in reads_at(other)
    )


def reads_at(step: Step) -> list[tuple[Expr, Place]]:
    """Every symbol with axes that a step reads, and where."""
    found: list[tuple[Expr, Place]] = []
    seen: set[tuple[Expr, Place]] = set()
    value = step.statement.value
    start = [(value, step.indices)]
    if step.statement.kind == TOTAL:
        specs, _, _ = specs_of(value)
        start = [(a, tuple(step.indices[i] for i in s)) for a, s in zip(value.args, specs, strict=True)]
    while start:
        node, place = start.pop()
        if (node, place) in seen:
            continue
        seen.add((node, place))
        if node.op is SYMBOL:
            if is_array(node):
                found.append((node, place))
            continue
        start += list(zip(node.args, argument_places(node, place), strict=True))
    return found


def is_array(leaf: Expr) -> bool:
    """Whether a symbol stands for memory: it has axes, or it is a number that a statement computes."""
    return bool(leaf.shape) or is_temporary(leaf)


def stored(parts: Sequence[Part], wanted: Iterable[Expr]) -> set[Expr]:
    """The arrays that have to stand in memory: wanted, read by another part, or assigned by no loop alone."""
    kept = set(wanted)
    for part in parts:
        if isinstance(part, Statement):
            kept |= {part.target, *(n for n in postorder(part.value) if n.op is SYMBOL)}
    assigned: dict[Expr, int] = {}
    for at, part in enumerate(parts):
        if isinstance(part, Loop):
            for step in part.steps:
                if step.statement.kind == TOTAL or assigned.setdefault(step.statement.target, at) != at:
                    kept.add(step.statement.target)
    for at, part in enumerate(parts):
        if isinstance(part, Loop):
            kept |= {leaf for leaf in part.reads if is_array(leaf) and assigned.get(leaf, at) != at}
            kept |= _read_before_assigned(part)
    return kept


def _read_before_assigned(loop: Loop) -> set[Expr]:
    assigned: set[Expr] = set()
    found: set[Expr] = set()
    for step in loop.steps:
        found |= {leaf for leaf in step.statement.reads if is_array(leaf) and leaf not in assigned}
        assigned.add(step.statement.target)
    return found
