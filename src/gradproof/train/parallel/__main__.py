"""Start a script as one of the processes that train together, or several of them on this machine.

On each of N machines, K from 0 to N - 1, with an address of machine 0 that all of them can reach:

    python -m gradproof.train.parallel --coordinator ADDRESS:PORT --processes N --process K script.py ...

On one machine, to try it out:

    python -m gradproof.train.parallel --here N script.py ...
"""

from __future__ import annotations

import argparse
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from gradproof.errors import InputError
from gradproof.train.parallel.placement import start

LOOPBACK = "127.0.0.1"
GRACE = 5.0  # seconds that a process has to end after it was asked to


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is that of the first process that failed, or 0."""
    given = _parser().parse_args(arguments)
    try:
        if given.here is not None:
            return _here(given.here, [given.script, *given.arguments])
        options = {"coordinator_bind_address": given.bind} if given.bind else {}
        start(given.coordinator, given.processes, given.process, **options)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    sys.argv = [given.script, *given.arguments]
    sys.path.insert(0, str(Path(given.script).resolve().parent))  # as Python does for a script
    try:
        runpy.run_path(given.script, run_name="__main__")
    except BaseException as error:  # noqa: BLE001 - whatever it is, nobody may wait for this process
        if isinstance(error, SystemExit) and not error.code:
            return 0
        traceback.print_exc()
        sys.stdout.flush()
        os._exit(1)  # an orderly end would wait for the others, and they for us
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gradproof.train.parallel",
        description="Start one of the processes that train together.",
        epilog="Without options JAX finds them out by itself where it can: under Slurm, Open MPI.",
    )
    parser.add_argument("--coordinator", metavar="HOST:PORT", help="process 0, where all can reach it")
    parser.add_argument("--processes", type=int, metavar="N", help="how many processes there are")
    parser.add_argument("--process", type=int, metavar="K", help="number of this one, from 0 on")
    parser.add_argument("--bind", metavar="HOST:PORT", help="where process 0 listens, if not everywhere")
    parser.add_argument("--here", type=int, metavar="N", help="start N processes on this machine")
    parser.add_argument("script", help="the Python file to run")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="its own arguments")
    return parser


def _here(count: int, command: Sequence[str]) -> int:
    """Several processes on this machine; when one fails or we are told to end, all are ended."""
    if count < 1:
        raise InputError(f"--here {count}", fix="give a number of processes, from 1 on")
    address = f"{LOOPBACK}:{_free_port()}"
    signal.signal(signal.SIGTERM, _leave)
    running: list[subprocess.Popen[bytes]] = []
    try:
        for k in range(count):
            own = f"--coordinator {address} --bind {address} --processes {count} --process {k}".split()
            running.append(
                subprocess.Popen([sys.executable, "-m", "gradproof.train.parallel", *own, *command])
            )
        while True:
            ended = [process.poll() for process in running]
            if any(ended) or None not in ended:
                return next((status for status in ended if status), 0)
            time.sleep(0.05)
    finally:
        _end(running)


def _leave(number: int, _: object) -> None:
    sys.exit(128 + number)


def _end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask what still runs to end, then make it."""
    for process in running:
        process.terminate()
    until = time.monotonic() + GRACE
    for process in running:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
