"""What our text writer prints is read back as the same expression, or refused; never as another one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradproof.calculus.canonical import canonical
from gradproof.errors import InputError
from gradproof.expr.broadcast import matmul, minus, multiply, negate, plus, scale, sum_over, trace, transpose
from gradproof.expr.elementwise import apply, exp, log, power, sigmoid, square
from gradproof.expr.evaluate import evaluate
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import number, symbol
from gradproof.read.notation import read
from gradproof.write import to_text

N = 3
MATRICES = [symbol(name, ("n", "n")) for name in "ABX"]
VECTORS = [symbol(name, ("n",)) for name in "xyw"]
NUMBERS = [symbol("λ"), symbol("c"), number(2)]
SHAPES = {leaf.name: leaf.shape for leaf in [*MATRICES, *VECTORS, *NUMBERS[:2]]}


def squares(depth):
    leaf = st.sampled_from(MATRICES)
    if depth == 0:
        return leaf
    inner = squares(depth - 1)
    return st.one_of(
        leaf,
        st.builds(plus, inner, inner),
        st.builds(minus, inner, inner),
        st.builds(matmul, inner, inner),
        st.builds(multiply, inner, inner),
        st.builds(transpose, inner),
        st.builds(negate, inner),
        st.builds(inv, st.sampled_from(MATRICES)),
        st.builds(square, inner),
        st.builds(exp, inner),
        st.builds(sigmoid, inner),
        st.builds(multiply, scalars(depth - 1), inner),
    )


def vectors(depth):
    leaf = st.sampled_from(VECTORS)
    if depth == 0:
        return leaf
    inner = vectors(depth - 1)
    return st.one_of(
        leaf,
        st.builds(plus, inner, inner),
        st.builds(minus, inner, inner),
        st.builds(multiply, inner, inner),
        st.builds(matmul, squares(depth - 1), inner),
        st.builds(exp, inner),
        st.builds(lambda x: apply("tanh", x), inner),
        st.builds(lambda x: sum_over(x, 1), squares(depth - 1)),
        st.builds(multiply, scalars(depth - 1), inner),
    )


def scalars(depth):
    leaf = st.sampled_from(NUMBERS)
    if depth == 0:
        return leaf
    inner = scalars(depth - 1)
    return st.one_of(
        leaf,
        st.builds(plus, inner, inner),
        st.builds(multiply, inner, inner),
        st.builds(matmul, vectors(depth - 1), vectors(depth - 1)),
        st.builds(trace, squares(depth - 1)),
        st.builds(sum_over, vectors(depth - 1)),
        st.builds(sum_over, squares(depth - 1)),
        st.builds(lambda x: sum_over(square(x)), st.one_of(vectors(depth - 1), squares(depth - 1))),
        st.builds(lambda x: power(x, 2), inner),
        st.builds(lambda x: linalg("det", x), squares(depth - 1)),
        st.builds(lambda x: log(plus(number(1), square(x))), inner),
        st.builds(lambda x: scale(0.5, x), inner),
    )


def value(expr):
    rng = np.random.default_rng(3)
    leaves = {
        leaf: rng.uniform(0.2, 1.0, [N] * leaf.ndim) + (2 * np.eye(N) if leaf.ndim == 2 else 0)
        for leaf in [*MATRICES, *VECTORS, *NUMBERS[:2]]
    }
    return np.asarray(evaluate([expr], leaves)[0])


@settings(max_examples=150, deadline=None)
@given(st.one_of(squares(2), vectors(2), scalars(2)))
def test_text_is_read_back_or_refused(expr):
    text = to_text(expr)
    try:
        formula = read(text, shapes=SHAPES, dialect="math")
    except InputError:
        return
    assert formula.expression.ndim == expr.ndim or not formula.expression.ndim
    if canonical(formula.expression) is not canonical(expr):
        np.testing.assert_allclose(*np.broadcast_arrays(value(formula.expression), value(expr)), rtol=1e-9)


A, B, X = MATRICES
x, y, w = VECTORS
LAMBDA, C, _ = NUMBERS


@pytest.mark.parametrize(
    "expr",
    [
        matmul(transpose(X), minus(matmul(X, w), y)),
        plus(sum_over(square(minus(matmul(X, w), y))), multiply(LAMBDA, sum_over(square(w)))),
        matmul(x, matmul(inv(A), x)),
        trace(matmul(transpose(A), B)),
        multiply(A, matmul(B, X)),
        matmul(transpose(X), sigmoid(matmul(X, w))),
        log(sum_over(exp(x))),
        linalg("logdet", A),
        matmul(matmul(A, A), inv(transpose(B))),
        multiply(x, y),
        sum_over(apply("abs", w)),
        negate(sum_over(multiply(y, log(sigmoid(matmul(X, w)))))),
        apply("maximum", x, number(0)),
        apply("greater", x, number(0)),
        scale(0.5, square(x)),
        multiply(LAMBDA, power(C, -1), A),
        power(sum_over(square(x)), 0.5),
        sum_over(A, 1),
    ],
    ids=lambda e: to_text(e),
)
def test_what_is_printed_for_these_is_read(expr):
    formula = read(to_text(expr), shapes=SHAPES, dialect="math")
    assert canonical(formula.expression) is canonical(expr)
