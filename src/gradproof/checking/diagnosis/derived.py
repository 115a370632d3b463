"""The derived gradients in the form people write: each cotangent in terms of the named ones after it."""

from __future__ import annotations

from gradproof.calculus.backprop import backprop
from gradproof.calculus.blocks import blocks
from gradproof.checking.diagnosis.bench import Bench, size_of
from gradproof.checking.diagnosis.names import Names
from gradproof.errors import GradproofError
from gradproof.expr.node import SYMBOL, Expr, postorder
from gradproof.expr.substitute import substitute

MOST_NODES = 4000


def readable(bench: Bench, names: Names) -> dict[Expr, Expr]:
    """For derived cotangents, an equal expression as a textbook has it: ``A3 − Y`` and not the chain rule's
    product. Each is verified by its value at every point; a cost too large for it gets none.
    """
    cost = bench.truth.trace.cost
    if len(postorder(cost)) > MOST_NODES:
        return {}
    parameters = list(bench.truth.trace.parameters.values())
    variables = [z for z in names.forward if z.op is not SYMBOL and z is not cost]
    labels = {f"v{k}": z for k, z in enumerate(variables)}
    try:
        cut = blocks(cost, parameters, {z: label for label, z in labels.items()})
        swept = backprop(cut, parameters, bench.findings.inputs(), {p: p.name for p in parameters})
    except GradproofError:
        return {}
    known: dict[Expr, Expr] = {
        proxy: labels[cut.names[n]] for n, proxy in cut.proxies.items() if cut.names[n] in labels
    }
    result: dict[Expr, Expr] = {}
    for equation in swept.equations:
        z = equation.node if equation.node in parameters else labels.get(equation.name)
        own = bench.truth.cotangents.get(z) if z is not None else None
        if own is None or any(
            s not in known for s in postorder(equation.value) if s.op is SYMBOL and _made(s)
        ):
            continue
        known[equation.symbol] = own
        written = substitute(equation.value, {k: v for k, v in known.items() if k is not equation.symbol})
        exact, found = bench.values(own), bench.values(written)
        if bench.agree(found, exact, size_of(exact)):
            result[own] = written
    return result


def _made(leaf: Expr) -> bool:
    """Whether a symbol stands for a named variable or its cotangent, and is not one of the user's leaves."""
    mark = leaf.attrs[2]
    return isinstance(mark, int) and mark < 0
