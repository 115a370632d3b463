"""What a path is judged by: data cost, score and the layers' norms, of all its networks at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import Array, symbol
from gradproof.train.activations import loss
from gradproof.train.engines.base import Engine
from gradproof.train.network import Network

Floats = npt.NDArray[np.float64]
ENTRIES = 2_000_000  # that the widest layer may have in a forward pass; more examples go in pieces


def predicted(engine: Engine, parameters: Mapping[str, Array], X: Array) -> Array:
    """The last A of each of the engine's networks, shape (R, n_y, N); a long X goes in pieces."""
    widest = (engine.copies or 1) * max(engine.network.sizes[1:])
    size = max(1, ENTRIES // widest)
    if X.shape[1] <= size:
        return engine.predict(parameters, X)
    parts = [engine.predict(parameters, X[:, k : k + size]) for k in range(0, X.shape[1], size)]
    return np.concatenate(parts, -1)


def data_cost(network: Network, A: Array, Y: Array, weights: Array | None = None) -> Floats:
    """1/N Σ s · loss(A, Y) of each network, for predictions of shape (..., n_y, N).

    A probability of 0 is taken as the smallest positive number, so that the cost of a certain error is
    large and finite.
    """
    if network.loss != "squared_error":
        kind = np.finfo(A.dtype)
        A = np.clip(A, kind.tiny, 1 - kind.epsneg)
    a, y = symbol("A", A.shape), symbol("Y", Y.shape)
    each = evaluate([loss(network.loss).of(a, y)], {a: A, y: Y}, A.dtype.type)[0]
    total = each.sum(-2)
    return np.asarray((total if weights is None else total * weights.ravel()).mean(-1), np.float64)


def score(network: Network, A: Array, Y: Array, weights: Array | None = None) -> Floats:
    """Accuracy of a classifier, R² of a regression (the mean over its outputs), of each network.

    R² of an output is 1 − Σ s (y − a)² / Σ s (y − ȳ)²; where y does not vary, it is 1 for a perfect
    prediction and 0 otherwise, as in scikit-learn.
    """
    s = np.ones(Y.shape[-1]) if weights is None else weights.ravel()
    if network.loss == "squared_error":
        rest = (s * (A - Y) ** 2).sum(-1)
        spread = (s * (Y - np.average(Y, axis=-1, weights=s)[:, None]) ** 2).sum(-1)
        r2 = 1 - rest / np.where(spread > 0, spread, 1)
        return np.asarray(np.where(spread > 0, r2, rest == 0).mean(-1), np.float64)
    right = (A.argmax(-2) == Y.argmax(0)) if A.shape[-2] > 1 else ((A > 0.5) == (Y > 0.5)).all(-2)
    return np.asarray(np.average(right, axis=-1, weights=s), np.float64)


def norms(network: Network, parameters: Mapping[str, Array]) -> Floats:
    """‖W[l]‖_F of each network and each layer, shape (..., L)."""
    each = [np.linalg.norm(parameters[f"W{k}"], axis=(-2, -1)) for k in range(1, network.depth + 1)]
    return np.asarray(np.stack(each, axis=-1), np.float64)


def mean_and_error(values: Floats) -> tuple[Floats, Floats]:
    """Mean over the folds, the first axis, and its standard error √(variance/folds)."""
    folds = len(values)
    spread = values.std(0, ddof=1) if folds > 1 else np.zeros(values.shape[1:])
    return values.mean(0), spread / np.sqrt(folds)
