"""What is checked: a cost, a candidate, parameters; and calls of them at points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.checking.align import MISSING, Aligned, align
from gradproof.checking.run import Caller, scalar_cost
from gradproof.errors import InputError
from gradproof.read.structure import is_leaf, leaves


@dataclass(slots=True)
class Subject:
    """One cost with one candidate.

    Attributes
    ----------
    cost : ``params -> cost``; for a joint function the same as ``candidate``
    candidate : ``params -> gradients``, or ``params -> (cost, gradients)`` where ``joint``
    names : leaf paths of the parameters
    start : the user's leaves, floating leaves in float64
    """

    cost: Callable[[Any], Any]
    candidate: Callable[[Any], Any]
    structure: Any
    joint: bool
    names: list[str]
    start: list[Any]
    caller: Caller
    notes: list[str]

    def cost_at(self, point: Sequence[Any]) -> float:
        """The user's own cost at a point."""
        result = self.caller(self.cost, point)
        return scalar_cost(pair_of(result)[0] if self.joint else result)

    def candidate_at(self, point: Sequence[Any]) -> Aligned:
        """The candidate's gradients at a point, by parameter path."""
        result = self.caller(self.candidate, point)
        return align(pair_of(result)[1] if self.joint else result, self.structure)

    def joint_at(self, point: Sequence[Any]) -> tuple[float, Aligned]:
        """Cost and gradients at a point; one call where the function returns both."""
        if not self.joint:
            return self.cost_at(point), self.candidate_at(point)
        value, gradients = pair_of(self.caller(self.candidate, point))
        return scalar_cost(value), align(gradients, self.structure)


def make_subject(
    cost: Callable[[Any], Any], candidate: Callable[[Any], Any] | None, params: Any
) -> Subject:
    """Validate the arguments of a check.

    Raises
    ------
    InputError
        A function is not callable, or the parameters hold something that is not a finite number.
    """
    if not callable(cost):
        raise InputError(f"the cost is a {type(cost).__name__}, not a function",
                         fix="gradproof.check(cost, grad, params) with cost(params) -> number")
    if candidate is not None and not callable(candidate):
        raise InputError(f"the gradient is a {type(candidate).__name__}, not a function",
                         fix="pass the function that computes it: grad(params) -> gradients")
    if params is None:
        raise InputError("no parameters were given", fix="gradproof.check(cost, grad, params)")
    notes: list[str] = []
    names, start = [], []
    for name, leaf in leaves(params):
        names.append(name)
        start.append(_usable(name, leaf, notes))
    if not names:
        raise InputError("the parameters hold no arrays", fix="pass a dict, list, tuple or array of numbers")
    return Subject(cost, candidate or cost, params, candidate is None, names, start, Caller(params), notes)


def _usable(name: str, leaf: Any, notes: list[str]) -> Any:
    if leaf is None:
        return None
    if not is_leaf(leaf):
        raise InputError(f"the parameter {name} is a {type(leaf).__name__}", fix="pass arrays of numbers")
    array = np.asarray(leaf)
    if array.dtype.kind == "c":
        raise InputError(
            f"the parameter {name} is complex", fix="pass its real and imaginary parts as two parameters"
        )
    if array.dtype.kind not in "fiu":
        raise InputError(f"the parameter {name} has dtype {array.dtype}", fix="pass floating-point numbers")
    if array.size == 0:
        raise InputError(
            f"the parameter {name} is empty, of shape {array.shape}", fix="pass at least one number"
        )
    if array.dtype.kind == "f" and not np.all(np.isfinite(array)):
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(np.atleast_1d(array)))[0])
        raise InputError(f"the parameter {name} is {np.atleast_1d(array)[place]} at {place}",
                         fix="pass finite parameters")
    if array.dtype.kind in "iu" and array.ndim:
        notes.append(f"{name} holds integers; it was checked as float64")
    elif array.dtype.kind == "f" and array.dtype.itemsize < 8:
        notes.append(f"{name} is {array.dtype}; it was checked in float64")
    wide = array.astype(np.float64)
    return wide if isinstance(leaf, np.ndarray) else float(wide)


def pair_of(result: Any) -> tuple[Any, Any]:
    """Cost and gradients of a joint function's result: (cost, grads), (grads, cost), (cost, g1, g2, ...)."""
    if not isinstance(result, tuple | list) or len(result) < 2:
        raise InputError(
            f"the function returned {type(result).__name__}, not (cost, gradients)",
            fix="pass the gradient as a second function: gradproof.check(cost, grad, params)",
        )
    first, second = result[0], result[1]
    if len(result) == 2:
        if _looks_scalar(second) and not _looks_scalar(first):
            return second, first
        return first, second
    return first, list(result[1:])


def _looks_scalar(value: Any) -> bool:
    shape = getattr(value, "shape", None)
    if shape is not None:
        return all(s == 1 for s in shape)
    return isinstance(value, int | float)


__all__ = ["MISSING", "Subject", "make_subject", "pair_of"]
