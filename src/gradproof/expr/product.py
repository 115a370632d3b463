"""The one product, in Einstein notation, and the sum.

Matrix product, Hadamard product, transpose, trace, sum over axes, outer product, diagonal and
broadcasting are all one node: a product of factors, each axis of each factor carrying an index, summed
over every index that is not in the result (Laue, Mitterreiter, Giesen, NeurIPS 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, cast

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.contraction import Spec, contract
from gradproof.expr.node import (
    DELTA,
    NUMBER,
    Array,
    Attrs,
    Expr,
    Operation,
    Shape,
    Size,
    delta,
    make,
    number,
    number_value,
    register,
    size_symbol,
    symbol,
)


def specs_of(node: Expr) -> tuple[tuple[Spec, ...], Spec, tuple[Size, ...]]:
    """The indices of each factor, of the result, and the size of each index, of a product node."""
    specs, out, sizes = node.attrs
    return cast("tuple[Spec, ...]", specs), cast("Spec", out), cast("tuple[Size, ...]", sizes)


def _product_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    _, out, sizes = attrs
    return tuple(sizes[i] for i in out)  # type: ignore[index, attr-defined]


def _product_value(attrs: Attrs, dtype: Any, *arrays: Array) -> Any:
    specs, out, sizes = attrs
    return contract(specs, out, sizes, arrays, dtype)  # type: ignore[arg-type]


def _product_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """d(Σ a·b·c)/d b: the cotangent takes b's place among the factors.

    An index that b repeats (its diagonal) becomes a Kronecker delta; one that only b has broadcasts.
    """
    specs, out, sizes = specs_of(node)
    result: list[Expr | None] = []
    for k, spec in enumerate(specs):
        target, extra, fresh = [], [], list(sizes)
        for position, index in enumerate(spec):
            if index in spec[:position]:
                fresh.append(sizes[index])
                extra.append((delta(sizes[index]), (index, len(fresh) - 1)))
                index = len(fresh) - 1
            target.append(index)
        others = [(a, s) for j, (a, s) in enumerate(zip(node.args, specs, strict=True)) if j != k]
        # The cotangent stands where its factor stood, so that products keep the order people write.
        factors = [*others[:k], (g, out), *others[k:], *extra]
        result.append(einsum([s for _, s in factors], [a for a, _ in factors], tuple(target), fresh))
    return result


def _samples_product() -> Expr:
    a, b = symbol("A", (3, 4)), symbol("B", (4, 2))
    return einsum([(0, 1), (1, 2)], [a, b], (2, 0))


def _samples_diagonal() -> Expr:
    a, v = symbol("A", (3, 3)), symbol("v", (3,))
    return einsum([(0, 0), (0,)], [a, v], (0,))


def _samples_broadcast() -> Expr:
    v, w = symbol("v", (3,)), symbol("W", (2, 4))
    return einsum([(0,), (2, 3)], [v, w], (0, 1), [3, 5, 2, 4])


PRODUCT: Operation = register(
    Operation(
        "product",
        shape=_product_shape,
        value=_product_value,
        pullback=_product_pullback,
        resize=lambda attrs, size: (attrs[0], attrs[1], tuple(size(n) for n in attrs[2])),  # type: ignore[attr-defined]
        rule="product rule",
        samples=(_samples_product, _samples_diagonal, _samples_broadcast),
        source="Laue, Mitterreiter, Giesen, Computing Higher Order Derivatives of Matrix and Tensor "
        "Expressions, NeurIPS 2018, theorem 8",
    )
)


def einsum(specs: Sequence[Spec], args: Sequence[Expr], out: Spec, sizes: Sequence[Size] = ()) -> Expr:
    """Product of ``args`` with the indices ``specs``, summed over every index not in ``out``.

    Numbers multiply into one leading factor, deltas that are summed away rename an index, a lone factor
    in its own order is itself; beyond that the product stays as it is written.

    Parameters
    ----------
    sizes : size of each index; needed only for indices that no argument has (broadcasting)
    """
    layout = _layout(
        tuple([tuple(s) for s in specs]),
        tuple([a.shape for a in args]),
        tuple(out),
        tuple(sizes),
        tuple([a.op if a.op is NUMBER or a.op is DELTA else None for a in args]),
    )
    if layout.as_written:
        return make(PRODUCT, tuple(args), layout.unscaled)
    coefficient = _coefficient(layout, args)
    value = coefficient.attrs[0]
    factors = [args[k] for k in layout.kept] + [size_symbol(name) for name in layout.symbolic]
    if value == 0 or not factors:
        return make(PRODUCT, (coefficient,), layout.scalar) if out else coefficient
    if value == 1:
        return factors[0] if layout.alone else make(PRODUCT, tuple(factors), layout.unscaled)
    return make(PRODUCT, (coefficient, *factors), layout.scaled)


def _coefficient(layout: _Layout, args: Sequence[Expr]) -> Expr:
    """The product of all numbers among the factors."""
    if len(layout.numbers) == 1 and layout.count == 1:
        return args[layout.numbers[0]]
    total: Fraction | float = layout.count
    for k in layout.numbers:
        total = total * cast("Fraction | float", args[k].attrs[0])
    return number(total)


@dataclass(frozen=True, slots=True)
class _Layout:
    """What becomes of a product's indices; it depends on its specs and shapes, never on its factors.

    ``kept`` are the factors that stay, ``numbers`` those that join the coefficient, ``count`` the
    coefficient from indices that only summed deltas had, ``symbolic`` the symbolic sizes of such indices;
    ``unscaled``, ``scaled`` and ``scalar`` are the node's attributes without and with a leading number,
    and where only the number is left. ``alone``: the one factor in its own order. ``as_written``: every
    factor stays, and there are at least two or their axes move.
    """

    kept: tuple[int, ...]
    numbers: tuple[int, ...]
    count: int
    symbolic: tuple[str, ...]
    unscaled: Attrs
    scaled: Attrs
    scalar: Attrs
    alone: bool
    as_written: bool


@lru_cache(maxsize=16384)
def _layout(
    specs: tuple[Spec, ...],
    shapes: tuple[Shape, ...],
    out: Spec,
    sizes: tuple[Size, ...],
    ops: tuple[Operation | None, ...],
) -> _Layout:
    size = _index_sizes(specs, shapes, sizes)
    plain = [(k, spec) for k, spec in enumerate(specs) if ops[k] is not NUMBER]
    plain, renamed = _contract_deltas(plain, ops, out)
    used = {i for _, s in plain for i in s} | set(out) | renamed
    count = 1
    symbolic: list[str] = []
    for index, length in size.items():
        if index not in used and any(index in s for s in specs):  # only a trace of delta had it: Σ_i 1
            if isinstance(length, int):
                count *= length
            else:
                symbolic.append(length)
    left = [s for _, s in plain] + [()] * len(symbolic)
    alone = len(left) == 1 and left[0] == out
    return _Layout(
        kept=tuple(k for k, _ in plain),
        numbers=tuple(k for k, op in enumerate(ops) if op is NUMBER),
        count=count,
        symbolic=tuple(symbolic),
        unscaled=_numbered(left, out, size),
        scaled=_numbered([(), *left], out, size),
        scalar=_numbered([()], out, size),
        alone=alone,
        as_written=len(plain) == len(specs) > 0 and count == 1 and not symbolic and not alone,
    )


def _index_sizes(
    specs: tuple[Spec, ...], shapes: tuple[Shape, ...], sizes: tuple[Size, ...]
) -> dict[int, Size]:
    size: dict[int, Size] = dict(enumerate(sizes))
    for shape, spec in zip(shapes, specs, strict=True):
        if len(spec) != len(shape):
            raise ShapeError(f"an expression of shape {shape} was given {len(spec)} indices")
        for index, length in zip(spec, shape, strict=True):
            known = size.setdefault(index, length)
            if known != length:
                raise ShapeError(
                    f"the same index runs over {known} and over {length}",
                    where=f"a product of factors of shapes {' and '.join(map(str, shapes))}",
                )
    return size


def _contract_deltas(
    factors: list[tuple[int, Spec]], ops: tuple[Operation | None, ...], out: Spec
) -> tuple[list[tuple[int, Spec]], set[int]]:
    """Σ_j δ_ij a_j = a_i: a delta with a summed index disappears and renames that index.

    Returns the factors that stay and the indices that were renamed away.
    """
    renamed: set[int] = set()
    k = 0
    while k < len(factors):
        factor, spec = factors[k]
        if ops[factor] is not DELTA:
            k += 1
            continue
        i, j = spec
        lost = next((x for x in (j, i) if x not in out and i != j), None)
        if i == j:
            factors = factors[:k] + factors[k + 1 :]
        elif lost is not None:
            keep = i if lost == j else j
            rest = factors[:k] + factors[k + 1 :]
            if (
                not any(lost in s for _, s in rest)
                and not any(keep in s for _, s in rest)
                and keep not in out
            ):
                k += 1
                continue  # a free-standing Σ_ij δ_ij is left to its value
            factors = [(a, tuple(keep if x == lost else x for x in s)) for a, s in rest]
            renamed.add(lost)
            k = 0
        else:
            k += 1
    return factors, renamed


def _numbered(specs: Sequence[Spec], out: Spec, size: dict[int, Size]) -> Attrs:
    """Indices renumbered in the order they are met, so that equal products are one node."""
    order: dict[int, int] = {}
    for index in (i for spec in (*specs, out) for i in spec):
        order.setdefault(index, len(order))
    numbered = tuple(tuple(order[i] for i in s) for s in specs)
    return numbered, tuple(order[i] for i in out), tuple(size[i] for i in order)


# --- sum --------------------------------------------------------------------------------------------


def _sum_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    first = args[0].shape
    for other in args[1:]:
        if other.shape != first:
            raise ShapeError(f"a sum of shapes {first} and {other.shape}", where=repr(other))
    return first


def _sum_value(attrs: Attrs, dtype: Any, first: Array, second: Array, *rest: Array) -> Any:
    total = np.add(first, second)
    if total.dtype.kind == "b":  # true + true is 2 in a sum, not true
        total = np.add(first, second, dtype=dtype)
    for term in rest:
        if type(total) is np.ndarray and total.dtype == getattr(term, "dtype", None):
            np.add(total, term, out=total)
        else:
            total = np.add(total, term)
    return total


SUM: Operation = register(
    Operation(
        "sum",
        shape=_sum_shape,
        value=_sum_value,
        pullback=lambda node, g: [g] * len(node.args),
        rule="sum rule",
        samples=(lambda: make(SUM, (symbol("A", (2, 3)), symbol("B", (2, 3)), symbol("C", (2, 3)))),),
        source="linearity of the derivative",
    )
)


def add(*terms: Expr) -> Expr:
    """Sum of expressions of one shape. Zero terms disappear; nested sums are joined."""
    flat: list[Expr] = []
    for term in terms:
        flat.extend(term.args if term.op is SUM else (term,))
    kept = [t for t in flat if not is_zero(t)]
    if not kept:
        return flat[0]
    if all(t.op is NUMBER for t in kept):
        total: Fraction | float = Fraction(0)
        for t in kept:
            value = number_value(t)
            assert value is not None
            total = total + value
        return number(total)
    return kept[0] if len(kept) == 1 else make(SUM, tuple(kept))


def is_zero(node: Expr) -> bool:
    """Whether the expression is the number 0 or a broadcast of it."""
    if node.op is PRODUCT:
        return len(node.args) == 1 and is_zero(node.args[0])
    return number_value(node) == 0


def zeros(shape: Shape) -> Expr:
    """The zero expression of the given shape."""
    return filled(number(0), shape)


def ones(shape: Shape) -> Expr:
    """The expression whose every entry is 1."""
    return filled(number(1), shape)


def filled(scalar: Expr, shape: Shape) -> Expr:
    """A scalar expression repeated over a shape."""
    return einsum([()], [scalar], tuple(range(len(shape))), list(shape))
