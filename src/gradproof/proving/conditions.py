"""What a false equation may have meant: facts under which it holds, and how its sides differ."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations
from operator import eq, ge, le

import numpy as np

from gradproof.calculus.exact import NotExact
from gradproof.calculus.field import Undefined
from gradproof.calculus.sampling import size_names
from gradproof.errors import ShapeError
from gradproof.expr.broadcast import broadcast_to, matmul, multiply, plus, scale, transpose
from gradproof.expr.elementwise import power
from gradproof.expr.node import Expr, Size, delta, facts_of, number, size_symbol, symbol, symbols
from gradproof.expr.substitute import substitute
from gradproof.proving.decide import is_equal
from gradproof.proving.evidence import modular
from gradproof.proving.point import Equation
from gradproof.proving.proof import as_floats

MAX_SYMBOLS = 6
_SQUARE = ("symmetric", "orthogonal", "diagonal")
_NICE = 64  # denominators of factors that are worth saying
_FRESH = -6_000_000


def conditions(left: Expr, right: Expr) -> list[str]:
    """Facts of the symbols under which the sides are equal, in words; the weakest ones that were found."""
    leaves = [s for s in symbols(left, right) if "size" not in facts_of(s)][:MAX_SYMBOLS]
    found: list[str] = []
    for leaf in leaves:
        found += _of_one(left, right, leaf)
    if not found:
        found = [text for text, swap in _of_two(leaves) if _equal_after(left, right, swap)]
    if not found:
        found = _of_sizes(left, right)
    return found


def _with_fact(leaf: Expr, fact: str) -> Expr:
    return symbol(leaf.name, leaf.shape, leaf.attrs[2], {*facts_of(leaf), fact})  # type: ignore[arg-type]


def _of_one(left: Expr, right: Expr, leaf: Expr) -> list[str]:
    known = facts_of(leaf)
    if _is_square(leaf):
        facts = [f for f in _SQUARE if f not in known and not (f == "symmetric" and known & {"spd", "psd"})]
    elif "complex" not in known and not known & {"positive", "nonnegative", "simplex"}:
        facts = ["positive"]
    else:
        facts = []
    found: list[str] = []
    for fact in facts:
        if fact == "diagonal" and found:
            continue
        if _equal_after(left, right, {leaf: _with_fact(leaf, fact)}):
            found.append(f"{leaf.name} is {fact}")
    return found


def _is_square(leaf: Expr) -> bool:
    return leaf.ndim == 2 and leaf.shape[0] == leaf.shape[1]


def _of_two(leaves: list[Expr]) -> Iterator[tuple[str, dict[Expr, Expr]]]:
    """Both symmetric; commuting: a matrix that commutes with a generic A is a polynomial in A."""
    square = [s for s in leaves if _is_square(s)]
    for a, b in combinations(square, 2):
        if a.shape == b.shape:
            terms = [delta(a.shape[0]), a, matmul(a, a)]
            factors = [symbol(f"c{k}", (), _FRESH) for k in range(3)]
            polynomial = plus(*(multiply(c, t) for c, t in zip(factors, terms, strict=True)))
            if not facts_of(b):
                yield f"{a.name} and {b.name} commute", {b: polynomial}
        for fact in ("symmetric", "diagonal"):
            yield (
                f"{a.name} and {b.name} are {fact}",
                {a: _with_fact(a, fact), b: _with_fact(b, fact)},
            )


def _equal_after(left: Expr, right: Expr, swap: dict[Expr, Expr]) -> bool:
    try:
        return is_equal(substitute(left, swap), substitute(right, swap))
    except (ShapeError, Undefined, NotExact):
        return False


_RELATIONS: dict[str, Callable[[int, int], bool]] = {"=": eq, "≥": ge, "≤": le}


def _pair(names: list[str], sizes: dict[str, int]) -> tuple[int, int]:
    return sizes[names[0]], sizes[names[1]]


def _of_sizes(left: Expr, right: Expr) -> list[str]:
    names = size_names([left, right])
    found = modular(left, right)
    if not names or not found.differed or not found.agreed:
        return []
    one = [s for s in found.agreed if set(s.values()) != {1}]
    if len(names) == 2 and one:
        for sign, holds in _RELATIONS.items():
            if all(holds(*_pair(names, s)) for s in found.agreed) and not any(
                holds(*_pair(names, s)) for s in found.differed
            ):
                return [f"{names[0]} {sign} {names[1]}"]
    if not one:
        return [" = ".join([*names, "1"])]
    return []


# --- how the sides differ ---------------------------------------------------------------------------


def hints(left: Expr, right: Expr) -> list[str]:
    """A factor, a sign, a transpose or a constant by which the sides differ, in words."""
    found: list[str] = []
    if left.ndim == 2 and transpose(right).shape == left.shape and is_equal(left, transpose(right)):
        found.append("the left side is the transpose of the right side")
    if left.shape != right.shape:
        return found
    zero = scale(0, right)
    if is_equal(left, zero) or is_equal(right, zero):  # any multiple of nothing is nothing
        return found
    factor = _constant(left, right, quotient=True)
    if factor is not None and factor not in (0, 1) and is_equal(left, scale(factor, right)):
        found.append(
            "the left side is the right side with the other sign"
            if factor == -1
            else f"the left side is {factor} times the right side"
        )
        return found
    for leaf, name in _scalars(left, right):
        for exponent, said in ((1, f"{name} times"), (-1, f"1/{name} times")):
            if is_equal(left, multiply(power(leaf, exponent), right)):
                found.append(f"the left side is {said} the right side")
                return found
    shift = _constant(left, right, quotient=False)
    if shift and is_equal(left, plus(right, broadcast_to(number(shift), right.shape))):
        found.append(f"the left side is the right side plus {shift}")
    return found


def _scalars(left: Expr, right: Expr) -> list[tuple[Expr, str]]:
    leaves: list[tuple[Expr, str]] = [(s, s.name) for s in symbols(left, right) if not s.shape]
    names: list[Size] = [n for n in size_names([left, right]) if n not in {name for _, name in leaves}]
    return leaves[:4] + [(size_symbol(str(n)), str(n)) for n in names[:3]]


def _constant(left: Expr, right: Expr, *, quotient: bool) -> Fraction | None:
    """The ratio or the difference of the sides at a point, where all entries have one simple value."""
    rng = random.Random(5)
    names = size_names([left, right])
    try:
        equation = Equation(left, right, {n: 2 + k % 3 for k, n in enumerate(names)})
        drawn = {
            leaf: [Fraction(rng.randint(3, 40), 17) if d != "sign" else 1 for d in s.domains]
            for leaf, s in equation.structures.items()
        }
        compared = equation.at(drawn)
    except (Undefined, NotExact, ShapeError):
        return None
    a, b = as_floats(compared.left), as_floats(compared.right)
    if np.iscomplexobj(a) or np.iscomplexobj(b):
        return None
    usable = np.abs(b) > 1e-9 if quotient else np.ones_like(b, dtype=bool)
    if not usable.any():
        return None
    values = a[usable] / b[usable] if quotient else (a - b)[usable]
    nice = Fraction(float(values.flat[0])).limit_denominator(_NICE)
    return nice if np.allclose(values, float(nice), rtol=1e-8) else None
