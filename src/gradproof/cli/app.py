"""The commands and their options."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from gradproof import __version__
from gradproof.check.codes import CODES
from gradproof.cli import run
from gradproof.cli.derive import FormulaOptions, derive_formula, is_file
from gradproof.cli.prove import prove_command

app = typer.Typer(
    name="gradproof",
    help="Settle a gradient: prove a hand-written one right, or name the term that is wrong.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="a .py file or a notebook (.ipynb)")]
FunctionName = Annotated[
    str | None, typer.Option("--function", "-f", metavar="NAME", help="use only this function")
]
Data = Annotated[str | None, typer.Option("--data", metavar="FILE.npz", help="inputs by argument name")]
Timeout = Annotated[float, typer.Option("--timeout", metavar="S", min=0.1, help="give up after S seconds")]
NoColor = Annotated[bool, typer.Option("--no-color", help="no colours on a terminal either")]
Json = Annotated[bool, typer.Option("--json", help="print the report as JSON")]
Latex = Annotated[bool, typer.Option("--latex", help="print derivations as LaTeX")]


@app.command()
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


@app.command()
def derive(
    formula: Annotated[
        str, typer.Argument(metavar="FORMULA|FILE", help="a formula, or a .py file or notebook with a cost")
    ],
    wrt: Annotated[
        list[str] | None,
        typer.Option("--wrt", metavar="W", help="derive by this; several times for a total differential"),
    ] = None,
    declare: Annotated[
        list[str] | None,
        typer.Option("--declare", "-d", metavar="'A: n x n, spd'", help="shape and facts of a variable"),
    ] = None,
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
    dialect: Annotated[
        str | None, typer.Option("--dialect", help="numpy, math, matlab, r or latex; recognised by default")
    ] = None,
    steps: Annotated[
        bool, typer.Option("--steps", help="print the derivation, each step with its rule")
    ] = False,
    detail: Annotated[
        int, typer.Option("--detail", min=0, max=3, help="0 result, 1 derivation, 2 every rewrite, 3 sources")
    ] = 0,
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
        max(detail, int(steps)), to, json, verify, no_color,
    )  # fmt: skip
    raise typer.Exit(run.guarded(lambda: derive_formula(asked), json=json, no_color=no_color))


app.command("prove")(prove_command)


@app.command()
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


def _version(value: bool) -> None:
    if value:
        typer.echo(f"gradproof {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Entry point of the ``gradproof`` command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()
