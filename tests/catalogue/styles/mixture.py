"""Mixture density: log-sum-exp, softmax weights, standard deviations kept as logarithms."""
import numpy as np


def logsumexp(a, axis):
    top = a.max(axis=axis, keepdims=True)
    return (top + np.log(np.exp(a - top).sum(axis=axis, keepdims=True))).squeeze(axis)


DATA = np.random.RandomState(90).randn(9)


def log_joint(logits, means, log_sd):
    log_pi = logits - logsumexp(logits, 0)
    standard = (DATA[:, None] - means[None, :]) / np.exp(log_sd)
    return log_pi - 0.5 * standard ** 2 - log_sd - 0.5 * np.log(2 * np.pi), standard


def negative_log_likelihood(p):
    joint, _ = log_joint(p["logits"], p["means"], p["log_sd"])
    return -logsumexp(joint, 1).mean()


def score(p):
    joint, standard = log_joint(p["logits"], p["means"], p["log_sd"])
    resp = np.exp(joint - logsumexp(joint, 1)[:, None])   # responsibilities, one row a datum
    pi = np.exp(p["logits"] - logsumexp(p["logits"], 0))
    g_logits = -(resp.mean(axis=0) - pi)
    g_means = -np.mean(resp * standard, axis=0) / np.exp(p["log_sd"])
    g_log_sd = -np.mean(resp * (standard ** 2 - 1), axis=0)
    return {"grad_logits": g_logits, "grad_means": g_means, "grad_log_sd": g_log_sd}


def problem():
    return {
        "cost": negative_log_likelihood, "grad": score,
        "params": {"logits": np.array([0.3, -0.5, 0.9]), "means": np.array([-1.0, 0.4, 1.2]), "log_sd": np.array([0.1, -0.3, 0.4])},
    }


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__)
CASES = style.cases

style.wrong(
    "normaliser_forgotten",
    ("g_logits = -(resp.mean(axis=0) - pi)", "g_logits = -resp.mean(axis=0)"),
    blame={"logits": "missing-term"},
)
style.wrong(
    "chain_rule_of_the_logarithm",
    ("g_log_sd = -np.mean(resp * (standard ** 2 - 1), axis=0)", "g_log_sd = -np.mean(resp * (standard ** 2 - 1), axis=0) / np.exp(p[\"log_sd\"])"),
    blame={"log_sd": Blame("wrong-factor", alternatives=("wrong-operation", "missing-derivative", "extra-term"))},
)
style.wrong(
    "variance_for_deviation",
    ("g_means = -np.mean(resp * standard, axis=0) / np.exp(p[\"log_sd\"])", "g_means = -np.mean(resp * standard, axis=0)"),
    blame={"means": Blame("wrong-factor", alternatives=("missing-derivative", "missing-term", "wrong-operation"))},
)
style.wrong(
    "logdet_forgotten",
    ("(standard ** 2 - 1)", "(standard ** 2)"),
    blame={"log_sd": "missing-term"},
)
style.wrong(
    "sum_for_mean",
    ("g_means = -np.mean(resp * standard, axis=0)", "g_means = -np.sum(resp * standard, axis=0)"),
    blame={"means": Blame("wrong-factor", factor="9|m", alternatives=("wrong-operation",))},
)
style.wrong(
    "likelihood_sign",
    ("g_log_sd = -np.mean", "g_log_sd = np.mean"),
    blame={"log_sd": Blame("wrong-factor", factor="-1")},
)
style.wrong(
    "over_the_components",
    ("(resp.mean(axis=0) - pi)", "(resp.sum(axis=0) / resp.shape[1] - pi)"),
    blame={"logits": Blame("wrong-factor", factor="3")},
)
