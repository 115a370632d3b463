"""Gradients of structured variables against differences in their independent entries."""

import numpy as np
import pytest

from gradproof.calculus.canonical import same
from gradproof.calculus.differentiate import gradient
from gradproof.calculus.hessian import hessian
from gradproof.calculus.step import check_steps
from gradproof.calculus.structured import (
    structure_named,
    structure_tensor,
    structured_gradient,
    structured_hessian,
)
from gradproof.calculus.structures import STRUCTURES
from gradproof.errors import InputError
from gradproof.expr.broadcast import matmul, minus, multiply, plus, scale, sum_over, trace, transpose
from gradproof.expr.complex import absolute, real
from gradproof.expr.elementwise import exp, square
from gradproof.expr.evaluate import evaluate
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import delta, symbol

N = 4
X, A, B = symbol("X", (N, N)), symbol("A", (N, N)), symbol("B", (N, N))
RNG = np.random.default_rng(9)
COST = plus(trace(matmul(A, matmul(X, matmul(X, X)))), sum_over(exp(multiply(B, X))))
VALUES = {A: RNG.normal(size=(N, N)), B: RNG.uniform(0.1, 0.5, (N, N))}


def member(pattern):
    """A random matrix of a structure: the places of each independent entry share one number."""
    value = np.zeros((N, N))
    for i, j in np.ndindex(N, N):
        value += RNG.uniform(0.2, 1) * pattern(i, j)
    return value


def marks(where, sign=1.0):
    def pattern(i, j):
        mask = np.zeros((N, N))
        for k, m in np.ndindex(N, N):
            mask[k, m] = where(i, j, k, m)
        return mask

    return pattern


def single(i, j):
    mask = np.zeros((N, N))
    mask[i, j] = 1
    return mask


# How the matrix changes with the entry at (i, j): zero where no independent entry stands there.
PATTERNS = {
    "symmetric": lambda i, j: np.maximum(single(i, j), single(j, i)),
    "spd": lambda i, j: np.maximum(single(i, j), single(j, i)),
    "correlation": lambda i, j: (single(i, j) + single(j, i)) * (i != j),
    "skew-symmetric": lambda i, j: single(i, j) - single(j, i),
    "diagonal": lambda i, j: single(i, j) * (i == j),
    "lower": lambda i, j: single(i, j) * (i >= j),
    "upper": lambda i, j: single(i, j) * (i <= j),
    "strictly-lower": lambda i, j: single(i, j) * (i > j),
    "strictly-upper": lambda i, j: single(i, j) * (i < j),
    "tridiagonal": lambda i, j: single(i, j) * (abs(i - j) <= 1),
    "toeplitz": marks(lambda i, j, k, m: i - j == k - m),
    "symmetric-toeplitz": marks(lambda i, j, k, m: abs(i - j) == abs(k - m)),
    "hankel": marks(lambda i, j, k, m: i + j == k + m),
}


def test_every_structure_is_tried():
    linear = {s.name for s in STRUCTURES.values() if not s.tangent}
    assert linear - {"hermitian"} == set(PATTERNS)


def difference(cost, values, direction):
    """The slope along a direction, by differences of fourth order."""
    h = 1e-3
    up, down, up2, down2 = (
        float(evaluate([cost], {**values, X: values[X] + k * h * direction})[0]) for k in (1, -1, 2, -2)
    )
    return (8 * (up - down) - (up2 - down2)) / (12 * h)


@pytest.mark.parametrize("name", PATTERNS)
def test_the_gradient_by_independent_entries_agrees_with_differences(name):
    pattern = PATTERNS[name]
    values = {**VALUES, X: member(pattern)}
    found = structured_gradient(COST, X, name)
    measured = np.array([[difference(COST, values, pattern(i, j)) for j in range(N)] for i in range(N)])
    value, plain = evaluate([found.value, found.plain], values)
    np.testing.assert_allclose(value, measured, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(plain, measured, rtol=1e-6, atol=1e-7)
    assert all(c.holds for c in check_steps([*found.steps, *found.rewrites], values))
    assert found.notes[0].endswith(".")


@pytest.mark.parametrize("name", PATTERNS)
def test_the_structure_tensor_says_how_the_matrix_changes_with_an_entry(name):
    (tensor,) = evaluate([structure_tensor(X, name)], {})
    expected = np.array([[PATTERNS[name](i, j) for j in range(N)] for i in range(N)])
    np.testing.assert_array_equal(tensor, np.moveaxis(expected, (0, 1), (2, 3)))


@pytest.mark.parametrize("name", PATTERNS)
def test_the_second_derivative_by_independent_entries(name):
    values = {**VALUES, X: member(PATTERNS[name])}
    (whole,) = evaluate([hessian(COST, X).plain], values)
    tensor = np.moveaxis(
        np.array([[PATTERNS[name](i, j) for j in range(N)] for i in range(N)]), (0, 1), (2, 3)
    )
    expected = np.einsum("klij,klmn,mnpq->ijpq", tensor, whole, tensor)
    found = structured_hessian(COST, X, name)
    np.testing.assert_allclose(evaluate([found.value], values)[0], expected, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(evaluate([found.plain], values)[0], expected, rtol=1e-9, atol=1e-10)


def test_the_forms_of_the_cookbook():
    s, a = symbol("X", ("n", "n"), 0, ("spd",)), symbol("A", ("n", "n"))
    identity = delta("n")
    found = structured_gradient(trace(matmul(a, s)), s, "symmetric").value
    assert same(found, plus(plus(a, transpose(a)), scale(-1, multiply(a, identity))))
    found = structured_gradient(linalg("logdet", s), s, "spd").value
    assert same(found, minus(scale(2, inv(s)), multiply(inv(s), identity)))
    assert same(structured_gradient(trace(matmul(a, s)), s, "diagonal").value, multiply(a, identity))


def test_several_words_are_one_structure():
    assert structure_named(["toeplitz", "symmetric"]).name == "symmetric-toeplitz"
    assert structure_named(["symmetric", "spd"]).name == "spd"
    assert structure_named("Row_Stochastic").name == "row-stochastic"
    with pytest.raises(InputError, match="no structure"):
        structure_named("pretty")
    with pytest.raises(InputError, match="symmetric and upper"):
        structure_named(["upper", "symmetric"])


# --- manifolds ------------------------------------------------------------------------------------------

TALL = symbol("Q", (5, 2))
SPREAD = RNG.normal(size=(5, 2))
WEIGHT = symbol("W", (5, 2))
TANGENTS = {
    "orthogonal": (TALL, np.linalg.qr(SPREAD)[0]),
    "row-stochastic": (TALL, np.full((5, 2), 0.5)),
    "column-stochastic": (TALL, np.full((5, 2), 0.2)),
    "unit-norm": (TALL, SPREAD / np.linalg.norm(SPREAD)),
    "simplex": (symbol("p", (5,)), np.full(5, 0.2)),
}


def tangents(name, value):
    """Derivatives of random curves that stay in the manifold, at the value."""
    for _ in range(4):
        move = RNG.normal(size=value.shape)
        if name == "orthogonal":
            skew, normal = RNG.normal(size=(2, 2)), np.eye(5) - value @ value.T
            yield value @ (skew - skew.T) + normal @ move
        elif name == "unit-norm":
            yield move - np.sum(move * value) * value
        else:
            axis = {"row-stochastic": 1, "column-stochastic": 0, "simplex": 0}[name]
            yield move - move.mean(axis=axis, keepdims=True)


@pytest.mark.parametrize("name", TANGENTS)
def test_the_gradient_on_a_manifold_is_tangent_and_gives_every_tangent_slope(name):
    leaf, value = TANGENTS[name]
    weight = symbol("W", leaf.shape)
    cost = sum_over(exp(multiply(weight, leaf)))
    values = {leaf: value, weight: RNG.normal(size=leaf.shape)}
    found = structured_gradient(cost, leaf, name)
    riemannian, euclidean = evaluate([found.value, gradient(cost, [leaf])[0]], values)
    directions = list(tangents(name, value))
    for tangent in directions:
        assert np.sum(riemannian * tangent) == pytest.approx(np.sum(euclidean * tangent))
    if name == "orthogonal":
        np.testing.assert_allclose(value.T @ riemannian + riemannian.T @ value, 0, atol=1e-12)
    elif name == "unit-norm":
        assert np.sum(riemannian * value) == pytest.approx(0, abs=1e-12)
    else:
        axis = {"row-stochastic": 1, "column-stochastic": 0, "simplex": 0}[name]
        np.testing.assert_allclose(riemannian.sum(axis=axis), 0, atol=1e-12)
    assert all(c.holds for c in check_steps([*found.steps, *found.rewrites], values))
    with pytest.raises(InputError, match="no linear space"):
        structured_hessian(cost, leaf, name)
    with pytest.raises(InputError, match="no linear space"):
        structure_tensor(leaf, name)


def test_the_gradient_by_logits_and_in_the_affine_invariant_metric():
    p, w = symbol("p", (5,)), symbol("w", (5,))
    logits = RNG.normal(size=5)
    value = np.exp(logits) / np.exp(logits).sum()
    weights = RNG.normal(size=5)
    (found,) = evaluate(
        [structured_gradient(sum_over(multiply(w, p)), p, "softmax").value], {p: value, w: weights}
    )
    np.testing.assert_allclose(found, value * weights - value * (value @ weights))
    s = symbol("S", ("n", "n"), 0, ("spd",))
    assert same(structured_gradient(linalg("logdet", s), s, "affine-invariant").value, s)


def test_a_hermitian_variable():
    m, w = symbol("Z", (3, 3), 0, ("complex",)), symbol("C", (3, 3), 0, ("complex",))
    cost = plus(real(sum_over(multiply(w, m))), sum_over(square(absolute(matmul(m, w)))))
    weights = RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3))
    value = weights + weights.conj().T
    values = {m: value, w: RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3))}
    found = structured_gradient(cost, m, "hermitian")
    (gradient_,) = evaluate([found.value], values, np.complex128)
    h = 1e-5
    for i, j in np.ndindex(3, 3):
        slopes = []
        for unit in (1, 1j):
            step = np.zeros((3, 3), complex)
            step[i, j], step[j, i] = unit, np.conj(unit)
            if i == j:
                step[i, i] = unit.real
            up, down = (
                evaluate([cost], {**values, m: value + k * h * step}, np.complex128)[0] for k in (1, -1)
            )
            slopes.append((up - down) / (2 * h))
        assert gradient_[i, j] == pytest.approx(slopes[0] + 1j * slopes[1], rel=1e-5, abs=1e-6)
    assert all(c.holds for c in check_steps([*found.steps, *found.rewrites], values))


def test_a_variable_of_the_wrong_shape_is_refused():
    with pytest.raises(InputError, match="square matrix"):
        structured_gradient(sum_over(TALL), TALL, "symmetric")
    with pytest.raises(InputError, match="vector"):
        structured_gradient(sum_over(TALL), TALL, "simplex")
