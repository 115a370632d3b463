"""What conventions look at: the functions and classes of a file."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from gradproof.checking.inputs.functions import Function, called, classes_of, functions_of
from gradproof.read.files import UserFile


@dataclass(slots=True)
class Context:
    """The user's functions and classes; ``wanted`` is the function named with ``--function``."""

    user: UserFile
    functions: dict[str, Function]
    classes: dict[str, tuple[type, ast.ClassDef]]
    wanted: str | None = None
    _calls: dict[str, set[str]] = field(default_factory=dict)

    def calls_of(self, function: Function) -> set[str]:
        """Names that a function calls itself."""
        if function.name not in self._calls:
            self._calls[function.name] = called(function.node)
        return self._calls[function.name]


def context_of(user: UserFile, wanted: str | None = None) -> Context:
    """Read the functions and classes of a loaded file."""
    functions = {name: f for name, f in functions_of(user).items() if name not in {"example", "make"}}
    return Context(user, functions, classes_of(user), wanted)
