"""Values that one piece of source computes again and again, in step: what a line in a loop could have
used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gradproof.calculus.differentiate import pullback
from gradproof.checking.diagnosis.bench import Bench
from gradproof.checking.diagnosis.names import Names
from gradproof.expr.node import SYMBOL, Expr, postorder
from gradproof.expr.product import PRODUCT, SUM, ones, specs_of
from gradproof.read.trace import Origin

Series = tuple[Expr, ...]
MOST_BETWEEN = 40


def forward_series(bench: Bench) -> list[Series]:
    """Forward values by the source that computes them, with those of one iteration less at either end, and
    the
    values they are computed from.
    """
    found: dict[Any, list[Expr]] = {}
    for node in postorder(bench.truth.trace.cost):
        for origin in bench.truth.trace.places.get(node, ()):
            found.setdefault(origin, []).append(node)
    result: list[Series] = []
    for nodes in found.values():
        if len(nodes) > 1:
            result += trimmed(nodes)
            if all(len(n.args) == len(nodes[0].args) for n in nodes):
                columns = (tuple(n.args[k] for n in nodes) for k in range(len(nodes[0].args)))
                result += [c for c in columns if len(set(c)) == len(c)]
    return result


def trimmed(nodes: Sequence[Expr]) -> list[Series]:
    """A series, and the same with one iteration less at either end."""
    return [tuple(nodes), tuple(nodes[:-1]), tuple(nodes[1:])]


def bound_series(bench: Bench) -> dict[Series, tuple[Origin, str]]:
    """Values the candidate bound by one assignment, whether it used them or not; with that assignment, the
    later
    one where two bound the same values.
    """
    trace = bench.findings.candidate_trace or bench.truth.trace
    found: dict[tuple[Origin, str], list[Expr]] = {}
    for b in trace.bindings:
        if b.expr.op is not SYMBOL:
            for short in dict.fromkeys((b.short.split("[")[0], b.short)):
                group = found.setdefault((Origin(b.file, b.function, b.line, b.line, 0, 0), short), [])
                if b.expr not in group:
                    group.append(b.expr)
    return {tuple(g): key for key, g in found.items()}


def in_step(series: Series, length: int) -> Iterator[Series]:
    """The series, or the parts of it of a length: every so many, or one after the other."""
    if len(series) == length:
        yield series
    elif length > 1 and len(series) % length == 0 and len(series) <= MOST_BETWEEN:
        step = len(series) // length
        for k in range(step):
            yield series[k::step]
            yield series[k * length : (k + 1) * length]


def activation_derivatives(bench: Bench, names: Names) -> list[Series]:
    """Derivatives of the entrywise functions between the user's named variables, by the line that names the
    function's value: 1 − A² for ``A = np.tanh(Z)``, however it is spelled.
    """
    lines: dict[Any, list[Expr]] = {}
    named = set(names.forward)
    for b in bench.truth.trace.bindings:
        if b.expr in bench.truth.cotangents and b.expr.ndim:
            z = _argument(b.expr, named)
            if z is not None:
                g = pullback(b.expr, ones(b.expr.shape), [z]).get(z)
                group = lines.setdefault((b.file, b.line, b.expr.shape), [])
                if g is not None and g not in group:
                    group.append(g)
    return [tuple(g) for g in lines.values()]


def _argument(value: Expr, named: set[Expr]) -> Expr | None:
    """The named variable of which a value is a function, entry by entry; None if there is no single one."""
    stack, seen, found = list(value.args), {value}, set()
    if not _is_entrywise(value):
        return None
    while stack and len(seen) < MOST_BETWEEN:
        node = stack.pop()
        if node in seen or not node.args:
            continue
        seen.add(node)
        if node.shape == value.shape and (node in named or _is_affine(node)):
            found.add(node)
        elif not _is_entrywise(node):
            return None
        else:
            stack.extend(node.args)
    return found.pop() if len(found) == 1 else None


def _is_affine(node: Expr) -> bool:
    """Whether a node is a sum with a product in it that is not taken entry by entry, as in W @ A + b."""
    return node.op is SUM and any(a.args and not _is_entrywise(a) for a in node.args)


def _is_entrywise(node: Expr) -> bool:
    if node.op.elementwise or node.op is SUM:
        return True
    if node.op is not PRODUCT:
        return False
    specs, out, _ = specs_of(node)
    return all(tuple(s) in ((), tuple(out)) for s in specs)


def filled_in(bench: Bench, series: Iterable[Series]) -> list[Series]:
    """The series whose values are known at every point."""
    result = []
    for s in series:
        try:
            for node in s:
                bench.values(node)
        except KeyError:  # a leaf of another call
            continue
        result.append(s)
    return list(dict.fromkeys(result))
