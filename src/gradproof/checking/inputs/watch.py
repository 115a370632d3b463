"""Seeing labels stretched: ``A - Y`` with Y of shape (1, m) and A of shape (3, m) runs; nobody means it."""

from __future__ import annotations

from typing import Any

import numpy as np


class Watched(np.ndarray):
    """An array that records to which larger shapes it was broadcast, as it was passed.

    What the code makes of it (``y[:, None]``) has a shape that the code asked for, and is not watched.
    """

    stretched: list[tuple[int, ...]] | None = None

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [_plain(value) for value in inputs]
        if "out" in kwargs:
            kwargs["out"] = tuple(_plain(value) for value in kwargs["out"])
        result = getattr(ufunc, method)(*plain, **kwargs)
        if method == "__call__" and ufunc is not np.matmul:
            for value in inputs:
                stretched = value.stretched if isinstance(value, Watched) else None
                if stretched is not None and np.shape(result) != value.shape:
                    stretched.append(np.shape(result))
        return result


def watched(array: Any, record: list[tuple[int, ...]]) -> Any:
    """A view of an array that records into ``record``."""
    view = array.view(Watched)
    view.stretched = record
    return view


def _plain(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, Watched) else value
