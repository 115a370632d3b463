import numpy as np
import pytest

from gradproof.errors import InputError
from gradproof.train.fitting import initial_parameters
from gradproof.train.fitting.initial import given_parameters
from gradproof.train.network import dense

WIDE = dense([400, 300, 200, 5], activation=["relu", "tanh"])


@pytest.mark.parametrize(
    ("init", "variances"),
    [
        ("he", (2 / 400, 2 / 300, 2 / 200)),
        ("xavier", (1 / 400, 1 / 300, 1 / 200)),
        ("auto", (2 / 400, 1 / 300, 1 / 200)),  # relu, tanh, softmax
        ("glorot_uniform", (2 / 700, 2 / 500, 2 / 205)),
    ],
)
def test_weights_have_the_variance_of_their_scheme(init, variances):
    drawn = initial_parameters(WIDE, np.random.default_rng(0), init)
    for k, variance in enumerate(variances, start=1):
        W, b = drawn[f"W{k}"], drawn[f"b{k}"]
        assert W.var() == pytest.approx(variance, rel=0.1)
        assert abs(W.mean()) < 5 * np.sqrt(variance / W.size)
        assert b.any() == (init == "glorot_uniform")
        assert W.flags.c_contiguous


def test_both_precisions_begin_alike():
    wide = initial_parameters(WIDE, np.random.default_rng(0))
    narrow = initial_parameters(WIDE, np.random.default_rng(0), dtype="float32")
    for name, array in narrow.items():
        assert array.dtype == np.float32
        assert np.array_equal(array, wide[name].astype(np.float32))


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic"])
def test_glorot_uniform_is_scikit_learns(activation):
    MLPClassifier = pytest.importorskip("sklearn.neural_network").MLPClassifier
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 4)), np.arange(20) % 3
    begun = MLPClassifier((6, 5), activation=activation, max_iter=1, learning_rate_init=1e-30, random_state=7)
    with pytest.warns(match="converged"):
        begun.fit(X, y)
    own = dense([4, 6, 5, 3], activation={"logistic": "sigmoid"}.get(activation, activation))
    drawn = initial_parameters(own, np.random.RandomState(7), "glorot_uniform")
    for k in range(3):
        np.testing.assert_allclose(drawn[f"W{k + 1}"].T, begun.coefs_[k], rtol=0, atol=1e-15)
        np.testing.assert_allclose(drawn[f"b{k + 1}"].ravel(), begun.intercepts_[k], rtol=0, atol=1e-15)


def test_an_unknown_scheme_is_refused():
    with pytest.raises(InputError, match="there is no scheme 'lecun'"):
        initial_parameters(WIDE, np.random.default_rng(0), "lecun")


SMALL = dense([2, 1], loss="squared_error")


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ({"W1": [[1, 2]]}, "start has no b1"),
        ({"W1": [[1, 2]], "b1": [[0]], "W2": [[1]]}, "start has W2"),
        ({"W1": [[1], [2]], "b1": [[0]]}, r"W1 has shape \(2, 1\)"),
        ({"W1": [[1, np.nan]], "b1": [[0]]}, "not finite"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(start, message):
    with pytest.raises(InputError, match=message):
        given_parameters(SMALL, start, np.float64)


def test_given_parameters_are_copied():
    W = np.array([[1.0, 2.0]])
    own = given_parameters(SMALL, {"W1": W, "b1": np.zeros((1, 1))}, np.float64)
    own["W1"][...] = 0
    assert W.tolist() == [[1.0, 2.0]]
