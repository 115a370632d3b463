"""Telling two gradients apart, or not: at float64 rounding, and beyond it in extended precision.

A difference that is rounding shrinks 2048-fold when the same expressions are evaluated with 64 instead of
53 bits of significand; a difference that is a mistake stays. So no tolerance has to be guessed, and a
missing λ/m·W is seen at λ = 1e-12.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import Expr, iterate_postorder, postorder
from gradproof.expr.product import PRODUCT, specs_of

EPS = float(np.finfo(np.float64).eps)
EPS_32 = float(np.finfo(np.float32).eps)
SAME = 8e-15
"""Largest difference, relative to the largest entry, that counts as rounding without a closer look."""
APART = 1e-6
"""Relative difference above which no rounding can be the cause."""
FLOAT64_ONLY = frozenset(
    {
        "inv", "det", "logdet", "signdet", "solve", "cholesky", "eigenvalues_symmetric",
        "eigenvectors_symmetric", "erf", "gammaln", "polygamma",
    }
)
EXTENDED = np.finfo(np.longdouble).eps < EPS
WORK_LIMIT = 2e7


@dataclass(frozen=True, slots=True)
class Difference:
    """Largest difference of two arrays, in absolute terms and relative to the largest true entry."""

    absolute: float
    scale: float

    @property
    def relative(self) -> float:
        """The difference divided by the largest true entry; infinite where all of those are 0."""
        if self.absolute == 0:
            return 0.0
        return self.absolute / self.scale if self.scale > 0 else float("inf")


def difference(candidate: Any, truth: Any) -> Difference:
    """How far a candidate gradient is from the derived one; NaN counts as infinitely far."""
    c, t = np.asarray(candidate), np.asarray(truth)
    if c.size == 0:
        return Difference(0.0, 1.0)
    with np.errstate(all="ignore"):
        gap = magnitude(c - t)
    scale = magnitude(t)
    return Difference(gap if np.isfinite(gap) else float("inf"), scale if np.isfinite(scale) else 0.0)


def magnitude(array: Any) -> float:
    """Largest absolute entry, without a temporary array; NaN if there is one."""
    values = np.asarray(array)
    if values.size == 0:
        return 0.0
    if values.dtype.kind == "b":
        return float(values.any())
    return float(np.maximum(values.max(), -values.min()))


def work(roots: Iterable[Expr]) -> float:
    """Number of multiplications an evaluation takes, roughly."""
    total = 0.0
    for node in postorder(*roots):
        if node.op is PRODUCT:
            total += prod(float(s) for s in specs_of(node)[2])
        else:
            total += prod(float(s) for s in node.shape)
    return total


def can_extend(roots: Sequence[Expr], limit: float = WORK_LIMIT) -> bool:
    """Whether the expressions can be evaluated in extended precision at moderate cost."""
    if not EXTENDED or any(n.op.name in FLOAT64_ONLY for n in postorder(*roots)):
        return False
    return work(roots) <= limit


def extended_values(roots: Sequence[Expr], inputs: Mapping[Expr, Any]) -> list[Any]:
    """Values of expressions in extended precision from the values of their symbols."""
    return evaluate(roots, promoted(inputs), np.longdouble)


def promoted(inputs: Mapping[Expr, Any]) -> dict[Expr, Any]:
    """Floating inputs widened to extended precision; integers and booleans as they are."""
    return {k: _wide(v) for k, v in inputs.items()}


def _wide(value: Any) -> Any:
    array = np.asarray(value)
    return array.astype(np.longdouble) if array.dtype.kind == "f" else value


def is_rounding(wide: Difference, double: Difference) -> bool:
    """Whether a difference seen in float64 vanished with the precision.

    Constants that the user's code rounded to float64 before they met an array (``1 / m``) leave a few
    float64 ulps also in wide arithmetic; a mistake keeps its size.
    """
    if wide.relative <= 8 * EPS:
        return True
    return double.absolute > 0 and wide.absolute <= double.absolute / 64 and wide.relative <= APART


def is_narrow_number(value: Any) -> bool:
    """Whether a number was rounded to float32 once: it fits there, and needs the whole significand."""
    wide = float(np.asarray(value, dtype=float).reshape(()))
    if not np.isfinite(wide) or float(np.float32(wide)) != wide:
        return False
    return not (float(np.frexp(wide)[0]) * 2**16).is_integer()


def noise(roots: Sequence[Expr], inputs: Mapping[Expr, Any], rng: np.random.Generator) -> list[float]:
    """Rounding noise of expressions, per root: how far they move when every operation is rounded at random.

    Random rounding samples the error of a computation with its conditioning (CESTAC; Vignes, A stochastic
    arithmetic for reliable scientific computation, 1993).
    """
    base = evaluate(roots, inputs)
    worst = [0.0] * len(roots)
    for _ in range(3):
        table = {k: _shaken(v, rng) for k, v in inputs.items()}
        for node in iterate_postorder(list(roots), set(table)):
            with np.errstate(all="ignore"):
                value = node.op.value(node.attrs, np.float64, *[table[a] for a in node.args])
                table[node] = _shaken(value, rng)
        for k, (root, b) in enumerate(zip(roots, base, strict=True)):
            worst[k] = max(worst[k], difference(table[root], b).absolute)
    return worst


def _shaken(value: Any, rng: np.random.Generator) -> Any:
    array = np.asarray(value)
    if array.dtype.kind != "f":
        return value
    return array * (1 + EPS * rng.choice([-1.0, 1.0], size=array.shape))
