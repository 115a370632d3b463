"""Gradients by complex variables against differences in their real and imaginary parts."""

import numpy as np
import pytest
from tests.calculus.operation_samples import COMPLEX

from gradproof.calculus.canonical import same
from gradproof.calculus.differential import differential
from gradproof.calculus.differentiate import gradient
from gradproof.calculus.jacobian import jacobian
from gradproof.calculus.step import check_steps
from gradproof.calculus.wirtinger import (
    by_conjugate,
    by_variable,
    complex_gradient,
    conjugate,
    is_real_valued,
)
from gradproof.errors import InputError
from gradproof.expr.broadcast import dot, matmul, minus, multiply, negate, plus, scale, sum_over, transpose
from gradproof.expr.complex import IMAGINARY, absolute, angle, conj, hermitian, imag, real
from gradproof.expr.elementwise import exp, log, square
from gradproof.expr.evaluate import evaluate
from gradproof.expr.kinds import is_complex
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import postorder, symbol, symbols

COMPLEX_FACT = ("complex",)
z, b, a = (
    symbol("z", (3,), 0, COMPLEX_FACT),
    symbol("b", (3,), 0, COMPLEX_FACT),
    symbol("a", (), 0, COMPLEX_FACT),
)
A, H = symbol("A", (3, 3), 0, COMPLEX_FACT), symbol("H", (3, 3), 0, ("complex", "hermitian"))
x, R = symbol("x", (3,)), symbol("R", (3, 3))
RNG = np.random.default_rng(4)


def some(shape):
    return RNG.uniform(0.3, 1.2, shape) + 1j * RNG.uniform(0.2, 1.1, shape)


VALUES = {s: some(s.shape) for s in (z, b, a, A)} | {x: RNG.uniform(0.5, 1.5, 3), R: RNG.normal(size=(3, 3))}
VALUES[H] = VALUES[A] + VALUES[A].conj().T
RESIDUAL = minus(a, dot(conj(z), b))


def at(expr, values=VALUES):
    return np.asarray(evaluate([expr], values, np.complex128)[0])


def parts(cost, leaf, values=VALUES):
    """∂f/∂Re and ∂f/∂Im by central differences of fourth order."""
    h = 1e-3
    found = []
    for unit in (1, 1j):
        slopes = np.zeros(leaf.shape, complex)
        for place in np.ndindex(leaf.shape):
            step = np.zeros(leaf.shape, complex)
            step[place] = h * unit
            shifted = [at(cost, {**values, leaf: values[leaf] + k * step}) for k in (1, -1, 2, -2)]
            slopes[place] = (8 * (shifted[0] - shifted[1]) - (shifted[2] - shifted[3])) / (12 * h)
        found.append(slopes)
    return found


REAL = {
    "squared residual": square(absolute(RESIDUAL)),
    "squared residual by conjugates": multiply(conj(RESIDUAL), RESIDUAL),
    "quadratic form": real(dot(conj(z), matmul(A, z))),
    "Hermitian form": dot(conj(z), matmul(H, z)),
    "norm": sum_over(absolute(z)),
    "imaginary part of an exponential": imag(sum_over(exp(multiply(b, z)))),
    "angle": angle(dot(b, z)),
    "log determinant": log(absolute(linalg("det", plus(A, multiply(z, b))))),
    "inverse": square(absolute(dot(b, matmul(inv(plus(A, multiply(z, b))), b)))),
    "weighted absolute values": real(multiply(a, absolute(dot(b, z)))),
    "real weights": sum_over(multiply(x, real(multiply(IMAGINARY, z)))),
}


@pytest.mark.parametrize("name", REAL)
def test_the_gradient_is_the_derivative_by_the_real_part_plus_i_times_that_by_the_imaginary_part(name):
    cost = REAL[name]
    found = complex_gradient(cost, z)
    by_re, by_im = parts(cost, z)
    np.testing.assert_allclose(at(found.value), by_re + 1j * by_im, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(at(found.plain), by_re + 1j * by_im, rtol=1e-6, atol=1e-7)
    assert all(c.holds for c in check_steps([*found.steps, *found.rewrites], VALUES))
    assert "2 ∂f/∂z̄" in found.notes[0]


@pytest.mark.parametrize(("operation", "sample"), COMPLEX)
def test_every_operation_on_complex_arguments_agrees_with_differences(operation, sample):
    weight = symbol("weight", sample.shape, 0, COMPLEX_FACT)
    cost = real(sum_over(multiply(weight, sample)))
    drawn = {
        s: some(s.shape) if is_complex(s) else RNG.uniform(*operation.domain, s.shape) for s in symbols(cost)
    }
    for leaf in symbols(sample):
        by_re, by_im = parts(cost, leaf, drawn)
        expected = by_re + 1j * by_im if is_complex(leaf) else by_re
        found = complex_gradient(cost, leaf)
        np.testing.assert_allclose(at(found.value, drawn), expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(at(found.plain, drawn), expected, rtol=1e-5, atol=1e-6)


def test_the_gradient_by_a_real_variable_is_real():
    cost = square(absolute(dot(x, matmul(A, z))))
    found = complex_gradient(cost, x)
    h = 1e-4
    up, down = ({**VALUES, x: VALUES[x] + np.array([s * h, 0, 0])} for s in (1, -1))
    assert np.isrealobj(evaluate([found.value], VALUES)[0])
    np.testing.assert_allclose(at(gradient(cost, [x])[0]), at(found.value))
    np.testing.assert_allclose(at(found.value)[0], (at(cost, up) - at(cost, down)) / (2 * h), rtol=1e-6)


def test_the_textbook_forms():
    assert same(complex_gradient(REAL["squared residual"], z).value, multiply(scale(-2, conj(RESIDUAL)), b))
    assert same(complex_gradient(REAL["Hermitian form"], z).value, scale(2, matmul(H, z)))
    assert same(complex_gradient(sum_over(square(absolute(z))), z).value, scale(2, z))


WIRTINGER = {
    "holomorphic": dot(b, z),
    "squared norm": dot(conj(z), z),
    "product": multiply(dot(conj(z), b), square(dot(b, z))),
    "imaginary part": imag(dot(b, z)),
    "absolute value": absolute(dot(b, z)),
    "exponential of the conjugate": sum_over(exp(multiply(conj(z), square(z)))),
    "real times complex": multiply(real(dot(b, z)), dot(b, matmul(A, z))),
}


@pytest.mark.parametrize("name", WIRTINGER)
def test_derivatives_by_z_and_by_its_conjugate(name):
    output = WIRTINGER[name]
    by_re, by_im = parts(output, z)
    for found, expected in (
        (by_variable(output, z), (by_re - 1j * by_im) / 2),
        (by_conjugate(output, z), (by_re + 1j * by_im) / 2),
    ):
        np.testing.assert_allclose(at(found.value), expected, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(at(found.plain), expected, rtol=1e-6, atol=1e-7)
        assert all(c.holds for c in check_steps([*found.steps, *found.rewrites], VALUES))


def test_what_a_function_does_not_depend_on():
    assert not symbols(by_conjugate(dot(b, z), z).value)
    assert by_variable(a, z).value.shape == (3,)


def test_the_differential_of_the_conjugate_transpose():
    m = symbol("X", ("m", "n"), 0, COMPLEX_FACT)
    found = differential(hermitian(m), m)
    assert same(found.value, transpose(conj(found.of)))


def test_a_complex_cost_has_no_gradient():
    with pytest.raises(InputError, match="complex-valued") as refused:
        complex_gradient(dot(b, z), z)
    assert "real part" in str(refused.value)
    with pytest.raises(InputError, match="scalar"):
        complex_gradient(z, z)
    with pytest.raises(InputError, match="scalar"):
        by_variable(z, z)


def test_a_holomorphic_function_has_a_jacobian_and_others_have_none():
    found = jacobian(exp(matmul(A, z)), z).value
    expected = np.exp(VALUES[A] @ VALUES[z])[:, None] * VALUES[A]
    np.testing.assert_allclose(at(found), expected)
    for output in (conj(z), multiply(absolute(z), z)):
        with pytest.raises(InputError, match="conjugate"):
            jacobian(output, z)


def test_what_is_real():
    assert is_real_valued(multiply(conj(a), a))
    assert is_real_valued(dot(conj(z), matmul(H, z)))
    assert is_real_valued(plus(a, conj(a)))
    assert not is_real_valued(dot(conj(z), matmul(A, z)))
    assert is_real_valued(multiply(IMAGINARY, minus(a, conj(a))))
    assert conjugate(negate(IMAGINARY)) is IMAGINARY or same(conjugate(negate(IMAGINARY)), IMAGINARY)
    assert not any(n.op.name == "conj" for n in postorder(conjugate(conj(z))))
