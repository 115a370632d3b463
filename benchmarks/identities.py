"""How many published matrix identities gradproof derives, confirms and prints as short as the book.

    python benchmarks/identities.py FACTS [--only REGEX] [--sympy] [--verify] [--all]

FACTS is the folder with ``matrix_identities.json`` (one identity a row: expression, variable, shapes, facts,
and the right-hand side as published) and ``identity_namespace.py``, in whose namespace both are evaluated.

Every identity is derived with sizes as names, its result evaluated at random arrays and compared with the
published right-hand side. Times are of reading, deriving and simplifying together, in one thread: the
first run of an identity in a process that has derived others, and the median of 5 repetitions.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gradproof import GradproofError, derive
from lengths import expression_length, python_length

SIZES = {
    "n": 5, "k": 2, "m": 4, "p": 3, "q": 6, "d": 7, "e": 8, "s": 9, "t": 10,
    "n0": 4, "n1": 5, "n2": 3, "n3": 2,
}  # fmt: skip
TOLERANCE = 1e-8
REPEATS = 5


@dataclass
class Row:
    """One identity and what became of it."""

    name: str
    outcome: str = "refused"
    text: str = ""
    why: str = ""
    closed: bool = False
    first: float = 0.0
    warm: float = 0.0
    own: int = 0
    published: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    failed_steps: int = 0
    steps: int = 0


def arguments(identity: dict[str, Any]) -> dict[str, Any]:
    """What ``gradproof.derive`` is given: the row as it stands."""
    given = {k: identity[k] for k in ("shapes", "assume", "let", "order", "structure") if k in identity}
    if identity["kind"] == "differential":
        given["kind"] = "differential"
    return given


def sample(identity: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Random arrays of the declared shapes, of which the assumed facts are true."""
    values = {}
    for name, shape in identity["shapes"].items():
        facts = set(identity["assume"].get(name, ()))
        values[name] = _array([SIZES[s] for s in shape], facts, rng)
    return values


def _array(shape: list[int], facts: set[str], rng: np.random.Generator) -> Any:
    a = rng.standard_normal(shape)
    if "complex" in facts:
        a = a + 1j * rng.standard_normal(shape)
    if "positive" in facts:
        a = np.abs(a) + 0.5
    if "toeplitz" in facts:
        n = shape[0]
        c = rng.standard_normal(2 * n)
        a = np.array([[c[abs(i - j) if "symmetric" in facts else i - j] for j in range(n)] for i in range(n)])
    elif "spd" in facts:
        a = a @ a.T + shape[0] * np.eye(shape[0])
    elif "symmetric" in facts:
        a = a + a.T
    elif "invertible" in facts:
        a = a + 2 * np.eye(shape[0])
    if "diagonal" in facts:
        a = np.diag(np.diag(a))
    if facts & {"simplex", "row_stochastic"}:
        a = np.exp(a)
        a = a / a.sum(-1, keepdims=True)
    return a


def published(identity: dict[str, Any], values: dict[str, Any], namespace: dict[str, Any]) -> Any:
    """The right-hand side as published, evaluated."""
    scope = {**namespace, **values}
    for name, text in identity.get("let", {}).items():
        scope[name] = eval(text, scope)
    if "structure" in identity and "S" in identity["grad"] and "S" not in values:
        scope["S"] = _symmetric_structure(len(next(v for v in values.values() if np.ndim(v) == 2)))
    return eval(identity["grad"], scope)


def _symmetric_structure(n: int) -> Any:
    """S_kl,ij = ∂A_kl/∂A_ij of a symmetric matrix."""
    eye = np.eye(n)
    s = np.einsum("ki,lj->klij", eye, eye) + np.einsum("kj,li->klij", eye, eye)
    return s - np.einsum("ki,lj,kl->klij", eye, eye, eye)


def run(identity: dict[str, Any], namespace: dict[str, Any], *, verify: bool) -> Row:
    """Derive one identity, time it, confirm it, measure its print."""
    row = Row(f"{identity['eq']} {identity['expr']} by {identity['wrt']}")
    given = arguments(identity)
    started = time.perf_counter()
    try:
        derivation = derive(identity["expr"], wrt=identity["wrt"], **given)
    except GradproofError as error:
        row.why = str(error).replace("\n", " | ")
        return row
    except Exception as error:  # noqa: BLE001 - our own defect, and counted as one
        row.outcome, row.why = "crashed", f"{type(error).__name__}: {error}"
        return row
    row.first = time.perf_counter() - started
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        derive(identity["expr"], wrt=identity["wrt"], **given)
        times.append(time.perf_counter() - started)
    row.warm = statistics.median(times)
    row.text = derivation.to_text()
    row.closed = "index notation" not in row.text
    row.own = expression_length(derivation)
    row.published = python_length(identity["grad"])
    row.outcome, row.why = confirm(identity, derivation, namespace)
    if verify:
        _count_steps(derivation, row)
    return row


def _count_steps(derivation: Any, row: Row) -> None:
    found = derivation.verify()
    row.steps = len(found.steps)
    row.failed_steps = len(found.failures)
    row.rules = Counter(check.step.rule for check in found.steps)


def confirm(identity: dict[str, Any], derivation: Any, namespace: dict[str, Any]) -> tuple[str, str]:
    """Compare with the published right-hand side at three random points."""
    rng = np.random.default_rng(7)
    wrt = identity["wrt"] if isinstance(identity["wrt"], list) else [identity["wrt"]]
    for _ in range(3):
        values = sample(identity, rng)
        for name in wrt:
            direction = _array(list(np.shape(values[name])), set(identity["assume"].get(name, ())), rng)
            if identity["kind"] == "differential":
                values.setdefault(f"d{name}", direction)
        try:
            found = derivation.evaluate({k: v for k, v in values.items() if k not in identity.get("let", {})})
        except GradproofError as error:
            return "unconfirmed", str(error).replace("\n", " | ")
        if "transform" in identity:
            found = eval(identity["transform"], {**namespace, **values, "G": found})
        expected = published(identity, values, namespace)
        if np.shape(found) != np.shape(expected):
            return "wrong", f"shape {np.shape(found)}, published {np.shape(expected)}"
        error = float(np.max(np.abs(found - expected), initial=0.0)) / (
            float(np.max(np.abs(expected), initial=0.0)) or 1.0
        )
        if not error <= TOLERANCE:
            return "wrong", f"differs by {error:.1e}"
    return "confirmed", ""


def load(folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The table and its namespace."""
    spec = importlib.util.spec_from_file_location("identity_namespace", folder / "identity_namespace.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return json.loads((folder / "matrix_identities.json").read_text()), dict(module.NS)


def report(rows: list[Row], *, everything: bool) -> None:
    """The figures, then what is not as it should be."""
    counts = Counter(r.outcome for r in rows)
    derived = [r for r in rows if r.outcome not in ("refused", "crashed")]
    print(f"{len(rows)} identities: " + ", ".join(f"{n} {what}" for what, n in counts.most_common()))
    print(f"in closed matrix notation: {sum(r.closed for r in derived)} of {len(derived)} derived")
    warm, first = sorted(r.warm * 1e3 for r in derived), sorted(r.first * 1e3 for r in derived)
    print(f"time, ms: warm median {statistics.median(warm):.2f}, worst {warm[-1]:.1f}; "
          f"first run median {statistics.median(first):.2f}, worst {first[-1]:.1f}")  # fmt: skip
    ratios = sorted((r.own / max(r.published, 1), r.name, r) for r in derived if r.outcome == "confirmed")
    print(f"length against the published side: median {statistics.median(x for x, _, _ in ratios):.2f}; "
          f"above 1.5: {sum(x > 1.5 for x, _, _ in ratios)}")  # fmt: skip
    for ratio, name, row in ratios:
        if ratio > 1.5 or everything:
            print(f"  {ratio:4.2f} {row.own:3}/{row.published:<3} {name}\n       {row.text.splitlines()[0]}")
    if any(r.steps for r in rows):
        rules = sum((r.rules for r in rows), Counter())
        print(f"steps: {sum(r.steps for r in rows)}, not holding: {sum(r.failed_steps for r in rows)}; "
              f"{len(rules)} distinct rules")  # fmt: skip
    for row in rows:
        if row.outcome != "confirmed" or row.failed_steps:
            print(f"  {row.outcome}: {row.name}\n       {row.why[:200]} {row.text[:120]}")


def main() -> None:
    """Run the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("facts", type=Path)
    parser.add_argument("--only", default="", help="identities whose name matches this pattern")
    parser.add_argument("--verify", action="store_true", help="verify every step, count the rules")
    parser.add_argument("--all", action="store_true", help="print every result")
    options = parser.parse_args()
    table, namespace = load(options.facts)
    chosen = [i for i in table if i["confirmed"] and re.search(options.only, f"{i['eq']} {i['expr']}")]
    report([run(i, namespace, verify=options.verify) for i in chosen], everything=options.all)


if __name__ == "__main__":
    main()
