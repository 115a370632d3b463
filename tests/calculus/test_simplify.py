"""Normal forms people recognise, and what every rewrite must keep."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from tests.calculus.random_expressions import EXPRESSIONS, VALUES, assert_same_value

from gradproof.calculus.canonical import same
from gradproof.calculus.differentiate import gradient
from gradproof.calculus.rewrite import Rewriter
from gradproof.calculus.simplify import RULES, simplify
from gradproof.calculus.size import length
from gradproof.calculus.step import check_steps
from gradproof.expr.broadcast import (
    matmul,
    minus,
    multiply,
    negate,
    plus,
    scale,
    sum_over,
    trace,
    transpose,
)
from gradproof.expr.elementwise import apply, divide, exp, log, power, reciprocal, relu, sigmoid, square
from gradproof.expr.indexing import index
from gradproof.expr.node import constant, number, symbol
from gradproof.expr.product import add
from gradproof.expr.reduction import reduce, softmax

Z, Y, P = symbol("Z", (3, 5)), symbol("Y", (3, 5)), symbol("P", (3, 5))
A, T = symbol("a", (1, 5)), symbol("t", (1, 5))
W, M, LAMBDA = symbol("W", (3, 4)), symbol("m"), symbol("λ")
ONE, Q = number(1), symbol("q", (5,))
SHIFTED = exp(minus(Z, reduce("max", Z, 0, keepdims=True)))
CROSS_ENTROPY = plus(divide(T, A), negate(divide(minus(ONE, T), minus(ONE, A))))

KNOWN = {
    "W + W = 2W": (add(W, W), scale(2, W)),
    "log exp": (log(exp(Z)), Z),
    "exp log": (exp(log(Z)), Z),
    "a·a = a²": (multiply(Z, Z), square(Z)),
    "logistic": (divide(ONE, plus(ONE, exp(negate(Z)))), sigmoid(Z)),
    "logistic of a difference": (divide(ONE, plus(ONE, exp(minus(Y, Z)))), sigmoid(minus(Z, Y))),
    "logistic, other spelling": (divide(exp(Z), plus(exp(Z), ONE)), sigmoid(Z)),
    "logistic squared": (power(plus(ONE, exp(negate(Z))), -2), square(sigmoid(Z))),
    "tanh": (
        divide(minus(exp(Z), exp(negate(Z))), plus(exp(Z), exp(negate(Z)))),
        apply("tanh", Z),
    ),
    "softmax": (divide(exp(Z), sum_over(exp(Z), 0, keepdims=True)), softmax(Z, 0)),
    "softmax without keepdims": (divide(exp(Z), sum_over(exp(Z), 0)), softmax(Z, 0)),
    "softmax with max-shift": (divide(SHIFTED, sum_over(SHIFTED, 0, keepdims=True)), softmax(Z, 0)),
    "logsumexp with max-shift": (
        plus(log(sum_over(SHIFTED, 0, keepdims=True)), reduce("max", Z, 0, keepdims=True)),
        reduce("logsumexp", Z, 0, keepdims=True),
    ),
    "logsumexp": (log(sum_over(exp(Z), 1)), reduce("logsumexp", Z, 1)),
    "softmax by logsumexp": (exp(minus(Z, reduce("logsumexp", Z, 1, keepdims=True))), softmax(Z, 1)),
    "softplus": (log(plus(ONE, exp(Z))), apply("softplus", Z)),
    "softplus by log1p": (apply("log1p", exp(Z)), apply("softplus", Z)),
    "relu, zero first": (apply("maximum", number(0), Z), relu(Z)),
    "relu by a mask": (multiply(Z, apply("greater", Z, number(0))), relu(Z)),
    "relu by where": (apply("where", apply("greater", Z, number(0)), Z, number(0)), relu(Z)),
    "sum of softmax": (sum_over(softmax(Z, 0), 0), divide(Q, Q)),
    "cross-entropy through σ": (
        multiply(negate(CROSS_ENTROPY), A, minus(ONE, A)),
        minus(A, T),
    ),
    "cross-entropy through σ, mean": (
        multiply(negate(reciprocal(M)), CROSS_ENTROPY, A, minus(ONE, A)),
        scale(reciprocal(M), minus(A, T)),
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_form(name):
    written, expected = KNOWN[name]
    assert same(simplify(written), simplify(expected))
    assert length(simplify(written)) <= length(written)


def test_the_gradient_of_the_penalty_is_the_forum_threads():
    penalty = multiply(divide(LAMBDA, scale(2, M)), trace(matmul(transpose(W), W)))
    (found,) = gradient(penalty, [W])
    assert simplify(found) is simplify(multiply(LAMBDA, reciprocal(M), W))


def test_cross_entropy_of_softmax_keeps_the_total_of_y():
    cost = negate(sum_over(multiply(Y, log(softmax(Z, 0)))))
    found = simplify(gradient(simplify(cost), [Z])[0])
    assert same(found, minus(multiply(softmax(Z, 0), sum_over(Y, 0)), Y))


def test_selected_entries_of_a_softmax():
    rows, labels = constant(np.arange(4)), constant(np.array([0, 2, 1, 1]))
    p = symbol("p", (4, 3))
    cost = scale(Fraction(-1, 4), sum_over(log(index(p, (("array", 0), ("array", 1)), rows, labels))))
    (dp,) = gradient(cost, [p])
    dz = simplify(multiply(p, minus(dp, sum_over(multiply(dp, p), 1, keepdims=True))))
    quarter, difference = dz.args
    assert quarter is number(Fraction(1, 4))
    assert difference.args[0] is p
    assert length(dz) < 10


def test_one_selected_entry_of_a_softmax():
    p = symbol("p", (4,))
    (dp,) = gradient(negate(log(index(p, (("int", 2),)))), [p])
    dz = simplify(multiply(p, minus(dp, sum_over(multiply(dp, p)))))
    first, second = dz.args
    assert first is p
    assert [n.op.name for n in second.args] == ["number", "scatter_add"]


def test_what_is_subtracted_stands_last():
    assert simplify(plus(negate(Y), P)) is minus(P, Y)


@given(EXPRESSIONS)
@settings(max_examples=200)
def test_simplifying_keeps_value_and_shape(expr):
    assert_same_value(expr, simplify(expr))


@given(EXPRESSIONS)
@settings(max_examples=100)
def test_simplifying_is_idempotent(expr):
    once = simplify(expr)
    assert simplify(once) is once


@given(EXPRESSIONS)
@settings(max_examples=60)
def test_every_firing_holds_in_numbers(expr):
    rewriter = Rewriter(RULES)
    rewriter(expr)
    for step in rewriter.steps:
        assert_same_value(step.before, step.after)


def test_every_rule_says_what_it_does_and_why_it_ends():
    for rule in RULES:
        assert rule.name and rule.statement and rule.terminates and rule.heads


def test_steps_are_recorded_and_checked():
    rewriter = Rewriter(RULES)
    z = symbol("A", (3, 3))
    rewriter(divide(number(1), plus(number(1), exp(negate(z)))))
    assert "logistic function" in [s.rule for s in rewriter.steps]
    assert all(check.holds for check in check_steps(rewriter.steps, VALUES))


def test_simplifying_stays_linear_in_depth():
    node = symbol("A", (3, 3))
    for _ in range(300):
        node = relu(matmul(node, symbol("B", (3, 3))))
    assert simplify(node).shape == (3, 3)
