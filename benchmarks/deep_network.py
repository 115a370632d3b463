"""A network of any depth with a choice of activation and loss: loops and dictionary caches.

Like `four_layers.py` this is a candidate: plain NumPy that knows nothing of any checker.
"""

import numpy as np


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def softmax(Z):
    E = np.exp(Z - np.max(Z, axis=0, keepdims=True))
    return E / np.sum(E, axis=0, keepdims=True)


# name: (the activation of Z, its derivative at Z where A is the activation of Z)
ACTIVATIONS = {
    "relu": (lambda Z: np.maximum(Z, 0), lambda Z, A: Z > 0),
    "leaky": (lambda Z: np.where(Z > 0, Z, 0.01 * Z), lambda Z, A: np.where(Z > 0, 1.0, 0.01)),
    "tanh": (np.tanh, lambda Z, A: 1 - A**2),
    "sigmoid": (sigmoid, lambda Z, A: A * (1 - A)),
    "softplus": (lambda Z: np.logaddexp(0, Z), lambda Z, A: sigmoid(Z)),
}


def logits_loss(Z, Y):
    return np.sum(np.maximum(Z, 0) - Z * Y + np.log1p(np.exp(-np.abs(Z))))


def log_loss(Z, Y):
    A = sigmoid(Z)
    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))


def softmax_loss(Z, Y):
    Z = Z - np.max(Z, axis=0, keepdims=True)
    log_probabilities = Z - np.log(np.sum(np.exp(Z), axis=0, keepdims=True))
    return -np.sum(Y * log_probabilities)


def squared_loss(Z, Y):
    return np.sum((Z - Y) ** 2) / 2


# name: (the loss summed over the examples, its derivative by the last layer's Z)
LOSSES = {
    "bce-logits": (logits_loss, lambda Z, Y: sigmoid(Z) - Y),
    "bce-log": (log_loss, lambda Z, Y: sigmoid(Z) - Y),
    "softmax": (softmax_loss, lambda Z, Y: softmax(Z) - Y),
    "mse": (squared_loss, lambda Z, Y: Z - Y),
}


def problem(X, Y, lambd, activation, loss):
    """Return (cost, grad) for the data X, Y, one example a column."""
    m = X.shape[1]
    activate, slope = ACTIVATIONS[activation]
    loss_of, loss_slope = LOSSES[loss]

    def forward(params):
        layers = len(params) // 2
        cache = {"A0": X}
        for layer in range(1, layers + 1):
            W, b = params["W" + str(layer)], params["b" + str(layer)]
            Z = np.dot(W, cache["A" + str(layer - 1)]) + b
            cache["Z" + str(layer)] = Z
            if layer < layers:
                cache["A" + str(layer)] = activate(Z)
        return layers, cache

    def cost(params):
        layers, cache = forward(params)
        data = loss_of(cache["Z" + str(layers)], Y) / m
        penalty = 0
        for layer in range(1, layers + 1):
            penalty = penalty + np.sum(np.square(params["W" + str(layer)]))
        return data + lambd / (2 * m) * penalty

    def grad(params):
        layers, cache = forward(params)
        grads = {}
        dZ = loss_slope(cache["Z" + str(layers)], Y)
        for layer in range(layers, 0, -1):
            W, A_previous = params["W" + str(layer)], cache["A" + str(layer - 1)]
            grads["W" + str(layer)] = np.dot(dZ, A_previous.T) / m + lambd / m * W
            grads["b" + str(layer)] = np.sum(dZ, axis=1, keepdims=True) / m
            if layer > 1:
                dA = np.dot(W.T, dZ)
                dZ = dA * slope(cache["Z" + str(layer - 1)], A_previous)
        return grads

    return cost, grad
