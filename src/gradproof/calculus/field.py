"""Arithmetic in which an expression can be evaluated: floats, rational numbers, residues, balls.

Arrays of floats are NumPy's own; in the exact fields they are NumPy arrays of Python objects, and what
NumPy cannot do with objects (division, linear systems, determinants) is done here by Gaussian elimination.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, cast

import flint
import numpy as np

from gradproof.expr.node import Array


class Undefined(ArithmeticError):
    """The expression has no value at this point: a division by zero, a singular matrix, a negative root."""


def objects(entries: Any, shape: tuple[int, ...]) -> Array:
    """An array of Python objects from a flat sequence of entries."""
    result = np.empty(shape, dtype=object)
    for place, entry in zip(np.ndindex(shape), entries, strict=True):
        result[place] = entry
    return result


class Field:
    """A field whose elements are Python objects.

    Attributes
    ----------
    name : str
    ordered : whether positive and negative elements are told apart
    """

    name = "field"
    ordered = False

    def number(self, value: Fraction | int) -> Any:
        """The element that a rational number is."""
        raise NotImplementedError

    def reduced(self, array: Any) -> Any:
        """The array with every entry in its normal form."""
        return array

    def inverse(self, x: Any) -> Any:
        """1/x for one element; raises :class:`Undefined` where there is none."""
        raise NotImplementedError

    def pivot(self, column: Array) -> int | None:
        """Row of an entry to divide by, or None where all are zero."""
        return next((i for i, x in enumerate(column) if x != 0), None)

    def equal(self, x: Any, y: Any) -> bool | None:
        """Whether two elements are equal; None where the field cannot tell."""
        return bool(x == y)

    def entrywise(self, function: Callable[..., Any], *arrays: Any) -> Array:
        """A function of elements applied to every entry; the arrays have one shape."""
        grids = [np.asarray(a, dtype=object) for a in arrays]
        return objects((function(*xs) for xs in zip(*(g.flat for g in grids), strict=True)), grids[0].shape)

    def solved(self, a: Any, b: Any) -> tuple[Array, Any]:
        """The solution X of A X = B and det A; raises :class:`Undefined` for a singular A."""
        n = a.shape[0]
        left, right = np.array(a, dtype=object), np.array(b, dtype=object)
        det = self.number(1)
        for k in range(n):
            found = self.pivot(left[k:, k])
            if found is None:
                raise Undefined("a singular matrix")
            if found:
                left[[k, k + found]], right[[k, k + found]] = left[[k + found, k]], right[[k + found, k]]
                det = -det
            det = self.reduced(det * left[k, k])
            scale = self.inverse(left[k, k])
            left[k] = self.reduced(left[k] * scale)
            right[k] = self.reduced(right[k] * scale)
            for i in range(n):
                if i != k:
                    factor = left[i, k]
                    left[i] = self.reduced(left[i] - left[k] * factor)
                    right[i] = self.reduced(right[i] - right[k] * factor)
        return right, det

    def determinant(self, a: Any) -> Any:
        """Det A, which is 0 for a singular matrix."""
        n = a.shape[0]
        left = np.array(a, dtype=object)
        det = self.number(1)
        for k in range(n):
            found = self.pivot(left[k:, k])
            if found is None:
                return self.without_pivot(left[k:, k:], det)
            if found:
                left[[k, k + found]] = left[[k + found, k]]
                det = -det
            det = self.reduced(det * left[k, k])
            scale = self.inverse(left[k, k])
            for i in range(k + 1, n):
                left[i] = self.reduced(left[i] - left[k] * (left[i, k] * scale))
        return self.reduced(det)

    def without_pivot(self, rest: Array, det: Any) -> Any:
        """``det`` times the determinant of a matrix whose first column has no entry to divide by."""
        return self.number(0)

    def identity(self, n: int) -> Array:
        """The identity matrix."""
        one, zero = self.number(1), self.number(0)
        return objects((one if i == j else zero for i in range(n) for j in range(n)), (n, n))


class Rationals(Field):
    """The rational numbers: every result is exact."""

    name = "rational numbers"
    ordered = True

    def number(self, value: Fraction | int) -> Fraction:
        """The number itself."""
        return Fraction(value)

    def inverse(self, x: Any) -> Any:
        """1/x."""
        if x == 0:
            raise Undefined("a division by zero")
        return 1 / Fraction(x)


class Residues(Field):
    """The integers modulo a prime p."""

    def __init__(self, p: int) -> None:
        self.p = p
        self.name = f"integers modulo {p}"

    def number(self, value: Fraction | int) -> int:
        """Numerator over denominator, modulo p."""
        value = Fraction(value)
        return value.numerator * self.inverse(value.denominator) % self.p

    def reduced(self, array: Any) -> Any:
        """Entries in 0, ..., p-1."""
        return array % self.p

    def inverse(self, x: Any) -> int:
        """The residue with x·x⁻¹ = 1."""
        residue = int(x) % self.p
        if residue == 0:
            raise Undefined("a division by zero")
        return pow(residue, -1, self.p)


class Balls(Field):
    """Real numbers known to so many bits, each with a bound of its error (Johansson, Arb, 2017)."""

    name = "real balls"
    ordered = True

    def __init__(self, bits: int = 256) -> None:
        self.bits = bits

    def number(self, value: Fraction | int) -> Any:
        """A ball around the number."""
        value = Fraction(value)
        with flint.ctx.workprec(self.bits):
            return flint.arb(flint.fmpq(value.numerator, value.denominator))

    def inverse(self, x: Any) -> Any:
        """1/x."""
        ball = flint.arb(x)
        if ball.contains(0):
            raise Undefined("a division by zero")
        return 1 / ball

    def pivot(self, column: Array) -> int | None:
        """The entry furthest from zero."""
        balls = [flint.arb(x) for x in list(column)]
        best = max(range(len(balls)), key=lambda i: float(abs(balls[i]).lower()))
        return None if balls[best].contains(0) else best

    def equal(self, x: Any, y: Any) -> bool | None:
        """False where the balls are disjoint, True where their distance is below any that counts."""
        x, y = flint.arb(x), flint.arb(y)
        if not (x.is_finite() and y.is_finite()):
            return None
        if not x.overlaps(y):
            return False
        size = max(abs(x).upper(), abs(y).upper(), flint.arb(2) ** (-self.bits // 4))
        close = x.rad() + y.rad() < size * flint.arb(2) ** (-self.bits // 2)
        return True if close else None

    def without_pivot(self, rest: Array, det: Any) -> Any:
        """The determinant without division, by expansion along the first column."""
        return det * self._expanded(rest)

    def _expanded(self, a: Array) -> Any:
        if a.shape[0] == 0:
            return self.number(1)
        if a.shape[0] > 5:
            raise Undefined("a determinant that the precision does not decide")
        total = self.number(0)
        for i in range(a.shape[0]):
            minor = np.delete(np.delete(a, i, 0), 0, 1)
            total = total + (-1) ** i * a[i, 0] * self._expanded(minor)
        return total


class Floats(Field):
    """Float64 or complex128, by NumPy."""

    name = "float64"
    ordered = True

    def number(self, value: Fraction | int) -> float:
        """The nearest float."""
        return float(value)

    def inverse(self, x: Any) -> Any:
        """1/x."""
        return 1 / x

    def solved(self, a: Any, b: Any) -> tuple[Array, Any]:
        """By LAPACK."""
        try:
            return np.linalg.solve(a, b), np.linalg.det(a)
        except np.linalg.LinAlgError as error:
            raise Undefined("a singular matrix") from error

    def identity(self, n: int) -> Array:
        """The identity matrix."""
        return cast("Array", np.eye(n))
