"""Equality by evaluation at random points modulo a random large prime.

Two rational expressions that differ agree at a random point with a probability of at most deg/p (Schwartz,
Fast probabilistic algorithms for verification of polynomial identities, J. ACM 27, 1980; Zippel 1979), so a
few agreements prove equality to an error that is far below that of the machine. One disagreement proves that
rational expressions differ. Functions that are not rational are unknown functions, see
:mod:`~gradproof.calculus.opaque`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import flint
import numpy as np

from gradproof.calculus.conjugates import evaluate_pairs
from gradproof.calculus.degree import Degree, degrees
from gradproof.calculus.exact import NotExact, evaluate_in
from gradproof.calculus.field import Residues, Undefined, objects
from gradproof.calculus.opaque import Unknown
from gradproof.calculus.parameters import Structure, structure_of
from gradproof.calculus.sampling import bound_shape
from gradproof.expr.node import SYMBOL, Array, Expr, facts_of, symbols
from gradproof.expr.sizes import with_sizes

BITS = 61
MARGIN = 40  # further bits of the prime above the degree
MAX_SIGNS = 64  # choices of signs (of the components of orthogonal matrices) that are all tried
_RETRIES = 4


@dataclass(frozen=True, slots=True)
class Agreement:
    """What evaluation at one choice of sizes showed.

    Attributes
    ----------
    equal : whether both sides agreed at every point
    error : bound of the probability that they differ although they agreed; 0 where they differed
    points : number of points
    unknown : names of the operations that were treated as unknown functions
    """

    equal: bool
    error: float
    points: int
    unknown: frozenset[str]


def agreement(
    x: Expr,
    y: Expr,
    sizes: Mapping[str, int],
    trials: int = 2,
    rng: random.Random | None = None,
    margin: int = MARGIN,
) -> Agreement:
    """Whether two expressions of one shape agree at random points modulo random primes.

    Parameters
    ----------
    sizes : a number for every size name
    trials : number of points, each with a prime of its own; for each choice of signs, if there are signs
    margin : bits of the prime above those of the degree; more of them do for more points

    Raises
    ------
    Undefined
        One side has no value at any of the points tried.
    NotExact
        An operation has no meaning modulo a prime.
    """
    rng = random.Random(0) if rng is None else rng
    leaves = symbols(x, y)
    becomes = with_sizes([x, y, *leaves], sizes)
    left, right = becomes[x], becomes[y]
    structures = {
        becomes[leaf]: structure_of(facts_of(leaf), bound_shape(leaf.shape, sizes))
        for leaf in leaves
        if becomes[leaf].op is SYMBOL
    }
    bound = _largest_degree([left, right], {leaf: s.degree for leaf, s in structures.items()})
    bits = max(BITS, bound.bit_length() + margin)
    error, points, met = 0.0, 0, frozenset[str]()
    failure: Undefined | None = None
    for signs in _signs(structures):
        missed = 1.0
        try:
            for _ in range(trials):
                same, unknown, p = _at_random_point(left, right, structures, signs, bits, rng)
                points += 1
                met |= frozenset(unknown.met)
                if not same:
                    return Agreement(False, 0.0, points, met)
                drawn = sum(unknown.met.values())
                missed *= min(1.0, 2.0 * bound * (1 + drawn * drawn) / (p - bound))
        except Undefined as undefined:  # no value where the signs are these; there may be one at others
            failure = undefined
            continue
        error = max(error, missed)
    if not points:
        raise failure or Undefined("no point was tried")
    return Agreement(True, error, points, met)


def _largest_degree(roots: Sequence[Expr], leaves: Mapping[Expr, Degree]) -> int:
    table = degrees(roots, leaves)
    (n, d), (m, e) = (table[root] for root in roots)
    return max(1, n + e, m + d, *(a + b for a, b in table.values()))


def _signs(structures: Mapping[Expr, Structure]) -> Iterator[list[int]]:
    """Every choice of the signs among the parameters."""
    count = sum(s.domains.count("sign") for s in structures.values())
    if 2**count <= MAX_SIGNS:
        yield from (list(choice) for choice in product((1, -1), repeat=count))
        return
    raise NotExact(f"{count} signs, which are too many to try all of")


def _at_random_point(
    left: Expr,
    right: Expr,
    structures: Mapping[Expr, Structure],
    signs: list[int],
    bits: int,
    rng: random.Random,
) -> tuple[bool, Unknown, int]:
    """Whether both sides agree at one point where both have a value."""
    failure = Undefined("no point was tried")
    for _ in range(_RETRIES):
        field = Residues(random_prime(bits, rng))
        unknown = Unknown(field, rng.randrange(2**62), _all_real(structures))
        try:
            values = _random_residues(structures, field, signs, rng)
            if unknown.real:
                a, b = evaluate_in([left, right], values, unknown)
            else:
                others = _random_residues(structures, field, signs, rng)
                pairs = {
                    leaf: (z, others[leaf] if "complex" in facts_of(leaf) else z)
                    for leaf, z in values.items()
                }
                a, b = evaluate_pairs([left, right], pairs, unknown)
        except Undefined as error:
            failure = error
            continue
        return bool(np.all(field.reduced(a) == field.reduced(b))), unknown, field.p
    raise failure


def _all_real(structures: Mapping[Expr, Structure]) -> bool:
    return not any("complex" in facts_of(leaf) for leaf in structures)


def _random_residues(
    structures: Mapping[Expr, Structure], field: Residues, signs: list[int], rng: random.Random
) -> dict[Expr, Array]:
    left = list(signs)
    values = {}
    for leaf, structure in structures.items():
        entries = [left.pop() if d == "sign" else rng.randrange(field.p) for d in structure.domains]
        values[leaf] = np.asarray(
            field.reduced(structure.build(field, objects(entries, (len(entries),)))), dtype=object
        )
    return values


def random_prime(bits: int, rng: random.Random) -> int:
    """A random prime of so many bits, with p ≡ 1 (mod 4)."""
    while True:
        candidate = (rng.getrandbits(bits) | (1 << (bits - 1)) | 3) - 2
        if flint.fmpz(candidate).is_prime():
            return candidate
