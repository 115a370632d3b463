"""Small problems that a path of λ is tried on."""

from __future__ import annotations

import numpy as np

from gradproof.train.network import Network, dense
from gradproof.train.penalties import L2, ElasticNet, Penalty

LAMBDAS = [0.05, 2.0, 40.0]


def classes(seed: int = 0, n: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """Three classes of points in the plane, one-hot."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((4, n))
    label = (X[0] + X[1] * X[2] > 0).astype(int) + (X[3] > 0.8)
    return X, np.eye(3)[label].T


def numbers(seed: int = 0, n: int = 60, outputs: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """A regression with several outputs and noise."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((5, n))
    return X, rng.standard_normal((outputs, 5)) @ np.tanh(X) + 0.3 * rng.standard_normal((outputs, n))


def classifier(penalty: Penalty | list[Penalty | None] | None = None, **more: object) -> Network:
    """A network for :func:`classes`."""
    return dense([4, 6, 3], penalty=penalty or L2(1.0), **more)  # type: ignore[arg-type]


NETWORKS = {
    "L2": classifier(),
    "elastic net": classifier(ElasticNet(1.0, 0.4)),
    "per batch, biases too": classifier(Penalty(1.0, per="batch", biases=True)),
    "one layer penalised": classifier([None, L2(1.0)]),
    "layers differ": classifier([L2(1.0), ElasticNet(1.0, 0.5, per="none")]),
    "dropout": classifier(keep_prob=0.7),
    "max-norm": classifier(max_norm=1.0),
    "sigmoid": classifier(activation="sigmoid"),
}
