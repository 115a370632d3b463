"""Random values at which expressions are compared: sizes for size names, arrays that honour facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.calculus.field import Floats, Undefined
from gradproof.calculus.parameters import structure_of
from gradproof.errors import InputError
from gradproof.expr.evaluate import extend
from gradproof.expr.node import SYMBOL, Array, Expr, Size, facts_of, postorder, symbols
from gradproof.expr.sizes import bound, names_in, with_sizes

RANGES = ((-2.0, 2.0), (0.3, 2.0), (0.05, 0.9), (-0.6, 0.6), (1.2, 3.0), (-8.0, 8.0))
WORST_CONDITION = 1e7
_DIVIDES = ("inv", "solve", "logdet", "det")
_FLOATS = Floats()


@dataclass(frozen=True, slots=True)
class Sample:
    """A point at which expressions were evaluated.

    Attributes
    ----------
    sizes : number behind each size name
    values : array for each symbol
    results : value of each expression asked for
    """

    sizes: dict[str, int]
    values: dict[Expr, Array]
    results: list[Array]


def size_names(roots: Sequence[Expr]) -> list[str]:
    """The size names that occur anywhere below the roots, in alphabetical order."""
    found: set[str] = set()

    def note(size: Size) -> Size:
        found.update(names_in(size))
        return size

    for node in postorder(*roots):
        for size in node.shape:
            note(size)
        if node.op is SYMBOL and "size" in facts_of(node):
            note(node.name)
        elif node.op.resize is not None:
            node.op.resize(node.attrs, note)
    return sorted(found)


def random_sizes(
    names: Iterable[str], rng: np.random.Generator, size_range: tuple[int, int] = (2, 5)
) -> dict[str, int]:
    """Different small numbers for size names, so that axes that were confused show."""
    names = list(names)
    low, high = size_range
    pool = list(range(low, max(high, low + len(names) - 1) + 1))
    chosen = rng.choice(pool, size=len(names), replace=False)
    return {name: int(n) for name, n in zip(names, chosen, strict=True)}


def random_values(
    variables: Iterable[Expr],
    sizes: Mapping[str, int] | None = None,
    rng: np.random.Generator | None = None,
    size_range: tuple[int, int] = (2, 5),
    span: tuple[float, float] = RANGES[0],
) -> tuple[dict[str, int], dict[Expr, Array]]:
    """Random sizes and random arrays for symbols; every fact of a symbol is true of its array.

    Parameters
    ----------
    variables : symbols; those that stand for a size get that size
    sizes : numbers for size names that are fixed already
    span : interval that entries are drawn from; facts such as ``positive`` narrow it
    """
    rng = np.random.default_rng() if rng is None else rng
    variables = list(variables)
    names = {n for v in variables for size in v.shape for n in names_in(size)}
    names |= {n for v in variables if "size" in facts_of(v) for n in names_in(v.name)}
    known = dict(sizes or {})
    known |= random_sizes(sorted(names - known.keys()), rng, size_range)
    values = {}
    for variable in variables:
        if "size" in facts_of(variable):
            values[variable] = np.asarray(float(bound(variable.name, known)))
        else:
            values[variable] = _random_array(variable, known, rng, span)
    return known, values


def bound_shape(shape: Sequence[Size], sizes: Mapping[str, int]) -> tuple[int, ...]:
    """A shape with numbers in the place of size names."""
    numbers = [bound(size, sizes) for size in shape]
    left = [size for size in numbers if not isinstance(size, int)]
    if left:
        raise InputError(f"no number is known for the size {left[0]}", fix="give it one")
    return tuple(int(n) for n in numbers)


def _random_array(
    variable: Expr, sizes: Mapping[str, int], rng: np.random.Generator, span: tuple[float, float]
) -> Array:
    facts = facts_of(variable)
    structure = structure_of(facts, bound_shape(variable.shape, sizes))
    complex_valued = "complex" in facts
    entries = [_drawn("complex" if complex_valued else d, rng, span) for d in structure.domains]
    return structure.build(_FLOATS, np.array(entries, dtype=complex if complex_valued else float))


def _drawn(domain: str, rng: np.random.Generator, span: tuple[float, float]) -> Any:
    low, high = span
    if domain == "sign":
        return rng.choice([-1.0, 1.0])
    if domain == "positive integer":
        return float(rng.integers(1, 6))
    if domain == "integer":
        return float(rng.integers(-4, 5))
    if domain == "complex":
        return complex(rng.uniform(low, high), rng.uniform(-2, 2))
    if domain in ("positive", "nonnegative"):
        return rng.uniform(max(low, 0.2), high if high > 0.4 else 2.0)
    return rng.uniform(low, high)


def evaluated(
    roots: Sequence[Expr],
    sizes: Mapping[str, int],
    values: Mapping[Expr, Any],
    dtype: Any = np.float64,
) -> list[Array]:
    """Values of expressions with symbolic sizes, at the given sizes and arrays."""
    becomes = with_sizes([*roots, *values], sizes)
    table: dict[Expr, Any] = {becomes[leaf]: array for leaf, array in values.items()}
    numbered = [becomes[root] for root in roots]
    extend(table, numbered, dtype)
    return [np.asarray(table[root]) for root in numbered]


def sampled(
    roots: Sequence[Expr],
    tries: int = 30,
    rng: np.random.Generator | None = None,
    sizes: Mapping[str, int] | None = None,
    size_range: tuple[int, int] = (2, 5),
) -> Sample:
    """A random point at which all roots are finite and no matrix that is inverted is close to singular.

    Sizes and the interval of the entries change from try to try, so that a Gram matrix comes out of a
    matrix that is tall enough, and the logarithm of something positive.

    Raises
    ------
    InputError
        At no point tried were all of them finite; it names the part that was not.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    variables, names = symbols(*roots), size_names(roots)
    usable: Sample | None = None
    culprit: Expr | None = None
    for attempt in range(tries):
        known = dict(sizes or {})
        known |= random_sizes([n for n in names if n not in known], rng, size_range)
        try:
            known, values = random_values(variables, known, rng, span=RANGES[attempt % len(RANGES)])
        except Undefined:
            continue
        becomes = with_sizes([*roots, *values], known)
        table: dict[Expr, Any] = {becomes[leaf]: array for leaf, array in values.items()}
        numbered = [becomes[root] for root in roots]
        extend(table, numbered)
        culprit = _not_finite(numbered, table)
        if culprit is None:
            usable = Sample(known, values, [np.asarray(table[root]) for root in numbered])
            if not ill_conditioned(numbered, table):
                return usable
    if usable is None or _divides_by_nothing(roots):
        raise InputError(
            f"no value was found at which it is finite; not finite is {culprit!r}"
            if culprit is not None
            else "every matrix that is inverted is singular at the sizes tried",
            fix="say what is positive or invertible in `assume`, and give sizes that fit",
        )
    return usable


def _divides_by_nothing(roots: Sequence[Expr]) -> bool:
    return any(n.op.name in ("inv", "solve") for n in postorder(*roots))


def _not_finite(roots: Sequence[Expr], table: Mapping[Expr, Any]) -> Expr | None:
    """The first part on the way to the roots that is not finite, or None."""
    if all(np.isfinite(np.asarray(table[root])).all() for root in roots):
        return None
    below = (node for node in postorder(*roots) if node in table)
    return next((n for n in below if not np.isfinite(np.asarray(table[n])).all()), None)


def ill_conditioned(roots: Sequence[Expr], table: Mapping[Expr, Any]) -> bool:
    """Whether a matrix below the roots that is inverted is close to singular."""
    for node in postorder(*roots):
        if node.op.name in _DIVIDES and node.args[0] in table:
            matrix = np.asarray(table[node.args[0]], dtype=complex)
            if matrix.size and not (np.linalg.cond(matrix) < WORST_CONDITION).all():
                return True
    return False
