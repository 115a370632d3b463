"""The advice fits the fault: a function that returns the wrong thing is named, with its line."""

import pytest
from typer.testing import CliRunner

from gradproof.cli.app import app

FAULTS = {
    "an array": ("return (X @ w - y) ** 2", "return X.T @ (X @ w - y)", ("np.sum(losses)", ".py:3")),
    "no gradient": ("return np.sum((X @ w - y) ** 2)", "X.T @ (X @ w - y)", ("returned None", "return it")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_advice_fits(fault, tmp_path):
    cost, grad, parts = FAULTS[fault]
    path = tmp_path / "code.py"
    path.write_text(f"import numpy as np\ndef cost(w, X, y):\n    {cost}\ndef grad(w, X, y):\n    {grad}\n")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 2
    for part in parts:
        assert part in result.output, result.output
    assert "example()" not in result.output
