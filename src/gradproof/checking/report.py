"""What a check finds: evidence, verdicts, diagnoses. Plain data, with a dictionary and a JSON form."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from gradproof.read.trace import Origin

Verdict = Literal["correct", "wrong", "inconclusive"]
CORRECT: Verdict = "correct"
WRONG: Verdict = "wrong"
INCONCLUSIVE: Verdict = "inconclusive"


@dataclass(slots=True)
class Diagnosis:
    """Why a gradient is wrong.

    Attributes
    ----------
    code : one of the stable codes, such as ``sum-for-matrix`` (``gradproof explain CODE`` tells each)
    message : one sentence that stands alone
    variable : the user's variable it concerns: a gradient such as ``dW1`` or a local such as ``dZ2``
    found, expected : the term that stands in the code, and the one that belongs there
    meaning : what the difference is, in words
    factor : for ``wrong-factor``, found divided by expected
    fix : source text that would be right, where it can be written
    span : where in the user's source the faulty term stands
    first_wrong : the first wrong local variable on the way to this gradient
    inherited_from : for ``inherited``, the upstream variable that is to blame
    indices : for ``wrong-entries``, the entries that are wrong
    """

    code: str
    message: str
    variable: str = ""
    found: str = ""
    expected: str = ""
    meaning: str = ""
    factor: str = ""
    fix: str = ""
    span: Origin | None = None
    first_wrong: str | None = None
    inherited_from: str | None = None
    indices: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def line(self) -> int | None:
        """Line of the faulty term in the user's file."""
        return None if self.span is None else self.span.line

    @property
    def file(self) -> str | None:
        """The user's file that holds the faulty term, as Python names it."""
        return None if self.span is None else self.span.file

    def to_dict(self) -> dict[str, Any]:
        """The diagnosis as plain data; what is empty or unknown is left out.

        ``span`` is ``[first line, first column, last line, last column]``.
        """
        result: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "variable": self.variable,
            "found": self.found,
            "expected": self.expected,
            "meaning": self.meaning,
            "factor": self.factor,
            "fix": self.fix,
            "line": self.line,
            "file": self.file,
            "first_wrong": self.first_wrong,
            "inherited_from": self.inherited_from,
            "indices": [list(i) for i in self.indices],
        }
        if self.span is not None:
            result["span"] = [self.span.line, self.span.column, self.span.end_line, self.span.end_column]
        return {k: v for k, v in result.items() if v not in ("", None, [])}


@dataclass(slots=True)
class ParameterReport:
    """Verdict on the gradient by one parameter."""

    name: str
    verdict: Verdict
    error: float = 0.0
    diagnoses: list[Diagnosis] = field(default_factory=list)
    reason: str = ""

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The first diagnosis, or None where there is nothing to diagnose."""
        return self.diagnoses[0] if self.diagnoses else None

    def to_dict(self) -> dict[str, Any]:
        """The verdict as plain data, with every diagnosis."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "max_relative_error": self.error,
            "reason": self.reason,
            "diagnoses": [d.to_dict() for d in self.diagnoses],
        }


@dataclass(slots=True)
class Evidence:
    """What a verdict rests on.

    Attributes
    ----------
    kind : ``derived`` (compared with the gradient derived from the traced cost) or ``numeric`` (with
        differences of the cost)
    points : number of random points compared
    bound : the relative difference above which two gradients are told apart
    precision : the arithmetic in which they were compared
    notes : what was done and what could not be done, in words
    """

    kind: Literal["derived", "numeric"]
    points: int = 0
    bound: float = 0.0
    precision: str = "float64"
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The evidence as plain data, under the names of the attributes."""
        return {
            "kind": self.kind,
            "points": self.points,
            "bound": self.bound,
            "precision": self.precision,
            "notes": self.notes,
        }


@dataclass(slots=True, repr=False)
class Report:
    """The outcome of :func:`gradproof.check`.

    ``report["W1"]`` is the report on one parameter. For several candidates, ``report.candidates`` has one
    report each, and the verdict is ``correct`` only if all are.
    """

    verdict: Verdict
    parameters: dict[str, ParameterReport]
    evidence: Evidence
    cost: float = float("nan")
    nearby_cost: str = ""
    reason: str = ""
    seconds: float = 0.0
    title: str = ""
    candidates: dict[str, Report] = field(default_factory=dict)

    def __getitem__(self, name: str) -> ParameterReport:
        if name in self.parameters:
            return self.parameters[name]
        known = ", ".join(self.parameters)
        raise KeyError(f"no parameter {name!r}; the parameters are {known}")

    def __iter__(self) -> Iterator[ParameterReport]:
        return iter(self.parameters.values())

    @property
    def wrong(self) -> list[str]:
        """Names of the parameters whose gradients are wrong."""
        return [p.name for p in self if p.verdict == WRONG]

    @property
    def first_wrong(self) -> str | None:
        """The first wrong variable in the candidate: a local such as ``dZ2``, or a gradient."""
        sources = [d.inherited_from for p in self for d in p.diagnoses if d.inherited_from]
        if sources:
            return max(sources, key=sources.count)
        firsts = [d for p in self for d in p.diagnoses if d.code != "inherited"]
        for d in firsts:
            if d.first_wrong:
                return d.first_wrong
        return firsts[0].variable or None if firsts else None

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data; ``candidates`` stands in it where several were checked.

        Numbers are as they are, NaN and infinities too: :meth:`to_json` makes them null.
        """
        result: dict[str, Any] = {
            "verdict": self.verdict,
            "cost": self.cost,
            "first_wrong": self.first_wrong,
            "nearby_cost": self.nearby_cost,
            "reason": self.reason,
            "evidence": self.evidence.to_dict(),
            "parameters": [p.to_dict() for p in self],
            "seconds": round(self.seconds, 4),
        }
        if self.title:
            result["title"] = self.title
        if self.candidates:
            result["candidates"] = {name: r.to_dict() for name, r in self.candidates.items()}
        return result

    def to_json(self, indent: int | None = 2) -> str:
        """The report as JSON; numbers that JSON cannot hold become null."""
        return json.dumps(_finite(self.to_dict()), indent=indent, ensure_ascii=False)

    def __repr__(self) -> str:
        named = ", ".join(f"{p.name} {p.verdict}" for p in self) or ", ".join(
            f"{name} {r.verdict}" for name, r in self.candidates.items()
        )
        return f"<Report {self.verdict}: {named}>"

    def __str__(self) -> str:
        head = f"{self.title}: {self.verdict}" if self.title else self.verdict
        lines = [head + (f" ({self.reason})" if self.reason else "")]
        for p in self:
            lines.append(f"  {p.name}: {p.verdict}" + (f" ({p.reason})" if p.reason else ""))
            for d in p.diagnoses:
                place = f"line {d.line}: " if d.line else ""
                lines.append(f"    [{d.code}] {place}{d.message}")
        if self.nearby_cost:
            lines.append(f"  {self.nearby_cost}")
        lines += [str(r) for r in self.candidates.values()]
        return "\n".join(lines)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return value
