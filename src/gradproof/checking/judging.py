"""Same or apart: judged in float64 first, then in extended precision or against the rounding noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.checking.align import MISSING
from gradproof.checking.compare import (
    APART,
    EPS_32,
    SAME,
    can_extend,
    difference,
    extended_values,
    is_narrow_number,
    is_rounding,
    magnitude,
    noise,
)
from gradproof.checking.findings import NARROW_EFFECT, Findings, read_candidate
from gradproof.checking.truth import narrow_epsilon
from gradproof.errors import TraceError
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import symbols

CANCELLATION = 0.05
"""A gradient that is mostly cancellation is judged against this share of the whole gradient."""
NOTHING = 1e-12
"""A difference of this share of the whole gradient may be rounding where a gradient vanishes: look closer."""


def judge_in_float64(findings: Findings) -> None:
    """The status of every parameter from the values that NumPy computed, the worst over all points."""
    order = ("missing", "nan", "shape", "apart", "unsure", "same")
    for sample in findings.samples:
        values = sample.truth.values()
        whole = max((magnitude(v) for v in values.values()), default=0.0)
        for name in findings.subject.names:
            state = _state(findings, name, sample.candidate.get(name, MISSING), values.get(name), whole)
            findings.status[name] = min(findings.status.get(name, "same"), state, key=order.index)


def _state(findings: Findings, name: str, value: Any, truth: Any, whole: float) -> str:
    """How a candidate's gradient stands to the derived one; ``whole`` is the size of the whole gradient."""
    if truth is None:
        return "same"  # a parameter that is None has no gradient
    if not np.isfinite(magnitude(truth)):
        raise TraceError(
            f"the derived gradient by {name} is not finite at a random point",
            fix="move the parameters away from log(0), sqrt(0) or a division by zero",
        )
    unusable, array = _usable(value, truth)
    if unusable:
        return unusable
    gap = difference(array, truth)
    relative = gap.relative
    if gap.absolute <= CANCELLATION * whole * SAME:
        relative = min(relative, SAME)
    findings.errors[name] = max(findings.errors.get(name, 0.0), relative)
    if relative <= SAME:
        return "same"
    return "apart" if relative > APART and gap.absolute > NOTHING * whole else "unsure"


def _usable(value: Any, truth: Any) -> tuple[str, Any]:
    """What makes a returned gradient unusable, and the gradient as an array of the shape it must have."""
    if value is MISSING or value is None:
        return "missing", None
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return "nan", None
    if not np.isfinite(magnitude(array)):
        return "nan", None
    if array.shape == np.shape(truth):
        return "", array
    if array.size == np.size(truth) == 1:
        return "", array.reshape(np.shape(truth))
    return "shape", None


def set_rounding_aside(findings: Findings) -> None:
    """Where the code rounds to float32, small differences are settled on the traced candidate in float64."""
    small = [
        n
        for n, s in findings.status.items()
        if s in ("apart", "unsure") and findings.errors[n] <= NARROW_EFFECT
    ]
    if not small or not read_candidate(findings):
        return
    trace = findings.candidate_trace
    if not narrow_epsilon(findings.last.truth.trace) and (trace is None or not narrow_epsilon(trace)):
        return
    findings.narrow = True
    findings.notes.append(
        "the code rounds to float32 on the way; cost and candidate were compared as traced, in "
        "float64, casts ignored"
    )
    values = findings.last.truth.values()
    whole = max((magnitude(v) for v in values.values()), default=0.0)
    for name in small:
        findings.errors.pop(name)
        findings.status[name] = _state(findings, name, _traced_value(findings, name), values[name], whole)


def _traced_value(findings: Findings, name: str) -> Any:
    """The candidate's gradient at the last point; as traced, where the code rounds on the way."""
    trace, expr = findings.candidate_trace, findings.expressions.get(name)
    if not findings.narrow or trace is None or expr is None:
        return findings.last.candidate[name]
    return trace.values[expr] if expr in trace.values else evaluate([expr], findings.inputs())[0]


def look_closer(findings: Findings, rng: np.random.Generator) -> None:
    """Settle what float64 cannot: in extended precision, or against the estimated rounding noise."""
    open_names = [n for n, s in findings.status.items() if s in ("unsure", "same")]
    unsure = [n for n in open_names if findings.status[n] == "unsure"]
    truth = findings.last.truth
    roots = [truth.gradients[n] for n in open_names if n in truth.gradients]
    if not unsure and not can_extend(roots, limit=2e6):
        return
    known = can_extend(roots) and read_candidate(findings)
    names = [n for n in open_names if n in findings.expressions and n in truth.gradients]
    if known and can_extend(
        [*(truth.gradients[n] for n in names), *(findings.expressions[n] for n in names)]
    ):
        _compare_wide(findings, names)
    elif unsure:
        _compare_with_noise(findings, unsure, rng)


def _compare_wide(findings: Findings, names: list[str]) -> None:
    truth = findings.last.truth
    values = extended_values(
        [*(truth.gradients[n] for n in names), *(findings.expressions[n] for n in names)], findings.inputs()
    )
    double = truth.values()
    whole = max(magnitude(v) for v in double.values())
    rounded = _constants_rounding(findings)
    for k, name in enumerate(names):
        t, c = values[k], values[len(names) + k]
        wide = difference(np.reshape(c, np.shape(t)), t)
        own = np.asarray(_traced_value(findings, name), dtype=float)
        gap = difference(np.reshape(own, np.shape(t)), double[name])
        vanish = _vanishes(t, double[name]) and _vanishes(c, own)
        settled = (
            vanish or is_rounding(wide, gap) or wide.absolute <= 1e-17 * whole or wide.relative <= rounded
        )
        findings.status[name] = "same" if settled else "apart"
        findings.errors[name] = (
            wide.relative if not settled else min(findings.errors.get(name, 0.0), gap.relative)
        )
    findings.precision = "extended precision"
    findings.bound = 2e-15


def _vanishes(wide: Any, double: Any) -> bool:
    """Whether a gradient is 0 but for rounding, as that by a bias ahead of a normalisation."""
    return magnitude(np.abs(wide)) <= magnitude(np.abs(double)) / 64


def _constants_rounding(findings: Findings) -> float:
    """Relative difference that constants make which one side took rounded to float32; else 0."""
    if not findings.narrow:
        return 0.0
    inputs = findings.inputs()
    sides = (symbols(findings.last.truth.trace.cost), symbols(*findings.expressions.values()))
    only = set(sides[0]) ^ set(sides[1])
    return 8 * EPS_32 if any(not s.ndim and is_narrow_number(inputs[s]) for s in only if s in inputs) else 0.0


def _compare_with_noise(findings: Findings, names: list[str], rng: np.random.Generator) -> None:
    truth = findings.last.truth
    inputs = truth.trace.inputs
    present = [n for n in names if n in truth.gradients]
    levels = noise([truth.gradients[n] for n in present], inputs, rng)
    for name, level in zip(present, levels, strict=True):
        gap = difference(np.asarray(_traced_value(findings, name), dtype=float), truth.values()[name])
        allowed = 64 * level + 64 * np.finfo(float).eps * gap.scale
        findings.status[name] = "same" if gap.absolute <= allowed else "apart"
        findings.bound = max(findings.bound, allowed / gap.scale if gap.scale else 0.0)
    findings.notes.append("rounding was estimated by moving every input by an ulp")
