"""Jacobians against differences, against the reverse sweep, and in the form of the textbook."""

from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from tests.calculus.operation_samples import REAL
from tests.calculus.random_expressions import EXPRESSIONS, MATRICES, VALUES, scale_of
from tests.expr.derivatives import at_random

from gradproof.calculus.canonical import same
from gradproof.calculus.differentiate import pullback
from gradproof.calculus.jacobian import applied_to, jacobian, jacobian_vector, vector_jacobian
from gradproof.calculus.step import check_steps
from gradproof.expr.broadcast import matmul, minus, multiply, negate, plus, scale, sum_over, transpose
from gradproof.expr.elementwise import apply, power, square
from gradproof.expr.evaluate import evaluate
from gradproof.expr.linalg import inv, solve
from gradproof.expr.node import DELTA, OPERATIONS, delta, make, number, postorder, symbol, symbols
from gradproof.expr.product import einsum
from gradproof.expr.reduction import softmax
from gradproof.expr.sizes import with_sizes
from gradproof.expr.stacked import EACH

SIZES = {"m": 3, "n": 4, "p": 2, "q": 5}
RNG = np.random.default_rng(11)


def measured(expr, leaf, values):
    """The Jacobian by central differences of fourth order."""
    h = 1e-3
    columns = []
    for place in np.ndindex(leaf.shape):
        step = np.zeros(leaf.shape)
        step[place] = h

        def at(t, step=step):
            return np.asarray(evaluate([expr], {**values, leaf: values[leaf] + t * step})[0], float)

        columns.append((8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h))
    return np.stack(columns, axis=-1).reshape((*expr.shape, *leaf.shape)) if columns else None


@pytest.mark.parametrize(("operation", "sample"), REAL)
def test_the_jacobian_of_every_operation_agrees_with_differences(operation, sample):
    rng = np.random.default_rng(crc32(operation.name.encode()))
    values = at_random(sample, rng, operation.domain)
    for leaf in symbols(sample):
        found = jacobian(sample, leaf)
        assert found.value.shape == (*sample.shape, *leaf.shape)
        simplified, plain = evaluate([found.value, found.plain], values)
        np.testing.assert_allclose(simplified, plain, rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(simplified, measured(sample, leaf, values), rtol=1e-5, atol=1e-6)


def of(name, *shape):
    return symbol(name, shape)


X, A, B = of("X", "n", "n"), of("A", "p", "n"), of("B", "n", "q")
Y, D, x, a, W, b, t = (
    of("X", "m", "n"),
    of("B", "m", "m"),
    of("x", "n"),
    of("a", "n"),
    of("W", "m", "n"),
    of("b", "m"),
    of("t"),
)
NORM = power(sum_over(square(minus(x, a))), 0.5)
STEEP = apply("tanh", plus(matmul(W, x), b))
SOFT = softmax(x)
Z = of("Z", "n", "n")
CURVE = plus(X, scale(t, Z))

# Output, variable, and the Jacobian as the Matrix Cookbook and the machine-learning texts print it.
TEXTBOOK = {
    "X by X": (Y, Y, einsum([(0, 2), (1, 3)], [delta("m"), delta("n")], (0, 1, 2, 3))),
    "inverse": (inv(X), X, scale(-1, einsum([(0, 2), (3, 1)], [inv(X), inv(X)], (0, 1, 2, 3)))),
    "XB": (matmul(X, B), X, einsum([(0, 2), (3, 1)], [delta("n"), B], (0, 1, 2, 3))),
    "XᵀBX": (
        matmul(matmul(transpose(Y), D), Y),
        Y,
        plus(
            einsum([(1, 3), (0, 2)], [delta("n"), matmul(transpose(Y), D)], (0, 1, 2, 3)),
            einsum([(0, 3), (2, 1)], [delta("n"), matmul(D, Y)], (0, 1, 2, 3)),
        ),
    ),
    "AXB": (matmul(matmul(A, X), B), X, einsum([(0, 2), (3, 1)], [A, B], (0, 1, 2, 3))),
    "softmax": (
        SOFT,
        x,
        minus(einsum([(0, 1), (0,)], [delta("n"), SOFT], (0, 1)), einsum([(0,), (1,)], [SOFT, SOFT], (0, 1))),
    ),
    "unit vector": (
        multiply(minus(x, a), power(NORM, -1)),
        x,
        minus(
            multiply(power(NORM, -1), delta("n")),
            multiply(power(NORM, -3), einsum([(0,), (1,)], [minus(x, a), minus(x, a)], (0, 1))),
        ),
    ),
    "layer": (STEEP, x, einsum([(0,), (0, 1)], [minus(number(1), square(STEEP)), W], (0, 1))),
    "matrix by scalar": (inv(CURVE), t, negate(matmul(matmul(inv(CURVE), Z), inv(CURVE)))),
}


def at_sizes(*roots):
    """The expressions with numbers for sizes, and values for their symbols."""
    bound = with_sizes(roots, SIZES)
    leaves = symbols(*[bound[r] for r in roots])
    return [bound[r] for r in roots], {
        s: RNG.uniform(0.3, 1.3, s.shape)
        + (2 * np.eye(s.shape[0]) if len(s.shape) == 2 and len(set(s.shape)) == 1 else 0)
        for s in leaves
    }


@pytest.mark.parametrize("name", TEXTBOOK)
def test_the_jacobian_has_the_value_and_the_size_of_the_textbooks(name):
    output, wrt, expected = TEXTBOOK[name]
    found = jacobian(output, wrt)
    assert found.value.shape == expected.shape
    roots, values = at_sizes(found.value, expected)
    left, right = evaluate(roots, values)
    np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-12)
    if name != "unit vector":
        assert same(found.value, expected)


@pytest.mark.parametrize("name", TEXTBOOK)
def test_every_step_of_a_jacobian_holds(name):
    output, wrt, _ = TEXTBOOK[name]
    found = jacobian(output, wrt)
    sides = [side for s in [*found.steps, *found.rewrites] for side in (s.before, s.after)]
    bound, values = at_sizes(*sides)
    again = [
        type(s)(s.rule, bound[2 * k], bound[2 * k + 1]) for k, s in enumerate([*found.steps, *found.rewrites])
    ]
    assert all(c.holds for c in check_steps(again, values))
    assert all(s.rule for s in found.steps)


def test_entries_that_a_function_moves_have_a_jacobian_too():
    shifted = make(OPERATIONS["cumsum"], (matmul(of("A", 3, 3), of("x", 3)),), ((0,),))
    found = jacobian(shifted, of("x", 3))
    values = {s: RNG.normal(size=s.shape) for s in symbols(shifted)}
    np.testing.assert_allclose(
        evaluate([found.value], values)[0], np.tril(np.ones((3, 3))) @ values[of("A", 3, 3)]
    )
    assert not any(n.op is EACH for n in postorder(found.value))


def test_a_jacobian_by_what_does_not_occur_is_zero():
    found = jacobian(x, of("u", 2))
    assert found.value.shape == ("n", 2)
    assert found.value is found.plain


def test_no_loop_is_left_in_a_deep_product():
    v = of("v", "n")
    net = v
    for k in range(4):
        net = plus(net, apply("tanh", matmul(of(f"W{k}", "n", "n"), net)))
    found = jacobian(net, v).value
    assert found.shape == ("n", "n")
    assert sum(n.op is DELTA for n in postorder(found)) <= 2
    assert len(postorder(found)) < 120


@given(EXPRESSIONS)
@settings(max_examples=40)
def test_a_jacobian_contracted_with_a_seed_is_the_pullback(expr):
    wrt = MATRICES[0]
    found = jacobian(expr, wrt).value
    seed = RNG.normal(size=expr.shape)
    g = symbol("seed", expr.shape)
    table = pullback(expr, g, [wrt])
    if wrt not in table:
        return
    (by_hand, true) = evaluate([found, table[wrt]], {**VALUES, g: seed})
    contracted = np.tensordot(seed, by_hand, expr.ndim)
    limit = 1e-8 * max(scale_of(expr), np.abs(true).max(initial=0), 1)
    if np.isfinite(true).all() and np.isfinite(contracted).all() and limit < 1e5:
        np.testing.assert_allclose(contracted, true, rtol=1e-7, atol=limit)


def test_products_with_a_vector_need_no_jacobian():
    v, u = of("v", "n"), of("u", "m")
    forward, backward = jacobian_vector(STEEP, x, v), vector_jacobian(u, STEEP, x)
    whole = jacobian(STEEP, x).value
    roots, values = at_sizes(forward.value, backward.value, whole, v, u, forward.plain, backward.plain)
    jv, vj, j, v_, u_, plain_jv, plain_vj = evaluate(roots, values)
    np.testing.assert_allclose(jv, j @ v_)
    np.testing.assert_allclose(vj, u_ @ j)
    np.testing.assert_allclose(plain_jv, jv)
    np.testing.assert_allclose(plain_vj, vj)
    assert same(forward.value, applied_to(whole, [v]))


def test_the_solution_of_a_linear_system():
    b, unknown = of("b", "n"), solve(X, of("b", "n"))
    assert same(jacobian(unknown, b).value, inv(X))
    by_matrix = jacobian(unknown, X).value
    expected = negate(einsum([(0, 1), (2,)], [inv(X), unknown], (0, 1, 2)))
    roots, values = at_sizes(by_matrix, expected)
    np.testing.assert_allclose(*evaluate(roots, values))
    assert not any(n.op is EACH or n.ndim > 3 for n in postorder(by_matrix))
