"""Small data that networks can learn, and networks of every kind."""

import numpy as np

from gradproof.train.engines.reference import ReferenceEngine
from gradproof.train.network import dense
from gradproof.train.penalties import L1, L2, ElasticNet

COUNT = 60


def quadrants(count=COUNT, seed=0):
    """Two numbers, and whether their signs agree."""
    X = np.random.default_rng(seed).standard_normal((2, count))
    return X, (X[:1] * X[1:] > 0).astype(float)


def data_for(network, count=COUNT, seed=0):
    """Random data of the right shapes."""
    rng = np.random.default_rng(seed)
    X, outputs = rng.standard_normal((network.inputs, count)), network.sizes[-1]
    labels = rng.integers(0, max(outputs, 2), count)
    Y = {
        "cross_entropy": np.eye(outputs)[:, labels % outputs],
        "binary_cross_entropy": labels.reshape(1, -1).astype(float),
        "squared_error": rng.standard_normal((outputs, count)),
    }[network.loss]
    return X, Y


QUADRANTS = dense([2, 8, 1], activation="tanh", loss="binary_cross_entropy", penalty=L2(0.01))

NETWORKS = {
    "relu, L2": dense([4, 5, 3], penalty=L2(0.7)),
    "tanh, binary, no penalty": dense([4, 3, 1], activation="tanh", loss="binary_cross_entropy"),
    "squared error, elastic net with biases": dense(
        [3, 4, 2], activation="gelu", loss="squared_error", penalty=ElasticNet(0.7, 0.3, biases=True)
    ),
    "a penalty for each layer, dropout": dense(
        [3, 6, 4, 3], activation=["leaky_relu", "sigmoid"], keep_prob=[0.8, 0.5],
        penalty=[L2(0.1, per="batch"), L1(0.2, per="none"), None],
    ),
    "no hidden layer": dense([4, 3], penalty=L2(2.0, per="none")),
    "elu, silu and softplus": dense([4, 5, 5, 5, 2], activation=["elu", "silu", "softplus"], penalty=L2(0.1)),
}  # fmt: skip


class Recording(ReferenceEngine):
    """The plain engine, with what each epoch was asked to do."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.epochs = []

    def epoch(self, data, state, epoch):
        self.epochs.append(epoch)
        return super().epoch(data, state, epoch)


def same(first, second):
    """Whether two sets of arrays are the same, bit for bit."""
    return first.keys() == second.keys() and all(
        first[name].dtype == second[name].dtype and np.array_equal(first[name], second[name])
        for name in first
    )
