"""Random expressions with values, for the algebraic tests: what is rewritten must keep value and shape."""

import numpy as np
from hypothesis import strategies as st

from gradproof.expr.broadcast import (
    diagonal,
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
from gradproof.expr.elementwise import apply, exp, log, power, reciprocal, sigmoid, square
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import delta, number, symbol
from gradproof.expr.reduction import softmax

N = 3
MATRICES = [symbol(name, (N, N)) for name in "ABC"]
ROW, COLUMN, SCALAR, VECTOR = symbol("r", (1, N)), symbol("c", (N, 1)), symbol("s"), symbol("v", (N,))
LEAVES = [*MATRICES, ROW, COLUMN, SCALAR, VECTOR]
RNG = np.random.default_rng(7)
VALUES = {leaf: RNG.uniform(0.4, 1.6, leaf.shape) for leaf in LEAVES}


def matrices(depth):
    """Expressions of shape (N, N)."""
    leaf = st.sampled_from([*MATRICES, delta(N)])
    if depth == 0:
        return leaf
    inner = matrices(depth - 1)
    wide = st.one_of(inner, st.sampled_from([ROW, COLUMN, SCALAR, VECTOR, number(2), number(-0.5)]))
    return st.one_of(
        leaf,
        st.builds(plus, inner, wide),
        st.builds(minus, inner, wide),
        st.builds(multiply, inner, wide),
        st.builds(matmul, inner, inner),
        st.builds(transpose, inner),
        st.builds(negate, inner),
        st.builds(scale, st.sampled_from([2, -1, 0.5]), inner),
        st.builds(square, inner),
        st.builds(lambda x: reciprocal(plus(square(x), number(1))), inner),
        st.builds(lambda x: power(x, -1), st.sampled_from(MATRICES)),
        st.builds(lambda x: power(x, 0.5), st.sampled_from(MATRICES)),
        st.builds(sigmoid, inner),
        st.builds(lambda x: softmax(x, 1), inner),
        st.builds(lambda x: exp(negate(square(x))), inner),
        st.builds(lambda x: log(plus(number(1), exp(x))), st.sampled_from(MATRICES)),
        st.builds(lambda x: apply("maximum", x, number(0)), inner),
        st.builds(lambda x, y: multiply(x, apply("greater", y, number(1))), inner, inner),
        st.builds(lambda x, axis: plus(sum_over(x, axis, keepdims=True), x), inner, st.sampled_from([0, 1])),
        st.builds(lambda x, y: multiply(trace(x), y), inner, inner),
        st.builds(lambda x, y: multiply(diagonal(x), y), inner, inner),
        st.builds(lambda x: sum_over(x, 0, keepdims=True), inner).map(lambda x: matmul(COLUMN, x)),
    )


EXPRESSIONS = matrices(3)
SCALARS = EXPRESSIONS.map(sum_over)


def value(expr, values=VALUES):
    return np.asarray(evaluate([expr], values)[0], dtype=float)


def scale_of(expr):
    """Size of the numbers that are added up on the way, to compare where they cancel."""
    absolute = {k: np.abs(v) for k, v in VALUES.items()}
    return 1 + np.abs(value(expr, absolute)).max()


def assert_same_value(before, after):
    assert before.shape == after.shape
    expected, got = value(before), value(after)
    limit = 1e-9 * max(scale_of(before), np.abs(expected).max(), 1)
    usable = np.isfinite(expected) & np.isfinite(got)
    if limit < 1e6:
        np.testing.assert_allclose(got[usable], expected[usable], rtol=1e-8, atol=limit)
