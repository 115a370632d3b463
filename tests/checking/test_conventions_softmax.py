"""A right softmax with cross-entropy is right on the inputs made for it: several classes, one-hot."""

import textwrap

import pytest
from typer.testing import CliRunner

from gradproof.cli.app import app

CODE = {
    "examples in rows": """
        def softmax(z):
            e = np.exp(z)
            return e / np.sum(e, axis=1, keepdims=True)
        def cost(theta, X, y):
            return -np.mean(np.sum(y * np.log(softmax(X @ theta)), axis=1))
        def gradient(theta, X, y):
            return X.T @ (softmax(X @ theta) - y) / len(X)
        """,
    "examples in columns": """
        def softmax(Z):
            return np.exp(Z) / np.sum(np.exp(Z), axis=0)
        def cost(W, b, X, Y):
            return -np.sum(Y * np.log(softmax(W @ X + b))) / X.shape[1]
        def gradients(W, b, X, Y):
            dZ = softmax(W @ X + b) - Y
            return dZ @ X.T / X.shape[1], np.sum(dZ, axis=1, keepdims=True) / X.shape[1]
        """,
}


@pytest.mark.parametrize("style", CODE)
def test_softmax(style, tmp_path):
    path = tmp_path / "softmax.py"
    path.write_text("import numpy as np\n" + textwrap.dedent(CODE[style]))
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 0, result.output
