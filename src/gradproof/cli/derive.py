"""``gradproof derive FORMULA|FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gradproof.cli import run
from gradproof.cli.formula import FormulaOptions, derive_formula, is_file
from gradproof.cli.options import Data, Declare, Dialect, FunctionName, Json, Latex, NoColor, Timeout


def derive(
    formula: Annotated[
        str, typer.Argument(metavar="FORMULA|FILE", help="a formula, or a .py file or notebook with a cost")
    ],
    wrt: Annotated[
        list[str] | None,
        typer.Option("--wrt", metavar="W", help="derive by this; several times for a total differential"),
    ] = None,
    declare: Declare = None,
    let: Annotated[
        list[str] | None, typer.Option("--let", metavar="'Z = W X + b'", help="name a part of the formula")
    ] = None,
    order: Annotated[int, typer.Option("--order", min=1, help="2 for the Hessian")] = 1,
    kind: Annotated[
        str | None, typer.Option("--kind", help="gradient, jacobian, hessian or differential")
    ] = None,
    structure: Annotated[
        str | None, typer.Option("--structure", help="by the entries of a symmetric, diagonal, ... variable")
    ] = None,
    layout: Annotated[str, typer.Option("--layout", help="mixed, numerator or denominator")] = "mixed",
    dialect: Dialect = None,
    steps: Annotated[
        bool, typer.Option("--steps", help="print the derivation, each step with its rule")
    ] = False,
    detail: Annotated[
        int, typer.Option("--detail", min=0, max=3, help="0 result, 1 derivation, 2 every rewrite, 3 sources")
    ] = 0,
    style: Annotated[
        str, typer.Option("--style", help="of --steps: differential, index, backprop or all")
    ] = "all",
    to: Annotated[
        str, typer.Option("--to", help="text, latex, markdown, mathml, svg, numpy, torch or jax")
    ] = "text",
    verify: Annotated[bool, typer.Option("--verify", help="evaluate both sides of every step")] = False,
    function: FunctionName = None,
    data: Data = None,
    json: Json = False,
    latex: Latex = False,
    numpy: Annotated[bool, typer.Option("--numpy", help="the same as --to numpy")] = False,
    timeout: Timeout = 60.0,
    no_color: NoColor = False,
) -> None:
    """Derive the gradient, Jacobian, Hessian or differential of a formula, or of the cost in a file."""
    if is_file(formula):
        one = wrt[0] if wrt else None
        options = run.Options(
            Path(formula), function, data, timeout, json, latex or to == "latex", True, no_color, one,
            numpy or to == "numpy",
        )  # fmt: skip
        raise typer.Exit(run.derive_file(options))
    to = "latex" if latex else "numpy" if numpy else to
    asked = FormulaOptions(
        formula, wrt or [], declare or [], let or [], order, structure, kind, layout, dialect,
        max(detail, int(steps or style != "all")), to, json, verify, no_color, style,
    )  # fmt: skip
    raise typer.Exit(run.guarded(lambda: derive_formula(asked), json=json, no_color=no_color))
