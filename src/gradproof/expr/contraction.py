"""Numeric evaluation of a product in Einstein notation, by BLAS wherever a matrix product hides in it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import prod
from typing import Any

import numpy as np

from gradproof.expr.node import Array

Spec = tuple[int, ...]


def contract(
    specs: Sequence[Spec], out: Spec, sizes: Sequence[int], arrays: Sequence[Any], dtype: Any
) -> Any:
    """Sum over every index not in ``out`` of the product of ``arrays``.

    Parameters
    ----------
    specs : the indices of each factor's axes; an index may repeat inside a factor (its diagonal)
    out : the indices of the result's axes, without repetition; an index that no factor has broadcasts
    sizes : size of each index
    dtype : floating type used where booleans or integers must be summed
    """
    scale: Any = None
    factors: list[tuple[Spec, Array]] = []
    for spec, array in zip(specs, arrays, strict=True):
        if spec:
            factors.append((spec, np.asarray(array)))
        else:
            scale = array if scale is None else scale * array
    factors = [_reduce_alone(k, factors, out, dtype) for k in range(len(factors))]
    missing = {i for s in specs for i in s}
    for index, size in enumerate(sizes):  # an index no factor has and that is summed counts its size
        if index not in missing and index not in out:
            scale = dtype(size) if scale is None else scale * dtype(size)
    if scale is not None and factors:
        k = min(range(len(factors)), key=lambda i: factors[i][1].size)
        result_size = prod(sizes[i] for i in out)
        if factors[k][1].size <= result_size:
            factors[k] = (factors[k][0], factors[k][1] * scale)
            scale = None
    while len(factors) > 1:
        factors = _merge_cheapest(factors, out, sizes, dtype)
    if not factors:
        return np.broadcast_to(np.asarray(1.0 if scale is None else scale), tuple(sizes[i] for i in out))
    spec, array = factors[0]
    if scale is not None:
        array = array * scale
    if spec == out:
        return array
    return _arrange(spec, array, out, sizes)


def _reduce_alone(k: int, factors: list[tuple[Spec, Array]], out: Spec, dtype: Any) -> tuple[Spec, Array]:
    """Take diagonals of repeated indices and sum those that only this factor has."""
    spec, array = factors[k]
    elsewhere = set(out).union(*(s for i, (s, _) in enumerate(factors) if i != k))
    keep = tuple(dict.fromkeys(i for i in spec if i in elsewhere))
    if len(set(spec)) != len(spec):
        unique = tuple(dict.fromkeys(spec))
        array, spec = np.einsum(array, list(spec), list(unique)), unique
    lost = tuple(axis for axis, i in enumerate(spec) if i not in elsewhere)
    if not lost:
        return spec, array
    if array.dtype.kind == "b":
        array = array.astype(dtype)
    return keep, np.asarray(array.sum(axis=lost))


def _merge_cheapest(
    factors: list[tuple[Spec, Array]], out: Spec, sizes: Sequence[int], dtype: Any
) -> list[tuple[Spec, Array]]:
    """Multiply the pair whose product is smallest against its factors (greedy contraction order)."""

    def kept(pair: tuple[int, int]) -> set[int]:
        rest = set(out).union(*(s for i, (s, _) in enumerate(factors) if i not in pair))
        return (set(factors[pair[0]][0]) | set(factors[pair[1]][0])) & rest

    def cost(pair: tuple[int, int]) -> int:
        return prod(sizes[i] for i in kept(pair)) - factors[pair[0]][1].size - factors[pair[1]][1].size

    pair = (0, 1) if len(factors) == 2 else min(combinations(range(len(factors)), 2), key=cost)
    merged = _multiply(factors[pair[0]], factors[pair[1]], kept(pair), out, dtype)
    return [merged, *(f for i, f in enumerate(factors) if i not in pair)]


def _multiply(
    left: tuple[Spec, Array], right: tuple[Spec, Array], kept: set[int], out: Spec, dtype: Any
) -> tuple[Spec, Array]:
    """Product of two factors, summed over shared indices that are not kept."""
    (sa, a), (sb, b) = left, right
    summed = [i for i in sa if i in sb and i not in kept]
    if not summed:
        order = tuple(i for i in out if i in sa or i in sb)
        order += tuple(i for i in dict.fromkeys(sa + sb) if i not in order)
        return order, np.asarray(np.multiply(_align(sa, a, order), _align(sb, b, order)))
    if a.dtype.kind == "b":
        a = a.astype(dtype)
    if b.dtype.kind == "b":
        b = b.astype(dtype)
    batch = [i for i in sa if i in sb and i in kept]
    free_a = [i for i in sa if i not in sb]
    free_b = [i for i in sb if i not in sa]
    if not batch:
        if free_a and free_b and out[: len(free_b)] == tuple(free_b) and out[-1:] == tuple(free_a[-1:]):
            sa, a, sb, b, free_a, free_b = sb, b, sa, a, free_b, free_a  # the result comes out in order
        axes = ([sa.index(i) for i in summed], [sb.index(i) for i in summed])
        return (*free_a, *free_b), np.asarray(np.tensordot(a, b, axes=axes))
    result = (*batch, *free_a, *free_b)
    if not free_a and not free_b:
        return result, np.asarray(np.einsum(a, list(sa), b, list(sb), list(result)))
    shape = [a.shape[sa.index(i)] for i in batch]
    rows, columns = [a.shape[sa.index(i)] for i in free_a], [b.shape[sb.index(i)] for i in free_b]
    inner = prod(a.shape[sa.index(i)] for i in summed)
    left_matrix = a.transpose([sa.index(i) for i in (*batch, *free_a, *summed)]).reshape(
        *shape, prod(rows), inner
    )
    right_matrix = b.transpose([sb.index(i) for i in (*batch, *summed, *free_b)]).reshape(
        *shape, inner, prod(columns)
    )
    return result, np.asarray((left_matrix @ right_matrix).reshape(*shape, *rows, *columns))


def _align(spec: Spec, array: Array, order: Spec) -> Array:
    """View of the factor whose axes follow ``order``, with size 1 where it has no such index."""
    moved = array.transpose([spec.index(i) for i in order if i in spec])
    return moved[tuple(slice(None) if i in spec else None for i in order)]


def _arrange(spec: Spec, array: Array, out: Spec, sizes: Sequence[int]) -> Array:
    """Put axes in the order of ``out``, broadcasting the indices that are new."""
    return np.broadcast_to(_align(spec, array, out), tuple(sizes[i] for i in out))
