"""One form for equal products: factors sorted by content, summed indices numbered by where they are met."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from gradproof.calculus.facts import is_symmetric
from gradproof.calculus.monomial import UNIT, Monomial, Powers, build, exchanged, flat
from gradproof.calculus.order import digest
from gradproof.expr.contraction import Spec
from gradproof.expr.node import Expr
from gradproof.expr.product import PRODUCT, SUM, add

MAX_TIES = 24


@lru_cache(maxsize=2048)
def in_any_order(node: Expr) -> Expr:
    """An expression with the terms of a sum and the factors of a product sorted by content."""
    if node.op is SUM:
        return add(*sorted((in_any_order(t) for t in node.args), key=digest))
    return build(labelled(flat(node))) if node.op is PRODUCT else node


def labelled(mono: Monomial) -> Monomial:
    """The same monomial with factors sorted and summed indices renumbered: equal for equal products.

    The two indices of a symmetric factor are exchanged where that puts the one met first in front.
    """
    items = [(base, spec, exponent) for (base, spec), exponent in mono.powers.items()]
    names = [f"{digest(base)}^{exponent}" for base, _, exponent in items]
    free = [len(spec) > 1 and spec[-1] != spec[-2] and is_symmetric(base) for base, spec, _ in items]
    order = sorted(range(len(items)), key=lambda k: names[k])
    if len(set(names)) < len(names):
        order = _tied_order([spec for _, spec, _ in items], free, names, mono)
    form, fresh = _numbered([items[k][1] for k in order], [free[k] for k in order], mono.ndim)
    powers = Powers()
    for k, spec in zip(order, form, strict=True):
        base, _, exponent = items[k]
        powers[base, spec] = exponent
    sizes = {new: mono.sizes[old] for old, new in fresh.items()}
    return Monomial(mono.coefficient, powers, mono.shape, sizes)


def _numbered(specs: list[Spec], free: list[bool], ndim: int) -> tuple[list[Spec], dict[int, int]]:
    """Specs with the summed indices numbered as they are met, and the new number of each."""
    if any(free):
        specs = _oriented(specs, free, ndim)
    fresh: dict[int, int] = {}
    form = [tuple(i if i < ndim else fresh.setdefault(i, ndim + len(fresh)) for i in s) for s in specs]
    return form, fresh


def _oriented(specs: list[Spec], free: list[bool], ndim: int) -> list[Spec]:
    """The indices of every symmetric factor in one order: axes of the result, then by where else they are.

    Two indices that are in the same factors at the same places can be exchanged everywhere at once.
    """
    places: dict[int, list[tuple[int, int]]] = {}
    for k, spec in enumerate(specs):
        for position, index in enumerate(spec):
            loose = free[k] and position >= len(spec) - 2
            places.setdefault(index, []).append((k, UNIT if loose else position))
    rank = {i: (min(i, ndim), found) for i, found in places.items()}
    return [
        exchanged(spec) if loose and rank[spec[-1]] < rank[spec[-2]] else spec
        for spec, loose in zip(specs, free, strict=True)
    ]


def _tied_order(specs: list[Spec], free: list[bool], names: list[str], mono: Monomial) -> list[int]:
    """Order of factors of which some are equal: by their indices, refined until stable (Weisfeiler-Leman)."""
    start = {i: f"axis{i}" for i in range(UNIT, mono.ndim)} | {i: f"sum{s}" for i, s in mono.sizes.items()}
    leaves = [(list(names), start)]
    best: tuple[list[Spec], list[int]] | None = None
    tried = 0
    while leaves:
        colours, tie = _refined(*leaves.pop(), specs, free)
        if tie and tried + len(leaves) < MAX_TIES:
            leaves += [([c + "!" if j == k else c for j, c in enumerate(colours)], start) for k in tie]
            continue
        tried += 1
        order = sorted(range(len(specs)), key=lambda k: colours[k])
        form, _ = _numbered([specs[k] for k in order], [free[k] for k in order], mono.ndim)
        if best is None or form < best[0]:
            best = form, order
    assert best is not None
    return best[1]


def _refined(
    colours: list[str], index_colours: dict[int, str], specs: list[Spec], free: list[bool]
) -> tuple[list[str], list[int]]:
    """Colours of the factors made as fine as their indices allow, and the first class that stays tied."""
    for _ in range(len(specs) + 1):
        seen: dict[int, list[str]] = {}
        for colour, spec, loose in zip(colours, specs, free, strict=True):
            for position, index in enumerate(spec):
                place = "s" if loose and position >= len(spec) - 2 else position
                seen.setdefault(index, []).append(f"{colour}.{place}")
        index_rank = _ranked(
            {i: f"{index_colours[i]}:{sorted(places) if i >= 0 else ''}" for i, places in seen.items()}
        )
        finer = [
            f"{c}|{_ranks(s, index_rank, loose)}" for c, s, loose in zip(colours, specs, free, strict=True)
        ]
        rank = _ranked(dict(enumerate(finer)))
        new = [f"{rank[k]:04d}" for k in range(len(specs))]
        if len(set(new)) == len(set(colours)):
            colours = new
            break
        colours = new
    groups: dict[str, list[int]] = {}
    for k, colour in enumerate(colours):
        groups.setdefault(colour, []).append(k)
    return colours, next((groups[c] for c in sorted(groups) if len(groups[c]) > 1), [])


def _ranks(spec: Spec, rank: Mapping[int, int], loose: bool) -> list[int]:
    ranks = [rank[i] for i in spec]
    return [*ranks[:-2], *sorted(ranks[-2:])] if loose else ranks


def _ranked(values: Mapping[int, str]) -> dict[int, int]:
    position = {value: rank for rank, value in enumerate(sorted(set(values.values())))}
    return {key: position[value] for key, value in values.items()}
