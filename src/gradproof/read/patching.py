"""Putting traced modules and values where the user's code looks for them, and everything back afterwards."""

from __future__ import annotations

import builtins
import random
import sys
import sysconfig
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.read.modules import is_followed_module, traced_module
from gradproof.read.recorder import OUR_FILES
from gradproof.read.standins import BUILTINS
from gradproof.read.substitute import Substitution

_LOCK = threading.RLock()
_LIBRARIES = tuple(
    {
        str(Path(p))
        for k, p in sysconfig.get_paths().items()
        if k in ("stdlib", "platstdlib", "purelib", "platlib")
    }
)
_MISSING = object()


def is_library(file: str | None) -> bool:
    """Whether a file belongs to Python, to an installed package, or to gradproof."""
    if file is None or file.startswith("<frozen"):
        return True
    return file.startswith((*_LIBRARIES, OUR_FILES)) or "site-packages" in file or "dist-packages" in file


class Patches:
    """What was changed, and how to undo it."""

    def __init__(self, root_package: str) -> None:
        self._undo: list[Callable[[], Any]] = []
        self._functions: set[types.FunctionType] = set()
        self._classes: set[type] = set()
        self._globals: dict[int, set[str]] = {}
        self._todo: list[Any] = []
        self._root = root_package
        self.substitute = Substitution(self._is_user_class, self._todo.append)

    def restore(self) -> None:
        """Undo everything, last change first."""
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()

    def follow(self, function: Any) -> Any:
        """The function to call in place of ``function``, everything it reaches patched."""
        replaced = self.substitute(function)
        self._enter_all()
        self.watch_imports()
        return replaced

    def _is_user_module(self, name: str | None, file: str | None) -> bool:
        if name is not None and name.split(".")[0] == self._root != "gradproof":
            return True
        return not is_library(file)

    def _is_user_class(self, cls: type) -> bool:
        if issubclass(cls, BaseException | np.ndarray | types.ModuleType):
            return False
        for item in vars(cls).values():
            code = getattr(getattr(item, "__func__", item), "__code__", None)
            if isinstance(code, types.CodeType):
                return self._is_user_module(cls.__module__, code.co_filename) and cls.__module__ != "builtins"
        return any(self._is_user_class(b) for b in cls.__bases__ if b is not object) or _module_is_user(
            cls, self
        )

    def _enter(self, found: Any) -> None:
        if isinstance(found, type):
            self._enter_class(found)
            return
        function = getattr(found, "__func__", found)
        if not isinstance(function, types.FunctionType) or function in self._functions:
            return
        code = function.__code__
        ours = code.co_filename.startswith(OUR_FILES)
        if not ours and not self._is_user_module(function.__module__, code.co_filename):
            return
        self._functions.add(function)
        self._enter_function(function, ours)

    def _enter_function(self, function: types.FunctionType, ours: bool) -> None:
        """Patch what a function reaches; of gradproof's own wrappers only what they enclose."""
        if not ours:
            self._enter_globals(function.__globals__, list(_names(function.__code__)))
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            with suppress(ValueError):  # an empty cell
                self._set(name, cell.cell_contents, lambda v, c=cell: setattr(c, "cell_contents", v))  # type: ignore[misc]
                if ours:
                    self._enter_record(cell.cell_contents)
        if not ours:
            self._enter_defaults(function)
        wrapped = getattr(function, "__wrapped__", None)
        if wrapped is not None:
            self._todo.append(wrapped)

    def _enter_record(self, value: Any) -> None:
        """Follow the user's functions that one of gradproof's own records, or a container of them, holds."""
        if isinstance(value, list | tuple):
            for item in value:
                self._enter_record(item)
        elif isinstance(value, dict):
            for item in value.values():
                self._enter_record(item)
        elif isinstance(value, types.FunctionType):
            self._todo.append(value)
        elif is_dataclass(value) and type(value).__module__.split(".")[0] == "gradproof":
            for item in fields(value):
                held = getattr(value, item.name)
                self._enter_record(held)
                if isinstance(held, types.FunctionType | types.MethodType):
                    self._set(item.name, held, lambda v, n=item.name: object.__setattr__(value, n, v))  # type: ignore[misc]
                    self._todo.append(held)

    def _enter_defaults(self, function: types.FunctionType) -> None:
        code, defaults = function.__code__, function.__defaults__
        if defaults:
            names = code.co_varnames[: code.co_argcount][-len(defaults) :]
            new = tuple([self.substitute(d, n) for d, n in zip(defaults, names, strict=True)])
            self._undo.append(lambda: setattr(function, "__defaults__", defaults))
            function.__defaults__ = new
        keywords = function.__kwdefaults__
        if keywords:
            self._undo.append(lambda: setattr(function, "__kwdefaults__", keywords))
            function.__kwdefaults__ = {k: self.substitute(v, k) for k, v in keywords.items()}

    def _set(self, name: str, old: Any, assign: Callable[[Any], Any]) -> None:
        new = self.substitute(old, name)
        if new is not old:
            self._undo.append(lambda: assign(old))
            assign(new)

    def _enter_globals(self, namespace: dict[str, Any], names: list[str]) -> None:
        seen = self._globals.setdefault(id(namespace), set())
        for name in names:
            if name in seen:
                continue
            seen.add(name)
            value = namespace.get(name, _MISSING)
            if value is _MISSING:
                if name in BUILTINS and hasattr(builtins, name):
                    self._undo.append(lambda n=name: namespace.pop(n, None))  # type: ignore[misc]
                    namespace[name] = BUILTINS[name]
            elif isinstance(value, types.ModuleType) and not is_followed_module(value):
                if self._is_user_module(value.__name__, getattr(value, "__file__", None)):
                    self._enter_globals(vars(value), names)
            elif not name.startswith("__"):
                self._set(name, value, lambda v, n=name: namespace.__setitem__(n, v))  # type: ignore[misc]

    def _enter_class(self, cls: type) -> None:
        if cls in self._classes or not self._is_user_class(cls):
            return
        self._classes.add(cls)
        for base in cls.__mro__[1:]:
            if base is not object:
                self._enter_class(base)
        for name, value in list(vars(cls).items()):
            self._enter_attribute(cls, name, value)

    def _enter_attribute(self, cls: type, name: str, value: Any) -> None:
        if isinstance(value, types.FunctionType | staticmethod | classmethod | type):
            self._todo.append(value)
        elif isinstance(value, property):
            self._todo.extend(f for f in (value.fget, value.fset) if f is not None)
        elif not name.startswith("__") and isinstance(value, np.ndarray | float | int | dict | list | tuple):
            self._set(name, value, lambda v: setattr(cls, name, v))
        elif hasattr(value, "func") and isinstance(getattr(value, "func", None), types.FunctionType):
            self._todo.append(value.func)

    def watch_imports(self) -> None:
        """Import statements inside the user's functions give the traced modules."""
        real = builtins.__import__

        def import_(name: str, scope: Any = None, local: Any = None, names: Any = (), level: int = 0) -> Any:
            module = real(name, scope, local, names or (), level)
            if scope is None or is_library(scope.get("__file__") or "<user>"):
                return module
            if is_followed_module(module):
                return traced_module(module)
            if self._is_user_module(module.__name__, getattr(module, "__file__", None)):
                self._enter_globals(vars(module), [n for n in vars(module) if not n.startswith("__")])
                self._enter_all()
            return module

        self._undo.append(lambda: setattr(builtins, "__import__", real))
        builtins.__import__ = import_  # type: ignore[assignment]

    def _enter_all(self) -> None:
        while self._todo:
            self._enter(self._todo.pop())


def _module_is_user(cls: type, patches: Patches) -> bool:
    module = sys.modules.get(cls.__module__)
    if module is None or cls.__module__ in ("builtins", "typing", "abc", "collections", "types"):
        return False
    file = getattr(module, "__file__", None)
    return file is not None and patches._is_user_module(cls.__module__, file)


def _names(code: types.CodeType) -> Iterator[str]:
    """Global and attribute names of the code and of the functions defined in it."""
    yield from code.co_names
    for item in code.co_consts:
        if isinstance(item, types.CodeType):
            yield from _names(item)


@contextmanager
def patched(function: Any) -> Iterator[tuple[Any, Patches]]:
    """The function with everything it reaches patched; all is as before afterwards."""
    inner = function
    while hasattr(inner, "func") and not isinstance(inner, types.FunctionType):
        inner = inner.func
    module = getattr(inner, "__module__", None) or type(inner).__module__ or ""
    with _LOCK:
        state = np.random.get_state()  # noqa: NPY002 - the state that the user's code draws from
        python_state = random.getstate()
        patches = Patches(module.split(".")[0])
        try:
            yield patches.follow(function), patches
        finally:
            patches.restore()
            np.random.set_state(state)  # noqa: NPY002
            random.setstate(python_state)
