import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gradproof.errors import InputError
from gradproof.train.estimators import NetworkClassifier, NetworkRegressor
from gradproof.train.estimators import inputs as inputs_module
from gradproof.train.fitting import LBFGS, fit
from gradproof.train.network import dense
from gradproof.train.optimizers import SGD, Adam
from gradproof.train.penalties import L2, ElasticNet

X, LABELS = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[LABELS]
RNG = np.random.default_rng(0)
TARGETS = np.column_stack([X[:, 0] - X[:, 1], np.tanh(X[:, 2])])
QUICK = {"hidden_layer_sizes": (8,), "learning_rate": 0.02, "epochs": 20, "random_state": 0}


def same(one, other, rtol=0.0):
    for mine, its in zip([*one.coefs_, *one.intercepts_], [*other.coefs_, *other.intercepts_], strict=True):
        np.testing.assert_allclose(mine, its, rtol=rtol, atol=rtol)


# --- what is trained --------------------------------------------------------------------------------------


def test_it_is_fit_with_rows_for_columns():
    model = NetworkClassifier(**QUICK, l2=0.7, l1_ratio=0.2, batch_size=50).fit(X, NAMES)
    network = dense([4, 8, 3], penalty=ElasticNet(0.7, 0.2))
    its = fit(network, X.T, np.eye(3)[LABELS].T, optimizer=Adam(0.02), epochs=20, batch_size=50, seed=0)
    np.testing.assert_array_equal(model.coefs_[0].T, its.parameters["W1"])
    np.testing.assert_array_equal(model.intercepts_[1], its.parameters["b2"][:, 0])
    np.testing.assert_array_equal(model.predict_proba(X).T, its.predict(X.T))
    assert model.ledger_[-1].cost == model.loss_curve_[-1] == model.loss_ == its.ledger[-1].cost
    assert (model.n_iter_, model.n_layers_, model.n_outputs_) == (20, 3, 3)
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]


def test_two_classes_are_one_sigmoid():
    two = LABELS < 2
    model = NetworkClassifier(**QUICK).fit(X[two], NAMES[two])
    assert model.fitted_.network.loss == "binary_cross_entropy"
    proba = model.predict_proba(X[two])
    assert proba.shape == (100, 2)
    np.testing.assert_allclose(proba.sum(1), 1)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X[two])), proba)
    assert (model.predict(X[two]) == model.classes_[proba.argmax(1)]).all()
    assert model.score(X[two], NAMES[two]) == 1


def test_several_targets():
    model = NetworkRegressor(**QUICK, optimizer="lbfgs").fit(X, TARGETS)
    assert model.predict(X).shape == (150, 2)
    assert model.score(X, TARGETS) > 0.9
    one = NetworkRegressor(**QUICK).fit(X, TARGETS[:, 0])
    assert one.predict(X).shape == (150,)


def test_every_parameter_reaches_the_network():
    model = NetworkClassifier(
        hidden_layer_sizes=[6, 5], activation=["tanh", "relu"], l2=2.0, penalty_per="batch",
        dropout=[0.5, 0.0], max_norm=3.0, epochs=1,
    ).fit(X, LABELS)  # fmt: skip
    expected = dense(
        [4, 6, 5, 3], activation=["tanh", "relu"], penalty=L2(2.0, per="batch"), keep_prob=[0.5, 1.0],
        max_norm=3.0,
    )  # fmt: skip
    assert model.fitted_.network == expected
    assert NetworkClassifier(hidden_layer_sizes=(), epochs=1).fit(X, LABELS).coefs_[0].shape == (4, 3)
    assert NetworkClassifier(hidden_layer_sizes=7, epochs=1).fit(X, LABELS).coefs_[0].shape == (4, 7)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "momentum", "nesterov", "rmsprop", "lbfgs"])
def test_optimisers_by_name(optimizer):
    model = NetworkClassifier(optimizer=optimizer, hidden_layer_sizes=(8,), epochs=60, random_state=1)
    model.fit(StandardScaler().fit_transform(X), LABELS)
    assert model.loss_curve_[-1] < 0.9 * model.loss_curve_[0]
    its = model.fitted_.optimizer
    assert its == LBFGS() if optimizer == "lbfgs" else its.name == optimizer


def test_optimisers_as_objects():
    model = NetworkClassifier(optimizer=SGD(0.3, momentum=0.5), epochs=1).fit(X, LABELS)
    assert model.fitted_.optimizer.learning_rate == 0.3
    model.set_params(learning_rate=0.1).fit(X, LABELS)
    assert model.fitted_.optimizer.learning_rate == 0.1
    assert model.fitted_.optimizer.settings["μ"] == 0.5


def test_alpha_of_scikit_learn_is_the_l2_of_the_batch():
    """From the same weights, one step of gradient descent on a batch is the same step."""
    how = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.1, "shuffle": False, "batch_size": 30}
    its = MLPClassifier((5,), alpha=3.0, random_state=0, **how)
    mine = NetworkClassifier(
        hidden_layer_sizes=(5,), optimizer=SGD(0.1), l2=3.0, penalty_per="batch", shuffle=False,
        batch_size=30, warm_start=True, epochs=1,
    ).fit(X, LABELS)  # fmt: skip
    its.partial_fit(X, LABELS, classes=[0, 1, 2])
    for k in (1, 2):
        mine.fitted_.state.parameters[f"W{k}"][...] = its.coefs_[k - 1].T
        mine.fitted_.state.parameters[f"b{k}"][...] = its.intercepts_[k - 1][:, None]
    mine.fit(X, LABELS)
    its.partial_fit(X, LABELS)
    for ours, theirs in zip(mine.coefs_, its.coefs_, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


# --- weights ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", ["auto", 16])
def test_an_example_of_weight_0_is_as_if_it_were_not_there(batch_size):
    weights = (np.arange(150) % 3 > 0).astype(float)
    kept = weights > 0
    model = NetworkClassifier(**QUICK, l2=1.0, batch_size=batch_size)
    same(clone(model).fit(X, NAMES, weights), clone(model).fit(X[kept], NAMES[kept]))


@pytest.mark.parametrize("l2", [0.0, 5.0])
def test_integer_weights_are_repetitions(l2):
    counts = 1 + np.arange(150) % 3
    model = NetworkRegressor(**QUICK, batch_size=None, l2=l2)
    repeated = clone(model).fit(X.repeat(counts, 0), TARGETS.repeat(counts, 0))
    same(clone(model).fit(X, TARGETS, counts), repeated, 1e-9)


def test_larger_weights_are_a_smaller_penalty():
    weights = RNG.uniform(0.1, 2, 150)
    model = NetworkClassifier(**QUICK, l2=1.0)
    weaker = clone(model).set_params(l2=1 / 8)
    same(clone(model).fit(X, NAMES, 8 * weights), clone(weaker).fit(X, NAMES, weights), 1e-12)
    same(clone(model).fit(X, NAMES, np.full(150, 8.0)), weaker.fit(X, NAMES))
    per_batch = clone(model).set_params(penalty_per="batch")
    same(clone(per_batch).fit(X, NAMES, np.full(150, 8.0)), per_batch.fit(X, NAMES))


def test_class_weights_multiply_those_of_the_examples():
    few = np.r_[0:50, 50:60, 100:120]
    weights = RNG.uniform(0.5, 2, len(few))
    totals = np.array([weights[LABELS[few] == k].sum() for k in range(3)])
    balanced = (weights.sum() / 3 / totals)[LABELS[few]]
    model = NetworkClassifier(**QUICK, l2=0.3)
    by_class = clone(model).set_params(class_weight="balanced").fit(X[few], NAMES[few], weights)
    same(by_class, clone(model).fit(X[few], NAMES[few], weights * balanced), 1e-12)
    given = {"setosa": 1.0, "versicolor": 2.0, "virginica": 3.0}
    by_name = clone(model).set_params(class_weight=given).fit(X, NAMES)
    same(by_name, clone(model).fit(X, NAMES, 1.0 + LABELS), 1e-12)


# --- going on -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
def test_partial_fits_are_the_epochs_of_one_fit(optimizer):
    model = NetworkClassifier(**{**QUICK, "epochs": 5}, optimizer=optimizer, shuffle=False, batch_size=40)
    parts = clone(model)
    for _ in range(5):
        parts.partial_fit(X, NAMES)
    whole = clone(model).fit(X, NAMES)
    same(parts, whole, 1e-12)
    assert [entry.epoch for entry in parts.ledger_] == [1, 2, 3, 4, 5]
    assert parts.loss_curve_ == pytest.approx(whole.loss_curve_)


def test_partial_fits_shuffle_anew_and_are_reproducible():
    model = NetworkRegressor(**QUICK, batch_size=10)
    one, other = (clone(model).partial_fit(X, TARGETS).partial_fit(X, TARGETS) for _ in range(2))
    same(one, other)
    assert one.loss_curve_[1] != one.loss_curve_[0]


def test_classes_of_partial_fit():
    model = NetworkClassifier(**QUICK).partial_fit(X[:50], NAMES[:50], classes=np.unique(NAMES))
    assert model.predict_proba(X).shape == (150, 3)
    model.partial_fit(X, NAMES)
    with pytest.raises(ValueError, match="not among those of the first call: \\['rose'\\]"):
        model.partial_fit(X[:1], ["rose"])
    with pytest.raises(ValueError, match="classes is"):
        model.partial_fit(X, NAMES, classes=["a", "b"])
    with pytest.raises(ValueError, match="partial_fit makes one epoch"):
        NetworkClassifier(early_stopping=True).partial_fit(X, NAMES)
    assert not hasattr(NetworkClassifier(optimizer="lbfgs"), "partial_fit")
    assert not hasattr(NetworkRegressor(optimizer=LBFGS()), "partial_fit")


def test_warm_start_goes_on():
    model = NetworkClassifier(**{**QUICK, "epochs": 4}, shuffle=False)
    warm = clone(model).set_params(warm_start=True).fit(X, NAMES).fit(X, NAMES)
    same(warm, clone(model).set_params(epochs=8).fit(X, NAMES), 1e-12)


def test_early_stopping():
    how = {**QUICK, "epochs": 300, "learning_rate": 0.1}
    model = NetworkClassifier(**how, early_stopping=True, patience=5).fit(X, NAMES)
    assert model.n_iter_ < 300
    assert model.fitted_.stopped == "early stopping"
    costs = [entry.validation_cost for entry in model.ledger_]
    assert model.fitted_.best_epoch == 1 + int(np.argmin(costs))
    assert model.fitted_.rows == 135
    model.set_params(early_stopping="training", tol=1.0).fit(X, NAMES)
    assert model.fitted_.rows == 150
    assert model.n_iter_ < 300


def test_the_validation_cost_is_weighted():
    weights = np.random.default_rng(5).uniform(0.1, 3, 150)
    model = NetworkRegressor(**QUICK, early_stopping=True, validation_fraction=0.4)
    model.fit(X, TARGETS, weights)
    training, held = train_test_split(np.arange(150), test_size=0.4, random_state=0)
    held.sort()
    training.sort()
    one = NetworkRegressor(**{**QUICK, "epochs": 1}).fit(X[training], TARGETS[training], weights[training])
    rest = (TARGETS[held] - one.predict(X[held])) ** 2
    expected = np.average(rest.sum(1) / 2, weights=weights[held])
    assert model.ledger_[0].validation_cost == pytest.approx(expected)


def test_a_checkpoint_is_gone_on_from(tmp_path):
    model = NetworkClassifier(**QUICK, checkpoint=tmp_path / "iris.npz")
    clone(model).set_params(epochs=7).fit(X, NAMES)
    same(clone(model).fit(X, NAMES), clone(model).set_params(checkpoint=None).fit(X, NAMES))


# --- inputs -------------------------------------------------------------------------------------------------


def test_sparse_is_dense():
    table = np.where(X > 3, X, 0)
    model = NetworkClassifier(**QUICK).fit(table, NAMES)
    for kind in (sparse.csr_array, sparse.csc_matrix, sparse.coo_array):
        its = clone(model).fit(kind(table), NAMES)
        same(model, its)
        np.testing.assert_array_equal(its.predict_proba(kind(table)), model.predict_proba(table))


def test_a_sparse_table_that_memory_cannot_hold(monkeypatch):
    monkeypatch.setattr(inputs_module, "_memory", lambda: 2.0**20)
    with pytest.raises(InputError, match="takes 1\\.49 GiB as an array") as error:
        NetworkClassifier(**QUICK).fit(sparse.csr_array((1000, 200_000)), np.arange(1000) % 2)
    assert "TruncatedSVD" in error.value.fix


@pytest.mark.torch
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames(library):
    module = pytest.importorskip(library)
    columns = {"a": X[:, 0], "b": X[:, 1], "c": X[:, 2], "d": X[:, 3]}
    frame = module.DataFrame(columns)
    model = NetworkClassifier(**QUICK).fit(frame, module.Series(NAMES.tolist()))
    same(model, NetworkClassifier(**QUICK).fit(X, NAMES))
    assert model.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    np.testing.assert_array_equal(model.predict(frame), NetworkClassifier(**QUICK).fit(X, NAMES).predict(X))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(module.DataFrame({**columns, "e": X[:, 0]}))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"optimizer": "adagrad"}, "optimizer is 'adagrad'"),
        ({"early_stopping": "loss"}, "early_stopping is 'loss'"),
        ({"activation": "cube"}, "no activation 'cube'"),
        ({"l2": -1.0}, "λ is -1"),
        ({"epochs": 0}, "epochs is 0"),
        ({"batch_size": "all"}, "batch_size|invalid literal"),
        ({"dtype": "int32"}, "dtype is int32"),
        ({"dropout": [0.5, 0.5]}, "2 values of keep_prob for 1 layers"),
        ({"engine": "gpu"}, "no engine 'gpu'"),
        ({"init": "zeros"}, "no scheme 'zeros'"),
        ({"penalty_per": "row", "l2": 1.0}, "per is 'row'"),
    ],
)
def test_what_cannot_be_used_is_said(wrong, told):
    with pytest.raises((InputError, ValueError), match=told):
        NetworkClassifier(**{**QUICK, **wrong}).fit(X, LABELS)


def test_one_class():
    with pytest.raises(ValueError, match="y has one class"):
        NetworkClassifier().fit(X[:20], NAMES[:20])


# --- beside the rest of scikit-learn ------------------------------------------------------------------------


def test_float32():
    model = NetworkClassifier(**QUICK, dtype="float32").fit(X, NAMES)
    assert model.coefs_[0].dtype == model.predict_proba(X).dtype == np.float32


def test_random_states():
    one, other = (NetworkClassifier(**{**QUICK, "random_state": None}).fit(X, NAMES) for _ in range(2))
    assert (one.coefs_[0] != other.coefs_[0]).any()
    state = np.random.RandomState(3)
    seed = np.random.RandomState(3).randint(np.iinfo(np.int32).max)
    model = NetworkClassifier(**{**QUICK, "random_state": state}).fit(X, NAMES)
    same(model, NetworkClassifier(**{**QUICK, "random_state": int(seed)}).fit(X, NAMES))


def test_pipelines_searches_and_pickles():
    search = GridSearchCV(
        make_pipeline(StandardScaler(), NetworkClassifier(**QUICK, optimizer=Adam(0.05))),
        {"networkclassifier__l2": [0.1, 1e4]}, cv=3,
    ).fit(X, NAMES)  # fmt: skip
    assert search.best_params_ == {"networkclassifier__l2": 0.1}
    model = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(model.predict_proba(X), search.predict_proba(X))


def test_equations_and_their_check():
    model = NetworkRegressor(**QUICK, l2=0.7).fit(X, TARGETS)
    assert "λ/m W₁" in model.explain()
    assert model.check().verdict == "correct"
