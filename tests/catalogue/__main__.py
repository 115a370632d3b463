"""Print the catalogue as a table: ``python -m tests.catalogue [--shrink] [TEXT IN A CASE'S NAME]``.

``--shrink`` takes out of ``known_short.py`` what no longer falls short; it never adds to it.
"""

import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.catalogue import known_short
from tests.catalogue.case import Case
from tests.catalogue.cases import CASES
from tests.catalogue.judge import undetected, unexplained

import gradproof as gp


def outcome(case: Case, folder: Path) -> tuple[str, list[str]]:
    """What became of one case, and what it lacks."""
    try:
        report = gp.check(**case.arguments(folder), seed=0)
    except Exception as error:  # the table goes on
        return "raised", [f"{type(error).__name__}: {error}"]
    if faults := undetected(case, report):
        return "missed" if case.wrong else "flagged", faults
    if not case.wrong:
        return "right", []
    faults = unexplained(case, report)
    return ("detected", faults) if faults else ("explained", [])


def shrink(results: dict[str, str]) -> None:
    """Take the cases that are explained now out of the lists of known shortfalls."""
    path = Path(known_short.__file__)
    text = path.read_text(encoding="utf-8")
    for name, result in results.items():
        if result in ("explained", "right"):
            text = re.sub(rf'^    "{re.escape(name)}": .*\n', "", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")


def main(*arguments: str) -> None:
    """Print one line a case, with what it lacks below it, and the shares."""
    selection = [a for a in arguments if a != "--shrink"]
    chosen = [case for case in CASES if all(text in case.id for text in selection)]
    results: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in chosen:
            started = time.perf_counter()
            result, faults = outcome(case, Path(folder))
            seconds = time.perf_counter() - started
            results[case.id] = result
            required = ", ".join(f"{name} {blame.code}" for name, blame in case.blame.items()) or "correct"
            print(f"{result:10}{seconds:6.2f} s  {case.id:52} {required}", flush=True)
            for fault in faults:
                print(f"{'':20}{fault.splitlines()[0][:300]}")
    counts = Counter(results.values())
    summary = ", ".join(f"{n} {what}" for what, n in counts.most_common())
    print(f"\n{len(chosen)} cases in {len({case.style for case in chosen})} styles: {summary}")
    if wrong := sum(1 for case in chosen if case.wrong):
        print(f"{wrong} wrong gradients, {counts['explained'] / wrong:.0%} explained as required")
    if "--shrink" in arguments:
        shrink(results)


if __name__ == "__main__":
    main(*sys.argv[1:])
