"""Loading a user's file: what works is kept, what fails is told, nothing is changed or printed."""

import json
import sys

import pytest

from gradproof.errors import InputError
from gradproof.read.alarm import TimedOut, time_limit
from gradproof.read.files import load
from gradproof.read.notebooks import read_notebook, without_magics


@pytest.fixture
def written(tmp_path):
    def write(text, name="user_code.py"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def notebook(*cells):
    code = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": ["# title"]}, *code], "nbformat": 4})


def test_main_is_not_run_and_prints_are_held_back(written, capsys):
    user = load(written("print('hello')\nx = 2\nif __name__ == '__main__':\n    x = 3\n"))
    assert user.namespace["x"] == 2
    assert user.printed == "hello\n"
    assert capsys.readouterr().out == ""


def test_what_comes_after_a_failing_statement_is_kept(written):
    user = load(written("data = open('no_such_file.csv')\ndef f(x):\n    return x\n"))
    assert user.namespace["f"](3) == 3
    (trouble,) = user.troubles
    assert trouble.line == 1
    assert trouble.names == ("data",)
    assert "no_such_file" in trouble.message


@pytest.mark.parametrize(
    ("module", "fix"),
    [("sklearn_is_not_here", "put sklearn_is_not_here.py next to the file"), ("h5py", "pip install h5py")],
)
def test_a_missing_module_is_told_with_the_fix(written, module, fix):
    user = load(written(f"from {module} import load_dataset, sigmoid as s\n"))
    trouble = user.missing("s")
    assert trouble is not None
    assert module in trouble.message
    assert fix in trouble.fix


def test_modules_beside_the_file_are_found(written):
    written("def sigmoid(z):\n    return z\n", "reg_utils_beside.py")
    user = load(written("from reg_utils_beside import sigmoid\n"))
    assert not user.troubles
    sys.modules.pop("reg_utils_beside", None)


def test_nothing_is_written(written, tmp_path):
    written("value = 1\n", "beside_it.py")
    load(written("import beside_it\n"))
    sys.modules.pop("beside_it", None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beside_it.py", "user_code.py"]


def test_a_statement_that_does_not_end_is_stopped(written):
    user = load(
        written(
            "while True:\n    try:\n        pass\n    except Exception:\n        pass\ndef f(): return 1\n"
        ),
        seconds=0.2,
    )
    assert "still running after 0.2 s" in user.troubles[0].message
    assert user.namespace["f"]() == 1


def test_future_annotations_are_respected(written):
    user = load(written("from __future__ import annotations\ndef f(x: Undefined) -> None: ...\n"))
    assert not user.troubles


def test_input_from_the_keyboard_ends(written):
    user = load(written("name = input()\n"))
    assert "EOFError" in user.troubles[0].message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("print 'hello'\n", "Python 2"),
        ("def f(:\n", "not valid Python"),
        ("x = 1\n  y = 2\n", "not valid Python"),
    ],
)
def test_source_that_is_not_python(written, text, part):
    with pytest.raises(InputError, match=part) as caught:
        load(written(text))
    assert "user_code.py:" in caught.value.where


def test_notebook_lines_map_back_to_cells(written):
    user = load(
        written(
            notebook("%matplotlib inline\nimport numpy as np", "def f(x):\n    return x", "1 / 0"), "n.ipynb"
        )
    )
    line = user.troubles[0].line
    assert user.place(line).endswith("n.ipynb, cell 3, line 1")
    assert user.text(line) == "1 / 0"
    assert user.namespace["f"](1) == 1


def test_a_cell_that_is_no_python_is_told_and_left_out(written):
    user = load(written(notebook("x = 1", "this is ( broken", "y = 2"), "n.ipynb"))
    assert user.namespace["y"] == 2
    assert "cell 2" in user.troubles[0].message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "empty"),
        ("{ not json", "broken"),
        ('{"cells": []}', "no code cells"),
        ("[1, 2]", "no code cells"),
        (notebook("", "   "), "no code cells"),
    ],
)
def test_a_notebook_that_cannot_be_used(text, part):
    with pytest.raises(InputError, match=part) as caught:
        read_notebook(text, "n.ipynb")
    assert caught.value.fix


def test_magics_become_comments():
    source = "%load_ext x\n!pip install y\nif True:\n    %time f()\nfiles = !ls\n?f\nf??\nz = 7 % 4\n"
    names = {}
    exec(without_magics(source), names)
    assert names["z"] == 3
    assert without_magics("%%bash\nls") == "# %%bash\n# ls"


def test_a_limit_names_the_running_line():
    def spin():
        while True:
            pass

    with pytest.raises(TimedOut) as caught, time_limit(0.1):
        spin()
    assert caught.value.place_in(__file__)[0] == "spin"
