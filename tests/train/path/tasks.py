"""Tasks that run in other processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from gradproof.train.path.crossvalidate import FoldJob, train_fold
from gradproof.train.path.result import LambdaPath


def square(x: int) -> int:
    """x²; 13 brings bad luck."""
    if x == 13:
        raise ValueError("13")
    return x * x


def dies(job: tuple[str, int]) -> tuple[int, int]:
    """x² and the process; for x = 2 the process is killed while the file is not there yet."""
    mark, x = job
    if x == 2 and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return x * x, os.getpid()


def always_dies(_: int) -> None:
    """The process is killed."""
    os.kill(os.getpid(), signal.SIGKILL)


def slow_fold(job: tuple[FoldJob, str, int]) -> LambdaPath:
    """A fold that says which process has begun with it, and takes its time."""
    fold, folder, k = job
    Path(folder, f"{k}-{os.getpid()}-{time.monotonic_ns()}").touch()
    time.sleep(0.5)
    return train_fold(fold)
