"""Numeric care: branches not taken, special exponents, extreme arguments, singular matrices."""

from fractions import Fraction

import numpy as np
import pytest

from gradproof.calculus.differentiate import gradient
from gradproof.expr.broadcast import multiply, sum_over
from gradproof.expr.elementwise import apply, log, power, reciprocal, relu, sigmoid, sqrt, square
from gradproof.expr.evaluate import evaluate, extend
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import number, symbol
from gradproof.expr.product import filled
from gradproof.expr.reduction import reduce, softmax

X = symbol("x", (3,))


def where_positive(branch):
    return sum_over(apply("where", apply("greater", X, number(0)), branch, filled(number(0), (3,))))


@pytest.mark.parametrize(
    ("branch", "slope"),
    [(sqrt(X), 0.25), (log(X), 0.25), (reciprocal(X), -1 / 16)],
    ids=["sqrt", "log", "1/x"],
)
def test_the_branch_not_taken_does_not_matter(branch, slope):
    (g,) = gradient(where_positive(branch), [X])
    table = {X: np.array([-1.0, 0.0, 4.0])}
    extend(table, [g], zero_wins=True)
    assert table[g].tolist() == [0, 0, slope]


def test_a_norm_at_zero_has_the_slope_zero_where_zero_wins():
    (g,) = gradient(sqrt(sum_over(square(X))), [X])
    table = {X: np.zeros(3)}
    extend(table, [g], zero_wins=True)
    assert table[g].tolist() == [0, 0, 0]


def test_without_it_arithmetic_is_numpys():
    (g,) = gradient(where_positive(sqrt(X)), [X])
    assert np.isnan(evaluate([g], {X: np.array([-1.0, 0.0, 4.0])})[0][:2]).all()


def test_the_slope_of_relu_at_its_kink_is_zero():
    (g,) = gradient(sum_over(relu(X)), [X])
    assert evaluate([g], {X: np.array([-1.0, 0.0, 2.0])})[0].tolist() == [0, 0, 1]


@pytest.mark.parametrize("p", [-3, -2, -1, Fraction(-1, 2), Fraction(1, 2), Fraction(1, 3), 2, 3, 2.5])
@pytest.mark.parametrize("kind", [np.float64, np.longdouble, np.complex128])
def test_powers_are_numpys(p, kind):
    x = np.array([0.25, 1.5, 3.0]).astype(kind)
    (value,) = evaluate([power(X, p)], {X: x}, kind)
    assert value.dtype == kind
    np.testing.assert_allclose(value, x ** kind(float(p)), rtol=1e-15)


def test_powers_of_integers_zeros_and_negatives():
    x = np.array([-2, 0, 3])
    np.testing.assert_allclose(evaluate([power(X, 2)], {X: x})[0], [4, 0, 9])
    np.testing.assert_allclose(evaluate([power(X, -1)], {X: x})[0], [-0.5, np.inf, 1 / 3])
    np.testing.assert_allclose(evaluate([power(X, 4)], {X: x})[0], [16, 0, 81])
    assert power(X, 0).shape == (3,)
    assert power(power(X, 2), Fraction(1, 2)) is not X  # √x² = |x|
    (g,) = gradient(sum_over(power(X, 2)), [X])
    assert evaluate([g], {X: x})[0].tolist() == [-4, 0, 6]


def test_an_exponent_may_be_an_array_or_a_scalar_value():
    p, q = symbol("p", (3,)), symbol("q")
    x = np.array([2.0, 3.0, 4.0])
    exponents = np.array([1.0, 2.0, -1.0])
    np.testing.assert_allclose(evaluate([power(X, p)], {X: x, p: exponents})[0], x**exponents)
    for two in (2, 2.0, np.array(2.0), np.float64(2)):
        np.testing.assert_allclose(evaluate([power(X, q)], {X: x, q: two})[0], x**2)


def test_extreme_arguments():
    x = np.array([-1000.0, 0.0, 1000.0])
    assert evaluate([sigmoid(X)], {X: x})[0].tolist() == [0, 0.5, 1]
    assert evaluate([apply("softplus", X)], {X: x})[0].tolist() == [0, np.log(2), 1000]
    assert evaluate([softmax(X)], {X: x})[0].tolist() == [0, 0, 1]
    assert evaluate([reduce("logsumexp", X)], {X: x})[0] == 1000
    assert evaluate([reduce("logsumexp", X)], {X: np.full(3, -np.inf)})[0] == -np.inf
    assert evaluate([reduce("logsumexp", X)], {X: np.array([np.inf, 0, 0])})[0] == np.inf
    tiny = evaluate([sigmoid(X)], {X: np.array([-700.0, -40.0, -1.0])})[0]
    np.testing.assert_allclose(
        tiny, np.exp([-700.0, -40.0, -1.0]) / (1 + np.exp([-700.0, -40.0, -1.0])), rtol=1e-14
    )


def test_products_of_zeros_are_differentiated_exactly():
    (g,) = gradient(reduce("prod", X), [X])
    assert evaluate([g], {X: np.array([0.0, 2.0, 3.0])})[0].tolist() == [6, 0, 0]
    assert evaluate([g], {X: np.array([0.0, 0.0, 3.0])})[0].tolist() == [0, 0, 0]


def test_the_derivative_of_logdet_does_not_see_the_sign():
    a = symbol("A", (2, 2))
    x = np.array([[0.0, 2.0], [3.0, 1.0]])  # det = −6
    value, sign, slope = evaluate(
        [linalg("logdet", a), linalg("signdet", a), *gradient(linalg("logdet", a), [a])], {a: x}
    )
    assert sign == -1
    np.testing.assert_allclose(value, np.log(6))
    np.testing.assert_allclose(slope, np.linalg.inv(x).T)


def test_singular_and_indefinite_matrices_give_nan():
    a = symbol("A", (2, 2))
    for name in ("inv", "cholesky"):
        assert np.isnan(evaluate([linalg(name, a)], {a: np.zeros((2, 2)) - (name == "cholesky")})[0]).all()
    assert inv(inv(a)) is a


def test_floor_division_of_integers_is_a_place():
    value = evaluate([apply("floor_divide", X, number(2))], {X: np.array([1, 4, -3])})[0]
    assert value.tolist() == [0, 2, -2]


def test_a_mask_multiplies_and_counts():
    mask = apply("greater", X, number(0))
    values = {X: np.array([-1.0, 2.0, 3.0])}
    masked, count, both = evaluate([multiply(X, mask), sum_over(mask), multiply(mask, mask)], values)
    assert masked.tolist() == [0, 2, 3]
    assert count == 2
    assert both.tolist() == [0, 1, 1]


def test_a_long_chain_needs_no_recursion():
    node = X
    for _ in range(5_000):
        node = apply("tanh", node)
    assert np.shape(evaluate([node], {X: np.ones(3)})[0]) == (3,)
    assert gradient(sum_over(node), [X])[0].shape == (3,)
