"""Every case of every style."""

from importlib import import_module

from tests.catalogue.case import FOLDER, Case

STYLES = tuple(sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__"))
CASES: tuple[Case, ...] = tuple(
    case for style in STYLES for case in import_module(f"tests.catalogue.styles.{style}").CASES
)
WRONG = tuple(case for case in CASES if case.wrong)
SOUND = tuple(case for case in CASES if not case.wrong)
