"""A network of equal layers walked with a loop; activations in a list, keys built from layer numbers."""
import numpy as np

rng = np.random.RandomState(7)
DEPTH = 4
X, T = rng.randn(5, 9), rng.randn(2, 9)
DECAY = 0.3


def make_params():
    widths = [5, 5, 5, 5, 2]
    P = {}
    for k in range(DEPTH):
        P["W%d" % (k + 1)] = rng.randn(widths[k + 1], widths[k]) * 0.5
        P["b%d" % (k + 1)] = rng.randn(widths[k + 1], 1) * 0.4
    return P


def run(P):
    acts = [X]
    for k in range(1, DEPTH):
        acts.append(np.tanh(P["W%d" % k] @ acts[-1] + P["b%d" % k]))
    acts.append(P["W%d" % DEPTH] @ acts[-1] + P["b%d" % DEPTH])
    return acts


def objective(P):
    acts = run(P)
    n = X.shape[1]
    err = 0.5 * np.sum((acts[-1] - T) ** 2) / n
    for k in range(1, DEPTH + 1):
        err = err + 0.5 * DECAY * np.sum(P["W%d" % k] ** 2)
    return err


def backprop(P):
    acts = run(P)
    n = X.shape[1]
    W1, W2, W3, W4 = P["W1"], P["W2"], P["W3"], P["W4"]
    X0, A1, A2, A3, A4 = acts
    G = {}

    delta4 = (A4 - T) / n
    G["W4"] = delta4 @ A3.T + DECAY * W4
    G["b4"] = delta4.sum(axis=1, keepdims=True)
    delta3 = (W4.T @ delta4) * (1 - A3 ** 2)
    G["W3"] = delta3 @ A2.T + DECAY * W3
    G["b3"] = delta3.sum(axis=1, keepdims=True)
    delta2 = (W3.T @ delta3) * (1 - A2 ** 2)
    G["W2"] = delta2 @ A1.T + DECAY * W2
    G["b2"] = delta2.sum(axis=1, keepdims=True)
    delta1 = (W2.T @ delta2) * (1 - A1 ** 2)
    G["W1"] = delta1 @ X0.T + DECAY * W1
    G["b1"] = delta1.sum(axis=1, keepdims=True)
    return G


def backprop_loop(P):
    acts = run(P)
    grads = {}
    delta = (acts[-1] - T) / X.shape[1]
    for k in range(DEPTH, 0, -1):
        grads["W%d" % k] = delta @ acts[k - 1].T + P["W%d" % k] * DECAY
        grads["b%d" % k] = np.sum(delta, axis=1).reshape(-1, 1)
        if k > 1:
            delta = np.dot(P["W%d" % k].T, delta) * (1.0 - np.square(acts[k - 1]))
    return grads


def problem():
    return {"cost": objective, "grad": backprop, "params": make_params()}


def problem_loop():
    return {"cost": objective, "grad": backprop_loop, "params": make_params()}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="W1 b1, W2 b2, W3 b3, W4 b4")
CASES = style.cases

style.sound("loop_as_written", problem="problem_loop")
style.wrong(
    "activation_of_another_layer",
    ("(W3.T @ delta3) * (1 - A2 ** 2)", "(W3.T @ delta3) * (1 - A1 ** 2)"),
    blame={"W2": Blame("wrong-operand", variable="delta2", alternatives=("wrong-mask",))},
    inherited="b2 W1 b1",
    first_wrong="delta2",
)
style.wrong(
    "weights_of_another_layer",
    ("(W2.T @ delta2)", "(W3.T @ delta2)"),
    blame={"W1": Blame("wrong-operand", variable="delta1")},
    inherited="b1",
    first_wrong="delta1",
)
style.wrong(
    "transpose_forgotten",
    ("(W3.T @ delta3)", "(W3 @ delta3)"),
    blame={"W2": Blame("transposed", variable="delta2")},
    inherited="b2 W1 b1",
    first_wrong="delta2",
)
style.wrong(
    "penalty_of_another_layer",
    ("delta2 @ A1.T + DECAY * W2", "delta2 @ A1.T + DECAY * W3"),
    blame={"W2": "wrong-operand"},
)
style.wrong(
    "penalty_transposed",
    ("delta3 @ A2.T + DECAY * W3", "delta3 @ A2.T + DECAY * W3.T"),
    blame={"W3": "transposed"},
)
style.wrong(
    "outer_product_transposed",
    ("delta2 @ A1.T + DECAY * W2", "A1 @ delta2.T + DECAY * W2"),
    blame={"W2": "transposed"},
)
style.wrong(
    "input_of_another_layer",
    ("delta3 @ A2.T + DECAY * W3", "delta3 @ A1.T + DECAY * W3"),
    blame={"W3": "wrong-operand"},
)
style.wrong(
    "tanh_derivative_forgotten",
    ("delta1 = (W2.T @ delta2) * (1 - A1 ** 2)", "delta1 = W2.T @ delta2"),
    blame={"W1": Blame("missing-derivative", variable="delta1")},
    inherited="b1",
    first_wrong="delta1",
)
style.wrong(
    "tanh_derivative_unsquared",
    ("(W3.T @ delta3) * (1 - A2 ** 2)", "(W3.T @ delta3) * (1 - A2)"),
    blame={"W2": Blame("wrong-operation", variable="delta2", alternatives=("missing-derivative", "wrong-operand"))},
    inherited="b2 W1 b1",
    first_wrong="delta2",
)
style.wrong(
    "tanh_derivative_of_sigmoid",
    ("(W4.T @ delta4) * (1 - A3 ** 2)", "(W4.T @ delta4) * A3 * (1 - A3)"),
    blame={"W3": Blame("wrong-operation", variable="delta3", alternatives=("missing-derivative", "wrong-operand"))},
    inherited="b3 W2 b2 W1 b1",
    first_wrong="delta3",
)
style.wrong(
    "mean_and_penalty",
    ("delta4 = (A4 - T) / n", "delta4 = (A4 - T)"),
    ("delta1 @ X0.T + DECAY * W1", "delta1 @ X0.T + 2 * DECAY * W1"),
    blame={
        "W4": Blame("wrong-factor", factor="n", variable="delta4", at="delta4 = "),
        "W1": Blame("inherited", upstream="delta4", also=("wrong-factor",), at="*",
                    alternatives=("wrong-factor",)),
    },
    inherited="b4 W3 b3 W2 b2 b1",
    first_wrong="delta4",
)
style.wrong(
    "loop_sum_of_weights",
    ('+ P["W%d" % k] * DECAY', '+ P["W%d" % k].sum() * DECAY'),
    blame={w: "sum-for-matrix" for w in ("W1", "W2", "W3", "W4")},
    problem="problem_loop",
)
style.wrong(
    "loop_index_off_by_one",
    ("* (1.0 - np.square(acts[k - 1]))", "* (1.0 - np.square(acts[max(k - 2, 1)]))"),
    blame={"W3": Blame("wrong-operand", variable="delta", alternatives=("wrong-mask",))},
    inherited="b3 W2 b2 W1 b1",
    problem="problem_loop",
)
style.wrong(
    "loop_forgets_last_penalty",
    ('+ P["W%d" % k] * DECAY', '+ (P["W%d" % k] * DECAY if k < DEPTH else 0)'),
    blame={"W4": "missing-term"},
    problem="problem_loop",
)
style.sound("square_by_multiply", ("(W2.T @ delta2) * (1 - A1 ** 2)", "(W2.T @ delta2) - (W2.T @ delta2) * A1 * A1"))
