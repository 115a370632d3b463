"""Explaining one wrong term by the smallest edit that turns the right term into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradproof.calculus.canonical import Factors
from gradproof.checking.diagnosis.bench import Bench, is_mask, size_of
from gradproof.checking.diagnosis.operands import Operands
from gradproof.checking.diagnosis.terms import Term, flat_factors
from gradproof.expr.broadcast import multiply
from gradproof.expr.node import Expr, Spec
from gradproof.expr.product import einsum

Values = Sequence[Any]
SAME_FACTOR = 1e-10


@dataclass(slots=True)
class Explanation:
    """An edit: its code, what stands where, and the constant that is left besides it.

    ``sure`` says that what differs is a variable, a mask or a derivative, and not a longer expression: then
    no
    smaller edit inside it is worth looking for. ``moved`` says that wrong entries are right ones at other
    places.
    """

    code: str
    found: Expr | None = None
    expected: Expr | None = None
    node: Expr | None = None
    ratio: float = 1.0
    part_found: Expr | None = None
    part_expected: Expr | None = None
    axes: tuple[int, ...] = ()
    indices: list[tuple[int, ...]] = field(default_factory=list)
    also_factor: float | None = None
    sure: bool = True
    moved: bool = False


class Explainer:
    """Tries the edits in order of size; each is verified by its values at every point."""

    def __init__(self, bench: Bench, operands: Operands) -> None:
        self.bench, self.operands = bench, operands

    def pair(self, found: Term, expected: Term, scale: float = 0.0) -> Explanation | None:
        """The edit that turns ``expected`` into ``found``, or None."""
        f, e = self.bench.values(found.expr), self.bench.values(expected.expr)
        by_value = self.values(f, e, expected.expr, scale) or self._whole_parameter(f, e)
        result = (
            by_value
            or self._structure(found.expr, expected.expr, f)
            or self._variation(f, expected.expr, scale, self._itself(found.expr))
        )
        if result is not None:
            result.found, result.expected, result.node = found.expr, expected.expr, found.node
        return result

    def values(self, f: Values, e: Values, expected: Expr, scale: float = 0.0) -> Explanation | None:
        """Edits that show in the values alone: a factor, a sum, a transpose."""
        ratio = self.bench.ratio(f, e, scale)
        if ratio is not None:
            return None if abs(ratio - 1) < SAME_FACTOR else Explanation("wrong-factor", ratio=ratio)
        summed = self._summed(f, e, scale)
        if summed is not None:
            return summed
        if expected.ndim == 2 and expected.shape[0] == expected.shape[1]:
            ratio = self.bench.ratio(f, [np.swapaxes(v, -1, -2) for v in e], scale)
            if ratio is not None:
                return Explanation("transposed", also_factor=_unless_one(ratio))
        return None

    def _whole_parameter(self, f: Values, e: Values) -> Explanation | None:
        """A constant times a parameter, where the same belongs but for a row or column of zeros: its bias."""
        zero = np.asarray(e[0]) == 0
        if not any(zero.take(k, axis).all() for axis in range(zero.ndim) for k in (0, -1)) or zero.all():
            return None
        for variable in self.bench.parameters.values():
            is_it = variable.ndim and self.bench.ratio(f, self.bench.values(variable)) is not None
            if is_it and self.bench.agree([np.where(zero, 0, v) for v in f], e):
                return Explanation("penalty-on-bias", indices=[tuple(map(int, i)) for i in np.argwhere(zero)])
        return None

    def _summed(self, f: Values, e: Values, scale: float) -> Explanation | None:
        """A sum over all entries, or along some axes, in place of the array itself."""
        ndim = np.ndim(e[0])
        if ndim == 0 or np.size(e[0]) < 2:
            return None
        options = [tuple(range(ndim)), *((a,) for a in range(ndim) if ndim > 1 and np.shape(e[0])[a] > 1)]
        for axes in options:
            total = [np.broadcast_to(np.sum(v, axis=axes, keepdims=True), np.shape(v)) for v in e]
            ratio = self.bench.ratio(f, total, scale)
            if ratio is not None:
                code = "sum-for-matrix" if len(axes) == ndim else "wrong-axis"
                return Explanation(code, axes=axes, also_factor=_unless_one(ratio))
        return None

    # --- by structure: the factors of both terms side by side ------------------------------------------

    def _structure(self, found: Expr, expected: Expr, f: Values) -> Explanation | None:
        a, b = self._factors(found), self._factors(expected)
        rest_a, rest_b = self._unshared(a, b)
        if not rest_a and not rest_b:
            return self._same_factors(a, b, f)
        if len(rest_a) == len([x for x in a.factors if x[0].ndim]):
            return None  # nothing in common: not an edit of the right term
        if self._pointwise(rest_a, a) and self._pointwise(rest_b, b):
            return self._pointwise_difference(rest_a, rest_b, a, b)
        if len(rest_a) == 1 and len(rest_b) == 1:
            return self._operand(rest_a[0][0], rest_b[0][0])
        return None

    def _factors(self, expr: Expr) -> Factors:
        return flat_factors(expr, self.operands.atoms - {expr})

    def _unshared(self, a: Factors, b: Factors) -> tuple[list[tuple[Expr, Spec]], list[tuple[Expr, Spec]]]:
        """Factors of one side that the other has not, compared by value up to a constant; scalars aside."""
        left = [x for x in a.factors if x[0].ndim]
        right = [x for x in b.factors if x[0].ndim]
        for item in list(left):
            values = self.bench.values(item[0])
            twin = next((r for r in right if r[0] is item[0]
                         or self.bench.ratio(values, self.bench.values(r[0])) is not None), None)
            if twin is not None:
                left.remove(item)
                right.remove(twin)
        return left, right

    def _same_factors(self, a: Factors, b: Factors, f: Values) -> Explanation | None:
        """Equal arrays: other scalars, or other indices (a transpose, an entrywise product, an axis)."""
        arrays = [x for x in b.factors if x[0].ndim]
        if size_of(f) == 0 or not arrays:
            return None
        if self.bench.ratio(self.bench.values(_arrays(a)), self.bench.values(_arrays(b))) is not None:
            return self._other_scalars(a, b)
        if len(arrays) == 1:
            return Explanation("wrong-axis")
        contracted = [len(x.sizes) - len(set(x.out)) for x in (a, b)]
        return Explanation("transposed" if contracted[0] == contracted[1] else "wrong-operation")

    def _other_scalars(self, a: Factors, b: Factors) -> Explanation | None:
        """The arrays agree, and the scalars are not a constant apart: one of them is another variable."""
        left, right = [x for x, _ in a.factors if not x.ndim], [x for x, _ in b.factors if not x.ndim]
        for item in list(left):
            twin = next((r for r in right if r is item or self.bench.agree(self.bench.values(item),
                                                                           self.bench.values(r))), None)
            if twin is not None:
                left.remove(item)
                right.remove(twin)
        found, expected = multiply(*left) if left else None, multiply(*right) if right else None
        if found is None and expected is None:
            return None
        inner = found is None and expected is not None and self.operands.is_made_of_forward(expected)
        code = "missing-derivative" if inner else "wrong-operand"
        return Explanation(code, part_found=found, part_expected=expected, sure=False)

    @staticmethod
    def _pointwise(rest: Sequence[tuple[Expr, Spec]], whole: Factors) -> bool:
        return all(set(spec) <= set(whole.out) for _, spec in rest)

    def _pointwise_difference(
        self, rest_a: list[tuple[Expr, Spec]], rest_b: list[tuple[Expr, Spec]], a: Factors, b: Factors
    ) -> Explanation | None:
        """Entrywise factors differ: a mask, the derivative of an activation, or a variable."""
        found, expected = _together(rest_a, a), _together(rest_b, b)
        if found is None and expected is None:
            return None
        if expected is None:
            code = "wrong-mask" if self._is_mask(found) else "wrong-operation"
            return Explanation(code, part_found=found)
        if found is None:
            derivative = self.operands.is_derivative(expected)
            code = (
                "missing-derivative"
                if derivative
                else "wrong-mask"
                if self._is_mask(expected)
                else "wrong-operand"
            )
            return Explanation(
                code, part_expected=expected, sure=derivative or self.operands.is_variable(expected)
            )
        if self._is_mask(expected):
            code = "wrong-mask" if self._is_mask(found) else "missing-derivative"
        elif self._of_another(found, expected):
            return Explanation("wrong-operand", part_found=found, part_expected=expected)
        else:
            code = "missing-derivative" if self.operands.is_derivative(expected) else "wrong-operand"
        sure = self._is_simple(found) and self._is_simple(expected)
        return Explanation(code, part_found=found, part_expected=expected, sure=sure)

    def _of_another(self, found: Expr, expected: Expr) -> bool:
        """Whether two expressions are the same function of two different variables."""
        pairs, stack = set(), [(found, expected)]
        while stack:
            a, b = stack.pop()
            if a is b:
                continue
            if self.operands.is_variable(a) and self.operands.is_variable(b):
                pairs.add((a, b))
            elif a.op is b.op and a.args and len(a.args) == len(b.args) and a.attrs == b.attrs:
                stack += zip(a.args, b.args, strict=True)
            else:
                return False
        return len(pairs) == 1

    def _is_simple(self, expr: Expr) -> bool:
        return self.operands.is_variable(expr) or self._is_mask(expr)

    def _operand(self, found: Expr, expected: Expr) -> Explanation:
        f, e = self.bench.values(found), self.bench.values(expected)
        if np.ndim(f[0]) == 2 and self.bench.ratio(f, [v.T for v in e]) is not None:
            return Explanation("transposed", part_found=found, part_expected=expected)
        sure = self.operands.is_variable(found) and self.operands.is_variable(expected)
        return Explanation("wrong-operand", part_found=found, part_expected=expected, sure=sure)

    def _is_mask(self, expr: Expr | None) -> bool:
        return is_mask(self.bench, expr)

    # --- by variation: edits of the right term until the wrong values come out --------------------------

    def _itself(self, found: Expr) -> set[Expr]:
        """What a term is a constant times of, unless the cost has it: to say that it stands there says
        nothing.
        """
        arrays = [x for x, _ in flat_factors(found, frozenset()).factors if x.ndim]
        return {found, *(arrays if len(arrays) == 1 else [])} - self.operands.forward

    def _variation(self, f: Values, expected: Expr, scale: float, itself: set[Expr]) -> Explanation | None:
        parts = self._factors(expected)
        for explanation, variant in self._variations(parts):
            if explanation.part_found in itself:
                continue
            if variant is None or variant.shape != expected.shape:
                continue
            ratio = self.bench.ratio(f, self.bench.values(variant), scale)
            if ratio is not None:
                explanation.also_factor = _unless_one(ratio)
                return explanation
        return None

    def _variations(self, parts: Factors) -> Iterator[tuple[Explanation, Expr | None]]:
        for k, (arg, spec) in enumerate(parts.factors):
            if not arg.ndim:
                continue
            pointwise = set(spec) <= set(parts.out) and len(parts.factors) > 1
            if pointwise:
                code = "missing-derivative" if self.operands.is_derivative(arg) else "wrong-operand"
                yield Explanation(code, part_expected=arg), self._rebuilt(parts, k, None)
            if len(set(spec)) == 2 and len({parts.sizes[i] for i in spec}) == 1:
                yield Explanation("transposed", part_expected=arg), self._rebuilt(parts, k, arg, spec[::-1])
            for other in self.operands.like(arg):
                code = "wrong-mask" if self._is_mask(arg) and self._is_mask(other) else "wrong-operand"
                yield Explanation(code, part_found=other, part_expected=arg), self._rebuilt(parts, k, other)

    @staticmethod
    def _rebuilt(parts: Factors, k: int, other: Expr | None, spec: Spec | None = None) -> Expr | None:
        chosen = list(parts.factors)
        if other is None:
            del chosen[k]
        else:
            chosen[k] = (other, spec or chosen[k][1])
        return einsum([s for _, s in chosen], [a for a, _ in chosen], parts.out, parts.sizes)


def _arrays(parts: Factors) -> Expr:
    """The product without its scalars."""
    chosen = [(x, s) for x, s in parts.factors if x.ndim]
    return einsum([s for _, s in chosen], [x for x, _ in chosen], parts.out, parts.sizes)


def _together(rest: list[tuple[Expr, Spec]], whole: Factors) -> Expr | None:
    """Product of entrywise factors over the axes they have."""
    if not rest:
        return None
    if len(rest) == 1 and rest[0][1] == tuple(whole.out):
        return rest[0][0]
    used = {i for _, spec in rest for i in spec}
    out = tuple(i for i in whole.out if i in used)
    return einsum([s for _, s in rest], [a for a, _ in rest], out, whole.sizes)


def _unless_one(ratio: float) -> float | None:
    return None if abs(ratio - 1) < 1e-7 else ratio



