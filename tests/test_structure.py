"""The architecture, as tests: small modules, imports at the top that point downwards only, no cycles."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import gradproof

PACKAGE = "gradproof"
SOURCE = Path(gradproof.__file__).parent
MAX_LINES = 400

# From the bottom up. A module may import what stands below its own layer, and its own part of the layer;
# parts named on one line do not import each other. `__init__` is the package's own, which collects the
# public names from below.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "lazy"),
    ("expr",),
    ("calculus",),
    ("read", "write"),
    ("derivation",),
    ("checking", "proving"),
    ("train",),
    ("api",),
    ("__init__",),
    ("cli",),
    ("__main__",),
)
RANK = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}

# Heavy or optional: loaded by the code that uses them, never by `import gradproof`.
NOT_LOADED_BY_IMPORT = ("jax", "matplotlib", "pandas", "scipy", "sklearn", "torch", "typer")


@dataclass(frozen=True)
class Import:
    """One import of our own package: by which module, of which, on which line, and whether at the top."""

    importer: str
    imported: str
    line: int
    at_module_level: bool

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


def modules(root: Path) -> dict[str, Path]:
    """Dotted name -> file, for every module under the package folder ``root``."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        found[".".join((PACKAGE, *parts))] = path
    return found


def statements(tree: ast.Module) -> Iterator[tuple[ast.stmt, bool]]:
    """Every import statement, and whether it stands at module level.

    One under ``if TYPE_CHECKING:`` is at module level: a type from above is a dependency upwards too.
    """

    def visit(node: ast.AST, at_module_level: bool) -> Iterator[tuple[ast.stmt, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                yield child, at_module_level
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from visit(child, at_module_level and not inside)

    return visit(tree, True)


def imported_names(statement: ast.stmt, importer: str, is_package: bool) -> Iterator[str]:
    """Absolute dotted names that an import statement asks for, relative ones resolved."""
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom):
        base = statement.module or ""
        if statement.level:
            package = importer.split(".") if is_package else importer.split(".")[:-1]
            kept = package[: len(package) - statement.level + 1]
            base = ".".join([*kept, *([base] if base else [])])
        yield from (f"{base}.{alias.name}" for alias in statement.names)


def own_imports(files: Mapping[str, Path]) -> list[Import]:
    """Every import of our own package, each resolved to the module that it loads."""
    found = []
    for importer, path in files.items():
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        for statement, at_module_level in statements(tree):
            for name in imported_names(statement, importer, path.name == "__init__.py"):
                if name.split(".")[0] != PACKAGE:
                    continue
                # `from package.module import thing` names a thing, which is not a module: drop it.
                module = name if name in files else name.rpartition(".")[0] or name
                found.append(Import(importer, module, statement.lineno, at_module_level))
    return found


def part_of(module: str) -> str:
    """Part of the architecture that a module belongs to: the first name below the package."""
    _, _, below = module.partition(".")
    return below.split(".")[0] if below else "__init__"


def too_long(files: Mapping[str, Path]) -> list[str]:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in files.items()}
    long = {name: length for name, length in lengths.items() if length > MAX_LINES}
    return [f"{name}: {length} lines, at most {MAX_LINES}" for name, length in long.items()]


def inside_functions(imports: list[Import]) -> list[str]:
    return [f"{each} inside a function" for each in imports if not each.at_module_level]


def outside_the_layers(files: Mapping[str, Path]) -> list[str]:
    unknown = [name for name in files if part_of(name) not in RANK]
    return [f"{name} belongs to no layer: add {part_of(name)!r} to LAYERS" for name in unknown]


def not_downwards(imports: list[Import]) -> list[str]:
    wrong = []
    for each in imports:
        importer, imported = part_of(each.importer), part_of(each.imported)
        if importer == imported or {importer, imported} - RANK.keys():
            continue
        if RANK[imported] >= RANK[importer]:
            wrong.append(f"{each}: {importer} stands below or beside {imported}")
    return wrong


def cycle(imports: list[Import]) -> list[str]:
    graph: dict[str, set[str]] = {}
    for each in imports:
        graph.setdefault(each.importer, set()).add(each.imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" <- ".join(error.args[1])]
    return []


def faults(root: Path) -> list[str]:
    """Return everything that the architecture forbids in the package folder ``root``, one line a fault."""
    files = modules(root)
    imports = own_imports(files)
    return [
        *too_long(files),
        *outside_the_layers(files),
        *inside_functions(imports),
        *not_downwards(imports),
        *cycle(imports),
    ]


def test_the_package_keeps_its_architecture():
    assert not faults(SOURCE), "\n" + "\n".join(faults(SOURCE))


def test_every_module_is_seen():
    assert {PACKAGE, f"{PACKAGE}.errors"} <= modules(SOURCE).keys()


@pytest.fixture
def package(tmp_path):
    """A function that writes a package from ``{file: text}`` and returns its faults."""

    def build(sources: dict[str, str]) -> list[str]:
        for name, text in sources.items():
            path = tmp_path / PACKAGE / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return faults(tmp_path / PACKAGE)

    return build


SOUND = {
    "__init__.py": "from gradproof.checking.v import Verdict\n",
    "errors.py": "import math\n",
    "expr/__init__.py": "from gradproof.expr.node import Expr\n",
    "expr/node.py": "from gradproof.errors import ShapeError\nfrom gradproof import errors\n",
    "read/tracer.py": "from gradproof.expr import Expr\n",
    "checking/v.py": "def f():\n    import torch\nfrom gradproof.read import tracer\n",
    "cli.py": "import gradproof\nimport gradproof.checking.v as x\n",
}


def test_a_sound_package_has_no_fault(package):
    assert package(SOUND) == []


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("expr/node.py", "from gradproof.read import tracer\n", "expr stands below or beside read"),
        ("expr/node.py", "from ..read.tracer import f\n", "expr stands below or beside read"),
        ("expr/node.py", "import gradproof\n", "expr stands below or beside __init__"),
        ("expr/node.py", "if 1:\n    import gradproof.checking.v\n", "expr stands below or beside checking"),
        ("write/numpy.py", "from gradproof.read import tracer\n", "write stands below or beside read"),
        ("checking/report.py", "from gradproof.cli import main\n", "checking stands below or beside cli"),
        ("checking/report.py", "def f():\n    from gradproof.errors import E\n", "inside a function"),
        ("checking/report.py", "class C:\n    def f(self):\n        from . import v\n", "inside a function"),
        ("checking/report.py", "x = 1\n" * (MAX_LINES + 1), f"{MAX_LINES + 1} lines"),
        ("expr/node.py", "from gradproof.expr import other\n", " <- gradproof.expr"),
        ("helpers.py", "x = 1\n", "belongs to no layer"),
    ],
)
def test_a_planted_fault_is_found(package, file, text, fault):
    found = package(SOUND | {file: text})
    assert any(fault in line for line in found), found


def test_a_cycle_of_modules_is_found(package):
    found = package({"expr/a.py": "import gradproof.expr.b\n", "expr/b.py": "from gradproof.expr import a\n"})
    assert len(found) == 1
    assert set(found[0].split(" <- ")) == {"gradproof.expr.a", "gradproof.expr.b"}


def test_import_loads_no_optional_framework():
    probe = f"import sys, gradproof; print([n for n in {NOT_LOADED_BY_IMPORT!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_metadata_and_package_agree():
    assert version(PACKAGE) == gradproof.__version__
    assert (SOURCE / "py.typed").is_file()


def test_the_command_can_be_loaded():
    (command,) = (each for each in entry_points(group="console_scripts") if each.name == PACKAGE)
    assert callable(command.load())
