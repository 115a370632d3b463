"""Structured hinge loss with two nested loops over samples and classes, and the same vectorised."""
import numpy as np


def svm_loss_naive(W, X, y, reg):
    dW = np.zeros(W.shape)  # the gradient, filled below
    num_classes = W.shape[1]
    num_train = X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].dot(W)
        correct_class_score = scores[y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct_class_score + 1  # delta = 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    loss /= num_train
    dW /= num_train
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    N = X.shape[0]
    scores = X @ W
    correct = scores[np.arange(N), y].reshape(N, 1)
    margins = np.maximum(0, scores - correct + 1)
    margins[np.arange(N), y] = 0
    data_loss = margins.sum() / N
    binary = (margins > 0).astype(float)
    binary[np.arange(N), y] = -binary.sum(axis=1)
    grad_W = X.T.dot(binary) / N + 2 * reg * W
    return data_loss + reg * np.sum(W ** 2), grad_W


r = np.random.RandomState(12)
DATA, LABELS = r.randn(8, 5), r.randint(0, 3, size=8)
W0 = r.randn(5, 3) * 0.5


def naive():
    return {"cost": lambda W: svm_loss_naive(W, DATA, LABELS, 0.05), "params": W0.copy()}


def problem():
    return {"cost": lambda W: svm_loss_vectorized(W, DATA, LABELS, 0.05), "params": W0.copy()}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__)
CASES = style.cases

style.sound("naive_as_written", problem="naive")
style.wrong(
    "naive_two_forgotten",
    ("dW += 2 * reg * W", "dW += reg * W"),
    blame={"params": Blame("wrong-factor", factor="1/2")},
    nearby=True,
    problem="naive",
)
style.wrong(
    "naive_correct_class_forgotten",
    ("                dW[:, y[i]] -= X[i]\n", ""),
    blame={"params": Blame("missing-term", at="dW[:, j] += X[i]", alternatives=("wrong-entries",))},
    problem="naive",
)
style.wrong(
    "naive_mean_forgotten",
    ("    dW /= num_train\n", ""),
    blame={"params": Blame("wrong-factor", factor="num_train|m", at="dW[:, j] += X[i]")},
    problem="naive",
)
style.wrong(
    "naive_penalty_before_mean",
    ("    dW /= num_train\n", ""),
    ("    dW += 2 * reg * W\n", "    dW += 2 * reg * W\n    dW /= num_train\n"),
    blame={"params": Blame("wrong-factor", factor="1/num_train|1/m",
                           at="dW += 2 * reg * W\n    dW /= num_train")},
    problem="naive",
)
style.wrong(
    "naive_correct_class_counted_once",
    ("                dW[:, y[i]] -= X[i]\n", ""),
    ("    loss /= num_train\n    dW /= num_train\n",
     "        dW[:, y[i]] -= X[i]\n    loss /= num_train\n    dW /= num_train\n"),
    blame={"params": Blame("wrong-factor", at="dW[:, y[i]] -= X[i]",
                           alternatives=("wrong-operand", "wrong-entries", "missing-term", "wrong-mask"))},
    problem="naive",
)
style.wrong(
    "naive_sum_of_w",
    ("dW += 2 * reg * W", "dW += 2 * reg * np.sum(W)"),
    blame={"params": "sum-for-matrix"},
    problem="naive",
)
style.wrong(
    "penalty_forgotten",
    ("grad_W = X.T.dot(binary) / N + 2 * reg * W", "grad_W = X.T.dot(binary) / N"),
    blame={"params": "missing-term"},
    nearby=True,
)
style.wrong(
    "margins_for_mask",
    ("binary = (margins > 0).astype(float)", "binary = margins * 1.0"),
    blame={"params": Blame("wrong-mask", alternatives=("missing-derivative", "wrong-operand", "wrong-operation"))},
)
style.wrong(
    "count_of_violations_forgotten",
    ("binary[np.arange(N), y] = -binary.sum(axis=1)", "binary[np.arange(N), y] = -1"),
    blame={"params": Blame("wrong-operand", alternatives=("wrong-factor", "wrong-entries", "missing-term", "wrong-operation", "wrong-mask"))},
)
style.wrong(
    "count_of_violations_sign",
    ("= -binary.sum(axis=1)", "= binary.sum(axis=1)"),
    blame={"params": Blame("wrong-factor", factor="-1")},
)
style.wrong(
    "mean_over_classes",
    ("grad_W = X.T.dot(binary) / N +", "grad_W = X.T.dot(binary) / W.shape[1] +"),
    blame={"params": "wrong-factor"},
)
style.wrong(
    "cost_with_a_half",
    ("return data_loss + reg * np.sum(W ** 2), grad_W", "return data_loss + 0.5 * reg * np.sum(W ** 2), grad_W"),
    blame={"params": Blame("wrong-factor", factor="2", at="grad_W = ")},
    nearby=True,
)
