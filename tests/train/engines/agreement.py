"""Networks of every kind, and what an engine computes for them, to be held against the reference engine."""

import numpy as np

from gradproof.train.engines.base import Data, Epoch, State
from gradproof.train.network import dense
from gradproof.train.optimizers import SGD, Adam, AdamW, RMSprop
from gradproof.train.penalties import L1, L2, ElasticNet

EXAMPLES, BATCH_SIZE = 47, 10  # the last batch is smaller

NETWORKS = {
    "relu and L2": dense([6, 5, 4], penalty=L2(0.7)),
    "dropout and elastic net": dense([6, 5, 3], penalty=ElasticNet(0.7), keep_prob=0.8),
    "one output": dense([6, 4, 1], loss="binary_cross_entropy"),
    "squared error": dense([6, 4, 2], loss="squared_error", activation="tanh"),
    "one input, max-norm, penalised biases": dense(
        [1, 5, 4, 1], loss="squared_error", activation=["gelu", "elu"], max_norm=1.5,
        penalty=L1(0.3, per="batch", biases=True),
    ),
    "no hidden layer": dense([6, 4], penalty=L2(0.7, per="none")),
    "penalties of their own": dense(
        [3, 4, 5, 2], activation=["softplus", "silu"], penalty=[L2(0.1), L1(0.2), None]
    ),
    "much dropout": dense([3, 4, 4, 2], activation=["leaky_relu", "sigmoid"], keep_prob=0.5),
}  # fmt: skip
OPTIMIZERS = (
    SGD(0.1), SGD(0.1, momentum=0.9), SGD(0.1, momentum=0.9, nesterov=True), RMSprop(0.01), Adam(0.01),
    Adam(0.01, epsilon_hat=True), AdamW(0.01, weight_decay=0.1), AdamW(0.01, weight_decay=0.1, biases=True),
)  # fmt: skip


def run(engine, *, epochs=3):
    """Everything an engine gives: costs of the epochs, parameters, state, costs and gradients, prediction."""
    network, copies = engine.network, engine.copies
    rng = np.random.default_rng(0)
    lead = () if copies is None else (copies,)
    shapes = network.parameter_shapes
    start = {n: rng.standard_normal((*lead, *shape)).astype(engine.dtype) for n, shape in shapes.items()}
    outputs = network.sizes[-1]
    X, Y = rng.standard_normal((network.inputs, EXAMPLES)), rng.random((outputs, EXAMPLES))
    if network.loss == "cross_entropy":
        Y = np.eye(outputs)[rng.integers(0, outputs, EXAMPLES)].T
    weights = rng.random(EXAMPLES) + 0.5 if engine.weighted else None
    data = Data.of(X, Y, weights, engine.dtype)
    state = State.begin(start, engine.optimizer)
    lambdas = engine.lambdas
    if copies is not None:
        lambdas = {name: np.arange(1, copies + 1) * value for name, value in lambdas.items()}

    def masks(m):
        return {
            f"D{k}": rng.random((*lead, layer.units, m)) < layer.keep_prob
            for k, layer in enumerate(network.layers, start=1)
            if layer.keep_prob < 1
        }

    costs = []
    for _ in range(epochs):
        order = rng.permutation(EXAMPLES)
        epoch = Epoch(order, BATCH_SIZE, 0.01, lambdas, EXAMPLES, masks if network.drops else None)
        costs.append(engine.epoch(data, state, epoch))
    data_cost, penalty, gradients = engine.costs_and_gradients(data, state.parameters, lambdas, EXAMPLES)
    return {
        "costs": np.array(costs), **state.parameters, **state.slots, "data cost": np.asarray(data_cost),
        "penalty": np.asarray(penalty), **{f"d{name}": g for name, g in gradients.items()},
        "prediction": engine.predict(state.parameters, data.X), "steps": np.asarray(state.step),
    }  # fmt: skip


def largest_difference(found, expected):
    """Relative to each array's largest entry."""
    assert found.keys() == expected.keys()
    assert all(np.shape(found[k]) == np.shape(expected[k]) for k in expected)
    return max(_difference(np.asarray(found[k], float), expected[k]) for k in expected)


def _difference(found, expected):
    return float(np.max(np.abs(found - expected))) / (float(np.max(np.abs(expected))) + 1e-30)
