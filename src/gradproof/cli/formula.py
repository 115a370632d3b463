"""The derivative of a formula that was typed, printed as formula, steps or code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.text import Text

from gradproof.api import derive
from gradproof.derivation import Derivation
from gradproof.derivation.steps import StepLine
from gradproof.errors import InputError
from gradproof.write.names import text_name

WIDTH = 100


@dataclass(frozen=True, slots=True)
class FormulaOptions:
    """What was asked for on the command line.

    Attributes
    ----------
    write : ``text``, ``latex``, ``numpy``, ``torch``, ``jax``, ``markdown``, ``mathml`` or ``svg``
    detail : 0 the result, 1 the derivation, 2 every step with its rule, 3 with the rule's source
    style : of the derivation: ``differential``, ``index``, ``backprop`` or ``all``
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
    style: str = "all"


def is_file(argument: str) -> bool:
    """Whether the argument of ``derive`` names a file and not a formula."""
    return argument.endswith((".py", ".ipynb")) or Path(argument).is_file()


def derive_formula(options: FormulaOptions) -> None:
    """Derive and print."""
    if options.write not in ("text", *WRITERS):
        known = ", ".join(["text", *WRITERS])
        raise InputError(f"there is no writer {options.write!r}", where="--to", fix=f"choose one of {known}")
    let = dict(_definition(text) for text in options.let)
    wrt = options.wrt[0] if len(options.wrt) == 1 else options.wrt or None
    found = derive(
        options.formula, wrt=wrt, shapes=options.declare or None, let=let, order=options.order,
        structure=options.structure, kind=options.kind, layout=options.layout, dialect=options.dialect,
    )  # fmt: skip
    if options.json:
        content = as_dict(found, verify=options.verify, style=options.style)
        print(json.dumps(content, indent=2, ensure_ascii=False))  # noqa: T201
    elif options.write == "text":
        _print(found, options)
    else:
        print(WRITERS[options.write](found, options.style))  # noqa: T201


def _definition(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip().isidentifier():
        raise InputError(f"not a definition: {text!r}", where="--let", fix="write NAME = FORMULA")
    return name.strip(), value.strip()


WRITERS = {
    "latex": lambda d, style: d.to_latex(style=style),
    "numpy": lambda d, style: d.to_numpy(),
    "torch": lambda d, style: d.to_torch(),
    "jax": lambda d, style: d.to_jax(),
    "markdown": lambda d, style: d.to_markdown(style=style),
    "mathml": lambda d, style: d.to_mathml(),
    "svg": lambda d, style: d.to_svg(),
}


def as_dict(found: Derivation, *, verify: bool = False, style: str = "all") -> dict[str, object]:
    """The derivation as plain data."""
    content: dict[str, object] = {
        "expression": found.expression_text,
        "wrt": [v.name for v in found.wrt],
        "shape": [str(n) for n in found.gradient.shape],
        "result": found.to_text(),
        "latex": found.to_latex(steps=False),
        "derivation": [
            {
                "title": title,
                "rows": [dict(zip(("left", "right", "rule"), row[:3], strict=True)) for row in rows],
            }
            for title, rows in found.sections(style=style)
        ],
        "steps": [_step(line) for line in found.step_lines()],
        "notes": found.notes,
    }
    if verify:
        checked = found.verify()
        content["verified"] = {"steps": len(checked.steps), "hold": checked.holds}
    return content


def _step(line: StepLine) -> dict[str, object]:
    return {
        "rule": line.rule, "left": line.left, "raw": line.raw, "right": line.right, "where": line.where,
        "rule_in_symbols": line.symbols, "source": line.source, "times": line.times,
    }  # fmt: skip


def _print(found: Derivation, options: FormulaOptions) -> None:
    stream = sys.stdout
    width = None if stream.isatty() else WIDTH
    console = Console(file=stream, width=width, no_color=options.no_color or None, highlight=False)

    def say(text: str = "", style: str = "") -> None:
        console.print(Text(text, style=style), soft_wrap=True)

    if options.detail == 1:
        say(found.derivation_text(options.style).strip("\n"))
    elif options.detail >= 2:
        _print_steps(console, found, sources=options.detail >= 3)
    if options.detail != 1:
        say(found.to_text(), "bold")
        for note in found.notes:
            say(f"  {note}", "dim")
    if options.verify:
        _print_verification(console, found)


def _print_steps(console: Console, found: Derivation, *, sources: bool) -> None:
    console.print(Text(f"{text_name(found.output)} = {found.expression_text}"), soft_wrap=True)
    told: set[str] = set()
    for k, line in enumerate(found.step_lines(), start=1):
        console.print()
        where = f", in {line.where}" if line.where else ""
        again = f"  ({line.times} times)" if line.times > 1 else ""
        console.print(
            Text.assemble((f"{k:>3}  ", "dim"), (line.rule, "bold cyan"), (where + again, "dim")),
            soft_wrap=True,
        )
        for text in _equation(line):
            console.print(Text(" " * 7 + text), soft_wrap=True)
        for note in _about(line, told, sources=sources):
            console.print(Text(" " * 7 + note, style="dim"), soft_wrap=True)
    console.print()


def _equation(line: StepLine) -> Iterable[str]:
    sides = [side for side in (line.left, line.raw, line.right) if side]
    if sum(map(len, sides)) + 10 <= WIDTH and "\n" not in "".join(sides):
        return [" = ".join(sides)]
    first, *rest = (side.split("\n") for side in sides)
    return [*first, *(("  = " if k == 0 else "    ") + text for side in rest for k, text in enumerate(side))]


def _about(line: StepLine, told: set[str], *, sources: bool) -> Iterable[str]:
    """The rule in symbols and its source, where it occurs first."""
    if line.rule in told:
        return
    told.add(line.rule)
    if line.symbols:
        first, *rest = line.symbols.split("\n")
        yield f"rule: {first}"
        yield from (" " * 6 + text for text in rest)
    if sources and line.source:
        yield f"source: {line.source}"


def _print_verification(console: Console, found: Derivation) -> None:
    checked = found.verify()
    bad = checked.failures
    text = f"{len(checked.steps)} steps evaluated on both sides, result against plain differentiation: "
    text += "all agree" if checked.holds else f"{len(bad)} steps differ"
    console.print(Text(text, style="green" if checked.holds else "bold red"), soft_wrap=True)
