"""Random points."""

from __future__ import annotations

import numpy as np
import pytest

from gradproof.checking.points import generic_point, moved
from gradproof.errors import InputError

RNG = np.random.default_rng(9)


def test_zeros_are_moved_and_positive_leaves_stay_positive():
    zero, positive, scalar = moved([np.zeros(5), np.full(5, 1e-3), 2.0], RNG)
    assert np.all(zero != 0)
    assert np.all(positive > 0)
    assert isinstance(scalar, float)
    assert scalar != 2.0


def test_a_narrow_domain_is_found_by_smaller_moves():
    edge = np.array([1.0, -1.0])

    def cost(point):
        room = 1.001 - np.asarray(point[0]) ** 2
        return float(np.sum(room)) if np.all(room > 0) else float("nan")

    point = generic_point([edge], cost, RNG)
    assert np.all(np.abs(point[0]) < 1.001)


def test_a_cost_that_is_nowhere_finite_is_refused():
    with pytest.raises(InputError, match="nan at the given parameters"):
        generic_point([np.ones(2)], lambda p: float("nan"), RNG)
