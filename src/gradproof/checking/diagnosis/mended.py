"""Saying what a repair changed."""

from __future__ import annotations

from gradproof.checking.diagnosis.explain import Explanation
from gradproof.checking.diagnosis.names import Names
from gradproof.checking.diagnosis.repair import Repair
from gradproof.checking.diagnosis.words import Wording, brief
from gradproof.checking.report import Diagnosis
from gradproof.expr.broadcast import multiply
from gradproof.expr.node import Expr


def diagnosis_of(repair: Repair, names: Names, words: Wording, variable: str) -> Diagnosis:
    """The diagnosis of a fault that one edit of one piece of source mends."""
    node, edit = repair.nodes[-1], repair.edit
    found: Expr = node
    expected: Expr | None = None
    if edit.code == "wrong-factor":
        found = edit.found or node
        expected = multiply(names.scalars.expression(1 / edit.ratio), found)
    elif edit.code in ("extra-term", "penalty-on-bias"):
        found = edit.found or node
    explanation = Explanation(
        edit.code, found=found, expected=expected, node=None, ratio=edit.ratio,
        part_found=edit.found, part_expected=edit.found if edit.code == "transposed" else edit.expected,
    )
    result = words.diagnosis(explanation, variable, node, expected or node)
    result.span, result.first_wrong = repair.origin, variable or None
    if edit.code == "missing-term" and edit.expected is not None:
        term = names.text(edit.expected)
        result.message, result.expected, result.found = (
            f"the term {brief(term)} is missing from {variable}",
            brief(term),
            "",
        )
    elif edit.code == "missing-term":
        result.message = f"{variable or 'this line'} keeps only the last of the values computed here"
        result.meaning, result.found = "they belong added up: += where = stands", ""
    elif not result.expected:
        result.meaning = "with that one change every gradient that depends on it is right"
    return result
