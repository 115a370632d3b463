"""Gathering evidence: the traced cost, its derived gradient and the candidate, at random points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.checking.allowances import allow_guards, allow_ties
from gradproof.checking.findings import Findings, Sample, read_call, read_candidate
from gradproof.checking.judging import judge_in_float64, look_closer, set_rounding_aside
from gradproof.checking.points import generic_point
from gradproof.checking.subject import Subject, pair_of
from gradproof.checking.truth import as_scalar, derive_truth, guard_slope, guard_value, narrow_epsilon
from gradproof.errors import TraceError
from gradproof.expr.node import Expr
from gradproof.read import TraceSession

ENTRIES_FOR_POINTS = 300_000
"""Entries compared in all; large problems are compared at fewer points, at one at least."""
NODES_FOR_POINTS = 2000
"""A traced cost of more expressions is compared at one point."""


def gather(subject: Subject, points: int, rng: np.random.Generator) -> Findings:
    """Trace, derive and compare at up to ``points`` random points.

    Raises
    ------
    TraceError
        The cost cannot be followed; evidence has to be numeric.
    """
    findings = Findings(subject, TraceSession())
    entries = sum(np.size(x) for x in subject.start)
    for _ in range(max(1, min(points, ENTRIES_FOR_POINTS // max(entries, 1)))):
        findings.samples.append(_sample(findings, rng))
        if len(findings.last.truth.trace.values) > NODES_FOR_POINTS:
            break
    judge_in_float64(findings)
    set_rounding_aside(findings)
    if any(s in ("unsure", "same") for s in findings.status.values()):
        look_closer(findings, rng)
    if "apart" in findings.status.values():
        allow_ties(findings)
        allow_guards(findings)
        read_candidate(findings)
    return findings


def _sample(findings: Findings, rng: np.random.Generator) -> Sample:
    subject = findings.subject
    seen: dict[str, Any] = {}

    def cost(point: Sequence[Any]) -> float:
        if subject.joint:
            seen["value"], seen["aligned"] = subject.joint_at(point)
        else:
            seen["value"] = subject.cost_at(point)
        return float(seen["value"])

    point = generic_point(subject.start, cost, rng)
    aligned = seen["aligned"] if subject.joint else subject.candidate_at(point)
    trace = read_call(findings, subject.cost, point)
    if subject.joint:
        value, gradients = pair_of(trace.returned)
        trace.returned = (value, gradients)
    if not isinstance(trace.returned[0] if isinstance(trace.returned, tuple) else trace.returned, Expr):
        raise TraceError(
            "the cost does not depend on the parameters",
            fix="check that cost(params) uses the params it is given",
        )
    as_scalar(trace)
    if guard_value(trace, seen["value"]):
        findings.narrow = True
    truth = derive_truth(trace, findings.samples[-1].truth if findings.samples else None)
    return Sample(point, truth, aligned.gradients)


def slope_guard(findings: Findings, rng: np.random.Generator, thorough: bool) -> str:
    """Test the derived gradient on the cost itself along a direction: the disagreement in words, or empty."""
    sample = findings.last
    values = sample.truth.values()
    gradient = [values.get(n, 0.0) for n in findings.subject.names]
    point = [0.0 if x is None else x for x in sample.point]
    epsilon = narrow_epsilon(sample.truth.trace) if findings.narrow else 0.0
    guard = guard_slope(findings.subject.cost_at, point, gradient, rng, thorough, epsilon)
    if guard.agrees:
        return ""
    return (
        f"the cost itself changes by {guard.slope:.9g} along a random direction, the derived gradient says "
        f"{guard.derived:.9g} (error bound {guard.error:.1g})"
    )
