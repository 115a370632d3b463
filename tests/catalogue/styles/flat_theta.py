"""One flat vector theta for an optimiser, bias columns inside the matrices, reshape and concatenate."""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def nn_cost_function(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lmbda):
    cut = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:cut].reshape(hidden_layer_size, input_layer_size + 1)
    Theta2 = np.reshape(nn_params[cut:], (num_labels, hidden_layer_size + 1))
    m = X.shape[0]

    # feedforward
    a1 = np.hstack([np.ones((m, 1)), X])
    z2 = a1.dot(Theta1.T)
    a2 = np.hstack([np.ones((m, 1)), sigmoid(z2)])
    z3 = a2.dot(Theta2.T)
    h = sigmoid(z3)
    Y = np.eye(num_labels)[y]

    J = (-1.0 / m) * np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h))
    J = J + lmbda / (2.0 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))

    # backpropagation
    d3 = h - Y
    d2 = d3.dot(Theta2[:, 1:]) * sigmoid(z2) * (1 - sigmoid(z2))
    Theta1_grad = d2.T.dot(a1) / m
    Theta2_grad = d3.T.dot(a2) / m
    Theta1_grad[:, 1:] = Theta1_grad[:, 1:] + lmbda / m * Theta1[:, 1:]
    Theta2_grad[:, 1:] = Theta2_grad[:, 1:] + lmbda / m * Theta2[:, 1:]
    grad = np.concatenate([Theta1_grad.ravel(), Theta2_grad.ravel()])
    return J, grad


def problem():
    rs = np.random.RandomState(8)
    X, y = rs.randn(7, 3), np.array([0, 1, 2, 1, 0, 2, 2])
    theta = rs.uniform(-0.9, 0.9, 5 * 4 + 3 * 6)
    return {"cost": lambda t: nn_cost_function(t, 3, 5, 3, X, y, 1.3), "params": theta}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__)
CASES = style.cases
ENTRIES = ("wrong-entries",)

style.wrong(
    "bias_column_penalised",
    ("Theta1_grad[:, 1:] = Theta1_grad[:, 1:] + lmbda / m * Theta1[:, 1:]", "Theta1_grad = Theta1_grad + lmbda / m * Theta1"),
    blame={"params": Blame("penalty-on-bias", alternatives=("extra-term", "wrong-entries"))},
)
style.wrong(
    "penalty_of_theta2_forgotten",
    ("    Theta2_grad[:, 1:] = Theta2_grad[:, 1:] + lmbda / m * Theta2[:, 1:]\n", ""),
    blame={"params": Blame("missing-term", at="Theta2_grad = d3.T.dot(a2) / m")},
)
style.wrong(
    "penalty_of_theta1_without_mean",
    ("Theta1_grad[:, 1:] + lmbda / m * Theta1[:, 1:]", "Theta1_grad[:, 1:] + lmbda * Theta1[:, 1:]"),
    blame={"params": Blame("wrong-factor", factor="m")},
)
style.wrong(
    "mean_of_theta2_forgotten",
    ("Theta2_grad = d3.T.dot(a2) / m", "Theta2_grad = d3.T.dot(a2)"),
    blame={"params": Blame("wrong-factor", factor="m")},
)
style.wrong(
    "sigmoid_derivative_forgotten",
    ("d2 = d3.dot(Theta2[:, 1:]) * sigmoid(z2) * (1 - sigmoid(z2))", "d2 = d3.dot(Theta2[:, 1:])"),
    blame={"params": Blame("missing-derivative")},
    first_wrong="d2",
)
style.wrong(
    "half_of_the_sigmoid_derivative",
    ("* sigmoid(z2) * (1 - sigmoid(z2))", "* (1 - sigmoid(z2))"),
    blame={"params": Blame("missing-derivative", alternatives=("wrong-factor", "wrong-operation", "wrong-operand", "missing-term"))},
    first_wrong="d2",
)
style.wrong(
    "ravelled_by_columns",
    ("Theta2_grad.ravel()])", 'Theta2_grad.ravel(order="F")])'),
    blame={"params": Blame("transposed", alternatives=("wrong-entries",))},
)
style.wrong(
    "order_of_the_parts",
    ("np.concatenate([Theta1_grad.ravel(), Theta2_grad.ravel()])", "np.concatenate([Theta2_grad.ravel(), Theta1_grad.ravel()])"),
    blame={"params": Blame("wrong-entries", alternatives=("wrong-operand", "wrong-operation"))},
)
style.wrong(
    "cost_without_theta2",
    (" + np.sum(Theta2[:, 1:] ** 2))", ")"),
    blame={"params": Blame("extra-term", at="Theta2_grad[:, 1:] = ")},
    nearby=True,
)
