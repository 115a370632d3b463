"""A verdict by numeric evidence, for costs that cannot be traced."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.checking.align import MISSING
from gradproof.checking.numeric import EPS, FLOOR, TIME_LIMIT, cost_noise, judge, numeric_gradient
from gradproof.checking.points import generic_point
from gradproof.checking.report import (
    CORRECT,
    INCONCLUSIVE,
    WRONG,
    Diagnosis,
    Evidence,
    ParameterReport,
    Report,
)
from gradproof.checking.spans import return_span
from gradproof.checking.subject import Subject

COARSE = 1e4
"""Rounding of the cost, in units of float64's, from which differences take larger steps."""


def check_numerically(subject: Subject, rng: np.random.Generator, reason: str) -> Report:
    """Compare the candidate with differences of the cost; ``reason`` says why it was not derived."""
    point = generic_point(subject.start, subject.cost_at, rng)
    first, second = subject.cost_at(point), subject.cost_at(point)
    evidence = Evidence(
        "numeric", 1, 0.0, "float64", [*subject.notes, f"the gradient was not derived: {reason}"]
    )
    if first != second:
        text = f"the cost is random: {first!r} and {second!r} for the same parameters"
        parameters = {n: ParameterReport(n, INCONCLUSIVE, float("nan"), [], text) for n in subject.names}
        return Report(
            INCONCLUSIVE,
            parameters,
            evidence,
            first,
            reason=text + "; fix its random numbers (a seed inside the cost) to get a verdict",
        )
    aligned = subject.candidate_at(point)
    noise = cost_noise(subject.cost_at, point, rng)
    if noise < COARSE * EPS * max(abs(first), 1e-3):
        noise = 0.0
    else:
        evidence.notes.append(f"the cost is rounded coarsely, to about {noise:.1g}; differences allow for it")
    parameters = {}
    budget = TIME_LIMIT / max(len(subject.names), 1)
    for k, name in enumerate(subject.names):
        parameters[name] = _judge_one(
            subject, point, k, name, aligned.gradients.get(name, MISSING), rng, budget, noise
        )
        evidence.bound = max(evidence.bound, FLOOR)
    for diagnosis in (d for p in parameters.values() for d in p.diagnoses):
        diagnosis.span = return_span(subject.candidate)
    verdicts = [p.verdict for p in parameters.values()]
    verdict = WRONG if WRONG in verdicts else INCONCLUSIVE if INCONCLUSIVE in verdicts else CORRECT
    return Report(
        verdict,
        parameters,
        evidence,
        first,
        reason="numeric evidence could not settle it" if verdict == INCONCLUSIVE else "",
    )


def _judge_one(
    subject: Subject,
    point: list[Any],
    k: int,
    name: str,
    value: object,
    rng: np.random.Generator,
    budget: float,
    noise: float,
) -> ParameterReport:
    if value is MISSING or value is None:
        return ParameterReport(name, WRONG, float("inf"), [missing_parameter(name)])
    candidate = np.asarray(value, dtype=float)
    if not np.all(np.isfinite(candidate)):
        return ParameterReport(name, WRONG, float("inf"), [not_a_number(name, candidate)])
    expected = np.shape(point[k])
    if candidate.shape != expected and not (candidate.size == 1 == np.size(point[k])):
        return ParameterReport(name, WRONG, float("inf"), [wrong_shape(name, candidate.shape, expected)])
    found = numeric_gradient(subject.cost_at, point, k, rng, budget, noise)
    state, relative, bound = judge(candidate.reshape(expected), found)
    if state == "apart":
        text = (
            f"the gradient by {name} differs from differences of the cost by {relative:.2g} of its "
            "largest entry"
        )
        return ParameterReport(name, WRONG, relative, [Diagnosis("unexplained", text, variable=name)])
    if state == "unsure":
        text = f"differences of the cost are uncertain here (error bound {bound:.1g})"
        return ParameterReport(name, INCONCLUSIVE, relative, [], text)
    return ParameterReport(name, CORRECT, relative)


def missing_parameter(name: str) -> Diagnosis:
    """The candidate returned nothing for a parameter."""
    return Diagnosis(
        "missing-parameter",
        f"no gradient was returned for {name}",
        variable=name,
        meaning=f"{name} would not be trained",
        fix=f'return it as "d{name}" (or "{name}")',
    )


def wrong_shape(name: str, found: tuple[int, ...], expected: tuple[int, ...]) -> Diagnosis:
    """The gradient has another shape than its parameter."""
    return Diagnosis(
        "wrong-shape",
        f"the gradient by {name} has shape {found}, {name} has shape {expected}",
        variable=name,
        found=str(found),
        expected=str(expected),
        meaning="a gradient has the shape of its parameter; NumPy would broadcast the update or fail",
        fix="keep the axes of the parameter (keepdims=True), or transpose",
    )


def not_a_number(name: str, candidate: object) -> Diagnosis:
    """The gradient holds NaN or infinity."""
    array = np.atleast_1d(np.asarray(candidate, dtype=float))
    place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    return Diagnosis(
        "not-a-number",
        f"the gradient by {name} is {array[place]} at {list(place)}",
        variable=name,
        indices=[place],
        meaning="the cost is finite there, so a finite gradient exists",
        fix="look for log(0), 0/0 or overflow in exp on the way to it",
    )
