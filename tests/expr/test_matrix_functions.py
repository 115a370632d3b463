"""Matrix functions against SciPy, their derivatives as people write them, and Kronecker identities."""

import numpy as np
import pytest

from gradproof.calculus.differentiate import pullback
from gradproof.expr import matrix_values
from gradproof.expr.broadcast import matmul, scale, trace, transpose
from gradproof.expr.commuting import is_function_of
from gradproof.expr.evaluate import evaluate
from gradproof.expr.facts import is_symmetric
from gradproof.expr.kronecker import as_kron, as_vec, kron, kron_sum, vec, without_merges
from gradproof.expr.linalg import inv
from gradproof.expr.matrix_functions import cosm, expm, frechet, logm, mpow, sinm, sqrtm
from gradproof.expr.node import delta, number, postorder, symbol
from gradproof.expr.product import add
from gradproof.expr.singular import nuclear, sv_max
from gradproof.expr.spectral import lam_max

RNG = np.random.default_rng(3)
x, a = symbol("X", ("n", "n")), symbol("A", ("n", "n"))


def gradient(cost, wrt=x):
    return pullback(cost, number(1), [wrt])[wrt]


def names(expr):
    return {n.op.name for n in postorder(expr)}


@pytest.mark.parametrize("name", ["expm", "sinm", "cosm", "sinhm", "coshm", "sqrtm", "logm"])
def test_values_agree_with_scipy(name):
    linalg = pytest.importorskip("scipy.linalg")
    for n in range(1, 6):
        matrix = RNG.normal(size=(n, n))
        if name in ("sqrtm", "logm"):
            matrix = matrix @ matrix.T + 0.1 * np.eye(n)
        found, expected = getattr(matrix_values, name)(matrix), getattr(linalg, name)(matrix)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12 * np.linalg.norm(expected))


def test_a_matrix_without_a_real_root_gives_nan():
    with np.errstate(all="ignore"):
        (root,) = evaluate([sqrtm(symbol("S", (2, 2)))], {symbol("S", (2, 2)): np.diag([1.0, -2.0])})
    assert np.isnan(root).all()


def test_the_derivative_in_a_direction_agrees_with_scipy():
    linalg = pytest.importorskip("scipy.linalg")
    m, e = RNG.normal(size=(2, 3, 3))
    s, d = symbol("S", (3, 3)), symbol("D", (3, 3))
    (found,) = evaluate([frechet("expm", s, d)], {s: m, d: 1e6 * e})
    np.testing.assert_allclose(found, 1e6 * linalg.expm_frechet(m, e)[1], rtol=1e-10)


@pytest.mark.parametrize(
    ("cost", "closed"),
    [
        (trace(sinm(x)), {"cosm"}),
        (trace(expm(x)), {"expm"}),
        (trace(logm(x)), {"inv"}),
        (trace(matmul(x, expm(x))), {"expm"}),
        (trace(matmul(matmul(x, x), cosm(x))), {"sinm", "cosm"}),
        (trace(mpow(x, symbol("k"))), {"matrix_power"}),
        (scale(3, trace(expm(transpose(x)))), {"expm"}),
    ],
)
def test_traces_of_functions_have_closed_gradients(cost, closed):
    found = names(gradient(cost))
    assert closed <= found
    assert not any("frechet" in name for name in found)


def test_other_costs_need_the_derivative_in_a_direction():
    assert "expm_frechet" in names(gradient(trace(matmul(a, expm(x)))))


def test_what_commutes():
    kinds = {"expm", "inv"}
    assert is_function_of(add(matmul(x, x), delta("n"), expm(scale(2, inv(x)))), x, kinds)
    assert is_function_of(transpose(matmul(x, x)), transpose(x), kinds)
    assert not is_function_of(transpose(x), x, kinds)
    assert not is_function_of(matmul(x, transpose(x)), x, kinds)
    assert not is_function_of(a, x, kinds)
    assert not is_function_of(cosm(x), x, kinds)


def test_gradients_of_spectra():
    spd = symbol("A", ("n", "n"), facts=("spd",))
    assert names(gradient(lam_max(spd), spd)) == {"symbol", "v_max", "product"}
    assert "real" in names(gradient(lam_max(x)))
    assert "polar" in names(gradient(nuclear(symbol("Z", ("m", "n"))), symbol("Z", ("m", "n"))))
    assert "sv_uv" in names(gradient(sv_max(symbol("Z", ("m", "n"))), symbol("Z", ("m", "n"))))


def test_what_is_visibly_symmetric():
    z, spd = symbol("Z", ("m", "n")), symbol("S", ("m", "m"), facts=("spd",))
    gram = matmul(transpose(z), z)
    weighted = matmul(matmul(transpose(z), spd), z)
    for matrix in (gram, weighted, add(gram, delta("n")), add(x, transpose(x)), inv(gram), delta("n"), spd):
        assert is_symmetric(matrix)
    for matrix in (x, matmul(x, x), matmul(x, transpose(a)), z, add(x, transpose(a)), expm(x)):
        assert not is_symmetric(matrix)


def test_kronecker_identities_need_no_rules():
    b, c, d, e = (
        symbol(n, s) for n, s in zip("BCDE", (("m", "n"), ("p", "q"), ("n", "r"), ("q", "s")), strict=True)
    )
    left, right = as_kron(without_merges(matmul(kron(b, c), kron(d, e))))
    assert (left, right) == (matmul(b, d), matmul(c, e))
    assert as_kron(without_merges(transpose(kron(b, c)))) == (transpose(b), transpose(c))
    assert as_kron(without_merges(scale(2, kron(b, c)))) == (scale(2, b), c)
    assert as_kron(kron_sum(x, a)) is None
    y = symbol("Y", ("q", "n"))
    assert as_vec(without_merges(matmul(kron(b, c), vec(y)))) is not None
    assert "merge_axes" not in names(without_merges(trace(kron(a, x))))
    assert without_merges(matmul(kron(b, c), symbol("v", ("n*q",)))) is matmul(
        kron(b, c), symbol("v", ("n*q",))
    )
    assert not names(gradient(trace(kron(a, x)))) & {"merge_axes", "split_axes"}
