"""The expressions as they are computed: products in pairs, solves in the place of inverses, nothing twice.

What a reader wants to see and what a computer should do differ: xᵀABy is one product for the one, three
matrix-vector products for the other. The plan is an expression again, of the same value.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod

from gradproof.calculus.rewrite import with_args
from gradproof.expr.broadcast import negate, plus
from gradproof.expr.contraction import Spec
from gradproof.expr.elementwise import apply, exp
from gradproof.expr.node import (
    DELTA,
    NUMBER,
    SYMBOL,
    Expr,
    Size,
    delta,
    make,
    number,
    number_value,
    postorder,
    size_symbol,
)
from gradproof.expr.powers import POWER, scalar_exponent, sqrt
from gradproof.expr.product import PRODUCT, SUM, add, einsum, specs_of
from gradproof.expr.reduction import LOGSUMEXP, SOFTMAX
from gradproof.write.code_contraction import ENTRYWISE, Cost, Piece
from gradproof.write.code_nodes import is_cheap, is_transparent
from gradproof.write.code_ordering import Factor, Ordering
from gradproof.write.code_signs import is_surely_nonnegative, negated, one_minus

MAX_SOLVES = 3  # beyond that one inverse is cheaper than as many factorisations


@dataclass(slots=True)
class _Opened:
    """A product with the products below it opened: numbers and scalars, arrays, the size of every index."""

    coefficient: Fraction | float
    scalars: list[Expr] = field(default_factory=list)
    arrays: list[Factor] = field(default_factory=list)
    sizes: list[Size] = field(default_factory=list)
    opened: bool = False


class Plan:
    """What each expression is computed as.

    Parameters
    ----------
    roots : what is wanted
    named : expressions that have a line of their own, whatever they cost
    examples : typical numbers of the symbolic sizes, for the order of products
    rank_k : whether ZᵀZ of one array costs half of a product of two
    """

    def __init__(
        self,
        roots: Sequence[Expr],
        named: Collection[Expr] = (),
        examples: Mapping[str, int] | None = None,
        *,
        rank_k: bool = False,
    ) -> None:
        self.cost = Cost(examples or {})
        self.rank_k = rank_k
        self.fixed = {*named, *roots}
        self.table: dict[Expr, Expr] = {}
        order = postorder(*roots)
        self.present = set(order)
        self.uses: dict[Expr, int] = dict.fromkeys(roots, 1)
        for node in order:
            for arg in node.args:
                self.uses[arg] = self.uses.get(arg, 0) + 1
        self.explicit = self._explicit(order)
        for node in order:
            self.table[node] = self._planned(node)

    def __getitem__(self, node: Expr) -> Expr:
        return self.table[node]

    def _explicit(self, order: Sequence[Expr]) -> set[Expr]:
        """Inverses that are wanted entry by entry, or in so many products that solving costs more."""
        counts: dict[Expr, int] = {}
        found = {n for n in self.fixed if n.op.name == "inv"}
        for node in order:
            for arg in node.args:
                inner = arg.args[0] if is_transparent(arg) and arg.args else arg
                if inner.op.name != "inv" or inner is node:
                    continue
                if node.op is PRODUCT and (len(node.args) > 1 or is_transparent(node)):
                    counts[inner] = counts.get(inner, 0) + (len(node.args) > 1)
                else:
                    found.add(inner)
        return found | {n for n, count in counts.items() if count > MAX_SOLVES}

    def _planned(self, node: Expr) -> Expr:
        if node.op is PRODUCT:
            return self._product(node)
        args = tuple(self.table[a] for a in node.args)
        if node.op is SOFTMAX:
            total = make(LOGSUMEXP, node.args, node.attrs)
            if total in self.present:  # both are wanted: the exponentials are summed once
                return exp(plus(args[0], negate(make(LOGSUMEXP, args, node.attrs))))
        if node.op.name == "log":
            return self._log(node) or with_args(node, args)
        return with_args(node, args)

    def _log(self, node: Expr) -> Expr | None:
        """log σ(z) = −softplus(−z), log(1 − σ(z)) = −softplus(z): no log 0 where σ is rounded to 0 or 1."""
        (x,) = node.args
        if x.op.name == "sigmoid":
            return negate(apply("softplus", negate(self.table[x.args[0]])))
        if x.op is SUM and len(x.args) == 2:
            for one, other in (x.args, x.args[::-1]):
                inner = negated(other)
                if scalar_exponent(one) == 1 and inner.op.name == "sigmoid":
                    return negate(apply("softplus", self.table[inner.args[0]]))
        return None

    # --- products ---------------------------------------------------------------------------------------

    def _product(self, node: Expr) -> Expr:
        full = self._opened(node)
        _, out, _ = specs_of(node)
        square = self._sum_of_squares(full, out)
        if square is not None:
            return square
        distributed = self._distributed(node) or self._skinny(node, full)
        if distributed is not None:
            return distributed
        same, free = _identified(full, out)
        summed = {i for _, s in full.arrays for i in s if i not in out and full.sizes[i] != 1}
        solves = any(a.op.name == "inv" and a not in self.explicit for a, _ in full.arrays)
        if not summed or (len(full.arrays) < 3 and not full.opened and not solves):
            return _matrix_first(with_args(node, tuple(self.table[a] for a in node.args)))
        arrays = [(self.table[a], spec) for a, spec in full.arrays]
        inverses = {self.table[a] for a, _ in full.arrays if a.op.name == "inv" and a not in self.explicit}
        arrays, sign = self._weighted_gram(arrays, out, full.sizes)
        full.coefficient = sign * full.coefficient
        scalars = [self.table[s] for s in full.scalars]
        arrays = [(a, tuple(same[i] for i in s)) for a, s in arrays if not _joins(a, s, out)]
        ordering = Ordering(self.cost, full.sizes, inverses, free)
        if free == out:
            return ordering.product(full.coefficient, scalars, arrays, out)
        body = ordering.product(Fraction(1), [], arrays, free)
        place = tuple(range(len(free)))
        axes = dict(zip(free, place, strict=True))
        # The product of the diagonal's entries with the deltas, which no ordering looks at.
        spread, extra = [axes.get(i) for i in out], len(free)
        target: list[int] = []
        specs: list[Spec] = []
        args: list[Expr] = []
        for i, axis in zip(out, spread, strict=True):
            if axis is None:
                axis = extra
                extra += 1
                specs.append((axes[same[i]], axis))
                args.append(delta(full.sizes[i]))
            target.append(axis)
        front: list[Spec] = [()] * (1 + len(scalars))
        return einsum(
            [*front, place, *specs], [number(full.coefficient), *scalars, body, *args], tuple(target), []
        )

    def _opened(self, node: Expr) -> _Opened:
        """The factors of a product, those of the products below it that nobody else needs among them."""
        specs, out, sizes = specs_of(node)
        result = _Opened(Fraction(1), sizes=list(sizes))
        shared = [i for i in range(len(sizes)) if sum(s.count(i) for s in specs) > 1 and i not in out]
        stack = [(a, s) for a, s in zip(node.args, specs, strict=True)][::-1]
        top = len(stack)
        while stack:
            arg, spec = stack.pop()
            value = number_value(arg)
            if value is not None and arg.op is NUMBER:
                result.coefficient = result.coefficient * value
            elif self._opens(arg, spec, shared):
                result.opened |= not is_transparent(arg)
                stack += self._inside(arg, spec, result)[::-1]
            elif not spec:
                result.scalars.append(arg)
            else:
                result.arrays.append((arg, spec))
        held = {i for _, s in result.arrays for i in s} | set(out)
        for index, size in enumerate(result.sizes):  # Σ_j 1 = n
            if index not in held and size != 1:
                result.scalars.append(size_symbol(size) if isinstance(size, str) else number(size))
        assert top
        return result

    def _opens(self, arg: Expr, spec: Spec, shared: Collection[int]) -> bool:
        if arg.op is not PRODUCT or arg in self.fixed:
            return False
        if is_transparent(arg):
            return True
        if self.uses.get(arg, 1) > 1 and not is_cheap(arg):
            return self._only_scales(arg)
        return not spec or self._only_scales(arg) or any(i in shared for i in spec)

    @staticmethod
    def _only_scales(arg: Expr) -> bool:
        """A number or a scalar symbol times one array, perhaps turned."""
        specs, out, _ = specs_of(arg)
        arrays = [s for s in specs if s]
        return (
            len(arrays) == 1
            and set(arrays[0]) <= set(out)
            and len(set(arrays[0])) == len(arrays[0])
            and all(
                a.op is NUMBER or not a.args or is_cheap(a)
                for a, s in zip(arg.args, specs, strict=True)
                if not s
            )
        )

    @staticmethod
    def _inside(arg: Expr, spec: Spec, result: _Opened) -> list[Factor]:
        specs, out, sizes = specs_of(arg)
        place = dict(zip(out, spec, strict=True))
        for index, size in enumerate(sizes):
            if index not in place:
                place[index] = len(result.sizes)
                result.sizes.append(size)
        return [(a, tuple(place[i] for i in s)) for a, s in zip(arg.args, specs, strict=True)]

    def _sum_of_squares(self, full: _Opened, out: Spec) -> Expr | None:
        """Σ x² = ⟨x, x⟩, without the squares."""
        if out or len(full.arrays) != 1:
            return None
        ((arg, spec),) = full.arrays
        if (
            arg.op is not POWER
            or scalar_exponent(arg.args[1]) != 2
            or self.uses[arg] > 1
            or arg in self.fixed
        ):
            return None
        base = self.table[arg.args[0]]
        inner = einsum([spec, spec], [base, base], (), full.sizes)
        return _scaled(full.coefficient, [self.table[s] for s in full.scalars], inner)

    def _weighted_gram(
        self, arrays: list[Factor], out: Spec, sizes: Sequence[Size]
    ) -> tuple[list[Factor], int]:
        """Xᵀ diag(s) X = ZᵀZ with Z = diag(√s) X for s ≥ 0: of a symmetric product half is computed."""
        if not self.rank_k or len(out) != 2 or len(arrays) < 3:
            return arrays, 1
        for k, (base, spec) in enumerate(arrays):
            for other in range(k + 1, len(arrays)):
                if arrays[other][0] is not base or len(spec) != 2:
                    continue
                mine, its = set(spec) & set(out), set(arrays[other][1]) & set(out)
                swapped = {out[0]: out[1], out[1]: out[0]}
                if (
                    len(mine) != 1
                    or mine == its
                    or tuple(swapped.get(i, i) for i in spec) != arrays[other][1]
                ):
                    continue
                (inner,) = set(spec) - mine
                rest = [f for j, f in enumerate(arrays) if j not in (k, other)]
                found = self._weight(rest, inner, sizes)
                if found is None:
                    continue
                weight, sign = found
                scaled = einsum([spec, (inner,)], [base, sqrt(weight)], spec, sizes)
                return [(scaled, spec), (scaled, arrays[other][1])], sign
        return arrays, 1

    @staticmethod
    def _weight(rest: Sequence[Factor], inner: int, sizes: Sequence[Size]) -> tuple[Expr, int] | None:
        """The product of vectors, as a sign times what is known to be nonnegative."""
        if not rest or any(s != (inner,) for _, s in rest):
            return None
        sign, parts = 1, []
        for arg, _ in rest:
            flipped = one_minus(arg)
            sign = -sign if flipped is not None else sign
            parts.append(arg if flipped is None else flipped)
        weight = einsum([(0,)] * len(parts), parts, (0,), [sizes[inner]])
        return (weight, sign) if is_surely_nonnegative(weight) else None

    def _skinny(self, node: Expr, full: _Opened) -> Expr | None:
        """(T − UVᵀ)V = TV − U(VᵀV), where that costs half at most: UVᵀ of thin matrices is not formed."""
        specs, out, sizes = specs_of(node)
        for k, (arg, spec) in enumerate(zip(node.args, specs, strict=True)):
            if arg.op is not SUM or arg.ndim != 2 or self.uses.get(arg, 1) > 1 or arg in self.fixed:
                continue
            if not any(t.op is PRODUCT and len(t.args) > 1 and self._cost(t) for t in arg.args):
                continue
            terms = []
            for term in arg.args:
                args = [*node.args[:k], term, *node.args[k + 1 :]]
                terms.append(einsum(specs, args, out, list(sizes)))
            entries = prod(self.cost.size(n) for n in arg.shape)
            written = prod(self.cost.size(n) for n in node.shape)
            joined = self._cost(node) + sum(map(self._cost, arg.args)) + ENTRYWISE * entries
            apart = sum(map(self._cost, terms)) + ENTRYWISE * written
            if any(i in spec and i not in out for s in specs for i in s) and 2 * apart < joined:
                return add(*(self._planned(t) for t in terms))
        return None

    def _cost(self, node: Expr) -> float:
        """The time of a product's contractions."""
        if node.op is not PRODUCT or is_transparent(node):
            return 0.0
        full = self._opened(node)
        out = specs_of(node)[1]
        arrays = [(a, s) for a, s in full.arrays if a.op is not DELTA]
        if len(arrays) < 2 or len(arrays) != len(full.arrays):
            return 0.0
        pieces = [Piece(a, s, 0.0) for a, s in arrays]
        return Ordering(self.cost, full.sizes, (), out).best(pieces, out).cost

    def _distributed(self, node: Expr) -> Expr | None:
        """(A + Aᵀ) x = A x + Aᵀ x: no matrix is made for a vector."""
        if node.ndim != 1:
            return None
        specs, out, sizes = specs_of(node)
        arrays = [(a, s) for a, s in zip(node.args, specs, strict=True) if s]
        if len(arrays) != 2 or {len(s) for _, s in arrays} != {1, 2}:
            return None
        matrix = next(a for a, s in arrays if len(s) == 2)
        if matrix.op is not SUM or self.uses[matrix] > 1 or matrix in self.fixed:
            return None
        if not all(a.op is SYMBOL or _only_turns(a) for a in matrix.args):
            return None
        (vector,) = (s for _, s in arrays if len(s) == 1)
        if vector[0] in out:
            return None
        terms = []
        for term in matrix.args:
            args = [self.table[a] for a in node.args]
            own = list(specs)
            at = node.args.index(matrix)
            args[at] = self.table[term]
            if term.op is PRODUCT:  # Aᵀ x is Σ_i a_ij x_i, and no transpose is made
                (inner,), result, _ = specs_of(term)
                place = dict(zip(result, specs[at], strict=True))
                own[at], args[at] = tuple(place[i] for i in inner), self.table[term.args[0]]
            terms.append(_matrix_first(einsum(own, args, out, sizes)))
        return add(*terms)


def _only_turns(node: Expr) -> bool:
    """One array with its axes in another place, none of size 1 dropped."""
    if not is_transparent(node) or not node.args:
        return False
    (inner,), out, _ = specs_of(node)
    return set(inner) <= set(out)


def _matrix_first(node: Expr) -> Expr:
    """A x with its factors in this order, so that it is one expression wherever it occurs."""
    if node.op is not PRODUCT or node.ndim != 1 or len(node.args) < 2:
        return node
    specs, out, sizes = specs_of(node)
    *front, (vector, own), (matrix, spec) = zip(node.args, specs, strict=True)
    if len(own) != 1 or len(spec) != 2 or spec[1] != own[0] or any(s for _, s in front):
        return node
    order = [*front, (matrix, spec), (vector, own)]
    return einsum([s for _, s in order], [a for a, _ in order], out, list(sizes))


def _joins(node: Expr, spec: Spec, out: Spec) -> bool:
    """Whether a factor is a Kronecker delta between two axes of the result."""
    return node.op is DELTA and set(spec) <= set(out)


def _identified(full: _Opened, out: Spec) -> tuple[dict[int, int], Spec]:
    """The index that stands for each one where deltas make axes equal, and the axes that are left."""
    same = {i: i for i in range(len(full.sizes))}
    for arg, spec in full.arrays:
        if _joins(arg, spec, out):
            a, b = same[spec[0]], same[spec[1]]
            first, second = sorted((a, b), key=out.index)
            same = {i: first if j == second else j for i, j in same.items()}
    return same, tuple(dict.fromkeys(same[i] for i in out))


def _scaled(coefficient: Fraction | float, scalars: Sequence[Expr], body: Expr) -> Expr:
    """A number times scalars times an array, as one product."""
    axes = tuple(range(body.ndim))
    parts = [number(coefficient), *scalars, body]
    return einsum([()] * (len(parts) - 1) + [axes], parts, axes)
