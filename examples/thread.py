"""The forum's question, "dW for L2 regularization", as a file you could have written yourself.

A three-layer binary classifier, LINEAR -> RELU -> LINEAR -> RELU -> LINEAR -> SIGMOID, with examples along
the columns of X. Its cost is the mean cross-entropy plus lambd / (2 m) times the sum of all squared weights.

Two gradients are offered for it. They differ in one line, the one for dW1:

* ``backward_propagation_with_regularization`` adds ``(lambd * np.sum(W1)) / m``, as the question did;
* ``backward_propagation_fixed`` adds ``(lambd * W1) / m``.

Settle both with::

    gradproof check examples/thread.py
"""

import numpy as np


def relu(Z):
    return np.maximum(0, Z)


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def forward_propagation(X, parameters):
    """Return the prediction A3, of shape (1, m), and what the backward pass needs to remember."""
    W1, b1 = parameters["W1"], parameters["b1"]
    W2, b2 = parameters["W2"], parameters["b2"]
    W3, b3 = parameters["W3"], parameters["b3"]

    Z1 = np.dot(W1, X) + b1
    A1 = relu(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = relu(Z2)
    Z3 = np.dot(W3, A2) + b3
    A3 = sigmoid(Z3)

    return A3, (W1, A1, W2, A2, W3, A3)


def compute_cost_with_regularization(A3, Y, parameters, lambd):
    """Return the mean cross-entropy of A3 against the labels Y, plus the L2 penalty on every W."""
    m = Y.shape[1]
    cross_entropy = -np.sum(Y * np.log(A3) + (1 - Y) * np.log(1 - A3)) / m
    penalty = 0
    for layer in (1, 2, 3):
        penalty += np.sum(np.square(parameters["W" + str(layer)]))
    return cross_entropy + lambd / (2 * m) * penalty


def backward_propagation_with_regularization(X, Y, cache, lambd):
    """Return the gradients as the question had them."""
    m = X.shape[1]
    W1, A1, W2, A2, W3, A3 = cache

    dZ3 = A3 - Y
    dW3 = 1 / m * np.dot(dZ3, A2.T) + (lambd * W3) / m
    db3 = 1 / m * np.sum(dZ3, axis=1, keepdims=True)

    dA2 = np.dot(W3.T, dZ3)
    dZ2 = dA2 * (A2 > 0)
    dW2 = 1 / m * np.dot(dZ2, A1.T) + (lambd * W2) / m
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)

    dA1 = np.dot(W2.T, dZ2)
    dZ1 = dA1 * (A1 > 0)
    dW1 = 1 / m * np.dot(dZ1, X.T) + (lambd * np.sum(W1)) / m
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)

    return {
        "dZ3": dZ3, "dW3": dW3, "db3": db3,
        "dA2": dA2, "dZ2": dZ2, "dW2": dW2, "db2": db2,
        "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1,
    }  # fmt: skip


def backward_propagation_fixed(X, Y, cache, lambd):
    """Return the gradients with the answer's line for dW1."""
    m = X.shape[1]
    W1, A1, W2, A2, W3, A3 = cache

    dZ3 = A3 - Y
    dW3 = 1 / m * np.dot(dZ3, A2.T) + (lambd * W3) / m
    db3 = 1 / m * np.sum(dZ3, axis=1, keepdims=True)

    dA2 = np.dot(W3.T, dZ3)
    dZ2 = dA2 * (A2 > 0)
    dW2 = 1 / m * np.dot(dZ2, A1.T) + (lambd * W2) / m
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)

    dA1 = np.dot(W2.T, dZ2)
    dZ1 = dA1 * (A1 > 0)
    dW1 = 1 / m * np.dot(dZ1, X.T) + (lambd * W1) / m
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)

    return {
        "dZ3": dZ3, "dW3": dW3, "db3": db3,
        "dA2": dA2, "dZ2": dZ2, "dW2": dW2, "db2": db2,
        "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1,
    }  # fmt: skip


def initialize_parameters(layer_sizes, rng):
    """Return W1, b1, W2, b2, ... drawn for ReLU layers of the given sizes."""
    parameters = {}
    for layer in range(1, len(layer_sizes)):
        n_out, n_in = layer_sizes[layer], layer_sizes[layer - 1]
        parameters["W" + str(layer)] = rng.standard_normal((n_out, n_in)) * np.sqrt(2 / n_in)
        parameters["b" + str(layer)] = 0.1 * rng.standard_normal((n_out, 1))
    return parameters


def example():
    """Return the inputs of one call: 12 points in the plane, labelled by the side of a circle they are on."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((2, 12))
    Y = (np.sum(X**2, axis=0, keepdims=True) < 1.5).astype(float)
    return {"X": X, "Y": Y, "parameters": initialize_parameters([2, 5, 3, 1], rng), "lambd": 0.7}
