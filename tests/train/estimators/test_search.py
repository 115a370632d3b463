from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score, cross_validate

from gradproof.errors import InputError
from gradproof.train.estimators import (
    NetworkClassifier,
    NetworkClassifierCV,
    NetworkRegressor,
    NetworkRegressorCV,
)
from gradproof.train.optimizers import Adam

X, LABELS = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[LABELS]
LAMBDAS = [0.1, 10.0, 1000.0]
QUICK = {"hidden_layer_sizes": (8,), "optimizer": Adam(0.03), "epochs": 15, "random_state": 0}


@pytest.fixture(scope="module")
def model():
    return NetworkClassifierCV(**QUICK, lambdas=LAMBDAS, cv=3).fit(X, NAMES)


def test_it_chooses_what_separate_fits_would(model):
    costs = np.empty((3, 3))
    for f, (training, held) in enumerate(StratifiedKFold(3).split(X, NAMES)):
        for k, lambd in enumerate(LAMBDAS):
            one = NetworkClassifier(**QUICK, l2=lambd).fit(X[training], NAMES[training])
            costs[f, k] = -one.predict_log_proba(X[held])[range(50), LABELS[held]].mean()
    np.testing.assert_allclose(model.path_.validation_cost, costs, rtol=1e-9)
    assert model.lambda_ == model.lambda_min_ == LAMBDAS[costs.mean(0).argmin()]
    assert model.lambdas_.tolist() == LAMBDAS


def test_it_is_then_fitted_to_everything(model):
    one = NetworkClassifier(**QUICK, l2=model.lambda_).fit(X, NAMES)
    np.testing.assert_array_equal(model.predict_proba(X), one.predict_proba(X))
    assert model.classes_.tolist() == one.classes_.tolist()
    assert len(model.ledger_) == 15


def test_the_largest_within_one_standard_error(model):
    other = clone(model).set_params(choose="1se").fit(X, NAMES)
    assert other.lambda_ == model.lambda_1se_ >= model.lambda_min_


@pytest.mark.parametrize("scoring", ["accuracy", "f1_macro", make_scorer(f1_score, average="micro")])
def test_any_scorer(model, scoring):
    found = clone(model).set_params(scoring=scoring).fit(X, NAMES)
    folds = list(StratifiedKFold(3).split(X, NAMES))
    each = [NetworkClassifier(**QUICK, l2=lambd) for lambd in LAMBDAS]
    means = [cross_val_score(one, X, NAMES, cv=folds, scoring=scoring) for one in each]
    np.testing.assert_allclose(found.path_.quality, np.transpose(means))
    assert found.lambda_ in LAMBDAS


def test_scorers_get_the_weights():
    weights = np.linspace(0, 2, 150)
    found = NetworkClassifierCV(**QUICK, lambdas=LAMBDAS, cv=3, scoring="accuracy").fit(X, NAMES, weights)
    np.testing.assert_allclose(found.path_.quality, found.path_.validation_score)


@pytest.mark.parametrize(
    "where", [{"n_jobs": 2}, {"n_jobs": -1}, {"executor": partial(ThreadPoolExecutor, 2)}]
)
def test_elsewhere_it_is_the_same(model, where):
    other = clone(clone(model).set_params(**where)).fit(X, NAMES)
    np.testing.assert_allclose(other.path_.validation_cost, model.path_.validation_cost, rtol=1e-12)
    assert other.lambda_ == model.lambda_


def test_regression_with_several_targets_and_its_own_grid():
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((60, 6))
    Y = Z[:, :2] + 0.1 * rng.standard_normal((60, 2))
    found = NetworkRegressorCV(**QUICK, lambdas=4, cv=KFold(3, shuffle=True, random_state=0)).fit(Z, Y)
    assert found.lambdas_.shape == (4,)
    np.testing.assert_allclose(found.lambdas_[-1] / found.lambdas_[0], 1e4)
    assert found.predict(Z).shape == (60, 2)
    r2 = [
        cross_val_score(NetworkRegressor(**QUICK, l2=v), Z, Y, cv=KFold(3, shuffle=True, random_state=0))
        for v in found.lambdas_
    ]
    np.testing.assert_allclose(found.path_.validation_score, np.transpose(r2))


def test_folds_stay_those_of_all_examples_where_some_have_weight_0():
    weights = np.ones(150)
    weights[::7] = 0
    folds = list(StratifiedKFold(3, shuffle=True, random_state=0).split(X, NAMES))
    kept = weights > 0
    place = np.cumsum(kept) - 1
    fewer = [tuple(place[part[kept[part]]] for part in pair) for pair in folds]
    one = NetworkClassifierCV(**QUICK, lambdas=LAMBDAS, cv=folds).fit(X, NAMES, weights)
    other = NetworkClassifierCV(**QUICK, lambdas=LAMBDAS, cv=fewer).fit(X[kept], NAMES[kept])
    np.testing.assert_array_equal(one.path_.validation_cost, other.path_.validation_cost)
    np.testing.assert_array_equal(one.coefs_[0], other.coefs_[0])


def test_early_stopping_of_each_network():
    how = {**QUICK, "epochs": 200, "optimizer": Adam(0.1)}
    found = NetworkClassifierCV(**how, lambdas=LAMBDAS, cv=3, early_stopping=True, patience=3).fit(X, NAMES)
    k = LAMBDAS.index(found.lambda_)
    assert found.n_iter_ == round(np.mean([path.best_epoch[k] for path in found.path_.paths]))


def test_inside_other_tools_of_scikit_learn(model):
    scores = cross_validate(clone(model), X, NAMES, cv=2, return_estimator=True)
    assert len(scores["estimator"]) == 2
    assert (scores["test_score"] > 0.6).all()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"choose": "max"}, "choose is 'max'"),
        ({"n_jobs": 0}, "n_jobs is 0"),
        ({"optimizer": "lbfgs"}, "optimizer is"),
        ({"lambdas": [-1.0]}, "lambdas is"),
        ({"cv": 500}, "n_splits=500"),
        ({"scoring": "speed"}, "scoring"),
    ],
)
def test_what_cannot_be_used_is_said(wrong, told):
    with pytest.raises((InputError, ValueError), match=told):
        NetworkClassifierCV(**{**QUICK, "lambdas": LAMBDAS, "epochs": 1, **wrong}).fit(X, NAMES)
