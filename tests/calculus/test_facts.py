"""Facts: textbook statements first, then that what is concluded is true in numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from tests.calculus.fact_expressions import MATRICES
from tests.calculus.sampled import values_of

from gradproof.calculus.facts import (
    facts_about,
    is_complex,
    is_diagonal,
    is_invertible,
    is_nonnegative,
    is_orthogonal,
    is_positive,
    is_positive_definite,
    is_positive_semidefinite,
    is_symmetric,
    total_one_axes,
)
from gradproof.expr.broadcast import matmul, multiply, plus, scale, sum_over, transpose
from gradproof.expr.elementwise import exp, sigmoid, square
from gradproof.expr.evaluate import evaluate
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import constant, delta, number, symbol
from gradproof.expr.product import einsum
from gradproof.expr.reduction import softmax

X, Y = symbol("X", ("m", "n")), symbol("Y", ("n", "n"))
A, S = symbol("A", ("m", "m"), 0, ("symmetric",)), symbol("S", ("m", "m"), 0, ("spd",))
Q, B = symbol("Q", ("n", "n"), 0, ("orthogonal",)), symbol("B", ("n", "n"), 0, ("invertible",))
LAMBDA, V = symbol("λ", (), 0, ("positive",)), symbol("v", ("n",))
COMPLEX = symbol("Z", ("n", "n"), 0, ("complex",))
GRAM = matmul(transpose(X), X)
RIDGE = plus(GRAM, multiply(LAMBDA, delta("n")))
DIAGONAL = einsum([(0,), (0, 1)], [exp(V), delta("n")], (0, 1))

TRUE = {
    "XᵀX": (is_positive_semidefinite, GRAM),
    "XᵀAX": (is_symmetric, matmul(transpose(X), matmul(A, X))),
    "XᵀSX": (is_positive_semidefinite, matmul(matmul(transpose(X), S), X)),
    "X S Xᵀ, transposed factor": (is_positive_semidefinite, matmul(transpose(X), matmul(inv(S), X))),
    "Y + Yᵀ": (is_symmetric, plus(Y, transpose(Y))),
    "XᵀX + λI": (is_positive_definite, RIDGE),
    "(XᵀX + λI)⁻¹": (is_positive_definite, inv(RIDGE)),
    "2S": (is_positive_semidefinite, scale(2, S)),
    "S∘S": (is_symmetric, multiply(S, S)),
    "exp A": (is_symmetric, exp(A)),
    "diag(eᵛ) is diagonal": (is_diagonal, DIAGONAL),
    "diag(eᵛ) is positive definite": (is_positive_definite, DIAGONAL),
    "Q B": (is_invertible, matmul(Q, B)),
    "Q Qᵀ": (is_orthogonal, matmul(Q, transpose(Q))),
    "det S": (is_positive, linalg("det", S)),
    "σ(X)": (is_positive, sigmoid(X)),
    "1 + X²": (is_positive, plus(number(1), square(X))),
    "‖v‖²": (is_nonnegative, matmul(V, V)),
    "e^Z for complex Z": (is_complex, exp(COMPLEX)),
    "a symmetric literal": (is_symmetric, constant(np.array([[1.0, 2.0], [2.0, 3.0]]))),
}
NOT_KNOWN = {
    "Y Y": (is_symmetric, matmul(Y, Y)),
    "A Y": (is_symmetric, matmul(symbol("A", ("n", "n"), 0, ("symmetric",)), Y)),
    "XᵀX is not invertible": (is_invertible, GRAM),
    "−XᵀX": (is_positive_semidefinite, scale(-1, GRAM)),
    "ZᵀZ for complex Z": (is_positive_semidefinite, matmul(transpose(COMPLEX), COMPLEX)),
    "X X": (is_positive, multiply(X, X)),
    "v - 1": (is_nonnegative, plus(exp(V), number(-1))),
    "complex spd is Hermitian": (is_symmetric, symbol("H", ("n", "n"), 0, ("complex", "spd"))),
    "S A": (is_symmetric, matmul(S, A)),
}


@pytest.mark.parametrize("name", TRUE)
def test_known_fact(name):
    fact, expr = TRUE[name]
    assert fact(expr)


@pytest.mark.parametrize("name", NOT_KNOWN)
def test_what_does_not_follow_is_not_said(name):
    fact, expr = NOT_KNOWN[name]
    assert not fact(expr)


def test_totals_of_one():
    assert total_one_axes(softmax(X, 1)) == (1,)
    assert total_one_axes(symbol("y", ("n",), 0, ("simplex",))) == (0,)
    assert total_one_axes(symbol("Y", ("n", "k"), 0, ("row_stochastic",))) == (1,)
    assert total_one_axes(sum_over(X, 1)) == ()


CHECKS = {
    "symmetric": lambda x: np.allclose(x, x.T),
    "psd": lambda x: np.linalg.eigvalsh(x).min() > -1e-9 * (1 + np.abs(x).max()),
    "spd": lambda x: np.linalg.eigvalsh(x).min() > 0,
    "diagonal": lambda x: np.allclose(x, np.diag(np.diag(x))),
    "lower": lambda x: np.allclose(x, np.tril(x)),
    "upper": lambda x: np.allclose(x, np.triu(x)),
    "orthogonal": lambda x: np.allclose(x.T @ x, np.eye(len(x))),
    "invertible": lambda x: np.linalg.matrix_rank(x, tol=1e-14 * np.abs(x).max()) == len(x),
    "positive": lambda x: (x > 0).all(),
    "nonnegative": lambda x: (x >= 0).all(),
    "integer": lambda x: np.allclose(x, np.round(x)),
}


@given(MATRICES)
@settings(max_examples=200, deadline=None)
def test_concluded_facts_are_true(expr):
    (bound,), values = values_of(expr)
    (value,) = evaluate([bound], values)
    for fact in facts_about(expr):
        assert CHECKS[fact](value), fact
