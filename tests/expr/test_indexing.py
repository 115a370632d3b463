"""Indexing and stores against NumPy, on random templates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.expr.derivatives import first_order_faults

from gradproof.calculus.differentiate import pullback
from gradproof.errors import ShapeError
from gradproof.expr.broadcast import plus
from gradproof.expr.evaluate import evaluate
from gradproof.expr.indexing import accumulate, concatenate, index, reshape, store
from gradproof.expr.node import constant, number, symbol
from gradproof.expr.product import zeros
from gradproof.expr.templates import numpy_index


@st.composite
def templates(draw, shape):
    """A template for an array of the shape, and its index arrays."""
    items, arrays = [], []
    together = draw(st.sampled_from([(2,), (3,), (2, 2)]))
    for size in shape[: draw(st.integers(0, len(shape)))]:
        kind = draw(st.sampled_from(["slice", "int", "array", "new+slice"]))
        if kind == "new+slice":
            items.append(("new",))
        if kind == "int":
            items.append(("int", draw(st.integers(-size, size - 1))))
        elif kind == "array":
            entries = st.integers(-size, size - 1)
            count = int(np.prod(together))
            values = draw(st.lists(entries, min_size=count, max_size=count))
            items.append(("array", len(arrays)))
            arrays.append(np.array(values).reshape(together))
        else:
            bound = st.none() | st.integers(-size - 1, size + 1)
            step = draw(st.sampled_from([None, 1, 2, -1, -2]))
            items.append(("slice", draw(bound), draw(bound), step))
    return tuple(items), arrays


@st.composite
def cases(draw):
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
    return (shape, *draw(templates(shape)))


def literals(arrays):
    return [constant(a) for a in arrays]


@given(cases())
def test_reading_is_numpys(case):
    shape, template, arrays = case
    x = symbol("x", shape)
    node = index(x, template, *literals(arrays))
    value = np.random.default_rng(0).normal(size=shape)
    expected = value[numpy_index(template, arrays)]
    assert node.shape == expected.shape
    np.testing.assert_array_equal(evaluate([node], {x: value})[0], expected)
    assert first_order_faults(node, np.random.default_rng(0), directions=1) == []


@given(st.data())
def test_storing_is_numpys(data):
    """Several stores, which may overlap one another and name a place twice; literal places or not."""
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = symbol("x", shape)
    values, expected, parts = {x: rng.normal(size=shape)}, None, []
    expected = values[x].copy()
    for k in range(data.draw(st.integers(1, 3))):
        template, arrays = data.draw(templates(shape))
        place = expected[numpy_index(template, arrays)]
        v = symbol(f"v{k}", place.shape if data.draw(st.booleans()) else ())
        values[v] = rng.normal(size=v.shape)
        expected[numpy_index(template, arrays)] = values[v]
        parts.append((template, v, literals(arrays)))
    node = store(x, parts)
    np.testing.assert_array_equal(evaluate([node], values)[0], expected)
    assert first_order_faults(node, rng, directions=1) == []


@given(st.data())
def test_adding_is_numpys(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
    rng = np.random.default_rng(0)
    x = symbol("x", shape)
    template, arrays = data.draw(templates(shape))
    v = symbol("v", np.zeros(shape)[numpy_index(template, arrays)].shape)
    values = {x: rng.normal(size=shape), v: rng.normal(size=v.shape)}
    expected = values[x].copy()
    np.add.at(expected, numpy_index(template, arrays), values[v])
    node = accumulate(x, [(template, v, literals(arrays))])
    np.testing.assert_allclose(evaluate([node], values)[0], expected)
    assert first_order_faults(node, rng, directions=1) == []


def test_the_last_of_two_stores_in_one_place_gets_the_cotangent():
    """a[[0, 0]] = v leaves v₁ in place 0, also where the places are only known as values."""
    for places in (constant(np.array([0, 0])), symbol("places", (2,))):
        v, g = symbol("v", (2,)), symbol("g", (3,))
        node = store(zeros((3,)), [((("array", 0),), v, [places])])
        values = {g: np.array([5.0, 6.0, 7.0]), v: np.ones(2), symbol("places", (2,)): np.array([0, 0])}
        assert evaluate([pullback(node, g, [v])[v]], values)[0].tolist() == [0, 5]


def test_rows_and_labels_never_name_a_place_twice():
    """p[np.arange(n), y]: no masking of what cannot repeat, however the labels y may be."""
    rows, labels, v = constant(np.arange(3)), symbol("y", (3,)), symbol("v", (3,))
    node = store(symbol("p", (3, 4)), [((("array", 0), ("array", 1)), v, [rows, labels])])
    assert pullback(node, symbol("g", (3, 4)), [v])[v].op.name == "index"


def test_arithmetic_on_places_keeps_them_places():
    x, y = symbol("x", (4,)), symbol("y", (2,))
    node = index(x, (("array", 0),), plus(y, number(-1)))
    assert evaluate([node], {x: np.arange(4.0), y: np.array([1, 4])})[0].tolist() == [0, 3]


def test_reshapes_join_and_undo():
    x = symbol("x", (2, 6))
    assert reshape(reshape(x, (3, 4)), (2, -1)) is x
    with pytest.raises(ShapeError, match="12 entries against 15"):
        reshape(x, (3, 5))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4), st.integers(0, 1))
def test_joining_is_numpys(widths, axis):
    shapes = [(2, n) if axis else (n, 2) for n in widths]
    blocks = [symbol(f"b{k}", s) for k, s in enumerate(shapes)]
    values = {b: np.random.default_rng(0).normal(size=b.shape) for b in blocks}
    node = concatenate(blocks, axis)
    np.testing.assert_array_equal(evaluate([node], values)[0], np.concatenate([*values.values()], axis))
    assert first_order_faults(node, np.random.default_rng(0), directions=1) == []
