"""Common factors of the terms of a sum: AᵀX + A X = (Aᵀ + A) X.

Factors of two terms correspond where they are equal and carry the same axes of the result, or summed indices
that correspond. What is left of the terms is a sum with the axes of the result and the indices that connected
it to the common factors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gradproof.calculus.components import torn_apart_by
from gradproof.calculus.content import content
from gradproof.calculus.facts import is_symmetric
from gradproof.calculus.labelling import in_any_order
from gradproof.calculus.monomial import UNIT, Factor, Monomial, Powers, build, flat
from gradproof.calculus.order import digest
from gradproof.calculus.rewrite import Rule
from gradproof.calculus.size import length
from gradproof.expr.contraction import Spec
from gradproof.expr.matching import orientations
from gradproof.expr.node import DELTA, Expr, Size, symbol
from gradproof.expr.product import add, einsum

MAX_FACTORED = 16  # terms of a sum that is searched
MAX_FACTORS = 12
ONE = Fraction(1)

Pairs = tuple[tuple[Factor, Factor], ...]


@dataclass(frozen=True, slots=True)
class _Common:
    """Factors that terms have in common: one term's, and for each term its own and its indices' places."""

    factors: tuple[Factor, ...]
    members: tuple[int, ...]
    matches: tuple[tuple[tuple[Factor, ...], dict[int, int]], ...]


@dataclass(frozen=True, slots=True)
class _Term(Monomial):
    """A term, and which of its factors make up scalars beside others: xᵀA x in (xᵀA x) B x."""

    inside: frozenset[Factor]


def _term(node: Expr) -> _Term:
    mono = flat(node)
    return _Term(mono.coefficient, mono.powers, mono.shape, mono.sizes, torn_apart_by(mono))


def common_factor(node: Expr) -> Expr | None:
    """The sum with a common factor of some of its terms outside, if one is found."""
    if node.ndim > 2 or not 2 <= len(node.args) <= MAX_FACTORED:
        return None
    if any(len(flat(t).powers) > MAX_FACTORS for t in node.args):
        return None
    parts = [_term(t) for t in node.args]
    best: tuple[tuple[float, int, int, str], Expr] | None = None
    for found in _candidates(parts):
        new = _factored(node, parts, found)
        if new is None:
            continue
        key = (length(new), -len(found.factors), _displaced(parts, found), digest(in_any_order(new)))
        if best is None or key < best[0]:
            best = key, new
    return best[1] if best is not None and best[0][0] < length(node) else None


def _displaced(parts: Sequence[_Term], found: _Common) -> int:
    """How many factors correspond to one at another place: xᵀA x + xᵀB x = xᵀ(A + B) x, not xᵀ(A + Bᵀ) x."""
    places = [list(parts[k].powers) for k in found.members]
    orders = [[order.index(f) for f in own] for order, (own, _) in zip(places, found.matches, strict=True)]
    return sum(a != b for order in orders for a, b in zip(order, orders[0], strict=True))


def _candidates(parts: Sequence[_Term]) -> Iterator[_Common]:
    seen: set[tuple[object, ...]] = set()
    for i, first in enumerate(parts):
        for second in parts[i + 1 :]:
            for pairs in _shared(first, second):
                factors = tuple(sorted((f for f, _ in pairs), key=lambda f: list(first.powers).index(f)))
                key = (i, frozenset(factors))
                if key in seen:
                    continue
                seen.add(key)
                found = _members(parts, i, factors)
                if found is not None:
                    yield found


def _shared(first: _Term, second: _Term) -> Iterator[Pairs]:
    """Largest sets of corresponding factors, one for every pair that one can start from."""
    for seed in first.powers:
        if not _matrix(seed):
            continue
        for target in second.powers:
            for places in _correspondences(seed, target, first, second, {}):
                yield _grown(first, second, (seed, target), places)


def _matrix(factor: Factor) -> bool:
    base, spec = factor
    return base.op is not DELTA and any(i != UNIT for i in spec)


def _correspondences(
    a: Factor, b: Factor, first: _Term, second: _Term, places: dict[int, int]
) -> Iterator[dict[int, int]]:
    """Where the indices go, for each way to lay one factor upon the other."""
    if a[0] is not b[0] or first.powers[a] != second.powers[b]:
        return
    if (a in first.inside) != (b in second.inside):
        return  # a scalar is not torn apart for a factor that stands outside one elsewhere
    for spec in orientations(b[0], b[1], is_symmetric):
        new = _placed(a[1], spec, first.ndim, places)
        if new is not None and all(first.sizes[i] == second.sizes[j] for i, j in new.items()):
            yield new


def _placed(spec: Spec, target: Spec, ndim: int, places: dict[int, int]) -> dict[int, int] | None:
    new = dict(places)
    for i, j in zip(spec, target, strict=True):
        if i < ndim or j < ndim:
            if i != j:
                return None
        elif new.get(i, j) != j or (i not in new and j in new.values()):
            return None
        else:
            new[i] = j
    return new


def _grown(first: _Term, second: _Term, seed: tuple[Factor, Factor], places: dict[int, int]) -> Pairs:
    pairs = [seed]
    growing = True
    while growing:
        growing = False
        taken, given = {a for a, _ in pairs}, {b for _, b in pairs}
        for a in first.powers:
            if a in taken or a[0].op is DELTA:
                continue
            for b in second.powers:
                # A factor joins where it touches what is common already, so that the choice is forced.
                if b in given or (a[1] and not _touches(a, pairs, first.ndim)):
                    continue
                new = next(_correspondences(a, b, first, second, places), None)
                if new is not None:
                    pairs.append((a, b))
                    places, growing = new, True
                    break
            if growing:
                break
    return tuple(pairs)


def _touches(factor: Factor, pairs: Sequence[tuple[Factor, Factor]], ndim: int) -> bool:
    own = set(factor[1])
    return any(i < ndim for i in own) or any(own & set(a[1]) for a, _ in pairs)


def _members(parts: Sequence[_Term], start: int, factors: tuple[Factor, ...]) -> _Common | None:
    """Every term that has these factors, connected to the rest of it in the same way."""
    lead = parts[start]
    open_ = _open_indices(lead, factors)
    members: list[int] = []
    matches: list[tuple[tuple[Factor, ...], dict[int, int]]] = []
    for k, part in enumerate(parts):
        found = (factors, {i: i for i in lead.sizes}) if k == start else _match(lead, part, factors)
        if found is None:
            continue
        own, places = found
        rest = [f for f in part.powers if f not in own]
        if not rest and not part.powers:
            continue
        linked = {i for i in _open_indices(part, own) if i >= part.ndim}
        if not rest or linked != {places[i] for i in open_ if i >= lead.ndim}:
            continue
        members.append(k)
        matches.append(found)
    return _Common(factors, tuple(members), tuple(matches)) if len(members) > 1 else None


def _match(
    lead: _Term, part: _Term, factors: tuple[Factor, ...]
) -> tuple[tuple[Factor, ...], dict[int, int]] | None:
    stack: list[tuple[tuple[Factor, ...], dict[int, int]]] = [((), {})]
    tries = 0
    while stack and tries < 100:
        own, places = stack.pop()
        if len(own) == len(factors):
            return own, places
        wanted = factors[len(own)]
        for b in reversed(part.powers):  # the last one in is tried first: factors in their own order
            if b not in own:
                tries += 1
                ways = list(_correspondences(wanted, b, lead, part, places))
                stack += [((*own, b), new) for new in reversed(ways)]
    return None


def _open_indices(mono: Monomial, factors: Sequence[Factor]) -> list[int]:
    """Indices of what is left of a term: axes of the result, and those shared with the common factors."""
    inside = {i for _, spec in factors for i in spec}
    rest = {i for f in mono.powers if f not in factors for i in f[1]}
    return sorted(i for i in rest if i != UNIT and (i < mono.ndim or i in inside))


def _factored(node: Expr, parts: Sequence[_Term], found: _Common) -> Expr | None:
    start = next(k for k, (own, _) in zip(found.members, found.matches, strict=True) if own == found.factors)
    lead = parts[start]
    axes: set[int] = set()
    for k, (own, places) in zip(found.members, found.matches, strict=True):
        back = {j: i for i, j in places.items()}
        axes |= {back.get(i, i) if i >= lead.ndim else i for i in _open_indices(parts[k], own)}
    partial = len(found.members) < len(parts)
    if not 1 <= len(axes) <= 2 or (partial and not _is_worth_it(lead, found, parts)):
        return None  # a x + b x with scalars a and b is read term by term

    def rests_in(order: Sequence[int]) -> list[Monomial]:
        shape: tuple[Size, ...] = tuple(lead.shape[i] if i < lead.ndim else lead.sizes[i] for i in order)
        return [
            _rest(parts[k], own, {places[i] if i >= lead.ndim else i: n for n, i in enumerate(order)}, shape)
            for k, (own, places) in zip(found.members, found.matches, strict=True)
        ]

    ways = {order: rests_in(order) for order in (tuple(sorted(axes)), tuple(sorted(axes, reverse=True)))}
    order = min(ways, key=lambda w: sum(map(_turned, ways[w])))
    rests = sorted(ways[order], key=lambda m: (m.coefficient < 0, _turned(m)))
    inner = add(*(build(r) for r in rests))
    sign = content(rests)
    if sign != 1:
        inner = add(*(build(r.times(1 / sign)) for r in rests))
    powers = Powers()
    for factor, exponent in lead.powers.items():
        if factor in found.factors:
            powers[factor] = exponent
        elif (inner, order) not in powers:
            powers[inner, order] = ONE
    used = {i for _, spec in powers for i in spec}
    whole = Monomial(sign, powers, lead.shape, {i: s for i, s in lead.sizes.items() if i in used})
    new = build(whole)
    if not partial:
        return new
    others = [t for k, t in enumerate(node.args) if k not in found.members[1:]]
    return add(*(new if t is node.args[found.members[0]] else t for t in others))


def _turned(mono: Monomial) -> int:
    """How many factors would be printed transposed."""
    count = 0
    for base, spec in mono.powers:
        if len(spec) == 2 and not is_symmetric(base):
            count += spec[0] == mono.ndim - 1 or spec[1] == 0
    return count


def _is_worth_it(lead: _Term, found: _Common, parts: Sequence[_Term]) -> bool:
    """Whether a factor of some terms is pulled out of them: where it is at least as long as what stays.

    Xᵀ X A + Xᵀ A X + A X X is easier to read than Xᵀ (X A + A X) + A X X.
    """
    outside = sum(1 for f in found.factors if _matrix(f))
    inside = max(sum(1 for f in parts[k].powers if _matrix(f)) - outside for k in found.members)
    return outside >= inside


def _rest(mono: Monomial, own: Sequence[Factor], places: dict[int, int], shape: tuple[Size, ...]) -> Monomial:
    """A term without its common factors, its open indices as axes."""
    left = {f: e for f, e in mono.powers.items() if f not in own}
    used = {i for _, spec in left for i in spec}
    summed = {i: s for i, s in mono.sizes.items() if i in used and i not in places}
    fresh = {i: len(shape) + n for n, i in enumerate(summed)}
    place = {UNIT: UNIT, **places, **fresh}
    powers = {(b, tuple(place[i] for i in spec)): e for (b, spec), e in left.items()}
    return Monomial(mono.coefficient, powers, shape, {fresh[i]: s for i, s in summed.items()})


def _samples_common() -> Expr:
    a, x = symbol("A", (3, 3)), symbol("X", (3, 2))
    return add(einsum([(1, 0), (1, 2)], [a, x], (0, 2)), einsum([(0, 1), (1, 2)], [a, x], (0, 2)))


FACTORING = (
    Rule(
        "common factor",
        common_factor,
        ("sum",),
        "AᵀX + A X = (Aᵀ + A) X",
        "the result is strictly shorter",
        "distributivity",
        (_samples_common,),
    ),
)
