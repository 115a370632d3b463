"""One product, its arrays joined two at a time in the cheapest order, inverses applied by solving."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from math import prod

from gradproof.calculus.facts import facts_about
from gradproof.expr.broadcast import expand_dims
from gradproof.expr.contraction import Spec
from gradproof.expr.linalg import transposed
from gradproof.expr.node import OPERATIONS, Expr, Size, make, number
from gradproof.expr.product import PRODUCT, einsum, specs_of
from gradproof.write.code_contraction import FACTORISE, VECTOR, Cost, Piece, ordered, pair_cost

Factor = tuple[Expr, Spec]
_TRANSPOSED = 1e-3  # of the work: A x before xᵀ A, where both will do


class Ordering:
    """One product, its arrays joined two at a time in the cheapest order."""

    def __init__(self, cost: Cost, sizes: Sequence[Size], inverses: Collection[Expr], out: Spec) -> None:
        self.cost = cost
        self.out = out
        self.sizes = sizes
        self.inverses = inverses

    def product(
        self, coefficient: Fraction | float, scalars: Sequence[Expr], arrays: Sequence[Factor], out: Spec
    ) -> Expr:
        """The product, numbers and scalars in front of the last pair."""
        pieces = [Piece(a, s, 0.0) for a, s in arrays]
        found = self.best(pieces, out)
        body, spec = found.node, found.spec
        specs: list[Spec] = [()] * (1 + len(scalars))
        if body.op is PRODUCT and len(pieces) > 1:  # the last pair, the numbers in front of it
            inner, own, _ = specs_of(body)
            place, sizes = dict(zip(own, spec, strict=True)), list(self.sizes)
            for i in {i for s in inner for i in s} - set(own):
                place[i] = len(sizes)
                sizes.append(size_of(body, i))
            last = [tuple(place[i] for i in s) for s in inner]
            return einsum([*specs, *last], [number(coefficient), *scalars, *body.args], out, sizes)
        return einsum([*specs, spec], [number(coefficient), *scalars, body], out, list(self.sizes))

    def best(self, pieces: list[Piece], out: Spec) -> Piece:
        """The pieces joined in the cheapest order."""
        for k, piece in enumerate(pieces):
            elsewhere = {i for j, p in enumerate(pieces) if j != k for i in p.spec} | set(out)
            pieces[k] = self._alone(piece, elsewhere)
        return ordered(pieces, out, self._join)

    def count(self, index: int) -> int:
        """What the size of an index counts as."""
        return self.cost.size(self.sizes[index])

    def _alone(self, piece: Piece, elsewhere: Collection[int]) -> Piece:
        """Diagonals taken, and indices summed that only this factor has."""
        kept = tuple(i for i in dict.fromkeys(piece.spec) if i in elsewhere)
        if kept == piece.spec:
            return piece
        node = einsum([piece.spec], [piece.node], kept, list(self.sizes))
        return Piece(node, kept, VECTOR * prod(self.count(i) for i in piece.spec))

    def _join(self, a: Piece, b: Piece, rest: Collection[int]) -> Piece:
        solved = self._solved(a, b, rest) or self._solved(b, a, rest)
        if solved is not None:
            return solved
        if len(a.spec) < len(b.spec) and set(a.spec) & set(b.spec):
            a, b = b, a  # A x, and not x Aᵀ
        kept = tuple(i for i in dict.fromkeys(a.spec + b.spec) if i in rest)
        if len(kept) > 2 or all(
            i in self.out for i in kept
        ):  # what is still to be summed first, then the axes as the result has them
            kept = tuple(sorted(kept, key=lambda i: self.out.index(i) if i in self.out else -1))
        node = einsum([a.spec, b.spec], [a.node, b.node], kept, list(self.sizes))
        early = len(b.spec) == 1 and len(a.spec) == 2 and a.spec[0] == b.spec[0]
        extra = _TRANSPOSED * self.count(a.spec[0]) * self.count(a.spec[1]) if early else 0.0
        extra += sum(self.count(p.spec[0]) ** 3 * 2 for p in (a, b) if p.node in self.inverses)
        return Piece(node, kept, a.cost + b.cost + extra + pair_cost(a.spec, b.spec, rest, self.count))

    def _solved(self, a: Piece, b: Piece, rest: Collection[int]) -> Piece | None:
        """A⁻¹B by a solve, where a is an inverse of which one index is summed with b."""
        if (
            a.node not in self.inverses
            or a.node.ndim != 2
            or not 1 <= len(b.spec) <= 2
            or len(set(a.spec)) < 2
        ):
            return None
        shared = [i for i in a.spec if i in b.spec]
        if len(shared) != 1 or shared[0] in rest or len(set(b.spec)) < len(b.spec):
            return None
        (inner,) = shared
        outer = a.spec[1 - a.spec.index(inner)]
        other = [i for i in b.spec if i != inner]
        matrix = a.node.args[0]
        if a.spec[0] == inner and "symmetric" not in facts_about(matrix):
            matrix = transposed(matrix)
        right = b.node if b.spec[0] == inner else transposed(b.node)
        n, columns = self.count(inner), prod(self.count(i) for i in other)
        cost = a.cost + b.cost + FACTORISE * n**3 + 2 * n * n * columns
        if other:
            return Piece(make(OPERATIONS["solve"], (matrix, right)), (outer, *other), cost)
        column = make(OPERATIONS["solve"], (matrix, expand_dims(right, (1,))))
        return Piece(einsum([(0, 1)], [column], (0,)), (outer,), cost)


def size_of(node: Expr, index: int) -> Size:
    """The size of an index of a product."""
    return specs_of(node)[2][index]
