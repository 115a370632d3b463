"""What a verdict costs: against the number of parameters, against depth, and to begin with.

Our time and the user's own cost + gradient are measured in turn, several times each, and the medians
compared, so that what else the machine does falls on both alike. Run with `--help` for the options.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import peers
import workload
from tables import seconds, table

try:
    from gradproof import __version__, check
except ImportError:
    check = None

WIDTHS = [5, 18, 57, 182, 577]
"""Widths of the h-h-h-h-1 network with about 1e2, 1e3, 1e4, 1e5 and 1e6 parameters."""
CUT = {"torch slow": 2_000, "scipy": 20_000}
"""Sizes above which a peer that needs N or 2N evaluations is not run."""


def timed(run: Callable[[], Any]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def in_turn(runs: dict[str, Callable[[], Any]], repetitions: int) -> dict[str, float]:
    """Median seconds of each, called in turn; short ones several times in a row."""
    inner = {name: max(1, min(50, int(2e-3 / max(timed(run), 1e-7)))) for name, run in runs.items()}
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repetitions):
        for name, run in runs.items():
            total = sum(timed(run) for _ in range(inner[name]))
            times[name].append(total / inner[name])
    return {name: statistics.median(values) for name, values in times.items()}


def size_of(params: dict[str, Any]) -> int:
    """Count the parameters."""
    return sum(value.size for value in params.values())


def verdict_cost(options: argparse.Namespace) -> None:
    """Print the time of a verdict on a correct gradient against N, beside the user's own time."""
    rows, beside = [], []
    previous: tuple[int, float] | None = None
    for width in options.widths:
        cost, grad, params = workload.make(width, 0, 0.1, loss=options.loss)
        n = size_of(params)
        runs: dict[str, Callable[[], Any]] = {
            "cost": lambda c=cost, p=params: c(p),
            "grad": lambda g=grad, p=params: g(p),
        }
        if check is not None:
            runs["ours"] = lambda c=cost, g=grad, p=params: check(c, g, p)
        for peer in options.peers:
            if n <= CUT.get(peer, 10**9):
                runs[peer] = lambda k=peer, c=cost, g=grad, p=params: peers.PEERS[k](c, g, p)
        expensive = {name: runs.pop(name) for name in list(runs) if name in peers.EXPENSIVE}
        took = in_turn(runs, options.repetitions) | {k: timed(run) for k, run in expensive.items()}
        base = took["cost"] + took["grad"]
        if "ours" in took:
            ours = took["ours"]
            ratios = [ours / base, (ours - options.fixed) / base, ours / took["grad"]]
            slope = "-"
            if previous:
                slope = f"{math.log(ours / previous[1]) / math.log(n / previous[0]):.2f}"
            times = [took["cost"], took["grad"], ours]
            rows.append([f"{n:,}", *map(seconds, times), *[f"{ratio:.2f}" for ratio in ratios], slope])
            previous = (n, ours)
        beside.append([f"{n:,}", *[seconds(took.get(k)) for k in ["ours", *options.peers]]])
    title = f"time of a verdict on a correct gradient ({options.loss}, median of {options.repetitions})"
    if rows:
        header = ["N", "cost", "grad", "check", "check/(cost+grad)", "less fixed", "check/grad", "slope"]
        print(table(title, header, rows))
        print(f"(less fixed: {seconds(options.fixed)} taken off the check first; slope: d log t / d log N)")
    print(table(f"{title}: beside the peers", ["N", "gradproof", *options.peers], beside))
    print("(- : not run, it needs one or two evaluations of the cost per parameter)")


def in_fresh_process(code: str) -> float:
    """Seconds that `code` measures and prints in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


CLOCK = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"
TINY = (
    "import time, numpy as np, gradproof as gp; A = np.eye(2); t = time.perf_counter(); "
    "gp.check(lambda p: np.sum((A @ p['w']) ** 2), lambda p: {'w': 2 * A.T @ A @ p['w']}, "
    "{'w': np.ones(2)}); print(time.perf_counter() - t)"
)


def overhead(options: argparse.Namespace) -> float:
    """Print the costs that do not depend on the problem; return the fixed one of a warm check."""
    codes = {
        "import numpy": CLOCK.format("import numpy"),
        "import gradproof (numpy included)": CLOCK.format("import gradproof"),
        "first check in a process, 2 parameters": TINY,
    }
    times: dict[str, list[float]] = {name: [] for name in codes}
    for name, code in codes.items():
        in_fresh_process(code)  # once before, so that byte code and files are at hand
        times[name] = []
    for _ in range(options.repetitions):
        for name, code in codes.items():
            times[name].append(in_fresh_process(code))
    cost, grad, params = workload.make(2, 0, 0.1, loss=options.loss)
    runs = {"own": lambda: (cost(params), grad(params)), "ours": lambda: check(cost, grad, params)}
    took = in_turn(runs, options.repetitions)
    fixed = took["ours"] - took["own"]
    rows = [[name, seconds(statistics.median(values))] for name, values in times.items()]
    rows.append([f"warm check, the same network with {size_of(params)} parameters", seconds(took["ours"])])
    rows.append(["of it beyond the user's own cost + grad (the fixed overhead)", seconds(fixed)])
    print(table("fixed costs", ["what", "time"], rows))
    return fixed


def depth_cost(options: argparse.Namespace) -> None:
    """Print the time to trace, derive and check against the number of layers."""
    rows = []
    for depth in options.depths:
        cost, grad, params = workload.make(10, 0, 0.1, depth=depth, activation="tanh", loss=options.loss)
        runs = {
            "own": lambda c=cost, g=grad, p=params: (c(p), g(p)),
            "check": lambda c=cost, g=grad, p=params: check(c, g, p),
        }
        took = in_turn(runs, max(1, options.repetitions // 2))
        verdict = check(cost, grad, params).verdict
        times = [took["own"], took["check"], took["check"] / depth]
        rows.append([depth, f"{size_of(params):,}", verdict, *map(seconds, times)])
    header = ["layers", "N", "verdict", "cost+grad", "check", "per layer"]
    print(table("depth: traced, derived and checked (tanh, width 10)", header, rows))


def parse() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widths", type=int, nargs="*", default=WIDTHS)
    parser.add_argument("--depths", type=int, nargs="*", default=[10, 20, 40, 70, 100])
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--loss", default="bce-logits", choices=["bce-logits", "bce-log"])
    parser.add_argument("--only", choices=["overhead", "size", "depth"], help="run one part")
    return peers.parsed(parser)


def main() -> None:
    """Run the parts asked for."""
    options = parse()
    print(f"gradproof {__version__ if check else 'not installed'}; {peers.describe()}")
    parts = [options.only] if options.only else ["overhead", "size", "depth"]
    options.fixed = overhead(options) if check is not None and options.only != "depth" else 0.0
    if "size" in parts:
        verdict_cost(options)
    if "depth" in parts and check is not None:
        depth_cost(options)


if __name__ == "__main__":
    main()
