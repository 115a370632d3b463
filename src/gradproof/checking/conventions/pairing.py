"""Which gradient is by which argument: ``dW1`` by ``W1``, ``grads["b"]`` by ``b``, ``grad`` by the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.checking.conventions.names import is_cost_value, is_gradient_value, without_gradient
from gradproof.checking.conventions.plan import Named, Plan
from gradproof.checking.conventions.positions import by_position, named_numbers
from gradproof.checking.inputs import roles

Path = tuple[Any, ...]
ANONYMOUS = re.compile(
    r"^(_?grads?\w{0,3}|gradients?|g|grad_?(flat|vec|all|vector)|d(theta|params?|w|J|loss|cost|f)|nabla|deriv\w*|jac\w*|)$",
    re.IGNORECASE,
)


def named(value: Any, names: Sequence[str]) -> Named:
    """Gradients with their names: dictionaries by key, tuples by the names in the ``return``."""
    if isinstance(value, Mapping):
        return [(str(key), item) for key, item in value.items()]
    if isinstance(value, tuple) and len(value) == len(names):
        found: Named = []
        for name, item in zip(names, value, strict=True):
            found += [(str(k), v) for k, v in item.items()] if isinstance(item, Mapping) else [(name, item)]
        return found
    if isinstance(value, tuple):
        return [("", item) for item in value]
    return [(names[0] if len(names) == 1 else "", value)]


def leaf_paths(values: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Arrays and numbers among values, by path: ``("parameters", "W1")``, ``("theta",)``."""
    for name, value in values.items():
        yield from _leaf_paths((name,), value)


def _leaf_paths(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, np.ndarray | float | np.floating):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaf_paths((*path, key), item)
    elif isinstance(value, list | tuple):
        for k, item in enumerate(value):
            yield from _leaf_paths((*path, k), item)


def label(path: Path) -> str:
    """The name of a parameter: its key, its argument, or ``weights[0]``."""
    last = path[-1]
    return f"{label(path[:-1])}[{last}]" if isinstance(last, int) else str(last)


def pair(gradients: Named, values: Mapping[str, Any], plan: Plan) -> dict[Path, list[int]]:
    """Parameter path -> where its gradient stands: position, and index within a list there."""
    leaves = dict(_candidates(values, plan))
    found: dict[Path, list[int]] = {}
    for position, (name, value) in enumerate(gradients):
        _by_name(position, name, value, leaves, found)
    if plan.positional:
        taken = {place[0] for place in found.values()}
        numbers = named_numbers(gradients, values).items()
        found |= {path: place for path, place in numbers if path not in found and place[0] not in taken}
        found |= by_position(gradients, values, plan, found)
    leaves = {path: value for path, value in leaves.items() if path[0] not in plan.unlikely}
    left = [k for k in range(len(gradients)) if k not in {place[0] for place in found.values()}]
    for position in left:
        name, value = gradients[position]
        if ANONYMOUS.match(name) or not found:
            _by_shape(position, value, leaves, found)
        elif is_gradient_value(name) and not plan.by_key:
            _by_exact_shape(position, value, leaves, found)
    return found


def parameter_paths(values: Mapping[str, Any], plan: Plan) -> list[Path]:
    """Paths of everything that may be a parameter."""
    return [path for path, _ in _candidates(values, plan)]


def _candidates(values: Mapping[str, Any], plan: Plan) -> Iterator[tuple[Path, Any]]:
    for path, value in leaf_paths(values):
        if path[0] not in plan.not_parameters and _could_be(path, value):
            yield path, value


def _could_be(path: Path, value: Any) -> bool:
    if isinstance(value, np.ndarray) and value.size > 0:
        return value.dtype.kind == "f" or (value.dtype.kind in "iu" and _is_weights(path))
    name = str(path[-1])
    return not isinstance(value, np.ndarray) and bool(roles.BIAS.match(name) or roles.FLAT_FIRST.match(name))


def _by_name(
    position: int, name: str, value: Any, leaves: dict[Path, Any], found: dict[Path, list[int]]
) -> None:
    for wanted in without_gradient(name):
        for exactly in (True, False):
            for path in leaves:
                if path not in found and wanted and _same(str(path[-1]), wanted, exactly):
                    found[path] = [position]
                    return
            below = [path for path in leaves if len(path) == 2 and _same(str(path[0]), wanted, exactly)]
            if below and isinstance(value, list | tuple):
                found.update({path: [position, k] for k, path in enumerate(below[: len(value)])})
                return
    stem = without_gradient(name)[-1].lower()
    starts = [path for path in leaves if len(stem) > 1 and str(path[-1]).lower().startswith(stem)]
    if is_gradient_value(name) and len(starts) == 1 and starts[0] not in found:
        found[starts[0]] = [position]


def _same(first: str, second: str, exactly: bool) -> bool:
    return first == second if exactly else first.lower() == second.lower()


def _by_exact_shape(position: int, value: Any, leaves: dict[Path, Any], found: dict[Path, list[int]]) -> None:
    free = [path for path in leaves if path not in found]
    if isinstance(value, list | tuple):
        _list_by_shape(position, value, free, leaves, found)
        return
    free = [path for path in free if np.shape(leaves[path]) == np.shape(value)]
    if len(free) == 1:
        found[free[0]] = [position]


def _by_shape(position: int, value: Any, leaves: dict[Path, Any], found: dict[Path, list[int]]) -> None:
    free = [path for path in leaves if path not in found and not roles.is_labels(str(path[-1]))]
    if isinstance(value, Mapping):
        return
    if isinstance(value, list | tuple) and value and isinstance(value[0], np.ndarray | list | tuple):
        _list_by_shape(position, value, free, leaves, found)
        return
    shape = np.shape(value)
    ranked = sorted(free, key=lambda p: (np.shape(leaves[p]) != shape, _is_data(p), not _is_weights(p)))
    sized = [p for p in ranked if np.size(leaves[p]) == np.size(value)]
    best = sized[:1] or [p for p in ranked if _is_weights(p)][:1]
    if best:
        found[best[0]] = [position]


def _is_data(path: Path) -> bool:
    return roles.is_data(str(path[-1]))


def _is_weights(path: Path) -> bool:
    return bool(roles.WEIGHTS.match(str(path[-1])) or roles.BIAS.match(str(path[-1])))


def _list_by_shape(
    position: int,
    value: Sequence[Any],
    free: list[Path],
    leaves: dict[Path, Any],
    found: dict[Path, list[int]],
) -> None:
    for k, item in enumerate(value):
        shaped = [path for path in free if path not in found and np.shape(leaves[path]) == np.shape(item)]
        if shaped:
            found[shaped[0]] = [position, k]


def siblings(found: Mapping[Path, Sequence[int]], values: Mapping[str, Any], plan: Plan) -> list[Path]:
    """Weights in the same container as parameters that have a gradient: theirs is missing."""
    owners = {path[:-1] for path in found if len(path) > 1}
    free = [path for path in parameter_paths(values, plan) if path not in found]
    return [path for path in free if path[:-1] in owners and _is_weights(path)]


def at(gradients: Named, place: Sequence[int]) -> Any:
    """The gradient at a place that :func:`pair` found; None where the candidate has nothing there."""
    if place[0] >= len(gradients):
        return None
    value = gradients[place[0]][1]
    for k in place[1:]:
        value = value[k]
    return value


def scalar_position(value: tuple[Any, ...], names: Sequence[str]) -> int | None:
    """Where the cost stands in what a function returned: by name, else the first number."""
    scalars = [k for k, item in enumerate(value) if _is_scalar(item)]
    called = [k for k in scalars if len(names) == len(value) and is_cost_value(names[k])]
    unnamed = [k for k in scalars if not (len(names) == len(value) and is_gradient_value(names[k]))]
    return (called or unnamed or scalars or [None])[0]  # type: ignore[list-item]


def _is_scalar(value: Any) -> bool:
    if isinstance(value, bool | str) or value is None:
        return False
    if isinstance(value, int | float | np.generic):
        return True
    return getattr(value, "size", 0) == 1 and hasattr(value, "shape")
