"""Numeric evidence, where the cost cannot be traced: differences of the cost with an estimated error.

Central differences at two steps give a value and an error estimate (Richardson extrapolation); a step
fitted to float64 keeps both truncation and rounding in view. Small problems are differenced entry by
entry; large ones along random directions, one parameter at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

EPS = float(np.finfo(np.float64).eps)
STEPS = (1e-3, 1e-4, 1e-5)
COARSE_STEPS = (1e-1, 3e-2, 1e-2, *STEPS)
TIME_LIMIT = 20.0
DIRECTIONS = 4
FLOOR = 1e-6
"""Relative difference that differences of a cost never tell apart."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A directional derivative with the bound of its error."""

    value: float
    error: float


def cost_noise(
    cost: Callable[[Sequence[Any]], float], point: Sequence[Any], rng: np.random.Generator
) -> float:
    """Size of the rounding in a cost: what is left of its third differences over tiny steps.

    A smooth function has none at that scale (Moré and Wild, Estimating computational noise, 2011). A cost
    that rounds to float32 on the way shows it here.
    """
    directions = {
        k: rng.standard_normal(np.shape(x)) * np.maximum(np.abs(x), 1e-3)
        for k, x in enumerate(point)
        if x is not None
    }

    def at(t: float) -> float:
        moved = list(point)
        for k, u in directions.items():
            moved[k] = point[k] + t * u if np.ndim(point[k]) else float(point[k] + t * u)
        return cost(moved)

    values = np.array([at(k * 1e-7) for k in range(8)])
    return float(np.max(np.abs(np.diff(values, 3)))) / 4


def slope(along: Callable[[float], float], size: float, noise: float = 0.0) -> Slope:
    """Derivative of ``along`` at 0, with the smallest error estimate over a few steps.

    ``size`` is the typical size of what is moved, so that steps are relative; ``noise`` is the rounding of
    ``along`` where it is coarser than that of float64.
    """
    best = Slope(float("nan"), float("inf"))
    for relative in STEPS if noise == 0.0 else COARSE_STEPS:
        h = relative * (size or 1.0)
        ahead, behind = along(h), along(-h)
        fine = (ahead - behind) / (2 * h)
        coarse = (along(2 * h) - along(-2 * h)) / (4 * h)
        rounding = max(8 * EPS * max(abs(ahead), abs(behind)), 2 * noise) / h
        error = abs(fine - coarse) / 3 + rounding
        if np.isfinite(error) and error < best.error:
            best = Slope((4 * fine - coarse) / 3, error)
    return best


@dataclass(slots=True)
class NumericGradient:
    """Differences for one parameter.

    ``entries`` has an array of slopes where every entry was differenced; otherwise ``directions`` pairs
    random directions with slopes.
    """

    entries: Any | None
    errors: Any | None
    directions: list[tuple[Any, Slope]]


def numeric_gradient(
    cost: Callable[[Sequence[Any]], float],
    point: Sequence[Any],
    index: int,
    rng: np.random.Generator,
    budget: float,
    noise: float = 0.0,
) -> NumericGradient:
    """Differences by the leaf ``index`` of ``point``.

    Every entry is differenced where ``budget`` seconds are enough for that, otherwise a few random
    directions; ``noise`` as for :func:`slope`.
    """
    leaf = np.asarray(point[index], dtype=float)
    typical = float(np.sqrt(np.mean(leaf * leaf))) or 1.0

    def along(direction: Any) -> Callable[[float], float]:
        def at(t: float) -> float:
            moved = leaf + t * direction
            return cost([moved if k == index and np.ndim(x) else float(moved) if k == index else x
                         for k, x in enumerate(point)])

        return at

    started = time.perf_counter()
    along(np.zeros(leaf.shape))(0.0)
    each = 12 * max(time.perf_counter() - started, 1e-6)
    if each * leaf.size <= budget:
        values, errors = np.empty(leaf.size), np.empty(leaf.size)
        for k in range(leaf.size):
            unit = np.zeros(leaf.size)
            unit[k] = 1.0
            found = slope(along(unit.reshape(leaf.shape)), typical, noise)
            values[k], errors[k] = found.value, found.error
        return NumericGradient(values.reshape(leaf.shape), errors.reshape(leaf.shape), [])
    directions = []
    for _ in range(DIRECTIONS):
        u = rng.standard_normal(leaf.shape)
        directions.append((u, slope(along(u), typical / np.sqrt(leaf.size), noise)))
    return NumericGradient(None, None, directions)


def judge(candidate: Any, found: NumericGradient) -> tuple[str, float, float]:
    """``same``, ``apart`` or ``unsure`` with the relative difference and the bound it was judged by."""
    c = np.asarray(candidate, dtype=float)
    if found.entries is not None and found.errors is not None:
        scale = float(np.max(np.abs(found.entries))) or float(np.max(np.abs(c))) or 1.0
        gap = np.abs(c - found.entries)
        bound = 20 * found.errors + FLOOR * scale
        clear = gap > 5 * bound
        trusted = found.errors < 1e-4 * scale
        if np.any(clear & trusted):
            return "apart", float(np.max(gap[trusted & clear])) / scale, float(np.max(bound)) / scale
        if np.all(trusted & (gap <= bound)):
            return "same", float(np.max(gap)) / scale, float(np.max(bound)) / scale
        return "unsure", float(np.max(gap)) / scale, float(np.max(bound)) / scale
    states, relative, bounds = [], 0.0, 0.0
    for u, s in found.directions:
        own = float(np.sum(c * u))
        scale = max(float(np.linalg.norm(c)), abs(s.value), 1e-300)
        gap, bound = abs(own - s.value), 20 * s.error + FLOOR * scale
        relative, bounds = max(relative, gap / scale), max(bounds, bound / scale)
        trusted = bound < 1e-3 * scale
        states.append("apart" if gap > 5 * bound else "same" if trusted and gap <= bound else "unsure")
    if states.count("apart") >= len(states) - 1:
        return "apart", relative, bounds
    return ("same" if all(s == "same" for s in states) else "unsure"), relative, bounds
