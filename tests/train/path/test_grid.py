import numpy as np
import pytest
from tests.train.path.problems import classes, numbers

from gradproof.errors import InputError
from gradproof.train.fitting import LBFGS, fit
from gradproof.train.network import dense
from gradproof.train.path import lambda_grid
from gradproof.train.path.result import with_lambda
from gradproof.train.penalties import L2


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy", "binary_cross_entropy"])
def test_above_the_largest_all_weights_of_a_linear_network_are_0(loss):
    X, Y = numbers() if loss == "squared_error" else classes()
    Y = Y[:1] if loss == "binary_cross_entropy" else Y
    network = dense([len(X), 4, len(Y)], activation="identity", loss=loss)
    top = lambda_grid(network, X, Y)[-1]
    norms = []
    for lambd in (1.05 * top, 0.8 * top):
        fitted = fit(with_lambda(network, lambd), X, Y, optimizer=LBFGS(max_iter=500, tol=1e-9))
        norms.append(np.linalg.norm(fitted.parameters["W2"] @ fitted.parameters["W1"]))
    assert norms[0] < 1e-3 * norms[1]


def test_the_grid_is_geometric_from_small_to_large():
    grid = lambda_grid(dense([4, 3]), *classes(), 5, ratio=1e-2)
    np.testing.assert_allclose(grid[1:] / grid[:-1], 10**0.5)
    assert len(lambda_grid(dense([4, 3]), *classes())) == 32
    assert lambda_grid(dense([4, 3]), *classes(), 1)[0] == pytest.approx(grid[-1])


def test_m_is_that_of_the_penalty():
    X, Y = classes(n=90)
    data, batch, none = (
        lambda_grid(dense([4, 3], penalty=L2(1.0, per=per)), X, Y, batch_size=30)[-1]
        for per in ("data", "batch", "none")
    )
    assert data == pytest.approx(90 * none)
    assert batch == pytest.approx(30 * none)


def test_weights_are_repetitions():
    X, Y = numbers(n=12)
    counts = np.arange(12) % 4
    repeated = lambda_grid(dense([5, 2], loss="squared_error"), X.repeat(counts, 1), Y.repeat(counts, 1))
    weighted = lambda_grid(dense([5, 2], loss="squared_error"), X, Y, weights=counts)
    np.testing.assert_allclose(weighted, repeated)


def test_targets_that_do_not_vary():
    grid = lambda_grid(dense([5, 2], loss="squared_error"), numbers()[0], np.ones((2, 60)))
    assert np.isfinite(grid).all()
    assert (grid > 0).all()


@pytest.mark.parametrize("wrong", [{"count": 0}, {"ratio": 1.0}, {"ratio": 0.0}])
def test_a_grid_that_cannot_be(wrong):
    with pytest.raises(InputError, match="a grid of"):
        lambda_grid(dense([4, 3]), *classes(), **wrong)
