"""Gradients that are zero but for rounding."""

import numpy as np

import gradproof as gp


def test_a_gradient_that_is_zero_but_for_rounding_is_not_compared_with_itself():
    rnd = np.random.default_rng(0)
    X = rnd.normal(size=(7, 4))

    def normalised(p):
        Z = X @ p["W"] + p["b"]
        C = Z - Z.mean(axis=0)
        return C, C / np.sqrt((C * C).mean(axis=0))

    def cost(p):
        return np.sum(np.tanh(normalised(p)[1] @ p["V"])) / 7

    def grad(p):
        C, N = normalised(p)
        T = np.tanh(N @ p["V"])
        d = (1 - T**2) / 7
        dN = d @ p["V"].T
        dC = (dN - N * (dN * N).mean(axis=0)) / np.sqrt((C * C).mean(axis=0))
        dZ = dC - dC.mean(axis=0)
        return {"W": X.T @ dZ, "b": dZ.sum(axis=0), "V": N.T @ d}

    params = {"W": rnd.normal(size=(4, 3)), "b": rnd.normal(size=3), "V": rnd.normal(size=(3, 2))}
    for seed in range(4):
        assert gp.check(cost, grad, params, seed=seed).verdict == "correct"
        off = gp.check(cost, lambda p: {k: 7 * g for k, g in grad(p).items()}, params, seed=seed)
        assert off.wrong == ["W", "V"]
