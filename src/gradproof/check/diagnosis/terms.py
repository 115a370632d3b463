"""The additive terms of a candidate's expression, each with the node of the user's code it came from."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from gradproof.calculus.canonical import terms as expanded
from gradproof.expr.node import NUMBER, Expr
from gradproof.expr.product import PRODUCT, SUM, einsum, specs_of

MOST_TERMS = 16
MOST_NODES = 150


@dataclass(frozen=True, slots=True)
class Term:
    """One additive term; ``node`` is where it stands in the user's code."""

    expr: Expr
    node: Expr


def split(node: Expr, atoms: Set[Expr] = frozenset()) -> list[Term]:
    """Terms as they are written: sums are opened, also behind scalar factors, but nothing is multiplied out."""
    if node in atoms:
        return [Term(node, node)]
    if node.op is SUM:
        return [t for arg in node.args for t in split(arg, atoms)]
    inner = _scaled_sum(node)
    if inner is not None and node.args[inner] not in atoms:
        parts = split(node.args[inner], atoms)
        if len(parts) > 1:
            return [Term(_with_argument(node, inner, t.expr), t.node) for t in parts]
    return [Term(node, node)]


def _scaled_sum(node: Expr) -> int | None:
    """Position of the only factor of a product that is not a scalar, if it keeps its axes."""
    if node.op is not PRODUCT:
        return None
    arrays = [k for k, a in enumerate(node.args) if a.ndim]
    if len(arrays) != 1 or node.args[arrays[0]].op is NUMBER:
        return None
    return arrays[0]


def _with_argument(node: Expr, position: int, argument: Expr) -> Expr:
    specs, out, sizes = specs_of(node)
    args = list(node.args)
    args[position] = argument
    return einsum(specs, args, out, sizes)


def is_small(expr: Expr, atoms: Set[Expr]) -> bool:
    """Whether few nodes stand between an expression and the atoms, so that taking it apart is quick."""
    seen, stack = {expr}, [expr]
    while stack and len(seen) <= MOST_NODES:
        for arg in stack.pop().args:
            if arg not in atoms and arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return len(seen) <= MOST_NODES


def multiplied_out(term: Term, atoms: Set[Expr]) -> list[Term]:
    """The term with products multiplied out over sums, where that stays small."""
    if not is_small(term.expr, atoms):
        return [term]
    parts = expanded(term.expr, atoms)
    if not 1 <= len(parts) <= MOST_TERMS:
        return [term]
    return [Term(p, term.node) for p in parts]


