"""Online-course manner: examples along the columns, a tuple as cache, dictionaries, one helper per step."""

import numpy as np


def sigmoid(Z):
    return 1.0 / (1.0 + np.exp(-Z))


def relu(Z):
    return np.maximum(0, Z)


def model_forward(X, parameters):
    # LINEAR -> RELU -> LINEAR -> RELU -> LINEAR -> SIGMOID
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]
    W3 = parameters["W3"]
    b3 = parameters["b3"]

    Z1 = np.dot(W1, X) + b1
    A1 = relu(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = relu(Z2)
    Z3 = np.dot(W3, A2) + b3
    A3 = sigmoid(Z3)

    cache = (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)
    return A3, cache


def compute_cost(A3, Y):
    m = Y.shape[1]
    logprobs = np.multiply(-np.log(A3), Y) + np.multiply(-np.log(1 - A3), 1 - Y)
    cost = 1.0 / m * np.nansum(logprobs)
    return cost


def compute_cost_with_penalty(A3, Y, parameters, lambd):
    m = Y.shape[1]
    W1, W2, W3 = parameters["W1"], parameters["W2"], parameters["W3"]
    cross_entropy_cost = compute_cost(A3, Y)
    penalty_cost = lambd * (np.sum(np.square(W1)) + np.sum(np.square(W2)) + np.sum(np.square(W3))) / (2 * m)
    return cross_entropy_cost + penalty_cost


def model_backward(X, Y, cache, lambd):
    m = X.shape[1]
    (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3) = cache

    dZ3 = A3 - Y
    dW3 = 1.0 / m * np.dot(dZ3, A2.T) + (lambd * W3) / m
    db3 = 1.0 / m * np.sum(dZ3, axis=1, keepdims=True)

    dA2 = np.dot(W3.T, dZ3)
    dZ2 = np.multiply(dA2, np.int64(A2 > 0))
    dW2 = 1.0 / m * np.dot(dZ2, A1.T) + (lambd * W2) / m
    db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)

    dA1 = np.dot(W2.T, dZ2)
    dZ1 = np.multiply(dA1, np.int64(A1 > 0))
    dW1 = 1.0 / m * np.dot(dZ1, X.T) + (lambd * W1) / m
    db1 = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True)

    gradients = {"dZ3": dZ3, "dW3": dW3, "db3": db3, "dA2": dA2,
                 "dZ2": dZ2, "dW2": dW2, "db2": db2, "dA1": dA1,
                 "dZ1": dZ1, "dW1": dW1, "db1": db1}
    return gradients


np.random.seed(4)
X_assess = np.random.randn(4, 11)
Y_assess = np.array([[1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1]])
LAMBD = 0.7


def initialize(layer_dims=(4, 6, 3, 1)):
    p = {}
    for l in range(1, len(layer_dims)):
        p["W" + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) * 0.6
        p["b" + str(l)] = np.random.randn(layer_dims[l], 1) * 0.3
    return p


def cost(parameters):
    A3, _ = model_forward(X_assess, parameters)
    return compute_cost_with_penalty(A3, Y_assess, parameters, LAMBD)


def grad(parameters):
    _, cache = model_forward(X_assess, parameters)
    return model_backward(X_assess, Y_assess, cache, LAMBD)


def problem():
    return {"cost": cost, "grad": grad, "params": initialize()}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="W1 b1, W2 b2, W3 b3")
CASES = style.cases

style.wrong(
    "sum_of_w1",
    ("dW1 = 1.0 / m * np.dot(dZ1, X.T) + (lambd * W1) / m",
     "dW1 = 1.0 / m * np.dot(dZ1, X.T) + (lambd * np.sum(W1)) / m"),
    blame={"W1": "sum-for-matrix"},
    first_wrong="dW1",
)
style.wrong(
    "penalty_forgotten_w2",
    ("dW2 = 1.0 / m * np.dot(dZ2, A1.T) + (lambd * W2) / m", "dW2 = 1.0 / m * np.dot(dZ2, A1.T)"),
    blame={"W2": "missing-term"},
)
style.wrong(
    "penalty_halved_w3",
    ("np.dot(dZ3, A2.T) + (lambd * W3) / m", "np.dot(dZ3, A2.T) + (lambd * W3) / (2 * m)"),
    blame={"W3": Blame("wrong-factor", factor="1/2")},
)
style.wrong(
    "mean_forgotten_w3",
    ("dW3 = 1.0 / m * np.dot(dZ3, A2.T) +", "dW3 = np.dot(dZ3, A2.T) +"),
    blame={"W3": Blame("wrong-factor", factor="m")},
)
style.wrong(
    "mean_forgotten_b1",
    ("db1 = 1.0 / m * np.sum(dZ1", "db1 = np.sum(dZ1"),
    blame={"b1": Blame("wrong-factor", factor="m")},
)
style.wrong(
    "penalty_on_b2",
    ("db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)",
     "db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True) + (lambd * b2) / m"),
    blame={"b2": "penalty-on-bias"},
)
style.wrong(
    "penalty_subtracted",
    ("np.dot(dZ1, X.T) + (lambd * W1) / m", "np.dot(dZ1, X.T) - (lambd * W1) / m"),
    blame={"W1": Blame("wrong-factor", factor="-1")},
)
style.wrong(
    "mask_forgotten_dz2",
    ("dZ2 = np.multiply(dA2, np.int64(A2 > 0))", "dZ2 = dA2"),
    blame={"W2": Blame("missing-derivative", variable="dZ2")},
    inherited="b2 W1 b1",
    first_wrong="dZ2",
)
style.wrong(
    "mask_forgotten_dz1",
    ("dZ1 = np.multiply(dA1, np.int64(A1 > 0))", "dZ1 = dA1 * 1"),
    blame={"W1": Blame("missing-derivative", variable="dZ1")},
    inherited="b1",
    first_wrong="dZ1",
)
style.wrong(
    "sigmoid_mistaken_for_square_loss",
    ("dZ3 = A3 - Y", "dZ3 = (A3 - Y) * A3 * (1 - A3)"),
    blame={"W3": Blame("wrong-factor", variable="dZ3", alternatives=("extra-term", "wrong-operation"))},
    inherited="b3 W2 b2 W1 b1",
    first_wrong="dZ3",
)
style.wrong(
    "sign_of_dz3",
    ("dZ3 = A3 - Y", "dZ3 = Y - A3"),
    blame={"W3": Blame("wrong-factor", factor="-1", variable="dZ3")},
    inherited="b3 W2 b2 W1 b1",
    first_wrong="dZ3",
)
style.wrong(
    "da_for_dz",
    ("dA1 = np.dot(W2.T, dZ2)", "dA1 = np.dot(W2.T, dA2)"),
    blame={"W1": Blame("wrong-operand", variable="dA1", alternatives=("missing-derivative",))},
    inherited="b1",
    first_wrong="dA1",
)
style.wrong(
    "bias_axis",
    ("db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)", "db2 = 1.0 / m * np.sum(dZ2, axis=0, keepdims=True)"),
    blame={"b2": Blame("wrong-axis", alternatives=("wrong-shape",))},
)
style.wrong(
    "bias_keepdims",
    ("db1 = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True)", "db1 = 1.0 / m * np.sum(dZ1, axis=1)"),
    blame={"b1": "wrong-shape"},
)
style.wrong(
    "bias_summed_away",
    ("db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)",
     "db2 = 1.0 / m * np.sum(dZ2, keepdims=True) * np.ones_like(b2)"),
    blame={"b2": Blame("wrong-axis", alternatives=("sum-for-matrix",))},
)
style.wrong(
    "key_missing",
    ('"dW2": dW2, "db2": db2, "dA1": dA1,', '"dW2": dW2, "dA1": dA1,'),
    blame={"b2": Blame("missing-parameter", at="*")},
)
style.wrong(
    "two_parameters",
    ("np.dot(dZ1, X.T) + (lambd * W1) / m", "np.dot(dZ1, X.T) + (lambd * np.sum(W1)) / m"),
    ("np.dot(dZ3, A2.T) + (lambd * W3) / m", "np.dot(dZ3, A2.T) + 2 * (lambd * W3) / m"),
    blame={
        "W1": Blame("sum-for-matrix", at="dW1 = "),
        "W3": Blame("wrong-factor", factor="2", at="dW3 = "),
    },
)
style.wrong(
    "two_in_one",
    ("dW1 = 1.0 / m * np.dot(dZ1, X.T) + (lambd * W1) / m", "dW1 = np.dot(dZ1, X.T) + (lambd * np.sum(W1)) / m"),
    blame={"W1": Blame("wrong-factor", alternatives=("sum-for-matrix",), also=("wrong-factor", "sum-for-matrix"))},
)
style.wrong(
    "activation_for_input",
    ("dZ1 = np.multiply(dA1, np.int64(A1 > 0))", "dZ1 = np.multiply(dA1, A1)"),
    blame={"W1": Blame("missing-derivative", variable="dZ1", alternatives=("wrong-mask", "wrong-operand", "wrong-operation"))},
    inherited="b1",
    first_wrong="dZ1",
)
style.wrong(
    "cost_without_the_half",
    ("/ (2 * m)", "/ m"),
    blame={k: Blame("wrong-factor", factor="1/2", at=f"d{k} = ") for k in ("W1", "W2", "W3")},
    nearby=True,
)
style.wrong(
    "cost_forgets_w3",
    (" + np.sum(np.square(W3))) / (2 * m)", ") / (2 * m)"),
    blame={"W3": Blame("extra-term", at="dW3 = ")},
    nearby=True,
)
style.sound(
    "mean_in_dz3",
    ("dZ3 = A3 - Y", "dZ3 = 1.0 / m * (A3 - Y)"),
    ("dW3 = 1.0 / m * np.dot", "dW3 = np.dot"),
    ("db3 = 1.0 / m * np.sum", "db3 = np.sum"),
    ("dW2 = 1.0 / m * np.dot", "dW2 = np.dot"),
    ("db2 = 1.0 / m * np.sum", "db2 = np.sum"),
    ("dW1 = 1.0 / m * np.dot", "dW1 = np.dot"),
    ("db1 = 1.0 / m * np.sum", "db1 = np.sum"),
)
style.sound("mask_of_z", ("np.int64(A2 > 0)", "np.where(Z2 <= 0, 0.0, 1.0)"))
