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


def test_a_missing_package_can_be_installed(tmp_path):
    path = tmp_path / "code.py"
    path.write_text(
        "import numpy as np\nimport plotly.nowhere\ndef cost(w):\n    return np.sum(w**2)\n"
        "def grad(w):\n    return 2 * w\n"
    )
    output = " ".join(CliRunner().invoke(app, ["check", str(path)]).output.split())
    assert "pip install plotly" in output, output
