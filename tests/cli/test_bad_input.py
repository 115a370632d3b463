"""Every bad input gets one clear message with the fix, exit status 2, and no traceback of ours."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from gradproof.cli.app import app

PAIR = """
import numpy as np
{before}
def cost(w):
    {cost}

def grad(w):
    {grad}

def example():
    return dict(w={w})
"""
GOOD = {
    "before": "",
    "cost": "return np.sum(w**2)",
    "grad": "return 2 * w",
    "w": "np.array([1.0, -2.0, 0.5])",
}


@pytest.fixture
def run(tmp_path):
    """A function: text of a file and options -> the outcome of ``gradproof check``."""

    def check(text, *options, name="user_code.py"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        before = {p: p.read_bytes() for p in tmp_path.iterdir()}
        result = CliRunner().invoke(app, ["check", str(path), *options])
        assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before, "a file was changed"
        assert "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return check


def one_message(result, *parts):
    text = " ".join(result.output.split())
    for part in parts:
        assert part in text, result.output
    assert "fix:" in text, result.output
    assert text.count("error:") == 1, result.output


def test_the_good_one_is_correct(run):
    result = run(PAIR.format(**GOOD))
    assert result.exit_code == 0, result.output
    assert "✓ w  correct" in result.output


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"cost": "return w**2"}, ["shape (3,)", "one number"]),
        ({"cost": "return None"}, ["None"]),
        ({"cost": "return 'high'"}, ["not a number"]),
        ({"cost": "return np.log(-np.sum(w**2))"}, ["nan"]),
        ({"cost": "return np.sum(w**2) / 0.0"}, ["inf"]),
        ({"cost": "raise ValueError('no labels')"}, ["ValueError: no labels", "user_code.py:5"]),
        ({"cost": "import nowhere_module"}, ["nowhere_module"]),
        ({"grad": "raise KeyError('W1')"}, ["KeyError"]),
        ({"grad": "return None"}, ["None"]),
        ({"grad": "pass"}, ["None"]),
    ],
)
def test_a_function_that_cannot_be_used(run, change, parts):
    result = run(PAIR.format(**GOOD | change))
    assert result.exit_code == 2, result.output
    one_message(result, *parts)


@pytest.mark.parametrize(
    ("change", "status", "part"),
    [
        ({"grad": "return np.full(3, np.nan)"}, 1, "not-a-number"),
        ({"grad": "return 2 * w[:2]"}, 1, "wrong-shape"),
        ({"grad": "return (2 * w).reshape(3, 1)"}, 1, "wrong-shape"),
        ({"grad": "return np.array([2, -4, 1])"}, 1, "wrong"),
        ({"cost": "print('cost!'); return np.sum(w**2)"}, 0, "correct"),
        ({"w": "np.array([1, -2, 3])"}, 0, "correct"),
        ({"w": "np.array([1, -2, 3], dtype=np.float32)"}, 0, "correct"),
        ({"cost": "value = np.sum(w**2); w += 1; return value"}, 0, "correct"),
    ],
)
def test_what_is_odd_and_still_settled(run, change, status, part):
    result = run(PAIR.format(**GOOD | change))
    assert result.exit_code == status, result.output
    assert part in result.output
    assert "cost!" not in result.output


DICTS = """
import numpy as np
def cost(params):
    return np.sum(params["W1"]**2) + np.sum(params["b1"]**2)
def grad(params):
    return {grads}
def example():
    return dict(params={{"W1": np.ones((2, 3)), "b1": np.ones(2)}})
"""


@pytest.mark.parametrize(
    ("grads", "status", "part"),
    [
        ('{"W1": 2 * params["W1"], "b1": 2 * params["b1"]}', 0, "correct"),
        ('{"dW1": 2 * params["W1"], "db1": 2 * params["b1"]}', 0, "correct"),
        ('{"W1": 2 * params["W1"], "b1": 2 * params["b1"], "dZ1": np.ones(4)}', 0, "correct"),
        ('{"W1": 2 * params["W1"]}', 1, "missing-parameter"),
        ('{"W1": 2 * params["W1"], "b1": None}', 1, "missing-parameter"),
    ],
)
def test_keys_of_the_gradient(run, grads, status, part):
    result = run(DICTS.format(grads=grads))
    assert result.exit_code == status, result.output
    assert part in result.output


def test_a_cost_that_never_returns(run):
    result = run(PAIR.format(**GOOD | {"cost": "\n    while True:\n        pass"}), "--timeout", "0.5")
    assert result.exit_code == 2
    one_message(result, "still running after 0.5 s", "--timeout")


def test_a_random_cost_is_repeated_with_the_same_numbers(run):
    noisy = "return np.sum(w**2 * np.random.rand(3))"
    result = run(PAIR.format(**GOOD | {"cost": noisy, "grad": "return 2 * w * np.random.rand(3)"}))
    assert result.exit_code == 0, result.output


def test_a_helper_module_that_is_absent(run):
    text = PAIR.format(
        **GOOD | {"before": "from dnn_utils_absent import sigmoid", "cost": "return np.sum(sigmoid(w))"}
    )
    one_message(
        run(text), "sigmoid", "dnn_utils_absent", "line 3", "put dnn_utils_absent.py next to the file"
    )


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("n.ipynb", "", "empty"),
        ("n.ipynb", '{"cells": [', "broken"),
        ("n.ipynb", '{"cells": []}', "no code cells"),
        ("a.py", "", "defines no functions"),
        ("a.py", "def f(:\n", "not valid Python"),
        ("a.py", "print 1\n", "Python 2"),
        ("a.txt", "hello", "neither a .py file nor a notebook"),
        ("a.py", "def example():\n    return 3\ndef f(x): return x\n", "not a dictionary"),
        (
            "a.py",
            "def example():\n    return 1 / 0\ndef f(x): return x\n",
            "example() raised ZeroDivisionError",
        ),
        (
            "a.py",
            "import numpy as np\ndef loss(w):\n    return np.sum(w)\n",
            "no function returns its gradient",
        ),
    ],
)
def test_a_file_with_nothing_to_check(run, name, text, part):
    result = run(text, name=name)
    assert result.exit_code == 2
    one_message(result, part)


def test_a_file_that_is_not_there(tmp_path):
    result = CliRunner().invoke(app, ["check", str(tmp_path / "none.py")])
    assert result.exit_code == 2
    one_message(result, "there is no file")


def test_a_folder(tmp_path):
    result = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert result.exit_code == 2
    one_message(result, "is a folder")


@pytest.mark.parametrize("content", [b"", b"not an archive"])
def test_a_data_file_that_cannot_be_read(run, tmp_path, content):
    (tmp_path / "d.npz").write_bytes(content)
    result = run(PAIR.format(**GOOD), "--data", str(tmp_path / "d.npz"))
    assert result.exit_code == 2
    one_message(result, "no .npz file")


def test_a_function_that_is_not_there(run):
    one_message(
        run(PAIR.format(**GOOD), "--function", "gradd"), "there is no function gradd", "did you mean grad"
    )


def test_errors_are_json_too(run):
    result = run("x = 1\n", "--json")
    assert result.exit_code == 2
    content = json.loads(result.stdout)
    assert content["verdict"] == "unusable"
    assert content["error"]["fix"]


def test_arrays_from_a_data_file(run, tmp_path):
    np.savez(tmp_path / "d.npz", w=np.array([3.0, 1.0]))
    result = run(PAIR.format(**GOOD).replace("def example", "def other"), "--data", str(tmp_path / "d.npz"))
    assert result.exit_code == 0, result.output
