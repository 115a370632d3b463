"""What is known about an equation after :func:`~gradproof.proving.prove`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gradproof.calculus.step import Step
from gradproof.expr.node import Array, Expr, Shape

EQUAL = "equal"
TO_ROUNDING = "equal to rounding"
NOT_EQUAL = "not equal"
SHAPES_DIFFER = "shapes differ"
UNDECIDED = "undecided"
TRANSPOSED = "equal up to transpose"
EXIT_STATUS = {EQUAL: 0, TO_ROUNDING: 0, NOT_EQUAL: 1, SHAPES_DIFFER: 1, TRANSPOSED: 1, UNDECIDED: 3}
RANDOM, TRIED = "random", "tried"  # what sizes were where they occur as numbers


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A point at which both sides have values, and different ones.

    Attributes
    ----------
    sizes : number behind each size name
    values : array of each symbol
    left, right : the values of the two sides
    certainty : ``exact`` (rational arithmetic), ``enclosed`` (balls that are disjoint), ``float``
    """

    sizes: dict[str, int]
    values: dict[str, Array]
    left: Array
    right: Array
    certainty: str


@dataclass(frozen=True, slots=True)
class Reduction:
    """The rewriting steps of the two sides, which end in one form."""

    left: list[Step]
    right: list[Step]
    form: Expr


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Agreement at random points.

    Attributes
    ----------
    sizes : the sizes tried
    points : number of points
    error : bound of the probability that both sides differ all the same; 1 where nothing bounds it
    unknown : operations treated as unknown functions
    bits : precision, of evidence in real numbers; 0 for exact evaluation modulo primes
    sizes_as_numbers : ``random`` where sizes that occur as numbers were random numbers too, ``tried`` where
        the sides agree only if the number is the length of the axis, so that nothing bounds the error at
        sizes that were not tried; empty where no size occurs as a number
    """

    sizes: list[dict[str, int]]
    points: int
    error: float
    unknown: frozenset[str] = frozenset()
    bits: int = 0
    sizes_as_numbers: str = ""


@dataclass(slots=True)
class Proof:
    """The verdict about an equation, and what it rests on.

    Attributes
    ----------
    verdict : ``equal``, ``equal to rounding``, ``equal up to transpose``, ``not equal``, ``shapes differ`` or
        ``undecided``
    domain : what has to be true of real values for both sides to be defined, where only one of them is at
        some point that was tried; equality is claimed there only
    left, right : the two sides
    left_text, right_text : how they were written
    reduction : the rewrites that lead both sides to one form, if they do
    evaluation : agreement at random points
    counterexample : where the sides differ
    conditions : facts or sizes under which the sides are equal after all
    hints : how the sides differ: by a factor, a transpose, a constant
    reason : why nothing was decided
    notes : what was assumed about names that were not declared
    """

    verdict: str
    left: Expr
    right: Expr
    left_text: str
    right_text: str
    left_shape: Shape = ()
    right_shape: Shape = ()
    reduction: Reduction | None = None
    evaluation: Evaluation | None = None
    counterexample: Counterexample | None = None
    domain: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    reason: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether the sides were found to be equal, by proof or by evidence."""
        return self.verdict in (EQUAL, TO_ROUNDING)

    @property
    def exit_status(self) -> int:
        """0 equal, 1 not equal, 3 undecided."""
        return EXIT_STATUS[self.verdict]

    def __bool__(self) -> bool:
        return self.holds


def as_floats(array: Array) -> Array:
    """Numbers of any field as floats, to print."""
    if array.dtype != object:
        return array
    return np.array([float(x) for x in array.flat]).reshape(array.shape)
