"""Gathering evidence: the traced cost, its derived gradient and the candidate, at random points."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradproof.calculus.differentiate import gradient
from gradproof.check.align import MISSING, align
from gradproof.check.compare import (
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
from gradproof.check.guards import without_guards
from gradproof.check.points import generic_point
from gradproof.check.subject import Subject, pair_of
from gradproof.check.ties import explained_by_ties, other_side
from gradproof.check.truth import Truth, as_scalar, derive_truth, guard_slope, guard_value, narrow_epsilon
from gradproof.errors import GradproofError, InputError, TraceError
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import Expr, constant, symbols
from gradproof.read import TraceSession
from gradproof.read.trace import Trace

GUARD_FREE = 1e-11
GUARD_EFFECT = 1e-3
"""Largest relative effect that a constant like 1e-8 may have to be called a guard."""
CANCELLATION = 0.05
"""A gradient that is mostly cancellation is judged against this share of the whole gradient."""
NOTHING = 1e-12
"""A difference of this share of the whole gradient may be rounding where a gradient vanishes: look closer."""
NARROW_EFFECT = 1e-2
"""Largest relative difference that rounding to float32 on the way may cause."""
ENTRIES_FOR_POINTS = 300_000
"""Entries compared in all; large problems are compared at fewer points, at one at least."""
TIME_FOR_POINTS = 0.15
"""Seconds after which no further random point is added; one is always compared."""


@dataclass(slots=True)
class Sample:
    """Everything seen at one random point."""

    point: list[Any]
    truth: Truth
    candidate: dict[str, Any]
    extra: list[str]


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
        return self.samples[-1]

    def inputs(self) -> dict[Expr, Any]:
        """Values of every leaf symbol of cost and candidate at the last point."""
        merged = dict(self.last.truth.trace.inputs)
        if self.candidate_trace is not None:
            merged = {**self.candidate_trace.inputs, **merged}
        return merged


def gather(subject: Subject, points: int, rng: np.random.Generator) -> Findings:
    """Trace, derive and compare at up to ``points`` random points.

    Raises
    ------
    TraceError
        The cost cannot be followed; evidence has to be numeric.
    """
    findings = Findings(subject, TraceSession())
    started = time.perf_counter()
    entries = sum(np.size(x) for x in subject.start)
    for k in range(max(1, min(points, ENTRIES_FOR_POINTS // max(entries, 1)))):
        findings.samples.append(_sample(findings, rng))
        if time.perf_counter() - started > TIME_FOR_POINTS and k == 0:
            break
    _judge_in_float64(findings)
    _set_rounding_aside(findings)
    if any(s in ("unsure", "same") for s in findings.status.values()):
        _look_closer(findings, rng)
    if "apart" in findings.status.values():
        _allow_ties(findings)
        _allow_guards(findings)
        read_candidate(findings)
    return findings


def _allow_ties(findings: Findings) -> None:
    """A candidate that takes another side of an exact kink is not wrong."""
    others = [other_side(s.truth) for s in findings.samples]
    for name in [n for n, s in findings.status.items() if s == "apart"]:
        pairs = list(zip(findings.samples, others, strict=True))
        if any(o is not None for o in others) and all(
            o is not None and explained_by_ties(s.candidate[name], s.truth.values()[name], o[name]) for s, o in pairs
        ):
            findings.status[name] = "same"
            findings.notes.append(f"the cost has a kink at every point compared; the gradient by {name} takes one side of it")


def _allow_guards(findings: Findings) -> None:
    """A candidate that is exact but for a constant like the 1e-8 in log(A + 1e-8) is not wrong."""
    names = [n for n, s in findings.status.items() if s == "apart"]
    if not names or max(findings.errors.get(n, 1.0) for n in names) > GUARD_EFFECT:
        return
    sample, inputs = findings.last, findings.inputs()
    cost, guards = without_guards(sample.truth.trace.cost, inputs)
    parameters = sample.truth.trace.parameters
    slopes = evaluate(gradient(cost, [parameters[n] for n in names]), inputs)
    candidates = [sample.candidate[n] for n in names]
    if read_candidate(findings):
        bare = [without_guards(findings.expressions[n], findings.inputs()) for n in names]
        guards = sorted({*guards, *(g for _, found in bare for g in found)})
        candidates = evaluate([expr for expr, _ in bare], findings.inputs())
    if guards and all(difference(np.reshape(c, np.shape(g)), g).relative <= GUARD_FREE
                      for c, g in zip(candidates, slopes, strict=True)):
        for name in names:
            findings.status[name] = "same"
        listed = ", ".join(f"{g:g}" for g in guards)
        worst = max(findings.errors[n] for n in names)
        findings.notes.append(f"cost and gradient differ by the small constant {listed} alone; without it the "
                              f"gradient is exact, with it off by {worst:.1g} of its largest entry")


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
    trace = _read(findings, subject.cost, point)
    if subject.joint:
        value, gradients = pair_of(trace.returned)
        trace.returned = (value, gradients)
    if not isinstance(trace.returned[0] if isinstance(trace.returned, tuple) else trace.returned, Expr):
        raise TraceError("the cost does not depend on the parameters",
                         fix="check that cost(params) uses the params it is given")
    as_scalar(trace)
    if guard_value(trace, seen["value"]):
        findings.narrow = True
    truth = derive_truth(trace, findings.samples[-1].truth if findings.samples else None)
    return Sample(point, truth, aligned.gradients, aligned.extra)


def _read(findings: Findings, function: Callable[[Any], Any], point: Sequence[Any]) -> Trace:
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
        raise TraceError(f"the function runs, but reading it failed with {type(error).__name__}: {error}") from error


def _judge_in_float64(findings: Findings) -> None:
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
    if value is MISSING or value is None:
        return "missing"
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return "nan"
    if not np.isfinite(magnitude(truth)):
        raise TraceError(f"the derived gradient by {name} is not finite at a random point",
                         fix="move the parameters away from log(0), sqrt(0) or a division by zero")
    if not np.isfinite(magnitude(array)):
        return "nan"
    if array.shape != np.shape(truth):
        if array.size != 1 or np.size(truth) != 1:
            return "shape"
        array = array.reshape(np.shape(truth))
    gap = difference(array, truth)
    relative = gap.relative
    if gap.absolute <= CANCELLATION * whole * SAME:
        relative = min(relative, SAME)
    findings.errors[name] = max(findings.errors.get(name, 0.0), relative)
    if relative <= SAME:
        return "same"
    return "apart" if relative > APART and gap.absolute > NOTHING * whole else "unsure"


def read_candidate(findings: Findings) -> bool:
    """Trace the candidate at the last point, once. Returns whether its expressions are known."""
    if findings.expressions:
        return True
    subject, sample = findings.subject, findings.last
    try:
        if subject.joint:
            trace, returned = sample.truth.trace, sample.truth.trace.returned[1]
        else:
            trace = _read(findings, subject.candidate, sample.point)
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
        traced = trace.values.get(expr, getattr(value, "value", None) if not isinstance(value, Expr) else None)
        allowed = NARROW_EFFECT if narrow_epsilon(trace) else 1e-4
        if traced is not None and not _same_reading(traced, sample.candidate[name], allowed):
            findings.notes.append(f"the candidate's {name} could not be read: its traced value differs from its own")
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


def _set_rounding_aside(findings: Findings) -> None:
    """Where the code rounds to float32, small differences are settled on the traced candidate in float64."""
    small = [n for n, s in findings.status.items() if s in ("apart", "unsure") and findings.errors[n] <= NARROW_EFFECT]
    if not small or not read_candidate(findings):
        return
    trace = findings.candidate_trace
    if not narrow_epsilon(findings.last.truth.trace) and (trace is None or not narrow_epsilon(trace)):
        return
    findings.narrow = True
    findings.notes.append("the code rounds to float32 on the way; cost and candidate were compared as traced, in "
                          "float64, casts ignored")
    values = findings.last.truth.values()
    whole = max((magnitude(v) for v in values.values()), default=0.0)
    for name in small:
        findings.errors.pop(name)
        findings.status[name] = _state(findings, name, _traced_value(findings, name), values[name], whole)


def _traced_value(findings: Findings, name: str) -> Any:
    """The candidate's gradient at the last point: as traced where the code rounds on the way, else its own."""
    trace, expr = findings.candidate_trace, findings.expressions.get(name)
    if not findings.narrow or trace is None or expr is None:
        return findings.last.candidate[name]
    return trace.values[expr] if expr in trace.values else evaluate([expr], findings.inputs())[0]


def _look_closer(findings: Findings, rng: np.random.Generator) -> None:
    """Settle what float64 cannot: in extended precision, or against the estimated rounding noise."""
    open_names = [n for n, s in findings.status.items() if s in ("unsure", "same")]
    unsure = [n for n in open_names if findings.status[n] == "unsure"]
    truth = findings.last.truth
    roots = [truth.gradients[n] for n in open_names if n in truth.gradients]
    if not unsure and not can_extend(roots, limit=2e6):
        return
    known = can_extend(roots) and read_candidate(findings)
    names = [n for n in open_names if n in findings.expressions and n in truth.gradients]
    if known and can_extend([*(truth.gradients[n] for n in names), *(findings.expressions[n] for n in names)]):
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
        settled = vanish or is_rounding(wide, gap) or wide.absolute <= 1e-17 * whole or wide.relative <= rounded
        findings.status[name] = "same" if settled else "apart"
        findings.errors[name] = wide.relative if not settled else min(findings.errors.get(name, 0.0), gap.relative)
    findings.precision = "extended precision"
    findings.bound = 2e-15


def _vanishes(wide: Any, double: Any) -> bool:
    """Whether a gradient is 0 but for rounding, as that by a bias ahead of a normalisation: it shrinks with it."""
    return magnitude(np.abs(wide)) <= magnitude(np.abs(double)) / 64


def _constants_rounding(findings: Findings) -> float:
    """Relative difference that constants make which one side took rounded to float32; 0 where there are none."""
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


def slope_guard(findings: Findings, rng: np.random.Generator, thorough: bool) -> str:
    """Directional test of the derived gradient on the user's own cost; empty when it agrees, else the reason."""
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
