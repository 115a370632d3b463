import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest
from tests.train.path.problems import LAMBDAS, classes, classifier, numbers

from gradproof.errors import InputError
from gradproof.train.fitting import EarlyStopping, fit
from gradproof.train.network import dense
from gradproof.train.optimizers import Adam
from gradproof.train.path import CrossValidation, cross_validate_path, lambda_grid
from gradproof.train.path.folds import split
from gradproof.train.path.result import with_lambda
from gradproof.train.penalties import L2

HOW = {"epochs": 15, "batch_size": 30, "optimizer": Adam(0.02), "seed": 5}


@pytest.fixture(scope="module")
def found():
    return cross_validate_path(classifier(), *classes(), LAMBDAS, 3, executor=1, **HOW)


def test_the_numbers_are_those_of_separate_trainings(found):
    X, Y = classes()
    for f, (training, held) in enumerate(split(classifier(), Y, 3, 5)):
        for k, lambd in enumerate(LAMBDAS):
            fitted = fit(with_lambda(classifier(), lambd), X[:, training], Y[:, training], **HOW)
            A = fitted.predict(X[:, held])
            cost = -np.log(A[Y[:, held] == 1]).mean()
            assert found.validation_cost[f, k] == pytest.approx(cost, rel=1e-9)
            assert found.validation_score[f, k] == (A.argmax(0) == Y[:, held].argmax(0)).mean()
            assert found.ledgers[f][k][-1].cost == pytest.approx(fitted.ledger[-1].cost, rel=1e-9)
    assert found.training_cost.shape == found.training_score.shape == (3, 3)


def test_the_chosen_ones(found):
    mean = found.validation_cost.mean(0)
    error = found.validation_cost.std(0, ddof=1) / np.sqrt(3)
    k = mean.argmin()
    assert found.chosen == found.lambda_by("min") == LAMBDAS[k]
    near = [v for v, cost in zip(LAMBDAS, mean, strict=True) if cost <= mean[k] + error[k]]
    assert found.one_se == found.lambda_by("1se") == max(near)
    with pytest.raises(InputError, match="choose is"):
        found.lambda_by("best")


def test_by_score_or_another_measure(found):
    by_score = cross_validate_path(
        classifier(), *classes(), LAMBDAS, 3, executor=1, choose_by="score", **HOW
    )
    assert by_score.chosen == LAMBDAS[::-1][by_score.validation_score.mean(0)[::-1].argmax()]
    assert found.judged_by("none", [[0, 0, 1]] * 3).chosen == LAMBDAS[2]
    with pytest.raises(InputError, match="choose_by is 'r2'"):
        cross_validate_path(classifier(), *classes(), LAMBDAS, choose_by="r2")


@pytest.mark.parametrize(
    "how",
    [{"executor": 2}, {"per_task": 1, "executor": 2}, {"per_task": 2, "executor": 1}, {"executor": None}],
)
def test_how_the_work_is_cut_changes_nothing(found, how):
    other = cross_validate_path(classifier(), *classes(), LAMBDAS, 3, **how, **HOW)
    same(found, other)


def same(one: CrossValidation, other: CrossValidation) -> None:
    for name in ("lambdas", "training_cost", "validation_cost", "validation_score", "norms"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12)
    assert (one.chosen, one.one_se) == (other.chosen, other.one_se)


@pytest.mark.slow
def test_in_other_processes(found):
    pool = partial(ProcessPoolExecutor, 2, mp_context=get_context("spawn"))
    same(found, cross_validate_path(classifier(), *classes(), LAMBDAS, 3, executor=pool, **HOW))


def test_pieces_that_stop_at_different_epochs():
    how = {**HOW, "epochs": 60, "early_stopping": EarlyStopping(patience=3), "optimizer": Adam(0.05)}
    whole, cut = (
        cross_validate_path(classifier(), *classes(), LAMBDAS, 3, executor=1, per_task=k, **how)
        for k in (3, 1)
    )
    same(whole, cut)
    for one, other in zip(whole.paths, cut.paths, strict=True):
        assert one.best_epoch.tolist() == other.best_epoch.tolist()
        for mine, its in zip(one.ledgers, other.ledgers, strict=True):
            assert [e.cost for e in mine] == pytest.approx([e.cost for e in its])
    k = LAMBDAS.index(whole.chosen)
    epochs = round(np.mean([path.best_epoch[k] for path in whole.paths]))
    assert len(whole.refit(*classes()).ledger) == epochs


def test_refit_is_fit_with_the_chosen(found):
    X, Y = classes()
    for rule in ("min", "1se"):
        fitted = fit(with_lambda(classifier(), found.lambda_by(rule)), X, Y, **HOW)
        np.testing.assert_array_equal(found.refit(X, Y, rule).predict(X), fitted.predict(X))


@pytest.mark.parametrize("per", ["data", "none"])
def test_integer_weights_are_repetitions(per):
    X, Y = numbers(n=24)
    network = dense([5, 4, 2], loss="squared_error", activation="tanh", penalty=L2(1.0, per=per))
    counts = 1 + np.arange(24) % 3
    place = np.arange(24).repeat(counts)
    third = np.arange(24) // 2 % 3
    folds = [(np.flatnonzero(third != k), np.flatnonzero(third == k)) for k in range(3)]
    again = [tuple(np.flatnonzero(np.isin(place, part)) for part in pair) for pair in folds]
    how = {"epochs": 20, "batch_size": None, "executor": 1}
    weighted = cross_validate_path(network, X, Y, 4, folds, weights=counts, **how)
    repeated = cross_validate_path(network, X[:, place], Y[:, place], 4, again, **how)
    for name in ("training_cost", "validation_cost", "validation_score", "norms"):
        np.testing.assert_allclose(getattr(weighted, name), getattr(repeated, name), rtol=1e-8)
    np.testing.assert_allclose(weighted.lambdas, repeated.lambdas)
    one = weighted.refit(X, Y, weights=counts)
    other = repeated.refit(X[:, place], Y[:, place])
    np.testing.assert_allclose(one.predict(X), other.predict(X), rtol=1e-7)


def test_the_grid_is_that_of_all_data():
    X, Y = classes()
    found = cross_validate_path(classifier(), X, Y, 4, 3, executor=1, epochs=1)
    np.testing.assert_array_equal(found.lambdas, lambda_grid(classifier(), X, Y, 4))


def test_as_text_and_as_data(found):
    lines = found.table().splitlines()
    assert len(lines) == 1 + len(LAMBDAS)
    assert lines[0].split() == ["λ", "training", "cost", "validation", "cost", "accuracy", "‖W1‖", "‖W2‖"]
    (starred,) = (line for line in lines if "*" in line)
    assert starred.split()[0] == f"{found.chosen:.4g}"
    data = json.loads(json.dumps(found.to_dict()))
    assert data["chosen"] == found.chosen
    assert np.shape(data["norms"]) == (3, 2)
    assert "3 λ, 3 folds" in repr(found)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"folds": [([0, 1], [])]}, "validation part of a fold"),
        ({"folds": [([0, 99], [1])]}, "training part of a fold"),
        ({"folds": 1}, "1 folds"),
        ({"per_task": 0}, "per_task is 0"),
        ({"weights": np.r_[np.ones(60), np.zeros(30)], "folds": [(range(60), range(60, 90))]}, "all 0"),
        ({"patience": 3}, "no setting 'patience'"),
    ],
)
def test_what_cannot_be_used_is_said(wrong, told):
    X, Y = classes()
    with pytest.raises(InputError, match=told):
        cross_validate_path(classifier(), **{"X": X, "Y": Y, "lambdas": LAMBDAS, "executor": 1, **wrong})
