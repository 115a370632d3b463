import numpy as np
import pytest
from sklearn.datasets import load_iris

from gradproof.errors import InputError
from gradproof.train.estimators import (
    NetworkClassifier,
    NetworkClassifierCV,
    NetworkRegressor,
    NetworkRegressorCV,
)
from gradproof.train.fitting import load_model
from gradproof.train.optimizers import SGD

X, LABELS = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[LABELS]
QUICK = {"hidden_layer_sizes": (8,), "learning_rate": 0.02, "epochs": 5, "random_state": 0}


@pytest.mark.parametrize(
    "labels", [LABELS, NAMES, NAMES.astype(object), LABELS > 0, LABELS - 1.0], ids=lambda y: y.dtype.kind
)
def test_a_classifier_comes_back(tmp_path, labels):
    path = tmp_path / "model.npz"
    weights = {label: 1.0 + k for k, label in enumerate(np.unique(labels))}
    model = NetworkClassifier(**QUICK, l2=0.5, optimizer=SGD(0.1, momentum=0.9), class_weight=weights)
    model.fit(X, labels).save(path)
    same = NetworkClassifier.load(path)
    np.testing.assert_array_equal(same.predict(X), model.predict(X))
    assert same.classes_.dtype == model.classes_.dtype
    assert same.ledger_ == model.ledger_
    assert same.get_params() | {"optimizer": None} == model.get_params() | {"optimizer": None}
    assert (same.optimizer.name, same.optimizer.settings) == ("momentum", model.optimizer.settings)
    same.partial_fit(X, labels)
    np.testing.assert_array_equal(same.coefs_[0], model.partial_fit(X, labels).coefs_[0])


def test_a_regressor_comes_back(tmp_path):
    for y in (X[:, 0], X[:, :2]):
        model = NetworkRegressor(**QUICK).fit(X, y)
        model.save(tmp_path / "model.npz")
        same = NetworkRegressor.load(tmp_path / "model.npz")
        np.testing.assert_array_equal(same.predict(X), model.predict(X))


@pytest.mark.parametrize("kind", [NetworkClassifierCV, NetworkRegressorCV])
def test_what_was_chosen_comes_back(tmp_path, kind):
    model = kind(**QUICK, lambdas=[0.1, 1.0], cv=2).fit(X, LABELS)
    model.save(tmp_path / "model.npz")
    same = kind.load(tmp_path / "model.npz")
    np.testing.assert_array_equal(same.predict(X), model.predict(X))
    assert (same.lambda_, same.lambda_1se_) == (model.lambda_, model.lambda_1se_)
    np.testing.assert_array_equal(same.cv_results_["validation_cost"], model.cv_results_["validation_cost"])
    np.testing.assert_array_equal(same.lambdas_, model.lambdas_)


def test_parameters_that_no_file_holds_are_left_out(tmp_path):
    model = NetworkClassifier(**{**QUICK, "random_state": np.random.RandomState(0)}).fit(X, NAMES)
    model.save(tmp_path / "model.npz")
    assert NetworkClassifier.load(tmp_path / "model.npz").random_state is None


def test_names_of_features(tmp_path):
    model = NetworkClassifier(**QUICK).fit(X, NAMES)
    model.feature_names_in_ = np.array(["a", "b", "c", "d"], object)
    model.save(tmp_path / "model.npz")
    assert NetworkClassifier.load(tmp_path / "model.npz").feature_names_in_.tolist() == ["a", "b", "c", "d"]


def test_other_files(tmp_path):
    path = tmp_path / "model.npz"
    NetworkClassifier(**QUICK).fit(X, NAMES).save(path)
    with pytest.raises(InputError, match="holds a NetworkClassifier, not a NetworkRegressor"):
        NetworkRegressor.load(path)
    load_model(path).save(path, extra={})
    with pytest.raises(InputError, match="holds a network alone"):
        NetworkClassifier.load(path)
    with pytest.raises(InputError, match="there is no model"):
        NetworkClassifier.load(tmp_path / "none.npz")


def test_labels_that_no_file_holds(tmp_path):
    model = NetworkClassifier(**QUICK).fit(X, NAMES)
    model.classes_ = np.array([(1, 2), "a", None], object)
    with pytest.raises(InputError, match="neither numbers nor texts"):
        model.save(tmp_path / "model.npz")


def test_nothing_is_saved_before_it_is_fitted(tmp_path):
    with pytest.raises(ValueError, match="not fitted"):
        NetworkClassifier().save(tmp_path / "model.npz")
