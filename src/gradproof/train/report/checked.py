"""The gradients that a network was trained with, checked at its parameters on some of its rows."""

from __future__ import annotations

from gradproof.checking.report import CORRECT
from gradproof.train.job.work import Outcome

ROWS = 50


def checked(outcome: Outcome) -> str:
    """What came of it, as a sentence."""
    X, Y = (a[:, :ROWS] for a in outcome.prepared.data["training"])
    report = outcome.fitted.check(X, Y)
    names = ", ".join(f"d{name}" for name in report.parameters)
    told = f"The gradients it was trained with were checked on {X.shape[1]} training rows"
    if report.verdict == CORRECT:
        return f"{told}: {names} are correct."
    wrong = ", ".join(f"d{name}" for name in report.wrong) or names
    return f"{told}: {report.verdict} ({wrong}). {report.reason}"
