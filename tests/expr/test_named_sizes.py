"""Blocks, slices and singular values of axes whose sizes have names."""

import numpy as np
import pytest

from gradproof.errors import ShapeError
from gradproof.expr.indexing import concatenate, index, subscript
from gradproof.expr.node import symbol
from gradproof.expr.shorthand import block, hstack, stack, vstack
from gradproof.expr.singular import singular_values
from gradproof.expr.sizes import bound, least, minus, names_in, plus, times

ALL = ("slice", None, None, None)


def test_sizes_have_differences_and_minima():
    assert minus("n", 1) == "n + -1"
    assert plus(minus("n", 1), 1) == "n"
    assert minus(plus("m", "n"), "m") == "n"
    assert least("n", "m") == least("m", "n") == "min(m, n)"
    assert least("n", "n") == "n"
    assert least(3, 4) == 3
    assert bound(least("m", times("n", "p")), {"m": 5, "n": 2, "p": 2}) == 4
    assert bound(plus(least("m", "n"), minus("n", 1)), {"m": 5, "n": 2}) == 3
    assert names_in(plus(least("m", times("n", "p")), "q")) == {"m", "n", "p", "q"}


def test_blocks_add_their_sizes():
    a, b = symbol("A", ("m", "n")), symbol("B", ("m", "p"))
    c, d = symbol("C", (2, "n")), symbol("D", (2, "p"))
    assert concatenate([a, b], 1).shape == ("m", "n + p")
    assert block([[a, b], [c, d]]).shape == ("2 + m", "n + p") or block([[a, b], [c, d]]).shape == (
        "m + 2",
        "n + p",
    )
    assert hstack([symbol("x", ("n",)), symbol("y", (3,))]).shape == (plus("n", 3),)
    assert vstack([symbol("x", ("n",)), symbol("y", ("n",))]).shape == (2, "n")
    assert stack([a, a], -1).shape == ("m", "n", 2)


@pytest.mark.parametrize(
    ("template", "shape"),
    [
        ((("int", 0),), ("n",)),
        ((ALL, ("int", -1)), ("m",)),
        ((ALL, ("new",), ALL), ("m", 1, "n")),
        ((("slice", 1, None, None),), ("m + -1", "n")),
        ((("slice", None, -2, None),), ("m + -2", "n")),
        ((("slice", 1, -1, None), ("slice", None, "k", None)), ("m + -2", "k")),
        ((("slice", None, None, -1),), ("m", "n")),
    ],
)
def test_slices_of_named_axes(template, shape):
    assert index(symbol("X", ("m", "n")), template).shape == shape


def test_what_has_no_size_is_refused():
    with pytest.raises(ShapeError, match="step 2"):
        index(symbol("X", ("m", "n")), (("slice", None, None, 2),))
    with pytest.raises(ShapeError, match="too many"):
        index(symbol("X", ("m",)), (ALL, ALL))
    with pytest.raises(ShapeError, match="too many"):
        subscript(symbol("X", ("m",)), (ALL, ALL))
    with pytest.raises(ShapeError, match="place 3"):
        index(symbol("X", ("m", 3)), (ALL, ("int", 3)))


def test_new_axes_alone_are_a_product():
    x = symbol("x", ("n",))
    assert subscript(x, (ALL, ("new",))).op.name == "product"
    assert subscript(x, (ALL,)) is x
    assert subscript(x, (("int", 0),)).op.name == "index"


def test_as_many_singular_values_as_the_shorter_side_is_long():
    assert singular_values(symbol("X", ("m", "n"))).shape == ("min(m, n)",)
    assert singular_values(symbol("X", (5, 2))).shape == (2,)


def test_numbers_compare_as_numpy_does():
    x = np.arange(12.0).reshape(3, 4)
    assert index(symbol("X", (3, 4)), (("slice", 1, None, 2),)).shape == x[1::2].shape
