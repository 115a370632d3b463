"""Logistic regression with separate w and b, sample by sample and feature by feature in plain loops."""
import math
import numpy as np

TRAIN_X = np.random.RandomState(17).randn(9, 4)
TRAIN_Y = [1, 0, 1, 1, 0, 0, 1, 0, 1]


def sigma(t):
    return 1.0 / (1.0 + np.exp(-t))


def cost_of(model):
    w, b = model["w"], model["b"]
    total = 0.0
    n = len(TRAIN_X)
    for x, y in zip(TRAIN_X, TRAIN_Y):
        z = b
        for j in range(len(w)):
            z = z + w[j] * x[j]
        p = sigma(z)
        if y == 1:
            total -= np.log(p)
        else:
            total -= np.log(1.0 - p)
    total = total / n
    for j in range(len(w)):
        total += 0.25 * w[j] ** 2
    return total


def gradient_of(model):
    w, b = model["w"], model["b"]
    n = len(TRAIN_X)
    dw = np.zeros(len(w))
    db = 0.0
    for i in range(n):
        z = np.dot(w, TRAIN_X[i]) + b
        diff = sigma(z) - TRAIN_Y[i]
        for j in range(len(w)):
            dw[j] += diff * TRAIN_X[i, j]
        db += diff
    dw /= n
    db /= n
    for j in range(len(w)):
        dw[j] += 0.5 * w[j]
    return {"w": dw, "b": db}


def problem():
    return {"cost": cost_of, "grad": gradient_of, "params": {"w": np.array([0.4, -0.9, 1.3, 0.2]), "b": 0.35}}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="w b")
CASES = style.cases

style.wrong(
    "diff_sign",
    ("diff = sigma(z) - TRAIN_Y[i]", "diff = TRAIN_Y[i] - sigma(z)"),
    blame={"w": Blame("wrong-factor", factor="-1")},
    inherited="b",
)
style.wrong(
    "penalty_half",
    ("dw[j] += 0.5 * w[j]", "dw[j] += 0.25 * w[j]"),
    blame={"w": Blame("wrong-factor", factor="1/2")},
)
INSIDE = ("            dw[j] += diff * TRAIN_X[i, j]\n", "            dw[j] += diff * TRAIN_X[i, j] + 0.5 * w[j]\n")
style.sound("penalty_once_per_sample", INSIDE, ("    for j in range(len(w)):\n        dw[j] += 0.5 * w[j]\n    return", "    return"))
style.wrong(
    "penalty_inside_and_after_the_loop",
    INSIDE,
    blame={"w": Blame("wrong-factor", factor="2", at="*", alternatives=("extra-term",))},
)
style.wrong(
    "first_feature_not_penalised",
    ("    for j in range(len(w)):\n        dw[j] += 0.5 * w[j]", "    for j in range(1, len(w)):\n        dw[j] += 0.5 * w[j]"),
    blame={"w": Blame("wrong-entries", indices=((0,),), at="dw[j] += 0.5 * w[j]", alternatives=("missing-term",))},
)
style.wrong(
    "bias_not_averaged",
    ("    db /= n\n", ""),
    blame={"b": Blame("wrong-factor", factor="n|m", at="db += diff")},
)
style.wrong(
    "bias_of_the_last_sample",
    ("        db += diff\n", "        db = diff\n"),
    blame={"b": Blame("missing-term", at="db = diff", alternatives=("wrong-operation", "wrong-axis"))},
)
style.wrong(
    "samples_minus_one",
    ("    dw /= n\n", "    dw /= n - 1\n"),
    blame={"w": Blame("wrong-factor")},
)
style.wrong(
    "feature_index",
    ("dw[j] += diff * TRAIN_X[i, j]", "dw[j] += diff * TRAIN_X[i, 0]"),
    blame={"w": Blame("wrong-operand", alternatives=("wrong-entries",))},
)
