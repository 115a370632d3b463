"""A place for every diagnosis, and what is right about a gradient of the wrong shape."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from gradproof.checking.compare import difference
from gradproof.checking.findings import Findings, Sample, read_candidate
from gradproof.checking.report import Diagnosis, Report
from gradproof.checking.spans import gradient_span, return_span

ALIKE = 1e-9


def place(findings: Findings, report: Report) -> None:
    """Give every diagnosis without a line that of the gradient it is about, or else of the ``return``."""
    for parameter in report:
        for diagnosis in parameter.diagnoses:
            if diagnosis.code == "wrong-shape":
                _compare_values(findings, parameter.name, diagnosis)
            if diagnosis.span is None:
                _locate(findings, parameter.name, diagnosis)


def _locate(findings: Findings, name: str, diagnosis: Diagnosis) -> None:
    if read_candidate(findings) and name in findings.expressions and findings.candidate_trace is not None:
        diagnosis.span = gradient_span(findings.candidate_trace, findings.expressions[name], name)
    if diagnosis.span is None:
        diagnosis.span = return_span(findings.subject.candidate)


def _compare_values(findings: Findings, name: str, diagnosis: Diagnosis) -> None:
    """Say what the candidate's values have to do with the right gradient, at every point, if anything."""
    told = {_remark(s, name) for s in findings.samples}
    if len(told) == 1 and (remark := told.pop()) is not None:
        message, diagnosis.fix = remark
        diagnosis.message = f"{diagnosis.message}: {message}"


def _remark(sample: Sample, name: str) -> tuple[str, str] | None:
    found, truth = np.asarray(sample.candidate[name], dtype=float), sample.truth.values()
    for other, right in truth.items():
        if other != name and np.shape(right) == found.shape and _alike(found, right):
            return f"it is the right gradient by {other}", f"return it in the place of {other}"
    return shape_remark(found, np.asarray(truth[name]))


def shape_remark(found: Any, right: Any) -> tuple[str, str] | None:
    """How the values of a gradient of the wrong shape differ from the right ones, and what to do; or None."""
    if found.ndim == 2 and found.shape == right.shape[::-1] and _alike(found.T, right):
        return "it is the transpose of the right gradient", "transpose it"
    if found.size == right.size and _alike(found.reshape(right.shape), right):
        mend = f"keep the axes: keepdims=True, or reshape to {right.shape}"
        return "its values are right, its axes are not", mend
    if found.ndim and found.size == right.size and _alike(found.T.reshape(right.shape), right):
        return "it is the transpose of the right gradient", "transpose it"
    for axes in (a for k in range(1, found.ndim + 1) for a in combinations(range(found.ndim), k)):
        summed = found.sum(axis=axes)
        if summed.size == right.size and _alike(summed.reshape(right.shape), right):
            return f"it was not summed over {_axes(axes)}", f"sum it: np.sum(..., axis={_code(axes)})"
    for axes in (a for k in range(1, right.ndim + 1) for a in combinations(range(right.ndim), k)):
        summed = right.sum(axis=axes)
        if summed.size == found.size and _alike(found.reshape(summed.shape), summed):
            return f"it is the right gradient summed over {_axes(axes)}", f"do not sum over {_axes(axes)}"
    return None


def _alike(found: Any, right: Any) -> bool:
    return difference(found, right).relative <= ALIKE


def _axes(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"the axes {', '.join(map(str, axes))}"


def _code(axes: tuple[int, ...]) -> str:
    return str(axes[0]) if len(axes) == 1 else str(axes)
