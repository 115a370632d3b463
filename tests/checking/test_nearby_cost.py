"""The candidate that is the exact gradient of a nearby cost: the report says of which."""

import numpy as np
import pytest

import gradproof as gp

rnd = np.random.default_rng(11)
X, Y = rnd.normal(size=(5, 6)), rnd.normal(size=(2, 6))
reg = 0.3
START = {"W1": rnd.normal(size=(3, 5)), "b1": rnd.normal(size=(3, 1)), "W2": rnd.normal(size=(2, 3))}


def data(p):
    H = np.tanh(p["W1"] @ X + p["b1"])
    return 0.5 * np.sum((p["W2"] @ H - Y) ** 2) / X.shape[1]


def cost(p):
    return data(p) + 0.5 * reg * (np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2))


def grad(p, shares=(1.0, 0.0, 1.0), scale=1.0):
    H = np.tanh(p["W1"] @ X + p["b1"])
    d = scale * (p["W2"] @ H - Y) / X.shape[1]
    dZ = p["W2"].T @ d * (1 - H**2)
    dW1 = dZ @ X.T + shares[0] * reg * p["W1"]
    db1 = dZ.sum(axis=1, keepdims=True) + shares[1] * reg * p["b1"]
    dW2 = d @ H.T + shares[2] * reg * p["W2"]
    return {"W1": dW1, "b1": db1, "W2": dW2}


def nearby(function, candidate, start=START):
    return gp.check(function, candidate, start, seed=3).nearby_cost


COST = "It is the exact gradient of the cost"
END = "; if that cost was meant, the cost is the wrong side."


@pytest.mark.parametrize(
    ("shares", "scale", "told"),
    [
        ((2, 0, 2), 1, "the cost with reg·(sum(W1²) + sum(W2²)) in place of reg/2·(sum(W1²) + sum(W2²))"),
        ((1, 0, 0.5), 1, "the cost with reg/4·sum(W2²) in place of reg/2·sum(W2²)"),
        ((0, 0, 0), 1, "the cost without reg/2·(sum(W1²) + sum(W2²))"),
        ((1, 1, 1), 1, "the cost with reg/2·sum(b1²) added"),
        ((1, 0, 1), 2, "the cost with its data loss times 2"),
        ((2, 0, 2), 2, "2 times the cost"),
    ],
)
def test_scaled_missing_and_added_parts(shares, scale, told):
    assert nearby(cost, lambda p: grad(p, shares, scale)) == f"It is the exact gradient of {told}{END}"


def test_the_penalty_that_the_cost_lacks():
    told = nearby(data, grad)
    assert told == f"{COST} with reg/2·(sum(W1²) + sum(W2²)) added{END}"


@pytest.mark.parametrize("shares", [(2, 0, 0.5), (-1, 0, 1), (1, 0, -2)])
def test_what_nobody_means_is_not_named(shares):
    assert nearby(cost, lambda p: grad(p, shares)) == ""


def test_every_wrong_gradient_has_to_be_explained():
    def candidate(p):
        found = grad(p, (2, 0, 1))
        found["b1"] = np.tanh(found["b1"])
        return found

    assert nearby(cost, candidate) == ""


def ridge(w):
    return np.sum((X.T @ w - Y[0]) ** 2) + reg * np.sum(w**2)


def test_a_penalty_that_leaves_out_the_first_entry():
    def candidate(w):
        g = 2 * X @ (X.T @ w - Y[0])
        g[1:] += 2 * reg * w[1:]
        return g

    told = nearby(ridge, candidate, rnd.normal(size=5))
    assert told == f"{COST} with its penalty not on the first entry of w{END}"


def test_squares_for_absolute_values():
    def lasso(w):
        return np.sum((X.T @ w - Y[0]) ** 2) + reg * np.sum(np.abs(w))

    told = nearby(lasso, lambda w: 2 * X @ (X.T @ w - Y[0]) + 2 * reg * w, rnd.normal(size=5))
    assert told == f"{COST} with reg·sum(w²) in place of reg·sum(|w|){END}"


def test_a_penalty_summed_entry_by_entry():
    def loops(w):
        total = np.sum((X.T @ w - Y[0]) ** 2)
        for k in range(len(w)):
            total += reg * w[k] ** 2
        return total

    told = nearby(loops, lambda w: 2 * X @ (X.T @ w - Y[0]) + reg * w, rnd.normal(size=5))
    assert told == f"{COST} with reg/2·sum(w²) in place of reg·sum(w²){END}"


def test_a_tiny_penalty():
    def tiny(w):
        return np.sum((X.T @ w - Y[0]) ** 2) + 1e-11 * reg * np.sum(w**2)

    told = nearby(tiny, lambda w: 2 * X @ (X.T @ w - Y[0]), rnd.normal(size=5))
    assert told.startswith("It is the exact gradient of the cost without ")
