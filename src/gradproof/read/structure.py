"""Parameters as people keep them: an array, a flat vector, dictionaries, lists, tuples, objects, nested.

A structure is flattened to named leaves and rebuilt around other leaves; the user's own containers are
copied, never changed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from gradproof.errors import InputError


def is_leaf(value: Any) -> bool:
    """Whether a value is one array or number, and not a container of them."""
    return isinstance(value, np.ndarray | np.generic | int | float) and not isinstance(value, bool)


def leaves(structure: Any, path: str = "") -> list[tuple[str, Any]]:
    """Named leaves of a structure, in its own order.

    The name of a leaf is its path: ``W1`` for ``{"W1": ...}``, ``layer1.W`` for nested dictionaries,
    ``[0].W`` in lists, ``params`` for a lone array.

    Raises
    ------
    InputError
        Something inside is neither an array, a number nor a container.
    """
    return list(_leaves(structure, path))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if is_leaf(value):
        yield path or "params", value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, _joined(path, str(key)))
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _leaves(getattr(value, field.name), _joined(path, field.name))
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        names = getattr(value, "_fields", None) or [f"[{k}]" for k in range(len(value))]
        for name, item in zip(names, value, strict=True):
            yield from _leaves(item, _joined(path, name))
    elif value is None:
        yield path or "params", None
    else:
        raise InputError(
            f"{path or 'params'} is a {type(value).__name__}, which holds no numbers gradproof can see",
            fix="pass an array, or a dict, list or tuple of arrays",
        )


def _joined(path: str, name: str) -> str:
    return f"{path}{name}" if not path or name.startswith("[") else f"{path}.{name}"


def rebuild(structure: Any, new_leaves: Sequence[Any]) -> Any:
    """A copy of the structure with its leaves replaced, in the order of :func:`leaves`."""
    supply = iter(new_leaves)
    return _rebuild(structure, supply)


def _rebuild(value: Any, supply: Iterator[Any]) -> Any:
    if is_leaf(value) or value is None:
        return next(supply)
    if isinstance(value, Mapping):
        items = {key: _rebuild(item, supply) for key, item in value.items()}
        if type(value) is dict:
            return items
        result = copy.copy(value)
        result.update(items)  # type: ignore[attr-defined]
        return result
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _rebuild(getattr(value, f.name), supply) for f in fields(value)})
    items_list = [_rebuild(item, supply) for item in value]
    if hasattr(value, "_fields"):
        return type(value)(*items_list)
    return type(value)(items_list)
