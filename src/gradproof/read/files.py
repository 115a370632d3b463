"""Loading a user's .py file or notebook: run in a namespace of its own, statement by statement.

A statement that fails does not stop the ones after it: course code often needs a helper module or a data
file that is not there, and the functions to check are still defined below.
"""

from __future__ import annotations
import __future__ as future

import ast
import contextlib
import io
import linecache
import os
import sys
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.read.alarm import TimedOut, time_limit
from gradproof.read.notebooks import NotebookSource, read_notebook

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
PIP_NAMES = {
    "sklearn": "scikit-learn", "cv2": "opencv-python", "PIL": "pillow", "skimage": "scikit-image",
    "yaml": "pyyaml", "mpl_toolkits": "matplotlib", "IPython": "ipython",
}  # fmt: skip
ON_PIP = frozenset(
    {"scipy", "matplotlib", "pandas", "h5py", "sympy", "seaborn", "tqdm", "numba", "torch", "tensorflow",
     "jax", "autograd", "nltk", "imageio", "plotly", "keras", "requests", "six", "statsmodels", "gym"}
    | PIP_NAMES.keys()
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trouble:
    """A module-level statement that failed: where, why, and the names that are therefore undefined."""

    line: int
    message: str
    names: tuple[str, ...] = ()
    module: str = ""
    fix: str = ""


@dataclass(slots=True)
class UserFile:
    """A loaded file.

    Attributes
    ----------
    name : the path as the user gave it
    file : the name that its code objects carry
    namespace : what it defined
    source : its Python source (of a notebook: the code cells, joined)
    troubles : statements that failed, in order
    printed : what it printed while loading
    """

    name: str
    file: str
    namespace: dict[str, Any]
    source: str
    tree: ast.Module
    troubles: list[Trouble] = field(default_factory=list)
    printed: str = ""
    notebook: NotebookSource | None = None

    def place(self, line: int) -> str:
        """``file.py:12``, or ``notebook.ipynb, cell 3, line 4``."""
        if self.notebook is None:
            return f"{self.name}:{line}"
        cell, within = self.notebook.cell_of(line)
        return f"{self.name}, cell {cell}, line {within}"

    def short_place(self, line: int) -> str:
        """``line 12``, or ``cell 3, line 4``."""
        if self.notebook is None:
            return f"line {line}"
        cell, within = self.notebook.cell_of(line)
        return f"cell {cell}, line {within}"

    def number(self, line: int) -> int:
        """The number that the user sees beside a line: within its cell, in a notebook."""
        return line if self.notebook is None else self.notebook.cell_of(line)[1]

    def text(self, line: int) -> str:
        """A line of the source, numbered from 1."""
        lines = self.source.splitlines()
        return lines[line - 1] if 0 < line <= len(lines) else ""

    def missing(self, name: str) -> Trouble | None:
        """The failed statement that would have defined a name."""
        return next((trouble for trouble in self.troubles if name in trouble.names), None)


@contextlib.contextmanager
def user_environment(file: Path) -> Iterator[io.StringIO]:
    """Run the user's code in peace: prints and warnings held back, no windows, no bytecode written.

    Imports look in the file's own folder first, and reading from the keyboard finds the end of input.
    """
    out = io.StringIO()
    path, bytecode, stdin, backend = (
        list(sys.path),
        sys.dont_write_bytecode,
        sys.stdin,
        os.environ.get("MPLBACKEND"),
    )
    sys.path.insert(0, str(file.resolve().parent))
    sys.dont_write_bytecode = True
    sys.stdin = io.StringIO()
    os.environ.setdefault("MPLBACKEND", "Agg")
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            yield out
    finally:
        sys.path[:], sys.dont_write_bytecode, sys.stdin = path, bytecode, stdin
        if backend is None:
            os.environ.pop("MPLBACKEND", None)


def load(path: str | Path, *, seconds: float | None = None) -> UserFile:
    """Run a .py file or a notebook and keep what it defines.

    ``if __name__ == "__main__":`` is not entered. Statements that fail, or that run longer than
    ``seconds`` together, are noted in ``troubles`` and the rest is still run.

    Raises
    ------
    InputError
        The file cannot be read, or is not Python.
    """
    file = Path(path)
    text = _text(file)
    notebook = read_notebook(text, str(path)) if file.suffix == ".ipynb" else None
    source = text if notebook is None else notebook.source
    user = UserFile(str(path), str(file.resolve()), {}, source, _parse(source, str(path)), notebook=notebook)
    if notebook is not None:
        linecache.cache[user.file] = (len(source), None, source.splitlines(keepends=True), user.file)
        user.troubles += [
            Trouble(notebook.starts[n - 1], f"not Python: {message}") for n, message in notebook.broken
        ]
    module = types.ModuleType(f"_checked_{file.stem}".replace(" ", "_").replace("-", "_"))
    module.__dict__["__file__"] = user.file
    sys.modules[module.__name__] = module
    user.namespace = module.__dict__
    with user_environment(file) as out:
        _run(user, seconds)
    user.printed = out.getvalue()
    return user


def _text(file: Path) -> str:
    if file.is_dir():
        raise InputError(f"{file} is a folder", fix="name one file in it: gradproof check FILE.py")
    if not file.exists():
        raise InputError(f"there is no file {file}", fix="check the spelling and the folder you are in")
    if file.suffix not in {".py", ".ipynb"}:
        raise InputError(
            f"{file} is neither a .py file nor a notebook (.ipynb)",
            fix="put the cost and its gradient into a .py file",
        )
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return file.read_text(encoding="latin-1")
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}", fix="check its permissions") from None


def _parse(source: str, name: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        old = "print" in (error.msg or "") and "parentheses" in (error.msg or "")
        raise InputError(
            "this is Python 2" if old else f"this is not valid Python: {error.msg}",
            where=f"{name}:{error.lineno}: {(error.text or '').strip()}",
            fix="convert it with `2to3 -w FILE`, or add the parentheses" if old else "correct this line",
        ) from None
    except ValueError as error:
        raise InputError(
            f"this is not Python source: {error}", where=name, fix="save it as UTF-8 text"
        ) from None


def _run(user: UserFile, seconds: float | None) -> None:
    flags = _future_flags(user.tree)
    late = False
    for statement in user.tree.body:
        if late and not isinstance(statement, DEFINITIONS):
            continue
        unit = ast.Module([statement], [])
        try:
            code = compile(unit, user.file, "exec", flags=flags, dont_inherit=True)
            with time_limit(None if late else seconds):
                exec(code, user.namespace)
        except TimedOut as error:
            late = True
            user.troubles.append(
                Trouble(
                    statement.lineno,
                    f"still running after {error.seconds:g} s, stopped; later statements were skipped",
                    _assigned(statement),
                    fix='put it under `if __name__ == "__main__":`',
                )
            )
        except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever the user's statement raises)
            user.troubles.append(_trouble(user, statement, error))


def _future_flags(tree: ast.Module) -> int:
    names = [
        alias.name
        for statement in tree.body
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        for alias in statement.names
    ]
    return sum(getattr(future, name).compiler_flag for name in names if hasattr(future, name))


def _assigned(statement: ast.stmt) -> tuple[str, ...]:
    if isinstance(statement, ast.Import):
        return tuple((alias.asname or alias.name).split(".")[0] for alias in statement.names)
    if isinstance(statement, ast.ImportFrom):
        return tuple(alias.asname or alias.name for alias in statement.names)
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return (statement.name,)
    stored = (
        node for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    return tuple(dict.fromkeys(node.id for node in stored))


def _trouble(user: UserFile, statement: ast.stmt, error: BaseException) -> Trouble:
    line = line_in(user.file, error) or statement.lineno
    names = _assigned(statement)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return missing_module(line, error.name, names)
    return Trouble(line, describe(error), names)


def missing_module(line: int, module: str, names: tuple[str, ...] = ()) -> Trouble:
    """What to say of a module that is not installed: a package to install, or a course's helper file."""
    top = module.split(".", maxsplit=1)[0]
    if top in ON_PIP:
        return Trouble(
            line, f"needs the module {module}", names, top, f"pip install {PIP_NAMES.get(top, top)}"
        )
    return Trouble(
        line, f"needs the module {module}, which is not here", names, top,
        f"put {top}.py next to the file (a course ships it with its exercise)",
    )  # fmt: skip


def describe(error: BaseException) -> str:
    """An exception in one line: its type and its message."""
    message = str(error).strip().splitlines()
    return f"{type(error).__name__}: {message[0]}" if message else type(error).__name__


def line_in(file: str, error: BaseException) -> int | None:
    """The innermost line of a file in an exception's traceback."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
