"""The derivative of a formula that was typed, printed as formula, steps or code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.text import Text

from gradproof.api import derive
from gradproof.derivation import Derivation
from gradproof.derivation.steps import StepLine, step_lines
from gradproof.errors import InputError

WIDTH = 100
SOURCE_WIDTH = 88


@dataclass(frozen=True, slots=True)
class FormulaOptions:
    """What was asked for on the command line.

    Attributes
    ----------
    write : ``text``, ``latex``, ``numpy``, ``torch``, ``jax``, ``markdown``, ``mathml`` or ``svg``
    detail : 0 the result, 1 the derivation, 2 every step with its rule, 3 with the rule's source
    """

    formula: str
    wrt: list[str] = field(default_factory=list)
    declare: list[str] = field(default_factory=list)
    let: list[str] = field(default_factory=list)
    order: int = 1
    structure: str | None = None
    kind: str | None = None
    layout: str = "mixed"
    dialect: str | None = None
    detail: int = 0
    write: str = "text"
    json: bool = False
    verify: bool = False
    no_color: bool = False


def is_file(argument: str) -> bool:
    """Whether the argument of ``derive`` names a file and not a formula."""
    return argument.endswith((".py", ".ipynb")) or Path(argument).is_file()


def derive_formula(options: FormulaOptions) -> None:
    """Derive and print."""
    let = dict(_definition(text) for text in options.let)
    wrt = options.wrt[0] if len(options.wrt) == 1 else options.wrt or None
    found = derive(
        options.formula, wrt=wrt, shapes=options.declare or None, let=let, order=options.order,
        structure=options.structure, kind=options.kind, layout=options.layout, dialect=options.dialect,
    )  # fmt: skip
    if options.json:
        print(json.dumps(as_dict(found, verify=options.verify), indent=2, ensure_ascii=False))  # noqa: T201
    elif options.write == "text":
        _print(found, options)
    else:
        print(WRITERS[options.write](found))  # noqa: T201


def _definition(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip().isidentifier():
        raise InputError(f"not a definition: {text!r}", where="--let", fix="write NAME = FORMULA")
    return name.strip(), value.strip()


WRITERS = {
    "latex": lambda d: d.to_latex(),
    "numpy": lambda d: d.to_numpy(),
    "torch": lambda d: d.to_torch(),
    "jax": lambda d: d.to_jax(),
    "markdown": lambda d: d.to_markdown(),
    "mathml": lambda d: d.to_mathml(),
    "svg": lambda d: d.to_svg(),
}


def as_dict(found: Derivation, *, verify: bool = False) -> dict[str, object]:
    """The derivation as plain data."""
    content: dict[str, object] = {
        "expression": found.expression_text,
        "wrt": [v.name for v in found.wrt],
        "shape": [str(n) for n in found.gradient.shape],
        "result": found.to_text(),
        "latex": found.to_latex(steps=False),
        "steps": [
            {"rule": s.rule, "left": s.left, "right": s.right, "source": s.source}
            for s in step_lines(found.steps, found.symbol_names)
        ],
        "notes": found.notes,
    }
    if verify:
        checked = found.verify()
        content["verified"] = {"steps": len(checked.steps), "hold": checked.holds}
    return content


def _print(found: Derivation, options: FormulaOptions) -> None:
    stream = sys.stdout
    width = None if stream.isatty() else WIDTH
    console = Console(file=stream, width=width, no_color=options.no_color or None, highlight=False)

    def say(text: str = "", style: str = "") -> None:
        console.print(Text(text, style=style), soft_wrap=True)

    if options.detail == 1:
        say(str(found).strip("\n"))
    elif options.detail >= 2:
        _print_steps(console, found, sources=options.detail >= 3)
    if options.detail != 1:
        say(found.to_text(), "bold")
        for note in found.notes:
            say(f"  {note}", "dim")
    if options.verify:
        _print_verification(console, found)


def _print_steps(console: Console, found: Derivation, *, sources: bool) -> None:
    console.print(Text(f"f = {found.expression_text}"), soft_wrap=True)
    told: set[str] = set()
    for k, line in enumerate(step_lines(found.steps, found.symbol_names), start=1):
        console.print()
        again = f"  ({line.times} times)" if line.times > 1 else ""
        console.print(Text.assemble((f"{k:>3}  ", "dim"), (line.rule, "bold cyan"), (again, "dim")))
        for text in _equation(line):
            console.print(Text(" " * 7 + text), soft_wrap=True)
        for note in _about(line, {}, told, sources=sources):
            console.print(Text(" " * 7 + note, style="dim"), soft_wrap=True)
    console.print()


def _equation(line: StepLine) -> Iterable[str]:
    if len(line.left) + len(line.right) + 10 <= WIDTH:
        return [f"{line.left} = {line.right}"]
    return [line.left, f"  = {line.right}"]


def _about(line: StepLine, rules: Mapping[str, str], told: set[str], *, sources: bool) -> Iterable[str]:
    """The rule in symbols and its source, where it occurs first."""
    if line.rule in told:
        return
    told.add(line.rule)
    if line.rule in rules:
        yield f"rule: {rules[line.rule]}"
    if sources and line.source:
        yield f"source: {line.source}"


def _print_verification(console: Console, found: Derivation) -> None:
    checked = found.verify()
    bad = checked.failures
    text = f"{len(checked.steps)} steps evaluated on both sides, result against plain differentiation: "
    text += "all agree" if checked.holds else f"{len(bad)} steps differ"
    console.print(Text(text, style="green" if checked.holds else "bold red"), soft_wrap=True)
