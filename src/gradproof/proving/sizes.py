"""The sizes at which an equation is tried: small ones, and ones as large as can be evaluated.

A size may also occur as a number, in a mean, or in (n − 1)(n − 2). What holds for n = 1, 2, 3 may fail at 7;
so such numbers are made random themselves, and where the sides agree only if the number is the length of the
axis, enough large sizes are tried that the polynomials in n that occur cannot vanish at them by accident.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from math import prod

from gradproof.calculus.degree import degrees
from gradproof.calculus.exact import whole_exponent
from gradproof.calculus.sampling import size_names
from gradproof.expr.node import SYMBOL, Expr, Shape, facts_of, postorder, symbol, symbols
from gradproof.expr.powers import scalar_exponent
from gradproof.expr.product import PRODUCT, specs_of
from gradproof.expr.sizes import bound, with_sizes
from gradproof.expr.substitute import substitute

FEW = 2_000  # multiplications at one node, at large sizes
MANY = 6_000
LARGEST = 10**9
MAX_EXPONENT = 40
MAX_LARGE = 4
MAX_GROWING = 14
ACCIDENT = 0.05  # probability that is let pass, that polynomials in a size vanish at all large sizes
_CUBIC = frozenset(("inv", "solve", "det", "logdet", "signdet", "pinv", "cholesky", "expm", "matrix_power"))
_CHEAP_FACTS = frozenset(
    ("size", "positive", "nonnegative", "integer", "symmetric", "diagonal", "lower", "upper", "toeplitz",
     "invertible", "complex", "simplex", "row_stochastic", "column_stochastic")
)  # fmt: skip
_FRESH = -7_000_000

Sizes = dict[str, int]


def size_plan(names: Sequence[str], rng: random.Random) -> list[Sizes]:
    """Small sizes: ascending and descending, larger ones, equal ones, all 1, and random ones."""
    if not names:
        return [{}]
    count = len(names)

    def assigned(numbers: Sequence[int]) -> Sizes:
        return dict(zip(names, numbers, strict=True))

    rising = [2 + k % 5 for k in range(count)]
    plan = [assigned(rising), assigned(rising[::-1]), assigned([3] * count), assigned([1] * count)]
    plan.append(assigned([6 - k % 3 for k in range(count)]))
    plan.append(assigned([4 + k % 3 for k in range(count)]))
    plan += [assigned([rng.randint(2, 6) for _ in names]) for _ in range(6)]
    return [dict(t) for t in dict.fromkeys(tuple(choice.items()) for choice in plan)]


def numbers_of_sizes(*roots: Expr) -> list[Expr]:
    """The symbols that stand for a size as a number."""
    return [leaf for leaf in symbols(*roots) if "size" in facts_of(leaf)]


def freed(left: Expr, right: Expr) -> tuple[Expr, Expr]:
    """Both sides with a number of its own for every size that occurs as a number."""
    swap = {leaf: symbol(f"#{leaf.name}", (), _FRESH, {"positive"}) for leaf in numbers_of_sizes(left, right)}
    return substitute(left, swap), substitute(right, swap)


def cost(roots: Sequence[Expr], sizes: Mapping[str, int]) -> int:
    """Multiplications at the node that needs most of them."""
    return max((_cost(node, sizes) for node in postorder(*roots)), default=0)


def _entries(shape: Shape, sizes: Mapping[str, int]) -> int:
    return prod(int(bound(n, sizes)) for n in shape)


def _cost(node: Expr, sizes: Mapping[str, int]) -> int:
    if node.op is PRODUCT:
        return _cost_of_product(node, sizes)
    entries = max(_entries(n.shape, sizes) for n in (node, *node.args))
    if node.op.name in _CUBIC:
        return entries * int(bound(node.args[0].shape[-1], sizes))
    if node.op is SYMBOL and facts_of(node) - _CHEAP_FACTS:
        longest = max((int(bound(n, sizes)) for n in node.shape), default=1)
        return entries * longest
    return entries


def _cost_of_product(node: Expr, sizes: Mapping[str, int]) -> int:
    specs, out, ranges = specs_of(node)
    numbers = [int(bound(n, sizes)) for n in ranges]
    most, spec = _entries(node.shape, sizes), frozenset[int]()
    for k, other in enumerate(specs):
        joined = spec | set(other)
        most = max(most, prod(numbers[i] for i in joined))
        needed = set(out).union(*specs[k + 1 :])
        spec = frozenset(i for i in joined if i in needed)
    return most


def large_sizes(left: Expr, right: Expr, rng: random.Random) -> list[tuple[Sizes, Sizes]]:
    """Random sizes as large as can be evaluated, all of them at once and one at a time, and their bounds."""
    names = size_names([left, right])
    if not names:
        return []
    budget = MANY if numbers_of_sizes(left, right) else FEW
    limit = MAX_EXPONENT if _sized_exponents(left, right) else LARGEST
    shares = [dict.fromkeys(names, 1.0)]
    if 1 < len(names) <= MAX_LARGE - 1:
        shares += [{m: 1.0 if m == n else 0.0 for m in names} for n in names]
    found = []
    for share in shares:
        small = {n: 0 if s else rng.randint(2, 4) for n, s in share.items()}
        top = _largest([left, right], {n: s for n, s in share.items() if s}, small, budget, limit)
        bounds = {n: top if s else small[n] for n, s in share.items()}
        if top > 6:
            chosen = {n: rng.randint(3 * top // 4, top) if s else small[n] for n, s in share.items()}
            found.append((chosen, bounds))
    if len(found) == 1:
        bounds = found[0][1]
        found.append(({n: round(7 * (top / 7) ** rng.random()) for n, top in bounds.items()}, bounds))
    return found


def _sized_exponents(*roots: Expr) -> bool:
    return any(
        node.op.name in ("power", "matrix_power")
        and whole_exponent(node) is None
        and scalar_exponent(node.args[1]) is None
        and numbers_of_sizes(node.args[1])
        for node in postorder(*roots)
    )


def _largest(
    roots: Sequence[Expr], share: Mapping[str, float], small: Mapping[str, int], budget: int, limit: int
) -> int:
    """The largest number that all sizes of the share may have."""
    nodes = [n for n in postorder(*roots) if n.shape or n.op is PRODUCT]

    def fits(size: int) -> bool:
        sizes = {**small, **dict.fromkeys(share, size)}
        return all(_cost(node, sizes) <= budget for node in nodes)

    low, high = 1, 2
    while high < limit and fits(high):
        low, high = high, high * 4
    high = min(high, limit)
    while high > low + max(1, low // 16):
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def growing(sizes: Mapping[str, int]) -> list[Sizes]:
    """Sizes from small ones up to the given ones, to find the smallest at which sides differ."""
    found: list[Sizes] = []
    size = 4
    while size < max(sizes.values(), default=0) and len(found) < MAX_GROWING:
        found.append({n: min(size, s) for n, s in sizes.items()})
        size = size * 3 // 2
    return [*found, dict(sizes)]


def accident(left: Expr, right: Expr, tried: Sequence[tuple[Sizes, Sizes]]) -> float:
    """Bound of the chance that polynomials in the sizes as numbers vanish at all the large sizes tried."""
    first, second = freed(left, right)
    small = dict.fromkeys(size_names([left, right]), 2)
    becomes = with_sizes([first, second], small)
    numbers = {leaf: (1, 0) for leaf in symbols(*becomes.values()) if leaf.name.startswith("#")}
    leaves = {leaf: numbers.get(leaf, (0, 0)) for leaf in symbols(*becomes.values())}
    table = degrees([becomes[first], becomes[second]], leaves)
    (n, d), (m, e) = table[becomes[first]], table[becomes[second]]
    degree = max(1, n + e, m + d)
    chance = 1.0
    for chosen, bounds in tried:
        reach = min((bounds[k] // 4 for k in chosen if bounds[k] > 6), default=1)
        chance *= min(1.0, degree / max(reach, 1))
    return chance
