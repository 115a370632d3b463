import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, r2_score
from tests.train.path.problems import classes, numbers

from gradproof.train.engines import engine_of
from gradproof.train.network import dense
from gradproof.train.optimizers import SGD
from gradproof.train.path import measures

RNG = np.random.default_rng(0)
WEIGHTS = RNG.uniform(0.1, 2, 90)


def probabilities(*shape):
    A = RNG.uniform(0.05, 1, shape)
    return A / A.sum(-2, keepdims=True)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_classes(weights):
    network, (_, Y) = dense([4, 3]), classes()
    A = probabilities(2, 3, 90)
    costs = measures.data_cost(network, A, Y, weights)
    scores = measures.score(network, A, Y, weights)
    scale = 1 if weights is None else weights.mean()
    for k in range(2):
        assert costs[k] == pytest.approx(scale * log_loss(Y.argmax(0), A[k].T, sample_weight=weights))
        assert scores[k] == pytest.approx(
            accuracy_score(Y.argmax(0), A[k].argmax(0), sample_weight=weights)
        )


def test_two_classes():
    network, Y = dense([4, 1], loss="binary_cross_entropy"), classes()[1][:1]
    A = RNG.uniform(0.01, 0.99, (1, 90))
    assert measures.data_cost(network, A, Y) == pytest.approx(log_loss(Y[0], A[0]))
    assert measures.score(network, A, Y) == pytest.approx(accuracy_score(Y[0], A[0] > 0.5))


@pytest.mark.parametrize("weights", [None, WEIGHTS[:60]])
def test_numbers(weights):
    network, (_, Y) = dense([5, 2], loss="squared_error"), numbers()
    A = Y + RNG.standard_normal((3, 2, 60))
    scores = measures.score(network, A, Y, weights)
    for k in range(3):
        assert scores[k] == pytest.approx(r2_score(Y.T, A[k].T, sample_weight=weights))
    flat = np.vstack([np.ones(60), Y[1]])
    for guess in (flat, flat + 1):
        assert measures.score(network, guess, flat) == pytest.approx(r2_score(flat.T, guess.T))
    squares = 0.5 * ((A - Y) ** 2).sum(1)
    expected = (squares if weights is None else squares * weights).mean(-1)
    np.testing.assert_allclose(measures.data_cost(network, A, Y, weights), expected)


def test_a_certain_error_costs_much_but_not_everything():
    for loss, Y in (("cross_entropy", [[1.0], [0.0]]), ("binary_cross_entropy", [[1.0]])):
        network = dense([4, len(Y)], loss=loss)
        A = np.eye(2)[:, 1:] if len(Y) == 2 else np.zeros((1, 1))
        for dtype, least in ((np.float64, 700), (np.float32, 80)):
            cost = measures.data_cost(network, A.astype(dtype), np.array(Y, dtype))
            assert least < cost < 1e4
        assert measures.data_cost(network, 1 - A, np.array(Y)) == pytest.approx(0, abs=1e-15)


def test_long_data_are_predicted_in_pieces(monkeypatch):
    engine = engine_of("numpy", dense([4, 6, 3]), SGD(), copies=2)
    parameters = {
        name: RNG.standard_normal((2, *shape)) for name, shape in engine.network.parameter_shapes.items()
    }
    X, _ = classes()
    whole = measures.predicted(engine, parameters, X)
    monkeypatch.setattr(measures, "ENTRIES", 12 * 7)
    np.testing.assert_allclose(measures.predicted(engine, parameters, X), whole, rtol=1e-12)


def test_norms():
    network = dense([4, 6, 3])
    one = {name: RNG.standard_normal(shape) for name, shape in network.parameter_shapes.items()}
    assert measures.norms(network, one) == pytest.approx([np.linalg.norm(one[n]) for n in ("W1", "W2")])
    two = {name: np.stack([w, 2 * w]) for name, w in one.items()}
    np.testing.assert_allclose(measures.norms(network, two)[1], 2 * measures.norms(network, one))


def test_mean_and_standard_error():
    values = RNG.standard_normal((5, 3))
    mean, error = measures.mean_and_error(values)
    np.testing.assert_allclose(mean, values.mean(0))
    np.testing.assert_allclose(error, np.sqrt(values.var(0, ddof=1) / 5))
    assert not measures.mean_and_error(values[:1])[1].any()
