"""Second derivatives against differences of the gradient, for every operation; their factored form."""

from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from tests.calculus.operation_samples import REAL
from tests.calculus.random_expressions import MATRICES, SCALARS, VALUES
from tests.calculus.test_jacobian import at_sizes, measured, of
from tests.expr.derivatives import at_random

from gradproof.calculus.canonical import same
from gradproof.calculus.differentiate import gradient
from gradproof.calculus.hessian import derivative, hessian, hessian_vector
from gradproof.calculus.step import Step, check_steps
from gradproof.errors import InputError
from gradproof.expr.broadcast import dot, matmul, minus, multiply, negate, plus, scale, sum_over, transpose
from gradproof.expr.elementwise import apply, exp, log, sigmoid, square
from gradproof.expr.evaluate import evaluate
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import delta, number, postorder, symbol, symbols
from gradproof.expr.product import einsum
from gradproof.expr.reduction import reduce, softmax


@pytest.mark.parametrize(("operation", "sample"), REAL)
def test_the_hessian_of_every_operation_agrees_with_differences_of_the_gradient(operation, sample):
    rng = np.random.default_rng(crc32(operation.name.encode()))
    values = at_random(sample, rng, operation.domain)
    weight = symbol("weight", sample.shape)
    values[weight] = rng.normal(size=sample.shape)
    cost = sum_over(multiply(weight, sample))
    for leaf in symbols(sample):
        (first,) = gradient(cost, [leaf])
        found = hessian(cost, leaf)
        simplified, plain = evaluate([found.value, found.plain], values)
        np.testing.assert_allclose(simplified, plain, rtol=1e-7, atol=1e-8)
        np.testing.assert_allclose(plain, measured(first, leaf, values), rtol=1e-5, atol=1e-5)


X, w, y, A, x = of("X", "m", "n"), of("w", "n"), of("y", "m"), of("A", "n", "n"), of("x", "n")
U, V, T, z, c, t = (
    of("U", "m", "p"),
    of("V", "n", "p"),
    of("T", "m", "n"),
    of("z", "q"),
    of("c", "q"),
    of("t"),
)
SIGMA = sigmoid(matmul(X, w))
LOGISTIC = minus(sum_over(log(plus(number(1), exp(matmul(X, w))))), dot(y, matmul(X, w)))
FACTORS = sum_over(square(minus(T, matmul(U, transpose(V)))))
CROSS_ENTROPY = minus(multiply(sum_over(c), reduce("logsumexp", z)), dot(c, z))
CURVE = plus(A, scale(t, of("Y1", "n", "n")))
SOFT = softmax(z)

TEXTBOOK = {
    "quadratic form": (dot(x, matmul(A, x)), x, plus(A, transpose(A))),
    "logistic": (
        LOGISTIC,
        w,
        einsum([(0, 1), (0,), (0,), (0, 2)], [X, SIGMA, minus(number(1), SIGMA), X], (1, 2)),
    ),
    "matrix factorisation": (
        FACTORS,
        U,
        scale(2, einsum([(0, 1), (2, 3), (2, 4)], [delta("m"), V, V], (0, 3, 1, 4))),
    ),
    "softmax with cross-entropy": (
        CROSS_ENTROPY,
        z,
        multiply(
            sum_over(c),
            minus(
                einsum([(0, 1), (0,)], [delta("q"), SOFT], (0, 1)), einsum([(0,), (1,)], [SOFT, SOFT], (0, 1))
            ),
        ),
    ),
    "log determinant": (
        linalg("logdet", A),
        A,
        negate(einsum([(1, 2), (3, 0)], [inv(A), inv(A)], (0, 1, 2, 3))),
    ),
    "determinant along a curve": (
        linalg("logdet", CURVE),
        t,
        negate(einsum([(0, 1), (1, 2), (2, 3), (3, 0)], [inv(CURVE), of("Y1", "n", "n")] * 2, ())),
    ),
}


@pytest.mark.parametrize("name", TEXTBOOK)
def test_a_hessian_has_the_factored_form_of_the_textbooks(name):
    cost, wrt, expected = TEXTBOOK[name]
    found = hessian(cost, wrt)
    roots, values = at_sizes(found.value, expected, found.plain)
    left, right, plain = evaluate(roots, values)
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(plain, right, rtol=1e-7, atol=1e-9)
    assert same(found.value, expected)


@pytest.mark.parametrize("name", TEXTBOOK)
def test_the_product_with_a_direction_is_that_of_the_hessian(name):
    cost, wrt, expected = TEXTBOOK[name]
    v = symbol("v", wrt.shape)
    found = hessian_vector(cost, wrt, v)
    roots, values = at_sizes(found.value, found.plain, expected, v)
    product, plain, whole, direction = evaluate(roots, values)
    contracted = np.tensordot(whole, direction, direction.ndim)
    np.testing.assert_allclose(product, contracted, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(plain, contracted, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", TEXTBOOK)
def test_every_step_holds(name):
    cost, wrt, _ = TEXTBOOK[name]
    found = hessian(cost, wrt)
    steps = [*found.steps, *found.rewrites]
    bound, values = at_sizes(*[side for s in steps for side in (s.before, s.after)])
    again = [Step(s.rule, bound[2 * k], bound[2 * k + 1]) for k, s in enumerate(steps)]
    assert all(check.holds for check in check_steps(again, values))


def test_mixed_derivatives_are_transposes_of_each_other():
    one, other = hessian(FACTORS, U, V), hessian(FACTORS, V, U)
    assert one.value.shape == ("m", "p", "n", "p")
    roots, values = at_sizes(one.value, other.value)
    left, right = evaluate(roots, values)
    np.testing.assert_allclose(left, right.transpose(2, 3, 0, 1), rtol=1e-12)


def test_the_third_derivative_of_a_cube():
    found = derivative(sum_over(apply("power", x, number(3))), x, 3)
    expected = scale(6, einsum([(0, 1), (0, 2)], [delta("n"), delta("n")], (0, 1, 2)))
    assert found.value.shape == ("n", "n", "n")
    roots, values = at_sizes(found.value, expected)
    np.testing.assert_allclose(*evaluate(roots, values))


@given(SCALARS)
@settings(max_examples=30)
def test_hessians_are_symmetric(cost):
    found = evaluate([hessian(cost, MATRICES[0]).value], VALUES)[0]
    size = np.abs(found[np.isfinite(found)]).max(initial=1)
    if np.isfinite(found).all() and size < 1e6:
        np.testing.assert_allclose(found, found.transpose(2, 3, 0, 1), rtol=1e-7, atol=1e-8 * size)


def test_a_hessian_of_an_array_is_refused_with_its_fix():
    with pytest.raises(InputError, match="scalar"):
        hessian(A, x)
    with pytest.raises(InputError, match="scalar"):
        hessian_vector(A, x, x)
    with pytest.raises(InputError, match="order 0"):
        derivative(A, x, 0)


def test_a_hessian_is_not_made_dense():
    assert len(postorder(hessian(FACTORS, U).value)) <= 4


@pytest.mark.parametrize("fact", ["symmetric", "spd", "diagonal", "orthogonal"])
def test_facts_of_the_variable_are_not_used_before_the_last_derivative(fact):
    """X⁻¹ for X⁻ᵀ in the gradient of log det X would give another Hessian."""
    free, held = symbol("S", (3, 3)), symbol("S", (3, 3), 0, (fact,))
    spread = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 1.8]])
    value = {"diagonal": np.diag(np.diag(spread)), "orthogonal": np.linalg.qr(spread)[0]}.get(fact, spread)
    direction = symbol("V", (3, 3))
    values = {free: value, held: value, direction: np.arange(9.0).reshape(3, 3)}
    for cost in (lambda s: linalg("logdet", s), lambda s: sum_over(square(matmul(s, transpose(s))))):
        expected = evaluate([hessian(cost(free), free).plain], values)[0]
        found = hessian(cost(held), held)
        np.testing.assert_allclose(evaluate([found.value], values)[0], expected, atol=1e-10)
        product = hessian_vector(cost(held), held, direction)
        by_hand = np.tensordot(expected, values[direction], 2)
        np.testing.assert_allclose(evaluate([product.value], values)[0], by_hand, atol=1e-9)
        assert free not in symbols(found.value)
        assert set(symbols(found.value)) <= {held}
        assert all(check.holds for check in check_steps([*found.steps, *found.rewrites], {held: value}))
