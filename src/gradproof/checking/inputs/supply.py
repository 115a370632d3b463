"""Inputs that the user has: ``example()`` in the file, ``--data``, arrays at module level."""

from __future__ import annotations

import contextlib
import copy
import inspect
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.checking.inputs import roles
from gradproof.errors import InputError
from gradproof.read.files import UserFile, describe, line_in, user_environment

ALIASES = {
    "X": (
        "x",
        "X_train",
        "train_X",
        "x_train",
        "trainX",
        "Xtrain",
        "train_x",
        "train_set_x",
        "data",
        "X_data",
    ),
    "Y": ("y", "y_train", "Y_train", "train_Y", "train_y", "trainY", "labels", "train_set_y", "t", "y_data"),
}
STARTS = ("x0", "theta0", "initial_theta", "w0", "p0")
"""What people call the point at which an optimisation starts."""
LARGEST = 2_000_000


@dataclass(slots=True)
class Supply:
    """Values the user gave, by argument name, and where each came from.

    ``promised`` are those of ``example()`` and ``--data``: they are used as they are. ``found`` are those
    that happen to stand in the file; they are tried, and left out where they do not fit.
    """

    promised: dict[str, Any] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)
    origin: str = ""

    def for_names(self, names: Mapping[str, Any], *, with_found: bool) -> dict[str, Any]:
        """Copies of the values known for some arguments."""
        values = {}
        for name in names:
            value = self._promised(name)
            if value is None and with_found:
                value = self._found(name)
            if value is not None:
                values[name] = copy.deepcopy(value)
        return values

    def _promised(self, name: str) -> Any:
        if name in self.promised:
            return self.promised[name]
        same = [key for key in self.promised if key.lower().strip("_") == name.lower().strip("_")]
        if len(same) == 1:
            return self.promised[same[0]]
        return self._by_role(name)

    def _by_role(self, name: str) -> Any:
        """``lambd`` for ``lamda``: an argument of another spelling in the same role."""
        for is_role in (roles.is_penalty, roles.is_labels):
            if is_role(name):
                same = [key for key in self.promised if is_role(key)]
                return self.promised[same[0]] if len(same) == 1 else None
        return None

    def _found(self, name: str) -> Any:
        for key in (name, *ALIASES.get(name, ()), *ALIASES.get(name.upper(), ())):
            value = self.found.get(key)
            if value is not None and (roles.is_data(name) or roles.is_labels(name) or key == name):
                return value
        if roles.FLAT_FIRST.match(name):
            starts = [self.found[key] for key in STARTS if key in self.found]
            return starts[0] if len(starts) == 1 else None
        return None


def supply_of(user: UserFile, data: str | None = None) -> Supply:
    """Everything the user gives to call functions with.

    Raises
    ------
    InputError
        ``example()`` fails or returns no dictionary; the data file cannot be read.
    """
    supply = Supply(found=_module_data(user))
    example = user.namespace.get("example")
    if inspect.isfunction(example) and not inspect.signature(example).parameters:
        supply.promised = _call_example(user, example)
        supply.origin = "example()"
    if data is not None:
        supply.promised = supply.promised | _load_data(data)
        supply.origin = data if supply.origin == "" else f"{supply.origin} and {data}"
    return supply


def _call_example(user: UserFile, example: types.FunctionType) -> dict[str, Any]:
    with user_environment(Path(user.file)):
        try:
            result = example()
        except Exception as error:  # noqa: BLE001  (whatever the user's function raises)
            line = line_in(user.file, error) or example.__code__.co_firstlineno
            raise InputError(
                f"example() raised {describe(error)}",
                where=user.place(line),
                fix="make example() return its inputs",
            ) from None
    if not isinstance(result, Mapping):
        raise InputError(
            f"example() returned {type(result).__name__}, not a dictionary",
            where=user.place(example.__code__.co_firstlineno),
            fix="return the inputs by argument name: `return dict(X=..., Y=...)`",
        )
    return {str(key): value for key, value in result.items()}


def _load_data(path: str) -> dict[str, Any]:
    if not Path(path).exists():
        raise InputError(
            f"there is no file {path}", where="--data", fix="np.savez(FILE, X=X, Y=Y, ...) makes one"
        )
    with contextlib.suppress(Exception), np.load(path, allow_pickle=False) as archive:
        return {name: _unwrapped(archive[name]) for name in archive.files}
    raise InputError(
        f"{path} is no .npz file of plain arrays", where="--data", fix="np.savez(FILE, X=X, Y=Y, W1=W1, ...)"
    )


def _unwrapped(array: Any) -> Any:
    return array.item() if array.ndim == 0 else array


def _module_data(user: UserFile) -> dict[str, Any]:
    return {
        name: value
        for name, value in user.namespace.items()
        if not name.startswith("_") and _is_data(value) and not (name.isupper() and len(name) > 2)
    }


def _is_data(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fiub" and 0 < value.size <= LARGEST
    if isinstance(value, Mapping):
        return bool(value) and all(_is_data(item) for item in value.values())
    return isinstance(value, int | float | np.generic) and not isinstance(value, bool)
