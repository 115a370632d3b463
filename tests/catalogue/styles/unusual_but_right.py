"""Right gradients that look odd: kinks, dead units, float32, changed inputs, epsilons, unused parameters."""
import numpy as np

rnd = np.random.RandomState(44)
X = rnd.randn(6, 4)
Y = (rnd.rand(6, 1) > 0.5) * 1.0


def parts(W1, W2, inputs=X):
    H = np.maximum(inputs @ W1, 0)
    return H, H @ W2


def kink_cost(p):
    inputs = np.vstack([X, np.zeros((1, 4))])   # a sample of zeros sits on every kink
    H, out = parts(p["W1"], p["W2"], inputs)
    return np.sum(out ** 2) / 7


def kink_grad(p):
    inputs = np.vstack([X, np.zeros((1, 4))])
    H, out = parts(p["W1"], p["W2"], inputs)
    d = 2 * out / 7
    return {"W1": inputs.T @ (d @ p["W2"].T * (H > 0)), "W2": H.T @ d}


def kinks():
    return {"cost": kink_cost, "grad": kink_grad, "params": {"W1": rnd.randn(4, 5), "W2": rnd.randn(5, 1)}}


def dead_cost(p):
    H = np.maximum(0, X @ p["W"] + p["b"])
    return H.sum() + 0.5 * np.sum(p["W"] ** 2)


def dead_grad(p):
    alive = (X @ p["W"] + p["b"]) > 0
    return {"W": X.T @ alive + p["W"], "b": alive.sum(0)}


def dead_units():
    b = rnd.randn(5)
    b[:3] = -50.0
    return {"cost": dead_cost, "grad": dead_grad, "params": {"W": rnd.randn(4, 5), "b": b}}


X32, Y32 = X.astype(np.float32), Y.astype(np.float32)


def single_cost(p):
    z = X32 @ p["w"] + p["b"]
    return np.mean(np.log(1 + np.exp(z)) - Y32 * z)


def rounded_cost(p):
    z = (X32 @ p["w"] + p["b"]).astype(np.float32)
    return np.mean(np.log(1 + np.exp(z)) - Y32 * z, dtype=np.float32)


def single_grad(p):
    z = (X32 @ p["w"] + p["b"]).astype(np.float32)
    d = (1 / (1 + np.exp(-z)) - Y32) / np.float32(len(X32))
    return {"w": (X32.T @ d).astype(np.float32), "b": d.sum(axis=0).astype(np.float32)}


def single_precision():
    return {"cost": single_cost, "grad": single_grad,
            "params": {"w": rnd.randn(4, 1).astype(np.float32), "b": rnd.randn(1).astype(np.float32)}}


def rounded_on_the_way():
    return {**single_precision(), "cost": rounded_cost}


def greedy_cost(p):
    w = p["w"]
    w -= w.mean()            # changes what it was given
    w *= 2.0
    return np.sum(np.tanh(X @ w))


def greedy_grad(p):
    w = p["w"]
    c = 2 * (w - w.mean())
    g = 2 * X.T @ (1 - np.tanh(X @ c) ** 2)
    return {"w": g - g.mean()}


def mutating():
    return {"cost": greedy_cost, "grad": greedy_grad, "params": {"w": rnd.randn(4)}}


def eps_cost(w):
    A = 1 / (1 + np.exp(-X @ w))
    return -np.mean(Y * np.log(A + 1e-8) + (1 - Y) * np.log(1 - A + 1e-8))


def eps_grad(w):
    A = 1 / (1 + np.exp(-X @ w))
    dA = -Y / (A + 1e-8) + (1 - Y) / (1 - A + 1e-8)
    return X.T @ (dA * A * (1 - A)) / len(X)


def epsilon():
    return {"cost": eps_cost, "grad": eps_grad, "params": rnd.randn(4, 1)}


def clip_cost(w):
    A = np.clip(1 / (1 + np.exp(-X @ w)), 1e-7, 1 - 1e-7)
    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))


def clip_grad(w):
    A = np.clip(1 / (1 + np.exp(-X @ w)), 1e-7, 1 - 1e-7)
    return X.T @ (A - Y)


def clipped():
    return {"cost": clip_cost, "grad": clip_grad, "params": rnd.randn(4, 1)}


def partial_cost(p):
    return np.sum(p["used"][1:3] ** 3) + p["used"][0] * 2.0


def partial_grad(p):
    g = np.zeros_like(p["used"])
    g[1:3] = 3 * p["used"][1:3] ** 2
    g[0] = 2.0
    return {"used": g, "unused": np.zeros_like(p["unused"])}


def unused_parameter():
    return {"cost": partial_cost, "grad": partial_grad, "params": {"used": rnd.randn(5), "unused": rnd.randn(2, 3)}}


def noisy_cost(p):
    rng = np.random.RandomState(1)
    keep = rng.rand(6, 5) < 0.8
    H = np.tanh(X @ p["W"]) * keep / 0.8
    return np.sum(H * H)


def noisy_grad(p):
    rng = np.random.RandomState(1)
    keep = rng.rand(6, 5) < 0.8
    T = np.tanh(X @ p["W"])
    return {"W": X.T @ (2 * T * keep / 0.64 * (1 - T ** 2))}


def dropout():
    return {"cost": noisy_cost, "grad": noisy_grad, "params": {"W": rnd.randn(4, 5)}}


def max_cost(W):
    return np.sum((X @ W).max(axis=1)) + np.abs(W).max()


def max_grad(W):
    S = X @ W
    G = X.T @ (S == S.max(axis=1, keepdims=True)).astype(float)
    k = np.unravel_index(np.argmax(np.abs(W)), W.shape)
    G[k] += np.sign(W[k])
    return G


def maxima():
    return {"cost": max_cost, "grad": max_grad, "params": rnd.randn(4, 3)}


def problem():
    return kinks()


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="w b")
CASES = style.cases

for each in ("dead_units", "single_precision", "rounded_on_the_way", "mutating", "epsilon", "clipped", "unused_parameter", "dropout", "maxima"):
    style.sound(each, problem=each)
style.wrong(
    "dropout_scale_once",
    ("keep / 0.64", "keep / 0.8"),
    blame={"W": Blame("wrong-factor", factor="0.8|4/5")},
    problem="dropout",
)
style.wrong(
    "dropout_of_another_draw",
    ("    keep = rng.rand(6, 5) < 0.8\n    T =", "    keep = rng.rand(6, 5) < 0.7\n    T ="),
    blame={"W": Blame("wrong-mask", at="*", alternatives=("wrong-operand", "wrong-entries"))},
    problem="dropout",
)
style.wrong(
    "float32_mean_forgotten",
    ("- Y32) / np.float32(len(X32))", "- Y32)"),
    blame={"w": Blame("wrong-factor", factor="6|m", variable="d", alternatives=("inherited",))},
    inherited="b",
    problem="single_precision",
)
style.wrong(
    "dead_unit_penalised_by_bias",
    ('"b": alive.sum(0)}', '"b": alive.sum(0) + p["b"]}'),
    blame={"b": Blame("penalty-on-bias", alternatives=("extra-term",))},
    problem="dead_units",
)
style.wrong(
    "argmax_of_the_first",
    ("    G[k] += np.sign(W[k])\n", ""),
    blame={"params": Blame("missing-term", at="G = X.T @ (S ==", alternatives=("wrong-entries",))},
    problem="maxima",
)
