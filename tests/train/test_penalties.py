"""Penalties have the value and the gradient that their formula says, divided by the m that they state."""

import numpy as np
import pytest

from gradproof.errors import InputError
from gradproof.train.engines.base import Data
from gradproof.train.engines.reference import ReferenceEngine
from gradproof.train.network import dense
from gradproof.train.optimizers import SGD
from gradproof.train.penalties import L1, L2, ElasticNet, Penalty

ROWS, BATCH = 50, 20
KINDS = {
    "L2": L2,
    "L1": L1,
    "elastic net": ElasticNet,
    "a quarter of L1": lambda x, **o: ElasticNet(x, 0.25, **o),
}
DIVISORS = {"data": ROWS, "batch": BATCH, "none": 1}


def value(penalty, arrays, divisor):
    """λ/m (ρ Σ|w| + (1 − ρ)/2 Σ w²)."""
    w = np.concatenate([np.ravel(a) for a in arrays])
    rho = penalty.l1_ratio
    return penalty.lambd / divisor * (rho * np.abs(w).sum() + (1 - rho) / 2 * (w @ w))


def found(network, parameters):
    """Penalty, and what it adds to each gradient."""
    rng = np.random.default_rng(5)
    data = Data.of(rng.random((3, BATCH)), rng.random((2, BATCH)))
    with_it = ReferenceEngine(network, SGD())
    without = ReferenceEngine(network.with_penalty(None), SGD())
    _, penalty, gradients = with_it.costs_and_gradients(data, parameters, with_it.lambdas, ROWS)
    _, nothing, plain = without.costs_and_gradients(data, parameters, {}, ROWS)
    assert nothing == 0
    return float(penalty), {name: gradients[name] - plain[name] for name in gradients}


def parameters_of(network):
    rng = np.random.default_rng(1)
    return {name: rng.standard_normal(shape) for name, shape in network.parameter_shapes.items()}


@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize("per", DIVISORS)
@pytest.mark.parametrize("kind", KINDS)
def test_value_and_gradient(kind, per, biases):
    penalty = KINDS[kind](0.7, per=per, biases=biases)
    network = dense([3, 4, 2], loss="squared_error", penalty=penalty)
    parameters = parameters_of(network)
    names = [name for name in parameters if biases or name.startswith("W")]
    total, gradients = found(network, parameters)
    expected = value(penalty, [parameters[n] for n in names], DIVISORS[per])
    assert total == pytest.approx(expected, rel=1e-13)
    for name, gradient in gradients.items():
        slopes = np.zeros_like(gradient)
        for at in np.ndindex(*slopes.shape) if name in names else ():
            up, down = ({**parameters, name: parameters[name].copy()} for _ in range(2))
            up[name][at] += 1e-6
            down[name][at] -= 1e-6
            rise = value(penalty, [up[n] for n in names], 1) - value(penalty, [down[n] for n in names], 1)
            slopes[at] = rise / 2e-6 / DIVISORS[per]
        np.testing.assert_allclose(gradient, slopes, rtol=1e-7, atol=1e-9)


def test_the_gradient_of_the_thread_is_a_matrix():
    """λ/m W, and not λ/m times the sum of W."""
    network = dense([3, 2], loss="squared_error", penalty=L2(0.7, per="batch"))
    parameters = parameters_of(network)
    _, gradients = found(network, parameters)
    np.testing.assert_allclose(gradients["W1"], 0.7 / BATCH * parameters["W1"], rtol=1e-12)
    np.testing.assert_array_equal(gradients["b1"], 0)


def test_layers_with_penalties_of_their_own():
    own = [L2(0.7), None, L1(0.2, per="batch", biases=True)]
    network = dense([3, 4, 4, 2], loss="squared_error", penalty=own)
    parameters = parameters_of(network)
    total, gradients = found(network, parameters)
    W1, W3, b3 = (parameters[n] for n in ("W1", "W3", "b3"))
    assert total == pytest.approx(value(own[0], [W1], ROWS) + value(own[2], [W3, b3], BATCH), rel=1e-13)
    np.testing.assert_allclose(gradients["W1"], 0.7 / ROWS * W1, rtol=1e-10)
    np.testing.assert_allclose(gradients["b3"], 0.2 / BATCH * np.sign(b3), rtol=1e-10)
    for name in ("b1", "W2", "b2"):
        np.testing.assert_array_equal(gradients[name], 0)


def test_the_elastic_net_s_ends_are_the_other_two():
    assert ElasticNet(0.3, 0.0) == L2(0.3)
    assert ElasticNet(0.3, 1.0, per="none", biases=True) == L1(0.3, per="none", biases=True)


def test_a_ratio_that_is_no_binary_fraction():
    penalty = ElasticNet(1.0, 0.1, per="none")
    network = dense([3, 2], loss="squared_error", penalty=penalty)
    parameters = parameters_of(network)
    assert found(network, parameters)[0] == pytest.approx(value(penalty, [parameters["W1"]], 1), rel=1e-14)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: L2(-0.1), "λ is -0.1"),
        (lambda: L1(float("nan")), "λ is nan"),
        (lambda: L2(float("inf")), "λ is inf"),
        (lambda: ElasticNet(0.1, 1.5), "l1_ratio is 1.5"),
        (lambda: ElasticNet(0.1, -0.5), "l1_ratio is -0.5"),
        (lambda: ElasticNet(0.1, float("nan")), "l1_ratio is nan"),
        (lambda: L2(0.1, per="row"), "per is 'row'"),
        (lambda: Penalty(0.1, per=""), "per is ''"),
    ],
)
def test_what_is_out_of_range_is_refused(make, message):
    with pytest.raises(InputError) as refused:
        make()
    assert refused.value.what == message
    assert refused.value.fix
