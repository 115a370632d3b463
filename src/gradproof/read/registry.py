"""Leaf symbols: one for the same content, in every trace of a session.

A cost traced in one call and a gradient traced in another must speak of the same X, Y and m.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from gradproof.expr.node import Expr, symbol

DISTINCTIVE = 3  # entries from which equal content is taken to be the same array, whatever it is called


class SymbolRegistry:
    """Symbols by content and name.

    Arrays with distinctive content are known by the content alone, and keep the first name they were given.
    Numbers and arrays of one repeated number are known by content and name; without a name, a size or number
    finds the only symbol of that content.
    """

    def __init__(self) -> None:
        self._symbols: dict[tuple[Any, ...], dict[str, Expr]] = {}
        self._used: dict[tuple[str, tuple[int, ...]], int] = {}

    def reserve(self, name: str, shape: tuple[int, ...]) -> Expr:
        """The symbol of a parameter; data of the same name and shape get another one."""
        self._used.setdefault((name, shape), 1)
        return symbol(name, shape)

    def find(self, value: Any, kind: str, name: str, fallback: str) -> Expr:
        """The symbol of a value.

        Parameters
        ----------
        kind : what it is: "data", "number", "size" or "random"; kinds do not mix
        name : the user's name; empty if it has none
        fallback : the name of a new symbol without one
        """
        array = np.asarray(value)
        key = (kind, *_content(array))
        known = self._symbols.setdefault(key, {})
        if name in known:
            return known[name]
        if known and (_is_distinctive(array) or (not name and len(known) == 1)):
            return next(iter(known.values()))
        found = self._new(name or fallback, array.shape)
        known[name] = found
        return found

    def _new(self, name: str, shape: tuple[int, ...]) -> Expr:
        uid = self._used.get((name, shape), 0)
        self._used[name, shape] = uid + 1
        return symbol(name, shape, uid)


def _content(array: np.ndarray[Any, Any]) -> tuple[Any, ...]:
    data = np.ascontiguousarray(array)
    return (
        array.shape,
        array.dtype.str,
        hashlib.blake2b(data.reshape(-1).view(np.uint8).data, digest_size=16).digest(),
    )


def _is_distinctive(array: np.ndarray[Any, Any]) -> bool:
    return array.size >= DISTINCTIVE and bool((array != array.flat[0]).any())
