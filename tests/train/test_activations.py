"""What activations and losses are, by name. Their values and gradients are in test_program.py."""

import numpy as np
import pytest

from gradproof.errors import InputError
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import symbol
from gradproof.expr.sizes import with_sizes
from gradproof.train.activations import ACTIVATIONS, LOSSES, activation, loss

Z = symbol("Z", (4, 5))
VALUES = np.random.default_rng(0).standard_normal((4, 5))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_keeps_the_shape_and_says_how_weights_are_drawn(name):
    found = activation(name)
    assert found.name == name
    assert found.of(Z).shape == Z.shape
    assert found.scheme in ("he", "xavier")
    (a,) = evaluate([found.of(Z)], {Z: VALUES})
    assert np.isfinite(a).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_he_is_for_what_is_flat_on_the_left(name):
    """He's variance makes up for the half that is lost."""
    far = activation(name).of(symbol("z", (2, 1)))
    left, right = evaluate([far], {symbol("z", (2, 1)): np.array([[-8.0], [8.0]])})[0][:, 0]
    is_one_sided = abs(left) < 0.2 * abs(right) and right > 7
    assert activation(name).scheme == ("he" if is_one_sided else "xavier")


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_of_the_right_answer_is_the_least(name):
    found, units = loss(name), 1 if name == "binary_cross_entropy" else 3
    z = symbol("Z", (units, "m"))
    y = symbol("Y", (units, "m"), 0, found.facts)
    rng = np.random.default_rng(0)
    bound = with_sizes([z, y, found.of(found.output(z), y), found.output(z)], {"m": 6})
    output = bound[found.output(z)]
    values = rng.standard_normal((units, 6))
    (right,) = evaluate([output], {bound[z]: values})
    costs = [
        float(np.sum(evaluate([bound[found.of(found.output(z), y)]], {bound[z]: v, bound[y]: right})[0]))
        for v in (values, *(values + 0.1 * rng.standard_normal((units, 6)) for _ in range(20)))
    ]
    assert min(costs) == costs[0]


def test_softmax_is_over_the_classes():
    z = symbol("Z", (3, 6))
    (a,) = evaluate([loss("cross_entropy").output(z)], {z: np.arange(18.0).reshape(3, 6)})
    np.testing.assert_allclose(a.sum(axis=0), 1)


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(InputError, match="there is no activation 'swish'") as refused:
        activation("swish")
    assert all(name in refused.value.fix for name in ACTIVATIONS)
    with pytest.raises(InputError, match="there is no loss 'hinge'") as refused:
        loss("hinge")
    assert all(name in refused.value.fix for name in LOSSES)
