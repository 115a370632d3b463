"""The tables that say how each NumPy function and ufunc is read. Filled by the modules of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Handler = Callable[..., Any]

HANDLERS: dict[str, Handler] = {}
UFUNCS: dict[str, Callable[..., Any]] = {}


def handles(*names: str) -> Callable[[Handler], Handler]:
    """Register the reader of the NumPy functions of these names, dotted below ``numpy`` or ``scipy``."""

    def enter(handler: Handler) -> Handler:
        for name in names:
            if name in HANDLERS:
                raise ValueError(f"{name} has two readers")
            HANDLERS[name] = handler
        return handler

    return enter
