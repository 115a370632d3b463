"""A product in Einstein notation as code: ``*``, ``@``, ``.T`` and ``np.sum`` where they fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import prod

from gradproof.expr.node import Size
from gradproof.write.code_dialect import Dialect
from gradproof.write.code_text import ATOM, PRODUCT, UNARY, Code, times

Spec = tuple[int, ...]
_LETTERS = "ijklmnopqrstuvwxyzabcdefgh"


class ProductCode:
    """Joins the array factors of one product, two at a time.

    Parameters
    ----------
    out : indices of the result
    sizes : size of each index
    dialect : how the library spells it
    """

    def __init__(self, out: Spec, sizes: Sequence[Size], dialect: Dialect) -> None:
        self.out = out
        self.sizes = sizes
        self.dialect = dialect

    def shape(self, spec: Iterable[int]) -> tuple[Size, ...]:
        """Sizes of some indices."""
        return tuple(self.sizes[i] for i in spec)

    # --- entrywise -------------------------------------------------------------------------------

    def is_aligned(self, spec: Spec, elsewhere: set[int]) -> bool:
        """Whether NumPy's broadcasting puts the axes where they belong."""
        if len(spec) > len(self.out):
            return False
        for index, place in zip(reversed(spec), reversed(self.out), strict=False):
            free = self.sizes[index] == 1 and index not in elsewhere and spec.count(index) == 1
            if index != place and not free:
                return False
        return True

    def entrywise(
        self, factors: Sequence[tuple[Code, Spec]], divisors: Sequence[tuple[Code, Spec]]
    ) -> Code | None:
        """``a * b / c`` if all factors broadcast by themselves; None if not."""
        everything = [*factors, *divisors]
        for k, (_, spec) in enumerate(everything):
            others = {i for j, (_, s) in enumerate(everything) if j != k for i in s}
            if not self.is_aligned(spec, others | set(self.out)):
                return None
        return times([c for c, _ in factors], [c for c, _ in divisors])

    # --- one factor ------------------------------------------------------------------------------

    def reduced(self, k: int, items: Sequence[tuple[Code, Spec]]) -> tuple[Code, Spec]:
        """Diagonals taken, and indices summed that only this factor has."""
        code, spec = items[k]
        code = self.dialect.full(code, self.shape(spec))
        elsewhere = {i for j, (_, s) in enumerate(items) if j != k for i in s} | set(self.out)
        if len(set(spec)) < len(spec):
            code, spec = self._diagonal(code, spec, elsewhere)
        lost = [a for a, i in enumerate(spec) if i not in elsewhere]
        ones = [a for a in lost if self.sizes[spec[a]] == 1]
        if ones and ones == lost:
            place = ", ".join("0" if a in ones else ":" for a in range(max(ones) + 1))
            spec = tuple(i for a, i in enumerate(spec) if a not in ones)
            return Code(f"{code.at(ATOM)}[{place}]", ATOM, self.shape(spec), code.boolean), spec
        if not lost:
            return code, spec
        return self._sum(code, spec, lost, keep=len(items) == 1)

    def _sum(self, code: Code, spec: Spec, lost: Sequence[int], keep: bool) -> tuple[Code, Spec]:
        """``np.sum`` over axes, with ``keepdims`` where the result wants it."""
        axes = None if len(lost) == len(spec) else tuple(lost)
        fresh = [i for i in self.out if i not in spec and self.sizes[i] == 1]
        kept = list(spec)
        if keep and len(fresh) == len(lost):
            for axis, index in zip(lost, fresh, strict=True):
                kept[axis] = index
            if tuple(kept) == self.out:
                text = self.dialect.sum(code.text, axes, keepdims=True)
                return Code(text, ATOM, self.shape(kept)), tuple(kept)
        rest = tuple(i for a, i in enumerate(spec) if a not in lost)
        return Code(self.dialect.sum(code.text, axes), ATOM, self.shape(rest)), rest

    def _diagonal(self, code: Code, spec: Spec, elsewhere: set[int]) -> tuple[Code, Spec]:
        unique = tuple(dict.fromkeys(spec))
        if len(spec) == 2 and unique[0] not in elsewhere:
            return Code(self.dialect.trace(code.numeric().text), ATOM), ()
        if len(spec) == 2:
            return Code(self.dialect.diagonal(code.text), ATOM, self.shape(unique), code.boolean), unique
        return self._einsum([(code, spec)], unique), unique

    # --- two factors -----------------------------------------------------------------------------

    def joined(self, items: list[tuple[Code, Spec]]) -> tuple[Code, Spec]:
        """All factors multiplied, the pair with the smallest product first."""
        while len(items) > 1:
            p, q = min(combinations(range(len(items)), 2), key=lambda pair: self._cost(items, pair))
            rest = {i for k, (_, s) in enumerate(items) if k not in (p, q) for i in s} | set(self.out)
            merged = self._multiply(items[p], items[q], rest)
            items = [*items[:p], merged, *items[p + 1 : q], *items[q + 1 :]]
        return items[0]

    def _count(self, spec: Iterable[int]) -> int:
        return prod(s if isinstance(s, int) else 100 for s in self.shape(spec))

    def _cost(self, items: Sequence[tuple[Code, Spec]], pair: tuple[int, int]) -> int:
        a, b = items[pair[0]][1], items[pair[1]][1]
        rest = {i for k, (_, s) in enumerate(items) if k not in pair for i in s} | set(self.out)
        return self._count((set(a) | set(b)) & rest) - self._count(a) - self._count(b)

    def _multiply(
        self, left: tuple[Code, Spec], right: tuple[Code, Spec], rest: set[int]
    ) -> tuple[Code, Spec]:
        (a, sa), (b, sb) = left, right
        shared = [i for i in sa if i in sb]
        summed = [i for i in shared if i not in rest]
        if not summed:
            order = tuple(i for i in self.out if i in sa or i in sb)
            order += tuple(i for i in dict.fromkeys(sa + sb) if i not in order)
            return times([self.arranged(a, sa, order), self.arranged(b, sb, order)]), order
        if len(shared) == 1 and len(sa) <= 2 and len(sb) <= 2:
            return self._matmul(left, right, summed[0])
        if set(sa) == set(sb) and len(summed) == len(sa):
            return self.dialect.inner(a.numeric(), self.arranged(b, sb, sa).numeric()), ()
        if set(sa) == set(sb):
            both = times([a, self.arranged(b, sb, sa)])
            return self._sum(both, sa, [sa.index(i) for i in sorted(summed, key=sa.index)], keep=False)
        return self._general(left, right, summed)

    def _general(
        self, left: tuple[Code, Spec], right: tuple[Code, Spec], summed: list[int]
    ) -> tuple[Code, Spec]:
        """A contraction that is no matrix product as it stands: of several axes, or of stacks."""
        (a, sa), (b, sb) = left, right
        kept = tuple(i for i in sa if i not in summed) + tuple(i for i in sb if i not in sa)
        batch = tuple(i for i in sa if i in sb and i not in summed)
        rows, columns = [i for i in sa if i not in sb], [i for i in sb if i not in sa]
        if not batch and len(summed) == 1 and sa[-1] == summed[0] == sb[0] and len(sb) == 2:
            return self._stacked(a, b, kept)
        if batch and len(summed) == len(rows) == len(columns) == 1:
            a = self.arranged(a, sa, (*batch, *rows, *summed))
            b = self.arranged(b, sb, (*batch, *summed, *columns))
            return self._stacked(a, b, (*batch, *rows, *columns))
        if not batch and not self.dialect.einsum_is_fast:
            axes = ([sa.index(i) for i in summed], [sb.index(i) for i in summed])
            flat = self._flattened(left, right, summed)
            text = flat or self.dialect.tensordot(a.numeric().text, b.numeric().text, axes)
            return Code(text, ATOM, self.shape(kept)), kept
        if set(kept) == set(self.out):
            kept = self.out
        return self._einsum([left, right], kept), kept

    def _flattened(self, left: tuple[Code, Spec], right: tuple[Code, Spec], summed: list[int]) -> str:
        """One matrix product of arrays whose free axes are written as one, where that copies nothing."""
        if len(summed) != 1:
            return ""
        sides = []
        for (code, spec), first in ((left, False), (right, True)):
            name = code.numeric().at(ATOM)
            if summed[0] == spec[0]:
                flat = f"{name}.reshape(len({name}), -1)" if len(spec) > 2 else name
                sides.append(flat if first else f"{flat}.T")
            elif summed[0] == spec[-1]:
                flat = f"{name}.reshape(-1, {name}.shape[-1])" if len(spec) > 2 else name
                sides.append(f"{flat}.T" if first else flat)
            if not name.isidentifier():
                return ""
        kept = [i for i in (*left[1], *right[1]) if i not in summed]
        if len(sides) < 2:
            return ""
        return f"({sides[0]} @ {sides[1]}).reshape({self.dialect.shape(self.shape(kept))})"

    def _stacked(self, a: Code, b: Code, kept: Spec) -> tuple[Code, Spec]:
        """A stack of matrix products."""
        text = f"{a.numeric().at(UNARY)} @ {b.numeric().at(UNARY)}"
        return Code(text, PRODUCT, self.shape(kept)), kept

    def _matmul(self, left: tuple[Code, Spec], right: tuple[Code, Spec], inner: int) -> tuple[Code, Spec]:
        (a, sa), (b, sb) = left, right
        rows, columns = [i for i in sa if i != inner], [i for i in sb if i != inner]
        natural = sa[-1] == inner and sb[0] == inner
        if self.out == (*columns, *rows) and rows and columns:
            return self._matmul(right, left, inner)
        if (
            not natural and len(sa) + len(sb) == 3 and sb[-1] == inner and sa[0] == inner
        ):  # A @ v, not v @ A.T
            (a, sa), (b, sb) = (b, sb), (a, sa)
        if self.dialect.vector_first and len(sa) == 2 and len(sb) == 1 and sa[0] == inner:
            (a, sa), (b, sb) = (b, sb), (a, sa)
        if sa[-1] != inner:
            a = self.arranged(a, sa, tuple(reversed(sa)))
        if sb[0] != inner:
            b = self.arranged(b, sb, tuple(reversed(sb)))
        if a.boolean and b.boolean:
            a = a.numeric()
        result = (*rows, *columns)
        first = a.at(PRODUCT) if "*" not in a.text and " / " not in a.text else a.at(UNARY)
        return Code(f"{first} @ {b.at(UNARY)}", PRODUCT, self.shape(result)), result

    def _einsum(self, items: Sequence[tuple[Code, Spec]], result: Spec) -> Code:
        order = list(dict.fromkeys(i for _, s in items for i in s))
        letter = {i: _LETTERS[k] for k, i in enumerate(order)}
        inside = ",".join("".join(letter[i] for i in s) for _, s in items)
        formula = f"{inside}->{''.join(letter[i] for i in result)}"
        text = self.dialect.einsum(formula, [c.numeric().text for c, _ in items])
        return Code(text, ATOM, self.shape(result))

    # --- order of axes ---------------------------------------------------------------------------

    def arranged(self, code: Code, spec: Spec, order: Spec) -> Code:
        """Axes put in the given order; new ones get size 1, leading ones are left to broadcasting."""
        present = tuple(i for i in order if i in spec)
        if present != spec:
            axes = tuple(spec.index(i) for i in present)
            text = self.dialect.turned(code, axes)
            code = Code(text, ATOM, self.shape(present), code.boolean)
        if not present:
            return code
        trailing = order[order.index(present[0]) :]
        if trailing == present:
            return code
        place = ", ".join(":" if i in present else "None" for i in trailing)
        shape = tuple(self.sizes[i] if i in present else 1 for i in trailing)
        return Code(f"{code.at(ATOM)}[{place}]", ATOM, shape, code.boolean)


def product_code(
    factors: Sequence[tuple[Code, Spec]],
    divisors: Sequence[tuple[Code, Spec]],
    out: Spec,
    sizes: Sequence[Size],
    dialect: Dialect,
) -> Code:
    """Array factors over array divisors, in the order of ``out``; broadcasting is left to the library."""
    maker = ProductCode(out, sizes, dialect)
    simple = maker.entrywise(factors, divisors)
    if simple is not None:
        return simple
    items = [*factors, *((Code(f"1 / {c.at(UNARY)}", PRODUCT, c.shape), s) for c, s in divisors)]
    items = [maker.reduced(k, items) for k in range(len(items))]
    plain = [item for item in items if item[1]]
    scalars = [code for code, spec in items if not spec]
    if not plain:
        return times(scalars)
    code, spec = maker.joined(plain)
    return times([*scalars, maker.arranged(code, spec, out)])
