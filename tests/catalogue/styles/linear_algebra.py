"""Inverse, determinant, trace and solve: Gaussian likelihood, ridge in closed form, Mahalanobis metric."""
import numpy as np
from numpy.linalg import inv, slogdet, solve

g = np.random.RandomState(6)
obs = g.randn(9, 3) @ np.diag([1.0, 2.0, 0.5]) + 0.3
SPD = np.eye(3) * 2 + 0.3 * np.ones((3, 3)) + np.diag([0.1, 0.5, 0.9])


def nll(params):
    mu, Sigma = params["mu"], params["Sigma"]
    n = obs.shape[0]
    D = obs - mu
    sign, logdet = slogdet(Sigma)
    return 0.5 * n * logdet + 0.5 * np.trace(D @ inv(Sigma) @ D.T)


def nll_grad(params):
    mu, Sigma = params["mu"], params["Sigma"]
    n = obs.shape[0]
    D = obs - mu
    Si = inv(Sigma)
    C = D.T @ D
    dmu = -0.5 * np.sum(D @ (Si + Si.T), axis=0)
    dSigma = 0.5 * n * Si.T - 0.5 * Si.T @ C @ Si.T
    return {"mu": dmu, "Sigma": dSigma}


def problem():
    skew = SPD + np.array([[0, 0.2, -0.1], [0, 0, 0.3], [0.15, 0, 0]])
    return {"cost": nll, "grad": nll_grad, "params": {"mu": np.array([0.2, -0.4, 0.6]), "Sigma": skew}}


A, y = g.randn(7, 4), g.randn(7)


def quadratic(x):
    r = A @ x - y
    return r @ r + 0.5 * np.log(1 + x @ x) + np.linalg.norm(x)


def quadratic_grad(x):
    r = A @ x - y
    return 2 * A.T @ r + x / (1 + x @ x) + x / np.linalg.norm(x)


def least_squares():
    return {"cost": quadratic, "grad": quadratic_grad, "params": g.randn(4)}


def weighted(K):
    v = solve(K, y[:3])
    return y[:3] @ v


def weighted_grad(K):
    v = solve(K, y[:3])
    u = solve(K.T, y[:3])
    return -np.outer(u, v)


def solving():
    return {"cost": weighted, "grad": weighted_grad, "params": SPD + 0.4 * g.randn(3, 3)}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__)
CASES = style.cases

style.sound("least_squares_as_written", problem="least_squares")
style.sound("solving_as_written", problem="solving")
style.wrong(
    "logdet_half_forgotten",
    ("dSigma = 0.5 * n * Si.T", "dSigma = n * Si.T"),
    blame={"Sigma": Blame("wrong-factor", factor="2")},
)
style.wrong(
    "inverse_untransposed",
    ("dSigma = 0.5 * n * Si.T - 0.5 * Si.T @ C @ Si.T", "dSigma = 0.5 * n * Si - 0.5 * Si.T @ C @ Si.T"),
    blame={"Sigma": "transposed"},
)
style.wrong(
    "sign_of_the_inverse_rule",
    ("- 0.5 * Si.T @ C @ Si.T", "+ 0.5 * Si.T @ C @ Si.T"),
    blame={"Sigma": Blame("wrong-factor", factor="-1")},
)
style.wrong(
    "logdet_forgotten",
    ("dSigma = 0.5 * n * Si.T - 0.5 * Si.T @ C @ Si.T", "dSigma = -0.5 * Si.T @ C @ Si.T"),
    blame={"Sigma": "missing-term"},
)
style.wrong(
    "mean_half",
    ("dmu = -0.5 * np.sum(D @ (Si + Si.T), axis=0)", "dmu = -0.5 * np.sum(D @ Si, axis=0)"),
    blame={"mu": Blame("missing-term", alternatives=("wrong-factor",))},
)
style.wrong(
    "sample_count",
    ("dSigma = 0.5 * n * Si.T", "dSigma = 0.5 * Si.T"),
    blame={"Sigma": Blame("wrong-factor", factor="1/n|1/m|1/9")},
)
style.wrong(
    "two_of_the_quadratic_form",
    ("return 2 * A.T @ r + x", "return A.T @ r + x"),
    blame={"params": Blame("wrong-factor", factor="1/2")},
    nearby=True,
    problem="least_squares",
)
style.wrong(
    "norm_unnormalised",
    ("+ x / np.linalg.norm(x)\n", "+ x\n"),
    blame={"params": Blame("wrong-factor", alternatives=("wrong-operation", "missing-derivative"))},
    problem="least_squares",
)
style.wrong(
    "log_for_its_argument",
    ("+ x / (1 + x @ x) +", "+ x +"),
    blame={"params": Blame("wrong-factor", alternatives=("missing-derivative", "wrong-operation"))},
    problem="least_squares",
)
style.wrong(
    "outer_product_order",
    ("return -np.outer(u, v)", "return -np.outer(v, u)"),
    blame={"params": "transposed"},
    problem="solving",
)
style.wrong(
    "adjoint_solve_forgotten",
    ("u = solve(K.T, y[:3])", "u = solve(K, y[:3])"),
    blame={"params": Blame("transposed", alternatives=("wrong-operand",))},
    problem="solving",
)
