"""``gradproof experiment``: one network without regularisation, with L2 and with dropout."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gradproof.cli import run
from gradproof.cli.options import NoColor
from gradproof.cli.writing import INTERRUPTED_STATUS, folder, print_lines, sizes
from gradproof.train.experiment.course import Experiment, Setting, averages, run_experiment
from gradproof.train.experiment.data import DATA
from gradproof.train.experiment.picture import experiment_picture
from gradproof.train.experiment.words import experiment_lines, repeated_lines
from gradproof.train.pictures.style import HOW_TO_GET, available, save

PICTURE = "experiment.png"


def experiment(
    data: Annotated[str, typer.Option("--data", help=f"the points: {', '.join(DATA)}")] = "field",
    seed: Annotated[int, typer.Option("--seed", min=0, help="of the points, the weights and dropout")] = 0,
    repeat: Annotated[int, typer.Option("--repeat", min=1, help="run this many seeds, from --seed on")] = 1,
    hidden: Annotated[str, typer.Option("--hidden", metavar="20,3", help="sizes of hidden layers")] = "20,3",
    l2: Annotated[
        float | None, typer.Option("--l2", metavar="λ", help="λ of the second network; by default the data's")
    ] = None,
    keep_prob: Annotated[float, typer.Option("--keep-prob", help="of the third network's dropout")] = 0.86,
    epochs: Annotated[int, typer.Option("--epochs", min=1)] = 2000,
    learning_rate: Annotated[float, typer.Option("--lr", help="Adam's learning rate")] = 0.01,
    points: Annotated[int, typer.Option("--points", min=2, help="training points")] = 211,
    engine: Annotated[str, typer.Option("--engine", help="what runs the training")] = "auto",
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="folder of the picture")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="print the figures as JSON")] = False,
    no_color: NoColor = False,
) -> None:
    """Train one network without regularisation, with L2 and with dropout, and compare them on new points.

    Prints the accuracies, and draws the decision boundaries and learning curves into one PNG.

    Exit status: 0, 2 if the input could not be used, or 130 if it was interrupted, which ends all of it.
    """

    def action() -> None:
        setting = Setting(sizes(hidden), l2, keep_prob, epochs, learning_rate, points)
        found = _all(data, range(seed, seed + repeat), setting, engine)
        picture = _drawn(found[0], out)
        if json:
            content = {"experiments": [each.to_dict() for each in found], "picture": picture and str(picture)}
            if repeat > 1:
                content["averages"] = averages(found)
            typer.echo(json_format.dumps(content, indent=2, ensure_ascii=False))
            return
        lines = experiment_lines(found[0]) if repeat == 1 else repeated_lines(found)
        print_lines([*lines, "", f"picture: {picture}" if picture else f"no picture: {HOW_TO_GET}"])

    try:
        status = run.guarded(action, json=json, no_color=no_color)
    except KeyboardInterrupt:
        typer.echo("interrupted: networks that were not all trained are not compared", err=True)
        status = INTERRUPTED_STATUS
    raise typer.Exit(status)


def _all(data: str, seeds: range, setting: Setting, engine: str) -> list[Experiment]:
    """An experiment for each seed, with a word about where it stands."""
    console = Console(stderr=True, highlight=False)
    found = []
    with console.status("") as status:
        for seed in seeds:
            told = status.update if len(seeds) == 1 else None
            status.update(f"seed {seed}")
            found.append(run_experiment(data, seed=seed, setting=setting, engine=engine, started=told))
    return found


def _drawn(experiment: Experiment, out: Path) -> Path | None:
    if not available():
        return None
    return save(experiment_picture(experiment), folder(out) / PICTURE)
