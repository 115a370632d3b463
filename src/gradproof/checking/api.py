"""Two doors of the library: :func:`check`, and :func:`derive_function` for costs written as code."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.checking.diagnosis import diagnose
from gradproof.checking.evidence import gather, slope_guard
from gradproof.checking.fallback import check_numerically
from gradproof.checking.findings import Findings
from gradproof.checking.placing import place
from gradproof.checking.report import CORRECT, INCONCLUSIVE, WRONG, Evidence, ParameterReport, Report, Verdict
from gradproof.checking.subject import Subject, make_subject
from gradproof.derivation.gradient import GradientDerivation, derivation
from gradproof.errors import GradproofError, InputError, InternalError, TraceError
from gradproof.read import TraceSession

Function = Callable[[Any], Any]
POINTS = 3
OURS = str(Path(__file__).parent.parent)
LIBRARIES = "site-packages"


def check(
    cost: Function,
    grad: Function | Mapping[str, Function] | None = None,
    params: Any = None,
    *,
    points: int = POINTS,
    seed: int | None = None,
) -> Report:
    """Settle a hand-written gradient: right, or wrong with the term, its place and the reason.

    The truth is the gradient derived from the traced cost, guarded by the user's own cost; it is compared
    with the candidate at random points near ``params``, at the accuracy of float64 and beyond.

    Parameters
    ----------
    cost : ``cost(params) -> number``; or, without ``grad``, ``f(params) -> (cost, gradients)``
    grad : ``grad(params) -> gradients`` in the structure of ``params``; or several of them by name
    params : dict, list, tuple, array, flat vector or number, nested as the user has it
    points : random points compared at most
    seed : seed of the random points; fresh at every call by default

    Returns
    -------
    Report
        ``report.verdict``, ``report["W1"].diagnosis``, ``report.first_wrong``, ``report.to_json()``.

    Raises
    ------
    InputError
        The functions or parameters cannot be used; the message says what to do.

    Examples
    --------
    >>> import numpy as np, gradproof as gp
    >>> W = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> report = gp.check(lambda W: 0.5 * np.sum(W**2), lambda W: np.sum(W), W)
    >>> report.verdict
    'wrong'
    """
    if isinstance(grad, Mapping):
        return _check_several(cost, grad, params, points, seed)
    started = time.perf_counter()
    subject = make_subject(cost, grad, params)
    rng = np.random.default_rng(seed)
    with _users_errors():
        report = _settle(subject, points, rng)
    report.seconds = time.perf_counter() - started
    if subject.caller.printed:
        report.evidence.notes.append("the functions print; their output was held back")
    return report


def _check_several(
    cost: Function, candidates: Mapping[str, Function], params: Any, points: int, seed: int | None
) -> Report:
    if not candidates:
        raise InputError("no candidates were given", fix='gradproof.check(cost, {"mine": grad}, params)')
    reports = {}
    for name, candidate in candidates.items():
        reports[name] = check(cost, candidate, params, points=points, seed=seed)
        reports[name].title = name
    verdicts = [r.verdict for r in reports.values()]
    verdict = WRONG if WRONG in verdicts else INCONCLUSIVE if INCONCLUSIVE in verdicts else CORRECT
    first = next(iter(reports.values()))
    return Report(verdict, {}, first.evidence, first.cost, candidates=reports,
                  seconds=sum(r.seconds for r in reports.values()))


@contextmanager
def _users_errors() -> Iterator[None]:
    """An exception inside the user's function becomes one clear message with the user's own line."""
    try:
        yield
    except GradproofError:
        raise
    except (Exception, SystemExit) as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if _shown(f.filename)]
        if frames and frames[-1].filename.startswith(OURS):
            raise InternalError(
                f"{type(error).__name__}: {error} ({frames[-1].name}, line {frames[-1].lineno}). "
                "This is a defect of gradproof; please report it with the function that was checked."
            ) from error
        place = f"{frames[-1].filename}:{frames[-1].lineno}: {frames[-1].line}" if frames else ""
        raise InputError(
            f"the function raised {type(error).__name__}: {error}", where=place,
            fix="make cost(params) and grad(params) run on the given parameters first",
        ) from error


def _shown(filename: str) -> bool:
    """Whether a frame can be to blame: it is the user's own or ours, not one of an installed library."""
    return LIBRARIES not in filename or filename.startswith(OURS)


def _settle(subject: Subject, points: int, rng: np.random.Generator) -> Report:
    try:
        findings = gather(subject, points, rng)
    except TraceError as error:
        return check_numerically(subject, rng, str(error.what) + (f" ({error.where})" if error.where else ""))
    wrong = "apart" in findings.status.values()
    doubt = slope_guard(findings, rng, thorough=wrong or _is_cheap(findings))
    if doubt:
        return check_numerically(subject, rng, doubt)
    return _report(findings)


def _is_cheap(findings: Findings) -> bool:
    return sum(np.size(x) for x in findings.subject.start) <= 100_000


def _report(findings: Findings) -> Report:
    subject = findings.subject
    parameters: dict[str, ParameterReport] = {}
    for name in subject.names:
        status = findings.status[name]
        verdict: Verdict = CORRECT if status == "same" else INCONCLUSIVE if status == "unsure" else WRONG
        parameters[name] = ParameterReport(name, verdict, findings.errors.get(name, 0.0))
    evidence = Evidence("derived", len(findings.samples), findings.bound, findings.precision,
                        [*subject.notes, *findings.last.truth.trace.notes, *findings.notes])
    report = Report(_overall(parameters), parameters, evidence, _cost_of(findings))
    if report.verdict == WRONG:
        diagnose(findings, report)
        place(findings, report)
        evidence.notes = list(dict.fromkeys([*evidence.notes, *findings.notes]))
    return report


def _cost_of(findings: Findings) -> float:
    trace = findings.last.truth.trace
    return float(np.reshape(np.asarray(trace.values[trace.cost], dtype=float), ()))


def _overall(parameters: Mapping[str, ParameterReport]) -> Verdict:
    verdicts = [p.verdict for p in parameters.values()]
    return WRONG if WRONG in verdicts else INCONCLUSIVE if INCONCLUSIVE in verdicts else CORRECT


def derive_function(cost: Function, params: Any, wrt: str | None = None) -> GradientDerivation:
    """Derive the gradient of a NumPy cost, every step shown and checked.

    Parameters
    ----------
    cost : ``cost(params) -> number``
    params : parameters as for :func:`check`
    wrt : name of the parameter to differentiate by; not needed where there is only one

    Returns
    -------
    Derivation
        ``.gradient``, ``.steps``, ``str()``, ``.to_latex()``, ``.to_numpy()``.

    Raises
    ------
    TraceError
        The cost does something that cannot be followed; the message says what and where.
    """
    subject = make_subject(cost, None, params)
    if wrt is None and len(subject.names) > 1:
        raise InputError(f"there are {len(subject.names)} parameters: {', '.join(subject.names)}",
                         fix=f"say by which to differentiate: wrt={subject.names[0]!r}")
    name = wrt or subject.names[0]
    if name not in subject.names:
        raise InputError(f"no parameter is called {name!r}", fix=f"wrt is one of {', '.join(subject.names)}")
    session = TraceSession()
    with _users_errors(), subject.caller.quietly(cost):
        trace = session.trace(cost, subject.caller.params(subject.start))
    return derivation(trace.cost, trace.parameters[name], trace.names, trace.inputs)
