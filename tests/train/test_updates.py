"""What a step does to the parameters: first the optimiser, then the largest norm of a row."""

import numpy as np
import pytest

from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import symbol
from gradproof.train.expression import expression
from gradproof.train.network import Layer, Network, dense
from gradproof.train.optimizers import SGD, Adam
from gradproof.train.program import program
from gradproof.train.updates import updates


def changed(network, W, gradient, *, copies=None, rate=0.5):
    """W1 after one step of gradient descent."""
    step = program(expression(network, copies=copies))
    leaf = step.source.parameters["W1"]
    values = {leaf: W, step.gradients["W1"]: gradient, symbol("α"): np.float64(rate)}
    for target, value in updates(step, SGD())["W1"]:
        assert target is leaf
        values[leaf] = evaluate([value], values)[0]
    return values[leaf]


def capped(W, largest):
    """Rows longer than that scaled to it; the others as they are."""
    norms = np.linalg.norm(W, axis=-1, keepdims=True)
    return np.where(norms > largest, W * largest / norms, W)


@pytest.mark.parametrize("largest", [0.1, 1, 1.7, 100])
@pytest.mark.parametrize("copies", [None, 2])
def test_rows_are_shortened_after_the_step(largest, copies):
    network = dense([3, 4, 2], max_norm=largest)
    rng = np.random.default_rng(0)
    shape = (4, 3) if copies is None else (copies, 4, 3)
    W, gradient = rng.standard_normal(shape), rng.standard_normal(shape)
    found = changed(network, W, gradient, copies=copies)
    np.testing.assert_allclose(found, capped(W - 0.5 * gradient, largest), rtol=1e-13)
    assert np.all(np.linalg.norm(found, axis=-1) <= largest * (1 + 1e-12))


def test_a_row_of_zeros_stays():
    found = changed(dense([3, 4, 2], max_norm=1), np.zeros((4, 3)), np.zeros((4, 3)))
    np.testing.assert_array_equal(found, 0)


def test_only_the_weights_of_layers_that_say_so():
    network = Network(3, (Layer(4), Layer(4, max_norm=2.0), Layer(2, max_norm=1.0)))
    found = updates(program(expression(network)), Adam())
    assert {name: len(equations) for name, equations in found.items()} == {
        "W1": 3, "b1": 3, "W2": 4, "b2": 3, "W3": 4, "b3": 3,
    }  # fmt: skip


def test_every_parameter_and_slot_is_assigned_once():
    found = updates(program(expression(dense([3, 4, 2]))), Adam())
    assert [[target.name for target, _ in found[name]] for name in ("W1", "b2")] == [
        ["vW1", "sW1", "W1"],
        ["vb2", "sb2", "b2"],
    ]
