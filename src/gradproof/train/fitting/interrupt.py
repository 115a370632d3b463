"""Ctrl-C while training: the epoch is finished first, so that nothing is left half changed."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, ClassVar


class Interrupts:
    """Inside this context the first Ctrl-C is noted, and the second raises KeyboardInterrupt at once.

    Only Python's own handler is replaced, and only in the main thread, which is the one that gets signals. A
    context within it, or in another thread meanwhile, learns from it of a Ctrl-C: one ends them all.
    """

    _listening: ClassVar[Interrupts | None] = None  # the one that has replaced the handler

    def __init__(self) -> None:
        self._noted = self.urgent = False
        self._before: Any = None
        self._outer = Interrupts._listening

    @property
    def asked(self) -> bool:
        """Whether there was a Ctrl-C."""
        return self._noted or (self._outer is not None and self._outer._noted)

    @staticmethod
    def pressing() -> bool:
        """Whether the one that has replaced the handler got a second Ctrl-C."""
        return Interrupts._listening is not None and Interrupts._listening.urgent

    def __enter__(self) -> Interrupts:
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._before = signal.signal(signal.SIGINT, self._note)
            Interrupts._listening = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            Interrupts._listening = None

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._noted:
            self.urgent = True
            raise KeyboardInterrupt
        self._noted = True
