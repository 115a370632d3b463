"""``gradproof prove LEFT RIGHT``: whether two formulas are equal, or a formula is the gradient of a cost."""

from __future__ import annotations

import json as json_format
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from gradproof import proving
from gradproof.cli.options import Declare, Dialect, NoColor
from gradproof.errors import InputError
from gradproof.proving import Proof
from gradproof.proving.report import as_dict, to_lines

WIDTH = 100
UNUSABLE_STATUS = 2
STYLES = {"good": "bold green", "bad": "bold red", "unsure": "bold yellow", "dim": "dim", "": ""}


def prove(
    left: Annotated[str, typer.Argument(metavar="LEFT", help="a formula; with --wrt the candidate gradient")],
    right: Annotated[
        str | None, typer.Argument(metavar="RIGHT", help="another formula; not with --gradient-of")
    ] = None,
    declare: Declare = None,
    let: Annotated[
        list[str] | None, typer.Option("--let", metavar="'NAME = FORMULA'", help="a name for a part")
    ] = None,
    gradient_of: Annotated[
        str | None,
        typer.Option("--gradient-of", metavar="COST", help="compare LEFT with this cost's gradient"),
    ] = None,
    wrt: Annotated[
        str | None, typer.Option("--wrt", metavar="VARIABLE", help="differentiate --gradient-of by this")
    ] = None,
    dialect: Dialect = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="seed of the random points")] = 0,
    json: Annotated[bool, typer.Option("--json", help="print the proof as JSON")] = False,
    no_color: NoColor = False,
) -> None:
    """Prove that two formulas are equal, or find where they differ.

    With --gradient-of COST --wrt VARIABLE, the formula is compared with the gradient that is derived.

    Exit status: 0 equal, 1 not equal, 2 the input could not be used, 3 undecided.
    """
    try:
        found = _proof(left, right, declare or [], let or [], gradient_of, wrt, dialect, seed)
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(UNUSABLE_STATUS) from None
    if json:
        typer.echo(json_format.dumps(as_dict(found), indent=2, ensure_ascii=False))
    else:
        _print(found, no_color=no_color)
    raise typer.Exit(found.exit_status)


def _proof(
    left: str,
    right: str | None,
    declare: list[str],
    let: list[str],
    gradient_of: str | None,
    wrt: str | None,
    dialect: str | None,
    seed: int,
) -> Proof:
    lets = dict(_split(text, "=", "--let", "NAME = FORMULA") for text in let)
    if (gradient_of is None) != (wrt is None):
        raise InputError("--gradient-of and --wrt belong together", fix="give both, or two formulas")
    if gradient_of is not None and wrt is not None:
        if right is not None:
            raise InputError(
                "two formulas and --gradient-of", fix="give the candidate only: the gradient is derived"
            )
        return proving.prove_gradient(
            gradient_of, wrt, left, shapes=declare, let=lets, dialect=dialect, seed=seed
        )
    if right is None:
        raise InputError("one formula proves nothing", fix="give two, or --gradient-of COST --wrt VARIABLE")
    return proving.prove(left, right, shapes=declare, let=lets, dialect=dialect, seed=seed)


def _split(text: str, sign: str, option: str, form: str) -> tuple[str, str]:
    name, found, rest = text.partition(sign)
    if not found or not name.strip() or not rest.strip():
        raise InputError(f"not of the form {form}: {text!r}", where=option, fix=f"write {form}")
    return name.strip(), rest.strip()


def _print(found: Proof, *, no_color: bool) -> None:
    stream = sys.stdout
    width = None if stream.isatty() else WIDTH
    console = Console(file=stream, width=width, no_color=no_color or None, highlight=False)
    for line, style in to_lines(found):
        console.print(Text(line, style=STYLES[style]), soft_wrap=True)
