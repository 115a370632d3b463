"""Random points near the user's parameters at which gradients are compared.

The user's own point is often special (zero biases hide a penalty on them; a zero sample sits on a ReLU's
kink), so every point is moved off it generically, without leaving the parameters' apparent domain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradproof.errors import InputError

RELATIVE_MOVE = 0.1


def moved(leaves: Sequence[Any], rng: np.random.Generator, amount: float = RELATIVE_MOVE) -> list[Any]:
    """A copy of the leaves, each entry moved by about ``amount`` of the leaf's typical size.

    Leaves whose entries are all positive stay positive; a leaf of zeros is moved by ``amount`` itself.
    """
    return [_moved_leaf(leaf, rng, amount) for leaf in leaves]


def _moved_leaf(leaf: Any, rng: np.random.Generator, amount: float) -> Any:
    if leaf is None:
        return None
    array = np.asarray(leaf, dtype=float)
    noise = rng.standard_normal(array.shape)
    if array.size and np.all(array > 0):
        result = array * np.exp(amount * noise)
    else:
        typical = float(np.sqrt(np.mean(array * array))) if array.size else 0.0
        result = array + amount * (typical or 1.0) * noise
    return result if isinstance(leaf, np.ndarray) else float(result)


def generic_point(
    leaves: Sequence[Any], cost: Callable[[Sequence[Any]], float], rng: np.random.Generator
) -> list[Any]:
    """One point near the user's parameters at which the cost is finite.

    Raises
    ------
    InputError
        The cost is not finite at the user's own parameters either.
    """
    for amount in (RELATIVE_MOVE, 1e-2, 1e-4, 1e-6):
        point = moved(leaves, rng, amount)
        if np.isfinite(cost(point)):
            return point
    own = [np.asarray(x, dtype=float) if isinstance(x, np.ndarray) else x for x in leaves]
    value = cost(own)
    if not np.isfinite(value):
        raise InputError(
            f"the cost is {value} at the given parameters",
            fix="pass parameters at which the cost is a finite number (log of 0, division by 0 or overflow?)",
        )
    return own
