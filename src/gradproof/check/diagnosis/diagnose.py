"""The course of a diagnosis: locate the faults, explain each, mark what follows from them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from gradproof.check.align import MISSING
from gradproof.check.diagnosis.bench import Bench
from gradproof.check.diagnosis.locate import Fault, Locator
from gradproof.check.diagnosis.names import Names
from gradproof.check.diagnosis.nearby import nearby_cost
from gradproof.check.diagnosis.operands import Operands
from gradproof.check.diagnosis.residual import FaultExplainer
from gradproof.check.diagnosis.words import Wording
from gradproof.check.evidence import Findings, read_candidate
from gradproof.check.fallback import missing_parameter, not_a_number, wrong_shape
from gradproof.check.report import Diagnosis, Report
from gradproof.expr.node import Expr


def diagnose(findings: Findings, report: Report) -> None:
    """Fill in the diagnoses of every wrong parameter of ``report``, and the nearby cost if there is one."""
    wrong = [n for n, s in findings.status.items() if s == "apart"]
    for name, status in findings.status.items():
        if status in ("missing", "nan", "shape"):
            report.parameters[name].diagnoses = [_without_values(findings, name, status)]
    if not wrong:
        return
    if not read_candidate(findings):
        for name in wrong:
            report.parameters[name].diagnoses = [_unread(name, report)]
        return
    Case(findings, report, wrong).settle()


def _without_values(findings: Findings, name: str, status: str) -> Diagnosis:
    value = findings.last.candidate.get(name, MISSING)
    if status == "missing":
        return missing_parameter(name)
    if status == "nan":
        return not_a_number(name, value)
    return wrong_shape(name, np.shape(value), np.shape(findings.last.truth.values()[name]))


def _unread(name: str, report: Report) -> Diagnosis:
    error = report.parameters[name].error
    return Diagnosis(
        "unexplained", f"the gradient by {name} is wrong by {error:.2g} of its largest entry", variable=f"d{name}",
        meaning="the code of the gradient could not be read, so its terms cannot be compared",
    )


class Case:
    """One candidate with its wrong parameters."""

    def __init__(self, findings: Findings, report: Report, wrong: Sequence[str]) -> None:
        self.findings, self.report, self.wrong = findings, report, list(wrong)
        self.bench = Bench(findings, np.random.default_rng(7))
        self.names = Names(self.bench)
        self.locator = Locator(self.bench, self.names, wrong)
        matched = self.locator.matched
        used = {self.bench.truth.cotangents[z] for z, _ in matched.values()}
        self.operands = Operands(self.bench, self.names, matched, used)
        self.names.spell(matched)
        self.explainer = FaultExplainer(self.bench, self.names, self.operands)
        self.words = Wording(self.bench, self.names)

    def settle(self) -> None:
        faults = self.locator.faults()
        repaired = {n for f in faults for n in f.repairs}
        for fault in faults:
            self._report_interior(fault)
        own = [n for n in self.wrong if n not in repaired]
        for name in own:
            self._report_own(name, faults)
        self._note_nearby_cost()

    def _report_interior(self, fault: Fault) -> None:
        """The nearest parameter carries the diagnosis of a faulty local; the others inherit it."""
        found = self.explainer.explain(fault.node, fault.expected, fault.scale, {})
        variable = self._variable(fault)
        diagnoses = [self.words.diagnosis(e, variable, fault.node, fault.expected, fault.meant) for e in found]
        for d in diagnoses:
            d.first_wrong = variable or None
        nearest = min(fault.repairs, key=lambda n: self._distance(fault.node, n))
        for name in fault.repairs:
            if name == nearest:
                self.report.parameters[name].diagnoses = diagnoses
            else:
                self.report.parameters[name].diagnoses = [self.words.inherited(name, variable, fault.node)]

    def _variable(self, fault: Fault) -> str:
        """What the candidate calls the faulty value: its own name, that of the statement it is part of, or
        the name of the variable whose gradient it is."""
        own = self.names.local(fault.node, fault.meant)
        if own:
            return own
        roots = [self.findings.expressions[n] for n in self.locator.feeds[fault.node]]
        outer = self.names.local(self.names.enclosing(fault.node, roots))
        if outer:
            return outer
        if fault.meant is not None and fault.meant in self.names.forward:
            return f"d{self.names.forward[fault.meant]}"
        return ""

    def _distance(self, node: Expr, parameter: str) -> tuple[int, int]:
        """Named variables between a node and the gradient of a parameter; then the parameters' order."""
        root = self.findings.expressions[parameter]
        rank = self.findings.subject.names.index(parameter)
        near, seen = deque([(root, 0)]), {root}
        while near:
            current, passed = near.popleft()
            if current is node:
                return passed, rank
            for arg in current.args:
                if arg not in seen:
                    seen.add(arg)
                    if arg in self.names.locals and arg is not node:
                        near.append((arg, passed + 1))
                    else:
                        near.appendleft((arg, passed))
        return len(seen), rank

    def _report_own(self, name: str, faults: Sequence[Fault]) -> None:
        """The fault stands in the gradient's own expression; upstream faults are taken out first."""
        root, truth = self.findings.expressions[name], self.bench.truth.gradients[name]
        upstream = [f for f in faults if name in self.locator.feeds.get(f.node, ())]
        found = self.explainer.explain(root, truth, 1.0, {}, name)
        diagnoses = []
        if any(e.code == "unexplained" for e in found):
            upstream = upstream or self.locator.by_name([name])[:1]
            overrides = {f.node: [f.scale * v for v in self.bench.values(f.expected)] for f in upstream}
            again = self.explainer.explain(root, truth, 1.0, overrides, name) if overrides else found
            if overrides and not any(e.code == "unexplained" for e in again):
                diagnoses = [self._upstream(f, name) for f in upstream]
                found = again
        own = [self.words.diagnosis(e, self.names.gradient(name), root, truth) for e in found]
        for d in own:
            d.first_wrong = d.first_wrong or (diagnoses[0].variable if diagnoses else self.names.gradient(name))
        self.report.parameters[name].diagnoses = [*diagnoses, *own] if diagnoses else own

    def _upstream(self, fault: Fault, name: str) -> Diagnosis:
        """The diagnosis of an upstream local: in full the first time, as inherited afterwards."""
        variable = self._variable(fault)
        told = any(d.variable == variable for p in self.report for d in p.diagnoses)
        if told:
            return self.words.inherited(name, variable, fault.node)
        found = self.explainer.explain(fault.node, fault.expected, fault.scale, {})
        diagnosis = self.words.diagnosis(found[0], variable, fault.node, fault.expected, fault.meant)
        diagnosis.first_wrong = variable
        return diagnosis

    def _note_nearby_cost(self) -> None:
        note = nearby_cost(self.bench, self.names, self.wrong)
        if note:
            self.report.nearby_cost = note
