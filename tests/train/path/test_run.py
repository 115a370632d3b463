import numpy as np
import pytest
from tests.train.path.problems import LAMBDAS, NETWORKS, classes, classifier, numbers

from gradproof.errors import InputError
from gradproof.train.fitting import (
    LBFGS,
    DivergenceWarning,
    EarlyStopping,
    Inverse,
    fit,
    initial_parameters,
)
from gradproof.train.network import dense
from gradproof.train.optimizers import SGD, Adam, AdamW, RMSprop
from gradproof.train.path import lambda_path
from gradproof.train.path.result import with_lambda

HOW = {"epochs": 6, "batch_size": 25, "seed": 3}


def same(path, k, fitted, tolerance=1e-12):
    for name, w in fitted.parameters.items():
        np.testing.assert_allclose(path.parameters[name][k], w, rtol=tolerance, atol=tolerance)


def alone(network, X, Y, lambd, **how):
    return fit(with_lambda(network, lambd), X, Y, **{**HOW, **how})


@pytest.mark.parametrize("engine", ["numpy", "reference", "auto"])
@pytest.mark.parametrize("name", NETWORKS)
def test_each_network_is_what_fit_gives(name, engine):
    X, Y = classes()
    path = lambda_path(NETWORKS[name], X, Y, LAMBDAS, engine=engine, **HOW)
    for k, lambd in enumerate(LAMBDAS):
        fitted = alone(NETWORKS[name], X, Y, lambd, engine=engine)
        same(path, k, fitted)
        for mine, its in zip(path.ledgers[k], fitted.ledger, strict=True):
            assert (mine.epoch, mine.rows, mine.rate) == (its.epoch, its.rows, its.rate)
            np.testing.assert_allclose(
                [mine.data_cost, mine.penalty, mine.cost], [its.data_cost, its.penalty, its.cost], rtol=1e-12
            )


@pytest.mark.parametrize(
    "optimizer", [SGD(0.1), SGD(0.1, momentum=0.9, nesterov=True), RMSprop(), AdamW()], ids=lambda o: o.name
)
def test_every_optimiser(optimizer):
    X, Y = numbers()
    network = dense([5, 4, 2], loss="squared_error", activation="tanh")
    path = lambda_path(network, X, Y, LAMBDAS, optimizer=optimizer, schedule=Inverse(0.3), **HOW)
    for k, lambd in enumerate(LAMBDAS):
        same(path, k, alone(network, X, Y, lambd, optimizer=optimizer, schedule=Inverse(0.3)))


def test_weights_start_and_precision():
    X, Y = classes()
    weights = np.linspace(0.2, 1.8, X.shape[1])
    start = initial_parameters(classifier(), np.random.default_rng(9))
    how = {"weights": weights, "start": start, "dtype": "float32", "shuffle": False}
    path = lambda_path(classifier(), X, Y, LAMBDAS, **how, **HOW)
    assert path.parameters["W1"].dtype == np.float32
    assert path.weighted
    for k, lambd in enumerate(LAMBDAS):
        same(path, k, alone(classifier(), X, Y, lambd, **how), 1e-5)


def test_costs_and_scores_are_those_of_the_kept_parameters():
    X, Y = classes()
    held_out = classes(seed=1, n=40)
    path = lambda_path(classifier(keep_prob=0.8), X, Y, LAMBDAS, validation=held_out, **HOW)
    for k, lambd in enumerate(LAMBDAS):
        fitted = alone(classifier(keep_prob=0.8), X, Y, lambd, validation=held_out)
        A = fitted.predict(X)
        assert path.training_cost[k] == pytest.approx(-(Y * np.log(A)).sum(0).mean())
        assert path.training_score[k] == (A.argmax(0) == Y.argmax(0)).mean()
        assert path.validation_cost[k] == pytest.approx(fitted.ledger[-1].validation_cost)
        assert path.norms[k] == pytest.approx([np.linalg.norm(fitted.parameters[n]) for n in ("W1", "W2")])
        assert [e.validation_cost for e in path.ledgers[k]] == pytest.approx(
            [e.validation_cost for e in fitted.ledger]
        )
    np.testing.assert_allclose(path.predict(X)[-1], A, rtol=1e-12)


@pytest.mark.parametrize("monitor", ["validation", "training"])
def test_each_network_stops_by_itself(monitor):
    X, Y = classes(n=40)
    held_out = classes(seed=1, n=40)
    rule = EarlyStopping(patience=4, min_delta=1e-4, monitor=monitor)
    how = {"optimizer": Adam(0.05), "epochs": 60, "batch_size": 20, "early_stopping": rule, "seed": 0}
    path = lambda_path(classifier(), X, Y, LAMBDAS, validation=held_out, **how)
    each = [fit(with_lambda(classifier(), v), X, Y, validation=held_out, **how) for v in LAMBDAS]
    assert len({len(fitted.ledger) for fitted in each}) > 1, "the problem should stop at different epochs"
    for k, fitted in enumerate(each):
        same(path, k, fitted, 1e-9)
        assert path.best_epoch[k] == fitted.best_epoch
        assert path.last_epoch[k] == len(path.ledgers[k]) == len(fitted.ledger)
    assert len(path.history.rate) == max(len(fitted.ledger) for fitted in each)


def test_one_that_diverges_leaves_the_others_alone():
    X, Y = numbers()
    network = dense([5, 4, 2], loss="squared_error")
    how = {"optimizer": SGD(0.1), "epochs": 400, "batch_size": None, "seed": 0}
    with pytest.warns(DivergenceWarning, match="λ = 6e\\+04"):
        path = lambda_path(network, X, Y, [0.1, 6e4], validation=(X, Y), **how)
    same(path, 0, fit(with_lambda(network, 0.1), X, Y, **how), 1e-9)
    assert not np.isfinite(path.validation_cost[1])
    assert path.last_epoch[1] < 400 == path.last_epoch[0]
    assert path.stopped == "epochs"


def test_one_network_of_the_path_can_be_trained_on():
    X, Y = classes()
    path = lambda_path(classifier(), X, Y, LAMBDAS, **HOW)
    fitted = path.fitted(1)
    assert fitted.network == with_lambda(classifier(), LAMBDAS[1])
    its = alone(classifier(), X, Y, LAMBDAS[1])
    np.testing.assert_allclose(fitted.predict(X), its.predict(X), rtol=1e-12)
    more, other = (fit(f.network, X, Y, start=f.state, epochs=2, batch_size=25) for f in (fitted, its))
    np.testing.assert_allclose(more.parameters["W1"], other.parameters["W1"], rtol=1e-10)


def test_validation_as_often_as_asked():
    X, Y = classes()
    path = lambda_path(classifier(), X, Y, LAMBDAS, validation=(X, Y), validate_every=4, **HOW)
    told = [entry.validation_cost is not None for entry in path.ledgers[0]]
    assert told == [False, False, False, True, False, False]
    path = lambda_path(classifier(), X, Y, LAMBDAS, validation=(X, Y), validate_every=0, **HOW)
    assert path.history.validation_cost is None
    assert path.validation_cost == pytest.approx(path.training_cost)


def test_a_network_without_penalty_gets_one_on_every_layer():
    X, Y = classes()
    path = lambda_path(dense([4, 6, 3]), X, Y, LAMBDAS, **HOW)
    np.testing.assert_array_equal(path.norms, lambda_path(classifier(), X, Y, LAMBDAS, **HOW).norms)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"lambdas": [1.0, -1.0]}, "lambdas is"),
        ({"lambdas": []}, "lambdas is"),
        ({"lambdas": "auto"}, "lambdas is"),
        ({"epochs": 0}, "epochs is 0"),
        ({"batch_size": 2.5}, "batch_size is 2.5"),
        ({"optimizer": LBFGS()}, "optimizer is"),
        ({"early_stopping": EarlyStopping()}, "no validation data"),
        ({"epoch": 3}, "no setting 'epoch'"),
        ({"dtype": "float16"}, "dtype is float16"),
        ({"engine": "fast"}, "no engine 'fast'"),
        ({"Y": np.ones((2, 90))}, "Y has shape"),
    ],
)
def test_what_cannot_be_used_is_said(wrong, told):
    X, Y = classes()
    with pytest.raises(InputError, match=told):
        lambda_path(classifier(), **{"X": X, "Y": Y, "lambdas": LAMBDAS, **wrong})
