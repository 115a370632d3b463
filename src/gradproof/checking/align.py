"""Which returned array is the gradient of which parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.expr.node import Expr
from gradproof.read.structure import leaves

MISSING = object()
PREFIXES = ("d_", "grad_", "g_", "delta_", "D", "d", "grad", "g", "delta")
SUFFIXES = ("_grad", "_gradient", "_g", "grad", "Grad", "_d")


@dataclass(slots=True)
class Aligned:
    """A candidate's gradients by parameter path; ``extra`` names what belongs to no parameter."""

    gradients: dict[str, Any]
    extra: list[str]


def gradient_names(name: str) -> list[str]:
    """Names under which people return the gradient by ``name``, likeliest first."""
    return [name, *(p + name for p in PREFIXES), *(name + s for s in SUFFIXES)]


def align(returned: Any, structure: Any) -> Aligned:
    """Match what a candidate returned with the parameters.

    Dictionaries match by key, with the usual prefixes and suffixes (``dW1``, ``grad_W1``, ``W1_grad``);
    lists, tuples and arrays by position.

    Raises
    ------
    InputError
        The candidate returned nothing usable.
    """
    if returned is None:
        raise InputError(
            "the gradient function returned None",
            fix="return the gradients in the structure of the parameters: `return grads`",
        )
    if isinstance(structure, Mapping):
        return _align_mapping(returned, structure, "")
    expected = leaves(structure)
    if len(expected) == 1 and not isinstance(returned, Mapping):
        whole = _whole(returned, structure)
        if whole:
            return Aligned({expected[0][0]: whole[0]}, [])
    return _align_positions(_flat(returned), expected)


def _whole(returned: Any, structure: Any) -> list[Any]:
    """All that was returned as the one gradient by the one parameter; empty where it must be taken apart."""
    if isinstance(structure, Sequence):
        return [returned] if _is_array(returned) else []
    if not (isinstance(returned, tuple | list) and _is_sequence_of_arrays(returned)):
        return []
    alone = len(returned) == 1 and np.shape(structure) != (1,)
    return [returned[0] if alone else _as_array(returned)]


def _align_mapping(returned: Any, structure: Mapping[Any, Any], path: str) -> Aligned:
    if not isinstance(returned, Mapping):
        flat, expected = _flat(returned), leaves(structure, path)
        return _align_positions(flat, expected)
    gradients: dict[str, Any] = {}
    used = set()
    for key, value in structure.items():
        name = f"{path}.{key}" if path else str(key)
        found = next((k for k in _candidate_keys(key, structure) if k in returned and k not in used), None)
        if found is not None:
            used.add(found)
        item = MISSING if found is None else returned[found]
        if isinstance(value, Mapping) and isinstance(item, Mapping):
            gradients.update(_align_mapping(item, value, name).gradients)
            continue
        below = leaves(value, name)
        flat = [MISSING] * len(below) if item is MISSING else _flat(item) if len(below) > 1 else [item]
        for k, (leaf_name, _) in enumerate(below):
            gradients[leaf_name] = flat[k] if k < len(flat) else MISSING
    return Aligned(gradients, [str(k) for k in returned if k not in used])


def _candidate_keys(key: Any, structure: Mapping[Any, Any]) -> list[Any]:
    if not isinstance(key, str):
        return [key]
    return [n for n in gradient_names(key) if n == key or n not in structure]


def _align_positions(flat: Sequence[Any], expected: Sequence[tuple[str, Any]]) -> Aligned:
    gradients = {name: (flat[k] if k < len(flat) else MISSING) for k, (name, _) in enumerate(expected)}
    return Aligned(gradients, [f"[{k}]" for k in range(len(expected), len(flat))])


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic | int | float | Expr)


def _is_sequence_of_arrays(value: Sequence[Any]) -> bool:
    return any(_is_array(v) or isinstance(v, list) for v in value)


def _as_array(value: Any) -> Any:
    if any(isinstance(v, Expr) for v in value):
        return value[0] if len(value) == 1 else MISSING
    return np.asarray(value, dtype=float)


def _flat(value: Any) -> list[Any]:
    if value is None or _is_array(value):
        return [value]
    if isinstance(value, Mapping):
        return [leaf for item in value.values() for leaf in _flat(item)]
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [leaf for item in value for leaf in _flat(item)]
    return [value]
