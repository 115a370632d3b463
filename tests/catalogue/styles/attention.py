"""One head of scaled dot-product attention, softmax backward by hand, a namedtuple of weights."""
from collections import namedtuple

import numpy as np

Weights = namedtuple("Weights", "Wq Wk Wv Wo")
_rng = np.random.RandomState(77)
TOKENS, GOAL = _rng.randn(6, 5), _rng.randn(6, 3)


def softmax_rows(S):
    E = np.exp(S - S.max(axis=-1, keepdims=True))
    return E / E.sum(axis=-1, keepdims=True)


def attend(p: Weights):
    Q, K, V = TOKENS @ p.Wq, TOKENS @ p.Wk, TOKENS @ p.Wv
    scale = 1 / np.sqrt(K.shape[1])
    A = softmax_rows(Q @ K.T * scale)
    C = A @ V
    return Q, K, V, scale, A, C, C @ p.Wo


def loss(p: Weights):
    out = attend(p)[-1]
    return 0.5 * np.mean((out - GOAL) ** 2)


def loss_grad(p: Weights):
    Q, K, V, scale, A, C, out = attend(p)
    dout = (out - GOAL) / out.size
    dWo = C.T @ dout
    dC = dout @ p.Wo.T
    dA = dC @ V.T
    dV = A.T @ dC
    dS = A * (dA - (dA * A).sum(axis=-1, keepdims=True))
    dQ = dS @ K * scale
    dK = dS.T @ Q * scale
    return Weights(TOKENS.T @ dQ, TOKENS.T @ dK, TOKENS.T @ dV, dWo)


def problem():
    return {"cost": loss, "grad": loss_grad, "params": Weights(_rng.randn(5, 4), _rng.randn(5, 4), _rng.randn(5, 2), _rng.randn(2, 3))}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__)
CASES = style.cases

style.wrong(
    "softmax_mean_forgotten",
    ("dS = A * (dA - (dA * A).sum(axis=-1, keepdims=True))", "dS = A * dA"),
    blame={"Wq": Blame("missing-term", variable="dS"), "Wk": Blame("missing-term", variable="dS", alternatives=("inherited",))},
    first_wrong="dS",
)
style.wrong(
    "softmax_over_the_wrong_axis",
    ("(dA * A).sum(axis=-1, keepdims=True)", "(dA * A).sum(axis=0, keepdims=True)"),
    blame={"Wq": Blame("wrong-axis", variable="dS"), "Wk": Blame("wrong-axis", variable="dS", alternatives=("inherited",))},
    first_wrong="dS",
)
style.wrong(
    "scale_forgotten_for_the_keys",
    ("dK = dS.T @ Q * scale", "dK = dS.T @ Q"),
    blame={"Wk": Blame("wrong-factor", variable="dK", factor="2|1/scale")},
    first_wrong="dK",
)
style.wrong(
    "scores_transposed",
    ("dK = dS.T @ Q * scale", "dK = dS @ Q * scale"),
    blame={"Wk": Blame("transposed", variable="dK")},
    first_wrong="dK",
)
style.wrong(
    "keys_for_queries",
    ("dQ = dS @ K * scale", "dQ = dS @ Q * scale"),
    blame={"Wq": Blame("wrong-operand", variable="dQ")},
    first_wrong="dQ",
)
style.wrong(
    "attention_transposed",
    ("dV = A.T @ dC", "dV = A @ dC"),
    blame={"Wv": Blame("transposed", variable="dV")},
    first_wrong="dV",
)
style.wrong(
    "sigmoid_rule_for_softmax",
    ("dS = A * (dA - (dA * A).sum(axis=-1, keepdims=True))", "dS = dA * A * (1 - A)"),
    blame={"Wq": Blame("wrong-operation", variable="dS", alternatives=("missing-term", "wrong-axis", "missing-derivative")),
           "Wk": Blame("inherited", upstream="dS", alternatives=("wrong-operation", "missing-term", "wrong-axis", "missing-derivative"))},
    first_wrong="dS",
)
