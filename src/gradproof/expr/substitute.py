"""Putting other expressions in the place of nodes."""

from __future__ import annotations

from collections.abc import Mapping

from gradproof.expr.node import Expr, iterate_postorder, make
from gradproof.expr.product import PRODUCT, SUM, add, einsum, specs_of


def substitute(expr: Expr, replacements: Mapping[Expr, Expr]) -> Expr:
    """``expr`` with every node of ``replacements`` replaced; replacements are not looked into again.

    Raises
    ------
    ValueError
        A replacement has another shape than its node.
    """
    return substitution(expr, replacements)[expr]


def substitution(expr: Expr, replacements: Mapping[Expr, Expr]) -> dict[Expr, Expr]:
    """As :func:`substitute`, but what became of every node below ``expr``."""
    for node, other in replacements.items():
        if node.shape != other.shape:
            raise ValueError(f"a node of shape {node.shape} cannot be replaced by one of shape {other.shape}")
    done: dict[Expr, Expr] = dict(replacements)
    for node in iterate_postorder([expr], set(replacements)):
        args = tuple(done[a] for a in node.args)
        done[node] = node if args == node.args else with_args(node, args)
    return done


def with_args(node: Expr, args: tuple[Expr, ...]) -> Expr:
    """The same operation on other arguments of the same shapes."""
    if node.op is PRODUCT:
        specs, out, sizes = specs_of(node)
        return einsum(specs, args, out, sizes)
    if node.op is SUM:
        return add(*args)
    return make(node.op, args, node.attrs)
