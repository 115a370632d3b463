"""Norms, normalisation and short names against NumPy."""

from fractions import Fraction

import numpy as np
import pytest

from gradproof.errors import InputError, ShapeError
from gradproof.expr import activations, norms, patterned, shorthand
from gradproof.expr.evaluate import evaluate
from gradproof.expr.inverses import adj, lstsq, pinv, projection
from gradproof.expr.kronecker import khatri_rao, kron, kron_sum, ravel, unvec, vec
from gradproof.expr.matrix_functions import mpow
from gradproof.expr.node import symbol
from gradproof.expr.normalization import batchnorm, layernorm, log_softmax, mean, std, var
from gradproof.expr.ordering import diff, sort
from gradproof.expr.singular import cond, schatten
from gradproof.expr.sizes import with_sizes

RNG = np.random.default_rng(5)
X, Y, S = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4)), RNG.normal(size=(3, 3))
V, W = RNG.normal(size=4), RNG.normal(size=3)
SIZES = {"m": 3, "n": 4}
x, y, s = symbol("X", ("m", "n")), symbol("Y", ("m", "n")), symbol("S", ("m", "m"))
v, w = symbol("v", ("n",)), symbol("w", ("m",))


def value(expr):
    bound = with_sizes([expr, x, y, s, v, w], SIZES)
    values = {bound[k]: a for k, a in zip((x, y, s, v, w), (X, Y, S, V, W), strict=True)}
    return evaluate([bound[expr]], values)[0]


@pytest.mark.parametrize("order", [None, 1, 2, np.inf, -np.inf, 3, 0, 0.5])
def test_norms_of_vectors(order):
    np.testing.assert_allclose(value(norms.norm(v, order)), np.linalg.norm(V, order), rtol=1e-12)
    np.testing.assert_allclose(
        value(norms.norm(x, order, axis=1)), np.linalg.norm(X, order, axis=1), rtol=1e-12
    )


@pytest.mark.parametrize("order", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_norms_of_matrices(order):
    np.testing.assert_allclose(value(norms.norm(x, order)), np.linalg.norm(X, order), rtol=1e-12)


def test_unknown_norms_are_refused():
    with pytest.raises(InputError, match="'spam'"):
        norms.norm(x, "spam")
    with pytest.raises(InputError, match="'nuc'"):
        norms.norm(v, "nuc")
    with pytest.raises(InputError, match="order 3"):
        norms.norm(x, 3)


def kr(a, b):
    return np.stack([np.kron(a[:, j], b[:, j]) for j in range(a.shape[1])], axis=1)


CASES = {
    "l21": (norms.l21(x), np.linalg.norm(X, axis=1).sum()),
    "l12": (norms.l12(x), np.linalg.norm(np.abs(X).sum(1))),
    "schatten": (schatten(x, 2), np.linalg.norm(X)),
    "cond": (cond(x), np.linalg.cond(X)),
    "mean": (mean(x), X.mean()),
    "mean of an axis": (mean(x, 0, keepdims=True), X.mean(0, keepdims=True)),
    "var": (var(x, 1, ddof=1), X.var(1, ddof=1)),
    "std": (std(x, 0), X.std(0)),
    "layernorm": (layernorm(x), (X - X.mean(1, keepdims=True)) / np.sqrt(X.var(1, keepdims=True) + 1e-5)),
    "batchnorm": (batchnorm(x), (X - X.mean(0)) / np.sqrt(X.var(0) + 1e-5)),
    "log_softmax": (log_softmax(x), X - np.log(np.exp(X).sum(1, keepdims=True))),
    "adj": (adj(s), np.linalg.det(S) * np.linalg.inv(S)),
    "pinv": (pinv(x), np.linalg.pinv(X)),
    "lstsq": (lstsq(x, w), np.linalg.lstsq(X, W, rcond=None)[0]),
    "projection": (projection(x), X @ np.linalg.pinv(X)),
    "mpow 0": (mpow(s, 0), np.eye(3)),
    "mpow 3": (mpow(s, 3), np.linalg.matrix_power(S, 3)),
    "mpow -2": (mpow(s, -2), np.linalg.matrix_power(S, -2)),
    "mpow 11": (mpow(s, 11), np.linalg.matrix_power(S, 11)),
    "kron": (kron(x, y), np.kron(X, Y)),
    "kron of vectors": (kron(v, w), np.kron(V, W)),
    "khatri_rao": (khatri_rao(x, y), kr(X, Y)),
    "kron_sum": (kron_sum(s, s), np.kron(S, np.eye(3)) + np.kron(np.eye(3), S)),
    "vec": (vec(x), X.ravel(order="F")),
    "ravel": (ravel(x), X.ravel()),
    "unvec": (unvec(vec(x), "m", "n"), X),
    "tril": (patterned.tril(x, 1), np.tril(X, 1)),
    "triu": (patterned.triu(x, -1), np.triu(X, -1)),
    "outer": (shorthand.outer(v, w), np.outer(V, W)),
    "inner": (shorthand.inner(x, y), np.sum(X * Y)),
    "dg": (shorthand.dg(v), np.diag(V)),
    "diagonal": (shorthand.dg(s), np.diag(S)),
    "prod": (shorthand.prod(x, 1), X.prod(1)),
    "amax": (shorthand.amax(x), X.max()),
    "amin": (shorthand.amin(x, 0), X.min(0)),
    "cumsum": (shorthand.cumsum(x, 0), np.cumsum(X, 0)),
    "block": (shorthand.block([[x, s], [x, s]]), np.block([[X, S], [X, S]])),
    "stack": (shorthand.stack([x, y], 1), np.stack([X, Y], 1)),
    "vstack": (shorthand.vstack([x, v]), np.vstack([X, V])),
    "hstack": (shorthand.hstack([v, w]), np.hstack([V, W])),
    "sort": (sort(x, 0), np.sort(X, 0)),
    "diff": (diff(x), np.diff(X)),
    "softsign": (activations.softsign(x), X / (1 + np.abs(X))),
    "hinge": (activations.hinge(x), np.maximum(1 - X, 0)),
    "clip": (activations.clip(x, -0.5, 0.25), np.clip(X, -0.5, 0.25)),
    "step": (activations.step(x), X > 0),
    "log_sigmoid": (activations.log_sigmoid(x), -np.log1p(np.exp(-X))),
    "elu": (activations.elu(x, 2), np.where(X > 0, X, 2 * np.expm1(X))),
}


@pytest.mark.parametrize("name", CASES)
def test_values_agree_with_numpy(name):
    expr, expected = CASES[name]
    np.testing.assert_allclose(value(expr), expected, rtol=1e-10, atol=1e-12)


def test_special_functions_agree_with_scipy():
    special = pytest.importorskip("scipy.special")
    a = symbol("a")
    for expr, expected in (
        (activations.multigammaln(a, 3), special.multigammaln(2.5, 3)),
        (activations.betaln(a, a), special.betaln(2.5, 2.5)),
        (activations.digamma(a), special.digamma(2.5)),
    ):
        np.testing.assert_allclose(evaluate([expr], {a: np.float64(2.5)})[0], expected, rtol=1e-12)


def test_a_power_that_is_no_product_is_refused_or_rooted():
    assert mpow(s, Fraction(1, 2)).op.name == "sqrtm"
    assert mpow(s, symbol("k")).op.name == "matrix_power"
    with pytest.raises(InputError, match="logm"):
        mpow(s, 0.3)
    with pytest.raises(ShapeError, match="square"):
        mpow(x, 2)
