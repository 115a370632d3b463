"""``gradproof predict MODEL DATA``: what a trained network says of new rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from gradproof.cli import run
from gradproof.cli.options import NoColor
from gradproof.errors import InputError
from gradproof.train.job.model import Predictions, TableModel
from gradproof.train.tables.read import read_table
from gradproof.train.tables.table import Column, counted
from gradproof.train.tables.target import REGRESSION


def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="model.npz, as gradproof train wrote it")],
    data: Annotated[Path, typer.Argument(metavar="DATA", help="CSV, TSV (also .gz), Parquet or npz")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.csv", help="write there, and not to the terminal")
    ] = None,
    header: Annotated[bool | None, typer.Option("--header/--no-header", help="of a text file")] = None,
    missing: Annotated[
        str | None,
        typer.Option("--missing", help="values: error, mean or drop; by default as in training"),
    ] = None,
    no_color: NoColor = False,
) -> None:
    """Predict the target for the rows of a table: CSV with the prediction and the probability of each class.

    Columns that the model does not know are ignored. Where the table has the target, they are scored.

    Exit status: 0, or 2 if the input could not be used.
    """

    def action() -> None:
        trained = TableModel.load(model)
        table = read_table(data, target=trained.target.name, header=header)
        found = trained.predict(table, missing)
        if out is None:
            typer.echo(found.to_csv(), nl=False)
        else:
            _write(found, out)
        for note in (*table.notes, *found.notes, *_score(found)):
            typer.echo(note, err=True)
        if out is not None:
            typer.echo(f"{len(found.rows)} predictions written to {out}", err=True)

    raise typer.Exit(run.guarded(action, json=False, no_color=no_color))


def _write(found: Predictions, out: Path) -> None:
    try:
        out.write_text(found.to_csv(), "utf-8")
    except OSError as error:
        raise InputError(
            f"the predictions cannot be written: {error.strerror or error}", where=str(out),
            fix="give --out a file in a folder that exists",
        ) from error  # fmt: skip


def _score(found: Predictions) -> list[str]:
    """How the predictions compare with the target, where the table has it."""
    name = found.target.name
    if found.true is None:
        return []
    known = ~Column(name, found.true).missing
    true, said = found.true[known], found.values[known]
    if not len(true):
        return []
    if found.target.task != REGRESSION:
        return [f"accuracy {100 * np.mean(true == said):.1f} % of {counted(len(true))} with {name}"]
    if true.dtype == object:
        return [f"{name} holds texts, and was not compared"]
    error = float(np.sqrt(np.mean((true - said) ** 2)))
    return [f"RMSE {error:.4g} of {counted(len(true))} with {name}"]
