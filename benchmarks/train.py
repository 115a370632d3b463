"""Milliseconds an epoch of gradproof's engines, scikit-learn, PyTorch and JAX, interleaved in one run.

    python benchmarks/train.py [--problems P ...] [--sides S ...] [--rounds N] [--threads 1] [--json FILE]

Architecture, initial weights, batch, Adam and the penalty λ/(2b) Σ ‖W‖²_F are the same for every side. Each
side is first trained for a fixed number of epochs, after which its data cost is shown: they shuffle
differently, so the costs agree roughly. Then every side is timed once a round, in random order, for as many
epochs as take 50 ms. Shown are the median and the least of an epoch's times, the ratio of medians (against
scikit-learn: above 1 is faster than it), how many cores were busy, and what came before the first epoch and
on top of it, compilation for one. "matrix products" are the products of an epoch alone, on NumPy's BLAS.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import unset_kernels

# isort: split
from gradproof.errors import InputError
from tables import table
from train_peers import DEFAULT, SIDES, default_engine, versions
from train_problems import PROBLEMS, Problem, Side, judge

LEAST = 0.05  # seconds of a timing
PRODUCTS, OURS, SKLEARN = "matrix products", "gradproof", "scikit-learn"
FAILURES = (ImportError, InputError, RuntimeError, OSError, TypeError)
# What the project set out to reach: times the best peer, times scikit-learn, and of the products alone.
GOALS: dict[str, dict[str, float]] = {
    "digits-200": {"peer": 1.5, SKLEARN: 4.0},
    "digits-32": {"peer": 1.5, SKLEARN: 4.0},
    "mnist-100": {"peer": 1.0},
    "mnist-512": {"peer": 1.0, PRODUCTS: 1.25},
}


COLUMNS = [
    "side", "ms/epoch", "least", "against scikit-learn", "/ products", "cores", "start", "cost",
    "accuracy",
]  # fmt: skip


@dataclass
class Measured:
    """What is known of a side.

    Attributes
    ----------
    epochs : after which cost and accuracy are those on the training rows
    spent : seconds from nothing to there
    times : of an epoch, in seconds, one a round
    cores : processor time over time: how many cores it kept busy
    """

    name: str
    precision: str
    epochs: int
    spent: float
    cost: float = math.nan
    accuracy: float = math.nan
    times: list[float] = field(default_factory=list)
    cores: float = 0.0

    @property
    def median(self) -> float:
        """Of the times."""
        return statistics.median(self.times)

    @property
    def start(self) -> float:
        """Seconds before the first epoch and on top of it: loading, compilation."""
        return max(0.0, self.spent - self.epochs * min(self.times))


def prepared(problem: Problem, wanted: list[str]) -> tuple[list[tuple[Side, Measured]], list[str]]:
    """The sides, trained for the problem's epochs, and why others are left out."""
    built, ready, absent = [], [], []
    for key in wanted:
        name, precision = key.split(":")
        before = time.perf_counter()
        try:
            side = SIDES[name](problem, precision)
        except FAILURES as error:
            absent.append(f"{key} is left out: {_brief(error)}")
            continue
        built.append((key, side, time.perf_counter() - before))
    for key, side, spent in built:
        before = time.perf_counter()
        try:
            side.run(problem.epochs)
            spent += time.perf_counter() - before
            found = Measured(side.name, side.precision, problem.epochs, spent)
        except FAILURES as error:
            absent.append(f"{key} is left out: {_brief(error)}")
            continue
        if side.name != PRODUCTS:
            found.cost, found.accuracy = judge(problem, side.weights())
            if not math.isfinite(found.cost):
                absent.append(f"{key} is left out: its cost is {found.cost}")
                continue
        ready.append((side, found))
    return ready, absent


def _brief(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def timed(sides: list[tuple[Side, Measured]], rounds: int) -> None:
    """Time each side once a round; what it takes is noted in its record."""
    single = {id(side): min(side.train(1) for _ in range(3)) for side, _ in sides}
    counts = {key: max(1, math.ceil(LEAST / seconds)) for key, seconds in single.items()}
    used = {id(side): [0.0, 0.0] for side, _ in sides}
    order = list(sides)
    for number in range(rounds):
        random.Random(number).shuffle(order)
        for side, found in order:
            count, total = counts[id(side)], used[id(side)]
            busy, before = time.process_time(), time.perf_counter()
            found.times.append(side.train(count) / count)
            total[0] += time.process_time() - busy
            total[1] += time.perf_counter() - before
            found.cores = total[0] / total[1]


def rows_of(found: list[Measured]) -> list[list[object]]:
    """One row for each side: its times, and against what."""
    rows: list[list[object]] = []
    for each in sorted(found, key=lambda f: (f.precision, f.median)):
        alike = [f for f in found if f.precision == each.precision]
        products = next((f.median for f in alike if f.name == PRODUCTS), None)
        sklearn = next((f.median for f in alike if f.name == SKLEARN), None)
        trained = each.name != PRODUCTS
        rows.append([
            f"{each.name}, {each.precision}", f"{each.median * 1e3:.3f}", f"{min(each.times) * 1e3:.3f}",
            f"{sklearn / each.median:.2f}x" if sklearn and trained else "-",
            f"{each.median / products:.2f}" if products else "-",
            f"{each.cores:.2f}", f"{each.start:.2f} s",
            f"{each.cost:.4f}" if trained else "-", f"{each.accuracy:.4f}" if trained else "-",
        ])  # fmt: skip
    return rows


def verdicts(key: str, found: list[Measured]) -> list[list[object]]:
    """For each precision: the engine that is used by default against the best peer and the others."""
    rows: list[list[object]] = []
    for precision in sorted({f.precision for f in found}):
        alike = sorted((f for f in found if f.precision == precision), key=lambda f: f.median)
        ours = [f for f in alike if f.name.startswith(OURS)]
        peers = [f for f in alike if not f.name.startswith(OURS) and f.name != PRODUCTS]
        if not ours:
            continue
        best = next((f for f in ours if f.name == f"{OURS} {default_engine()}"), ours[0])
        against = [("peer", peer) for peer in peers[:1]]
        against += [(f.name, f) for f in alike if f.name in {SKLEARN, PRODUCTS}]
        for what, other in against:
            title = f"{PROBLEMS[key].name}, {precision}"
            rows.append([title, *_compared(best, other, GOALS[key].get(what))])
    return rows


def _compared(best: Measured, other: Measured, goal: float | None) -> list[object]:
    """Both times, their ratio and that of the least times, the goal and whether it is met."""
    ratio, least = other.median / best.median, min(other.times) / min(best.times)
    sign, met = ">=", goal is not None and ratio >= goal
    if other.name == PRODUCTS:  # how many times as long as the products alone
        ratio, least = 1 / ratio, 1 / least
        sign, met = "<=", goal is not None and ratio <= goal
    return [
        f"{best.name} {best.median * 1e3:.3f}", f"{other.name} {other.median * 1e3:.3f}",
        f"{ratio:.2f}", f"{least:.2f}",
        *(("-", "-") if goal is None else (f"{sign} {goal:g}", "yes" if met else "no")),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS), metavar="NAME",
                        help=f"of {', '.join(PROBLEMS)}")  # fmt: skip
    parser.add_argument("--sides", nargs="+", default=DEFAULT, metavar="SIDE:PRECISION",
                        help=f"of {', '.join(SIDES)}, in float32 or float64")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=7, help="timings of each side (default 7)")
    parser.add_argument("--threads", choices=["1"], help="hold every library to one thread")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all times there")
    options = parser.parse_args()
    if unknown := [s for s in options.sides if s.split(":")[0] not in SIDES or s.count(":") != 1]:
        parser.error(f"no such side: {', '.join(unknown)}")
    header = [f"Python {sys.version.split()[0]}, {versions()}; threads: {unset_kernels.THREADS}"]
    header += unset_kernels.kernels()  # of what `versions` has loaded
    print("\n".join(header))
    goals: list[list[object]] = []
    record: dict[str, object] = {"header": header, "unset": unset_kernels.UNSET}
    for key in options.problems:
        problem = PROBLEMS[key]
        sides, absent = prepared(problem, options.sides)
        timed(sides, options.rounds)
        found = [f for _, f in sides]
        title = f"{problem.name}; costs after {problem.epochs} epochs"
        print(table(title, COLUMNS, rows_of(found)))
        print("\n".join(absent), flush=True)
        goals += verdicts(key, found)
        record[key] = [asdict(f) for f in found]
    if goals:
        columns = ["problem", "ms an epoch", "against", "ratio", "(least)", "goal", "met"]
        title = f"The default engine, {default_engine()}; ratio of medians and (of least times)"
        print(table(title, columns, goals))
    if options.json:
        options.json.write_text(json.dumps(record, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
