"""A class whose loss method returns the loss and the gradients by its parameters."""

import numpy as np


class TwoLayerNet:
    def __init__(self, input_dim=5, hidden_dim=7, num_classes=3, reg=0.1):
        rng = np.random.default_rng(0)
        self.reg = reg
        self.params = {
            "W1": 0.1 * rng.standard_normal((input_dim, hidden_dim)),
            "b1": np.zeros(hidden_dim),
            "W2": 0.1 * rng.standard_normal((hidden_dim, num_classes)),
            "b2": np.zeros(num_classes),
        }

    def loss(self, X, y):
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        N = X.shape[0]

        hidden = np.maximum(0, X @ W1 + b1)
        scores = hidden @ W2 + b2
        scores -= scores.max(axis=1, keepdims=True)
        probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        loss = -np.log(probs[np.arange(N), y]).mean()
        loss += 0.5 * self.reg * (np.sum(W1**2) + np.sum(W2**2))

        dscores = probs.copy()
        dscores[np.arange(N), y] -= 1
        dscores /= N
        dhidden = dscores @ W2.T
        dhidden[hidden <= 0] = 0
        grads = {
            "W2": hidden.T @ dscores + 2 * self.reg * W2,
            "b2": dscores.sum(axis=0),
            "W1": X.T @ dhidden + self.reg * W1,
            "b1": dhidden.sum(axis=0),
        }
        return loss, grads
