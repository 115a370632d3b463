"""A cost without end ends with the time-out message, near the time that was asked for."""

import time

import pytest
from typer.testing import CliRunner

from gradproof.cli.app import app

ENDLESS = {
    "plain": "    while True:\n        pass\n",
    "swallows exceptions": (
        "    while True:\n        try:\n            X @ w\n        except Exception:\n            pass\n"
    ),
    "only on some inputs": "    e = X @ w - y\n    while True:\n        e = e + 1\n",
}


@pytest.mark.parametrize("style", ENDLESS)
@pytest.mark.parametrize("seconds", [1.0, 2.5])
def test_a_cost_without_end(style, seconds, tmp_path):
    path = tmp_path / "endless.py"
    path.write_text(
        f"import numpy as np\ndef cost(w, X, y):\n{ENDLESS[style]}"
        "def grad(w, X, y):\n    return X.T @ (X @ w - y)\n"
    )
    started = time.monotonic()
    result = CliRunner().invoke(app, ["check", str(path), "--timeout", str(seconds)])
    assert result.exit_code == 2
    assert "still running after" in result.output and "in cost" in result.output, result.output
    assert time.monotonic() - started < seconds + 3


def test_a_slow_cost_is_waited_for(tmp_path):
    path = tmp_path / "slow.py"
    path.write_text(
        "import time\nimport numpy as np\ncalls = []\ndef cost(w):\n    calls.append(0)\n"
        "    time.sleep(2.5 if len(calls) < 3 else 0)\n    return np.sum(w ** 2)\n"
        "def grad(w):\n    return 2 * w\n"
    )
    result = CliRunner().invoke(app, ["check", str(path), "--timeout", "30"])
    assert result.exit_code == 0, result.output
