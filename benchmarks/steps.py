"""The weights after 50 steps: gradproof's engines beside PyTorch, scikit-learn and Optax, in float64.

    python benchmarks/steps.py [--engines NAME ...]

All start from the same weights and meet the same batches in the same order; networks with relu and tanh, for
three losses, with λ/(2b) Σ ‖W‖²_F. Shown is the largest difference of any parameter array, relative to its
largest entry, over the networks; L-BFGS makes 20 iterations on all rows. The status is 1 if any is above
1e-12.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from gradproof.errors import InputError
from gradproof.train.engines import ENGINES
from tables import table

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.train.peers import CASES, NETWORKS, PAIRS, SIDES, STEPS, Task, largest_difference, ours, task

BOUND = 1e-12
PACKAGES = {"torch": "PyTorch", "sklearn": "scikit-learn", "optax": "Optax"}


def worst(case: str, side: str, engines: list[str], tasks: list[Task]) -> dict[str, float]:
    """The largest difference of each engine's weights from that side's, over the tasks."""
    found = dict.fromkeys(engines, 0.0)
    for given in tasks:
        expected = SIDES[side](CASES[case], given)
        for engine in engines:
            difference = largest_difference(ours(CASES[case], given, engine), expected)
            found[engine] = max(found[engine], difference)
    return found


def usable(engines: list[str]) -> list[str]:
    """Those that run here; why others do not is printed."""
    found = []
    first = task(next(iter(NETWORKS.values())))
    for engine in engines:
        try:
            ours(CASES["SGD"], first, engine)
        except (InputError, ImportError, OSError) as error:
            print(f"the engine {engine} is left out: {error}")
        else:
            found.append(engine)
    return found


def here() -> list[str]:
    """The sides that are installed."""
    found = []
    for package, name in PACKAGES.items():
        try:
            version = importlib.import_module(package).__version__
        except ImportError:
            print(f"{name} is not installed")
        else:
            print(f"{name} {version}")
            found.append(package)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES), metavar="NAME",
                        help=f"of {', '.join(ENGINES)}")  # fmt: skip
    options = parser.parse_args()
    installed = here()
    engines = usable(options.engines)
    tasks = [task(network) for network in NETWORKS.values()]
    rows: list[list[object]] = []
    most = 0.0
    for case, side in PAIRS:
        if side in installed:
            found = worst(case, side, engines, tasks)
            most = max(most, *found.values())
            rows.append([case, PACKAGES[side], *(f"{found[e]:.1e}" for e in engines)])
    title = f"Largest relative difference after {STEPS} steps; networks: {'; '.join(NETWORKS)}"
    print(table(title, ["optimiser", "beside", *engines], rows))
    print(f"\nlargest of all: {most:.1e}, at most {BOUND:g} is wanted; {'yes' if most <= BOUND else 'NO'}")
    return int(most > BOUND)


if __name__ == "__main__":
    sys.exit(main())
