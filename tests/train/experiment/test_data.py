"""The points of the experiment: two classes in the plane, with noise, the same for a seed."""

import numpy as np
import pytest

from gradproof.errors import InputError
from gradproof.train.experiment.data import DATA, data_set


@pytest.mark.parametrize("name", DATA)
def test_points_are_drawn_by_the_seed(name):
    X, Y = DATA[name].draw(np.random.default_rng(3), 101)
    again = DATA[name].draw(np.random.default_rng(3), 101)
    other = DATA[name].draw(np.random.default_rng(4), 101)
    assert X.shape == (2, 101)
    assert Y.shape == (1, 101)
    assert set(np.unique(Y)) == {0.0, 1.0}
    assert np.array_equal(X, again[0])
    assert np.array_equal(Y, again[1])
    assert not np.array_equal(X, other[0])


@pytest.mark.parametrize("name", DATA)
def test_no_class_is_rare(name):
    _, Y = DATA[name].draw(np.random.default_rng(0), 2000)
    assert 0.3 < Y.mean() < 0.7


@pytest.mark.parametrize("name", DATA)
def test_the_labels_are_noisy_but_not_random(name):
    """The nearest of many other points has the same label mostly, and not always."""
    X, Y = DATA[name].draw(np.random.default_rng(0), 500)
    other, labels = DATA[name].draw(np.random.default_rng(1), 2000)
    nearest = ((X[:, :, None] - other[:, None]) ** 2).sum(axis=0).argmin(axis=1)
    assert 0.7 < (labels[0, nearest] == Y[0]).mean() < 0.95


def test_a_name_that_is_none():
    with pytest.raises(InputError, match="'star'") as caught:
        data_set("star")
    assert "moons" in caught.value.fix
