"""What is detected, what is explained, and what is flagged although it is right.

Part 1: every bug of `workload.BUGS` for lambda from 1 down to 1e-12 and several seeds: is it
detected, and are the diagnosis code, the parameter and the line right? Part 2: correct gradients
of random networks: how often does each checker object? Run with `--help` for the options.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import peers
import workload
from tables import power, seconds, table

try:
    from gradproof import __version__, check
except ImportError:
    check = None

OURS = "gradproof"
CORRECT = "correct"
LAMBDAS = [10.0**-k for k in range(13)]


@dataclass
class Judgement:
    """What our report said of one candidate, and which of its four answers were right."""

    verdict: str
    seconds: float
    detected: bool = False
    code: bool = False
    parameter: bool = False
    line: bool = False
    said: str = ""

    @property
    def complete(self) -> bool:
        """Whether it was detected and all of code, parameter and line are right."""
        return self.detected and self.code and self.parameter and self.line


@dataclass
class Tally:
    """Everything measured in part 1 for one dtype."""

    ours: dict[tuple[str, float], list[Judgement]] = field(default_factory=dict)
    theirs: dict[tuple[str, str, float], list[peers.Outcome]] = field(default_factory=dict)


def judge(cost: Any, grad: Any, params: Any, bug: str | None) -> Judgement:
    """Check one candidate with gradproof, and compare the report with what was planted."""
    start = time.perf_counter()
    try:
        report = check(cost, grad, params)
    except Exception as error:  # noqa: BLE001 - an error of ours is a result to be shown
        return Judgement("error", time.perf_counter() - start, said=f"{type(error).__name__}: {error}")
    found = Judgement(report.verdict, time.perf_counter() - start)
    wrong = [name for name in params if report[name].verdict == "wrong"]
    own = [(k, d) for k in wrong for d in report[k].diagnoses if d.code != "inherited"]
    found.detected = report.verdict == "wrong"
    found.said = "; ".join(f"{k}: {d.code} line {d.line}" for k, d in own) or f"{report.verdict} {wrong}"
    if bug:
        planted = workload.BUGS[bug]
        at = planted.line_number(workload.source_of(bug))
        found.parameter = set(wrong) == set(planted.affected) and {k for k, _ in own} <= set(planted.roots)
        found.code = bool(own) and all(d.code in planted.codes for _, d in own)
        found.line = bool(own) and all(d.line == at for _, d in own)
        found.said += f" (planted at line {at})"
    return found


def run_bugs(dtype: type, lambdas: list[float], losses: list[str], options: argparse.Namespace) -> Tally:
    """Part 1: each bug, and the correct gradient, at each lambda and seed."""
    tally = Tally()
    for name in [CORRECT, *options.bugs]:
        bug = None if name == CORRECT else name
        progress(f"{dtype.__name__} {name}")
        asked = options.peers
        for lam in sorted(lambdas, reverse=True):
            for loss in losses:
                for seed in range(options.seeds):
                    problem = workload.make(options.hidden, seed, lam, dtype, loss=loss, bug=bug)
                    if check is not None:
                        tally.ours.setdefault((name, lam), []).append(judge(*problem, bug))
                    for peer in asked if loss == losses[0] else []:
                        outcome = peers.PEERS[peer](*problem)
                        tally.theirs.setdefault((peer, name, lam), []).append(outcome)
            # A peer that no longer sees a bug at one lambda is not asked about a smaller one.
            asked = [peer for peer in asked if bug is None or any(flagged(tally, peer, name, lam))]
    return tally


def flagged(tally: Tally, peer: str, name: str, lam: float) -> list[bool]:
    """Whether a checker objected, run by run; one without a verdict objects above a threshold.

    The threshold is chosen in the peer's favour: twice its worst value on the correct gradients.
    """
    if peer == OURS:
        return [j.detected for j in tally.ours[name, lam]]
    outcomes = tally.theirs.get((peer, name, lam), [True])
    if all(isinstance(outcome, bool) for outcome in outcomes):
        return [not outcome for outcome in outcomes]
    threshold = 2 * max(tally.theirs[peer, CORRECT, lam])
    return [not outcome <= threshold for outcome in outcomes]


def limit(flags: dict[float, list[bool]]) -> str:
    """Smallest lambda down to which every run was detected, from the largest on."""
    reached = "never"
    for lam in sorted(flags, reverse=True):
        if not all(flags[lam]):
            break
        reached = power(lam)
    return reached


def print_ours(tally: Tally, lambdas: list[float], title: str) -> None:
    """Print complete answers per bug and lambda, the four totals, and each answer that is not right."""
    names = [name for name in dict.fromkeys(name for name, _ in tally.ours) if name != CORRECT]
    rows, totals, amiss = [], [], Counter[str]()
    for name in names:
        cells = [tally.ours[name, lam] for lam in lambdas]
        rows.append([name, *[f"{sum(j.complete for j in cell)}/{len(cell)}" for cell in cells]])
        runs = [j for cell in cells for j in cell]
        counts = [sum(getattr(j, a) for j in runs) for a in ("detected", "code", "parameter", "line")]
        totals.append([name, workload.BUGS[name].about, workload.BUGS[name].codes[0], len(runs), *counts])
        amiss.update(f"{name}: {j.said}" for j in runs if not j.complete)
    totals.append(["all", "", "", *[sum(column) for column in list(zip(*totals, strict=True))[3:]]])
    header = ["bug", *map(power, lambdas)]
    print(table(f"{title}: detected with the right code, parameter and line, by lambda", header, rows))
    columns = ["bug", "what is wrong", "code", "runs", "detected", "code ok", "parameter ok", "line ok"]
    print(table(f"{title}: totals", columns, totals))
    correct = [j for (name, _), cell in tally.ours.items() if name == CORRECT for j in cell]
    verdicts = Counter(j.verdict for j in correct)
    print(f"\ncorrect gradients of the same workload: {dict(verdicts)}")
    times = [j.seconds for cell in tally.ours.values() for j in cell]
    slowest = seconds(max(times))
    print(f"time of one check: median {seconds(statistics.median(times))}, slowest {slowest}")
    for said, count in amiss.most_common(40):
        print(f"  not right, {count} x  {said[:300]}")


def print_beside(tally: Tally, lambdas: list[float], options: argparse.Namespace, title: str) -> None:
    """Print how far down in lambda each checker detects each bug."""
    checkers = ([OURS] if tally.ours else []) + options.peers
    rows = [[name] for name in options.bugs]
    alarms = ["false alarms"]
    for checker in checkers:
        correct = [flag for lam in lambdas for flag in flagged(tally, checker, CORRECT, lam)]
        alarms.append(f"{sum(correct)}/{len(correct)}" if checker != "scipy" else "*")
        for row in rows:
            flags = {lam: flagged(tally, checker, row[0], lam) for lam in lambdas}
            row.append("any" if all(correct) else limit(flags))
    heading = f"{title}: smallest lambda down to which every run is detected"
    print(table(heading, ["bug", *checkers], [*rows, alarms]))
    if any("any" in row for row in rows):
        print("(any: it objects to every correct gradient too, so its objections carry nothing)")
    if "scipy" in checkers:
        print("* scipy gives no verdict: it objects here above twice its worst value on correct gradients")


def run_networks(options: argparse.Namespace) -> None:
    """Part 2: correct gradients of random networks, the false alarms of every checker."""
    verdicting = [peer for peer in options.peers if peer != "scipy"]
    alarms: Counter[tuple[str, str]] = Counter()
    runs: Counter[str] = Counter()
    unsure: list[str] = []
    for index in range(options.networks):
        described, *problem = workload.random_network(index)
        kind = f"{described['dtype']} {described['kink']}"
        runs[kind] += 1
        if index % 20 == 0:
            progress(f"network {index} of {options.networks}")
        if check is not None:
            judgement = judge(*problem, None)
            alarms[OURS, kind] += judgement.verdict == "wrong"
            alarms["not settled", kind] += judgement.verdict not in {"wrong", "correct"}
            if judgement.verdict != CORRECT:
                unsure.append(f"  {judgement.verdict}: network {index} {described}: {judgement.said[:200]}")
        for peer in verdicting:
            alarms[peer, kind] += not peers.PEERS[peer](*problem)
    columns = ([OURS, "not settled"] if check is not None else []) + verdicting
    kinds = sorted(runs)
    rows = [[kind, runs[kind], *[alarms[column, kind] for column in columns]] for kind in kinds]
    rows.append(["all", runs.total(), *[sum(alarms[column, kind] for kind in kinds) for column in columns]])
    title = f"correct gradients of {options.networks} random networks: how many each checker calls wrong"
    print(table(title, ["networks", "runs", *columns], rows))
    print("(exact: one example and all biases 0; near: that example 1e-6; not settled: ours, inconclusive)")
    print("\n".join(unsure[:40]))


def progress(text: str) -> None:
    """Say on standard error where the run is."""
    print(f"... {text}", file=sys.stderr, flush=True)


def parse() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="seeds per bug and lambda (default 5)")
    parser.add_argument("--hidden", type=int, default=18, help="width (default 18: 1045 parameters)")
    parser.add_argument("--lambdas", type=float, nargs="*", default=LAMBDAS)
    parser.add_argument("--bugs", nargs="*", default=list(workload.BUGS), choices=list(workload.BUGS))
    parser.add_argument("--losses", nargs="*", default=["bce-logits", "bce-log"])
    parser.add_argument("--networks", type=int, default=200, help="random networks of part 2 (default 200)")
    parser.add_argument("--only", choices=["bugs", "float32", "networks"], help="run one part")
    return peers.parsed(parser)


def main() -> None:
    """Run the parts asked for."""
    options = parse()
    print(f"{OURS} {__version__ if check else 'not installed'}; {peers.describe()}")
    parts = [options.only] if options.only else ["bugs", "float32", "networks"]
    for part, dtype, lambdas in (
        ("bugs", np.float64, options.lambdas),
        ("float32", np.float32, options.lambdas[:3]),
    ):
        if part in parts:
            tally = run_bugs(dtype, lambdas, options.losses, options)
            if tally.ours:
                print_ours(tally, lambdas, dtype.__name__)
            print_beside(tally, lambdas, options, dtype.__name__)
    if "networks" in parts:
        run_networks(options)


if __name__ == "__main__":
    main()
