"""Rows are parted by their shares, each class alike, and the same for a seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.errors import InputError
from gradproof.train.job.split import parts


@given(st.integers(20, 300), st.floats(0.1, 0.4), st.floats(0, 0.4), st.integers(0, 5))
def test_every_row_is_in_one_part(count, test, validation, seed):
    found = parts(count, test, 0.0 if validation < 0.1 else validation, seed=seed)
    together = np.concatenate(list(found.values()))
    assert sorted(together.tolist()) == list(range(count))
    assert abs(len(found["test"]) - test * count) <= 1
    assert all((np.diff(rows) > 0).all() for rows in found.values())


def test_classes_have_their_shares_in_every_part():
    labels = np.array(["a"] * 80 + ["b"] * 20)
    found = parts(100, 0.2, 0.25, labels=labels)
    shares = {part: (labels[rows] == "b").mean() for part, rows in found.items()}
    assert shares == {"training": 0.2, "validation": 0.2, "test": 0.2}


def test_a_class_of_one_row_is_trained_on():
    labels = np.array(["a"] * 30 + ["b"])
    for seed in range(5):
        assert 30 in parts(31, 0.5, 0.0, labels=labels, seed=seed)["training"]


def test_the_seed_decides():
    first, again, other = (parts(50, 0.2, 0.1, seed=seed)["test"].tolist() for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize(
    ("count", "test", "message"), [(3, 0.1, "none for test"), (3, 0.7, "left for training")]
)
def test_parts_that_would_be_empty(count, test, message):
    with pytest.raises(InputError, match=message):
        parts(count, test, 0.0)


@pytest.mark.parametrize("each", [1, 2, 3])
def test_many_small_classes_leave_the_test_its_share(each):
    found = parts(60, 0.2, 0.25, labels=np.repeat(np.arange(60 // each), each))
    assert [len(rows) for rows in found.values()] == [36, 12, 12]
    labels = np.array([0] * 30 + [1] * 30 + list(range(2, 12)))
    assert not set(range(60, 70)) & set(parts(70, 0.2, 0.0, labels=labels)["test"].tolist())
