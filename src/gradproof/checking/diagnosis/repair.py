"""Repairing the candidate: the one edit of its source that makes every wrong gradient right.

Where a value is computed in a loop, one line of source is many nodes of the graph; an edit changes all of
them at once, as editing the line would. This is how mutation testing thinks (DeMillo, Lipton, Sayward,
Hints on test data selection, 1978), run backwards: which small edit turns the wrong program into a right one?
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.checking.diagnosis.bench import Bench, size_of
from gradproof.checking.diagnosis.edits import Edit, Editor
from gradproof.checking.diagnosis.names import Names
from gradproof.expr.evaluate import extend
from gradproof.expr.node import Expr, postorder
from gradproof.read.trace import Binding, Origin

TIME_LIMIT = 3.0
Group = tuple[Origin, str, int]


@dataclass(frozen=True, slots=True)
class Repair:
    """An edit that makes the gradients right.

    Attributes
    ----------
    edit : what is changed
    nodes : the nodes of the candidate that the edited source computes
    origin : the source that is edited
    repaired : the parameters whose gradients are right afterwards
    """

    edit: Edit
    nodes: tuple[Expr, ...]
    origin: Origin
    repaired: tuple[str, ...]


class Mender:
    """Searches for repairs of a set of wrong gradients."""

    def __init__(self, bench: Bench, names: Names, editor: Editor) -> None:
        self.bench, self.names, self.editor = bench, names, editor
        self.forward = set(postorder(bench.truth.trace.cost))
        places = bench.truth.trace.places  # where the cost's own code first computes each value
        self.forward_lines = {(o.file, o.line) for n in self.forward for o in places.get(n, ())[:1]}
        self.goals = {n: bench.values(g) for n, g in bench.gradients.items() if n in bench.expressions}
        self.whole = max((size_of(g) for g in self.goals.values()), default=0.0)

    def mend(self, wrong: Sequence[str]) -> Repair | None:
        """The first edit that repairs all of ``wrong`` and spoils nothing; else the one that repairs most of
        them, at least two and more than half.
        """
        deadline = time.perf_counter() + TIME_LIMIT
        for name in wrong if len(wrong) == 1 else ():
            kept = self._only_the_last(name)
            if kept is not None:
                return kept
        roots = [self.bench.expressions[n] for n in wrong]
        best: Repair | None = None
        groups = [(*g, self.editor.edits(g[1])) for g in self._groups(roots, wrong)]
        shared = [
            (origin, nodes, self.editor.scalings()) for origin, nodes, _ in groups if nodes[0] in self.forward
        ]
        for origin, nodes, edits in [*groups, *shared]:
            order = self._order(nodes)
            for edit in edits:
                if time.perf_counter() > deadline:
                    return best
                repaired = self._repaired(edit, nodes, order, wrong)
                if len(repaired) > max(
                    1 if len(wrong) > 1 else 0, len(wrong) // 2, len(best.repaired) if best else 0
                ):
                    best = Repair(edit, tuple(nodes), edit.place or origin, tuple(repaired))
                if len(repaired) == len(wrong):
                    return best
        return best

    def _only_the_last(self, name: str) -> Repair | None:
        """Whether a gradient is the last of the values a line in a loop computed, and should be their sum."""
        root = self.bench.expressions[name]
        for s, (place, _) in self.editor.bound.items():
            if s[-1] is root and all(x.shape == root.shape for x in s):
                values = [sum(v) for v in zip(*(self.bench.values(x) for x in s), strict=True)]
                if self.bench.agree(values, self.goals[name], self.whole):
                    return Repair(self.editor.added_up(s), (root,), place, (name,))
        return None

    def _groups(self, roots: Sequence[Expr], wrong: Sequence[str]) -> Iterator[tuple[Origin, list[Expr]]]:
        """Statements of the candidate with the values they bind, then spans with the nodes they compute,
        operation by operation; those that every wrong gradient needs. A forward value counts
        where the backward part uses it.
        """
        found: dict[Group, list[Expr]] = {}
        items: set[Origin] = set()
        below = [set(postorder(r)) for r in roots]
        for node in postorder(*roots):
            for b in self._bindings(node):
                statement = Origin(b.file, b.function, b.line, b.line, 0, 0)
                group = found.setdefault((statement, b.short.split("[")[0], 0), [])
                if "[" in b.short:
                    items.add(statement)
                if node not in group:
                    group.append(node)
        used = {a for r in below for n in r if n not in self.forward for a in n.args}
        for node in postorder(*roots):
            if node.args and (node not in self.forward or node in used):
                for origin in self.names.places.get(node, ()):
                    if node in self.forward and (origin.file, origin.line) in self.forward_lines:
                        continue
                    found.setdefault((origin, node.op.name, len(node.args)), []).append(node)
        chosen = _one_name_each(found, items)
        for key, nodes in found.items():
            if chosen[tuple(nodes), key[2]] == key and all(any(n in reach for n in nodes) for reach in below):
                yield key[0], nodes

    def _bindings(self, node: Expr) -> list[Binding]:
        """Where the candidate named a value, if not on a line of the cost."""
        bound = self.names.locals.get(node, []) if node.args else []
        return [b for b in bound if node not in self.forward or (b.file, b.line) not in self.forward_lines]

    def _order(self, nodes: Sequence[Expr]) -> list[Expr]:
        """The edited nodes and what follows from them in the backward part, arguments first."""
        edited, touched = set(nodes), set(nodes)
        order = []
        for node in postorder(*self.bench.expressions.values()):
            follows = node not in self.forward and any(a in touched for a in node.args)
            if node in edited or follows:
                touched.add(node)
                order.append(node)
        return order

    def _repaired(
        self, edit: Edit, nodes: Sequence[Expr], order: Sequence[Expr], wrong: Sequence[str]
    ) -> list[str]:
        """The wrong gradients that are right after an edit; none if it spoils a right one."""
        edited, touched = set(nodes), set(order)
        affected = [n for n, root in self.bench.expressions.items() if root in touched]
        affected.sort(key=lambda n: n not in wrong)
        repaired = [n for n in wrong if n in affected]
        needed = 1 if len(wrong) == 1 else max(2, len(wrong) // 2 + 1)
        for k, table in enumerate(self.bench.tables):
            try:
                changed = self._run(edit.value, edited, order, table)
            except (IndexError, ValueError):  # an index that was edited points nowhere
                return []
            if changed is None:
                return []
            for name in affected:
                value, goal = changed[self.bench.expressions[name]], self.goals[name]
                if self.bench.agree([np.asarray(value)], [goal[k]], self.whole):
                    continue
                if name not in wrong:
                    return []
                repaired = [n for n in repaired if n != name]
                if len(repaired) < needed:
                    return []
        return repaired

    def _run(
        self, value: Callable[..., Any], edited: set[Expr], order: Sequence[Expr], table: dict[Expr, Any]
    ) -> dict[Expr, Any] | None:
        """Values after the edit, or None where it makes no sense."""
        changed: dict[Expr, Any] = {}
        extend(table, self.bench.expressions.values(), self.bench.dtype)
        with np.errstate(all="ignore"):
            for node in order:
                arguments = [changed[a] if a in changed else table[a] for a in node.args]
                if node in edited:
                    result = value(node, arguments, table, changed)
                    if result is None or np.shape(result) != node.shape:
                        return None
                    changed[node] = result
                else:
                    changed[node] = node.op.value(node.attrs, self.bench.dtype, *arguments)
        return changed


def _one_name_each(
    found: Mapping[Group, Sequence[Expr]], items: Set[Origin]
) -> dict[tuple[tuple[Expr, ...], int], Group]:
    """Of the same values under two names the later one in a function, but no entry of a list they are kept
    in.
    """
    chosen: dict[tuple[tuple[Expr, ...], int], Group] = {}
    for key, nodes in found.items():
        known = chosen.get((tuple(nodes), key[2]))
        if known is None or (known[0].function == key[0].function and key[0] not in items - {known[0]}):
            chosen[tuple(nodes), key[2]] = key
    return chosen
