"""The additive terms of a candidate's expression, each with the node of the user's code it came from."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import cast

from gradproof.calculus.canonical import Factors
from gradproof.calculus.canonical import terms as expanded
from gradproof.expr.indexing import ACCUMULATE, SCATTER, STORE, index
from gradproof.expr.node import NUMBER, Expr, Size, Spec, iterate_postorder, make, number_value
from gradproof.expr.powers import POWER
from gradproof.expr.product import PRODUCT, SUM, einsum, is_zero, specs_of
from gradproof.expr.templates import Template

MOST_TERMS = 16


@dataclass(frozen=True, slots=True)
class Term:
    """One additive term; ``node`` is where it stands in the user's code."""

    expr: Expr
    node: Expr


def split(node: Expr, atoms: Set[Expr] = frozenset()) -> list[Term]:
    """Terms as they are written: sums are opened, also behind scalar factors, but nothing is multiplied
    out.
    """
    if node in atoms:
        return [Term(node, node)]
    if node.op is SUM:
        return [t for arg in node.args for t in split(arg, atoms)]
    if node.op is ACCUMULATE:
        return _added_parts(node, atoms)
    added = _added_in_place(node)
    if added is not None:
        return [t for part in added for t in split(part, atoms)]
    inner = _scaled_sum(node)
    if inner is not None and node.args[inner] not in atoms:
        parts = split(node.args[inner], atoms)
        if len(parts) > 1:
            return [Term(_with_argument(node, inner, t.expr), t.node) for t in parts]
    return [Term(node, node)]


def _added_parts(node: Expr, atoms: Set[Expr]) -> list[Term]:
    """``a[i] += v`` is a plus v at i."""
    templates, counts = cast("tuple[tuple[Template, ...], tuple[int, ...]]", node.attrs)
    result, position = split(node.args[0], atoms), 1
    if len(templates) > MOST_TERMS:
        return [Term(node, node)]
    for template, count in zip(templates, counts, strict=True):
        value, arrays = node.args[position], node.args[position + 1 : position + 1 + count]
        position += 1 + count
        for part in split(value, atoms):
            result.append(Term(make(SCATTER, (part.expr, *arrays), (template, node.shape)), part.node))
    return [t for t in result if not is_zero(t.expr)]


def _added_in_place(node: Expr) -> list[Expr] | None:
    """``a[i] = a[i] + v`` is a plus v at i."""
    if node.op is not STORE or len(node.args) != 2 or node.args[1].op is not SUM:
        return None
    base, value = node.args
    (template,) = cast("tuple[tuple[Template, ...]]", node.attrs[:1])[0]
    own = index(base, template)
    if own not in value.args:
        return None
    rest = [a for a in value.args if a is not own]
    return [base, *(make(SCATTER, (a,), (template, node.shape)) for a in rest)]


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


def term_count(expr: Expr, atoms: Set[Expr]) -> int:
    """How many terms multiplying out would give, at most; one more than allowed stands for more."""
    counts: dict[Expr, int] = {}
    for node in iterate_postorder([expr], set()):
        below = [counts[a] for a in node.args]
        if node in atoms or not below:
            count = 1
        elif node.op is SUM:
            count = sum(below)
        elif node.op is PRODUCT:
            count = prod(below)
        else:
            exponent = number_value(node.args[1]) if node.op is POWER else None
            whole = exponent is not None and exponent > 1 and below[0] > 1
            count = MOST_TERMS + 1 if whole else 1
        counts[node] = min(count, MOST_TERMS + 1)
    return counts[expr]


def flat_factors(expr: Expr, atoms: Set[Expr]) -> Factors:
    """The factors of a product of products; sums are not opened, nor is anything in ``atoms``."""
    if expr.op is not PRODUCT:
        axes = tuple(range(expr.ndim))
        return Factors(Fraction(1), [(expr, axes)], axes, expr.shape)
    specs, out, sizes = specs_of(expr)
    table: list[Size] = list(sizes)
    coefficient = Fraction(1)
    flat: list[tuple[Expr, Spec]] = []
    stack = list(reversed(list(zip(expr.args, specs, strict=True))))
    while stack:
        arg, spec = stack.pop()
        value = number_value(arg)
        if isinstance(value, Fraction):
            coefficient *= value
        elif arg.op is PRODUCT and arg not in atoms:
            inner_specs, inner_out, inner_sizes = specs_of(arg)
            renamed = dict(zip(inner_out, spec, strict=True))
            for index, size in enumerate(inner_sizes):
                if index not in renamed:
                    renamed[index] = len(table)
                    table.append(size)
            stack += [(a, tuple(renamed[i] for i in s))
                      for a, s in reversed(list(zip(arg.args, inner_specs, strict=True)))]
        else:
            flat.append((arg, spec))
    used = {i for _, s in flat for i in s} | set(out)
    for index in {i for s in specs for i in s} - used:  # a broadcast axis that was summed away again
        size = table[index]
        coefficient *= size if isinstance(size, int) else 1
    return Factors(coefficient, flat, out, tuple(table))


def multiplied_out(term: Term, atoms: Set[Expr]) -> list[Term]:
    """The term with products multiplied out over sums, where that stays small."""
    if not 1 < term_count(term.expr, atoms) <= MOST_TERMS:
        return [term]
    parts = expanded(term.expr, atoms)
    if not 1 <= len(parts) <= MOST_TERMS:
        return [term]
    return [Term(p, term.node) for p in parts]


