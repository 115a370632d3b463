"""The product node: any Einstein sum, and NumPy's arithmetic spelled with it."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.expr.derivatives import first_order_faults, second_order_faults

from gradproof.expr import broadcast
from gradproof.expr.broadcast import dot, matmul, multiply, scale, sum_over, trace, transpose, unbroadcast
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import DELTA, delta, number, symbol
from gradproof.expr.product import PRODUCT, add, einsum, filled, is_zero, ones, specs_of, zeros

LETTERS = "abcdefgh"


@st.composite
def sums(draw):
    """A random Einstein sum of symbols, deltas and numbers, as specs, arguments and result."""
    n = draw(st.integers(1, 4))
    sizes = draw(st.lists(st.integers(1, 3), min_size=n, max_size=n))
    specs, args = [], []
    for k in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["symbol", "symbol", "symbol", "number", "delta"]))
        if kind == "number":
            specs.append(())
            args.append(number(draw(st.sampled_from([0, 1, 2, -1, Fraction(1, 3)]))))
        elif kind == "delta":
            i = draw(st.integers(0, n - 1))
            j = draw(st.sampled_from([j for j in range(n) if sizes[j] == sizes[i]]))
            specs.append((i, j))
            args.append(delta(sizes[i]))
        else:
            spec = tuple(draw(st.lists(st.integers(0, n - 1), max_size=3)))
            specs.append(spec)
            args.append(symbol(f"A{k}", tuple(sizes[i] for i in spec)))
    present = sorted({i for s in specs for i in s})
    out = tuple(draw(st.permutations(present)))[: draw(st.integers(0, len(present)))]
    return specs, args, out


def values_of(args, seed=0):
    rng = np.random.default_rng(seed)
    return {a: rng.normal(size=a.shape) for a in args if a.op.name == "symbol"}


@given(sums())
def test_any_einstein_sum_has_the_value_of_np_einsum(case):
    specs, args, out = case
    node, values = einsum(specs, args, out), values_of(args)
    formula = (
        ",".join("".join(LETTERS[i] for i in s) for s in specs) + "->" + "".join(LETTERS[i] for i in out)
    )
    expected = np.einsum(formula, *[np.asarray(v) for v in evaluate(args, values)])
    assert node.shape == expected.shape
    np.testing.assert_allclose(evaluate([node], values)[0], expected, rtol=1e-10, atol=1e-12)


@given(sums())
def test_any_einstein_sum_is_differentiated_rightly(case):
    specs, args, out = case
    node = einsum(specs, args, out)
    rng = np.random.default_rng(1)
    assert first_order_faults(node, rng, directions=1) == []
    assert second_order_faults(node, rng) == []


def test_equal_products_are_one_node_whatever_their_indices_are_called():
    a, b = symbol("A", (2, 3)), symbol("B", (3, 4))
    assert einsum([(7, 3), (3, 5)], [a, b], (7, 5)) is matmul(a, b) is dot(a, b)


def test_numbers_gather_in_front_and_a_lone_factor_is_itself():
    a = symbol("A", (2, 3))
    assert multiply(number(2), a, number(Fraction(1, 2))) is a
    assert multiply(a, number(3)) is scale(3, a)
    assert is_zero(scale(0, a))
    assert scale(0, a) is zeros((2, 3))
    assert scale(0, sum_over(a)) is number(0)
    assert transpose(transpose(symbol("s"))) is symbol("s")


def test_deltas_that_are_summed_away_disappear():
    a = symbol("A", (3, 3))
    assert matmul(delta(3), a) is a
    assert einsum([(0, 1), (0, 1)], [a, delta(3)], ()) is trace(a)
    assert trace(delta(3)) is number(3)
    assert matmul(delta(3), delta(3)).op is DELTA


def test_sums_join_and_zeros_vanish():
    a, b, c = (symbol(s, (2,)) for s in "abc")
    assert add(add(a, b), c) is add(a, b, c)
    assert add(a, zeros((2,))) is a
    assert add(number(2), number(Fraction(1, 2))) is number(2.5)


def test_true_and_true_are_two_in_a_sum():
    a, b = symbol("a", (2,)), symbol("b", (2,))
    yes = np.array([True, True])
    assert evaluate([add(a, b)], {a: yes, b: yes})[0].tolist() == [2, 2]
    assert evaluate([add(a, b, a)], {a: yes, b: yes})[0].tolist() == [3, 3]


def test_a_sum_does_not_change_its_terms():
    a, b, c = (symbol(s, (2,)) for s in "abc")
    values = {s: np.ones(2) for s in (a, b, c)}
    assert evaluate([add(a, b, c)], values)[0].tolist() == [3, 3]
    assert all(v.tolist() == [1, 1] for v in values.values())


# --- NumPy's spelling -------------------------------------------------------------------------------

shapes = st.lists(st.integers(1, 3), max_size=3).map(tuple)


@st.composite
def together(draw, count=2):
    """Shapes that broadcast."""
    full = draw(st.lists(st.integers(1, 3), max_size=3).map(tuple))
    result = []
    for _ in range(count):
        own = tuple(n if draw(st.booleans()) else 1 for n in full)
        result.append(own[draw(st.integers(0, len(own))) :])
    return result


BINARY = {
    "plus": (broadcast.plus, np.add),
    "minus": (broadcast.minus, np.subtract),
    "multiply": (broadcast.multiply, np.multiply),
}


@pytest.mark.parametrize(("ours", "theirs"), BINARY.values(), ids=BINARY.keys())
@given(shapes=together(), seed=st.integers(0, 99))
def test_arithmetic_broadcasts_as_numpys(ours, theirs, shapes, seed):
    a, b = symbol("a", shapes[0]), symbol("b", shapes[1])
    values = values_of([a, b], seed)
    expected = theirs(values[a], values[b])
    node = ours(a, b)
    assert node.shape == np.shape(expected)
    np.testing.assert_allclose(evaluate([node], values)[0], expected)
    assert first_order_faults(node, np.random.default_rng(seed), directions=1) == []


@given(shapes=together(3), seed=st.integers(0, 99))
def test_repetition_and_its_adjoint(shapes, seed):
    full = np.broadcast_shapes(*shapes)
    a = symbol("a", shapes[0])
    repeated, values = broadcast.broadcast_to(a, full), values_of([a], seed)
    np.testing.assert_array_equal(evaluate([repeated], values)[0], np.broadcast_to(values[a], full))
    g = symbol("g", full)
    values = values_of([a, g], seed)
    folded, spread = evaluate([unbroadcast(g, a.shape), repeated], values)
    np.testing.assert_allclose(np.sum(folded * values[a]), np.sum(values[g] * spread), atol=1e-12)


@st.composite
def stacks(draw):
    """Shapes of a matrix product, vectors and broadcast stacks included."""
    lead = draw(together())
    n, k, m = (draw(st.integers(1, 3)) for _ in range(3))
    left = (k,) if draw(st.booleans()) and not lead[0] else (*lead[0], n, k)
    right = (k,) if draw(st.booleans()) and not lead[1] else (*lead[1], k, m)
    return left, right


@given(stacks(), st.integers(0, 99))
def test_matmul_and_dot_are_numpys(shapes, seed):
    a, b = symbol("a", shapes[0]), symbol("b", shapes[1])
    values = values_of([a, b], seed)
    np.testing.assert_allclose(evaluate([matmul(a, b)], values)[0], values[a] @ values[b], atol=1e-12)
    np.testing.assert_allclose(evaluate([dot(a, b)], values)[0], np.dot(values[a], values[b]), atol=1e-12)


@given(shapes, st.data())
def test_axes_are_numpys(shape, data):
    a = symbol("a", shape)
    values = values_of([a])
    x = values[a]
    axes = tuple(data.draw(st.permutations(range(len(shape)))))
    some = axes[: data.draw(st.integers(0, len(shape)))]
    keep = data.draw(st.booleans())
    pairs = [
        (transpose(a, axes), x.transpose(axes)),
        (transpose(a), x.T),
        (sum_over(a, some, keep), x.sum(axis=some, keepdims=keep)),
        (sum_over(a), x.sum()),
        (broadcast.expand_dims(a, (0, len(shape) + 1)), x[None, ..., None]),
        (broadcast.squeeze(a), x.squeeze()),
    ]
    for node, expected in pairs:
        assert node.shape == np.shape(expected)
        np.testing.assert_allclose(evaluate([node], values)[0], expected, atol=1e-12)


def test_filled_arrays():
    assert evaluate([ones((2, 3))], {})[0].tolist() == np.ones((2, 3)).tolist()
    assert evaluate([filled(number(Fraction(1, 2)), (2,))], {})[0].tolist() == [0.5, 0.5]
    assert filled(number(1), ()) is number(1)


def test_indices_of_a_node_fit_its_factors():
    node = matmul(symbol("A", (2, 3)), symbol("B", (3, 4)))
    assert node.op is PRODUCT
    assert specs_of(node) == (((0, 1), (1, 2)), (0, 2), (2, 3, 4))
