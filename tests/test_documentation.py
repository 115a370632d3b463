"""What the README, the pages and the docstrings show is what happens.

A ``console`` block holds commands and their output, a ``pycon`` block a Python session; the sessions of a
page share their names. In a console block a line ``...`` stands for lines left out, and ``$ echo $?`` shows
the exit status of the command before. What differs from run to run (seconds, and how far random points put
two gradients apart) is not compared. ``pytest --update-golden`` writes the real output into console blocks,
with the lines left out that were left out before: read what it wrote.
"""

import doctest
import importlib
import os
import pkgutil
import re
import shlex
import subprocess
import sys
from difflib import get_close_matches
from pathlib import Path

import pytest

import gradproof

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(console|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MASKS = (
    (re.compile(r"(evidence: compared with [\w ]+ cost) at .*?\(\d+\.\d+ s\)", re.DOTALL), r"\1"),
    (re.compile(r"\(\d+\.\d+ s\)"), "(seconds)"),
    (re.compile(r"off by \S+"), "off by"),
)
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
LEFT_OUT = "..."


def blocks(kind):
    for page in PAGES:
        for number, match in enumerate(m for m in BLOCK.finditer(page.read_text("utf-8")) if m[1] == kind):
            yield pytest.param(page, match[2], id=f"{page.relative_to(ROOT)}-{number}")


def masked(text):
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    return [line.rstrip() for line in text.strip().splitlines()]


def run(command):
    """Output and exit status of one command, run from the repository root; ``gradproof`` is this one."""
    program, *arguments = shlex.split(command)
    assert program == "gradproof", f"only gradproof is run: {command}"
    done = subprocess.run(
        [sys.executable, "-c", "from gradproof.cli import main; main()", *arguments],
        capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "96", "NO_COLOR": "1"},
    )  # fmt: skip
    return done.stdout + done.stderr, done.returncode


def sessions(block):
    """Each command of a console block with the output shown for it."""
    parts = re.split(r"^\$ (.*)$", block, flags=re.MULTILINE)
    assert not parts[0].strip(), "a console block begins with a command"
    return list(zip(parts[1::2], parts[2::2], strict=True))


def pieces(shown):
    """The shown output, cut where lines were left out."""
    cut = [[]]
    for line in shown:
        if line.strip() == LEFT_OUT:
            cut.append([])
        else:
            cut[-1].append(line)
    return [piece for piece in cut if piece]


def place(piece, real, start):
    for k in range(start, len(real) - len(piece) + 1):
        if real[k : k + len(piece)] == piece:
            return k
    return None


def differs(shown, real):
    """The first shown piece that is not in the real output, in order; None where all are."""
    if LEFT_OUT not in [line.strip() for line in shown]:
        return None if shown == real else shown
    at = 0
    for piece in pieces(shown):
        found = place(piece, real, at)
        if found is None:
            return piece
        at = found + len(piece)
    return None


def updated(shown, real):
    """The real output, with the lines left out that were left out before."""
    lines = shown.strip("\n").splitlines()
    if LEFT_OUT not in [line.strip() for line in lines]:
        return real
    rows, result, at = real.splitlines(), [], 0
    for line in lines:
        if line.strip() == LEFT_OUT:
            result.append(line)
            continue
        near = get_close_matches(line, rows[at:], 1, 0.4) if result and result[-1] == LEFT_OUT else []
        at = rows.index(near[0], at) if near else min(at, len(rows) - 1)
        result.append(rows[at])
        at += 1
    return "\n".join([*result, ""])


@pytest.mark.parametrize(("page", "block"), list(blocks("console")))
def test_shown_output_is_real(page, block, request):
    update = request.config.getoption("--update-golden")
    status, written = 0, []
    for command, shown in sessions(block):
        if command == "echo $?":
            real = f"{status}\n"
        else:
            real, status = run(command)
        missing = differs(masked(shown), masked(real))
        if update:
            new = shown if missing is None else updated(shown, real)
            written.append("$ " + command + "\n" + new.lstrip("\n"))
        else:
            assert missing is None, "\n".join([f"$ {command} does not print", *missing, "but", real])
    if update:
        text = page.read_text("utf-8")
        page.write_text(text.replace(block, "".join(written)), "utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_sessions_run(page):
    text = "\n".join(m[2] for m in BLOCK.finditer(page.read_text("utf-8")) if m[1] == "pycon")
    if not text:
        return
    example = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    report = []
    doctest.DocTestRunner(optionflags=FLAGS).run(example, out=report.append)
    assert not report, "".join(report)


MODULES = [gradproof.__name__, *(m.name for m in pkgutil.walk_packages(gradproof.__path__, "gradproof."))]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    module = importlib.import_module(name)
    for example in doctest.DocTestFinder(exclude_empty=True).find(module):
        report = []
        doctest.DocTestRunner(optionflags=FLAGS).run(example, out=report.append)
        assert not report, "".join(report)


TRY_THE_PARAGRAPH = """
import numpy as np
import gradproof.expr.elementwise as family
from gradproof.expr.node import OPERATIONS
from tests.expr.derivatives import first_order_faults
before = set(OPERATIONS)
exec(PARAGRAPH, vars(family))
(operation,) = (OPERATIONS[name] for name in OPERATIONS.keys() - before)
for sample in operation.samples:
    faults = first_order_faults(sample(), np.random.default_rng(0), operation.domain)
    assert faults == [], faults
"""


def test_the_paragraph_that_adds_an_operation_does():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    paragraph = re.search(r"^```python\n(elementwise\(.*?)^```", text, re.MULTILINE | re.DOTALL)[1]
    script = f"PARAGRAPH = {paragraph!r}\n{TRY_THE_PARAGRAPH}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_every_example_is_shown_somewhere():
    text = "".join(page.read_text("utf-8") for page in PAGES)
    for path in (ROOT / "examples").iterdir():
        if path.suffix in (".py", ".ipynb"):
            assert f"gradproof check examples/{path.name}" in text, f"{path.name} is in no page"


def test_what_was_left_out_is_the_only_difference():
    real = ["a", "b", "c", "d"]
    assert differs(["a", "b", "c", "d"], real) is None
    assert differs(["a", "...", "d"], real) is None
    assert differs(["a", "d"], real) == ["a", "d"]
    assert differs(["d", "...", "a"], real) == ["a"]
    assert differs(["a", "...", "x"], real) == ["x"]
