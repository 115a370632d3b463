"""The commands, each loaded when it is used."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gradproof import __version__

# What an option looks like; any other argument that begins with a minus is a formula: -sum(log(x))
_OPTION = re.compile(r"--?[a-z][\w-]*(=.*)?|--?", re.IGNORECASE | re.DOTALL)

COMMANDS = ("check", "derive", "prove", "explain", "translate", "train", "predict", "experiment")


class LazyCommands(TyperGroup):
    """A command is the function of its name in the module of its name, imported when it is needed."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
        alone.command(cmd_name)(getattr(import_module(f"gradproof.cli.{cmd_name}"), cmd_name))
        return typer.main.get_command(alone)


app = typer.Typer(
    name="gradproof",
    cls=LazyCommands,
    help="Settle a gradient: derive it, prove a hand-written one right, or name the term that is wrong.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
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
    sys.argv[1:] = [f" {a}" if a[:1] == "-" and not _OPTION.fullmatch(a) else a for a in sys.argv[1:]]
    app()
