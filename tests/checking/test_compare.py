"""Rounding against mistakes."""

from __future__ import annotations

import numpy as np
import pytest

from gradproof.checking.compare import can_extend, difference, extended_values, is_rounding, noise
from gradproof.expr.broadcast import matmul, minus, multiply, plus, sum_over
from gradproof.expr.elementwise import exp
from gradproof.expr.evaluate import evaluate
from gradproof.expr.linalg import inv
from gradproof.expr.node import number, symbol

X, Y = symbol("X", (30, 40)), symbol("Y", (40, 20))
RNG = np.random.default_rng(3)
INPUTS = {X: RNG.normal(size=X.shape), Y: RNG.normal(size=Y.shape)}


def test_nan_is_infinitely_far():
    assert difference(np.array([1.0, np.nan]), np.array([1.0, 2.0])).relative == float("inf")


def test_a_difference_of_rounding_vanishes_with_the_precision():
    one, other = sum_over(matmul(X, Y), 1), matmul(X, sum_over(Y, 1))
    in_double = difference(*(np.asarray(v, dtype=float) for v in _double([one, other])))
    in_wide = difference(*extended_values([one, other], INPUTS))
    assert in_double.absolute > 0
    assert is_rounding(in_wide, in_double)


@pytest.mark.parametrize("size", [1e-12, 1e-6, 1.0])
def test_a_mistake_stays_however_small(size):
    right = matmul(X, Y)
    wrong = plus(right, multiply(number(size), exp(right)))
    in_double = difference(*(np.asarray(v, dtype=float) for v in _double([wrong, right])))
    in_wide = difference(*extended_values([wrong, right], INPUTS))
    assert not is_rounding(in_wide, in_double)


def test_linear_algebra_stays_in_double():
    square = symbol("S", (3, 3))
    assert can_extend([matmul(X, Y)])
    assert not can_extend([inv(square)])
    assert not can_extend([matmul(X, Y)], limit=10.0)


def test_noise_sees_cancellation():
    a, b = symbol("a"), symbol("b")
    at = {a: np.float64(1e12), b: np.float64(1.0)}
    plain, cancelled = noise([multiply(a, b), minus(plus(a, b), a)], at, RNG)
    assert plain < 1e-1
    assert cancelled > 1e-5


def _double(roots):
    return evaluate(roots, INPUTS)
