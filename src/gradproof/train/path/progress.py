"""A bar for tasks that run elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gradproof.train.fitting.progress import AFTER


class TaskBar:
    """Shows how many tasks are done on standard error where that is a terminal, once a second has passed."""

    def __init__(self, total: int, *, shown: bool, console: Console | None = None) -> None:
        self.total, self._console = total, console or Console(stderr=True)
        self.shown = shown and self._console.is_terminal
        self._from = time.perf_counter() + AFTER
        self._progress: Progress | None = None

    def __enter__(self) -> TaskBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def see(self, done: int, _: int) -> None:
        """Take note of one more task."""
        if not self.shown or time.perf_counter() < self._from:
            return
        if self._progress is None:
            self._progress = Progress(
                TextColumn("runs"), MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(),
                console=self._console,
            )  # fmt: skip
            self._task = self._progress.add_task("", total=self.total)
            self._progress.start()
        self._progress.update(self._task, completed=done)
