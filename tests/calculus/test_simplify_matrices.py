"""Matrix identities that a textbook takes for granted, and what simplification by facts must keep."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.calculus.fact_expressions import (
    GRAM,
    MATRICES,
    PROBABILITIES,
    SCALAR,
    SQUARE,
    VECTOR,
    X,
    outer,
)
from tests.calculus.sampled import assert_equal_in_numbers

from gradproof.calculus.canonical import canonical, same
from gradproof.calculus.differentiate import gradient
from gradproof.calculus.rewrite import Rewriter, with_args
from gradproof.calculus.simplify import RULES, prepared, simplify
from gradproof.calculus.size import length
from gradproof.expr.broadcast import matmul, minus, multiply, plus, scale, sum_over, trace, transpose
from gradproof.expr.elementwise import apply, log, sigmoid, sqrt, square
from gradproof.expr.linalg import inv, linalg, solve
from gradproof.expr.node import delta, number, symbol
from gradproof.expr.product import PRODUCT, SUM, add, einsum
from gradproof.expr.reduction import reduce, softmax

A, S, B, Q, D, C = SQUARE
I = delta("n")  # noqa: E741
W, Z, R = symbol("W", ("n", "k")), symbol("Z", ("m", "k")), symbol("R", ("m", "k"), 0, ("row_stochastic",))
TALL = symbol("T", ("m", "n"))


def _t(x):
    return transpose(x)


IDENTITIES = {
    "Aᵀ = A": (_t(A), A),
    "AX + AᵀX = 2AX": (plus(matmul(A, C), matmul(_t(A), C)), scale(2, matmul(A, C))),
    "B B⁻¹ = I": (matmul(B, inv(B)), I),
    "B⁻¹ B C = C": (matmul(inv(B), matmul(B, C)), C),
    "Bᵀ B⁻ᵀ = I": (matmul(_t(B), _t(inv(B))), I),
    "(XᵀX)⁻¹ XᵀX = I": (matmul(inv(GRAM), GRAM), I),
    "(B C)⁻¹ B = C⁻¹": (matmul(inv(matmul(C, B)), C), inv(B)),
    "(2B)⁻¹ = ½B⁻¹": (inv(scale(2, B)), scale(0.5, inv(B))),
    "(Bᵀ)⁻¹ = (B⁻¹)ᵀ": (inv(_t(B)), _t(inv(B))),
    "B (A + B)⁻¹ + A (A + B)⁻¹ = I": (
        plus(matmul(B, inv(plus(A, B))), matmul(A, inv(plus(A, B)))),
        I,
    ),
    "QᵀQ = I": (matmul(_t(Q), Q), I),
    "Q QᵀC = C": (matmul(Q, matmul(_t(Q), C)), C),
    "Q⁻¹ = Qᵀ": (inv(Q), _t(Q)),
    "solve(B, C) = B⁻¹C": (solve(B, C), matmul(inv(B), C)),
    "log det S = logdet S": (log(linalg("det", S)), linalg("logdet", S)),
    "logdet B⁻¹ = −logdet B": (linalg("logdet", inv(B)), scale(-1, linalg("logdet", B))),
    "det(B C B⁻¹) = det C": (linalg("det", matmul(B, matmul(C, inv(B)))), linalg("det", C)),
    "det Q² = 1 inside a logarithm": (linalg("logdet", Q), number(0)),
    "Σy = 1": (sum_over(PROBABILITIES), number(1)),
    "softmax cross-entropy": (
        gradient(scale(-1, sum_over(multiply(R, minus(Z, reduce("logsumexp", Z, 1, keepdims=True))))), [Z])[
            0
        ],
        minus(softmax(Z, 1), R),
    ),
    "sigmoid cross-entropy": (
        gradient(
            scale(
                -1,
                sum_over(
                    plus(
                        multiply(R, log(sigmoid(Z))),
                        multiply(minus(number(1), R), log(minus(number(1), sigmoid(Z)))),
                    )
                ),
            ),
            [Z],
        )[0],
        minus(sigmoid(Z), R),
    ),
    "‖v‖ = √Σv² for positive v": (sqrt(square(VECTOR)), VECTOR),
    "|x| sign x = x": (multiply(apply("abs", C), apply("sign", C)), C),
    "Σ λ(S) = tr S": (sum_over(linalg("eigenvalues_symmetric", S)), trace(S)),
    "2 log det: X (XᵀX)⁻¹ = X⁺ᵀ": (matmul(X, inv(GRAM)), _t(linalg("pinv", X))),
    "residual stays whole": (
        gradient(sum_over(square(minus(matmul(X, W), Z))), [W])[0],
        scale(2, matmul(_t(X), minus(matmul(X, W), Z))),
    ),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identity(name):
    written, expected = IDENTITIES[name]
    assert_equal_in_numbers(written, expected)
    found, wanted = simplify(written), simplify(expected)
    assert found is wanted or same(found, wanted)
    assert length(found) <= length(expected)


FACTORED = {
    "(B + Bᵀ) X": (plus(matmul(_t(C), VECTOR), matmul(C, VECTOR)), 2),
    "X (b cᵀ + c bᵀ)": (
        plus(matmul(X, outer(VECTOR, PROBABILITIES)), matmul(X, outer(PROBABILITIES, VECTOR))),
        1,
    ),
    "XᵀX + λI stays factored": (matmul(inv(plus(GRAM, multiply(SCALAR, I))), VECTOR), 2),
}


@pytest.mark.parametrize("name", FACTORED)
def test_common_factors_stand_outside(name):
    expr, factors = FACTORED[name]
    found = simplify(expr)
    assert found.op is PRODUCT
    assert len(found.args) == 2
    assert sum(a.op is SUM for a in found.args) <= factors
    assert_equal_in_numbers(expr, found)


def test_three_terms_that_turn_around_a_matrix_are_not_factored():
    a = symbol("P", ("n", "n"))
    (found,) = gradient(trace(matmul(a, matmul(C, matmul(C, C)))), [C])
    assert len(simplify(found).args) == 3


@given(MATRICES)
@settings(max_examples=150, deadline=None)
def test_simplifying_by_facts_keeps_the_value(expr):
    assert_equal_in_numbers(expr, simplify(expr))


@given(MATRICES)
@settings(max_examples=60, deadline=None)
def test_every_firing_by_facts_holds_in_numbers(expr):
    rewriter = Rewriter(RULES)
    rewriter(expr)
    for step in rewriter.steps:
        assert_equal_in_numbers(step.before, step.after)


@given(MATRICES)
@settings(max_examples=100, deadline=None)
def test_simplifying_by_facts_is_idempotent(expr):
    once = simplify(expr)
    assert simplify(once) is once


def _shuffled(expr, rng):
    """The same expression with the terms of its sums and the factors of its products in another order."""
    table = {}

    def visit(node):
        if node not in table:
            args = [visit(a) for a in node.args]
            if node.op is SUM:
                table[node] = add(*rng.sample(args, len(args)))
            elif node.op is PRODUCT:
                specs, out, sizes = node.attrs
                order = rng.sample(range(len(args)), len(args))
                table[node] = einsum([specs[k] for k in order], [args[k] for k in order], out, sizes)
            else:
                table[node] = with_args(node, tuple(args))
        return table[node]

    return visit(expr)


@given(MATRICES, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_terms_and_factors_does_not_matter(expr, rng: random.Random):
    one, other = simplify(expr), simplify(_shuffled(expr, rng))
    assert canonical(one) is canonical(other)
    assert length(one) == length(other)


def test_a_cost_is_prepared_without_the_facts_of_its_variable():
    cost = sum_over(linalg("eigenvalues_symmetric", S))
    found, steps = prepared(cost, [S])
    assert found is trace(S)
    assert [s.rule for s in steps] == ["sum of eigenvalues"]
    of_inverse = trace(matmul(inv(Q), C))
    assert prepared(of_inverse, [Q])[0] is of_inverse
    assert prepared(of_inverse, [C])[0] is not of_inverse
