"""The course of a diagnosis: locate the faults, explain each, mark what follows from them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gradproof.checking.align import MISSING
from gradproof.checking.diagnosis.bench import Bench
from gradproof.checking.diagnosis.derived import readable
from gradproof.checking.diagnosis.edits import Editor
from gradproof.checking.diagnosis.explain import Explanation
from gradproof.checking.diagnosis.locate import Fault, Locator
from gradproof.checking.diagnosis.mended import diagnosis_of
from gradproof.checking.diagnosis.names import Names
from gradproof.checking.diagnosis.nearby import nearby_cost
from gradproof.checking.diagnosis.operands import Operands
from gradproof.checking.diagnosis.repair import Mender, Repair
from gradproof.checking.diagnosis.residual import FaultExplainer
from gradproof.checking.diagnosis.segments import segments
from gradproof.checking.diagnosis.words import Wording
from gradproof.checking.fallback import missing_parameter, not_a_number, wrong_shape
from gradproof.checking.findings import Findings, read_candidate
from gradproof.checking.report import Diagnosis, Report
from gradproof.expr.broadcast import multiply
from gradproof.expr.node import Expr, postorder
from gradproof.read.trace import Origin

TIME_LIMIT = 5.0
"""Seconds after which no further reason is searched for."""
CLOSE = 1e-9


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
            report.parameters[name].diagnoses = [
                _unread(
                    name,
                    report,
                    "the code of the gradient could not be read, so its terms cannot be compared",
                )
            ]
        return
    Case(findings, report, wrong).settle()


def _without_values(findings: Findings, name: str, status: str) -> Diagnosis:
    value = findings.last.candidate.get(name, MISSING)
    if status == "missing":
        return missing_parameter(name)
    if status == "nan":
        return not_a_number(name, value)
    return wrong_shape(name, np.shape(value), np.shape(findings.last.truth.values()[name]))


def _unread(name: str, report: Report, why: str) -> Diagnosis:
    error = max((p.error for p in report if name.startswith(p.name)), default=0.0)
    return Diagnosis(
        "unexplained",
        f"the gradient by {name} is wrong by {error:.2g} of its largest entry",
        variable=f"d{name}",
        meaning=why,
    )


class Case:
    """One candidate with its wrong parameters."""

    def __init__(self, findings: Findings, report: Report, wrong: Sequence[str]) -> None:
        self.findings, self.report, self.wrong = findings, report, list(wrong)
        self.deadline = time.perf_counter() + TIME_LIMIT
        self.diagnosed: dict[str, list[Diagnosis]] = {n: [] for n in wrong}
        self.bench = Bench(findings, np.random.default_rng(7))
        self.names = Names(self.bench)
        self.segments = self._cut_segments()
        self.locator = Locator(self.bench, self.names, self.wrong)
        matched = self.locator.matched
        used = {self.bench.truth.cotangents[z] for z, _ in matched.values()}
        self.operands = Operands(self.bench, self.names, matched, used)
        self.names.spell(matched)
        self.names.carried = self._carried()
        self.readable = readable(self.bench, self.names)
        self.explainer = FaultExplainer(self.bench, self.names, self.operands)
        self.words = Wording(self.bench, self.names)
        self.mender: Mender | None = None
        self.unsure: set[str] = set()

    def _carried(self) -> set[Expr]:
        """Forward values, and right cotangents at the scale of a right gradient."""
        right = {n for n, (_, c) in self.locator.matched.items() if abs(c - 1) < CLOSE}
        return right | self.operands.forward

    def _cut_segments(self) -> dict[str, list[str]]:
        """Enter the segments of packed parameters in place of the whole."""
        result: dict[str, list[str]] = {}
        for name in list(self.wrong):
            found = segments(self.bench.truth, name, self.bench.expressions[name], self.names.forward)
            if not found:
                continue
            result[name] = [s.name for s in found]
            position = self.wrong.index(name)
            del self.bench.expressions[name], self.wrong[position]
            for s in found:
                self.bench.expressions[s.name], self.bench.gradients[s.name] = s.found, s.expected
                self.bench.parameters[s.name] = s.variable
                self.names.all.setdefault(s.found, f"d{s.name}")
                self.diagnosed[s.name] = []
                if not self.bench.agree(self.bench.values(s.found), self.bench.values(s.expected)):
                    self.wrong.insert(position, s.name)
                    position += 1
        return result

    def settle(self) -> None:
        """Locate and explain: interior faults, then edits of the source, then each gradient by itself."""
        faults = self.locator.faults()
        repaired = {n for f in faults for n in f.repairs}
        for fault in faults:
            self._report_interior(fault, faults)
        own = [n for n in self.wrong if n not in repaired]
        mended = self._mend(own) if len(own) > 1 else {}
        for name in [n for n in own if n not in mended]:
            if time.perf_counter() > self.deadline:
                self.diagnosed[name] = [_unread(name, self.report, "the search for its reason took too long")]
            else:
                self._report_own(name, faults)
        if mended:  # what the edit leaves wrong has a mistake of its own besides
            told = next(iter(mended.values()))
            for name in [n for n in own if n not in mended]:
                self.diagnosed[name].insert(0, self._follows(name, told))
                self.unsure.discard(name)
        self._mend_unexplained()
        for name, parts in self.segments.items():
            self.diagnosed[name] = [d for part in parts for d in self.diagnosed[part]]
        for name, diagnoses in self.diagnosed.items():
            if name in self.report.parameters:
                self.report.parameters[name].diagnoses = diagnoses
        self._note_nearby_cost()

    def _mend_unexplained(self) -> None:
        """Search for one edit of the source behind what no term explains: for all of it, then one by one."""
        dark = [
            n
            for n in self.wrong
            if n in self.unsure or any(d.code == "unexplained" for d in self.diagnosed[n])
        ]
        if not dark:
            return
        heads = {d.variable for n in dark for d in self.diagnosed[n]}
        followers = [n for n in self.wrong if n not in dark
                     and any(d.inherited_from in heads and d.inherited_from for d in self.diagnosed[n])]
        repaired = self._mend([*dark, *followers])
        for name in dark:
            if name not in repaired and len(dark) > 1:
                self._mend([name])

    def _mend(self, names: Sequence[str]) -> dict[str, Diagnosis]:
        """Report the one edit that makes the gradients right, if there is one; who was repaired, by what."""
        if time.perf_counter() > self.deadline:
            return {}
        if self.mender is None:
            editor = Editor(self.bench, self.names, self.operands, self.locator.scales[1:])
            self.mender = Mender(self.bench, self.names, editor)
        repair = self.mender.mend(names)
        if repair is None:
            return {}
        repair = self._placed(repair)
        roots = [self.bench.expressions[n] for n in repair.repaired]
        outer = self.names.local(self.names.enclosing(repair.nodes[-1], roots))
        variable = repair.edit.name or self.names.bound_at(repair.nodes[-1], repair.origin) or outer
        told = diagnosis_of(
            repair, self.names, self.words, variable or self.names.gradient(repair.repaired[0])
        )
        heads = self._heads(repair)
        for name in repair.repaired:
            self.diagnosed[name] = [told if name in heads else self._follows(name, told)]
        return dict.fromkeys(repair.repaired, told)

    def _placed(self, repair: Repair) -> Repair:
        """The repair, told as the penalty of a bias where it is one, and at the last name of what is
        right.
        """
        found, node = repair.edit.found, repair.nodes[-1]
        if repair.edit.code == "extra-term" and found is not None:
            values = self.bench.values(found)
            if any(self.explainer.is_bias_penalty(values, n) for n in repair.repaired):
                repair = replace(repair, edit=replace(repair.edit, code="penalty-on-bias"))
        binding = self.names.binding(node)
        if (
            node in self.names.carried
            and binding is not None
            and repair.edit.expected is not None
            and not repair.origin.column
        ):
            place = Origin(binding.file, binding.function, binding.line, binding.line, 0, 0)
            repair = replace(repair, origin=place)
        return repair

    def _heads(self, repair: Repair) -> list[str]:
        """The gradients to which a repaired fault is told: the nearest, and those that share no faulty node
        with one already told; the others inherit it.
        """
        reach = {n: [x for x in repair.nodes if n in self.locator.feeds.get(x, ())] for n in repair.repaired}
        first = {n: repair.nodes.index(reach[n][0]) if reach[n] else len(repair.nodes) for n in reach}
        order = sorted(
            repair.repaired, key=lambda n: (first[n], self._distance((reach[n] or [repair.nodes[-1]])[0], n))
        )
        heads: list[str] = []
        for name in order:
            if not any(set(reach[name]) & set(reach[h]) for h in heads):
                heads.append(name)
        return heads

    def _follows(self, name: str, told: Diagnosis) -> Diagnosis:
        return self.words.inherited(name, told.variable, self.bench.expressions[name])

    def _report_interior(self, fault: Fault, faults: Sequence[Fault]) -> None:
        """The nearest parameter carries the diagnosis of a faulty local; the others inherit it."""
        found = self.explainer.explain(fault.node, self._right(fault), self._above(fault.node, faults))
        variable = self._variable(fault)
        diagnoses = [
            self.words.diagnosis(e, variable, fault.node, self._right(fault), fault.meant) for e in found
        ]
        for d in diagnoses:
            d.first_wrong = variable or None
        nearest = min(fault.repairs, key=lambda n: self._distance(fault.node, n))
        if not is_sure(found):
            self.unsure.add(nearest)
        for name in fault.repairs:
            if name == nearest or variable == self.names.gradient(name):
                self.diagnosed[name] = diagnoses
            else:
                self.diagnosed[name] = [self.words.inherited(name, variable, fault.node)]

    def _right(self, fault: Fault) -> Expr:
        """The expression that belongs in the place of a fault, at the candidate's own scale."""
        written = self.readable.get(fault.expected, fault.expected)
        if fault.scale == 1.0:
            return written
        return multiply(self.names.scalars.expression(fault.scale), written)

    def _variable(self, fault: Fault) -> str:
        """What the candidate calls the faulty value: its own name, that of the statement it is part of, or
        the name of the variable whose gradient it is.
        """
        own = self.names.local(fault.node, fault.meant)
        if own:
            return own
        roots = [self.bench.expressions[n] for n in self.locator.feeds[fault.node]]
        outer = self.names.local(self.names.enclosing(fault.node, roots))
        if outer:
            return outer
        if fault.meant is not None and fault.meant in self.names.forward:
            return f"d{self.names.forward[fault.meant]}"
        return ""

    def _distance(self, node: Expr, parameter: str) -> tuple[int, int]:
        """Named variables between a node and the gradient of a parameter; then the parameters' order."""
        root = self.bench.expressions[parameter]
        rank = list(self.bench.expressions).index(parameter)
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
        root, truth = self.bench.expressions[name], self.bench.gradients[name]
        truth = self.readable.get(truth, truth)
        found = self.explainer.explain(root, truth, self._above(root, faults), name)
        diagnoses: list[Diagnosis] = []
        if any(e.code == "unexplained" for e in found):
            announced = [f for f in self.locator.by_name([name]) if f.node is not root][:1]
            again = self.explainer.explain(root, truth, self._above(root, [*faults, *announced]), name)
            if announced and not any(e.code == "unexplained" for e in again):
                upstream = self._upstream(announced[0], name, faults)
                if upstream.code != "unexplained":
                    diagnoses, found = [upstream], again
        if not is_sure(found):
            self.unsure.add(name)
        own = [self.words.diagnosis(e, self.names.gradient(name), root, truth) for e in found]
        for d in own:
            d.first_wrong = d.first_wrong or (
                diagnoses[0].variable if diagnoses else self.names.gradient(name)
            )
        self.diagnosed[name] = [*diagnoses, *own]

    def _above(self, node: Expr, faults: Sequence[Fault]) -> dict[Expr, Expr]:
        """What belongs in the place of the faulty nodes from which ``node`` is computed."""
        below = set(postorder(node)) - {node}
        return {f.node: self._right(f) for f in faults if f.node in below}

    def _upstream(self, fault: Fault, name: str, faults: Sequence[Fault]) -> Diagnosis:
        """The diagnosis of an upstream local: in full the first time, as inherited afterwards."""
        variable = self._variable(fault)
        told = any(d.variable == variable for told_of in self.diagnosed.values() for d in told_of)
        if told:
            return self.words.inherited(name, variable, fault.node)
        found = self.explainer.explain(fault.node, self._right(fault), self._above(fault.node, faults))
        diagnosis = self.words.diagnosis(found[0], variable, fault.node, self._right(fault), fault.meant)
        diagnosis.first_wrong = variable
        return diagnosis

    def _note_nearby_cost(self) -> None:
        note = nearby_cost(self.bench, self.names, self.wrong)
        if note:
            self.report.nearby_cost = note



def is_sure(found: Sequence[Explanation]) -> bool:
    """Whether one explanation says it all: one mistake is likelier than two in the same expression."""
    return len(found) == 1 and found[0].sure
