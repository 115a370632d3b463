"""Derived gradients against the complex step through a forward pass written out here in plain NumPy."""

import numpy as np
import pytest
import scipy.special

from gradproof.expr.broadcast import multiply, sum_over
from gradproof.expr.node import OPERATIONS, symbols
from gradproof.train.activations import ACTIVATIONS, LOSSES
from gradproof.train.engines.base import Data, Epoch, State
from gradproof.train.engines.reference import ReferenceEngine
from gradproof.train.expression import expression
from gradproof.train.network import Layer, Network, dense
from gradproof.train.optimizers import SGD
from gradproof.train.penalties import L1, L2, ElasticNet, Penalty
from gradproof.train.program import program

M, ROWS = 7, 30

# Of complex numbers, whose imaginary part is the derivative; kinks are where the real part is 0.
FORWARD = {
    "relu": lambda z: np.where(z.real > 0, z, 0),
    "leaky_relu": lambda z: np.where(z.real > 0, z, 0.01 * z),
    "elu": lambda z: np.where(z.real > 0, z, np.exp(z) - 1),
    "gelu": lambda z: z * (1 + scipy.special.erf(z / np.sqrt(2))) / 2,
    "silu": lambda z: z / (1 + np.exp(-z)),
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "identity": lambda z: z,
}
LOSS = {
    "cross_entropy": lambda z, y: (y * (np.log(np.exp(z).sum(0, keepdims=True)) - z)).sum(0),
    "binary_cross_entropy": lambda z, y: (np.log(1 + np.exp(z)) - y * z).sum(0),
    "squared_error": lambda z, y: ((z - y) ** 2 / 2).sum(0),
}
OUTPUT = {
    "cross_entropy": lambda z: np.exp(z) / np.exp(z).sum(0, keepdims=True),
    "binary_cross_entropy": FORWARD["sigmoid"],
    "squared_error": FORWARD["identity"],
}


def costs(network, parameters, data, masks=None):
    """Data cost and penalty, and the last A."""
    A = data.X
    for k, layer in enumerate(network.layers, start=1):
        Z = parameters[f"W{k}"] @ A + parameters[f"b{k}"]
        A = FORWARD[layer.activation](Z)
        if masks and layer.keep_prob < 1:
            A = A * masks[f"D{k}"] / layer.keep_prob
    each = LOSS[network.loss](Z, data.Y)
    weights = np.ones(data.count) if data.weights is None else data.weights[0]
    data_cost = (weights * each).sum() / data.count
    return data_cost, penalty(network, parameters, data.count), OUTPUT[network.loss](Z)


def penalty(network, parameters, batch):
    total = 0.0
    for k, layer in enumerate(network.layers, start=1):
        own = layer.penalty
        for name in () if own is None else (f"W{k}", f"b{k}") if own.biases else (f"W{k}",):
            w = parameters[name]
            divisor = {"data": ROWS, "batch": batch, "none": 1}[own.per]
            size = np.where(w.real > 0, w, -w)
            total = total + own.lambd / divisor * (own.l1_ratio * size + (1 - own.l1_ratio) / 2 * w * w).sum()
    return total


def slopes(network, parameters, data, masks=None):
    """The derivative of the cost by each entry of each parameter, by the complex step."""
    found = {}
    for name, w in parameters.items():
        found[name] = np.zeros_like(w)
        for at in np.ndindex(*w.shape):
            moved = w.astype(complex)
            moved[at] += 1e-200j
            cost, extra, _ = costs(network, {**parameters, name: moved}, data, masks)
            found[name][at] = (cost + extra).imag / 1e-200
    return found


def problem(network, *, weighted=False, seed=0):
    """Parameters and data."""
    rng = np.random.default_rng(seed)
    parameters = {name: rng.standard_normal(shape) for name, shape in network.parameter_shapes.items()}
    outputs = network.sizes[-1]
    Y = rng.dirichlet(np.ones(outputs), M).T if network.loss == "cross_entropy" else rng.random((outputs, M))
    weights = rng.random(M) + 0.5 if weighted else None
    return parameters, Data.of(rng.standard_normal((network.inputs, M)), Y, weights)


def agree(network, *, weighted=False):
    """The derived costs, gradients and prediction are those of the plain pass."""
    parameters, data = problem(network, weighted=weighted)
    engine = ReferenceEngine(network, SGD(), weighted=weighted)
    data_cost, own_penalty, gradients = engine.costs_and_gradients(data, parameters, engine.lambdas, ROWS)
    expected_cost, expected_penalty, A = costs(network, parameters, data)
    assert data_cost == pytest.approx(expected_cost, rel=1e-12)
    assert own_penalty == pytest.approx(expected_penalty, rel=1e-12)
    np.testing.assert_allclose(engine.predict(parameters, data.X), A, rtol=1e-12)
    for name, slope in slopes(network, parameters, data).items():
        np.testing.assert_allclose(gradients[name], slope, rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_with_every_loss(activation, loss):
    outputs = 1 if loss == "binary_cross_entropy" else 3
    agree(dense([3, 4, outputs], activation=activation, loss=loss, penalty=L2(0.7)))


DEEP = {
    "no hidden layer": dense([3, 2]),
    "one unit after the other": dense([1, 1, 1, 1], loss="squared_error", activation="tanh"),
    "four layers": dense([3, 5, 4, 3, 2], activation=["gelu", "silu", "elu"], penalty=L2(0.3, biases=True)),
    "penalties of their own": dense([3, 4, 4, 2], penalty=[ElasticNet(0.1, per="batch"), None, L1(0.2)]),
    "several outputs": dense([3, 4, 5], loss="squared_error", activation="sigmoid"),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("title", DEEP)
def test_networks(title, weighted):
    agree(DEEP[title], weighted=weighted)


@pytest.mark.parametrize("weighted", [False, True])
def test_dropout(weighted):
    """A step of gradient descent at the rate 1 takes the gradient away from the parameters."""
    network = Network(3, (Layer(4, "tanh", L2(0.2), 0.5), Layer(5, "gelu", None, 0.8), Layer(2)))
    parameters, data = problem(network, weighted=weighted)
    rng = np.random.default_rng(0)
    masks = {"D1": rng.random((4, M)) < 0.5, "D2": rng.random((5, M)) < 0.8}
    engine = ReferenceEngine(network, SGD(1.0), weighted=weighted)
    state = State.begin(parameters, engine.optimizer)
    cost = engine.epoch(data, state, Epoch(np.arange(M), M, 1.0, engine.lambdas, ROWS, lambda m: masks))
    assert cost == pytest.approx(costs(network, parameters, data, masks)[0], rel=1e-12)
    for name, slope in slopes(network, parameters, data, masks).items():
        np.testing.assert_allclose(parameters[name] - state.parameters[name], slope, rtol=1e-9, atol=1e-12)


# --- the program ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", DEEP)
def test_each_assignment_reads_what_was_assigned_before(title):
    step = program(expression(DEEP[title]))
    source = step.source
    known = {source.X, source.Y, *source.parameters.values(), *source.lambdas.values()}
    for each in (*step.forward, *step.backward):
        assert {n for n in symbols(each.value) if n.shape} <= known
        assert each.target not in known
        assert each.target.shape == each.value.shape
        known.add(each.target)
    assert {n for n in symbols(step.data_cost, step.penalty) if n.shape} <= known
    assert step.output in known
    assert set(step.gradients) == set(source.parameters)
    assert all(step.gradients[name].shape == leaf.shape for name, leaf in source.parameters.items())


def test_the_data_cost_is_accurate_where_a_probability_is_0():
    """log softmax and log σ are computed from Z: A is 0 or 1 in floating point."""
    two, one = dense([1, 2]), dense([1, 1], loss="binary_cross_entropy")
    for network, Y in ((two, [[0.0], [1.0]]), (one, [[0.0]])):
        parameters = {name: np.zeros(shape) for name, shape in network.parameter_shapes.items()}
        parameters["W1"][0] = 800.0
        engine = ReferenceEngine(network, SGD())
        cost, _, gradients = engine.costs_and_gradients(Data.of([[1.0]], Y), parameters, {}, 1)
        assert cost == 800.0
        assert gradients["W1"][0, 0] == 1.0


# --- the tests themselves ---------------------------------------------------------------------------------


WRONG = {
    "tanh": (lambda node, g: [g], dense([3, 17, 2], activation="tanh")),
    "sigmoid": (lambda node, g: [multiply(g, node)], dense([3, 18, 2], activation="sigmoid")),
    "maximum": (lambda node, g: [g, None], dense([3, 19, 2], activation="relu")),
}  # each with a size of its own, because what is derived is remembered


@pytest.mark.parametrize("operation", WRONG)
def test_that_a_wrong_rule_would_be_seen(operation):
    wrong, network = WRONG[operation]
    record = OPERATIONS[operation]
    right = record.pullback
    object.__setattr__(record, "pullback", wrong)
    try:
        with pytest.raises(AssertionError):
            agree(network)
    finally:
        object.__setattr__(record, "pullback", right)


def test_that_a_wrong_penalty_would_be_seen(monkeypatch):
    """The mistake of the thread: λ/m times the sum of W, and W without its factor."""
    monkeypatch.setattr(Penalty, "terms", lambda self, w, axes: [(1, sum_over(multiply(w, w), axes))])
    with pytest.raises(AssertionError):
        agree(dense([3, 20, 2], penalty=L2(0.7)))
