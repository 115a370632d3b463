"""A limit on how long the user's code may run, which names the line it was at."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType


class TimedOut(BaseException):
    """The user's code ran longer than it was given.

    Not an ``Exception``, so that the user's own ``except Exception`` does not swallow it.

    Attributes
    ----------
    seconds : the time it was given
    places : (file, function, line) of every frame that was running, innermost first
    limit : the limit that was reached; whoever set another one lets it pass
    """

    def __init__(
        self, seconds: float, places: list[tuple[str, str, int]], limit: object | None = None
    ) -> None:
        self.seconds, self.places, self.limit = seconds, places, limit
        super().__init__(f"still running after {seconds:g} s")

    def place_in(self, file: str) -> tuple[str, int] | None:
        """Function and line of the innermost frame in a file."""
        return next(((function, line) for name, function, line in self.places if name == file), None)


@contextlib.contextmanager
def time_limit(seconds: float | None, limit: object | None = None) -> Iterator[None]:
    """Raise :class:`TimedOut` inside the body after some seconds; a limit set further out stays in force.

    ``limit`` is handed on with the exception, and tells whose limit it was: where the outer one is reached
    first, the outer one is raised.

    The signal repeats, because code with a bare ``except:`` swallows the first one. Where there are no
    alarms (off the main thread, or on Windows) there is no limit.
    """
    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not seconds or not usable:
        yield
        return

    def ring(_signal: int, frame: FrameType | None) -> None:
        if 0 < outer < seconds and callable(handler):
            handler(_signal, frame)
        raise TimedOut(seconds, _places(frame), limit)

    started = time.monotonic()
    outer, handler = signal.getitimer(signal.ITIMER_REAL)[0], signal.getsignal(signal.SIGALRM)
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, min(outer or seconds, seconds), 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if outer:
            signal.setitimer(signal.ITIMER_REAL, max(outer - (time.monotonic() - started), 0.001), 0.5)


def is_limited() -> bool:
    """Whether a limit is in force."""
    return hasattr(signal, "getitimer") and signal.getitimer(signal.ITIMER_REAL)[0] > 0


def _places(frame: FrameType | None) -> list[tuple[str, str, int]]:
    places = []
    while frame is not None:
        places.append((frame.f_code.co_filename, frame.f_code.co_name, frame.f_lineno))
        frame = frame.f_back
    return places
