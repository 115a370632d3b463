"""Terse, from numpy import *, no functions but the two needed."""
from numpy import *

random.seed(30)
x, t = random.randn(3, 8), random.randn(1, 8)
n = x.shape[1]


def C(w):
    W, v = w
    h = log(1 + exp(dot(W, x)))   # softplus
    o = dot(v, h)
    return sum((o - t)**2)/(2*n) + .1*sum(W**2) + .1*sum(abs(v))


def dC(w):
    W, v = w
    a = dot(W, x)
    h = log(1 + exp(a))
    e = (dot(v, h) - t)/n
    dv = dot(e, h.T) + .1*sign(v)
    dh = dot(v.T, e)
    da = dh/(1 + exp(-a))
    dW = dot(da, x.T) + .2*W
    return dW, dv


def problem():
    return {"cost": C, "grad": dC, "params": (random.randn(5, 3), random.randn(1, 5))}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__)
CASES = style.cases

style.wrong(
    "softplus_derivative",
    ("da = dh/(1 + exp(-a))", "da = dh/(1 + exp(a))"),
    blame={"[0]": Blame("wrong-factor", variable="da", alternatives=("wrong-operand", "wrong-operation"))},
    first_wrong="da",
)
style.wrong(
    "softplus_value_for_derivative",
    ("da = dh/(1 + exp(-a))", "da = dh*h"),
    blame={"[0]": Blame("missing-derivative", variable="da", alternatives=("wrong-operand", "wrong-operation"))},
    first_wrong="da",
)
style.wrong(
    "lasso_as_ridge",
    ("dv = dot(e, h.T) + .1*sign(v)", "dv = dot(e, h.T) + .1*v"),
    blame={"[1]": Blame("wrong-operation", alternatives=("wrong-operand", "missing-derivative"))},
    nearby=True,
)
style.wrong(
    "sum_of_w",
    ("dW = dot(da, x.T) + .2*W", "dW = dot(da, x.T) + .2*sum(W)"),
    blame={"[0]": "sum-for-matrix"},
)
style.wrong(
    "penalty_halved",
    ("dW = dot(da, x.T) + .2*W", "dW = dot(da, x.T) + .1*W"),
    blame={"[0]": Blame("wrong-factor", factor="1/2")},
    nearby=True,
)
style.wrong(
    "sum_over_samples_for_mean",
    ("e = (dot(v, h) - t)/n", "e = dot(v, h) - t"),
    blame={"[1]": Blame("wrong-factor", factor="n", variable="e")},
    inherited="[0]",
    first_wrong="e",
)
