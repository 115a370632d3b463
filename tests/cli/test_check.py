"""The commands on the thread's example: verdicts, the underlined term, JSON, derivations, explanations."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gradproof import __version__
from gradproof.checking.codes import CODES
from gradproof.cli.app import app

THREAD = Path(__file__).parents[2] / "examples" / "thread.py"


def invoke(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def settled():
    return invoke("check", THREAD)


def test_the_thread_is_settled(settled):
    assert settled.exit_code == 1, settled.output
    out = settled.output
    assert "✗ W1  wrong" in out
    assert out.count("correct") >= 12
    assert "error[sum-for-matrix]" in out
    assert "a scalar added to every entry" in out


def test_the_users_line_is_underlined(settled):
    lines = settled.output.splitlines()
    (k,) = (k for k, line in enumerate(lines) if "np.sum(W1)) / m" in line)
    number = int(lines[k].split("│")[0])
    assert "np.sum(W1)" in THREAD.read_text().splitlines()[number - 1]
    start, length = lines[k + 1].index("^"), lines[k + 1].count("^")
    assert "np.sum(W1)" in lines[k][start : start + length]


def test_no_colours_and_no_long_lines_when_piped(settled):
    assert "\x1b" not in settled.output
    assert max(map(len, settled.output.splitlines())) <= 100


def test_json_is_the_report():
    result = invoke("check", THREAD, "--json")
    content = json.loads(result.stdout)
    assert result.exit_code == 1
    assert content["verdict"] == "wrong"
    candidates = content["problems"][0]["candidates"]
    assert {name: report["verdict"] for name, report in candidates.items()} == {
        "backward_propagation_with_regularization": "wrong",
        "backward_propagation_fixed": "correct",
    }


def test_one_function_can_be_chosen():
    result = invoke("check", THREAD, "--function", "backward_propagation_fixed")
    assert result.exit_code == 0, result.output
    assert "sum-for-matrix" not in result.output


def test_derivation_is_shown_on_request(settled):
    result = invoke("check", THREAD, "--derivation")
    assert result.exit_code == 1
    assert len(result.output) > len(settled.output) + 200


@pytest.mark.parametrize("flag", [(), ("--latex",), ("--numpy",), ("--json",)])
def test_derive(flag):
    result = invoke("derive", THREAD, "--wrt", "W1", *flag)
    assert result.exit_code == 0, result.output
    assert "W" in result.output


def test_derive_by_what_is_no_parameter():
    result = invoke("derive", THREAD, "--wrt", "W9")
    assert result.exit_code == 2
    assert "W1, b1" in result.output


def test_derive_a_cost_without_a_gradient(tmp_path):
    path = tmp_path / "cost.py"
    path.write_text("import numpy as np\ndef loss(w, X, y):\n    return np.sum((X @ w - y)**2)\n")
    result = invoke("derive", path)
    assert result.exit_code == 0, result.output


def test_version_and_help():
    assert invoke("--version").output.strip() == f"gradproof {__version__}"
    assert "check" in invoke("--help").output


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained(code):
    result = invoke("explain", code)
    assert result.exit_code == 0
    assert code in result.output and "right:" in result.output


def test_a_code_that_is_none():
    result = invoke("explain", "sum-for-vector")
    assert result.exit_code == 2
    assert "sum-for-matrix" in result.output


def test_a_seed_repeats_a_run():
    runs = [json.loads(invoke("check", THREAD, "--json", "--seed", "3").stdout) for _ in range(2)]
    for run in runs:
        for report in run["problems"][0]["candidates"].values():
            report.pop("seconds")
    assert runs[0] == runs[1]


def test_derive_says_the_shapes_it_used():
    assert "W1 (" in invoke("derive", THREAD, "--wrt", "W1").output.splitlines()[0]


def test_statements_that_failed_are_named(tmp_path):
    path = tmp_path / "failing.py"
    path.write_text(
        "import numpy as np\n" + "nothing_like_this\n" * 4
        + "def cost(w):\n    return np.sum(w**2)\ndef grad(w):\n    return 2 * w\n"
    )
    assert "1 more statement of the file failed: line 5" in invoke("check", path).output
