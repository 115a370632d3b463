"""Lambdas and one-liners on a lone array or a number."""
import numpy as np

r = np.random.RandomState(13)
A, b, c = r.randn(8, 5), r.randn(8), r.randn(5)
L = r.randn(6, 4)

ridge = lambda w: np.mean((A @ w - b) ** 2) + 0.01 * w @ w
dridge = lambda w: 2 / len(b) * A.T @ (A @ w - b) + 0.02 * w

logreg = lambda w: np.logaddexp(0, -np.sign(b) * (A @ w)).sum()
dlogreg = lambda w: A.T @ (-np.sign(b) / (1 + np.exp(np.sign(b) * (A @ w))))

huber = lambda w: (lambda e: np.where(np.abs(e) < 1, 0.5 * e**2, np.abs(e) - 0.5).sum())(A @ w - b)
dhuber = lambda w: A.T @ np.clip(A @ w - b, -1, 1)

entropy = lambda z: -np.sum(np.exp(z) / np.exp(z).sum() * np.log(np.exp(z) / np.exp(z).sum()))
dentropy = lambda z: (lambda p: -p * (np.log(p) + (-p * np.log(p)).sum()))(np.exp(z) / np.exp(z).sum())

gram = lambda X: 0.25 * np.linalg.norm(X @ X.T - L @ L.T) ** 2
dgram = lambda X: (X @ X.T - L @ L.T) @ X

w0 = r.randn(5)
problem = lambda: dict(cost=ridge, grad=dridge, params=w0)
logistic = lambda: dict(cost=logreg, grad=dlogreg, params=w0)
robust = lambda: dict(cost=huber, grad=dhuber, params=w0)
softmax_entropy = lambda: dict(cost=entropy, grad=dentropy, params=w0)
symmetric = lambda: dict(cost=gram, grad=dgram, params=r.randn(6, 3))


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__)
CASES = style.cases

for each in ("logistic", "robust", "softmax_entropy", "symmetric"):
    style.sound(f"{each}_as_written", problem=each)
style.wrong(
    "ridge_two",
    ("2 / len(b) * A.T @ (A @ w - b)", "1 / len(b) * A.T @ (A @ w - b)"),
    blame={"params": Blame("wrong-factor", factor="1/2", at="dridge = ")},
    nearby=True,
)
style.wrong(
    "ridge_penalty",
    ("+ 0.02 * w", "+ 0.01 * w"),
    blame={"params": Blame("wrong-factor", factor="1/2", at="dridge = ")},
    nearby=True,
)
style.wrong(
    "ridge_mean",
    ("2 / len(b) * A.T @ (A @ w - b)", "2 / len(w) * A.T @ (A @ w - b)"),
    blame={"params": Blame("wrong-factor", factor="8/5|1.6", at="dridge = ")},
)
style.wrong(
    "ridge_target",
    ("A.T @ (A @ w - b) + 0.02", "A.T @ (A @ w) + 0.02"),
    blame={"params": Blame("missing-term", at="dridge = ", alternatives=("wrong-operand",))},
)
style.wrong(
    "logistic_sign",
    ("A.T @ (-np.sign(b) / (1", "A.T @ (np.sign(b) / (1"),
    blame={"params": Blame("wrong-factor", factor="-1", at="dlogreg = ")},
    problem="logistic",
)
style.wrong(
    "huber_unclipped",
    ("A.T @ np.clip(A @ w - b, -1, 1)", "A.T @ (A @ w - b)"),
    blame={"params": Blame("wrong-mask", at="dhuber = ", alternatives=("wrong-operation", "missing-derivative", "wrong-operand"))},
    problem="robust",
)
style.wrong(
    "entropy_without_normaliser",
    ("-p * (np.log(p) + (-p * np.log(p)).sum())", "-p * np.log(p)"),
    blame={"params": Blame("missing-term", at="dentropy = ")},
    problem="softmax_entropy",
)
style.wrong(
    "gram_half",
    ("dgram = lambda X: (X @ X.T - L @ L.T) @ X", "dgram = lambda X: 0.5 * (X @ X.T - L @ L.T) @ X"),
    blame={"params": Blame("wrong-factor", factor="1/2", at="dgram = ")},
    nearby=True,
    problem="symmetric",
)
style.wrong(
    "gram_target",
    ("(X @ X.T - L @ L.T) @ X\n", "(X @ X.T - L @ L.T) @ L[:, :3]\n"),
    blame={"params": Blame("wrong-operand", at="dgram = ")},
    problem="symmetric",
)
