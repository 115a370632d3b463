"""Differences with an error estimate."""

from __future__ import annotations

import numpy as np
import pytest

from gradproof.checking.numeric import judge, numeric_gradient, slope

RNG = np.random.default_rng(5)


def test_a_slope_lies_within_its_bound():
    found = slope(lambda t: np.exp(1.0 + t) * np.sin(3 * t), 1.0)
    assert abs(found.value - 3 * np.e) <= found.error + 1e-9
    assert found.error < 1e-6


@pytest.mark.parametrize("budget", [10.0, 0.0])
@pytest.mark.parametrize(
    ("factor", "expected"), [(1.0, "same"), (1.01, "apart"), (-1.0, "apart"), (0.0, "apart")]
)
def test_entrywise_and_directional_evidence_agree(budget, factor, expected):
    w = RNG.normal(size=(4, 3))

    def cost(point):
        return float(np.sum(np.exp(point[0]) * 0.5) + np.sum(point[0] ** 3))

    right = 0.5 * np.exp(w) + 3 * w**2
    found = numeric_gradient(cost, [w], 0, RNG, budget)
    assert (found.entries is None) == (budget == 0.0)
    assert judge(factor * right, found)[0] == expected


def test_a_cost_that_jumps_gives_no_verdict():
    def cost(point):
        return float(np.floor(1e4 * point[0][0]) + RNG.random())

    found = numeric_gradient(cost, [np.array([0.3])], 0, RNG, 10.0)
    assert judge(np.array([0.0]), found)[0] == "unsure"
