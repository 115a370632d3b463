"""What a translation finds, and how it is printed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradproof.expr.node import Expr, symbols
from gradproof.train.conventions.convention import Convention
from gradproof.train.conventions.judging import Exactness
from gradproof.train.conventions.situation import NAMES, Situation, plain
from gradproof.write.matrix import to_latex, to_text

Line = tuple[str, str]  # text, and a style: good, bad, unsure, dim or none
WIDTH = 96
VERDICTS = {
    "exact": ("exact", "good"),
    "approximate": ("approximate", "unsure"),
    "none": ("no equivalent", "bad"),
}
GIVEN = ("m", "batch", "lr", "momentum", "sd_y", "optimizer")


@dataclass(frozen=True, slots=True, repr=False)
class Translation:
    """A value of one convention as one of another. ``str()`` is a report.

    Attributes
    ----------
    source, target : the conventions
    given : the value of the source
    exactness : ``"exact"``: the same gradient or the same step, so the same training; ``"approximate"``: as
        near as it comes, which was asked for; ``"none"``: there is no equivalent
    value : of the target; None where there is no equivalent
    nearest : what ``approximate=True`` would give, where ``value`` is None and there is such a number
    expression : the value in terms of the source's and of m, b, lr, ...; ``formula`` and ``latex`` print it
    c : the number both stand for, in the gradient of J + c/2 ‖W‖²_F
    code : lines to paste, filled in
    biases : whether biases are penalised by that code
    reasons : why it is exact, or what differs; before the colon in short
    assumptions : how the input was read where it can be read otherwise
    notes : what people trip over
    situation : rows, learning rate and so on, as they were given
    """

    source: Convention
    target: Convention
    given: float
    exactness: Exactness
    value: float | None = None
    nearest: float | None = None
    expression: Expr | None = None
    c: float | None = None
    code: str = ""
    biases: bool = False
    reasons: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    situation: Situation = field(default_factory=Situation)

    @property
    def formula(self) -> str:
        """The equation of the value, such as ``l = λ/(2m)``; empty where there is none."""
        return "" if self.expression is None else f"{self.target.label} = {to_text(self.expression)}"

    @property
    def latex(self) -> str:
        """The same in LaTeX."""
        if self.expression is None:
            return ""
        return f"{to_latex(self.target.symbol)} = {to_latex(self.expression)}"

    def __repr__(self) -> str:
        value = "" if self.value is None else f" = {self.value!r}"
        given = f"{self.source.name} = {self.given!r}"
        return f"<Translation {given} to {self.target.name}{value}, {self.exactness}>"

    def __str__(self) -> str:
        return "\n".join(text for text, _ in self.lines())

    def to_dict(self) -> dict[str, Any]:
        """The translation as plain data."""
        given = {name: plain(getattr(self.situation, name)) for name in (*GIVEN, "loss", "to_loss")}
        return {
            "from": self.source.name,
            "given": self.given,
            "to": self.target.name,
            "option": self.target.option,
            "exactness": self.exactness,
            "value": self.value,
            "nearest": self.nearest,
            "formula": self.formula,
            "latex": self.latex,
            "c": self.c,
            "code": self.code,
            "biases": self.biases,
            "reasons": list(self.reasons),
            "assumptions": list(self.assumptions),
            "notes": list(self.notes),
            "known": list(self.target.known),
            "source": self.target.source,
            "situation": given,
        }

    def lines(self) -> list[Line]:
        """The report, a line of text and its style each."""
        verdict, style = VERDICTS[self.exactness]
        right = self.target.name if self.value is None else f"{_named(self.target)} = {self.value!r}"
        found: list[Line] = [
            (f"{_named(self.source)} = {self.given:g}  →  {right}", "bold"),
            (verdict, style),
        ]
        if self.expression is not None:
            used = given_text(self.situation, self.expression)
            found += [("", ""), (f"  {self.formula}" + (f"   with {used}" if used else ""), "")]
        found += [("", ""), *_what_they_do(self.source, self.target)]
        found += [("", ""), *_paragraphs("why", self.reasons)]
        if self.nearest is not None:
            found.append((f"          --approximate gives {self.target.label} = {self.nearest:.6g}", ""))
        if self.code:
            found += [
                ("", ""),
                ("  paste", "dim"),
                *((f"    {line}".rstrip(), "") for line in self.code.splitlines()),
            ]
        found += self._biases_line()
        found += _paragraphs("read", self.assumptions)
        found += _paragraphs("note", self.notes if self.value is not None else ())
        found.append(("", ""))
        found += [(text, "dim") for text, _ in _paragraphs("known", [_known(self.target)])]
        return found

    def _biases_line(self) -> list[Line]:
        if self.value is None:
            return []
        words = "penalised as well" if self.biases else "not penalised"
        return [("", ""), *_paragraphs("biases", [words])]


def given_text(situation: Situation, formula: Expr | None = None) -> str:
    """What was given, in one line; of a formula only what occurs in it."""
    names = GIVEN if formula is None else [NAMES[leaf] for leaf in symbols(formula) if leaf in NAMES]
    return ", ".join(
        f"{name.replace('_', '-')} = {plain(getattr(situation, name))}"
        for name in names
        if getattr(situation, name) is not None
    )


def _named(convention: Convention) -> str:
    return f"{convention.name} {convention.label}"


def _what_they_do(source: Convention, target: Convention) -> list[Line]:
    """The formulas of both, aligned."""
    both = [source] if source is target else [source, target]
    rows = [
        (each.name, each.acts, each.formula, "" if each.c is None else f"c = {to_text(each.c)}")
        for each in both
    ]
    return [(f"  {text}", "") for text in aligned(rows, 3)]


def _known(convention: Convention) -> str:
    words = {"run": "run and measured", "source": "read in its source", "docs": "read in its documentation"}
    return (
        f"{convention.name}: {', '.join(words.get(k, k) for k in convention.known)} ({convention.source})"
    )


def _paragraphs(title: str, texts: Iterable[str]) -> list[Line]:
    """Each text, wrapped beside the title."""
    found: list[Line] = []
    for k, text in enumerate(texts):
        first = f"  {title if not k else '':<8}"
        wrapped = textwrap.wrap(text, WIDTH - len(first), break_on_hyphens=False, break_long_words=False)
        found += [((first if not n else " " * len(first)) + line, "") for n, line in enumerate(wrapped)]
    return found


def aligned(rows: Sequence[Sequence[str]], gap: int = 2) -> list[str]:
    """Columns of equal width, all to the left."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    between = " " * gap
    return [
        between.join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
