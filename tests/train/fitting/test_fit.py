"""Training as a whole, and the numbers in the ledger."""

import math
import pickle
from dataclasses import replace

import numpy as np
import pytest
from tests.train.fitting.problems import NETWORKS, QUADRANTS, Recording, data_for, quadrants, same

from gradproof.errors import InputError, ShapeError
from gradproof.train.engines import engine_of
from gradproof.train.engines.base import Data
from gradproof.train.fitting import DivergenceWarning, fit, initial_parameters, streams
from gradproof.train.fitting.plain import example_costs
from gradproof.train.network import dense
from gradproof.train.optimizers import SGD, Adam, AdamW, RMSprop
from gradproof.train.penalties import L2


def costs_of(fitted, X, Y, weights=None):
    """Data cost and penalty of all data at the parameters."""
    engine = engine_of("reference", fitted.network, SGD(), fitted.dtype, weighted=weights is not None)
    data = Data.of(X, Y, weights, fitted.dtype)
    return engine.costs_and_gradients(data, fitted.parameters, engine.lambdas, data.count)[:2]


def test_a_network_learns():
    X, Y = quadrants()
    fitted = fit(QUADRANTS, X, Y, optimizer=Adam(0.05), epochs=200, batch_size=20)
    assert ((fitted.predict(X) > 0.5) == Y).mean() > 0.97
    assert fitted.ledger[-1].cost < fitted.ledger[0].cost / 5
    assert (fitted.stopped, fitted.best_epoch, len(fitted.ledger)) == ("epochs", 200, 200)


@pytest.mark.parametrize("name", NETWORKS)
def test_engines_give_the_same_weights(name):
    network = NETWORKS[name]
    X, Y = data_for(network)
    plain, fast = (
        fit(network, X, Y, optimizer=Adam(0.01), epochs=3, batch_size=17, engine=engine)
        for engine in ("reference", "numpy")
    )
    for key, array in plain.parameters.items():
        np.testing.assert_allclose(array, fast.parameters[key], rtol=1e-9, atol=1e-12)
    for one, other in zip(plain.ledger, fast.ledger, strict=True):
        assert (one.data_cost, one.penalty) == pytest.approx((other.data_cost, other.penalty), rel=1e-9)


def test_a_seed_gives_the_same_weights_and_another_does_not():
    network = dense([2, 8, 1], loss="binary_cross_entropy", keep_prob=0.8)
    first, second, other = (
        fit(network, *quadrants(), epochs=3, batch_size=20, engine="numpy", seed=s) for s in (1, 1, 2)
    )
    assert same(first.parameters, second.parameters)
    assert not same(first.parameters, other.parameters)


def test_what_an_epoch_is_asked_for():
    network = dense([2, 8, 1], loss="binary_cross_entropy", keep_prob=0.5, penalty=L2(0.3))
    engine = Recording(network, SGD(0.2))
    fit(network, *quadrants(), optimizer=SGD(0.2), engine=engine, epochs=2, batch_size=25, seed=9)
    own = streams(9)
    for epoch in engine.epochs:
        assert np.array_equal(epoch.order, own.shuffling.permutation(60))
        assert (epoch.batch_size, epoch.rate, epoch.rows, epoch.lambdas) == (25, 0.2, 60, {"λ": 0.3})
    assert engine.epochs[0].masks(4)["D1"].shape == (8, 4)


def test_the_initial_parameters_are_those_of_the_stream():
    drawn = initial_parameters(QUADRANTS, streams(5).initial, "he")
    engine = Recording(QUADRANTS, SGD(1e-300))
    fitted = fit(QUADRANTS, *quadrants(), optimizer=SGD(1e-300), engine=engine, epochs=1, seed=5, init="he")
    for name, array in drawn.items():
        np.testing.assert_allclose(fitted.parameters[name], array, rtol=0, atol=1e-290)


def test_without_shuffling_examples_are_met_as_they_stand():
    engine = Recording(QUADRANTS, Adam())
    fit(QUADRANTS, *quadrants(), engine=engine, epochs=2, shuffle=False)
    assert all(list(epoch.order) == list(range(60)) for epoch in engine.epochs)


# --- the ledger -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_the_ledger_keeps_its_numbers_apart(name):
    network = NETWORKS[name]
    X, Y = data_for(network)
    fitted = fit(network, X, Y, epochs=2, batch_size=None, engine="numpy", validation=(X, Y))
    last = fitted.ledger[-1]
    data, penalty = costs_of(fitted, X, Y)
    assert last.penalty == pytest.approx(float(penalty), rel=1e-12)
    assert last.validation_cost == pytest.approx(float(data), rel=1e-12)
    assert last.cost == last.data_cost + last.penalty
    assert last.epoch == 2 and last.seconds > 0
    if not network.drops:  # one batch: its cost is that at the parameters before the step
        before = fit(network, X, Y, epochs=1, batch_size=None, engine="numpy")
        assert last.data_cost == pytest.approx(float(costs_of(before, X, Y)[0]), rel=1e-12)


def test_validation_is_without_dropout_and_penalty():
    network = dense([3, 30, 3], keep_prob=0.5, penalty=L2(50.0))
    X, Y = data_for(network)
    X_val, Y_val = data_for(network, 25, seed=1)
    fitted = fit(network, X, Y, epochs=2, engine="numpy", validation=(X_val, Y_val))
    expected = example_costs(network, fitted.parameters, X_val, Y_val).mean()
    assert fitted.ledger[-1].validation_cost == pytest.approx(expected, rel=1e-12)


def test_a_confident_mistake_has_a_finite_validation_cost():
    network = dense([1, 1], loss="binary_cross_entropy")
    start = {"W1": [[100.0]], "b1": [[0.0]]}
    fitted = fit(
        network, [[1.0]], [[1.0]], start=start, epochs=1, engine="numpy", validation=([[1.0]], [[0.0]])
    )  # fmt: skip
    assert fitted.ledger[0].validation_cost == pytest.approx(100.0, rel=1e-3)  # 1 − σ(100) is 0 in float64


def test_the_smaller_last_batch_weighs_less():
    X, Y = quadrants(10)
    weights = {"start": initial_parameters(QUADRANTS, np.random.default_rng(0)), "shuffle": False}
    fitted = fit(QUADRANTS, X, Y, optimizer=SGD(1e-12), epochs=1, batch_size=6, engine="numpy", **weights)
    data, _ = costs_of(fitted, X, Y)
    assert fitted.ledger[0].data_cost == pytest.approx(float(data), rel=1e-9)


def test_the_m_of_the_penalty_is_told():
    X, Y = quadrants()
    for per, rows in (("data", 60), ("batch", 20), ("none", 1)):
        network = QUADRANTS.with_penalty(L2(0.1, per=per))
        entry = fit(network, X, Y, epochs=1, batch_size=20, engine="numpy").ledger[0]
        assert entry.rows == rows
        norms = entry.penalty * 2 * rows / 0.1
        assert norms == pytest.approx(entry.penalty / (0.05 / rows))


@pytest.mark.parametrize("engine", ["reference", "numpy", "auto"])
def test_rows_do_not_grow_beyond_the_largest_norm(engine):
    network = dense([2, 8, 8, 1], loss="binary_cross_entropy", max_norm=1.2)
    options = {"optimizer": Adam(0.05), "epochs": 8, "batch_size": 20, "engine": engine}
    fitted = fit(network, *quadrants(), **options)
    norms = [np.linalg.norm(fitted.parameters[f"W{k}"], axis=1) for k in (1, 2)]
    assert np.max(norms) <= 1.2 + 1e-12
    assert (norms[0] > 1.2 - 1e-9).any()
    assert (norms[0] < 1.1).any()
    layers = tuple(replace(layer, max_norm=None) for layer in network.layers)
    free = fit(replace(network, layers=layers), *quadrants(), **options)
    assert max(np.linalg.norm(free.parameters["W1"], axis=1)) > 1.3


# --- weights, start, precision --------------------------------------------------------------------------


def test_weights_of_1_change_nothing_and_others_do():
    X, Y = quadrants()
    options = {"epochs": 3, "batch_size": 20, "engine": "numpy"}
    plain, ones = fit(QUADRANTS, X, Y, **options), fit(QUADRANTS, X, Y, weights=np.ones(60), **options)
    other = fit(QUADRANTS, X, Y, weights=np.arange(60) / 29.5, **options)
    for name, array in plain.parameters.items():
        np.testing.assert_allclose(array, ones.parameters[name], rtol=1e-9, atol=1e-12)
        assert not np.allclose(array, other.parameters[name], atol=1e-6)
    assert other.weighted and not plain.weighted


def test_an_example_of_weight_2_is_two_examples():
    X, Y = quadrants(20)
    doubled = np.repeat(np.arange(20), np.r_[2, np.ones(19, int)])
    options = {"epochs": 2, "batch_size": None, "engine": "numpy", "optimizer": SGD(0.1)}
    network = QUADRANTS.with_penalty(None)
    weights = np.r_[2.0, np.ones(19)] * 20 / 21
    one, other = (
        fit(network, X, Y, weights=weights, **options),
        fit(network, X[:, doubled], Y[:, doubled], **options),
    )
    for name, array in one.parameters.items():
        np.testing.assert_allclose(array, other.parameters[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "optimizer", [SGD(0.1, momentum=0.9), RMSprop(), Adam(), AdamW()], ids=lambda o: o.name
)
def test_going_on_from_a_state_is_one_training(optimizer):
    X, Y = quadrants()
    options = {"optimizer": optimizer, "engine": "numpy", "shuffle": False, "batch_size": 20}
    whole = fit(QUADRANTS, X, Y, epochs=6, **options)
    first = fit(QUADRANTS, X, Y, epochs=4, **options)
    before = {name: array.copy() for name, array in first.parameters.items()}
    second = fit(QUADRANTS, X, Y, epochs=2, start=first.state, **options)
    assert same(whole.parameters, second.parameters)
    assert whole.state.step == second.state.step == 18
    assert same(first.parameters, before)  # the state that was given is not changed


def test_a_state_of_another_optimiser_is_refused():
    first = fit(QUADRANTS, *quadrants(), epochs=1, engine="numpy")
    with pytest.raises(InputError, match="state that was given is that of another optimiser"):
        fit(QUADRANTS, *quadrants(), epochs=1, engine="numpy", optimizer=SGD(), start=first.state)


def test_float32():
    X, Y = quadrants()
    narrow = fit(QUADRANTS, X, Y, epochs=5, engine="numpy", dtype="float32")
    wide = fit(QUADRANTS, X, Y, epochs=5, engine="numpy")
    assert all(array.dtype == np.float32 for array in narrow.parameters.values())
    assert narrow.predict(X).dtype == np.float32
    for name, array in wide.parameters.items():
        np.testing.assert_allclose(array, narrow.parameters[name], rtol=1e-3, atol=1e-5)


def test_an_engine_can_be_given():
    engine = engine_of("numpy", QUADRANTS, Adam())
    fitted = fit(QUADRANTS, *quadrants(), epochs=2, engine=engine)
    assert same(fitted.parameters, fit(QUADRANTS, *quadrants(), epochs=2, engine="numpy").parameters)
    for wrong in (
        {"optimizer": Adam(epsilon_hat=True)}, {"dtype": "float32"}, {"weights": np.ones(60)},
        {"network": QUADRANTS.with_penalty(None)},
    ):  # fmt: skip
        with pytest.raises(
            InputError, match=f"has another {next(iter(wrong)).replace('weights', 'weighted')}"
        ):
            fit(*(wrong.pop("network", QUADRANTS), *quadrants()), epochs=2, engine=engine, **wrong)


# --- ends -----------------------------------------------------------------------------------------------


def test_the_callback_stops():
    fitted = fit(QUADRANTS, *quadrants(), engine="numpy", callback=lambda entry: entry.epoch == 3)
    assert (fitted.stopped, len(fitted.ledger)) == ("callback", 3)
    fitted = fit(QUADRANTS, *quadrants(), engine="numpy", epochs=4, callback=lambda entry: entry)
    assert fitted.stopped == "epochs"


@pytest.mark.parametrize("engine", ["reference", "numpy"])
def test_a_cost_that_diverges_stops_with_what_to_do(engine):
    network = dense([2, 8, 2], loss="squared_error")
    X, Y = data_for(network)
    with pytest.warns(
        DivergenceWarning, match=r"(?s)the cost is (inf|nan) in epoch .*fix: try a learning rate below 100"
    ):
        fitted = fit(network, X, Y, optimizer=SGD(100.0), epochs=500, engine=engine)
    assert fitted.stopped == "diverged"
    assert len(fitted.ledger) < 500
    assert not math.isfinite(fitted.ledger[-1].cost)
    assert all(math.isfinite(entry.cost) for entry in fitted.ledger[:-1])


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"epochs": 2.5},
        {"batch_size": 0},
        {"batch_size": True},
        {"checkpoint_every": 0, "checkpoint": "x"},
    ],
)
def test_counts_that_are_none_are_refused(wrong):
    with pytest.raises(InputError, match=f"{next(iter(wrong))} is .*"):
        fit(QUADRANTS, *quadrants(), **wrong)


def test_unknown_engines_are_refused():
    with pytest.raises(InputError, match="there is no engine 'abacus'"):
        fit(QUADRANTS, *quadrants(), engine="abacus")


# --- what is given back ---------------------------------------------------------------------------------


def test_predictions_are_of_the_parameters():
    network = NETWORKS["a penalty for each layer, dropout"]
    X, Y = data_for(network)
    fitted = fit(network, X, Y, epochs=2, engine="reference")
    expected = engine_of("reference", network, SGD()).predict(fitted.parameters, X)
    np.testing.assert_allclose(fitted.predict(X.tolist()), expected, rtol=1e-12)
    with pytest.raises(ShapeError, match=r"give X\.T"):
        fitted.predict(X.T)


def test_a_fitted_network_can_be_pickled():
    X, Y = quadrants()
    fitted = fit(QUADRANTS, X, Y, epochs=2, engine="numpy")
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict(X), fitted.predict(X))
    assert again.ledger == fitted.ledger
    assert again.check().verdict == "correct"


def test_its_print():
    fitted = fit(QUADRANTS, *quadrants(), epochs=2, engine="numpy")
    assert repr(fitted) == f"<Fitted 2-8-1: 2 epochs, cost {fitted.ledger[-1].cost:.5g}, stopped: epochs>"
    assert fitted.reason == "after 2 epochs, all that were asked for"
