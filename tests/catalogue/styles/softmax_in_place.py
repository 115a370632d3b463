"""loss(W, X, y, reg) with a softmax changed in place: naive over samples, and vectorised."""
import numpy as np
from random import shuffle


def softmax_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros_like(W)
    num_train, num_classes = X.shape[0], W.shape[1]
    for i in range(num_train):
        f = X[i, :].dot(W)
        f -= np.max(f)
        sum_exp = np.sum(np.exp(f))
        loss += -f[y[i]] + np.log(sum_exp)
        for k in range(num_classes):
            p_k = np.exp(f[k]) / sum_exp
            dW[:, k] += (p_k - (k == y[i])) * X[i, :]
    loss = loss / num_train + 0.5 * reg * np.sum(W * W)
    dW = dW / num_train + reg * W
    return loss, dW


def two_layer(params, X, y, reg):
    W1, b1, W2, b2 = params
    N, D = X.shape
    hidden = np.maximum(0, X.dot(W1) + b1)
    scores = hidden.dot(W2) + b2
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    corect_logprobs = -np.log(probs[range(N), y])
    data_loss = np.sum(corect_logprobs) / N
    reg_loss = 0.5 * reg * np.sum(W1 * W1) + 0.5 * reg * np.sum(W2 * W2)
    loss = data_loss + reg_loss

    dscores = probs
    dscores[range(N), y] -= 1
    dscores /= N
    dW2 = np.dot(hidden.T, dscores)
    db2 = np.sum(dscores, axis=0, keepdims=True)
    dhidden = np.dot(dscores, W2.T)
    dhidden[hidden <= 0] = 0
    dW1 = np.dot(X.T, dhidden)
    db1 = np.sum(dhidden, axis=0, keepdims=True)
    dW2 += reg * W2
    dW1 += reg * W1
    return loss, (dW1, db1, dW2, db2)


_r = np.random.RandomState(5)
Xs, ys = _r.randn(9, 4), _r.randint(3, size=9)


def naive():
    return {"cost": lambda W: softmax_loss_naive(W, Xs, ys, 0.2), "params": _r.randn(4, 3)}


def problem():
    start = (_r.randn(4, 6), _r.randn(1, 6), _r.randn(6, 3), _r.randn(1, 3))
    return {"cost": lambda p: two_layer(p, Xs, ys, 0.1), "params": start}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="[0] [1], [2] [3]")
CASES = style.cases

style.sound("naive_as_written", problem="naive")
style.wrong(
    "naive_penalty_factor",
    ("dW = dW / num_train + reg * W", "dW = dW / num_train + 2 * reg * W"),
    blame={"params": Blame("wrong-factor", factor="2")},
    nearby=True,
    problem="naive",
)
style.wrong(
    "naive_probability_of_truth_only",
    ("(p_k - (k == y[i])) * X[i, :]", "(p_k - 1) * X[i, :]"),
    blame={"params": Blame("wrong-operand", alternatives=("wrong-mask", "extra-term", "wrong-operation"))},
    problem="naive",
)
style.wrong(
    "naive_overwritten",
    ("dW[:, k] += (p_k - (k == y[i])) * X[i, :]", "dW[:, k] = (p_k - (k == y[i])) * X[i, :]"),
    blame={"params": Blame("missing-term", alternatives=("wrong-operation", "wrong-axis"))},
    problem="naive",
)
style.wrong(
    "naive_one_class_wrong",
    ("    dW = dW / num_train + reg * W\n", "    dW = dW / num_train + reg * W\n    dW[:, 0] *= 1.5\n"),
    blame={"params": Blame("wrong-entries", at="dW[:, 0] *= 1.5", indices=((0, 0), (1, 0), (2, 0), (3, 0)))},
    problem="naive",
)
style.wrong(
    "one_forgotten",
    ("    dscores[range(N), y] -= 1\n", ""),
    blame={"[2]": Blame("missing-term", variable="dscores", at="dscores = probs")},
    inherited="[0] [1] [3]",
    first_wrong="dscores",
)
style.wrong(
    "one_subtracted_after_mean",
    ("    dscores[range(N), y] -= 1\n    dscores /= N\n", "    dscores /= N\n    dscores[range(N), y] -= 1\n"),
    blame={"[2]": Blame("wrong-factor", factor="N", variable="dscores", at="dscores[range(N), y] -= 1",
                        alternatives=("extra-term",))},
    inherited="[0] [1] [3]",
    first_wrong="dscores",
)
style.wrong(
    "mean_forgotten",
    ("    dscores /= N\n", ""),
    blame={"[2]": Blame("wrong-factor", factor="N", variable="dscores", at="dscores[range(N), y] -= 1")},
    inherited="[0] [1] [3]",
    first_wrong="dscores",
)
style.wrong(
    "mask_forgotten",
    ("    dhidden[hidden <= 0] = 0\n", ""),
    blame={"[0]": Blame("missing-derivative", variable="dhidden", at="dhidden = np.dot(dscores, W2.T)", alternatives=("wrong-mask",))},
    inherited="[1]",
    first_wrong="dhidden",
)
style.wrong(
    "penalty_of_w2_forgotten",
    ("    dW2 += reg * W2\n", ""),
    blame={"[2]": Blame("missing-term", at="dW2 = np.dot(hidden.T, dscores)")},
)
style.wrong(
    "penalty_twice",
    ("    dW2 += reg * W2\n", "    dW2 += reg * W2\n    dW2 += reg * W2\n"),
    blame={"[2]": Blame("wrong-factor", factor="2", at="dW2 += reg * W2\n    dW2 += reg * W2", alternatives=("extra-term",))},
)
style.wrong(
    "penalty_on_bias",
    ("    dW1 += reg * W1\n", "    dW1 += reg * W1\n    db1 += reg * b1\n"),
    blame={"[1]": Blame("penalty-on-bias", at="db1 += reg * b1")},
)
style.wrong(
    "tuple_in_wrong_order",
    ("return loss, (dW1, db1, dW2, db2)", "return loss, (dW1, db2, dW2, db1)"),
    blame={k: Blame("wrong-shape", at="*", alternatives=("wrong-operand",)) for k in ("[1]", "[3]")},
)
style.wrong(
    "regularisation_forgotten_in_cost",
    (" + 0.5 * reg * np.sum(W2 * W2)", ""),
    blame={"[2]": Blame("extra-term", at="dW2 += reg * W2")},
    nearby=True,
)
