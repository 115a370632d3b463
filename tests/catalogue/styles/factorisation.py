"""Matrix factorisation of ratings with a mask, user and item biases, and one penalty weight."""
import numpy as np

S = np.random.RandomState(55)
R = S.randint(1, 6, size=(6, 4)).astype(float)
M = S.rand(6, 4) < 0.7
MU = R[M].mean()
lam = 0.15


def J(theta):
    P, Q, bu, bi = theta["P"], theta["Q"], theta["bu"], theta["bi"]
    E = np.where(M, R - (MU + bu[:, None] + bi[None, :] + P.dot(Q.T)), 0)
    return (E ** 2).sum() + lam * ((P ** 2).sum() + (Q ** 2).sum() + (bu ** 2).sum() + (bi ** 2).sum())


def dJ(theta):
    P, Q, bu, bi = theta["P"], theta["Q"], theta["bu"], theta["bi"]
    E = M * (R - (MU + bu[:, None] + bi[None, :] + P.dot(Q.T)))
    gP = -2 * E.dot(Q) + 2 * lam * P
    gQ = -2 * E.T.dot(P) + 2 * lam * Q
    gbu = -2 * E.sum(1) + 2 * lam * bu
    gbi = -2 * E.sum(0) + 2 * lam * bi
    return dict(P=gP, Q=gQ, bu=gbu, bi=gbi)


def J_by_pairs(theta):
    total = 0.
    for u in range(R.shape[0]):
        for i in range(R.shape[1]):
            if M[u, i]:
                e = R[u, i] - MU - theta["bu"][u] - theta["bi"][i] - np.dot(theta["P"][u], theta["Q"][i])
                total += e * e
    return total + lam * sum(np.sum(np.square(v)) for v in theta.values())


def dJ_by_pairs(theta):
    g = {k: 2 * lam * v for k, v in theta.items()}
    for u, i in zip(*np.nonzero(M)):
        err = R[u, i] - MU - theta["bu"][u] - theta["bi"][i] - theta["P"][u] @ theta["Q"][i]
        g["P"][u] -= 2 * err * theta["Q"][i]
        g["Q"][i] -= 2 * err * theta["P"][u]
        g["bu"][u] -= 2 * err
        g["bi"][i] -= 2 * err
    return g


def start():
    return {"P": S.randn(6, 3), "Q": S.randn(4, 3), "bu": S.randn(6), "bi": S.randn(4)}


def problem():
    return {"cost": J, "grad": dJ, "params": start()}


def by_pairs():
    return {"cost": J_by_pairs, "grad": dJ_by_pairs, "params": start()}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="P Q bu bi")
CASES = style.cases

style.sound("pairs_as_written", problem="by_pairs")
style.wrong(
    "observed_mask_forgotten",
    ("E = M * (R - (MU + bu[:, None] + bi[None, :] + P.dot(Q.T)))", "E = R - (MU + bu[:, None] + bi[None, :] + P.dot(Q.T))"),
    blame={"P": Blame("wrong-mask", variable="E", alternatives=("missing-derivative",))},
    inherited="Q bu bi",
)
style.wrong(
    "bias_axes_swapped",
    ("gbi = -2 * E.sum(0) + 2 * lam * bi", "gbi = -2 * E.sum(1) + 2 * lam * bi[:1]"),
    blame={"bi": Blame("wrong-axis", alternatives=("wrong-shape",))},
)
style.wrong(
    "sign_of_the_error",
    ("gP = -2 * E.dot(Q)", "gP = 2 * E.dot(Q)"),
    blame={"P": Blame("wrong-factor", factor="-1")},
)
style.wrong(
    "penalty_unscaled",
    ("+ 2 * lam * Q", "+ lam * Q"),
    blame={"Q": Blame("wrong-factor", factor="1/2")},
    nearby=True,
)
style.wrong(
    "penalty_with_the_sum",
    ("+ 2 * lam * P\n", "+ 2 * lam * P.sum()\n"),
    blame={"P": "sum-for-matrix"},
)
style.wrong(
    "penalty_norm_per_row",
    ("+ 2 * lam * P\n", "+ 2 * lam * P.sum(axis=1, keepdims=True)\n"),
    blame={"P": Blame("sum-for-matrix", alternatives=("wrong-axis",))},
)
style.wrong(
    "pairs_update_half",
    ('g["Q"][i] -= 2 * err * theta["P"][u]', 'g["Q"][i] -= err * theta["P"][u]'),
    blame={"Q": Blame("wrong-factor", factor="1/2")},
    problem="by_pairs",
)
style.wrong(
    "pairs_own_row",
    ('g["P"][u] -= 2 * err * theta["Q"][i]', 'g["P"][u] -= 2 * err * theta["P"][u]'),
    blame={"P": "wrong-operand"},
    problem="by_pairs",
)
