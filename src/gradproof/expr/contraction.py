"""Numeric evaluation of a product in Einstein notation, by BLAS wherever a matrix product hides in it.

What is to be done depends on indices and sizes only, so it is planned once for each product and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from math import prod
from typing import Any

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.node import Array, Size, Spec
from gradproof.expr.pairwise import Pair, Unary, aligned, pair, same, summed_alone, without_repetition

__all__ = ["Spec", "contract", "contract_where_zero_wins"]

Plan = Callable[[Sequence[Any], Any], Any]
Merge = tuple[int, int, Pair]

_EXHAUSTIVE = 5  # up to so many factors every order is tried (at most 180 orders)


def contract(
    specs: tuple[Spec, ...], out: Spec, sizes: tuple[Size, ...], arrays: Sequence[Any], dtype: Any
) -> Any:
    """Sum over every index not in ``out`` of the product of ``arrays``.

    Parameters
    ----------
    specs : the indices of each factor's axes; an index may repeat inside a factor (its diagonal)
    out : the indices of the result's axes, without repetition; an index that no factor has broadcasts
    sizes : size of each index; a symbolic one is taken from the arrays
    dtype : floating type used where booleans must be summed

    Returns
    -------
    array, or a scalar for ``out == ()``. It may be a view of one of ``arrays``.
    """
    return _plan(specs, out, sizes)(arrays, dtype)


@lru_cache(maxsize=4096)
def _plan(specs: tuple[Spec, ...], out: Spec, sizes: tuple[Size, ...]) -> Plan:
    known = tuple(s for s in sizes if isinstance(s, int))
    if len(known) < len(sizes):
        return lambda arrays, dtype: contract(specs, out, _measured(specs, sizes, arrays), arrays, dtype)
    scalars = [k for k, spec in enumerate(specs) if not spec]
    factors = {k: spec for k, spec in enumerate(specs) if spec}
    present = {i for spec in specs for i in spec} | set(out)
    count = prod(size for i, size in enumerate(known) if i not in present)
    prepared: list[tuple[int, Unary]] = []
    summed = False
    for k, spec in list(factors.items()):
        elsewhere = set(out).union(*(s for j, s in enumerate(specs) if j != k))
        diagonal, spec = without_repetition(spec)
        total, factors[k] = summed_alone(spec, elsewhere, known)
        prepared += [(k, step) for step in (diagonal, total) if step is not None]
        summed = summed or total is not None
    weights = {k: prod(known[i] for i in spec) for k, spec in factors.items()}
    merges, spec, last = _merges(factors, out, known)
    finish = _finish(spec, out, known)
    if factors and not scalars and count == 1:
        return _unscaled(prepared, merges, last, finish)
    smallest = min(weights, key=lambda k: weights[k], default=None)
    result = prod(known[i] for i in spec)
    at_end = smallest is None or result * (1 if merges or summed else 2) <= 2 * weights[smallest]
    return _scaled(scalars, count, None if at_end else smallest, prepared, merges, last, finish)


def _measured(specs: tuple[Spec, ...], sizes: tuple[Size, ...], arrays: Sequence[Any]) -> tuple[int, ...]:
    """Sizes as numbers, the symbolic ones read off the arrays."""
    found: dict[int, int] = {}
    for spec, array in zip(specs, arrays, strict=True):
        found.update(zip(spec, np.shape(array), strict=True))
    result = []
    for index, size in enumerate(sizes):
        number = size if isinstance(size, int) else found.get(index)
        if number is None:
            raise ShapeError(
                f"the size {size} of an axis is symbolic, and no array of the product shows it",
                fix="declare the size as a number",
            )
        result.append(number)
    return tuple(result)


def _unscaled(
    prepared: list[tuple[int, Unary]], merges: list[Merge], last: int, finish: Callable[[Any], Any]
) -> Plan:
    """The plan of a product without scalar factors."""
    if not prepared and not merges:
        return lambda arrays, dtype: finish(_array(arrays[last]))
    if not prepared and len(merges) == 1:
        first, second, run = merges[0]
        if finish is same:
            return lambda arrays, dtype: run(_array(arrays[first]), _array(arrays[second]), dtype)
        return lambda arrays, dtype: finish(run(_array(arrays[first]), _array(arrays[second]), dtype))

    def plan(arrays: Sequence[Any], dtype: Any) -> Any:
        return finish(_run({}, prepared, merges, last, arrays, dtype))

    return plan


def _scaled(
    scalars: list[int],
    count: int,
    target: int | None,
    prepared: list[tuple[int, Unary]],
    merges: list[Merge],
    last: int,
    finish: Callable[[Any], Any],
) -> Plan:
    """The plan of a product with scalar factors; they join factor ``target``, or the result where None."""
    fresh = bool(merges)

    def plan(arrays: Sequence[Any], dtype: Any) -> Any:
        scale = dtype(count) if count != 1 or not scalars else arrays[scalars[0]]
        for k in scalars if count != 1 else scalars[1:]:
            scale = scale * arrays[k]
        if last < 0:
            return finish(np.asarray(scale))
        if target is not None:
            table = {target: _array(arrays[target]) * scale}
            return finish(_run(table, prepared, merges, last, arrays, dtype))
        result = _run({}, prepared, merges, last, arrays, dtype)
        return finish(_times(result, scale) if fresh else result * scale)

    return plan


def _run(
    table: dict[int, Any],
    prepared: list[tuple[int, Unary]],
    merges: list[Merge],
    last: int,
    arrays: Sequence[Any],
    dtype: Any,
) -> Any:
    for k, step in prepared:
        table[k] = step(table[k] if k in table else _array(arrays[k]), dtype)
    for first, second, run in merges:
        a = table[first] if first in table else _array(arrays[first])
        b = table[second] if second in table else _array(arrays[second])
        table[first] = run(a, b, dtype)
    return table[last] if last in table else _array(arrays[last])


def _array(x: Any) -> Array:
    """A plain array: subclasses such as np.matrix have products of their own."""
    return x if type(x) is np.ndarray else np.asarray(x)


def _times(x: Any, scale: Any) -> Any:
    """x·scale in x's own memory where its type can hold the result."""
    if type(x) is np.ndarray and x.dtype.kind in "fc" and getattr(scale, "dtype", None) == x.dtype:
        return np.multiply(x, scale, out=x)
    return x * scale


def _finish(spec: Spec, out: Spec, sizes: tuple[int, ...]) -> Callable[[Any], Any]:
    """Put axes in the order of ``out``, broadcasting the indices that are new."""
    if not spec:
        shape = tuple(sizes[i] for i in out)
        return (lambda x: np.broadcast_to(x, shape)) if out else lambda x: x[()]
    view = aligned(spec, out, sizes)
    if all(i in spec or sizes[i] == 1 for i in out):
        return (lambda x: x.reshape(())[()]) if not out else view
    shape = tuple(sizes[i] for i in out)
    return lambda x: np.broadcast_to(view(x), shape)


# --- the order of the factors -----------------------------------------------------------------------


def _merges(factors: dict[int, Spec], out: Spec, sizes: tuple[int, ...]) -> tuple[list[Merge], Spec, int]:
    """Pairs to multiply, in order; the indices of what remains; and which factor holds it (-1: none)."""
    factors = dict(factors)
    merges: list[Merge] = []
    for first, second in _order(factors, out, sizes):
        kept = _kept(factors, first, second, out)
        final = len(factors) == 2
        run, spec = pair(factors[first], factors[second], kept, out if final else (), sizes)
        merges.append((first, second, run))
        factors[first] = spec
        del factors[second]
    last = next(iter(factors), -1)
    return merges, factors.get(last, ()), last


def _order(factors: dict[int, Spec], out: Spec, sizes: tuple[int, ...]) -> list[tuple[int, int]]:
    """The pairs with the fewest multiplications: by trying all orders, or the cheapest pair each time."""
    if len(factors) < 2:
        return []
    if len(factors) == 2:
        return [(min(factors), max(factors))]
    if len(factors) <= _EXHAUSTIVE:
        return min(_orders(factors, out, sizes))[2]
    steps: list[tuple[int, int]] = []
    while len(factors) > 1:
        _, _, first, second = min(
            (*_cost(factors, i, j, out, sizes), i, j) for i, j in combinations(sorted(factors), 2)
        )
        steps.append((first, second))
        factors = _merged(factors, first, second, out)
    return steps


def _orders(
    factors: dict[int, Spec], out: Spec, sizes: tuple[int, ...]
) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Every order, with its number of multiplications and the entries of its intermediate results."""
    if len(factors) == 1:
        yield 0, 0, []
        return
    for first, second in combinations(sorted(factors), 2):
        work, entries = _cost(factors, first, second, out, sizes)
        for more_work, more_entries, rest in _orders(_merged(factors, first, second, out), out, sizes):
            yield work + more_work, entries + more_entries, [(first, second), *rest]


def _kept(factors: dict[int, Spec], first: int, second: int, out: Spec) -> tuple[int, ...]:
    """Indices that a pair's product must keep: those of the result and of the other factors."""
    rest = set(out).union(*(s for k, s in factors.items() if k not in (first, second)))
    return tuple(i for i in dict.fromkeys(factors[first] + factors[second]) if i in rest)


def _merged(factors: dict[int, Spec], first: int, second: int, out: Spec) -> dict[int, Spec]:
    kept = _kept(factors, first, second, out)
    return {k: kept if k == first else s for k, s in factors.items() if k != second}


def _cost(
    factors: dict[int, Spec], first: int, second: int, out: Spec, sizes: tuple[int, ...]
) -> tuple[int, int]:
    """Multiplications of a pair, and entries of its product."""
    work = prod(sizes[i] for i in {*factors[first], *factors[second]})
    return work, prod(sizes[i] for i in _kept(factors, first, second, out))


# --- where zero wins --------------------------------------------------------------------------------


def contract_where_zero_wins(
    specs: tuple[Spec, ...], out: Spec, sizes: tuple[Size, ...], arrays: Sequence[Any], dtype: Any
) -> Any:
    """:func:`contract` with 0·∞ = 0 and 0·NaN = 0 between factors that are multiplied entry by entry.

    The cotangent of a branch that was not taken is exactly 0, and what it is multiplied by does not matter.
    """
    numbers = _measured(specs, sizes, arrays)
    factors: list[tuple[Spec, Array]] = []
    for spec, array in zip(specs, arrays, strict=True):
        diagonal, unique = without_repetition(spec)
        factors.append((unique, diagonal(array, dtype) if diagonal else np.asarray(array)))
    k = 0
    while k < len(factors):
        partner = _zero_partner(factors, k, numbers)
        if partner is None:
            k += 1
            continue
        (sa, a), (sb, b) = factors[k], factors[partner]
        order = tuple(dict.fromkeys(sa + sb))
        a, b = aligned(sa, order, numbers)(a), aligned(sb, order, numbers)(b)
        merged = np.where((a == 0) | (b == 0), np.zeros((), np.result_type(a, b)), np.multiply(a, b))
        factors = [f for j, f in enumerate(factors) if j not in (k, partner)] + [(order, merged)]
        k = 0
    return contract(tuple(s for s, _ in factors), out, numbers, [a for _, a in factors], dtype)


def _zero_partner(factors: list[tuple[Spec, Array]], k: int, sizes: tuple[int, ...]) -> int | None:
    """A factor with zeros whose indices contain those of the factor, which is not finite, or lie in them."""
    spec, array = factors[k]
    if array.dtype.kind not in "fc" or np.isfinite(array).all():
        return None
    own = {i for i in spec if sizes[i] != 1}
    for j, (other, values) in enumerate(factors):
        theirs = {i for i in other if sizes[i] != 1}
        if j != k and (theirs <= own or own <= theirs) and not values.all():
            return j
    return None
