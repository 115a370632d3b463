"""Which gradients of a problem are wrong, by central differences of its cost alone: nothing of gradproof."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

KEYS = ("{}", "d{}", "{}Grad", "grad_{}")


def flatten(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves of a structure of parameters with the names that a report gives them."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flatten(item, f"{name}.{key}" if name else key)
    elif hasattr(value, "_fields"):
        for key in value._fields:
            yield from flatten(getattr(value, key), key)
    elif isinstance(value, list | tuple):
        for k, item in enumerate(value):
            yield from flatten(item, f"{name}[{k}]")
    else:
        yield name or "params", value


def with_leaves(value: Any, leaves: Iterator[Any]) -> Any:
    """The structure again, around other leaves."""
    if isinstance(value, dict):
        return {key: with_leaves(item, leaves) for key, item in value.items()}
    if hasattr(value, "_fields"):
        return type(value)(*(with_leaves(item, leaves) for item in value))
    if isinstance(value, list | tuple):
        return type(value)(with_leaves(item, leaves) for item in value)
    return next(leaves)


def returned_gradients(returned: Any, params: Any) -> dict[str, Any]:
    """The candidate's gradients by parameter; a parameter without one is left out."""
    if isinstance(params, dict):
        found = {}
        for key in params:
            name = next((k.format(key) for k in KEYS if k.format(key) in returned), None)
            if name is not None:
                found[key] = returned[name]
        return found
    names = [name for name, _ in flatten(params)]
    leaves = [leaf for _, leaf in flatten(returned)]
    return dict(zip(names, leaves, strict=True))


class Problem:
    """The arguments of a check, as functions of one list of arrays."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        self.arguments, self.params = arguments, arguments["params"]
        named = [(name, np.array(leaf, copy=True)) for name, leaf in flatten(self.params)]
        self.names = [name for name, _ in named]
        self.single = any(leaf.dtype == np.float32 for _, leaf in named)
        self.start = [leaf.astype(np.float64) for _, leaf in named]

    def _call(self, function: str, point: list[Any]) -> Any:
        leaves = (x.copy() if x.ndim else float(x) for x in point)
        with np.errstate(all="ignore"):
            return self.arguments[function](with_leaves(self.params, leaves))

    def cost(self, point: list[Any]) -> float:
        """The cost alone."""
        value = self._call("cost", point)
        return float(np.squeeze(value if "grad" in self.arguments else value[0]))

    def candidate(self, point: list[Any]) -> dict[str, Any]:
        """The gradients offered, by parameter."""
        if "grad" in self.arguments:
            return returned_gradients(self._call("grad", point), self.params)
        _, *rest = self._call("cost", point)
        return returned_gradients(rest[0] if len(rest) == 1 else tuple(rest), self.params)


def wrong_gradients(arguments: dict[str, Any]) -> set[str]:
    """Names of the parameters whose gradients differ from differences of the cost.

    Raises
    ------
    ValueError
        A gradient is neither clearly right nor clearly wrong: the case itself is no good.
    """
    problem = Problem(arguments)
    candidate = problem.candidate(problem.start)
    step, margin = (1e-2, 1e-4) if problem.single else (1e-4, 1e-7)
    true = {name: _differences(problem.cost, problem.start, k, step) for k, name in enumerate(problem.names)}
    largest = max(float(np.max(np.abs(g))) for g in true.values())
    wrong = set()
    for name, gradient in true.items():
        value = candidate.get(name)
        if value is None or np.shape(value) != gradient.shape or not np.all(np.isfinite(value)):
            wrong.add(name)
            continue
        apart = float(np.max(np.abs(value - gradient)))
        scale = max(float(np.max(np.abs(gradient))), 1e-3 * largest)
        if apart > 1e3 * margin * scale:
            wrong.add(name)
        elif apart > margin * scale:
            raise ValueError(f"{name}: apart by {apart / scale:.1e} of the largest, neither right nor wrong")
    return wrong


def is_a_gradient(arguments: dict[str, Any]) -> bool:
    """Whether the candidate is the gradient of any cost at all: whether its Jacobian is symmetric there."""
    problem = Problem(arguments)

    def field(point: list[Any]) -> Any:
        return np.concatenate([np.ravel(problem.candidate(point)[name]) for name in problem.names])

    rows = [_differences(field, problem.start, k, 1e-4) for k in range(len(problem.start))]
    size = sum(x.size for x in problem.start)
    jacobian = np.concatenate([row.reshape(-1, size) for row in rows])
    return bool(np.max(np.abs(jacobian - jacobian.T)) <= 1e-7 * np.max(np.abs(jacobian)))


def _differences(function: Callable[[list[Any]], Any], start: list[Any], k: int, step: float) -> Any:
    """Central differences by every entry of one leaf, of two step sizes, extrapolated."""
    entries = []
    for index in np.ndindex(start[k].shape):
        fine, coarse = (_slope(function, start, k, index, h) for h in (step, 2 * step))
        entries.append((4 * fine - coarse) / 3)
    return np.reshape(entries, (*start[k].shape, *np.shape(entries[0])))


def _slope(
    function: Callable[[list[Any]], Any], start: list[Any], k: int, index: tuple[int, ...], h: float
) -> Any:
    ahead, behind = [x.copy() for x in start], [x.copy() for x in start]
    ahead[k][index] += h
    behind[k][index] -= h
    return (function(ahead) - function(behind)) / (2 * h)
