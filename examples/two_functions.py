"""A cost and its gradient as two functions of the parameters: ridge regression with an intercept."""

import numpy as np

rng = np.random.default_rng(0)
X, y, lambd = rng.standard_normal((20, 3)), rng.standard_normal(20), 0.1


def cost(params):
    residual = X @ params["w"] + params["b"] - y
    return np.mean(residual**2) + lambd * np.sum(params["w"] ** 2)


def grad(params):
    residual = X @ params["w"] + params["b"] - y
    return {
        "w": 2 * X.T @ residual / len(y) + lambd * params["w"],
        "b": 2 * np.mean(residual),
    }


def example():
    return {"params": {"w": np.array([0.5, -0.3, 0.8]), "b": 0.1}}
