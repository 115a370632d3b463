import numpy as np
import pytest

from gradproof.errors import InputError, ShapeError
from gradproof.train.fitting.inputs import checked_data, checked_dtype, checked_inputs
from gradproof.train.network import dense

CLASSES = dense([2, 3])
BINARY = dense([2, 1], loss="binary_cross_entropy")
NUMBERS = dense([2, 2], loss="squared_error")
X = np.arange(8.0).reshape(2, 4)
Y = np.eye(3)[:, [0, 1, 2, 1]]


def test_data_as_engines_want_it():
    data = checked_data(CLASSES, X.tolist(), Y.astype(int), [1, 2, 0, 1], "float32")
    assert data.X.dtype == data.Y.dtype == data.weights.dtype == np.float32
    assert data.X.flags.f_contiguous and data.Y.flags.f_contiguous
    assert data.weights.shape == (1, 4)
    assert checked_data(BINARY, X, [0, 1, 1, 0]).Y.tolist() == [[0.0, 1.0, 1.0, 0.0]]


@pytest.mark.parametrize(
    ("network", "X", "Y", "message", "fix"),
    [
        (CLASSES, X.T, Y, r"X has shape \(4, 2\), and the network 2 inputs", "give X.T"),
        (CLASSES, X[:1], Y, r"X has shape \(1, 4\)", r"an array of shape \(2, m\)"),
        (CLASSES, X, Y.T, r"Y has shape \(4, 3\), and the network 3 outputs", "give Y.T"),
        (CLASSES, X, [0, 1, 2, 1], r"Y has shape \(4,\)", r"np.eye\(3\)\[:, labels\]"),
        (CLASSES, X, Y[:, :3], "X has 4 columns and Y 3", "one column for each example"),
        (CLASSES, X[:, :0], Y[:, :0], "there are no examples", "at least one column"),
        (CLASSES, X, Y * 0.5, "column 0 of Y adds up to 0.5", "one-hot labels or probabilities"),
        (CLASSES, X, Y * 3 - 1, "Y has entries from -1 to 2", "from 0 to 1"),
        (BINARY, X, [-1, 1, 1, -1], "Y has entries from -1 to 1", "squared_error takes all numbers"),
        (CLASSES, np.where(X == 3, np.nan, X), Y, "X has NaN", "fill the gaps in"),
        (NUMBERS, X, np.where(X == 3, np.inf, X), "Y has infinite entries", "remove those"),
        (NUMBERS, [["a", "b"], ["c", "d"]], X, "X is no array of numbers", "give numbers"),
    ],
)
def test_data_that_does_not_fit_is_refused_with_what_to_do(network, X, Y, message, fix):
    with pytest.raises(InputError, match=message) as caught:
        checked_data(network, X, Y, what="the validation data")
    assert caught.match(f"fix: .*{fix}")
    assert "at: the validation data" in str(caught.value)


def test_large_numbers_are_no_infinity():
    checked_data(NUMBERS, np.full((2, 4), 1e308), np.full((2, 4), -1e308))


@pytest.mark.parametrize(
    ("weights", "message"),
    [([1, 2, 3], "3 weights for 4"), ([1, -1, 1, 1], "a weight is -1"), ([0] * 4, "every weight is 0")],
)
def test_weights_that_cannot_be_used(weights, message):
    with pytest.raises(InputError, match=message):
        checked_data(CLASSES, X, Y, weights)


def test_inputs_of_a_prediction():
    assert checked_inputs(CLASSES, X).shape == (2, 4)
    with pytest.raises(ShapeError, match=r"give X\.T"):
        checked_inputs(CLASSES, X.T)


def test_precision():
    assert checked_dtype("float32") == np.float32
    with pytest.raises(InputError, match="dtype is float16"):
        checked_dtype(np.float16)
