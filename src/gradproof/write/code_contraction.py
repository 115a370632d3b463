"""The order in which the factors of a product meet: the cheapest tree of pairs, by dynamic programming.

Over all subsets of up to :data:`EXACT` factors (Held and Karp's scheme, as for matrix chains); beyond that
the cheapest pair next. Time is counted in multiplications, weighted by how fast a computer does them: those
of a matrix product are the cheapest, because its entries stay in the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

from gradproof.expr.contraction import Spec
from gradproof.expr.node import Expr, Size
from gradproof.expr.sizes import bound

EXACT = 8
MATRIX, VECTOR, ENTRYWISE, STACK = 1.0, 4.0, 12.0, 24.0
FACTORISE = 1.5  # of n³: an LU factorisation against n³ multiplications in a matrix product
USUAL = 100
SMALL, LARGE = 10, 1000
_SMALL_NAMES = frozenset("kcrhd")
_LARGE_NAMES = frozenset("mNM")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a size counts as.

    A size given by the caller counts as that. Of the others, k, c, r, h and d count as 10, since they name
    ranks, classes and widths; m and N as 1000, since they name numbers of examples; all else as 100.
    """

    examples: Mapping[str, int]

    def size(self, size: Size) -> int:
        """The number that stands for a size."""
        if isinstance(size, int):
            return size
        names = {n for term in size.split(" + ") for n in term.split("*") if not n.isdigit()}
        known = bound(size, {n: self.examples.get(n, _guess(n)) for n in names})
        return known if isinstance(known, int) else USUAL


def _guess(name: str) -> int:
    head = name[:1]
    return SMALL if head in _SMALL_NAMES else LARGE if head in _LARGE_NAMES else USUAL


@dataclass(frozen=True, slots=True)
class Piece:
    """A factor, or the product of some: its expression, its indices, the cost of making it."""

    node: Expr
    spec: Spec
    cost: float


Join = Callable[[Piece, Piece, Collection[int]], Piece]


def pair_cost(sa: Spec, sb: Spec, rest: Collection[int], count: Callable[[int], int]) -> float:
    """The time of one pair, and of writing its result."""
    both = set(sa) | set(sb)
    work = prod(count(i) for i in both)
    written = prod(count(i) for i in both if i in rest)
    summed = [i for i in sa if i in sb and i not in rest]
    if not summed:
        return ENTRYWISE * written
    if any(i in sb and i in rest for i in sa):
        return STACK * work
    free_a, free_b = any(i not in sb for i in sa), any(i not in sa for i in sb)
    return (MATRIX if free_a and free_b else VECTOR) * work + VECTOR * written


def ordered(pieces: Sequence[Piece], out: Collection[int], join: Join) -> Piece:
    """The product of all pieces; ``join`` makes a pair of which only the given indices are still needed."""
    if len(pieces) > EXACT:
        return _greedy(list(pieces), out, join)
    best: dict[int, Piece] = {1 << k: piece for k, piece in enumerate(pieces)}
    whole = (1 << len(pieces)) - 1
    for count in range(2, len(pieces) + 1):
        for chosen in combinations(range(len(pieces)), count):
            mask = sum(1 << k for k in chosen)
            rest = set(out)
            for k, piece in enumerate(pieces):
                if not mask >> k & 1:
                    rest |= set(piece.spec)
            best[mask] = _best_split(mask, best, rest, join)
    return best[whole]


def _best_split(mask: int, best: Mapping[int, Piece], rest: Collection[int], join: Join) -> Piece:
    lowest = mask & -mask
    found: Piece | None = None
    part = (mask - 1) & mask
    while part:
        if part & lowest:
            left, right = best[part], best[mask ^ part]
            if found is None or left.cost + right.cost < found.cost:
                piece = join(left, right, rest)
                # Among equals the later one: (A B) C, as it is read.
                if found is None or piece.cost < found.cost:
                    found = piece
        part = (part - 1) & mask
    assert found is not None
    return found


def _greedy(pieces: list[Piece], out: Collection[int], join: Join) -> Piece:
    while len(pieces) > 1:
        found: tuple[float, int, int, Piece] | None = None
        for p, q in combinations(range(len(pieces)), 2):
            a, b = pieces[p], pieces[q]
            rest = {i for k, x in enumerate(pieces) if k not in (p, q) for i in x.spec} | set(out)
            linked = bool(set(a.spec) & set(b.spec))
            joined = join(a, b, rest)
            extra = (joined.cost - a.cost - b.cost) * (1 if linked else 10)
            if found is None or extra < found[0]:
                found = (extra, p, q, joined)
        assert found is not None
        _, p, q, joined = found
        pieces = [*pieces[:p], joined, *pieces[p + 1 : q], *pieces[q + 1 :]]
    return pieces[0]
