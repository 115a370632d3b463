"""One additive term: a rational coefficient times powers of factors, in Einstein notation.

The axes of the result are the indices 0, 1, ..., n-1; an index from n on is summed. An axis of size 1
carries no information, so it has no index: :data:`UNIT` stands in its place. Two products that are equal
by associativity, commutativity and renaming of summed indices have one form,
see :mod:`gradproof.calculus.labelling`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from gradproof.calculus.facts import is_symmetric
from gradproof.expr.contraction import Spec
from gradproof.expr.node import DELTA, NUMBER, Expr, Shape, Size, number, number_value, size_symbol
from gradproof.expr.powers import POWER, power, scalar_exponent
from gradproof.expr.product import PRODUCT, einsum, specs_of

UNIT = -1
MAX_FACTORS = 48

Factor = tuple[Expr, Spec]
Powers = dict[Factor, Fraction]


@dataclass(frozen=True, slots=True)
class Monomial:
    """``coefficient · Π baseᵖ`` summed over every index that is no axis of the result.

    Attributes
    ----------
    powers : exponent of each (base, spec), in the order they were written
    shape : shape of the result
    sizes : size of each summed index (all of them at least ``len(shape)``)
    """

    coefficient: Fraction
    powers: Powers
    shape: Shape
    sizes: Mapping[int, Size]

    @property
    def ndim(self) -> int:
        """Number of axes of the result."""
        return len(self.shape)

    def times(self, factor: Fraction) -> Monomial:
        """The monomial with another coefficient."""
        return Monomial(self.coefficient * factor, self.powers, self.shape, self.sizes)


class Factors(NamedTuple):
    """A term taken apart: ``coefficient · Π factors``, with the indices of each factor and of the result."""

    coefficient: Fraction
    factors: list[Factor]
    out: Spec
    sizes: tuple[Size, ...]


def of_number(value: Fraction, shape: Shape) -> Monomial:
    """The number in every entry of a shape."""
    return Monomial(value, {}, shape, {})


def of_atom(node: Expr) -> Monomial:
    """The expression as a single factor, not looked into."""
    spec = tuple(UNIT if size == 1 else axis for axis, size in enumerate(node.shape))
    return Monomial(Fraction(1), {(node, spec): Fraction(1)}, node.shape, {})


def product_of(parts: Sequence[tuple[Monomial, Spec]], node: Expr) -> Monomial:
    """The factors of a product node, each given as a monomial with its indices, joined into one."""
    _, out, sizes = specs_of(node)
    place = {index: axis for axis, index in enumerate(out)}
    summed: dict[int, Size] = {}
    for index, size in enumerate(sizes):
        if index not in place:
            place[index] = len(out) + len(summed)
            summed[place[index]] = size
    size_at = {**dict(enumerate(node.shape)), **summed}
    renamed = [(m, tuple(UNIT if size_at[place[i]] == 1 else place[i] for i in s)) for m, s in parts]
    return joined(renamed, node.shape, {i: s for i, s in summed.items() if s != 1})


def joined(parts: Iterable[tuple[Monomial, Spec]], shape: Shape, summed: Mapping[int, Size]) -> Monomial:
    """Product of monomials, the axes of each carrying the given indices of the result."""
    coefficient, powers, sizes = Fraction(1), Powers(), dict(summed)
    fresh = max(sizes, default=len(shape) - 1) + 1
    for part, spec in parts:
        coefficient *= part.coefficient
        place = {UNIT: UNIT, **dict(enumerate(spec))}
        for index, size in part.sizes.items():
            place[index], fresh = fresh, fresh + 1
            sizes[place[index]] = size
        for (base, own), exponent in part.powers.items():
            _multiply_in(powers, (base, tuple(place[i] for i in own)), exponent)
    if coefficient == 0:
        return of_number(coefficient, shape)
    return counted(coefficient, _without_deltas(powers, len(shape), sizes), shape, sizes)


def _multiply_in(powers: Powers, factor: Factor, exponent: Fraction) -> None:
    """base^p · base^q = base^(p+q), for factors with the same indices; a symmetric one has no first index."""
    base, spec = factor
    if len(spec) > 1 and spec[-1] < spec[-2] and is_symmetric(base):
        factor = base, exchanged(spec)
    total = powers.get(factor, Fraction(0)) + exponent
    if factor[0].op is DELTA:
        total = min(total, Fraction(1))  # δ·δ = δ
    if total:
        powers[factor] = total
    else:
        del powers[factor]


def exchanged(spec: Spec) -> Spec:
    """The indices with the last two exchanged: those of a transpose."""
    return (*spec[:-2], spec[-1], spec[-2])


def _without_deltas(powers: Powers, ndim: int, sizes: dict[int, Size]) -> Powers:
    """Σ_j δ_ij a_j = a_i, until no delta has a summed index."""
    while True:
        for base, spec in powers:
            if base.op is not DELTA:
                continue
            i, j = spec
            lost = j if j >= ndim else i if i >= ndim else None
            if i == j or lost is not None:
                break
        else:
            return powers
        keep = i if lost == j else j
        del powers[base, spec]
        if i == j:
            continue
        assert lost is not None
        renamed = Powers()
        for (other, own), exponent in powers.items():
            _multiply_in(renamed, (other, tuple(keep if x == lost else x for x in own)), exponent)
        powers = renamed
        sizes.pop(lost, None)


def counted(coefficient: Fraction, powers: Powers, shape: Shape, summed: Mapping[int, Size]) -> Monomial:
    """Σ_j 1 = n: a summed index that no factor has counts its size."""
    sizes = dict(summed)
    used = {i for _, spec in powers for i in spec}
    for index in [i for i in sizes if i not in used]:
        size = sizes.pop(index)
        if isinstance(size, int):
            coefficient *= size
        else:
            _multiply_in(powers, (size_symbol(size), ()), Fraction(1))
    if coefficient == 0:
        return of_number(coefficient, shape)
    return Monomial(coefficient, powers, shape, sizes)


def raised(mono: Monomial, exponent: Fraction) -> Monomial | None:
    """(c·a·b)ᵖ = cᵖ·aᵖ·bᵖ where that holds: whole p and nothing summed; any p for a lone factor."""
    if mono.sizes or (mono.coefficient == 0 and exponent < 0):
        return None
    if exponent.denominator == 1:
        powers = {f: e * exponent for f, e in mono.powers.items() if f[0].op is not DELTA}
        if len(powers) != len(mono.powers) or abs(exponent) > 64:
            return None
        return Monomial(mono.coefficient ** int(exponent), powers, mono.shape, {})
    if mono.coefficient == 1 and list(mono.powers.values()) == [1]:
        return Monomial(Fraction(1), dict.fromkeys(mono.powers, exponent), mono.shape, {})
    return None


def stack_order(mono: Monomial) -> dict[int, int]:
    """The axes of the result, then the summed indices, in the order :func:`as_stack` gives them."""
    return {index: k for k, index in enumerate([*range(mono.ndim), *mono.sizes])}


def as_stack(mono: Monomial) -> Monomial:
    """The monomial before its sum: its summed indices are axes."""
    order = stack_order(mono)
    powers = {(b, tuple(order.get(i, i) for i in s)): e for (b, s), e in mono.powers.items()}
    return Monomial(mono.coefficient, powers, (*mono.shape, *mono.sizes.values()), {})


def whole_power(node: Expr) -> tuple[Expr, Fraction] | None:
    """Base and exponent of a power whose exponent is one exact number."""
    if node.op is not POWER:
        return None
    exponent = scalar_exponent(node.args[1])
    return (node.args[0], exponent) if isinstance(exponent, Fraction) else None


@lru_cache(maxsize=2048)  # every rule for products asks for it
def flat(node: Expr) -> Monomial:
    """Nested products and powers of products as one product; a sum stays one factor.

    Not opened: a sum over indices that occurs twice, since (Σ a)² is easier to read than Σ a · Σ a.
    """
    value = number_value(node)
    if isinstance(value, Fraction):
        return of_number(value, ())
    if node.op is PRODUCT:
        specs, _, _ = specs_of(node)
        parts = [_flat_factor(node, arg) for arg in node.args]
        if sum(len(p.powers) for p in parts) > MAX_FACTORS:
            parts = [flat(a) if a.op is NUMBER else of_atom(a) for a in node.args]
        return product_of(list(zip(parts, specs, strict=True)), node)
    base = whole_power(node)
    if base is not None:
        opened = raised(flat(base[0]), base[1])
        return opened or raised(of_atom(base[0]), base[1]) or of_atom(node)
    return of_atom(node)


def _flat_factor(node: Expr, arg: Expr) -> Monomial:
    mono = flat(arg)
    repeated = mono.sizes and sum(a is arg for a in node.args) > 1
    return of_atom(arg) if repeated else mono


# --- back to an expression --------------------------------------------------------------------------


def build(mono: Monomial) -> Expr:
    """The monomial as a product node: number, scalars, then the other factors in their order."""
    items = sorted(mono.powers.items(), key=lambda item: item[1] < 0 if not item[0][1] else 2)
    args = [power(base, exponent) for (base, _), exponent in items]
    specs, out, sizes = with_unit_indices(_as_read([factor for factor, _ in items], mono.ndim), mono)
    return einsum([(), *specs], [number(mono.coefficient), *args], out, sizes)


def _as_read(factors: list[Factor], ndim: int) -> list[Spec]:
    """The specs, each symmetric factor turned as the matrix product reads: A x, not Aᵀ x."""
    specs = [spec for _, spec in factors]
    for k, (base, spec) in enumerate(factors):
        if len(spec) > 1 and spec[-1] != spec[-2] and is_symmetric(base):
            first, last = (_reading_place(i, k, specs, ndim) for i in spec[-2:])
            if last < first:
                specs[k] = exchanged(spec)
    return specs


def _reading_place(index: int, own: int, specs: list[Spec], ndim: int) -> tuple[int, int]:
    """Left of everything for the first axis of the result, right for the last, else where its partner is."""
    if 0 <= index < ndim:
        return (-1 if index == 0 and ndim > 1 else len(specs) if index else -1), index
    return min((k for k, s in enumerate(specs) if k != own and index in s), default=own), index


def with_unit_indices(specs: list[Spec], mono: Monomial) -> tuple[list[Spec], Spec, list[Size]]:
    """Give axes of size 1 an index, shared where a matrix product or an entrywise product would share it."""
    order = {index: mono.ndim + k for k, index in enumerate(mono.sizes)}
    sizes: list[Size] = [*mono.shape, *mono.sizes.values()]
    rows = [[order.get(i, i) for i in spec] for spec in specs]
    for axis in range(mono.ndim):
        if mono.shape[axis] == 1:
            _join_result_axis(rows, axis)
    open_rows = [k for k, row in enumerate(rows) if UNIT in row]
    for k, after in pairwise(open_rows):
        left, right = rows[k], rows[after]
        if UNIT in left and not set(left) & set(right) - {UNIT} and len(left) > 1 < len(right):
            left[left.index(UNIT)] = right[right.index(UNIT)] = len(sizes)
            sizes.append(1)
    for row in rows:
        for position, index in enumerate(row):
            if index == UNIT:
                row[position] = len(sizes)
                sizes.append(1)
    return [tuple(row) for row in rows], tuple(range(mono.ndim)), sizes


def _join_result_axis(rows: list[list[int]], axis: int) -> None:
    in_place = [row for row in rows if len(row) > axis and row[axis] == UNIT]
    for row in in_place:
        row[axis] = axis
    if not in_place:
        for row in [r for r in rows if UNIT in r][:1]:
            row[row.index(UNIT)] = axis


def factors(term: Expr) -> Factors:
    """Coefficient and factors of a term, with the indices of each factor, of the result, and their sizes.

    ``1/m dZ Aᵀ`` has the coefficient 1 and the factors ``(m⁻¹, ())``, ``(dZ, (0, 1))``, ``(A, (2, 1))``.
    """
    if term.op is not PRODUCT:
        value = number_value(term)
        if isinstance(value, Fraction):
            return Factors(value, [], (), ())
        axes = tuple(range(term.ndim))
        return Factors(Fraction(1), [(term, axes)], axes, term.shape)
    specs, out, sizes = specs_of(term)
    coefficient, rest = Fraction(1), []
    for arg, spec in zip(term.args, specs, strict=True):
        value = number_value(arg)
        if isinstance(value, Fraction):
            coefficient *= value
        else:
            rest.append((arg, spec))
    return Factors(coefficient, rest, out, sizes)
