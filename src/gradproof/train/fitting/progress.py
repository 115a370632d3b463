"""A progress bar for trainings that are long enough to be watched."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gradproof.train.fitting.ledger import Entry

AFTER = 1.0  # seconds of training without a bar
EVERY = 0.1  # seconds between two updates of it


class Bar:
    """Shows the epochs and the costs on standard error, once a training has taken a second.

    Where standard error is no terminal, nothing is written.
    """

    def __init__(self, total: int, *, shown: bool, console: Console | None = None) -> None:
        self.total = total
        self._console = console or Console(stderr=True)
        shown = shown and self._console.is_terminal
        self._next = time.perf_counter() + AFTER if shown else float("inf")
        self._progress: Progress | None = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.refresh()
            self._progress.stop()

    def see(self, entry: Entry) -> None:
        """Take note of one more epoch."""
        now = time.perf_counter()
        if now < self._next and not (self._progress and entry.epoch == self.total):
            return
        self._next = now + EVERY
        if self._progress is None:
            self._start()
        if self._progress is not None:
            self._progress.update(self._task, completed=entry.epoch, costs=_costs(entry))

    def _start(self) -> None:
        self._progress = Progress(
            TextColumn("epoch"), MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(),
            TextColumn("{task.fields[costs]}"), console=self._console,
        )  # fmt: skip
        self._task = self._progress.add_task("", total=self.total, costs="")
        self._progress.start()


def _costs(entry: Entry) -> str:
    told = f"cost {entry.cost:.5g}"
    return told if entry.validation_cost is None else f"{told}, validation {entry.validation_cost:.5g}"
