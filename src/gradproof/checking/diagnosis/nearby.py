"""The other reading of a disagreement: the gradient is right, and the cost is the wrong side.

The cost is cut into its penalties, each of one parameter alone, and the rest, its data loss. A candidate may
be the exact gradient of a cost with another penalty (scaled, left out, added, of squares in place of absolute
values, without some entries), with another scale of its data loss, or of the whole cost times a constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradproof.calculus.differentiate import gradient
from gradproof.checking.diagnosis.bench import Bench, size_of
from gradproof.checking.diagnosis.names import Names
from gradproof.checking.diagnosis.penalty import NONE, Penalty, moved_entries, penalty_of, several
from gradproof.expr.node import SYMBOL, Expr, postorder
from gradproof.expr.product import PRODUCT, SUM, add, einsum, specs_of

MOST_PARTS = 400
LONGEST = 80
END = "; if that cost was meant, the cost is the wrong side."


def nearby_cost(bench: Bench, names: Names, wrong: Sequence[str]) -> str:
    """Of which nearby cost the candidate is the exact gradient, as a sentence; empty where there is none.

    A cost is named only if it explains every wrong gradient at every point.
    """
    findings = bench.findings
    broken = [n for n, s in findings.status.items() if s != "same"]
    if not wrong or any(findings.status[n] != "apart" or n not in findings.expressions for n in broken):
        return ""
    return _Case(bench, names, broken).sentence()


class _Case:
    """The cost cut into parts, and what the candidate has besides their gradients."""

    def __init__(self, bench: Bench, names: Names, wrong: Sequence[str]) -> None:
        self.bench, self.names, self.wrong = bench, names, wrong
        self.truth, self.found = bench.truth, bench.findings.expressions
        self.parameters = self.truth.trace.parameters
        self.penalties, self.data = self._cut()

    def sentence(self) -> str:
        """The first of the penalties, the data loss and the whole cost that explains it all."""
        rest = {n: self._rest(n) for n in self.parameters if n in self.found}
        if any(r is None for r in rest.values()):
            return ""
        known = {n: r for n, r in rest.items() if r is not None}
        return self._other_penalty(known) or self._other_data(known) or self._other_whole(known)

    def _cut(self) -> tuple[dict[str, list[Expr]], list[Expr]]:
        """Penalties by parameter, and the other parts of the cost."""
        penalties: dict[str, list[Expr]] = {}
        data: list[Expr] = []
        by_symbol = {p: n for n, p in self.parameters.items()}
        for part in cut(self.truth.trace.cost):
            leaves = [n for n in postorder(part) if n.op is SYMBOL and (n.ndim or n in by_symbol)]
            if len(leaves) == 1 and leaves[0] in by_symbol:
                penalties.setdefault(by_symbol[leaves[0]], []).append(part)
            elif leaves:
                data.append(part)
        return penalties, data

    def _rest(self, name: str) -> list[Any] | None:
        found, right = self.bench.values(self.found[name]), self.bench.values(self.truth.gradients[name])
        if any(a.shape != b.shape and a.size != b.size for a, b in zip(found, right, strict=True)):
            return None
        return [a.reshape(b.shape) - b for a, b in zip(found, right, strict=True)]

    def _size(self, name: str) -> float:
        return size_of(self.bench.values(self.truth.gradients[name]))

    # --- another penalty --------------------------------------------------------------------------------

    def _other_penalty(self, rest: dict[str, list[Any]]) -> str:
        changes: dict[tuple[Any, ...], list[tuple[str, Penalty, Penalty]]] = {}
        for name in self.wrong:
            symbol = self.parameters[name]
            own = self._slope(name)
            old = penalty_of(self.bench, symbol, own, 0.0)
            total = [o + r for o, r in zip(own, rest[name], strict=True)]
            new = penalty_of(self.bench, symbol, total, self._size(name))
            if new is None or new.amount < 0:
                return ""
            if old is None and new.kind == NONE and not self.penalties.get(name):
                return ""
            before = old or Penalty("other", text=self._text(self.penalties[name]))
            changes.setdefault((before.key(), new.key()), []).append((name, before, new))
        if len(changes) != 1:
            return ""
        (group,) = changes.values()
        variables = [name for name, _, _ in group]
        return self._told(variables, [old for _, old, _ in group], [new for _, _, new in group])

    def _told(self, variables: Sequence[str], old: Sequence[Penalty], new: Sequence[Penalty]) -> str:
        variables = [self.names.parameter(v) for v in variables]
        moved = moved_entries(old[0], new[0]) if len(variables) == 1 else ""
        if moved:
            return f"It is the exact gradient of the cost with its penalty {moved} of {variables[0]}{END}"
        before, after = several(self.names, variables, old), several(self.names, variables, new)
        if not after:
            return f"It is the exact gradient of the cost without {before}{END}"
        if not before:
            return f"It is the exact gradient of the cost with {after} added{END}"
        return f"It is the exact gradient of the cost with {after} in place of {before}{END}"

    def _slope(self, name: str) -> list[Any]:
        parts = self.penalties.get(name)
        symbol = self.parameters[name]
        if not parts:
            return [0 * v for v in self.bench.values(symbol)]
        return self.bench.values(gradient(add(*parts), [symbol])[0])

    # --- another scale ----------------------------------------------------------------------------------

    def _other_data(self, rest: dict[str, list[Any]]) -> str:
        if not self.penalties:
            return ""
        slopes = {n: [r - p for r, p in zip(self._right(n), self._slope(n), strict=True)] for n in rest}
        factor = self._factor(rest, slopes)
        if not factor:
            return ""
        times = self.names.factor(factor)
        return f"It is the exact gradient of the cost with its data loss times {times}{END}"

    def _other_whole(self, rest: dict[str, list[Any]]) -> str:
        factor = self._factor(rest, {n: self._right(n) for n in rest})
        if not factor:
            return ""
        return f"It is the exact gradient of {self.names.factor(factor)} times the cost{END}"

    def _right(self, name: str) -> list[Any]:
        return self.bench.values(self.truth.gradients[name])

    def _factor(self, rest: dict[str, list[Any]], slopes: dict[str, list[Any]]) -> float:
        """The one constant c with rest = (c − 1)·slope for every parameter; 0 where there is none."""
        ratio: float | None = None
        for name, values in slopes.items():
            size = self._size(name)
            if size_of(values) == 0:
                if size_of(rest[name]) > 1e-12 * size:
                    return 0.0
                continue
            c = self.bench.ratio(rest[name], values, size)
            if c is None or (ratio is not None and abs(c - ratio) > 1e-6 * abs(ratio)):
                return 0.0
            ratio = c
        return 0.0 if ratio is None else max(1 + ratio, 0.0)

    def _text(self, parts: Sequence[Expr]) -> str:
        text = " + ".join(" ".join(self.names.text(p).split()) for p in parts[:2])
        return "its penalty" if len(parts) > 2 or len(text) > LONGEST or "where" in text else text


def cut(cost: Expr) -> list[Expr]:
    """The additive parts of a cost as they are written: a product is opened where one factor of it is a sum,
    so squares stay whole.
    """
    parts: dict[Expr, list[Expr]] = {}
    for node in _sums_and_products(cost):
        if node.op is SUM:
            parts[node] = [p for a in node.args for p in parts.get(a, [a])]
        else:
            parts[node] = _distributed(node, [parts.get(a, [a]) for a in node.args])
        if len(parts[node]) > MOST_PARTS:
            parts[node] = [node]
    return parts.get(cost, [cost])


def _sums_and_products(root: Expr) -> list[Expr]:
    """Sums and products that are reached through sums and products alone, arguments first."""
    found: dict[Expr, None] = {}
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            found[node] = None
        elif node.op in (SUM, PRODUCT) and node not in found:
            stack.append((node, True))
            stack += [(a, False) for a in node.args]
    return list(found)


def _distributed(node: Expr, parts: Sequence[list[Expr]]) -> list[Expr]:
    several = [k for k, p in enumerate(parts) if len(p) > 1]
    if len(several) != 1:
        return [node]
    specs, out, sizes = specs_of(node)
    return [einsum(specs, [p if k == several[0] else a for k, a in enumerate(node.args)], out, sizes)
            for p in parts[several[0]]]


__all__ = ["cut", "nearby_cost"]
