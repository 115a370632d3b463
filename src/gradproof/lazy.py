"""Public names that are loaded when they are first used, so that nobody waits for what he does not need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: dict[str, Any], homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package.

    Parameters
    ----------
    package : its ``globals()``, where a name is kept once it is loaded
    homes : public name -> the module that defines it
    """

    def attribute(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package['__name__']!r} has no attribute {name!r}")
        try:
            found = package[name] = getattr(import_module(home), name)
        except ModuleNotFoundError as error:
            library = str(error.name).partition(".")[0]
            if library == "gradproof":
                raise
            missing = {"sklearn": "scikit-learn"}.get(library, library)
            raise ImportError(
                f"{name} needs {missing}, which is not installed\n"
                "  fix: pip install 'gradproof[train]', or in a clone: pip install -e '.[train]'"
            ) from error
        return found

    return attribute
