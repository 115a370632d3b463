import numpy as np
import pytest

from gradproof.errors import InputError
from gradproof.train.path.choice import best, checked_rule, within_one_error

LAMBDAS = np.array([0.1, 1.0, 10.0, 100.0])


def test_the_best_mean():
    quality = np.array([[1, 3, 2, 0], [1, 2, 3, 0], [1, 3.0, 2, 0]])
    assert best(LAMBDAS, quality) == 1


def test_of_equals_the_largest():
    assert best(LAMBDAS, np.array([[2.0, 3, 3, 1]] * 2)) == 2
    assert best(LAMBDAS[::-1], np.array([[2.0, 3, 3, 1]] * 2)) == 1


def test_the_largest_within_one_standard_error():
    mean, spread = np.array([3.0, 4.0, 3.75, 3.6]), np.array([-0.5, 0.5, 0, 0])
    quality = mean + np.outer([1, -1, 0, 0], spread)  # the error of the best is √(0.5/3)/2 = 0.204
    errors = quality[:, 1].std(ddof=1) / 2
    assert mean[1] - errors == pytest.approx(3.796, abs=1e-3)
    assert within_one_error(LAMBDAS, quality) == 1
    quality[:, 2] += 0.05
    assert within_one_error(LAMBDAS, quality) == 2
    quality[:, 3] += 0.2
    assert within_one_error(LAMBDAS, quality) == 3


def test_one_without_a_number_is_not_chosen():
    quality = np.array([[1, 2, np.nan, 9], [1, 2, 9, -np.inf]])
    assert best(LAMBDAS, quality) == 1
    assert within_one_error(LAMBDAS, quality) == 1
    with pytest.raises(InputError, match="no λ has a finite validation cost"):
        best(LAMBDAS, np.full((2, 4), np.nan))


def test_rules():
    assert checked_rule("1se") == "1se"
    with pytest.raises(InputError, match="choose is 'max'"):
        checked_rule("max")
