"""Numbers given by name: arrays, sizes that no array shows, and what is refused."""

import numpy as np
import pytest

from gradproof import InputError, derive

SQUARE = {"A": ("n", "n")}


def test_a_size_is_given_by_name():
    found = derive("sum_{i=1}^n c", wrt="c", shapes={"c": ()})
    assert found.evaluate({"c": 2.0, "n": 5}) == 5
    with pytest.raises(InputError, match="shows the size n") as caught:
        found.evaluate({"c": 2.0})
    assert "{'n': 5}" in caught.value.fix
    for wrong in (5.5, -1, [1, 2], "five", 2j):
        with pytest.raises(InputError, match="n is"):
            found.evaluate({"c": 2.0, "n": wrong})


def test_an_array_shows_its_sizes():
    found = derive("tr(A)", wrt="A", shapes=SQUARE)
    np.testing.assert_array_equal(found.evaluate({"A": np.ones((3, 3))}), np.eye(3))
    np.testing.assert_array_equal(found.evaluate({"n": 3}), np.eye(3))
    with pytest.raises(InputError, match="size n") as caught:
        found.evaluate({})
    assert "array of A" in caught.value.fix
    with pytest.raises(InputError, match="n was given as 3"):
        found.evaluate({"n": 3, "A": np.eye(4)})


@pytest.mark.parametrize(
    "given", ["hello", [["a", "b"], ["c", "d"]], [[1, 2], [3]], None, [[None, 1], [1, 1]], 10**400, {}]
)
def test_what_is_no_array_of_numbers_is_refused(given):
    found = derive("tr(A A)", wrt="A", shapes=SQUARE)
    with pytest.raises(InputError, match="A is no array"):
        found.evaluate({"A": given})


def test_values_are_given_by_name():
    with pytest.raises(InputError, match="by name"):
        derive("tr(A)", wrt="A", shapes=SQUARE).evaluate([np.eye(2)])


def test_a_result_without_entries_is_not_compared():
    with pytest.raises(InputError, match="no entries"):
        derive("x'x", wrt="x", shapes={"x": (0,)}).verify()


@pytest.mark.parametrize("formula", ["1e400*x", "1" * 400 + "*x", "1e-400*x", "x**2*1e200*1e200"])
def test_numbers_beyond_floats_are_refused(formula):
    with pytest.raises(InputError, match="than every floating-point number"):
        derive(formula, wrt="x", shapes={"x": ()})


def test_large_whole_numbers_are_short():
    assert derive("1.7e308*x", wrt="x", shapes={"x": ()}).to_text() == "∂f/∂x = 1.7e308"
