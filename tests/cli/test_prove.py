"""``gradproof prove``: what is printed, and the exit status."""

import json

import pytest
import typer
from typer.testing import CliRunner

from gradproof.cli.prove import prove

app = typer.Typer(rich_markup_mode=None)
app.command(name="prove")(prove)
A = ["--declare", "A: n n"]
B = ["--declare", "B: n n"]


def run(*arguments):
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_equal_is_0():
    status, output = run("tr(A @ B)", "tr(B @ A)", *A, *B)
    assert status == 0
    assert output.startswith("equal\n")
    assert "probability of an error" in output


def test_not_equal_is_1_with_a_counterexample_and_a_condition():
    status, output = run("A @ B", "B @ A", *A, *B)
    assert status == 1
    assert output.startswith("not equal; equal if A and B commute")
    assert "n = 2" in output
    assert "left side" in output


@pytest.mark.parametrize(
    "arguments",
    [
        ["A +", "B"],
        ["A @ B"],
        ["A", "B", "--wrt", "A"],
        ["A", "B", "--gradient-of", "tr(A)", "--wrt", "A"],
        ["A", "--gradient-of", "tr(A)", "--wrt", "B", *A],
        ["A", "B", "--declare", "spd"],
        ["A", "B", "--let", "Z"],
        ["A", "B", "--declare", "A: n n, spdd"],
    ],
)
def test_input_that_cannot_be_used_is_2(arguments):
    status, output = run(*arguments)
    assert status == 2
    assert output.startswith("error: ")
    assert "Traceback" not in output


def test_undecided_is_3():
    status, output = run("log(-s**2)", "s", "--declare", "s: scalar")
    assert status == 3
    assert output.startswith("undecided: the left side")


def test_a_gradient():
    gradient = ["--gradient-of", "tr(W.T @ W)", "--wrt", "W", "--declare", "W: n k"]
    assert run("2*W", *gradient)[0] == 0
    status, output = run("W", *gradient)
    assert status == 1
    assert "1/2 times" in output
    assert "2 W" in output


def test_facts_and_definitions():
    assert run("A.T", "A", "--declare", "A: n x n, symmetric")[0] == 0
    assert run("A.T", "A", "--declare", "A: n n, symmetric")[0] == 0
    assert run("Z.T", "B.T @ A.T", *A, *B, "--let", "Z = A @ B")[0] == 0


def test_json():
    status, output = run("A @ B", "B @ A", *A, *B, "--json")
    content = json.loads(output)
    assert status == 1
    assert content["verdict"] == "not equal"
    assert content["counterexample"]["sizes"] == {"n": 2}
    assert run("A @ B", "B @ A", *A, *B, "--json", "--seed", "0")[1] == output
