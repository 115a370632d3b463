"""The forward form of every rule agrees with its reverse form, and deltas contract to the gradient."""

import numpy as np
import pytest
from hypothesis import given, settings
from tests.calculus.random_expressions import MATRICES, SCALARS, VALUES, scale_of

from gradproof.calculus.canonical import same
from gradproof.calculus.differential import differential, gradient_of, with_deltas
from gradproof.calculus.differentiate import gradient
from gradproof.expr.broadcast import matmul, multiply, scale, sum_over, trace, transpose
from gradproof.expr.elementwise import square
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import DELTA, OPERATIONS, postorder, symbol

W, X = symbol("W", (3, 4)), symbol("X", (4, 2))
RNG = np.random.default_rng(5)


def test_the_differential_of_the_penalty():
    found = differential(trace(matmul(transpose(W), W)), W)
    assert same(found.value, scale(2, trace(matmul(transpose(W), found.of))))
    assert same(gradient_of(found.value, found.of), scale(2, W))
    assert [s.rule for s in found.steps][:1] == ["product rule"]


def test_the_differential_of_a_matrix_product():
    found = differential(matmul(W, X), W)
    assert same(found.value, matmul(found.of, X))


def test_deltas_stand_before_they_are_contracted():
    found = differential(sum_over(square(W)), W)
    deltas = with_deltas(found.value, found.of)
    assert sum(n.op is DELTA for n in deltas.args) == 2
    assert same(deltas, scale(2, W))


def test_entries_moved_by_a_function_have_no_deltas():
    (sample,) = [s() for s in OPERATIONS["cumsum"].samples]
    found = differential(sum_over(multiply(sample, sample)), sample.args[0])
    assert with_deltas(found.value, found.of) is None


SAMPLES = [(name, k) for name, op in OPERATIONS.items() if op.pullback for k in range(len(op.samples))]


@pytest.mark.parametrize(("name", "k"), SAMPLES)
def test_forward_and_reverse_agree(name, k):
    """⟨g, d f⟩ = ⟨pullback(g), dx⟩ for every operation, from its own samples."""
    op = OPERATIONS[name]
    expr = op.samples[k]()
    leaves = [n for n in postorder(expr) if n.op.name == "symbol"]
    values = {n: RNG.uniform(*op.domain, n.shape) for n in leaves}
    cost = sum_over(expr)
    for leaf, true in zip(leaves, evaluate(gradient(cost, leaves), values), strict=True):
        found = differential(cost, leaf)
        direction = RNG.standard_normal(leaf.shape)
        (moved,) = evaluate([found.value], {**values, found.of: direction})
        np.testing.assert_allclose(moved, np.sum(true * direction), rtol=1e-7, atol=1e-9)


@given(SCALARS)
@settings(max_examples=60)
def test_the_gradient_read_off_the_differential_is_the_gradient(cost):
    a = MATRICES[0]
    found = differential(cost, a)
    (true,) = gradient(cost, [a])
    left, right = evaluate([gradient_of(found.value, found.of), true], VALUES)
    usable = np.isfinite(left) & np.isfinite(right)
    limit = 1e-9 * max(1, np.abs(right[usable]).max(initial=0), scale_of(cost))
    if limit < 1e6:
        np.testing.assert_allclose(left[usable], right[usable], rtol=1e-7, atol=limit)
