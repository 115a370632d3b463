"""Saying it: one sentence for the finding, one for what the difference means."""

from __future__ import annotations

import re

from gradproof.checking.diagnosis.bench import Bench
from gradproof.checking.diagnosis.explain import Explanation
from gradproof.checking.diagnosis.names import Names
from gradproof.checking.report import Diagnosis
from gradproof.expr.broadcast import multiply
from gradproof.expr.node import Expr
from gradproof.expr.product import PRODUCT

LONGEST = 96
LINE = 76
"""Formulas of more characters in all are not put into a sentence; they are shown beside it."""
DIGITS = re.compile(r"\d+\.\d{7,}")
REMARK = re.compile(r" \(\[·\]_\w+: in index notation, as matrix notation cannot express it\)")


def brief(text: str) -> str:
    """A formula on one line; the end of a long one is left out, and so are digits that say nothing."""
    line = REMARK.sub("", " ".join(text.partition("\nwhere")[0].split()))
    line = DIGITS.sub(lambda m: f"{float(m[0]):.6g}", line)
    return line if len(line) <= LONGEST else line[: LONGEST - 2].rstrip() + " …"


def fits(*formulas: str) -> bool:
    """Whether formulas are short and whole enough to be read inside a sentence."""
    return sum(map(len, formulas)) <= LINE and not any(f.endswith("…") for f in formulas)


def standing(e: Explanation) -> Expr | None:
    """What stands there; a sum in place of an array is shown as the number it is, not as it is broadcast."""
    found = e.found
    broadcast = found is not None and found.op is PRODUCT and not any(a.ndim for a in found.args)
    if e.code == "sum-for-matrix" and found is not None and broadcast:
        return multiply(*found.args)
    return found


class Wording:
    """Turns explanations into diagnoses in the user's names."""

    def __init__(self, bench: Bench, names: Names) -> None:
        self.bench, self.names = bench, names

    def diagnosis(
        self, e: Explanation, variable: str, fault: Expr, right: Expr, meant: Expr | None = None
    ) -> Diagnosis:
        """The diagnosis of one explained fault: ``fault`` is the node, ``right`` the expression for it, and
        ``meant`` the variable by which the fault should be the gradient.
        """
        opened = {fault, right}
        opened |= {x for x in (e.found, e.expected) if x is not None and x not in self.names.forward}
        found = brief(self._text(standing(e), opened))
        expected = brief(self._text(self._belonging(e), opened))
        shown = variable or "this expression"
        message, meaning = getattr(self, "_" + e.code.replace("-", "_"))(e, shown, found, expected)
        if e.also_factor is not None:
            besides = f"a factor of {self.names.factor(e.also_factor)} is left over"
            meaning = f"{meaning}; besides, {besides}" if meaning else f"besides, {besides}"
        inside = e.node is not None and e.node is not fault
        span = (
            self.names.origin(e.node, self.names.binding(fault, meant))
            if inside and e.node is not None
            else None
        )
        diagnosis = Diagnosis(
            e.code,
            message,
            variable,
            found,
            expected,
            meaning,
            span=span or self.names.span_of_variable(fault, meant),
            indices=e.indices,
        )
        if e.code == "wrong-factor":
            diagnosis.factor = self.names.factor(e.ratio)
        return diagnosis

    def _belonging(self, e: Explanation) -> Expr | None:
        """What belongs there; for a wrong factor, the user's own term with the right one."""
        if e.code != "wrong-factor" or e.found is None or not e.ratio:
            return e.expected
        return multiply(self.names.scalars.expression(1 / e.ratio), e.found)

    def inherited(self, name: str, variable: str, fault: Expr) -> Diagnosis:
        """A gradient that is wrong only because of an upstream variable."""
        source = variable or "an upstream expression"
        own = self.names.gradient(name)
        root = self.bench.expressions[name]
        return Diagnosis(
            "inherited",
            f"{own} is wrong because {source} is; its own line is right",
            variable=own,
            meaning=f"nothing to change here: it is right once {source} is right",
            span=self.names.span_of_variable(root),
            first_wrong=variable or None,
            inherited_from=variable or None,
        )

    def _text(self, expr: Expr | None, opened: set[Expr]) -> str:
        return "" if expr is None else self.names.text(expr, opened)

    def _part(self, expr: Expr | None) -> str:
        return "" if expr is None else brief(self.names.text(expr))

    # --- one pair of sentences a code -------------------------------------------------------------------

    def _wrong_factor(self, e: Explanation, v: str, found: str, expected: str) -> tuple[str, str]:
        factor = self.names.factor(e.ratio)
        if not found:
            return (f"all in {v} but its penalty is {factor} times as large as it should be",
                    "every entry of that part is off by the same factor")
        if factor == "-1":
            what = found if fits(found) else "a term"
            return f"the sign of {what} in {v} is wrong", "it points the opposite way"
        if not fits(found, expected):
            return (
                f"{found if fits(found) else 'a term'} in {v} is {factor} times as large as it should be",
                f"every entry of the term is {factor} times what it should be",
            )
        return (
            f"{found} in {v} should be {expected}: it is {factor} times as large",
            f"every entry of the term is {factor} times what it should be",
        )

    def _missing_term(self, e: Explanation, v: str, found: str, expected: str) -> tuple[str, str]:
        if e.indices:
            places = self._places(e)
            return (
                f"the penalty's term is missing from {v} at {places}",
                "the cost penalises these entries too; if it should not, the cost is the wrong side",
            )
        term = f"the term {expected}" if fits(expected) else "a term"
        return f"{term} is missing from {v}", "the cost has a part whose derivative was left out"

    def _extra_term(self, e: Explanation, v: str, found: str, expected: str) -> tuple[str, str]:
        term = found if found and fits(found) else "a term"
        return f"{term} does not belong in {v}", "the cost has no part with this derivative"

    def _penalty_on_bias(self, e: Explanation, v: str, found: str, expected: str) -> tuple[str, str]:
        what = found if found and fits(found) and not e.indices else "a penalty term"
        return (
            f"{what} penalises a bias in {v}; the cost does not",
            "the cost's penalty runs over the weights only, so its derivative by a bias is 0",
        )

    def _sum_for_matrix(self, e: Explanation, v: str, found: str, expected: str) -> tuple[str, str]:
        belongs = f": {expected}" if fits(found, expected) else ""
        what = found if found and fits(found) else "a term"
        return (
            f"{what} in {v} is a sum where the array itself belongs{belongs}",
            "a scalar added to every entry, instead of each entry's own derivative",
        )

    def _transposed(self, e: Explanation, v: str, found: str, expected: str) -> tuple[str, str]:
        what = self._part(e.part_expected) or expected
        return (
            f"{what if fits(what) else 'a factor'} in {v} is transposed",
            "rows and columns of that factor are swapped; only square shapes let it pass",
        )

    def _wrong_operand(self, e: Explanation, v: str, found: str, expected: str) -> tuple[str, str]:
        stands, belongs = self._part(e.part_found), self._part(e.part_expected)
        if not stands:
            factor = f"the factor {belongs}" if fits(belongs) else "a factor"
            return f"{factor} is missing in {v}", "the chain rule multiplies by it on the way back"
        return self._in_place(
            stands, belongs, v
        ), "the chain rule takes the value that the cost itself used there"

    def _wrong_operation(self, e: Explanation, v: str, found: str, expected: str) -> tuple[str, str]:
        if e.part_found is not None:
            extra = self._part(e.part_found)
            return (
                f"{f'the factor {extra}' if fits(extra) else 'a factor'} does not belong in {v}",
                "the cost has no such factor there",
            )
        wrong = f": {found}" if fits(found) else ""
        right = f"expected {expected}: " if fits(expected) else ""
        return (
            f"{v} combines the right factors by the wrong product{wrong}",
            f"{right}@ sums over the inner axis, * multiplies entry by entry",
        )

    def _wrong_axis(self, e: Explanation, v: str, found: str, expected: str) -> tuple[str, str]:
        return (
            f"{v} is summed over the wrong axis" + (f": {found}" if fits(found) else ""),
            "entries that belong to different rows or columns are added up",
        )

    @staticmethod
    def _in_place(stands: str, belongs: str, v: str) -> str:
        if stands == belongs:
            return f"{stands} stands in {v} where that of another iteration belongs"
        if fits(stands, belongs):
            return f"{stands} stands in {v} where {belongs} belongs"
        if fits(stands):
            return f"{stands} stands in {v} where another expression belongs"
        return f"another expression stands in {v} where {belongs if fits(belongs) else 'a factor'} belongs"

    def _missing_derivative(self, e: Explanation, v: str, found: str, expected: str) -> tuple[str, str]:
        belongs, stands = self._part(e.part_expected), self._part(e.part_found)
        if stands:
            which = f": {stands} instead of {belongs}" if fits(stands, belongs) else ""
            return (
                f"the derivative of the activation in {v} is wrong{which}",
                "it is taken at the value of the forward pass, of the function used there",
            )
        factor = f": the factor {belongs}" if fits(belongs) else ""
        return (
            f"the derivative of the activation is missing from {v}{factor}",
            "the chain rule multiplies by the activation's derivative when it passes back through it",
        )

    def _wrong_mask(self, e: Explanation, v: str, found: str, expected: str) -> tuple[str, str]:
        stands, belongs = self._part(e.part_found), self._part(e.part_expected)
        if not stands and belongs:
            return (
                f"{f'the mask {belongs}' if fits(belongs) else 'a mask'} is missing from {v}",
                "entries that the cost leaves out are counted",
            )
        if not belongs:
            return (
                f"{f'the mask {stands}' if fits(stands) else 'a mask'} does not belong in {v}",
                f"expected {expected}" if fits(expected) else "",
            )
        return (
            f"the mask {stands} stands in {v} where {belongs} belongs"
            if fits(stands, belongs)
            else f"a mask in {v} is that of another array",
            "gradients flow through the units of another array than the ones that were active",
        )

    def _wrong_entries(self, e: Explanation, v: str, found: str, expected: str) -> tuple[str, str]:
        places = self._places(e)
        if e.moved:
            return (f"the entries of {v} stand in another order",
                    "the right values at other places: parts in another order, or rows where columns belong")
        many = "entry is" if len(e.indices) == 1 else "entries are"
        return f"{len(e.indices)} {many} wrong in {v}: {places}", "all other entries are right"

    @staticmethod
    def _places(e: Explanation) -> str:
        return ", ".join(str(list(i)) for i in e.indices[:4]) + (", ..." if len(e.indices) > 4 else "")

    def _unexplained(self, e: Explanation, v: str, found: str, expected: str) -> tuple[str, str]:
        return (
            f"{v} is wrong, and no small change of the right expression explains it",
            f"the right expression is {expected}" if expected and fits(expected) else "",
        )
