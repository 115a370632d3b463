"""Watching the user's assignments while a trace runs: which name was given to which expression."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

from gradproof.expr.node import SYMBOL, Expr
from gradproof.read.patching import is_library
from gradproof.read.recorder import Recorder, active
from gradproof.read.sizes import TracedInt
from gradproof.read.sources import Target, assigned
from gradproof.read.trace import Binding
from gradproof.read.traced import Traced

LONE = "params"
MAX_ENTRIES = 1000  # longer containers are data
MOST_TIMES = 100  # a variable assigned more often in one call is bound once more, at the end


class Watcher:
    """Line events of the user's frames, turned into bindings."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._depth = 0
        # by identity of the code, which is kept
        self._known: dict[int, tuple[CodeType, dict[int, list[Target]] | None]] = {}
        self._seen: dict[tuple[str, int], Any] = {}

    def on_call(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        """A frame begins: library code is not watched, leaves among the arguments take their names there."""
        code = frame.f_code
        try:
            targets = self._known[id(code)][1]
        except KeyError:
            targets = None if is_library(code.co_filename) else assigned(code)
            self._known[id(code)] = code, targets
        if targets is None:
            return None
        self._depth += 1
        for name, value in frame.f_locals.items():
            _name_leaf(value, name)
        return _FrameWatcher(self, self._depth, targets).on_event

    def leave(self) -> None:
        """A frame has ended."""
        self._depth -= 1

    def bind(self, name: str, short: str, value: Any, frame: FrameType, line: int, depth: int) -> None:
        """Record an assignment of a traced value, or of a container of them."""
        kind = type(value)
        if kind is Traced:
            _name_leaf(value, short)
            expr = value.expr
            if expr.op is SYMBOL and expr not in self._recorder.origins:
                return
            code = frame.f_code
            self._recorder.bindings.append(
                Binding(name, short, expr, code.co_filename, code.co_qualname, line)
            )
            known = self._recorder.names.get(expr)
            if known is None or depth < known[0]:
                self._recorder.names[expr] = (depth, short)
        elif kind is TracedInt:
            _name_leaf(value, short)
        elif isinstance(value, dict | list | tuple) and len(value) <= MAX_ENTRIES:
            self._bind_entries(name, value, frame, line, depth)

    def _bind_entries(self, name: str, container: Any, frame: FrameType, line: int, depth: int) -> None:
        """Entries of a container that hold something new since it was last looked at."""
        entries = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in list(entries):
            if type(value) is not Traced and not isinstance(value, dict | list | tuple):
                continue
            mark = (f"{id(container)}.{key!r}", id(frame))
            if type(value) is Traced:
                if self._seen.get(mark) is value:
                    continue
                self._seen[mark] = value
            short = key if isinstance(key, str) else f"{name.rpartition('.')[2]}[{key!r}]"
            if isinstance(container, tuple):
                continue  # its items have names of their own
            self.bind(f"{name}[{key!r}]".replace("'", '"'), short, value, frame, line, depth)


class _FrameWatcher:
    """One frame of the user's."""

    __slots__ = ("_depth", "_line", "_open", "_targets", "_times", "_watcher")

    def __init__(self, watcher: Watcher, depth: int, targets: dict[int, list[Target]]) -> None:
        self._watcher, self._depth, self._targets = watcher, depth, targets
        self._line = 0
        self._open: dict[str, int] = {}
        self._times: dict[str, int] = {}

    def on_event(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event in {"line", "return"}:
            done = self._targets.get(self._line)
            if done is not None:
                for kind, path in done:
                    self._assigned(kind, path, frame)
            self._line = frame.f_lineno
            if event == "return":
                self._close(frame)
                self._watcher.leave()
        return self.on_event

    def _assigned(self, kind: str, path: str, frame: FrameType) -> None:
        times = self._times[path] = self._times.get(path, 0) + 1
        if times > MOST_TIMES:
            self._open[path] = self._line
            return
        value = _look_up(frame, path)
        if value is None:
            return
        short = path.rpartition(".")[2]
        if (
            type(value) is Traced
            and value._b is not None
            and (kind == "items" or value._b.pending or value._b.summed)
        ):
            self._open[path] = (
                self._line
            )  # more stores may follow: its expression is asked for once, at the end
        else:
            self._watcher.bind(path, short, value, frame, self._line, self._depth)

    def _close(self, frame: FrameType) -> None:
        for path, line in self._open.items():
            value = _look_up(frame, path)
            if value is not None:
                self._watcher.bind(path, path.rpartition(".")[2], value, frame, line, self._depth)


def _look_up(frame: FrameType, path: str) -> Any:
    first, *rest = path.split(".")
    value = frame.f_locals.get(first)
    for name in rest:
        if value is None or type(value) is Traced:
            return value if type(value) is Traced and name == "flat" else None
        value = getattr(value, "__dict__", {}).get(name)
    return value


def _name_leaf(value: Any, name: str) -> None:
    """A leaf that has no name yet takes this one."""
    pending = value.pending if type(value) is Traced else value._leaf if type(value) is TracedInt else None
    if pending is not None:
        if pending.expr is None and not pending.name:
            pending.name = name
    elif type(value) is Traced and isinstance(value.origin, Expr):
        _name_parameter(value.origin, name)


def _name_parameter(expr: Expr, name: str) -> None:
    """A lone array, or one out of a list, has no name but its place; the user's variable names it."""
    if expr.op is SYMBOL and (expr.name == LONE or expr.name.startswith("[")):
        active().names.setdefault(expr, (0, name))


@contextmanager
def watched(recorder: Recorder) -> Iterator[None]:
    """Watch the user's frames that begin inside."""
    before = sys.gettrace()
    sys.settrace(Watcher(recorder).on_call)
    try:
        yield
    finally:
        sys.settrace(before)
