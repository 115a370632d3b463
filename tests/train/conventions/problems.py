"""Small problems, their gradients in plain NumPy, and each convention's step, typed from its definition.

Nothing here knows gradproof: it is what the records are held against.
"""

from dataclasses import dataclass, field, replace

import numpy as np

EPSILON = 1e-30  # Adam's: frameworks add it in different places, which then makes no difference
BETAS = 0.9, 0.999


@dataclass(frozen=True)
class Problem:
    """Rows of X and targets, initial parameters, and how it is trained.

    ``sizes`` are n_x, the hidden sizes and n_y; hidden layers are tanh. The loss of an example is softmax's
    cross-entropy, or ``"binary"``, or ``"squared"``, ½ r².
    """

    sizes: tuple = (5, 4, 3)
    loss: str = "softmax"
    m: int = 24
    batch: int = 8
    lr: float = 0.1
    momentum: float = 0.9
    optimizer: str = "sgd"
    steps: int = 20
    biases: bool = False
    seed: int = 0
    made: dict = field(default_factory=dict, compare=False)

    @property
    def rng(self):
        return np.random.default_rng(self.seed)

    @property
    def X(self):
        return self.rng.normal(size=(self.m, self.sizes[0]))

    @property
    def Y(self):
        """Targets of shape (m, n_y): one-hot, 0 and 1, or real."""
        rng = np.random.default_rng(self.seed + 1)
        if self.loss == "softmax":
            return np.eye(self.sizes[-1])[rng.integers(0, self.sizes[-1], self.m)]
        if self.loss == "binary":
            return rng.integers(0, 2, (self.m, 1)).astype(float)
        return self.X @ rng.normal(size=(self.sizes[0], 1)) + rng.normal(size=(self.m, 1)) + 2

    @property
    def depth(self):
        return len(self.sizes) - 1

    def start(self):
        """W1, b1, W2, b2, ...: W of shape (n_out, n_in), b of shape (n_out,)."""
        rng = np.random.default_rng(self.seed + 2)
        found = {}
        for k, (n, out) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), start=1):
            found[f"W{k}"] = rng.normal(size=(out, n))
            found[f"b{k}"] = rng.normal(size=out)
        return found

    def batches(self):
        """Indices of the rows of each step, in order, round and round."""
        parts = [np.arange(k, min(k + self.batch, self.m)) for k in range(0, self.m, self.batch)]
        return [parts[k % len(parts)] for k in range(self.steps)]

    def but(self, **changes):
        return replace(self, **changes)


def gradients(problem, parameters, X, Y):
    """Of the mean loss of the rows given."""
    A, kept = X, [X]
    for k in range(1, problem.depth):
        A = np.tanh(A @ parameters[f"W{k}"].T + parameters[f"b{k}"])
        kept.append(A)
    last = problem.depth
    Z = A @ parameters[f"W{last}"].T + parameters[f"b{last}"]
    if problem.loss == "softmax":
        E = np.exp(Z - Z.max(1, keepdims=True))
        out = E / E.sum(1, keepdims=True)
    else:
        out = 1 / (1 + np.exp(-Z)) if problem.loss == "binary" else Z
    dZ, found = (out - Y) / len(X), {}
    for k in range(last, 0, -1):
        found[f"W{k}"], found[f"b{k}"] = dZ.T @ kept[k - 1], dZ.sum(0)
        dZ = (dZ @ parameters[f"W{k}"]) * (1 - kept[k - 1] ** 2)
    return found


# What each convention does: (w, gradient of the batch's mean loss, value, the batch's rows, the problem) ->
# (w before the optimiser's step, the gradient that the optimiser gets). A decay acts before the step.
STEPS = {
    "course": lambda w, g, v, b, p: (w, g + v / p.m * w),
    "course.batch": lambda w, g, v, b, p: (w, g + v / b * w),
    "course.none": lambda w, g, v, b, p: (w, g + v * w),
    "cs231n": lambda w, g, v, b, p: (w, g + v * w),
    "gradproof": lambda w, g, v, b, p: (w, g + v * w / p.m),
    "gradproof.batch": lambda w, g, v, b, p: (w, g + v * w / b),
    "gradproof.none": lambda w, g, v, b, p: (w, g + v * w),
    "gradproof.AdamW": lambda w, g, v, b, p: (w * (1 - p.lr * v), g),
    "keras.L2": lambda w, g, v, b, p: (w, g + v * (2 * w)),
    "keras.SGD": lambda w, g, v, b, p: (w - w * v * p.lr, g),
    "keras.Adam": lambda w, g, v, b, p: (w - w * v * p.lr, g),
    "keras.AdamW": lambda w, g, v, b, p: (w - w * v * p.lr, g),
    "torch.SGD": lambda w, g, v, b, p: (w, g + v * w),
    "torch.Adam": lambda w, g, v, b, p: (w, g + v * w),
    "torch.AdamW": lambda w, g, v, b, p: (w * (1 - p.lr * v), g),
    "optax.add_decayed_weights": lambda w, g, v, b, p: (w, g + v * w),
    "optax.add_decayed_weights.after": lambda w, g, v, b, p: (w + v * w, g),
    "optax.adamw": lambda w, g, v, b, p: (w - p.lr * (v * w), g),
    "sklearn.MLP": lambda w, g, v, b, p: (w, (b * g + v * w) / b),
    "sklearn.SGDClassifier": lambda w, g, v, b, p: (w * max(0, 1 - p.lr * v), g),
    "tfa.SGDW": lambda w, g, v, b, p: (w - v * w, g),
    "tfa.AdamW": lambda w, g, v, b, p: (w - v * w, g),
    "fastai": lambda w, g, v, b, p: (w * (1 - p.lr * v), g),
    "fastai.l2_reg": lambda w, g, v, b, p: (w, g + v * w),
    "caffe": lambda w, g, v, b, p: (w, g + v * 1.0 * w),
    "h2o": lambda w, g, v, b, p: (w, sum(g + v * w for _ in range(b)) / b),
    "matlab": lambda w, g, v, b, p: (w, g + v * w),
    "paddle": lambda w, g, v, b, p: (w, g + 0.5 * v * (2 * w)),
}

# The costs that solvers minimise: (sum of the losses, their mean, w, value, the standard deviation of y).
COSTS = {
    "sklearn.LogisticRegression": lambda total, mean, w, v, s: v * total + 0.5 * w @ w,
    "sklearn.LogisticRegression.liblinear": lambda total, mean, w, v, s: v * total + 0.5 * w @ w,
    "sklearn.Ridge": lambda total, mean, w, v, s: 2 * total + v * w @ w,  # the loss is ½ r²
    "sklearn.ElasticNet": lambda total, mean, w, v, s: mean + 0.5 * v * w @ w,
    "glmnet": lambda total, mean, w, v, s: mean + 0.5 * v * w @ w,
    # y and the weights in units of s, λ divided by s:
    "glmnet.gaussian": lambda total, mean, w, v, s: mean / s**2 + v / s * 0.5 * (w / s) @ (w / s),
    "spark.LogisticRegression": lambda total, mean, w, v, s: mean + 0.5 * v * w @ w,
    "spark.LinearRegression": lambda total, mean, w, v, s: mean / s**2 + v / s * 0.5 * (w / s) @ (w / s),
}
PENALISES_BIASES = {"h2o", "sklearn.LogisticRegression.liblinear"}  # whatever it is told


class Optimizer:
    """Plain gradient descent, momentum or Adam on one array."""

    def __init__(self, problem):
        self.problem, self.t, self.v, self.s = problem, 0, 0.0, 0.0

    def step(self, g):
        """What is taken off."""
        p, (b1, b2) = self.problem, BETAS
        self.t += 1
        if p.optimizer == "sgd":
            return p.lr * g
        if p.optimizer == "momentum":
            self.v = p.momentum * self.v + g
            return p.lr * self.v
        self.v = b1 * self.v + (1 - b1) * g
        self.s = b2 * self.s + (1 - b2) * g * g
        return p.lr * (self.v / (1 - b1**self.t)) / (np.sqrt(self.s / (1 - b2**self.t)) + EPSILON)


def simulate(name, value, problem):
    """Parameters after the problem's steps under a convention, in plain NumPy."""
    parameters = problem.start()
    optimizers = {key: Optimizer(problem) for key in parameters}
    X, Y = problem.X, problem.Y
    for rows in problem.batches():
        found = gradients(problem, parameters, X[rows], Y[rows])
        for key, w in parameters.items():
            g = found[key]
            if key.startswith("W") or problem.biases or name in PENALISES_BIASES:
                w, g = STEPS[name](w, g, value, len(rows), problem)
            parameters[key] = w - optimizers[key].step(g)
    return parameters


def minimum(problem, c, *, biases=False):
    """The minimum of J + c/2 ‖W‖² of a linear model, by Newton's method: the parameters."""
    X = np.hstack([problem.X, np.ones((problem.m, 1))])
    y, w = problem.Y[:, 0], np.zeros(X.shape[1])
    penalty = c * np.diag([*np.ones(X.shape[1] - 1), float(biases)])
    for _ in range(50):
        z = X @ w
        out = 1 / (1 + np.exp(-z)) if problem.loss == "binary" else z
        curvature = out * (1 - out) if problem.loss == "binary" else np.ones(problem.m)
        gradient = X.T @ (out - y) / problem.m + penalty @ w
        w = w - np.linalg.solve((X.T * curvature) @ X / problem.m + penalty, gradient)
    return {"W1": w[None, :-1], "b1": w[-1:]}


def difference(a, b):
    """The largest difference of two sets of parameters, relative to the largest entry of the first."""
    size = max(np.abs(w).max() for w in a.values())
    return max(np.abs(a[key] - np.asarray(b[key]).reshape(a[key].shape)).max() for key in a) / size
