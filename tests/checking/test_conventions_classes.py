"""Models as classes: a loss with a backward method, whatever the latter does with its gradients."""

import textwrap

import pytest

from gradproof.checking.conventions import find_problems
from gradproof.errors import InputError
from gradproof.read.files import load

HEAD = """
import numpy as np
class Model:
    def __init__(self):
        self.W = np.random.randn(4, 2)
        self.b = np.zeros(2)
    def forward(self, X):
        self.X = X
        self.out = X @ self.W + self.b
        return self.out
"""
STYLES = {
    "backward returns a dictionary": """
    def loss(self, X, y):
        return np.mean((X @ self.W + self.b - y) ** 2)
    def backward(self, X, y):
        e = X @ self.W + self.b - y
        return {"W": 2 * X.T @ e / e.size, "b": 2 * e.sum(axis=0) / e.size}
""",
    "backward keeps attributes": """
    def loss(self, y):
        return np.mean((self.out - y) ** 2)
    def backward(self, y):
        e = self.out - y
        self.dW = 2 * self.X.T @ e / e.size
        self.db = 2 * e.sum(axis=0) / e.size
""",
    "loss returns both, by a call": """
    def loss(self, X, t):
        e = self.forward(X) - t
        loss = np.mean(e ** 2)
        return loss, self.backward(X, e)
    def backward(self, X, e):
        return {"W": 2 * X.T @ e / e.size, "b": 2 * e.sum(axis=0) / e.size}
""",
}


def written(tmp_path, text):
    path = tmp_path / "model.py"
    path.write_text(textwrap.dedent(text))
    return load(path)


@pytest.mark.parametrize("style", STYLES)
def test_a_class_is_checked(style, tmp_path):
    problems = find_problems(written(tmp_path, HEAD + STYLES[style])).problems
    assert set(problems[0].params) == {"W", "b"}


def test_methods_are_listed(tmp_path):
    with pytest.raises(InputError, match="class Model: forward"):
        find_problems(written(tmp_path, HEAD))
