"""``gradproof translate --from course=0.7 --to keras.L2``: λ of one framework as that of another."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from gradproof.cli import run
from gradproof.cli.options import NoColor
from gradproof.errors import InputError
from gradproof.train.conventions import CONVENTIONS, Translation, translations
from gradproof.train.conventions import translate as translated
from gradproof.train.conventions.report import list_lines, table_lines
from gradproof.train.conventions.result import Line, given_text
from gradproof.train.conventions.situation import Situation

WIDTH = 100
STATUS = {"exact": 0, "approximate": 1, "none": 2}
STYLES = {
    "good": "bold green",
    "bad": "bold red",
    "unsure": "bold yellow",
    "dim": "dim",
    "bold": "bold",
    "": "",
}


@dataclass(slots=True)
class _Asked:
    """What was asked for, and the exit status to be."""

    source: str | None
    to: str | None
    situation: dict[str, Any]
    per: str | None
    approximate: bool
    as_list: bool
    json: bool
    no_color: bool
    status: int = 0
    lines: list[Line] = field(default_factory=list)


def translate(
    source: Annotated[
        str | None, typer.Option("--from", metavar="NAME=VALUE", help="what there is, such as course=0.7")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="NAME", help="what is wanted, such as keras.L2, or all")
    ] = None,
    m: Annotated[int | None, typer.Option("--m", metavar="N", help="rows of the data")] = None,
    batch: Annotated[int | None, typer.Option("--batch", metavar="N", help="rows of a mini-batch")] = None,
    lr: Annotated[str | None, typer.Option("--lr", metavar="X", help="learning rate")] = None,
    optimizer: Annotated[
        str | None,
        typer.Option("--optimizer", metavar="NAME", help="sgd, momentum or adam (any adaptive one)"),
    ] = None,
    momentum: Annotated[str | None, typer.Option("--momentum", metavar="X", help="μ, say 0.9")] = None,
    per: Annotated[
        str | None, typer.Option("--per", metavar="WHAT", help="what the m of λ/m is: data, batch or none")
    ] = None,
    loss: Annotated[
        str, typer.Option("--loss", metavar="KIND", help="data cost of --from: mean, sum, mse or sse")
    ] = "mean",
    to_loss: Annotated[
        str, typer.Option("--to-loss", metavar="KIND", help="data cost of --to: mean, sum, mse or sse")
    ] = "mean",
    sd_y: Annotated[
        str | None,
        typer.Option("--sd-y", metavar="X", help="standard deviation of the targets (glmnet, Spark)"),
    ] = None,
    biases: Annotated[
        bool | None, typer.Option("--biases/--no-biases", help="whether biases are penalised too")
    ] = None,
    approximate: Annotated[
        bool, typer.Option("--approximate", help="the nearest value where there is no equivalent")
    ] = False,
    as_list: Annotated[
        bool, typer.Option("--list", help="every convention: its formula and its c")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="print the translation as JSON")] = False,
    no_color: NoColor = False,
) -> None:
    """Translate λ, weight_decay, alpha, C, ... of one framework into that of another.

    Exit status: 0 exact, 1 approximate (with --approximate), 2 no equivalent, or the input could not be used.
    """
    situation = {
        "m": m,
        "batch": batch,
        "lr": lr,
        "momentum": momentum,
        "sd_y": sd_y,
        "optimizer": optimizer,
        "loss": loss,
        "to_loss": to_loss,
        "biases": biases,
    }
    asked = _Asked(source, to, situation, per, approximate, as_list, json, no_color)
    failed = run.guarded(lambda: _translate(asked), json=json, no_color=no_color)
    raise typer.Exit(failed or asked.status)


def _translate(asked: _Asked) -> None:
    if asked.as_list:
        _list(asked)
        return
    name, value = _given(asked.source)
    if asked.to is None:
        raise InputError("it was not said to what to translate", fix="add --to keras.L2, or --to all")
    options = {**asked.situation, "per": asked.per, "approximate": asked.approximate}
    if asked.to.lower() == "all":
        _all(asked, name, value, translations(name, value, **options))
        return
    found = translated(name, value, to=asked.to, **options)
    asked.status = STATUS[found.exactness]
    _show(asked, found.to_dict(), found.lines())


def _given(text: str | None) -> tuple[str, str]:
    """Name and value of --from."""
    if text is None:
        raise InputError(
            "it was not said from what to translate", fix="add --from course=0.7; --list shows the names"
        )
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise InputError(
            f"not of the form NAME=VALUE: {text!r}", where="--from", fix="write --from course=0.7"
        )
    return name.strip(), value.strip()


def _list(asked: _Asked) -> None:
    rows = CONVENTIONS.values()
    content = [
        {
            "name": each.name,
            "option": each.option,
            "value": each.label,
            "acts": each.acts,
            "formula": each.formula,
            "biases": each.biases,
            "biases_by_default": each.biases_by_default,
            "notes": list(each.notes),
            "known": list(each.known),
            "source": each.source,
        }
        for each in rows
    ]
    explained = [
        ("", ""),
        (
            (
                "J is the mean loss of an example, g its gradient. c is the factor in the gradient of "
                "J + c/2 ‖W‖²_F,"
            ),
            "dim",
        ),
        ("by which they are compared; that of a decay is meant for plain gradient descent.", "dim"),
        ("biases: *, unless the code says otherwise.", "dim"),
    ]
    _show(asked, content, [*list_lines(rows), *explained])


def _all(asked: _Asked, name: str, value: str, found: dict[str, Translation | InputError]) -> None:
    content = {
        key: {"error": {"what": each.what, "where": each.where, "fix": each.fix}}
        if isinstance(each, InputError)
        else each.to_dict()
        for key, each in found.items()
    }
    told = given_text(Situation(**asked.situation))
    head = f"{name} = {value}" + (f", {told}" if told else "")
    _show(asked, content, [(head, "bold"), ("", ""), *table_lines(found), *_footnotes(found.values())])


def _footnotes(found: Iterable[Translation | InputError]) -> list[Line]:
    """How the input was read, which is the same for all."""
    read = dict.fromkeys(
        text for each in found if isinstance(each, Translation) for text in each.assumptions
    )
    return [("", ""), *((f"read: {text}", "dim") for text in read)] if read else []


def _show(asked: _Asked, content: Any, lines: Iterable[Line]) -> None:
    if asked.json:
        typer.echo(json_format.dumps(content, indent=2, ensure_ascii=False))
        return
    width = None if sys.stdout.isatty() else WIDTH
    console = Console(file=sys.stdout, width=width, no_color=asked.no_color or None, highlight=False)
    for text, style in lines:
        console.print(Text(text, style=STYLES[style]), soft_wrap=True)
