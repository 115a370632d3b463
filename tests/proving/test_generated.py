"""Two hundred generated equations: identities with random parts hold, mutated ones are refuted, and whatever
the verdict is, floats agree with it."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.calculus.random_expressions import EXPRESSIONS, VALUES, scale_of, value

from gradproof.calculus.sampling import evaluated
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
from gradproof.expr.elementwise import exp, power, sigmoid, square
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import delta, number, symbol, symbols
from gradproof.expr.reduction import softmax
from gradproof.proving.decide import decide
from gradproof.proving.proof import as_floats

N = 3
LEAVES = [symbol(name, (N, N)) for name in "ABC"]
PART = st.recursive(
    st.sampled_from([*LEAVES, delta(N)]),
    lambda inner: st.one_of(
        st.builds(plus, inner, inner),
        st.builds(matmul, inner, inner),
        st.builds(multiply, inner, inner),
        st.builds(transpose, inner),
        st.builds(lambda x: scale(-2, x), inner),
        st.builds(lambda x: inv(plus(matmul(x, transpose(x)), delta(N))), inner),
        st.builds(sigmoid, inner),
        st.builds(lambda x: softmax(x, 1), inner),
    ),
    max_leaves=4,
)
LAWS = {
    "distributivity": lambda p, q, r: (matmul(plus(p, q), r), plus(matmul(p, r), matmul(q, r))),
    "transpose of a product": lambda p, q, r: (
        transpose(matmul(matmul(p, q), r)),
        matmul(transpose(r), matmul(transpose(q), transpose(p))),
    ),
    "cyclic trace": lambda p, q, r: (trace(matmul(matmul(p, q), r)), trace(matmul(matmul(q, r), p))),
    "trace as a sum": lambda p, q, r: (trace(matmul(transpose(p), q)), sum_over(multiply(p, q))),
    "binomial": lambda p, q, r: (
        square(minus(p, q)),
        plus(square(p), scale(-2, multiply(p, q)), square(q)),
    ),
    "determinant": lambda p, q, r: (
        linalg("det", matmul(p, q)),
        multiply(linalg("det", p), linalg("det", q)),
    ),
    "diagonal": lambda p, q, r: (diagonal(matmul(p, q)), sum_over(multiply(p, transpose(q)), 1)),
    "sigmoid": lambda p, q, r: (sigmoid(negate(p)), minus(number(1), sigmoid(p))),
    "exponential": lambda p, q, r: (power(exp(p), -1), exp(negate(p))),
    "softmax": lambda p, q, r: (sum_over(softmax(matmul(p, q), 1), 1), sum_over(softmax(r, 1), 1)),
}
SOME = settings(max_examples=10, suppress_health_check=list(HealthCheck), derandomize=True)
MANY = settings(SOME, max_examples=100)


@pytest.mark.parametrize("law", LAWS)
@SOME
@given(p=PART, q=PART, r=PART)
def test_identities_of_random_parts_are_equal(law, p, q, r):
    left, right = LAWS[law](p, q, r)
    proof = decide(left, right, "left", "right")
    assert proof.verdict == "equal", (proof.verdict, proof.reason, left, right)


MUTATIONS = {
    "a factor": lambda x, p: scale(2, x),
    "a sign": lambda x, p: negate(x),
    "a tiny term": lambda x, p: plus(x, scale(1e-13, sum_over(multiply(p, p)))),
    "a square": lambda x, p: square(x),
    "a transpose": lambda x, p: transpose(x),
    "another product": lambda x, p: multiply(x, sum_over(p)),
}


@MANY
@given(p=PART, q=PART, r=PART, law=st.sampled_from(sorted(LAWS)), mutation=st.sampled_from(sorted(MUTATIONS)))
def test_mutated_identities_are_refuted(p, q, r, law, mutation):
    left, right = LAWS[law](p, q, r)
    wrong = MUTATIONS[mutation](right, LEAVES[0])
    proof = decide(left, wrong, "left", "right")
    assert_faithful(proof)
    if not coincides(left, wrong):
        assert proof.verdict == "not equal", (proof.verdict, proof.reason, left, wrong)


def coincides(left, right):
    """Whether floats see no difference at a few points: a transpose of what is symmetric, twice zero."""
    rng = np.random.default_rng(0)
    for _ in range(4):
        values = {x: rng.uniform(-2, 2, x.shape) for x in symbols(left, right)}
        a, b = evaluated([left, right], {}, values)
        if np.abs(a - b).max() > 1e-11 * max(np.abs(a).max(), np.abs(b).max(), 1e-300):
            return False
    return True


def assert_faithful(proof):
    """Floats confirm the verdict: agreement where equal is said, difference at the counterexample."""
    if proof.holds:
        assert coincides(proof.left, proof.right)
    elif proof.counterexample is not None:
        found = proof.counterexample
        assert any(a != b for a, b in zip(found.left.flat, found.right.flat, strict=True))
        leaves = {leaf.name: leaf for leaf in symbols(proof.left, proof.right)}
        values = {leaves[n]: as_floats(a) for n, a in found.values.items()}
        a, b = evaluated([proof.left, proof.right], found.sizes, values)
        np.testing.assert_allclose(a, as_floats(found.left), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(b, as_floats(found.right), rtol=1e-6, atol=1e-6)


@settings(MANY, max_examples=60)
@given(left=EXPRESSIONS, right=EXPRESSIONS)
def test_two_random_expressions_are_never_called_equal_when_floats_differ(left, right):
    proof = decide(left, right, "left", "right")
    a, b = value(left), value(right)
    both = np.isfinite(a) & np.isfinite(b)
    differ = both.any() and np.abs(a - b)[both].max() > 1e-6 * max(scale_of(left), scale_of(right))
    if differ:
        assert not proof.holds
    if proof.holds:
        np.testing.assert_allclose(a[both], b[both], rtol=1e-6, atol=1e-6 * scale_of(left))
    assert VALUES


@settings(MANY, max_examples=20)
@given(expr=EXPRESSIONS)
def test_an_expression_equals_itself_and_not_itself_with_an_addition(expr):
    proof = decide(expr, expr, "left", "right")
    assert proof.verdict in ("equal", "undecided")
    if proof.verdict == "equal":
        other = decide(expr, plus(expr, scale(1e-20, LEAVES[0])), "left", "right")
        assert other.verdict == "not equal"
