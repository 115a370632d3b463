"""Word vectors: softmax and negative sampling, centre and outside vectors, gradients returned as tuples."""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def naiveSoftmaxLossAndGradient(centerWordVec, outsideWordIdx, outsideVectors):
    scores = np.matmul(outsideVectors, centerWordVec)
    e = np.exp(scores - np.max(scores))
    y_hat = e / np.sum(e)
    loss = -np.log(y_hat[outsideWordIdx])
    delta = y_hat.copy()
    delta[outsideWordIdx] -= 1.0
    gradCenterVec = np.dot(outsideVectors.T, delta)
    gradOutsideVecs = np.outer(delta, centerWordVec)
    return loss, gradCenterVec, gradOutsideVecs


def negSamplingLossAndGradient(centerWordVec, outsideWordIdx, outsideVectors, negSampleWordIndices):
    u_o = outsideVectors[outsideWordIdx]
    s = sigmoid(np.dot(u_o, centerWordVec))
    loss = -np.log(s)
    gradCenterVec = (s - 1) * u_o
    gradOutsideVecs = np.zeros(outsideVectors.shape)
    gradOutsideVecs[outsideWordIdx] += (s - 1) * centerWordVec
    for k in negSampleWordIndices:
        u_k = outsideVectors[k]
        t = sigmoid(-np.dot(u_k, centerWordVec))
        loss -= np.log(t)
        gradCenterVec += (1 - t) * u_k
        gradOutsideVecs[k] += (1 - t) * centerWordVec
    return loss, gradCenterVec, gradOutsideVecs


gen = np.random.RandomState(19)


def vectors():
    return [gen.randn(4), gen.randn(7, 4)]


def problem():
    return {"cost": lambda p: naiveSoftmaxLossAndGradient(p[0], 2, p[1]), "params": vectors()}


def negative():
    samples = [5, 1, 5, 0]  # one word drawn twice
    return {"cost": lambda p: negSamplingLossAndGradient(p[0], 3, p[1], samples), "params": vectors()}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="[0] [1]")
CASES = style.cases

style.sound("negative_as_written", problem="negative")
style.wrong(
    "truth_not_subtracted",
    ("    delta[outsideWordIdx] -= 1.0\n", ""),
    blame={"[0]": Blame("missing-term", variable="delta", at="delta = y_hat.copy()", alternatives=("wrong-entries",))},
    inherited="[1]",
    first_wrong="delta",
)
style.wrong(
    "probabilities_for_delta",
    ("gradOutsideVecs = np.outer(delta, centerWordVec)", "gradOutsideVecs = np.outer(y_hat, centerWordVec)"),
    blame={"[1]": Blame("wrong-operand", alternatives=("missing-term",))},
)
style.wrong(
    "sign_of_the_centre",
    ("gradCenterVec = np.dot(outsideVectors.T, delta)", "gradCenterVec = -np.dot(outsideVectors.T, delta)"),
    blame={"[0]": Blame("wrong-factor", factor="-1")},
)
style.wrong(
    "negative_repeats_lost",
    ("gradOutsideVecs[k] += (1 - t) * centerWordVec", "gradOutsideVecs[k] = (1 - t) * centerWordVec"),
    blame={"[1]": Blame("wrong-entries", indices=tuple((5, j) for j in range(4)), alternatives=("missing-term", "wrong-factor"))},
    problem="negative",
)
style.wrong(
    "negative_probability",
    ("gradCenterVec += (1 - t) * u_k", "gradCenterVec += t * u_k"),
    blame={"[0]": Blame("wrong-operand", alternatives=("wrong-operation", "wrong-factor", "missing-term"))},
    problem="negative",
)
style.wrong(
    "negative_of_the_true_word",
    ("gradOutsideVecs[outsideWordIdx] += (s - 1) * centerWordVec", "gradOutsideVecs[outsideWordIdx] += s * centerWordVec"),
    blame={"[1]": Blame("missing-term", alternatives=("wrong-operand", "wrong-entries", "wrong-operation", "wrong-factor"))},
    problem="negative",
)
style.wrong(
    "negative_own_vector",
    ("gradOutsideVecs[k] += (1 - t) * centerWordVec", "gradOutsideVecs[k] += (1 - t) * u_k"),
    blame={"[1]": "wrong-operand"},
    problem="negative",
)
