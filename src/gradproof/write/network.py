"""A product in Einstein notation, turned back into matrix notation.

The factors are a network: each carries the indices of its axes. Rewrites join factors until one is left:
Σ_j a_ij b_jk is AB, a_ij b_ij is A ∘ B, v_i a_ij is diag(v) A, Σ_j a_ij is A1, Σ_i a_ii is tr(A). Indices
of size 1 carry nothing and are left out. Where no rewrite fits, matrices cannot say it: the answer is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from gradproof.expr.node import Expr, Shape, Size
from gradproof.write.algebra import (
    diagonal_matrix,
    diagonal_of,
    hadamard,
    matmul,
    scaled,
    squared_norm,
    total,
    trace,
    transposed,
    transposes,
)
from gradproof.write.form import ONE, ONES, Filled, Form, Hadamard, MatMul, Word, kind_of

Indices = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A column with one index, or a matrix with two; ``source`` is the factor it still is."""

    form: Form
    indices: Indices
    source: Expr | None = None


class Network:
    """The factors of one product while they are being joined."""

    def __init__(self, out: Indices) -> None:
        self.out = out
        self.items: list[Item] = []
        self.scalars: list[Form] = []

    def admit(self, form: Form, indices: Indices, source: Expr | None = None, at: int | None = None) -> None:
        """Add a factor: scalars aside, rows as columns."""
        if not indices:
            self.scalars.append(form)
            return
        if len(indices) == 1 and form.kind == "row":
            form = transposed(form)
        self.items.insert(len(self.items) if at is None else at, Item(form, indices, source))

    def holders(self, index: int) -> list[int]:
        """Positions of the items that carry an index."""
        return [k for k, item in enumerate(self.items) if index in item.indices]

    def summed_within(self, index: int, positions: Sequence[int]) -> bool:
        """Whether the index is summed and only these items carry it."""
        return index not in self.out and all(k in positions for k in self.holders(index))

    def replace(self, positions: Sequence[int], form: Form, indices: Indices) -> bool:
        """Put one item in the place of several. Always true, so that rewrites can return it."""
        at = min(positions)
        self.items = [item for k, item in enumerate(self.items) if k not in positions]
        self.admit(form, indices, at=at)
        return True

    def reduce(self) -> None:
        """Apply the first rewrite that fits, until none does."""
        while any(rewrite(self) for rewrite in REWRITES):
            pass


def _diagonals(net: Network) -> bool:
    """a_ii: a trace where i is summed and nobody else has it, a diagonal otherwise."""
    for k, item in enumerate(net.items):
        if len(item.indices) == 2 and item.indices[0] == item.indices[1]:
            i = item.indices[0]
            if net.summed_within(i, [k]):
                return net.replace([k], trace(item.form), ())
            return net.replace([k], diagonal_of(item.form), (i,))
    return False


def _sums(net: Network) -> bool:
    """Σ_j a_ij = A1; the sum of every entry where all indices are summed."""
    for k, item in enumerate(net.items):
        alone = [i for i in item.indices if net.summed_within(i, [k])]
        if len(alone) == len(item.indices):
            return net.replace([k], _total_as_read(item), ())
        if alone:
            oriented = item.form if alone[0] == item.indices[1] else transposed(item.form)
            kept = next(i for i in item.indices if i not in alone)
            return net.replace([k], matmul(oriented, ONES), (kept,))
    return False


def _total_as_read(item: Item) -> Form:
    """Rows were turned into columns; inside sum( ) and ‖ ‖ their transpose says nothing."""
    plain = transposed(item.form)
    return total(plain if transposes(plain) < transposes(item.form) else item.form)


def _aligned(second: Item, first: Item) -> Form:
    return second.form if second.indices == first.indices else transposed(second.form)


def _same_indices(net: Network) -> bool:
    """Two factors over the same indices: u·v, ‖A‖²_F, tr(AᵀB) or sum(A ∘ B) if all is summed, else A ∘ B."""
    for q, second in enumerate(net.items):
        for p, first in enumerate(net.items[:q]):
            if set(first.indices) != set(second.indices):
                continue
            summed = [i for i in first.indices if net.summed_within(i, (p, q))]
            if len(summed) == len(first.indices):
                return net.replace([p, q], _full_contraction(first, second), ())
            if summed and first.indices != second.indices:
                kept = next(i for i in first.indices if i not in summed)
                return net.replace([p, q], _diagonal_of_product(first, second, summed[0]), (kept,))
            return net.replace([p, q], hadamard(first.form, _aligned(second, first)), first.indices)
    return False


def _full_contraction(first: Item, second: Item) -> Form:
    a, b = first.form, second.form
    if first.source is not None and first.source is second.source and first.indices == second.indices:
        return squared_norm(first.form)
    if len(first.indices) == 1:
        return _fewest(matmul(transposed(a), b), matmul(transposed(b), a))
    chains = isinstance(a, MatMul) or isinstance(b, MatMul) or first.indices != second.indices
    b = b if second.indices == first.indices else transposed(b)
    as_trace = _fewest(
        trace(matmul(transposed(a), b)),
        trace(matmul(transposed(b), a)),
        trace(matmul(a, transposed(b))),
    )
    if chains or not transposes(as_trace):
        return as_trace
    return _fewest(total(hadamard(a, b)), as_trace)


def _diagonal_of_product(first: Item, second: Item, inner: int) -> Form:
    """Σ_j a_ij b_ji = diag(A B)."""
    left, right = (first.form, second.form) if first.indices[1] == inner else (second.form, first.form)
    chain = matmul(left, right)
    entrywise = matmul(hadamard(left, transposed(right)), ONES)
    return diagonal_of(chain) if transposes(chain) <= transposes(entrywise) else entrywise


def _fewest(*forms: Form) -> Form:
    return min(forms, key=transposes)


def _contractions(net: Network) -> bool:
    """Σ_j a_ij b_jk = AB, in the order of the result where that order is known."""
    for q, second in enumerate(net.items):
        for p, first in enumerate(net.items[:q]):
            shared = [i for i in first.indices if i in second.indices]
            if len(shared) == 1 and net.summed_within(shared[0], (p, q)):
                return net.replace([p, q], *_matrix_product(first, second, shared[0], net.out))
    return False


def _matrix_product(first: Item, second: Item, inner: int, out: Indices) -> tuple[Form, Indices]:
    rows = [i for i in first.indices if i != inner]
    columns = [i for i in second.indices if i != inner]
    if not rows or (columns and out == (*columns, *rows)):
        first, second, rows, columns = second, first, columns, rows
    left = transposed(first.form) if first.indices[0] == inner and rows else first.form
    right = transposed(second.form) if second.indices[0] != inner else second.form
    if columns and out != (*rows, *columns):  # the orientation is free: choose the one with fewer transposes
        product = matmul(left, right)
        flipped = matmul(transposed(right), transposed(left))
        if transposes(flipped) < transposes(product):
            return flipped, (*columns, *rows)
        return product, (*rows, *columns)
    return matmul(left, right), (*rows, *columns)


def _scalings(net: Network) -> bool:
    """u_i a_ij v_j = (u vᵀ) ∘ A; v_i a_ij = diag(v) A."""
    vectors = {item.indices[0]: k for k, item in reversed([*enumerate(net.items)]) if len(item.indices) == 1}
    matrices = [k for k, item in enumerate(net.items) if len(set(item.indices)) == 2]
    for q in matrices:
        matrix = net.items[q]
        if all(i in vectors for i in matrix.indices) and not isinstance(matrix.form, MatMul):
            rows, columns = (vectors[i] for i in matrix.indices)
            outer = matmul(net.items[rows].form, transposed(net.items[columns].form))
            return net.replace([q, rows, columns], hadamard(outer, matrix.form), matrix.indices)
    for i, p in vectors.items():
        for q in matrices:
            matrix = net.items[q]
            if i in matrix.indices:
                diagonal = diagonal_matrix(net.items[p].form)
                first = matrix.indices[0] == i
                product = matmul(diagonal, matrix.form) if first else matmul(matrix.form, diagonal)
                return net.replace([p, q], product, matrix.indices)
    return False


REWRITES = (_diagonals, _sums, _same_indices, _contractions, _scalings)


def product_form(
    factors: Sequence[tuple[Form, Indices, Expr]], out: Indices, sizes: Sequence[Size], shape: Shape
) -> Form | None:
    """The product in matrix notation, or None if matrices cannot express it.

    Parameters
    ----------
    factors : each factor's form, the indices of its axes, and the expression it is
    out : indices of the result
    sizes : size of each index
    shape : shape of the result
    """
    if any(form.kind == "tensor" for form, _, _ in factors) or kind_of(shape) == "tensor":
        return _entrywise(factors, out, sizes, shape)
    real_out = tuple(i for i in out if sizes[i] != 1)
    net = Network(real_out)
    present: set[int] = set(out)
    for form, spec, source in factors:
        present.update(spec)
        net.admit(form, tuple(i for i in spec if sizes[i] != 1), source)
    net.scalars += [_size(s) for i, s in enumerate(sizes) if i not in present]
    net.reduce()
    body = _assembled(net, shape)
    return None if body is None else scaled(Fraction(1), net.scalars, None if body is ONE else body)


def _size(size: Size) -> Form:
    return scaled(Fraction(size), []) if isinstance(size, int) else Word("scalar", size, size)


def _assembled(net: Network, shape: Shape) -> Form | None:
    """What the remaining items make of the result's shape: u vᵀ, u 1ᵀ, 1 vᵀ, or one item as it is."""
    kind, out, items = kind_of(shape), net.out, net.items
    if not items:
        return Filled(kind, ONE) if out else ONE
    if len(items) == 1 and set(items[0].indices) == set(out):
        item = items[0]
        return transposed(item.form) if kind == "row" or item.indices != out else item.form
    vectors = {item.indices[0]: item.form for item in items if len(item.indices) == 1}
    if len(out) != 2 or len(vectors) != len(items) or not set(vectors) <= set(out):
        return None
    return matmul(vectors.get(out[0], ONES), transposed(vectors.get(out[1], ONES)))


def _entrywise(
    factors: Sequence[tuple[Form, Indices, Expr]], out: Indices, sizes: Sequence[Size], shape: Shape
) -> Form | None:
    """Arrays of more than two axes: entrywise products, multiples and sums over everything are understood."""
    arrays = [(f, s) for f, s, _ in factors if s]
    scalars = [f for f, s, _ in factors if not s]
    specs = {s for _, s in arrays}
    scalars += [_size(s) for i, s in enumerate(sizes) if i not in out and not any(i in t for t in specs)]
    if len(specs) > 1 or any(len(set(s)) < len(s) for s in specs):
        return None
    if not arrays:
        return scaled(Fraction(1), scalars, Filled(kind_of(shape), ONE))
    (spec,) = specs
    if spec != out and out:
        return None
    body = hadamard(*(f for f, _ in arrays))
    if spec == out:
        return scaled(Fraction(1), scalars, body)
    if isinstance(body, Hadamard) and len(arrays) == 2 and arrays[0][0] is arrays[1][0]:
        return scaled(Fraction(1), scalars, squared_norm(arrays[0][0]))
    return scaled(Fraction(1), scalars, total(body))
