"""Terms and the canonical form: textbook identities first, then random expressions."""

import random
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.calculus.random_expressions import EXPRESSIONS, assert_same_value

from gradproof.calculus.canonical import canonical, factors, same, terms
from gradproof.calculus.differentiate import gradient
from gradproof.expr.broadcast import matmul, minus, multiply, plus, scale, sum_over, trace, transpose
from gradproof.expr.elementwise import apply, divide, exp, power, reciprocal, relu, square
from gradproof.expr.node import number, symbol
from gradproof.expr.product import SUM, add, is_zero

W, DZ, A = symbol("W", (3, 4)), symbol("dZ", (3, 5)), symbol("A", (4, 5))
X, Y, Z = (symbol(name, (3, 3)) for name in "XYZ")
M, LAMBDA = symbol("m"), symbol("λ")
P, Q = symbol("p", (1, 5)), symbol("q", (1, 5))
ONE = number(1)

IDENTITIES = {
    "W + W = 2W": (add(W, W), scale(2, W)),
    "tr(WᵀW) = Σ w²": (trace(matmul(transpose(W), W)), sum_over(square(W))),
    "(WA)ᵀ = AᵀWᵀ": (transpose(matmul(W, A)), matmul(transpose(A), transpose(W))),
    "(XY)Z = X(YZ)": (matmul(matmul(X, Y), Z), matmul(X, matmul(Y, Z))),
    "tr(XYZ) = tr(ZXY)": (trace(matmul(matmul(X, Y), Z)), trace(matmul(matmul(Z, X), Y))),
    "tr(X·X·X)": (trace(matmul(X, matmul(X, X))), sum_over(multiply(transpose(X), matmul(X, X)))),
    "a∘b = b∘a": (multiply(X, Y), multiply(Y, X)),
    "X(Y + Z) = XY + XZ": (matmul(X, plus(Y, Z)), plus(matmul(X, Z), matmul(X, Y))),
    "(p − q)²": (square(minus(P, Q)), plus(square(P), scale(-2, multiply(P, Q)), square(Q))),
    "a/a = 1": (divide(X, X), divide(Y, Y)),
    "(p − 1)⁻¹ = −(1 − p)⁻¹": (reciprocal(minus(P, ONE)), scale(-1, reciprocal(minus(ONE, P)))),
    "(2p + 2)⁻¹ = ½(p + 1)⁻¹": (
        reciprocal(plus(scale(2, P), number(2))),
        scale(0.5, reciprocal(plus(P, ONE))),
    ),
    "(1 − p)(1 − p)⁻¹ = 1": (multiply(minus(ONE, P), reciprocal(minus(ONE, P))), divide(P, P)),
    "(Σx)² = Σx · Σx": (power(sum_over(X), 2), multiply(sum_over(X), sum_over(X))),
    "exp(Wᵀ) = exp(W)ᵀ": (exp(transpose(W)), transpose(exp(W))),
    "relu(Wᵀ) = relu(W)ᵀ": (relu(transpose(W)), transpose(relu(W))),
    "1/(m·m) = m⁻²": (reciprocal(multiply(M, M)), power(M, -2)),
    "f(a + b) = f(b + a)": (exp(plus(X, Y)), exp(plus(Y, X))),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identity(name):
    left, right = IDENTITIES[name]
    assert same(left, right)


DIFFERENT = {
    "XY and YX": (matmul(X, Y), matmul(Y, X)),
    "X and Xᵀ": (X, transpose(X)),
    "X∘Y and XY": (multiply(X, Y), matmul(X, Y)),
    "W and ΣW": (W, multiply(sum_over(W), divide(W, W))),
    "tr(XYZ) and tr(XZY)": (trace(matmul(matmul(X, Y), Z)), trace(matmul(matmul(X, Z), Y))),
    "max(x, y) and max(x, z)": (apply("maximum", X, Y), apply("maximum", X, Z)),
    "W and 2W": (W, scale(2, W)),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_stays_different(name):
    left, right = DIFFERENT[name]
    assert not same(left, right)


def test_the_terms_of_the_forum_threads_gradient():
    dw = plus(scale(reciprocal(M), matmul(DZ, transpose(A))), divide(multiply(LAMBDA, W), M))
    data, penalty = terms(dw, frozenset({DZ, A, W}))
    assert same(data, multiply(reciprocal(M), matmul(DZ, transpose(A))))
    assert same(penalty, multiply(LAMBDA, reciprocal(M), W))
    assert [f.name for f, _ in factors(penalty).factors] == ["λ", "", "W"]
    assert factors(penalty).coefficient == 1


def test_atoms_are_not_opened():
    z = plus(matmul(W, A), DZ)
    expr = multiply(z, z)
    assert len(terms(matmul(z, transpose(A)), frozenset({z}))) == 1
    assert len(terms(matmul(z, transpose(A)))) == 2
    assert canonical(expr, frozenset({z})) is power(z, 2)


def test_terms_expand_products_over_sums():
    expr = scale(reciprocal(M), plus(matmul(DZ, transpose(A)), multiply(LAMBDA, W)))
    assert len(terms(expr)) == 2


def test_zero_has_no_terms():
    assert terms(minus(W, W)) == []
    assert is_zero(canonical(minus(W, W)))


def test_factors_of_a_number_and_of_a_symbol():
    assert factors(number(Fraction(3, 2))) == (Fraction(3, 2), [], (), ())
    assert factors(W) == (1, [(W, (0, 1))], (0, 1), (3, 4))
    (term,) = terms(scale(2, transpose(W)))
    assert factors(term) == (2, [(W, (0, 1))], (1, 0), (3, 4))


def test_sums_that_would_explode_stay_closed():
    many = [add(*(symbol(f"x{i}_{k}", (2, 2)) for k in range(12))) for i in range(6)]
    expr = multiply(*many)
    started = time.perf_counter()
    assert 1 <= len(terms(expr)) <= 2000
    assert canonical(expr) is canonical(multiply(*reversed(many)))
    assert time.perf_counter() - started < 5


def test_deep_graphs_are_not_recursed_into():
    node = X
    for k in range(1500):
        node = plus(matmul(exp(node), Y), X) if k % 2 else multiply(node, Z)
    assert canonical(node).shape == (3, 3)
    assert terms(node)


def test_repeated_squaring_stays_small():
    node = X
    for _ in range(40):
        node = matmul(node, node)
    assert canonical(node).shape == (3, 3)


@given(EXPRESSIONS)
@settings(max_examples=150)
def test_canonical_keeps_value_and_shape(expr):
    assert_same_value(expr, canonical(expr))


@given(EXPRESSIONS)
@settings(max_examples=100)
def test_the_sum_of_the_terms_is_the_expression(expr):
    found = terms(expr)
    assert all(t.shape == expr.shape for t in found)
    if found:
        assert_same_value(expr, add(*found))


@given(EXPRESSIONS)
@settings(max_examples=100)
def test_canonical_is_idempotent(expr):
    once = canonical(expr)
    assert canonical(once) is once


@given(EXPRESSIONS, st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_canonical_does_not_depend_on_the_order_of_a_sum(expr, rng: random.Random):
    parts = [*(expr.args if expr.op is SUM else (expr,)), X, Y]
    shuffled = rng.sample(parts, len(parts))
    assert canonical(add(*shuffled)) is canonical(add(*parts))


def test_gradients_of_equal_costs_are_equal():
    (by_trace,) = gradient(trace(matmul(transpose(W), W)), [W])
    (by_squares,) = gradient(sum_over(square(W)), [W])
    assert canonical(by_trace) is canonical(by_squares) is canonical(scale(2, W))
