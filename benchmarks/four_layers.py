"""A four-layer network, its cost and its backpropagation, as a course's student writes them.

This file is the candidate: plain NumPy that knows nothing of any checker. `workload.with_bug`
replaces one of its lines by a wrong one, so every line that can be replaced occurs once.
"""

import numpy as np


def relu(Z):
    return np.maximum(Z, 0)


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def problem(X, Y, lambd):
    """Return (cost_of_logits, cost_of_log, grad) for the data X, Y, one example a column."""
    m = X.shape[1]

    def forward(params):
        W1, W2, W3, W4 = params["W1"], params["W2"], params["W3"], params["W4"]
        b1, b2, b3, b4 = params["b1"], params["b2"], params["b3"], params["b4"]
        Z1 = np.dot(W1, X) + b1
        A1 = relu(Z1)
        Z2 = np.dot(W2, A1) + b2
        A2 = relu(Z2)
        Z3 = np.dot(W3, A2) + b3
        A3 = relu(Z3)
        Z4 = np.dot(W4, A3) + b4
        return Z1, A1, Z2, A2, Z3, A3, Z4

    def penalty(params):
        total = 0
        for layer in (1, 2, 3, 4):
            total = total + np.sum(np.square(params["W" + str(layer)]))
        return lambd / (2 * m) * total

    def cost_of_logits(params):
        Z4 = forward(params)[-1]
        losses = np.maximum(Z4, 0) - Z4 * Y + np.log1p(np.exp(-np.abs(Z4)))
        return 1 / m * np.sum(losses) + penalty(params)

    def cost_of_log(params):
        A4 = sigmoid(forward(params)[-1])
        losses = -(Y * np.log(A4) + (1 - Y) * np.log(1 - A4))
        return 1 / m * np.sum(losses) + penalty(params)

    def grad(params):
        Z1, A1, Z2, A2, Z3, A3, Z4 = forward(params)
        W1, W2, W3, W4 = params["W1"], params["W2"], params["W3"], params["W4"]

        dZ4 = sigmoid(Z4) - Y
        dW4 = 1 / m * np.dot(dZ4, A3.T) + (lambd * W4) / m
        db4 = 1 / m * np.sum(dZ4, axis=1, keepdims=True)

        dA3 = np.dot(W4.T, dZ4)
        dZ3 = dA3 * (Z3 > 0)
        dW3 = 1 / m * np.dot(dZ3, A2.T) + (lambd * W3) / m
        db3 = 1 / m * np.sum(dZ3, axis=1, keepdims=True)

        dA2 = np.dot(W3.T, dZ3)
        dZ2 = dA2 * (Z2 > 0)
        dW2 = 1 / m * np.dot(dZ2, A1.T) + (lambd * W2) / m
        db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)

        dA1 = np.dot(W2.T, dZ2)
        dZ1 = dA1 * (Z1 > 0)
        dW1 = 1 / m * np.dot(dZ1, X.T) + (lambd * W1) / m
        db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)

        return {
            "W1": dW1, "b1": db1, "W2": dW2, "b2": db2,
            "W3": dW3, "b3": db3, "W4": dW4, "b4": db4,
        }  # fmt: skip

    return cost_of_logits, cost_of_log, grad
