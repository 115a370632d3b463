"""Less memory for a step, so that more of it stays in the cache: what was read last is overwritten."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from gradproof.expr.function import apply
from gradproof.expr.node import SYMBOL, Expr
from gradproof.expr.product import is_zero
from gradproof.write.kernels.loops import Loop, Part, reads_at
from gradproof.write.kernels.statements import ENTRIES, Place, renamed


def rectified(assignments: Iterable[tuple[Expr, Expr]]) -> list[tuple[Expr, Expr]]:
    """[Z > 0] as [A > 0] for A = max(Z, 0), which is the same, so that Z is not needed any more.

    Examples
    --------
    >>> from gradproof.expr.elementwise import relu
    >>> from gradproof.expr.activations import step
    >>> from gradproof.expr.node import symbol
    >>> Z, A, D = (symbol(name, (3, "m")) for name in "ZAD")
    >>> rectified([(A, relu(Z)), (D, step(Z))])[1][1].args[0]
    A
    """
    table: dict[Expr, Expr] = {}
    found = []
    for target, value in assignments:
        new = renamed(value, table) if table else value
        found.append((target, new))
        table = {n: m for n, m in table.items() if target not in (n.args[0], m.args[0])}
        if value.op.name == "maximum" and value.args[0].op is SYMBOL and is_zero(value.args[1]):
            z, zero = value.args
            table[apply("greater", z, zero)] = apply("greater", target, zero)
    return found


def shared_memory(parts: Sequence[Part], own: Collection[Expr]) -> dict[Expr, Expr]:
    """The arrays that can stand where another one stood.

    Parameters
    ----------
    parts : loops and statements in their order
    own : the arrays that only hold values on the way

    Returns
    -------
    dict
        Array -> the array whose memory it takes: one of its shape that is read for the last time in the loop
        that assigns it, entry by entry at the same places.
    """
    found: dict[Expr, Expr] = {}
    taken: set[Expr] = set()
    for at, part in enumerate(parts):
        if not isinstance(part, Loop):
            continue
        before = frozenset[Expr]().union(*(p.reads | p.writes for p in parts[:at]))
        after = frozenset[Expr]().union(*(p.reads | p.writes for p in parts[at + 1 :]))
        for k, step in enumerate(part.steps):
            target = step.statement.target
            met = {leaf for s in part.steps[:k] for leaf in s.statement.reads | {s.statement.target}}
            if step.statement.kind != ENTRIES or target not in own or target in before | met:
                continue
            for leaf in sorted(_last_read(part, k, step.place) - after - taken, key=lambda leaf: leaf.name):
                if leaf in own and leaf is not target and leaf.shape == target.shape:
                    found[target] = found.get(leaf, leaf)
                    taken |= {leaf}
                    break
    return found


def _last_read(loop: Loop, k: int, place: Place) -> set[Expr]:
    """What the steps of a loop up to the k-th read at one place only, and no step after them touches."""
    places: dict[Expr, set[Place]] = {}
    for step in loop.steps[: k + 1]:
        for leaf, where in reads_at(step):
            places.setdefault(leaf, set()).add(where)
    later = {leaf for s in loop.steps[k + 1 :] for leaf in s.statement.reads | {s.statement.target}}
    return {leaf for leaf, where in places.items() if where == {place}} - later
