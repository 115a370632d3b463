"""Differences that are no mistakes: another side of a kink, a constant like the 1e-8 in log(A + 1e-8)."""

from __future__ import annotations

import numpy as np

from gradproof.calculus.differentiate import gradient
from gradproof.checking.compare import (
    difference,
)
from gradproof.checking.findings import Findings, read_candidate
from gradproof.checking.guards import without_guards
from gradproof.checking.ties import explained_by_ties, other_side
from gradproof.expr.evaluate import evaluate

GUARD_FREE = 1e-11
GUARD_EFFECT = 1e-3
"""Largest relative effect that a constant like 1e-8 may have to be called a guard."""


def allow_ties(findings: Findings) -> None:
    """A candidate that takes another side of an exact kink is not wrong."""
    others = [other_side(s.truth) for s in findings.samples]
    for name in [n for n, s in findings.status.items() if s == "apart"]:
        pairs = list(zip(findings.samples, others, strict=True))
        if any(o is not None for o in others) and all(
            o is not None and explained_by_ties(s.candidate[name], s.truth.values()[name], o[name])
            for s, o in pairs
        ):
            findings.status[name] = "same"
            findings.notes.append(
                f"the cost has a kink at every point compared; the gradient by {name} takes one side of it"
            )


def allow_guards(findings: Findings) -> None:
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
    if guards and all(
        difference(np.reshape(c, np.shape(g)), g).relative <= GUARD_FREE
        for c, g in zip(candidates, slopes, strict=True)
    ):
        for name in names:
            findings.status[name] = "same"
        listed = ", ".join(f"{g:g}" for g in guards)
        worst = max(findings.errors[n] for n in names)
        findings.notes.append(
            f"cost and gradient differ by the small constant {listed} alone; without it the "
            f"gradient is exact, with it off by {worst:.1g} of its largest entry"
        )
