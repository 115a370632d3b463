import numpy as np
import pytest
from tests.train.path.problems import classes, numbers

from gradproof.errors import InputError
from gradproof.train.network import dense
from gradproof.train.path.folds import split


@pytest.mark.parametrize("folds", [2, 5, 7])
def test_every_example_is_held_out_once(folds):
    for network, (_, Y) in ((dense([4, 3]), classes()), (dense([5, 2], loss="squared_error"), numbers())):
        parts = split(network, Y, folds, 1)
        assert len(parts) == folds
        assert sorted(np.concatenate([held for _, held in parts])) == list(range(Y.shape[1]))
        for training, held in parts:
            assert sorted([*training, *held]) == list(range(Y.shape[1]))
            assert abs(len(held) - Y.shape[1] / folds) < 1


def test_classes_are_spread_evenly():
    _, Y = classes(n=100)
    for _, held in split(dense([4, 3]), Y, 5):
        assert np.abs(Y[:, held].sum(1) - Y.sum(1) / 5).max() < 1.01


def test_the_seed_decides():
    network, (_, Y) = dense([5, 2], loss="squared_error"), numbers()
    first, again, other = (split(network, Y, 3, seed)[0][1].tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_pairs_are_used_as_they_are():
    ((training, held),) = split(dense([4, 3]), classes()[1], [([0, 2], [1])])
    assert training.tolist() == [0, 2]
    assert held.tolist() == [1]


@pytest.mark.parametrize("folds", [1, 91])
def test_as_many_folds_as_there_can_be(folds):
    with pytest.raises(InputError, match=f"{folds} folds of 90 examples"):
        split(dense([4, 3]), classes()[1], folds)
