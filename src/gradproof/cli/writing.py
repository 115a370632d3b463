"""What the commands about training share: lists in options, folders, printed lines."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import typer

from gradproof.errors import InputError

INTERRUPTED_STATUS = 130  # as shells have it: 128 + SIGINT


def sizes(text: str) -> tuple[int, ...]:
    """``"64,32"`` as numbers; nothing for no hidden layer.

    Examples
    --------
    >>> sizes("64, 32"), sizes("")
    ((64, 32), ())
    """
    try:
        found = tuple(int(part) for part in names(text))
    except ValueError:
        found = (0,)
    if any(size < 1 for size in found):
        raise InputError(f"hidden layers of {text!r}", where="--hidden", fix="give sizes: --hidden 64,32")
    return found


def names(text: str | None) -> tuple[str, ...]:
    """``"age,colour"`` as names."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def folder(path: Path) -> Path:
    """The folder, made where there is none."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder cannot be made: {error.strerror or error}",
            where=str(path),
            fix="give --out another one",
        ) from error
    return path


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """:func:`folder`, of which nothing is left if what it was made for fails and has written nothing."""
    made = [each for each in (path, *path.parents) if not each.exists()]
    try:
        yield folder(path)
    except BaseException:
        for each in made:
            with contextlib.suppress(OSError):  # not empty
                each.rmdir()
        raise


def end_threads(status: int) -> None:
    """Leave the process at once where threads are running that its end would wait for."""
    others = [each for each in threading.enumerate() if each is not threading.main_thread()]
    if any(not each.daemon for each in others):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def print_lines(lines: Iterable[str]) -> None:
    """Lines of a report on standard output."""
    for line in lines:
        typer.echo(line)
    sys.stdout.flush()
