"""The one place that applies derivative rules.

Reverse accumulation over the expression graph: every rule maps the cotangent of a node to the cotangents
of its arguments, as expressions (Griewank and Walther, Evaluating Derivatives, 2008, ch. 3).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from gradproof.errors import InputError
from gradproof.expr.complex import as_real_as
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import Expr, number, postorder
from gradproof.expr.product import add, zeros


def depends_on(output: Expr, wrt: Iterable[Expr]) -> set[Expr]:
    """Nodes below ``output`` (itself included) that depend on one of ``wrt``."""
    active = set(wrt)
    for node in postorder(output):
        if any(a in active for a in node.args):
            active.add(node)
    return active


def pullback(output: Expr, seed: Expr, wrt: Sequence[Expr]) -> dict[Expr, Expr]:
    """Cotangent of every node between ``wrt`` and ``output``, given the cotangent ``seed`` of ``output``.

    Nodes on which ``output`` does not depend are absent. A cotangent has the shape of its node; that of a
    real node is real, since only Re Σ g∘dx counts.
    """
    active = depends_on(output, wrt)
    arriving: dict[Expr, deque[Expr]] = {output: deque([seed])}
    cotangents: dict[Expr, Expr] = {}
    order = postorder(output)
    some_complex = any(not n.args and is_complex(n) for n in order)
    for node in reversed(order):
        if node not in arriving or node not in active:
            continue
        g = add(*arriving.pop(node))
        if some_complex:
            g = as_real_as(node, g)
        cotangents[node] = g
        if not any(a in active for a in node.args):
            continue
        if node.op.pullback is None:
            raise InputError(f"{node.op.name} has no derivative rule", where=repr(node))
        contributions = list(zip(node.args, node.op.pullback(node, g), strict=True))
        for arg, contribution in reversed(contributions):  # what is used first stands first in the sum
            if contribution is not None and arg in active:
                arriving.setdefault(arg, deque()).appendleft(contribution)
    return cotangents


def cotangents(cost: Expr, wrt: Sequence[Expr]) -> dict[Expr, Expr]:
    """Cotangents of a scalar cost: ∂cost/∂node for every node that depends on ``wrt``."""
    if cost.shape != ():
        raise InputError(
            f"a gradient needs a scalar cost; this one has shape {cost.shape}",
            fix="sum or average it to one number, or ask for its Jacobian",
        )
    return pullback(cost, number(1), wrt)


def gradient(cost: Expr, wrt: Sequence[Expr]) -> list[Expr]:
    """Gradients of a scalar cost, each with the shape of its variable; zero where it does not occur."""
    table = cotangents(cost, wrt)
    return [table.get(x, zeros(x.shape)) for x in wrt]
