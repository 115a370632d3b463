"""The derived gradient of a traced cost, and the guards that make it trustworthy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.calculus.differentiate import cotangents
from gradproof.errors import InputError, TraceError
from gradproof.expr.broadcast import sum_over
from gradproof.expr.evaluate import extend
from gradproof.expr.node import Expr
from gradproof.expr.product import zeros
from gradproof.read.trace import Trace

EPS = float(np.finfo(np.float64).eps)
NARROW = " is traced as float64"
NARROW_STEPS = 500
"""Roundings, in units of the narrow type, by which a cost may differ from its trace in float64."""


@dataclass(slots=True)
class Truth:
    """The derivative of one traced cost.

    Attributes
    ----------
    trace : the traced call
    cotangents : ∂cost/∂node for every node that depends on the parameters
    gradients : the gradient expression by parameter path
    table : values of expressions at the traced point, extended on demand
    """

    trace: Trace
    cotangents: dict[Expr, Expr]
    gradients: dict[str, Expr]
    table: dict[Expr, Any]

    def values(self) -> dict[str, Any]:
        """Numeric gradient by parameter path at the traced point."""
        extend(self.table, self.gradients.values(), zero_wins=True)
        return {name: self.table[g] for name, g in self.gradients.items()}


def as_scalar(trace: Trace) -> None:
    """Take a cost of shape (1,) or (1, 1) for the number it is.

    Raises
    ------
    InputError
        The cost has more than one entry.
    """
    cost = trace.cost
    if cost.shape == ():
        return
    if any(s != 1 for s in cost.shape):
        raise InputError(f"the cost is an array of shape {cost.shape}; a gradient needs one number",
                         fix="sum or average it: `return np.sum(losses)`")
    number = sum_over(cost)
    trace.values[number] = np.float64(np.asarray(trace.values[cost], dtype=float).reshape(()))
    trace.returned = (number, *trace.returned[1:]) if isinstance(trace.returned, tuple | list) else number


def derive_truth(trace: Trace, previous: Truth | None = None) -> Truth:
    """Differentiate a traced cost by its parameters.

    ``previous`` is a truth of the same function at another point; where the traced expression is the same
    one, its derivative is reused.
    """
    cost = trace.cost
    if previous is not None and previous.trace.cost is cost and previous.trace.parameters == trace.parameters:
        return Truth(trace, previous.cotangents, previous.gradients, dict(trace.values))
    parameters = list(trace.parameters.values())
    table = cotangents(cost, parameters)
    gradients = {name: table.get(p, zeros(p.shape)) for name, p in trace.parameters.items()}
    return Truth(trace, table, gradients, dict(trace.values))


@dataclass(slots=True)
class Guard:
    """Outcome of the directional test: slope of the user's own cost against the derived gradient."""

    agrees: bool
    slope: float
    derived: float
    error: float


def narrow_epsilon(trace: Trace) -> float:
    """Unit roundoff of the narrowest type that the traced code rounds to; 0 where it keeps to float64.

    A trace follows casts to narrower floats as identities, and notes them.
    """
    seen = [note.removesuffix(NARROW).split()[-1] for note in trace.notes if note.endswith(NARROW)]
    found = [float(np.finfo(name).eps) for name in seen if name in ("float16", "float32")]
    return max(found, default=0.0)


def guard_value(trace: Trace, own: float) -> bool:
    """Hold the traced value to the value the user's cost returns; return whether narrow rounding parts them.

    Raises
    ------
    TraceError
        They differ by more: something was lost in the trace.
    """
    traced = float(np.reshape(np.asarray(trace.values[trace.cost], dtype=float), ()))
    gap, size = abs(traced - own), max(1.0, abs(own))
    if 1e-9 * size < gap <= NARROW_STEPS * narrow_epsilon(trace) * size:
        return True
    if not gap <= 1e-9 * size and not (np.isnan(traced) and np.isnan(own)):
        raise TraceError(
            f"the traced cost is {traced!r}, the cost itself returned {own!r}",
            fix="look for state that changes between calls (files, counters, caches)",
        )
    return False


def guard_slope(
    cost: Callable[[Sequence[Any]], float],
    point: Sequence[Any],
    gradient: Sequence[Any],
    rng: np.random.Generator,
    thorough: bool = True,
    epsilon: float = 0.0,
) -> Guard:
    """Compare ⟨gradient, u⟩ with central differences of the user's own cost along random directions u.

    Two step sizes give the difference quotient and an estimate of its error (Richardson); a direction that
    crosses a kink is tried again with a smaller step, so a derivative that is right is not refused.
    ``epsilon`` is the unit roundoff of a narrower type that the cost rounds to: it takes larger steps.
    """
    guard = Guard(False, float("nan"), float("nan"), float("inf"))
    steps = (1e-4, 1e-6, 1e-5, 3e-7) if thorough else (1e-6, 1e-5, 3e-7)
    for h in (3e-2, 1e-2, 1e-1, 3e-3) if epsilon else steps:
        direction = [_direction(x, rng) for x in point]
        derived = sum(float(np.sum(np.asarray(g) * u)) for g, u in zip(gradient, direction, strict=True))
        size = sum(float(np.sum(np.abs(g) * np.abs(u))) for g, u in zip(gradient, direction, strict=True))
        slope, error = _slope(cost, point, direction, h, thorough or bool(epsilon), max(EPS, epsilon))
        bound = 10 * error + 1e-7 * size
        guard = Guard(bool(abs(slope - derived) <= bound), slope, derived, bound)
        if guard.agrees and error <= 1e-2 * max(size, 1e-300):
            return guard
    return guard


def _direction(leaf: Any, rng: np.random.Generator) -> Any:
    """A random direction in units of the leaf's own size."""
    array = np.asarray(leaf, dtype=float)
    typical = float(np.sqrt(np.mean(array * array))) if array.size else 1.0
    return rng.standard_normal(array.shape) * (typical or 1.0)


def _slope(
    cost: Callable[[Sequence[Any]], float],
    point: Sequence[Any],
    direction: Sequence[Any],
    h: float,
    twice: bool,
    epsilon: float = EPS,
) -> tuple[float, float]:
    def at(t: float) -> float:
        return cost([_shifted(x, t, u) for x, u in zip(point, direction, strict=True)])

    ahead, behind = at(h), at(-h)
    fine = (ahead - behind) / (2 * h)
    rounding = 4 * epsilon * max(abs(ahead), abs(behind)) / h
    if not twice:
        return fine, rounding + 1e-5 * abs(fine)
    coarse = (at(2 * h) - at(-2 * h)) / (4 * h)
    return (4 * fine - coarse) / 3, abs(fine - coarse) / 3 + rounding


def _shifted(leaf: Any, t: float, u: Any) -> Any:
    moved = np.asarray(leaf, dtype=float) + t * u
    return moved if isinstance(leaf, np.ndarray) else float(moved)
