"""``gradproof train DATA``: a network trained on a table, with a report."""

from __future__ import annotations

import contextlib
import json as json_format
import shlex
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from gradproof.cli import run
from gradproof.cli.options import NoColor
from gradproof.cli.writing import INTERRUPTED_STATUS, end_threads, names, new_folder, print_lines, sizes
from gradproof.errors import InputError
from gradproof.train.fitting.named import OPTIMIZERS
from gradproof.train.job.prepare import prepare
from gradproof.train.job.settings import Settings
from gradproof.train.job.work import Outcome
from gradproof.train.job.work import train as train_on
from gradproof.train.report.checked import checked
from gradproof.train.report.facts import Facts
from gradproof.train.report.page import report_page
from gradproof.train.report.summary import summary_lines
from gradproof.train.tables.features import MOST_CATEGORIES, Choice
from gradproof.train.tables.read import read_table

MODEL, REPORT, PREDICTIONS = "model.npz", "report.html", "predictions.csv"


def train(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="CSV, TSV (also .gz), Parquet or npz")],
    target: Annotated[
        str | None,
        typer.Option(
            "--target", metavar="NAME", help="the column to predict; by default y, target, label or class"
        ),
    ] = None,
    hidden: Annotated[
        str, typer.Option("--hidden", metavar="64,32", help="sizes of hidden layers")
    ] = "64,32",
    activation: Annotated[str, typer.Option("--activation", help="relu, tanh, gelu, ...")] = "relu",
    l2: Annotated[
        str, typer.Option("--l2", metavar="auto|λ", help="λ/(2m) ‖W‖²; auto: chosen by cross-validation")
    ] = "auto",
    l1_ratio: Annotated[
        float, typer.Option("--l1-ratio", help="share of Σ|w| in the penalty: 1 for L1")
    ] = 0.0,
    one_se: Annotated[
        bool, typer.Option("--one-se", help="with auto: the largest λ within one standard error")
    ] = False,
    folds: Annotated[int, typer.Option("--folds", min=2, help="of cross-validation")] = 5,
    path: Annotated[int, typer.Option("--path", min=2, help="how many λ it tries")] = 32,
    dropout: Annotated[float, typer.Option("--dropout", help="share of hidden units dropped")] = 0.0,
    epochs: Annotated[int, typer.Option("--epochs", min=1)] = 200,
    batch: Annotated[
        int | None, typer.Option("--batch", min=1, help="rows in a batch; by default a tenth, 16 to 200")
    ] = None,
    optimizer: Annotated[str, typer.Option("--optimizer", help=", ".join(OPTIMIZERS))] = "adam",
    learning_rate: Annotated[float | None, typer.Option("--lr", help="learning rate")] = None,
    patience: Annotated[
        int | None, typer.Option("--patience", min=1, help="stop after this many epochs without progress")
    ] = None,
    test: Annotated[float, typer.Option("--test", help="share of rows kept for the test")] = 0.2,
    validation: Annotated[
        float, typer.Option("--validation", help="share of the rest kept for validation, where λ is given")
    ] = 0.15,
    task: Annotated[str | None, typer.Option("--task", help="classification or regression")] = None,
    missing: Annotated[str, typer.Option("--missing", help="values: error, mean or drop")] = "error",
    features: Annotated[
        str | None, typer.Option("--features", metavar="A,B", help="only these columns")
    ] = None,
    drop: Annotated[str | None, typer.Option("--drop", metavar="A,B", help="not these columns")] = None,
    categorical: Annotated[
        str | None, typer.Option("--categorical", metavar="A,B", help="columns whose numbers are names")
    ] = None,
    most_categories: Annotated[
        int, typer.Option("--max-categories", min=2, help="different texts a column may have")
    ] = MOST_CATEGORIES,
    header: Annotated[bool | None, typer.Option("--header/--no-header", help="of a text file")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="of all that is random")] = 0,
    engine: Annotated[str, typer.Option("--engine", help="what runs the training")] = "auto",
    dtype: Annotated[str, typer.Option("--dtype", help="float64 or float32")] = "float64",
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="folder of what is written")] = Path(
        "trained"
    ),
    no_report: Annotated[bool, typer.Option("--no-report", help="write no report.html")] = False,
    json: Annotated[bool, typer.Option("--json", help="print the figures as JSON")] = False,
    no_color: NoColor = False,
) -> None:
    """Train a network on a table, and write the model, predictions for the test rows, and a report.

    Ctrl-C ends the training early: what was reached is kept and written. While cross-validation seeks λ there
    is no network yet, and nothing is written.

    Exit status: 0, 2 if the input could not be used, or 130 if Ctrl-C came before there was a network.
    """
    lost = "before the network was trained: nothing is written"

    def action() -> None:
        nonlocal lost
        settings = Settings(
            sizes(hidden), activation, _lambda(l2), l1_ratio, "data", dropout, optimizer, learning_rate,
            epochs, batch, test, validation, patience, folds, path, one_se, seed, engine, dtype, task,
            missing, Choice(names(features), names(drop), names(categorical), most_categories),
        )  # fmt: skip
        prepared = prepare(read_table(data, target=target, header=header), target, settings)
        with new_folder(out) as where, warnings.catch_warnings():  # what they would say, the summary says
            warnings.simplefilter("ignore", RuntimeWarning)
            outcome = train_on(prepared, settings, progress=True)
            lost = f"while the files in {where} were written: they may not be whole"
            with _told("writing"):
                written = _write(outcome, where, report=not no_report)
        if json:
            typer.echo(json_format.dumps(_as_dict(outcome, written), indent=2, ensure_ascii=False))
        else:
            listed = ", ".join(written)
            print_lines([*summary_lines(outcome), "", f"written to {where}: {listed}"])

    try:
        status = run.guarded(action, json=json, no_color=no_color)
    except KeyboardInterrupt:
        typer.echo(f"interrupted {lost}", err=True)
        status = INTERRUPTED_STATUS
        end_threads(status)
    raise typer.Exit(status)


def _lambda(text: str) -> float | None:
    """λ, or None for auto."""
    if text == "auto":
        return None
    try:
        found = float(text.strip())
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise InputError(
            f"λ is {text.strip()!r}", where="--l2", fix="give auto, or a number that is at least 0"
        )
    return found


def _write(outcome: Outcome, where: Path, *, report: bool) -> list[str]:
    """Write everything; the names of the files."""
    outcome.model.save(where / MODEL, {"shown": outcome.shown})
    (where / PREDICTIONS).write_text(outcome.predictions().to_csv(), "utf-8")
    if not report:
        return [MODEL, PREDICTIONS]
    page = report_page(outcome, command=_command(), check=checked(outcome))
    (where / REPORT).write_text(page, "utf-8")
    return [MODEL, REPORT, PREDICTIONS]


def _command() -> str:
    """How the program was called, if it was by its name."""
    return shlex.join(["gradproof", *sys.argv[1:]]) if "train" in sys.argv[1:2] else ""


def _as_dict(outcome: Outcome, written: list[str]) -> dict[str, Any]:
    made, fitted = outcome.prepared, outcome.fitted
    last = fitted.ledger[-1]
    found: dict[str, Any] = {
        "data": {
            "source": made.table.source, "rows": made.table.rows, "target": made.target.name,
            "task": made.target.task, "classes": list(made.target.classes), "inputs": made.encoder.inputs,
            "notes": list(made.notes),
        },
        "network": list(fitted.network.sizes),
        "lambda": outcome.lambd,
        "measure": Facts(outcome).measure,
        "scores": {part: each.to_dict() for part, each in outcome.scores.items()},
        "stopped": fitted.stopped,
        "reason": fitted.reason,
        "last_epoch": last.to_dict(),
        "written": written,
    }  # fmt: skip
    if outcome.search is not None:
        found["path"] = {
            "lambdas": [float(x) for x in outcome.search.lambdas],
            "chosen": float(outcome.search.chosen),
            "one_se": float(outcome.search.one_se),
        }
    return found


@contextlib.contextmanager
def _told(word: str) -> Iterator[None]:
    """A word on a terminal while something takes its time."""
    with Console(stderr=True, highlight=False).status(word):
        yield
