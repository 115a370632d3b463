"""Parameters that are numbers: each gradient is compared with its own argument, or its absence is said."""

import textwrap

import pytest
from typer.testing import CliRunner

from gradproof.checking.conventions import find_problems
from gradproof.cli.app import app
from gradproof.read.files import load

LINE = """
import numpy as np
x = np.linspace(0, 1, 9)
y = 3 * x
def cost({args}):
    return np.mean(({first} * x + {second} - y) ** 2)
def grad({args}):
    e = {first} * x + {second} - y
    {body}
"""


@pytest.fixture
def checked(tmp_path):
    """A function: source -> the outcome of ``gradproof check``."""

    def run(source):
        path = tmp_path / "line.py"
        path.write_text(textwrap.dedent(source))
        return CliRunner().invoke(app, ["check", str(path)])

    return run


def line(args, body):
    first, second = args.split(", ")
    return LINE.format(args=args, first=first, second=second, body=body)


RIGHT = "return 2 * np.mean(e * x), 2 * np.mean(e)"


@pytest.mark.parametrize("args", ["a, b", "m, b", "m, c", "k, n", "w, b", "slope, intercept"])
@pytest.mark.parametrize("given", [True, False])
def test_two_numbers_go_by_position(args, given, checked):
    source = line(args, RIGHT) + (f"{args} = 0.1, 0.2\n" if given else "")
    result = checked(source)
    assert result.exit_code == 0, result.output
    for name in args.split(", "):
        assert f"✓ {name} " in result.output, result.output


@pytest.mark.parametrize("body", ["return np.array([2 * np.mean(e * x), 2 * np.mean(e)])",
                                  "return [2 * np.mean(e * x), 2 * np.mean(e)]"])  # fmt: skip
def test_one_vector_of_derivatives(body, checked):
    result = checked(line("m, c", body))
    assert result.exit_code == 0 and "✓ m " in result.output and "✓ c " in result.output, result.output


def test_a_wrong_one_is_not_hidden_by_a_right_one(checked):
    result = checked(line("m, b", "dm = 5 * np.mean(e * x)\n    db = 2 * np.mean(e)\n    return dm, db"))
    assert result.exit_code == 1
    assert "✗ m " in result.output and "✓ b " in result.output


def test_names_are_stronger_than_places(checked):
    result = checked(line("m, b", "dm = 2 * np.mean(e * x)\n    db = 2 * np.mean(e)\n    return db, dm"))
    assert result.exit_code == 0, result.output
    assert "✓ m " in result.output and "✓ b " in result.output


def test_a_parameter_without_gradient_is_said(checked):
    result = checked(line("w, c", "return 2 * np.mean(e * x)"))
    assert "no gradient by c is returned" in result.output, result.output


def test_a_gradient_that_is_not_compared_is_said(tmp_path):
    path = tmp_path / "one.py"
    path.write_text(
        "import numpy as np\nx = np.linspace(0, 1, 9)\ny = 3 * x\nb = 0.5\n"
        "def cost(w):\n    return np.mean((w * x + b - y) ** 2)\n"
        "def grad(w):\n    e = w * x + b - y\n    dw = 2 * np.mean(e * x)\n    db = 2 * np.mean(e)\n"
        "    return dw, db\nw = 0.3\n"
    )
    (problem,) = find_problems(load(path)).problems
    assert set(problem.params) == {"w"}
    assert "db" in problem.remarks["grad"][0]


def test_names_that_look_like_sizes_and_constants(checked):
    result = checked(
        """
        import numpy as np
        x = np.linspace(0, 1, 4)
        y = 3 * x
        def cost_and_grad(n, k, lam):
            e = n * x + k - y
            J = np.mean(e ** 2) + lam * n ** 2
            dn = 2 * np.mean(e * x) + 2 * lam * n
            dk = 3 * np.mean(e)
            dlam = n ** 2
            return J, dn, dk, dlam
        """
    )
    assert result.exit_code == 1
    assert "✓ n " in result.output and "✗ k " in result.output and "✓ lam " in result.output
    assert "n = 0." in result.output, "what was made up is said"
