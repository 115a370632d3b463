"""What a report lacks of what a case requires."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.catalogue.case import Blame, Case

from gradproof.checking.report import Diagnosis, Report


def undetected(case: Case, report: Report) -> list[str]:
    """Verdicts that are not as they have to be."""
    found = {p.name: p.verdict for p in report}
    faults = []
    if not case.wrong <= found.keys():
        return [f"the report knows only {', '.join(found)}"]
    for name, verdict in found.items():
        expected = "wrong" if name in case.wrong else "correct"
        if verdict != expected:
            faults.append(f"{name}: {verdict}, expected {expected}")
    overall = "wrong" if case.wrong else "correct"
    if report.verdict != overall:
        why = "; ".join([report.reason, *report.evidence.notes])
        faults.append(f"verdict {report.verdict}, expected {overall}: {why}")
    return faults


def unexplained(case: Case, report: Report) -> list[str]:
    """Diagnoses that are not as they have to be, one line each; codes first."""
    holders = {name: _holder(name, case, report) for name in case.blame}
    faults = [f for name, blame in case.blame.items() for f in _codes(holders[name], blame, report)]
    for name in case.wrong - {*holders.values()}:
        d = report[name].diagnosis
        if d is None or d.code != "inherited":
            faults.append(f"{name}: code {_code(d)}, required inherited")
    return sorted(faults) or _details(case, report, holders)


def _holder(name: str, case: Case, report: Report) -> str:
    """The parameter that is blamed: this one, or one that is as near to the fault as it is."""
    d = report[name].diagnosis
    near = case.beside.get(name, frozenset()) & {*case.inherited}
    if d is None or d.code != "inherited" or not near:
        return name
    blamed = (o for o in sorted(near) if _code(report[o].diagnosis) not in ("none", "inherited"))
    return next(blamed, name)


def _codes(name: str, blame: Blame, report: Report) -> list[str]:
    diagnosis, codes = report[name].diagnosis, [d.code for d in report[name].diagnoses]
    if diagnosis is None or diagnosis.code not in blame.codes:
        message = "" if diagnosis is None else f" ({diagnosis.message})"
        return [f"{name}: code {_code(diagnosis)}, required {' or '.join(blame.codes)}{message}"]
    return [f"{name}: codes {codes}, required also {code}" for code in blame.also if code not in codes]


def _details(case: Case, report: Report, holders: dict[str, str]) -> list[str]:
    faults = []
    for name, blame in case.blame.items():
        holder = holders[name]
        faults += [f"{holder}: {fault}" for fault in _one(case, blame, report[holder].diagnoses)]
    for name in sorted(case.wrong - {*holders.values()}):
        upstream = report[name].diagnoses[0].inherited_from
        if case.first_wrong and upstream != case.first_wrong:
            faults.append(f"{name}: inherited from {upstream!r}, required {case.first_wrong!r}")
    if case.first_wrong and report.first_wrong != case.first_wrong:
        faults.append(f"first wrong {report.first_wrong!r}, required {case.first_wrong!r}")
    if case.nearby and not report.nearby_cost:
        faults.append("no nearby cost, though the candidate is the gradient of one")
    return faults


def _one(case: Case, blame: Blame, diagnoses: list[Diagnosis]) -> list[str]:
    d = diagnoses[0]
    faults = []
    lines = case.lines(blame) if d.code != "inherited" else range(0)
    if lines and d.span is not None and Path(d.span.file).stem != f"{case.style}__{case.name}":
        faults.append(f"line {d.line} of another file, {Path(d.span.file).name}")
    elif lines and d.line not in lines:
        source = case.source().splitlines()
        shown = source[d.line - 1].strip() if d.line and d.line <= len(source) else None
        faults.append(f"line {d.line} ({shown}), required {lines.start}")
    factors = blame.factor.split("|") if blame.factor and d.code == "wrong-factor" else []
    if factors and not any(same_factor(d.factor, factor) for factor in factors):
        faults.append(f"factor {d.factor!r}, required {blame.factor}")
    if blame.variable and d.code != "inherited" and d.variable != blame.variable:
        faults.append(f"variable {d.variable!r}, required {blame.variable!r}")
    if blame.upstream and d.code == "inherited" and d.inherited_from != blame.upstream:
        faults.append(f"inherited from {d.inherited_from!r}, required {blame.upstream!r}")
    if blame.indices and d.code == "wrong-entries" and {tuple(i) for i in d.indices} != set(blame.indices):
        faults.append(f"entries {d.indices}, required {list(blame.indices)}")
    return faults


def same_factor(found: str, required: str) -> bool:
    """Whether two factors are the same, as text or as numbers."""
    a, b = _plain(found), _plain(required)
    if a == b:
        return True
    x, y = _number(a), _number(b)
    return x is not None and y is not None and math.isclose(x, y, rel_tol=1e-9)


def _plain(factor: str) -> str:
    for old, new in ((" ", ""), ("½", "1/2"), ("¼", "1/4"), ("−", "-"), ("·", "*"), ("(", ""), (")", "")):
        factor = factor.replace(old, new)
    return factor


def _number(text: str) -> float | None:
    try:
        return float(Fraction(text))
    except (ValueError, ZeroDivisionError):
        return None


def _code(d: Any) -> str:
    return "none" if d is None else d.code
