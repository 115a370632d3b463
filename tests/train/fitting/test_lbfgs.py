import builtins

import numpy as np
import pytest
from tests.train.fitting.problems import QUADRANTS, quadrants, same

from gradproof.errors import InputError
from gradproof.train.engines import engine_of
from gradproof.train.engines.base import Data
from gradproof.train.fitting import LBFGS, EarlyStopping, Inverse, fit, initial_parameters
from gradproof.train.network import dense
from gradproof.train.optimizers import SGD
from gradproof.train.penalties import L1, L2

RIDGE = dense([3, 2], loss="squared_error", penalty=L2(4.0))


def test_least_squares_is_solved():
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((3, 50)), rng.standard_normal((2, 50))
    fitted = fit(RIDGE, X, Y, optimizer=LBFGS(tol=1e-10))
    assert fitted.stopped == "converged"
    centred = X - X.mean(1, keepdims=True)
    W = (Y @ centred.T) @ np.linalg.inv(centred @ centred.T + 4.0 * np.eye(3))
    np.testing.assert_allclose(fitted.parameters["W1"], W, rtol=1e-6)
    np.testing.assert_allclose(
        fitted.parameters["b1"], Y.mean(1, keepdims=True) - W @ X.mean(1, keepdims=True), rtol=1e-5
    )


def test_the_ledger_tells_each_iteration():
    X, Y = quadrants()
    fitted = fit(QUADRANTS, X, Y, optimizer=LBFGS(max_iter=15), validation=(X, Y))
    assert (fitted.stopped, fitted.reason) == (
        "max_iter",
        "after 15 iterations: stop: total no. of iterations reached limit",
    )
    assert [entry.epoch for entry in fitted.ledger] == list(range(1, 16))
    assert all(np.diff([entry.cost for entry in fitted.ledger]) < 0)
    engine = engine_of("reference", QUADRANTS, SGD())
    data, penalty, _ = engine.costs_and_gradients(Data.of(X, Y), fitted.parameters, engine.lambdas, 60)
    last = fitted.ledger[-1]
    assert (last.data_cost, last.penalty) == pytest.approx((float(data), float(penalty)), rel=1e-12)
    assert last.validation_cost == pytest.approx(last.data_cost, rel=1e-12)
    assert (last.rows, last.rate) == (60, None)


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_it_takes_scikit_learns_steps():
    MLPRegressor = pytest.importorskip("sklearn.neural_network").MLPRegressor
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((3, 40)), rng.standard_normal(40)
    options = {"activation": "tanh", "solver": "lbfgs", "alpha": 0.8, "max_iter": 12, "random_state": 1}
    theirs = MLPRegressor(hidden_layer_sizes=(5,), **options).fit(X.T, y)
    network = dense([3, 5, 1], activation="tanh", loss="squared_error", penalty=L2(0.8))
    start = initial_parameters(network, np.random.RandomState(1), "glorot_uniform")
    ours = fit(network, X, y, optimizer=LBFGS(max_iter=12), start=start)
    assert ours.ledger[-1].cost == pytest.approx(theirs.loss_, rel=1e-10)
    for k in range(2):
        np.testing.assert_allclose(ours.parameters[f"W{k + 1}"].T, theirs.coefs_[k], rtol=1e-6, atol=1e-9)


def test_it_can_be_stopped():
    X, Y = quadrants()
    fitted = fit(QUADRANTS, X, Y, optimizer=LBFGS(), callback=lambda entry: entry.epoch == 4)
    assert (fitted.stopped, len(fitted.ledger), fitted.state.step) == ("callback", 4, 4)
    again = fit(QUADRANTS, X, Y, optimizer=LBFGS(max_iter=4))
    assert same(fitted.parameters, again.parameters)

    def interrupt(entry):
        if entry.epoch == 3:
            raise KeyboardInterrupt

    assert fit(QUADRANTS, X, Y, optimizer=LBFGS(), callback=interrupt).stopped == "interrupted"
    stopping = EarlyStopping(patience=2, min_delta=0.05, monitor="training")
    fitted = fit(QUADRANTS, X, Y, optimizer=LBFGS(), early_stopping=stopping)
    assert fitted.stopped == "early stopping"


def test_in_float32():
    fitted = fit(QUADRANTS, *quadrants(), optimizer=LBFGS(max_iter=5), dtype="float32")
    assert fitted.parameters["W1"].dtype == np.float32
    assert fitted.ledger[-1].cost < fitted.ledger[0].cost


@pytest.mark.parametrize(
    ("network", "options", "reason"),
    [
        (dense([2, 3, 1], loss="binary_cross_entropy", keep_prob=0.5), {}, "dropout changes the cost"),
        (dense([2, 3, 1], loss="binary_cross_entropy", max_norm=1.0), {}, "max_norm changes the weights"),
        (QUADRANTS.with_penalty(L1(0.1)), {}, "L1 has kinks"),
        (QUADRANTS, {"schedule": Inverse(1.0)}, "no learning rate to schedule"),
        (QUADRANTS, {"checkpoint": "x.npz"}, "its memory is inside SciPy"),
    ],
)
def test_what_it_cannot_do_is_refused(network, options, reason):
    with pytest.raises(InputError, match=reason):
        fit(network, *quadrants(), optimizer=LBFGS(), **options)


def test_without_scipy_it_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("scipy.optimize"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match="fix: pip install scipy"):
        fit(QUADRANTS, *quadrants(), optimizer=LBFGS(), engine="reference")


@pytest.mark.parametrize("wrong", [{"max_iter": 0}, {"memory": 0}, {"tol": -1.0}])
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(InputError):
        LBFGS(**wrong)
