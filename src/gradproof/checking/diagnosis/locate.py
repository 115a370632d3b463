"""Where the fault is: the earliest node of the candidate's graph whose replacement repairs the gradients.

A node that feeds a right gradient is right; so a fault lies among the nodes that feed wrong gradients only.
Such a node is a suspect if putting the derived cotangent of some forward variable in its place makes the
gradients that depend on it right. What follows from it has inherited the mistake.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradproof.checking.diagnosis.bench import Bench, size_of
from gradproof.checking.diagnosis.names import Names
from gradproof.expr.node import Expr, postorder

TIME_LIMIT = 2.0
MOST_SCALES = 6


@dataclass(slots=True)
class Fault:
    """A node of the candidate that is wrong although what it was computed from is right.

    Attributes
    ----------
    node : the faulty node
    expected : the derived expression that belongs there, times ``scale``
    scale : the constant by which the candidate's cotangents differ from ∂cost (the m of a late 1/m)
    repairs : the parameters whose gradients are right once it is replaced
    meant : the forward variable whose cotangent it should be; None for the gradient of a parameter
    """

    node: Expr
    expected: Expr
    scale: float = 1.0
    repairs: list[str] = field(default_factory=list)
    meant: Expr | None = None


class Locator:
    """Finds the faults behind a set of wrong gradients."""

    def __init__(self, bench: Bench, names: Names, wrong: Sequence[str]) -> None:
        self.bench, self.names = bench, names
        self.expressions = bench.expressions
        self.wrong = [n for n in wrong if n in self.expressions]
        self.deadline = time.perf_counter() + TIME_LIMIT
        self.feeds = self._feeds()
        sizes = {n: len(postorder(root)) for n, root in self.expressions.items()}
        self._order = sizes  # a gradient of few operations is near to what it is computed from
        self.active = self._depending()
        self.cotangents = self._cotangents_by_shape()
        self.matched = self._matched()
        self.scales = self._scales()

    def faults(self) -> list[Fault]:
        """The interior faults, widest effect first; gradients that none repairs are faults themselves."""
        found: list[Fault] = []
        left = list(self.wrong)
        for node in self._suspects():
            reach = [n for n in self.feeds[node] if n in left]
            if not reach or time.perf_counter() > self.deadline or self._keeps_scale(node, reach):
                continue
            outer = self.names.enclosing(node, [self.expressions[n] for n in reach])
            if outer is not node and outer in self.matched and self._keeps_scale(outer, reach):
                continue  # part of a line whose value is right
            fault = self._try(node, reach)
            if fault is not None:
                found.append(fault)
                left = [n for n in left if n not in fault.repairs]
        return found

    def _keeps_scale(self, node: Expr, reach: Sequence[str]) -> bool:
        """Whether a node is a right cotangent up to a constant that is no fault of its own: one that the
        cotangents it was computed from have too, or, at the first of them, one that a single gradient could
        have undone, as a 1/m that is multiplied in late.
        """
        scale = self.scale_of(node)
        if scale is None or any(not self._is_cotangent(node, z) for z in self.names.meant_for(node)):
            return False
        upstream = [s for n in postorder(node) if n is not node and (s := self.scale_of(n)) is not None]
        if not upstream:
            return len(reach) == 1
        return any(abs(s - scale) <= 1e-6 * abs(scale) for s in upstream)

    def by_name(self, names: Sequence[str]) -> list[Fault]:
        """Locals that are not the cotangent their name announces, on the way to the given gradients."""
        found = []
        for node in self._suspects():
            if not any(n in self.feeds[node] for n in names) or node in self.matched:
                continue
            for meant in self.names.meant_for(node):
                expected = self.bench.truth.cotangents.get(meant)
                if meant in self.bench.parameters.values():
                    continue  # a gradient on its way: terms are still to be added
                if expected is not None and expected.shape == node.shape:
                    scale = self._likely_scale(
                        node, expected, [n for n in self.feeds[node] if n in self.wrong]
                    )
                    found.append(Fault(node, expected, scale, [], meant))
                    break
        return found

    def scale_of(self, node: Expr) -> float | None:
        """The constant c with node = c·(a derived cotangent), or None."""
        match = self.matched.get(node)
        return None if match is None else match[1]

    def _feeds(self) -> dict[Expr, tuple[str, ...]]:
        """For every candidate node, the parameters whose gradients depend on it."""
        feeds: dict[Expr, list[str]] = {}
        for name, root in self.expressions.items():
            for node in postorder(root):
                feeds.setdefault(node, []).append(name)
        return {node: tuple(names) for node, names in feeds.items()}

    def _depending(self) -> set[Expr]:
        """Candidate nodes that depend on the parameters; a constant is no cotangent."""
        active: set[Expr] = set(self.bench.truth.trace.parameters.values())
        for node in postorder(*self.expressions.values()):
            if any(a in active for a in node.args):
                active.add(node)
        return active

    def _suspects(self) -> list[Expr]:
        """Nodes that feed wrong gradients only, widest effect first, earliest first."""
        wrong = set(self.wrong)
        roots = {self.expressions[n] for n in self.wrong} | set(postorder(self.bench.truth.trace.cost))
        order = [n for n in postorder(*(self.expressions[w] for w in self.wrong))
                 if n.args and n in self.active and n not in roots and wrong.issuperset(self.feeds[n])]
        return sorted(order, key=lambda n: -len(self.feeds[n]))

    def _cotangents_by_shape(self) -> dict[Any, list[tuple[Expr, Expr]]]:
        table: dict[Any, list[tuple[Expr, Expr]]] = {}
        parameters = set(self.bench.parameters.values())
        for z, g in self.bench.truth.cotangents.items():
            if z not in parameters and g.args:
                table.setdefault(g.shape, []).append((z, g))
        for shape, pairs in table.items():  # the user's named variables first
            table[shape] = sorted(pairs, key=lambda p: p[0] not in self.names.forward)[:24]
        return table

    def _matched(self) -> dict[Expr, tuple[Expr, float]]:
        """Candidate nodes that are a constant times a derived cotangent."""
        result: dict[Expr, tuple[Expr, float]] = {}
        forward = set(postorder(self.bench.truth.trace.cost))
        for node in self.feeds:
            if (
                time.perf_counter() > self.deadline - TIME_LIMIT / 2
                or node in forward
                or node not in self.active
            ):
                continue
            for z, g in self.cotangents.get(node.shape, []):
                c = self.bench.ratio(self.bench.values(node), self.bench.values(g))
                if c is not None:
                    result[node] = (z, c)
                    break
        return result

    def _likely_scale(self, node: Expr, right: Expr, reach: Sequence[str]) -> float:
        """The scale at which replacing a node repairs something, else that of the cotangents around it."""
        values = self.bench.values(right)
        for scale in self.scales:
            if self._repaired(node, values, scale, reach):
                return scale
        return next((c for _, c in self.matched.values()), 1.0)

    def _scales(self) -> list[float]:
        """Constants by which a candidate's cotangents may differ from the derived ones: 1, those of the
        cotangents it has right, and sizes such as the m of a 1/m that comes later.
        """
        seen = [
            c for node, (_, c) in self.matched.items() if any(n not in self.wrong for n in self.feeds[node])
        ]
        seen += [c for _, c in self.matched.values()][:4]
        sizes = [v for _, _, v in self.names.scalars.known if v.is_integer() and v > 1]
        sizes += [float(s) for shape in self.cotangents for s in shape if isinstance(s, int) and s > 1]
        scales: list[float] = []
        for c in [1.0, *seen, *sizes]:
            if all(abs(c - s) > 1e-6 * abs(s) for s in scales):
                scales.append(c)
        return scales[:MOST_SCALES]

    def _is_cotangent(self, node: Expr, z: Expr) -> bool:
        """Whether a node is a constant times the derived cotangent of ``z``."""
        g = self.bench.truth.cotangents.get(z)
        return g is not None and self.bench.ratio(self.bench.values(node), self.bench.values(g)) is not None

    def _try(self, node: Expr, reach: Sequence[str]) -> Fault | None:
        values = self.bench.values(node)
        announced = self.names.meant_for(node)
        options = sorted(self.cotangents.get(node.shape, []), key=lambda p: p[0] not in announced)
        best: Fault | None = None
        for z, g in options:
            right = self.bench.values(g)
            for scale in self.scales:
                if self.bench.agree(values, [scale * v for v in right]):
                    continue
                repaired = self._repaired(node, right, scale, reach)
                if len(repaired) == len(reach) or (repaired and z in announced and best is None):
                    best = Fault(node, g, scale, repaired, z)
                if len(repaired) == len(reach):
                    return best
        return best

    def _repaired(self, node: Expr, right: Sequence[Any], scale: float, reach: Sequence[str]) -> list[str]:
        """The gradients among ``reach`` that are right once ``node`` is replaced; none unless the nearest
        is.
        """
        replaced = {node: [scale * v for v in right]}
        nearest = min(reach, key=lambda n: self._order[n])
        if not self._right_with(replaced, nearest):
            return []
        return [n for n in reach if n == nearest or self._right_with(replaced, n)]

    def _right_with(self, replaced: Mapping[Expr, Sequence[Any]], name: str) -> bool:
        root = self.expressions[name]
        return all(self._is_right(self.bench.respond([root], replaced, k)[0], name, k)
                   for k in range(len(self.bench.tables)))

    def _is_right(self, value: Any, name: str, k: int) -> bool:
        goal = self.bench.values(self.bench.gradients[name])
        return self.bench.agree([value], [goal[k]], size_of(goal) * 1e-3)
