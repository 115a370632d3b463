"""How two factors of a product meet: planned from their indices and sizes once, then run on arrays.

A plan never looks at entries. It knows which index stands where, so it turns every summed pair into one
call of BLAS on views, and every other pair into one multiplication with broadcasting.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from math import prod
from string import ascii_letters
from typing import Any

import numpy as np

from gradproof.expr.node import Array, Spec

View = Callable[[Array], Array]
Unary = Callable[[Array, Any], Any]
Pair = Callable[[Array, Array, Any], Any]


def same(x: Array) -> Array:
    """The view that changes nothing."""
    return x


def _view(permutation: tuple[int, ...], before: Sequence[int], after: tuple[int, ...]) -> View:
    """Permute axes, then reshape to ``after``; steps that change nothing are left out."""
    moved = tuple(before[axis] for axis in permutation)
    in_place = permutation == tuple(range(len(permutation)))
    if in_place and moved == after:
        return same
    if in_place:
        return lambda x: x.reshape(after)
    if moved == after:
        return (lambda x: x.T) if permutation == (1, 0) else lambda x: x.transpose(permutation)
    return lambda x: x.transpose(permutation).reshape(after)


def aligned(spec: Spec, order: Spec, sizes: Sequence[int]) -> View:
    """Axes in the order of ``order``, with size 1 where the factor has no such index.

    Indices of the factor that are not in ``order`` must have size 1; they disappear.
    """
    kept = sorted((a for a, i in enumerate(spec) if i in order), key=lambda a: order.index(spec[a]))
    dropped = [a for a, i in enumerate(spec) if i not in order]
    after = tuple(sizes[i] if i in spec else 1 for i in order)
    return _view((*kept, *dropped), [sizes[i] for i in spec], after)


def grouped(spec: Spec, groups: Sequence[Spec], sizes: Sequence[int], keep: int = 0) -> View:
    """Axes joined into one per group, in the order of the groups; the first ``keep`` groups stay apart."""
    order = tuple(i for group in groups for i in group)
    kept = sorted((a for a, i in enumerate(spec) if i in order), key=lambda a: order.index(spec[a]))
    dropped = [a for a, i in enumerate(spec) if i not in order]
    apart = [sizes[i] for group in groups[:keep] for i in group]
    joined = [prod(sizes[i] for i in group) for group in groups[keep:]]
    return _view((*kept, *dropped), [sizes[i] for i in spec], (*apart, *joined))


def without_repetition(spec: Spec) -> tuple[Unary | None, Spec]:
    """Take the diagonal of every index that a factor repeats."""
    pairs: list[tuple[int, int]] = []
    while len(set(spec)) < len(spec):
        second = next(a for a, i in enumerate(spec) if i in spec[:a])
        first = spec.index(spec[second])
        pairs.append((first, second))
        spec = (*(i for a, i in enumerate(spec) if a not in (first, second)), spec[second])
    if not pairs:
        return None, spec

    def diagonal(x: Array, dtype: Any) -> Any:
        for first, second in pairs:
            x = x.diagonal(0, first, second)
        return x

    return diagonal, spec


def summed_alone(spec: Spec, elsewhere: Collection[int], sizes: Sequence[int]) -> tuple[Unary | None, Spec]:
    """Sum over the indices that only this factor has; those of size 1 stay, for a view to drop."""
    axes = tuple(a for a, i in enumerate(spec) if i not in elsewhere and sizes[i] != 1)
    if not axes:
        return None, spec
    axis = axes[0] if len(axes) == 1 else None if len(axes) == len(spec) else axes

    def total(x: Array, dtype: Any) -> Any:
        return np.add.reduce(x, axis=axis, dtype=dtype if x.dtype.kind == "b" else None)

    return total, tuple(i for a, i in enumerate(spec) if a not in axes)


def pair(sa: Spec, sb: Spec, kept: Collection[int], out: Spec, sizes: Sequence[int]) -> tuple[Pair, Spec]:
    """Product of two factors, summed over the shared indices that are not in ``kept``.

    Returns
    -------
    run : callable ``(a, b, dtype) -> array``; a fresh array always
    spec : the indices of the result's axes; in the order of ``out`` where that costs nothing
    """
    shared = tuple(i for i in sa if i in sb)
    summed = tuple(i for i in shared if i not in kept)
    if not summed:
        return _entrywise(sa, sb, kept, out, sizes)
    batch = tuple(i for i in shared if i in kept)
    free_a = tuple(i for i in sa if i not in sb and i in kept)
    free_b = tuple(i for i in sb if i not in sa and i in kept)
    if not batch and not free_a and not free_b:
        return _inner(sa, sb, summed, sizes), ()
    if not batch:
        if free_a and free_b and out == (*free_b, *free_a):
            run, spec = _matrix(sb, sa, free_b, free_a, summed, sizes)
            return (lambda a, b, dtype: run(b, a, dtype)), spec
        return _matrix(sa, sb, free_a, free_b, summed, sizes)
    if not free_a and not free_b:
        return _einsum(sa, sb, batch, out)
    return _stacked(sa, sb, (batch, free_a, free_b, summed), sizes)


def _numeric(x: Array, dtype: Any) -> Array:
    """Booleans as numbers, because a sum of truth values is a count."""
    return x.astype(dtype) if x.dtype.kind == "b" else x


def _entrywise(
    sa: Spec, sb: Spec, kept: Collection[int], out: Spec, sizes: Sequence[int]
) -> tuple[Pair, Spec]:
    order = tuple(i for i in out if i in sa or i in sb)
    order += tuple(i for i in dict.fromkeys(sa + sb) if i in kept and i not in order)
    left, right = aligned(sa, order, sizes), aligned(sb, order, sizes)
    if left is same and right is same:
        return (lambda a, b, dtype: np.multiply(a, b)), order
    return (lambda a, b, dtype: np.multiply(left(a), right(b))), order


def _inner(sa: Spec, sb: Spec, summed: Spec, sizes: Sequence[int]) -> Pair:
    """Σ a∘b over everything, without a temporary where both lie in memory in the same order."""
    left, right = aligned(sa, summed, sizes), aligned(sb, summed, sizes)

    def inner(a: Array, b: Array, dtype: Any) -> Any:
        a, b = left(_numeric(a, dtype)), right(_numeric(b, dtype))
        if a.ndim == 1:
            return np.dot(a, b)
        if a.flags.c_contiguous and b.flags.c_contiguous:
            return np.dot(a.reshape(-1), b.reshape(-1))
        if a.flags.f_contiguous and b.flags.f_contiguous:
            return np.dot(a.T.reshape(-1), b.T.reshape(-1))
        letters = ascii_letters[: a.ndim]
        return np.einsum(f"{letters},{letters}->", a, b)

    return inner


def _matrix(
    sa: Spec, sb: Spec, free_a: Spec, free_b: Spec, summed: Spec, sizes: Sequence[int]
) -> tuple[Pair, Spec]:
    """One matrix product: the free indices joined, the summed ones joined."""
    as_b = tuple(i for i in sb if i in summed)
    if _copied(sa, free_a, as_b, sizes) + _copied(sb, free_b, as_b, sizes) < _copied(
        sa, free_a, summed, sizes
    ) + _copied(sb, free_b, summed, sizes):
        summed = as_b
    left, right = _as_matrix(sa, free_a, summed, sizes), _as_matrix(sb, summed, free_b, sizes)
    shape = tuple(sizes[i] for i in (*free_a, *free_b))
    joined = len(free_a) > 1 or len(free_b) > 1

    def product(a: Array, b: Array, dtype: Any) -> Any:
        a = left(a.astype(dtype) if a.dtype.kind == "b" else a)
        b = right(b.astype(dtype) if b.dtype.kind == "b" else b)
        return np.dot(a, b).reshape(shape) if joined else np.dot(a, b)

    return product, (*free_a, *free_b)


def _as_matrix(spec: Spec, rows: Spec, columns: Spec, sizes: Sequence[int]) -> View:
    """View of a factor as the matrix rows × columns, or as a vector where one of them is empty."""
    if not rows or not columns:
        return grouped(spec, [rows or columns], sizes)
    core = tuple(i for i in spec if i in rows or i in columns)
    if core == (*columns, *rows) and len(core) > 2:  # joining before turning needs no copy
        turned = grouped(spec, [columns, rows], sizes)
        return lambda x: turned(x).T
    return grouped(spec, [rows, columns], sizes)


def _copied(spec: Spec, free: Spec, summed: Spec, sizes: Sequence[int]) -> int:
    """Entries that joining axes has to copy."""
    core = tuple(i for i in spec if i in free or i in summed)
    return 0 if core in ((*free, *summed), (*summed, *free)) else prod(sizes[i] for i in core)


def _einsum(sa: Spec, sb: Spec, batch: Spec, out: Spec) -> tuple[Pair, Spec]:
    """Sums within each entry of the shared indices: no matrix product in it, and no temporary needed."""
    result = tuple(sorted(batch, key=lambda i: out.index(i) if i in out else len(out)))
    letter = dict(zip(dict.fromkeys(sa + sb), ascii_letters, strict=False))
    text = ["".join(letter[i] for i in spec) for spec in (sa, sb, result)]
    formula = f"{text[0]},{text[1]}->{text[2]}"
    return (lambda a, b, dtype: np.einsum(formula, _numeric(a, dtype), _numeric(b, dtype))), result


def _stacked(
    sa: Spec, sb: Spec, indices: tuple[Spec, Spec, Spec, Spec], sizes: Sequence[int]
) -> tuple[Pair, Spec]:
    """A stack of matrix products over the shared indices that stay."""
    batch, free_a, free_b, summed = indices
    left = grouped(sa, [batch, free_a, summed], sizes, keep=1)
    right = grouped(sb, [batch, summed, free_b], sizes, keep=1)
    shape = tuple(sizes[i] for i in (*batch, *free_a, *free_b))

    def product(a: Array, b: Array, dtype: Any) -> Any:
        a, b = _for_blas(left(_numeric(a, dtype))), _for_blas(right(_numeric(b, dtype)))
        return np.matmul(a, b).reshape(shape)

    return product, (*batch, *free_a, *free_b)


def _for_blas(x: Array) -> Array:
    """A stack of matrices that BLAS can read: one of the last two axes runs over neighbours."""
    return x if x.itemsize in x.strides[-2:] else np.ascontiguousarray(x)
