"""The forward form of every rule agrees with its reverse form, and deltas contract to the gradient."""

import numpy as np
import pytest
from hypothesis import given, settings
from tests.calculus.operation_samples import REAL
from tests.calculus.random_expressions import MATRICES, SCALARS, VALUES, scale_of

from gradproof.calculus.canonical import same
from gradproof.calculus.differential import (
    differential,
    gradient_of,
    plain_differential,
    second_differential,
    with_deltas,
)
from gradproof.calculus.differentiate import gradient
from gradproof.calculus.step import check_steps
from gradproof.expr.broadcast import matmul, multiply, plus, scale, sum_over, trace, transpose
from gradproof.expr.elementwise import square
from gradproof.expr.evaluate import evaluate
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import DELTA, OPERATIONS, postorder, symbol, symbols

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


@pytest.mark.parametrize(("operation", "expr"), REAL)
def test_forward_and_reverse_agree(operation, expr):
    """⟨g, d f⟩ = ⟨pullback(g), dx⟩ for every operation, from its own samples."""
    op = operation
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


# --- total differentials, as the textbooks print them -----------------------------------------------------

Y, Z = symbol("Y", ("m", "n")), symbol("Z", ("n", "p"))
S = symbol("S", ("n", "n"))


def test_the_differential_of_a_product_of_two_variables():
    found = differential(matmul(Y, Z), [Y, Z])
    dy, dz = found.variables[Y], found.variables[Z]
    assert (dy.name, dz.name) == ("dY", "dZ")
    assert same(found.value, plus(matmul(dy, Z), matmul(Y, dz)))
    assert all(c.holds for c in check_steps([*found.steps, *found.rewrites]))


def test_the_differential_of_the_determinant_and_of_the_inverse():
    found = differential(linalg("det", S), S)
    assert same(found.value, multiply(linalg("det", S), trace(matmul(inv(S), found.of))))
    assert "Jacobi's formula" in [s.rule for s in found.steps]
    found = differential(inv(S), S)
    assert found.value.args[0].attrs[0] == -1
    assert same(found.value, scale(-1, matmul(matmul(inv(S), found.of), inv(S))))


def test_the_second_differential_of_the_log_determinant():
    for leaf in (S, symbol("S", ("n", "n"), 0, ("spd",))):
        found = second_differential(linalg("logdet", leaf), leaf)
        turn = matmul(inv(leaf), found.of)
        assert same(found.value, scale(-1, trace(matmul(turn, turn))))
        assert all(c.holds for c in check_steps([*found.steps, *found.rewrites]))


def test_the_second_differential_by_two_variables():
    found = second_differential(matmul(Y, Z), [Y, Z])
    assert same(found.value, scale(2, matmul(found.variables[Y], found.variables[Z])))


def test_the_plain_differential_is_the_differential():
    cost = sum_over(square(matmul(W, X)))
    found = differential(cost, [W, X])
    plain = plain_differential(cost, found.variables)
    values = {s: RNG.normal(size=s.shape) for s in symbols(plain)}
    np.testing.assert_allclose(*evaluate([found.value, plain], values))
