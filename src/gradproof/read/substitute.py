"""Copies of the user's data with traced values in place of numbers; the user's own objects stay."""

from __future__ import annotations

import copy
import enum
import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.read.calling import adopt
from gradproof.read.modules import (
    RandomSource,
    is_followed_module,
    is_random_source,
    replaced_function,
    traced_module,
)
from gradproof.read.recorder import Pending
from gradproof.read.sizes import TracedInt
from gradproof.read.traced import Traced, wrap

PLAIN = (str, bytes, bool, type(None), complex, enum.Enum, range, slice)
MAX_ITEMS = 100_000  # longer lists are data files, not hyperparameters


class Substitution:
    """One consistent replacement: the same object is replaced by the same thing everywhere.

    Parameters
    ----------
    is_user_class : whether a class is the user's, so that its instances are looked into
    found : told of every function of the user's that is met
    """

    def __init__(self, is_user_class: Callable[[type], bool], found: Callable[[Any], None]) -> None:
        self._is_user_class, self._found = is_user_class, found
        self._memo: dict[int, tuple[Any, Any]] = {}

    def __call__(self, value: Any, name: str = "") -> Any:
        """What stands for ``value`` while the trace runs; ``name`` is what the user calls it."""
        if isinstance(value, PLAIN) or type(value) in (Traced, TracedInt):
            return value
        if type(value) is int:
            return TracedInt(value, Pending(value, "number", name))
        if isinstance(value, float | np.floating):
            wide = value if type(value) is float else np.float64(value)
            return wrap(wide, Pending(wide, "number", name))
        known = self._memo.get(id(value))
        if known is not None:
            return known[1]
        result = self._replaced(value, name)
        self._memo[id(value)] = (value, result)
        self._memo[id(result)] = (result, result)
        return result

    def _replaced(self, value: Any, name: str) -> Any:  # noqa: PLR0911 - one line a kind
        if isinstance(value, np.ndarray):
            return self._array(value, name)
        kind = type(value)
        if kind is dict or isinstance(value, dict):
            return self._dictionary(value)
        if kind is list:
            return self._list(value, name)
        if isinstance(value, tuple):
            items = (
                [self(v, f"{name}[{k}]") for k, v in enumerate(value)] if len(value) < MAX_ITEMS else value
            )
            return kind(*items) if hasattr(value, "_fields") else tuple(items)
        if kind is set or kind is frozenset:
            return copy.copy(value)
        if is_random_source(value):
            return RandomSource(copy.deepcopy(value))
        return self._callable_or_object(value)

    def _array(self, value: Any, name: str) -> Any:
        if value.dtype.kind == "O":
            result = np.empty_like(value)
            self._memo[id(value)] = (value, result)
            for place in np.ndindex(value.shape):
                result[place] = self(value[place], f"{name}{list(place)}")
            return result
        if value.dtype.kind not in "iufb" or type(value) not in (np.ndarray, np.matrix):
            return value
        result = adopt(value, "data")
        result._b.base.name = name
        result._b.foreign = result._c is value
        return result

    def _dictionary(self, value: Any) -> Any:
        result = copy.copy(value)
        self._memo[id(value)] = (value, result)
        for key, item in list(value.items()):
            result[key] = self(item, str(key))
        return result

    def _list(self, value: list[Any], name: str) -> list[Any]:
        result: list[Any] = []
        self._memo[id(value)] = (value, result)
        if len(value) > MAX_ITEMS:
            result.extend(value)
        else:
            result.extend(self(v, f"{name}[{k}]") for k, v in enumerate(value))
        return result

    def _callable_or_object(self, value: Any) -> Any:  # noqa: PLR0911 - one line a kind
        if is_followed_module(value):
            return traced_module(value)
        if isinstance(value, np.vectorize):
            self._found(value.pyfunc)
        changed = replaced_function(value)
        if changed is not value:
            return changed
        if isinstance(value, types.FunctionType | type):
            self._found(value)
            return value
        if isinstance(value, types.MethodType):
            self._found(value.__func__)
            return types.MethodType(value.__func__, self(value.__self__))
        if isinstance(value, functools.partial):
            names = _argument_names(value.func)
            args = [self(a, n) for a, n in zip(value.args, [*names, *[""] * len(value.args)], strict=False)]
            return functools.partial(
                self(value.func), *args, **{k: self(v, k) for k, v in value.keywords.items()}
            )
        if isinstance(value, staticmethod | classmethod):
            self._found(value.__func__)
            return value
        if isinstance(value, types.ModuleType):
            return value
        if self._is_user_class(type(value)):
            return self._instance(value)
        wrapped = getattr(value, "__wrapped__", None)
        if isinstance(wrapped, types.FunctionType):  # a cache or a compiler around the user's function
            self._found(wrapped)
            return wrapped
        if getattr(value, "py_func", None) is not None:
            self._found(value.py_func)
            return value.py_func
        return value

    def _instance(self, value: Any) -> Any:
        """A copy of the user's object, with what it holds replaced."""
        cls = type(value)
        self._found(cls)
        try:
            result = object.__new__(cls)
        except TypeError:
            result = copy.copy(value)
        self._memo[id(value)] = (value, result)
        for base in cls.__mro__:
            slots = base.__dict__.get("__slots__", ())
            for slot in (slots,) if isinstance(slots, str) else slots:
                if hasattr(value, slot) and slot not in ("__dict__", "__weakref__"):
                    object.__setattr__(result, slot, self(getattr(value, slot), slot))
        for key, item in list(getattr(value, "__dict__", {}).items()):
            result.__dict__[key] = self(item, key)
        return result


def _argument_names(function: Any) -> list[str]:
    code = getattr(function, "__code__", None)
    return list(code.co_varnames[: code.co_argcount]) if code is not None else []
