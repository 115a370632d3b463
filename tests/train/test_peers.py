"""Fifty steps of an engine end at the weights where those of PyTorch, scikit-learn and Optax end."""

import pytest
from tests.train.peers import CASES, NETWORKS, PAIRS, SIDES, largest_difference, ours, task

for library in ("torch", "sklearn", "optax"):
    pytest.importorskip(library)
pytestmark = pytest.mark.torch

# Optax compiles for each network, so here it gets one; `benchmarks/steps.py` has all, and every engine.
FIRST = next(iter(NETWORKS))
RUNS = [(*pair, network) for network in NETWORKS for pair in PAIRS if pair[1] != "optax" or network == FIRST]


@pytest.mark.parametrize(("case", "side", "network"), RUNS)
def test_the_same_weights(case, side, network):
    given = task(NETWORKS[network])
    found = ours(CASES[case], given, "numpy")
    assert largest_difference(found, given.start) > 0.1  # it has moved
    assert largest_difference(found, SIDES[side](CASES[case], given)) <= 1e-12


def test_a_different_optimiser_is_told_apart():
    given = task(NETWORKS[FIRST])
    expected = SIDES["torch"](CASES["Adam"], given)
    assert largest_difference(ours(CASES["Adam, ε beside √s"], given, "numpy"), expected) > 1e-9
