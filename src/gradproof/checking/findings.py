"""What has been found out about one candidate, and the reading of its own code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradproof.checking.align import MISSING, align
from gradproof.checking.compare import (
    SAME,
    difference,
)
from gradproof.checking.subject import Subject
from gradproof.checking.truth import Truth, narrow_epsilon
from gradproof.errors import GradproofError, InputError, TraceError
from gradproof.expr.node import Expr, constant
from gradproof.read import TraceSession
from gradproof.read.trace import Trace

NARROW_EFFECT = 1e-2
"""Largest relative difference that rounding to float32 on the way may cause."""


@dataclass(slots=True)
class Sample:
    """Everything seen at one random point."""

    point: list[Any]
    truth: Truth
    candidate: dict[str, Any]


@dataclass(slots=True)
class Findings:
    """Evidence about one candidate, and what diagnosis needs to go on.

    Attributes
    ----------
    candidate_trace : the candidate's own trace at the last point, or None where it could not be read
    expressions : the candidate's gradients as expressions, by parameter path
    narrow : whether cost or candidate round to float32 on the way; the candidate is then compared as traced,
        casts ignored
    status : per parameter ``same``, ``apart``, ``missing``, ``shape``, ``nan`` or ``unsure``
    """

    subject: Subject
    session: TraceSession
    samples: list[Sample] = field(default_factory=list)
    candidate_trace: Trace | None = None
    expressions: dict[str, Expr] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    precision: str = "float64"
    bound: float = SAME
    narrow: bool = False

    @property
    def last(self) -> Sample:
        """The sample that diagnosis works on."""
        return self.samples[-1]

    def inputs(self) -> dict[Expr, Any]:
        """Values of every leaf symbol of cost and candidate at the last point."""
        merged = dict(self.last.truth.trace.inputs)
        if self.candidate_trace is not None:
            merged = {**self.candidate_trace.inputs, **merged}
        return merged


def read_call(findings: Findings, function: Callable[[Any], Any], point: Sequence[Any]) -> Trace:
    """Trace a call that is known to run.

    Raises
    ------
    TraceError
        The function does something that cannot be followed.
    """
    caller = findings.subject.caller
    try:
        with caller.quietly(function):
            return findings.session.trace(function, caller.params(point))
    except GradproofError:
        raise
    except Exception as error:
        raise TraceError(
            f"the function runs, but reading it failed with {type(error).__name__}: {error}"
        ) from error


def read_candidate(findings: Findings) -> bool:
    """Trace the candidate at the last point, once. Returns whether its expressions are known."""
    if findings.expressions:
        return True
    subject, sample = findings.subject, findings.last
    try:
        if subject.joint:
            trace, returned = sample.truth.trace, sample.truth.trace.returned[1]
        else:
            trace = read_call(findings, subject.candidate, sample.point)
            returned = trace.returned
        aligned = align(returned, subject.structure).gradients
    except InputError as error:
        findings.notes.append(f"the candidate could not be read: {error.what}")
        return False
    expressions: dict[str, Expr] = {}
    for name, value in aligned.items():
        if value is MISSING or value is None:
            continue
        expr = value if isinstance(value, Expr) else constant(np.asarray(value, dtype=float))
        traced = trace.values.get(
            expr, getattr(value, "value", None) if not isinstance(value, Expr) else None
        )
        allowed = NARROW_EFFECT if narrow_epsilon(trace) else 1e-4
        if traced is not None and not _same_reading(traced, sample.candidate[name], allowed):
            findings.notes.append(
                f"the candidate's {name} could not be read: its traced value differs from its own"
            )
            return False
        expressions[name] = expr
    findings.expressions, findings.candidate_trace = expressions, trace
    return True


def _same_reading(traced: Any, own: Any, allowed: float) -> bool:
    """Whether a traced value is the user's own value; what is not finite has to be so in both."""
    a, b = np.asarray(traced, dtype=float), np.asarray(own, dtype=float)
    finite = np.isfinite(b)
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), finite):
        return False
    return (difference(a, b) if finite.all() else difference(a[finite], b[finite])).relative <= allowed
