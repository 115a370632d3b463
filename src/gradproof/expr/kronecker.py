"""Kronecker products and vectorisation: products in Einstein notation whose axes are joined.

A ⊗ B is A_ij B_kl with i, k joined to the rows and j, l to the columns; vec X is X_ij with its axes joined,
columns first. So the mixed-product rule, tr(A ⊗ B) = tr A tr B and (A ⊗ B) vec X = vec(B X Aᵀ) need no rule
of their own: where a sum runs over a joined axis, it runs over its parts (:func:`without_merges`).
Source: Magnus and Neudecker, Matrix Differential Calculus, 2019, chapter 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from typing import Any, cast

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.broadcast import plus, transpose
from gradproof.expr.node import (
    DELTA,
    Array,
    Attrs,
    Expr,
    Operation,
    Shape,
    Size,
    Spec,
    delta,
    make,
    register,
    symbol,
)
from gradproof.expr.product import PRODUCT, SUM, add, einsum, specs_of
from gradproof.expr.sizes import times

Lengths = tuple[int, ...]
MAGNUS_NEUDECKER = "Magnus and Neudecker, Matrix Differential Calculus, 2019"


def _groups(lengths: Lengths) -> list[range]:
    """The axes that each group joins."""
    ends = np.cumsum((0, *lengths)).tolist()
    return [range(a, b) for a, b in pairwise(ends)]


def _lengths(node: Expr) -> Lengths:
    return cast("Lengths", node.attrs[0])


# --- joining axes -----------------------------------------------------------------------------------


def _merged_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    shape, lengths = args[0].shape, cast("Lengths", attrs[0])
    if sum(lengths) != len(shape):
        raise ShapeError(f"{sum(lengths)} axes are to be joined, but the shape is {shape}")
    return tuple(times(*(shape[a] for a in group)) for group in _groups(lengths))


def _merged_value(attrs: Attrs, dtype: Any, x: Array) -> Array:
    shape = np.shape(x)
    joined = [[shape[a] for a in group] for group in _groups(cast("Lengths", attrs[0]))]
    return np.reshape(x, [int(np.prod(sizes, dtype=int)) for sizes in joined])


def _merged_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    shape = node.args[0].shape
    return [split_axes(g, [tuple(shape[a] for a in group) for group in _groups(_lengths(node))])]


MERGE: Operation = register(
    Operation(
        "merge_axes",
        meaning="merge(T) joins neighbouring axes of T, the last index running fastest",
        shape=_merged_shape,
        value=_merged_value,
        pullback=_merged_pullback,
        rule="adjoint of joined axes",
        text="merge({0})",
        latex=r"\operatorname{{merge}}\left({0}\right)",
        numpy="np.reshape({0}, [int(np.prod(s)) for s in np.split({0}.shape, np.cumsum({attrs[0]})[:-1])])",
        samples=(
            lambda: kron(symbol("A", (2, 3)), symbol("B", (3, 2))),
            lambda: vec(symbol("X", (2, 3))),
        ),
        source=f"{MAGNUS_NEUDECKER}: entries keep their values",
        linear=(0,),
    )
)


def merge_axes(x: Expr, lengths: Sequence[int]) -> Expr:
    """Consecutive axes joined, the last one fastest; axes joined before or split before are not so twice.

    Parameters
    ----------
    lengths : how many axes of ``x`` each axis of the result joins
    """
    if all(n == 1 for n in lengths):
        return x
    if x.op is MERGE:
        inner = _lengths(x)
        lengths = [sum(inner[a] for a in group) for group in _groups(tuple(lengths))]
        return merge_axes(x.args[0], lengths)
    if x.op is SPLIT and tuple(lengths) == _lengths(x):
        return x.args[0]
    return make(MERGE, (x,), (tuple(lengths),))


# --- splitting axes ---------------------------------------------------------------------------------


def _split_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    lengths, sizes = cast("tuple[Lengths, Shape]", attrs)
    shape = args[0].shape
    found = tuple(times(*(sizes[a] for a in group)) for group in _groups(lengths))
    if found != shape:
        raise ShapeError(f"axes of sizes {shape} cannot be split into {sizes}")
    return sizes


SPLIT: Operation = register(
    Operation(
        "split_axes",
        meaning="split(T) parts an axis of T into several, the last index running fastest",
        shape=_split_shape,
        value=lambda attrs, dtype, x: np.reshape(x, attrs[1]),
        pullback=lambda node, g: [merge_axes(g, _lengths(node))],
        rule="adjoint of split axes",
        text="split({0})",
        latex=r"\operatorname{{split}}\left({0}\right)",
        numpy="np.reshape({0}, {attrs[1]})",
        samples=(lambda: split_axes(symbol("A", (6, 6)), [(2, 3), (3, 2)]),),
        source=f"{MAGNUS_NEUDECKER}: entries keep their values",
        linear=(0,),
        resize=lambda attrs, size: (attrs[0], tuple(size(n) for n in attrs[1])),  # type: ignore[attr-defined]
    )
)


def split_axes(x: Expr, parts: Sequence[Sequence[Size]]) -> Expr:
    """Each axis written as several, the last one fastest; a product or a sum is split in its factors.

    Parameters
    ----------
    parts : for each axis the sizes it is split into
    """
    if all(len(p) == 1 for p in parts):
        return x
    if x.op is PRODUCT:
        return _split_product(x, parts)
    if x.op is SUM:
        return add(*(split_axes(a, parts) for a in x.args))
    if x.op is DELTA and tuple(parts[0]) == tuple(parts[1]):
        n = len(parts[0])
        return einsum([(k, n + k) for k in range(n)], [delta(s) for s in parts[0]], tuple(range(2 * n)))
    if x.op is MERGE and _undone(x, parts):
        kept = [
            1 if len(p) > 1 else length
            for p, length in zip(parts, _lengths(x), strict=True)
            for _ in range(len(p))
        ]
        return merge_axes(x.args[0], kept)
    return make(SPLIT, (x,), (tuple(len(p) for p in parts), tuple(s for p in parts for s in p)))


def _undone(x: Expr, parts: Sequence[Sequence[Size]]) -> bool:
    """Whether every axis is either left alone or split as it was joined."""
    shape = x.args[0].shape
    return all(
        len(p) == 1 or tuple(p) == tuple(shape[a] for a in group)
        for p, group in zip(parts, _groups(_lengths(x)), strict=True)
    )


def _split_product(x: Expr, parts: Sequence[Sequence[Size]]) -> Expr:
    _, out, _ = specs_of(x)
    return _with_split_indices(x, {i: tuple(p) for i, p in zip(out, parts, strict=True) if len(p) > 1})


def _with_split_indices(x: Expr, split: dict[int, tuple[Size, ...]]) -> Expr:
    """A product with several indices in the place of some, in every factor and in the result."""
    specs, out, sizes = specs_of(x)
    fresh: list[Size] = list(sizes)
    names: dict[int, tuple[int, ...]] = {i: (i,) for i in range(len(sizes))}
    for i, parts in split.items():
        names[i] = tuple(range(len(fresh), len(fresh) + len(parts)))
        fresh += parts
    args = [
        split_axes(a, [split.get(i, (n,)) for i, n in zip(s, a.shape, strict=True)])
        for a, s in zip(x.args, specs, strict=True)
    ]
    return einsum([_named(s, names) for s in specs], args, _named(out, names), fresh)


def _named(spec: Spec, names: dict[int, tuple[int, ...]]) -> Spec:
    return tuple(j for i in spec for j in names[i])


def without_merges(x: Expr) -> Expr:
    """A product whose indices run over the parts of joined axes: tr(A ⊗ B) = Σ_i a_ii Σ_k b_kk.

    An index is split where every factor that has it joins the same sizes there, or is a delta. The expression
    itself where there is none; else no factor is left that can be split, and the result's axes are joined.
    """
    if x.op is not PRODUCT:
        return x
    specs, out, _ = specs_of(x)
    factors = list(zip(x.args, specs, strict=True))
    split: dict[int, tuple[Size, ...]] = {}
    for factor, spec in factors:
        if factor.op is MERGE:
            shape = factor.args[0].shape
            for i, group in zip(spec, _groups(_lengths(factor)), strict=True):
                if len(group) > 1:
                    split.setdefault(i, tuple(shape[a] for a in group))
    while True:
        stuck = {i for i in split for a, s in factors if i in s and not _splits(a, s, i, split)}
        if not stuck:
            break
        split = {i: p for i, p in split.items() if i not in stuck}
    if not split:
        return x
    return merge_axes(_with_split_indices(x, split), [len(split.get(i, (1,))) for i in out])


def _splits(factor: Expr, spec: Spec, index: int, split: dict[int, tuple[Size, ...]]) -> bool:
    """Whether a factor's axes can be written in their parts: all that it joins, or none."""
    if factor.op is DELTA:
        return all(split.get(i) == split[index] for i in spec)
    if factor.op is not MERGE:
        return False
    parts = [split.get(i, (n,)) for i, n in zip(spec, factor.shape, strict=True)]
    whole = all(length == 1 or i in split for i, length in zip(spec, _lengths(factor), strict=True))
    return whole and _undone(factor, parts)


# --- products and vectors that are made so ----------------------------------------------------------


def kron(a: Expr, b: Expr) -> Expr:
    """A ⊗ B, the matrix of the blocks a_ij B; vectors have a Kronecker product too."""
    if a.ndim != b.ndim:
        raise ShapeError(f"the Kronecker product of shapes {a.shape} and {b.shape}: the axes do not pair up")
    left, right = tuple(range(0, 2 * a.ndim, 2)), tuple(range(1, 2 * a.ndim, 2))
    return merge_axes(einsum([left, right], [a, b], tuple(range(2 * a.ndim))), (2,) * a.ndim)


def khatri_rao(a: Expr, b: Expr) -> Expr:
    """The Kronecker products of the columns, side by side."""
    if a.shape[-1] != b.shape[-1]:
        raise ShapeError(f"the columns of shapes {a.shape} and {b.shape} do not pair up")
    return merge_axes(einsum([(0, 2), (1, 2)], [a, b], (0, 1, 2)), (2, 1))


def kron_sum(a: Expr, b: Expr) -> Expr:
    """A ⊕ B = A ⊗ I + I ⊗ B."""
    return plus(kron(a, delta(b.shape[0])), kron(delta(a.shape[0]), b))


def vec(x: Expr) -> Expr:
    """The columns of a matrix, one below the other."""
    return merge_axes(transpose(x), (x.ndim,))


def ravel(x: Expr) -> Expr:
    """The rows of a matrix, one after the other, as :func:`numpy.ravel`."""
    return merge_axes(x, (x.ndim,))


def unvec(v: Expr, rows: Size, columns: Size) -> Expr:
    """The matrix whose :func:`vec` is ``v``."""
    return transpose(split_axes(v, [(columns, rows)]))


def as_vec(x: Expr) -> Expr | None:
    """The matrix whose columns a joined vector lists, or None."""
    if x.op is MERGE and _lengths(x) == (2,):
        return transpose(x.args[0])
    return None


def as_kron(x: Expr) -> tuple[Expr, Expr] | None:
    """A and B of an expression A ⊗ B of matrices, or None. Scalar factors are in A."""
    if x.op is not MERGE or _lengths(x) != (2, 2) or x.args[0].op is not PRODUCT:
        return None
    out = (0, 1, 2, 3)
    factors = _flat_factors(x.args[0], out, count(4))
    connected = {1, 3}
    for _ in factors:
        connected |= {i for _, s in factors if connected & set(s) for i in s}
    if connected & {0, 2} or not all(any(i in s for _, s in factors) for i in out):
        return None
    sides: list[Expr] = []
    for places, inside in (((0, 2), False), ((1, 3), True)):
        chosen = [(a, s) for a, s in factors if bool(connected & set(s)) == inside]
        sides.append(einsum([s for _, s in chosen], [a for a, _ in chosen], places))
    return sides[0], sides[1]


def _flat_factors(x: Expr, spec: Spec, fresh: Iterator[int]) -> list[tuple[Expr, Spec]]:
    """The factors of a product, and of the products among them, with the indices of their axes."""
    if x.op is not PRODUCT:
        return [(x, spec)]
    specs, out, sizes = specs_of(x)
    names = dict(zip(out, spec, strict=True))
    names |= {i: next(fresh) for i in range(len(sizes)) if i not in names}
    found: list[tuple[Expr, Spec]] = []
    for factor, own in zip(x.args, specs, strict=True):
        found += _flat_factors(factor, tuple(names[i] for i in own), fresh)
    return found
