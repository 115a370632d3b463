"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(metavar="FILE", help="a .py file or a notebook (.ipynb)")]
FunctionName = Annotated[
    str | None, typer.Option("--function", "-f", metavar="NAME", help="use only this function")
]
Data = Annotated[str | None, typer.Option("--data", metavar="FILE.npz", help="inputs by argument name")]
Timeout = Annotated[float, typer.Option("--timeout", metavar="S", min=0.1, help="give up after S seconds")]
NoColor = Annotated[bool, typer.Option("--no-color", help="no colours on a terminal either")]
Json = Annotated[bool, typer.Option("--json", help="print the report as JSON")]
Latex = Annotated[bool, typer.Option("--latex", help="print derivations as LaTeX")]
Declare = Annotated[
    list[str] | None,
    typer.Option("--declare", "-d", metavar="'A: n x n, spd'", help="shape and facts of a variable"),
]
Dialect = Annotated[
    str | None, typer.Option("--dialect", help="numpy, math, matlab, r or latex; recognised by default")
]
