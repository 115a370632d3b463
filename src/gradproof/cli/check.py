"""``gradproof check FILE``."""

from __future__ import annotations

from typing import Annotated

import typer

from gradproof.cli import run
from gradproof.cli.options import Data, File, FunctionName, Json, Latex, NoColor, Timeout


def check(
    file: File,
    function: FunctionName = None,
    data: Data = None,
    json: Json = False,
    latex: Latex = False,
    derivation: Annotated[
        bool, typer.Option("--derivation", help="show how the right gradient comes about")
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", min=0, help="seed of the random points, to repeat a run"),
    ] = None,
    timeout: Timeout = 60.0,
    no_color: NoColor = False,
) -> None:
    """Check the gradients in FILE against the costs they belong to.

    Exit status: 0 all correct, 1 one is wrong, 2 the input could not be used, 3 inconclusive.
    """
    options = run.Options(
        file, function, data, timeout, json, latex, derivation or latex, no_color, seed=seed
    )
    raise typer.Exit(run.check_file(options))
