"""Both sides of an equation at one point: exactly if possible, else in balls, at last in floats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from gradproof.calculus.balls import ExactNumbers, RealBalls
from gradproof.calculus.exact import NotExact, evaluate_in
from gradproof.calculus.field import Field, Floats, Rationals, Undefined, objects
from gradproof.calculus.parameters import Structure, honours, structure_of
from gradproof.calculus.sampling import bound_shape, ill_conditioned
from gradproof.errors import ShapeError
from gradproof.expr.evaluate import extend
from gradproof.expr.node import SYMBOL, Array, Expr, facts_of, symbols
from gradproof.expr.sizes import with_sizes
from gradproof.proving.branches import Seen, labels, switches
from gradproof.proving.proof import as_floats

DIFFERS = 1e-6  # relative to the larger value
ROUNDING = 1e-9  # relative to the largest number on the way: what cancellation may have left
AGREES = 1e-12
_EXACT, _BALLS, _RATIONALS, _FLOATS = ExactNumbers(), RealBalls(), Rationals(), Floats()

Parameters = dict[Expr, list[Any]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The two sides at a point: equal, different, or (None) too close to tell.

    Attributes
    ----------
    certainty : ``exact``, ``enclosed`` or ``float``
    bits : how many bits the sides were compared in; 0 for rational numbers
    taken : the branches that piecewise functions took there
    """

    equal: bool | None
    left: Array
    right: Array
    certainty: str
    bits: int
    taken: Seen = field(default_factory=dict)


class Equation:
    """Two expressions of one shape at fixed sizes, to be compared at points given by free parameters.

    Attributes
    ----------
    structures : how each symbol comes from its parameters
    watched : for each piecewise function to be watched, what it is at these sizes, and its switches
    """

    def __init__(
        self, left: Expr, right: Expr, sizes: Mapping[str, int], watched: Sequence[Expr] = ()
    ) -> None:
        leaves = symbols(left, right)
        parts = {node: switches(node) for node in watched}
        becomes = with_sizes([left, right, *leaves, *(p for ps in parts.values() for p in ps)], sizes)
        self.sizes = dict(sizes)
        self.watched = {node: tuple(becomes[p] for p in ps) for node, ps in parts.items()}
        self.left, self.right = becomes[left], becomes[right]
        self.structures: dict[Expr, Structure] = {
            becomes[leaf]: structure_of(facts_of(leaf), bound_shape(leaf.shape, sizes))
            for leaf in leaves
            if becomes[leaf].op is SYMBOL
        }
        self.is_complex = any("complex" in facts_of(leaf) for leaf in self.structures)
        self._doubtful = any(facts_of(leaf) for leaf in self.structures)
        self._ways = ["float"] if self.is_complex else ["exact", "enclosed", "float"]

    def values(self, parameters: Parameters, certainty: str = "exact") -> dict[Expr, Array]:
        """The array of each symbol."""
        field: Field = _FLOATS if certainty == "float" else _RATIONALS
        kind: Any = (complex if self.is_complex else float) if certainty == "float" else object
        result = {}
        for leaf, structure in self.structures.items():
            given = parameters[leaf]
            entries = np.array(given, dtype=kind) if kind is not object else objects(given, (len(given),))
            result[leaf] = structure.build(field, entries)
            if self._doubtful and not honours(facts_of(leaf), as_floats(result[leaf])):
                raise Undefined("an array of which the facts that are assumed are not true")
        return result

    def at(self, parameters: Parameters) -> Comparison:
        """Compare both sides; raises :class:`Undefined` where one has no value.

        A way that an operation closes (exp has no rational values) is not tried again.
        """
        while True:
            way = self._ways[0]
            try:
                return getattr(self, f"_{way}")(self.values(parameters, way))  # type: ignore[no-any-return]
            except NotExact:
                if len(self._ways) == 1:
                    raise
                if way == "exact":
                    try:
                        return self._enclosed(self.values(parameters))
                    except NotExact:
                        pass
                self._ways.pop(0)

    def _exact(self, values: dict[Expr, Array]) -> Comparison:
        roots = self._roots()
        found = evaluate_in(roots, values, _EXACT)
        a, b = found[:2]
        return Comparison(bool(np.all(a == b)), a, b, "exact", 0, self._taken(roots, found))

    def _roots(self) -> list[Expr]:
        return [self.left, self.right, *(p for parts in self.watched.values() for p in parts)]

    def _taken(self, roots: Sequence[Expr], values: Sequence[Array]) -> Seen:
        table = dict(zip(roots, values, strict=True))
        return {node: labels(node, [table[p] for p in parts]) for node, parts in self.watched.items()}

    def taken(self, parameters: Parameters) -> Seen:
        """The branches that the watched functions take at a point, by floats; none where they fail."""
        values: dict[Expr, Any] = dict(self.values(parameters, "float"))
        roots = self._roots()[2:]
        extend(values, roots)
        return {node: labels(node, [values[p] for p in parts]) for node, parts in self.watched.items()}

    def _enclosed(self, values: dict[Expr, Array]) -> Comparison:
        balls = {
            leaf: objects((_BALLS.field.number(Fraction(x)) for x in array.flat), array.shape)
            for leaf, array in values.items()
        }
        roots = self._roots()
        values_found = _BALLS.evaluate(roots, balls)
        a, b = values_found[:2]
        with flint.ctx.workprec(_BALLS.field.bits):
            found = [_BALLS.field.equal(x, y) for x, y in zip(a.flat, b.flat, strict=True)]
        equal = False if False in found else None if None in found else True
        return Comparison(equal, a, b, "enclosed", _BALLS.field.bits // 2, self._taken(roots, values_found))

    def _float(self, values: dict[Expr, Array]) -> Comparison:
        table: dict[Expr, Any] = dict(values)
        try:
            roots = self._roots()
            extend(table, roots)
        except (ValueError, ShapeError) as error:
            raise Undefined("an operation that has no value at these sizes") from error
        a, b = (np.asarray(table[e]) for e in (self.left, self.right))
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            raise Undefined("a value that is not finite")
        if ill_conditioned([self.left, self.right], table):
            raise Undefined("a matrix that is close to singular")
        on_the_way = max((_largest(v) for v in table.values()), default=0.0)
        difference, size = _largest(a - b), max(_largest(a), _largest(b))
        equal = None
        if difference > DIFFERS * size and difference > ROUNDING * on_the_way:
            equal = False
        elif difference <= AGREES * size or difference <= AGREES * 0.01 * on_the_way:
            equal = True
        taken = {} if self.is_complex else self._taken(roots, [np.asarray(table[r]) for r in roots])
        return Comparison(equal, a, b, "float", 40, taken)


def _largest(value: Any) -> float:
    array = np.abs(np.asarray(value))
    if array.dtype.kind not in "biuf":
        return 0.0
    return float(array[np.isfinite(array)].max(initial=0))
