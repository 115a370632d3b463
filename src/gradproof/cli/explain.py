"""``gradproof explain CODE``."""

from __future__ import annotations

from typing import Annotated

import typer

from gradproof.checking.codes import CODES


def explain(
    code: Annotated[str, typer.Argument(help="a diagnosis code, such as sum-for-matrix")] = "",
) -> None:
    """Explain a diagnosis code, with an example."""
    entry = CODES.get(code.strip().strip("[]").removeprefix("error[").lower())
    if entry is None:
        listed = "\n".join(f"  {each.code:<20}{each.says}" for each in CODES.values())
        typer.echo(f"there is no code {code!r}; the codes are\n{listed}" if code else listed, err=bool(code))
        raise typer.Exit(2 if code else 0)
    typer.echo(
        f"{entry.code}\n\n{entry.says}\n\n  wrong:  {entry.wrong}\n  right:  {entry.right}\n\n{entry.why}"
    )
