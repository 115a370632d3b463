"""Every translation of λ between the frameworks at hand, proven by training both and comparing the weights.

    python benchmarks/translate.py [--steps N] [--seed N] [--summary]

1. Each pair of conventions that train step by step, for each optimiser: a network 5-4-3 (tanh, softmax) in
   batches of 8 of 24 rows. Both sides begin at the same weights and are trained with the very code that the
   translation gives to paste; "course" is the course's cost in plain NumPy. A pair that is refused is trained
   as well, with the nearest value: it must differ, or the refusal would be wrong.
2. The same a row a step, for scikit-learn's SGDClassifier.
3. Estimators that go to the minimum by themselves, against Newton's method on the course's cost, against each
   other, and against gradient descent of PyTorch and Optax that was left to converge.
4. What the refusals rest on: under Adam no weight_decay of AdamW does what a penalty does; with momentum a
   decay of c/(1 − μ) rests where the penalty does, and one of c does not.

All in float64. Differences are the largest of any weight, over the largest weight.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import one_thread

# isort: split
from gradproof.train.conventions import CONVENTIONS, Translation, translate
from tables import table

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.train.conventions.problems import Problem, difference, minimum, simulate
from tests.train.conventions.trainers import TRAINERS, solve_sklearn

LAMBDA = 0.7
RATES = {"sgd": 0.1, "momentum": 0.1, "adam": 0.01}
LINED = (
    "gradproof",
    "gradproof.AdamW",
    "torch.SGD",
    "torch.Adam",
    "torch.AdamW",
    "optax.add_decayed_weights",
    "optax.add_decayed_weights.after",
    "optax.adamw",
    "keras.L2",
    "keras.SGD",
    "keras.Adam",
    "keras.AdamW",
    "sklearn.MLP",
)
HEADER = ("from", "to", "value in", "value out", "steps", "difference", "verdict")
SAME, APART = 1e-10, 1e-5


def present(name: str) -> bool:
    return name == "course" or find_spec(CONVENTIONS[name].library) is not None


@dataclass
class Lab:
    """Trains conventions on one problem, each value once."""

    problem: Problem
    made: dict[tuple[str, float], Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """What a translation is told of the problem."""
        p = self.problem
        return {"m": p.m, "batch": p.batch, "lr": p.lr, "momentum": p.momentum, "optimizer": p.optimizer}

    def translated(
        self, source: str, value: float, target: str, *, approximate: bool = False
    ) -> Translation:
        """The translation where biases are left out if that can be chosen."""
        biases = False if CONVENTIONS[source].biases == "choice" else None
        return translate(source, value, to=target, biases=biases, approximate=approximate, **self.told())

    def weights(self, name: str, value: float) -> Any:
        """The parameters after training with this value."""
        if (name, value) not in self.made:
            if name == "course":
                found = simulate(name, value, self.problem)
            else:
                found = TRAINERS[name](self.translated(name, value, name).code, self.problem)
            self.made[name, value] = found
        return self.made[name, value]

    def row(self, source: str, value: float, target: str) -> tuple[Any, ...]:
        """One line of the table, the difference as a number."""
        exact = self.translated(source, value, target)
        refused = exact.exactness != "exact"
        found = self.translated(source, value, target, approximate=True) if refused else exact
        apart = difference(self.weights(source, value), self.weights(target, found.value))
        return (
            source,
            target,
            value,
            found.value,
            self.problem.steps,
            apart,
            verdict(apart, refused=refused),
        )


def verdict(apart: float, *, refused: bool) -> str:
    if refused:
        return "refused, rightly" if apart > APART else "REFUSED WRONGLY"
    return "the same" if apart < SAME else "DIFFERENT"


def pairs(problem: Problem) -> Iterator[tuple[Any, ...]]:
    """Every pair that trains with this optimiser."""
    lab = Lab(problem)
    names = ["course"] + [n for n in LINED if present(n) and problem.optimizer in CONVENTIONS[n].optimizers]
    begin = {n: lab.translated("course", LAMBDA, n, approximate=True).value for n in names}
    for source in names:
        for target in names:
            if source != target:
                yield lab.row(source, begin[source], target)


def row_a_step(seed: int) -> Iterator[tuple[Any, ...]]:
    """SGDClassifier with all that can do the same."""
    lab = Lab(Problem(sizes=(5, 1), loss="binary", m=40, batch=1, steps=40, seed=seed))
    names = ("torch.SGD", "optax.add_decayed_weights", "keras.L2", "gradproof")
    for name in ("course", *(n for n in names if present(n))):
        value = lab.translated("course", LAMBDA, name).value
        yield lab.row(name, value, "sklearn.SGDClassifier")


def solved(loss: str, seed: int) -> Iterator[tuple[Any, ...]]:
    """Estimators and gradient descent at the minimum."""
    m = 40
    problem = Problem(sizes=(5, 1), loss=loss, m=m, batch=m, steps=4000, optimizer="momentum", seed=seed)
    estimators = {
        "squared": ["sklearn.Ridge", "sklearn.ElasticNet"],
        "binary": ["sklearn.LogisticRegression"],
    }[loss]
    descent = [n for n in ("torch.SGD", "optax.add_decayed_weights") if present(n)]

    def weights(name: str, value: float) -> Any:
        if name == "course":
            return minimum(problem, value / m)
        code = translate(
            name,
            value,
            to=name,
            m=m,
            batch=m,
            lr=problem.lr,
            momentum=problem.momentum,
            optimizer="momentum",
            biases=False if name in descent else None,
        ).code
        return TRAINERS[name](code, problem) if name in descent else solve_sklearn(code, problem)

    values = {
        n: translate("course", LAMBDA, to=n, m=m, batch=m).value for n in ["course", *estimators, *descent]
    }
    made = {name: weights(name, value) for name, value in values.items()}
    for source, target in itertools.permutations(made, 2):
        if source in estimators or target in estimators:
            out = translate(
                source, values[source], to=target, m=m, batch=m, biases=False if source in descent else None
            ).value
            assert math.isclose(out, values[target], rel_tol=1e-14), (source, target, out)
            apart = difference(made[source], made[target])
            steps = problem.steps if {source, target} & set(descent) else "minimum"
            yield source, target, values[source], out, steps, apart, verdict(apart, refused=False)


def liblinear(seed: int) -> Iterator[tuple[Any, ...]]:
    """With the intercept penalised, and refused where it is not."""
    problem = Problem(sizes=(5, 1), loss="binary", m=40, batch=40, seed=seed)
    for biases in (True, False):
        name = "sklearn.LogisticRegression.liblinear"
        found = translate("gradproof", LAMBDA, to=name, m=40, biases=biases, approximate=True)
        apart = difference(minimum(problem, LAMBDA / 40, biases=biases), solve_sklearn(found.code, problem))
        said = verdict(apart, refused=not biases) if biases is False or apart > 1e-6 else "the same"
        source = f"gradproof, biases={biases}"
        yield source, name, LAMBDA, found.value, "minimum", apart, said


def reasons(seed: int) -> Iterator[tuple[str, str]]:
    """Figures for the refusals."""
    problem = Problem(optimizer="adam", lr=0.01, steps=20, seed=seed)
    penalised = simulate("torch.Adam", 0.03, problem)
    tried = {0.03 * 10 ** (k / 8): 0.0 for k in range(-32, 33)}
    for value in tried:
        tried[value] = difference(penalised, simulate("torch.AdamW", value, problem))
    best = min(tried, key=lambda value: tried[value])
    yield "Adam: the nearest of 65 values of weight_decay, 3e-6 ... 3e2", f"{tried[best]:.1e} at {best:.2g}"
    one = problem.but(steps=1)
    strong, weak = (simulate("torch.Adam", value, one) for value in (1e9, 1e5))
    yield "Adam: first step, penalty alone, 1e4 times weaker", f"{difference(strong, weak):.1e}"
    rest = Problem(
        sizes=(3, 1), loss="squared", m=12, batch=12, lr=0.05, optimizer="momentum", steps=3000, seed=seed
    )
    penalty, c = simulate("course", 3, rest), 3 / 12
    for name, value in (("c/(1 − μ)", c / 0.1), ("c", c)):
        apart = difference(penalty, simulate("keras.SGD", value, rest))
        yield f"momentum: a decay of {name}, at rest", f"{apart:.1e}"
    early = rest.but(steps=20)
    apart = difference(simulate("course", 3, early), simulate("keras.SGD", c / 0.1, early))
    yield "momentum: a decay of c/(1 − μ), after 20 steps", f"{apart:.1e}"


def shown(rows: list[tuple[Any, ...]]) -> list[list[str]]:
    return [
        [source, target, f"{value:.6g}", f"{out:.6g}", str(steps), f"{apart:.1e}", said]
        for source, target, value, out, steps, apart, said in rows
    ]


def summary(name: str, rows: list[tuple[Any, ...]]) -> list[str]:
    same = [row[5] for row in rows if "efused" not in row[6].lower()]
    refused = [row[5] for row in rows if "efused" in row[6].lower()]
    return [
        name,
        str(len(same)),
        f"{max(same):.1e}" if same else "-",
        str(len(refused)),
        f"{min(refused):.1e}" if refused else "-",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--summary", action="store_true", help="the counts and the figures only")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    missing = sorted({CONVENTIONS[n].library for n in LINED if not present(n)})
    print(f"{one_thread.TOLD}, float64" + (f"; not installed: {', '.join(missing)}" if missing else ""))
    parts = {
        optimizer: list(
            pairs(Problem(optimizer=optimizer, lr=rate, steps=options.steps, seed=options.seed))
        )
        for optimizer, rate in RATES.items()
    }
    if present("sklearn.MLP"):
        parts["a row a step"] = list(row_a_step(options.seed))
        parts["least squares, minimum"] = list(solved("squared", options.seed))
        parts["logistic, minimum"] = [*solved("binary", options.seed), *liblinear(options.seed)]
    if not options.summary:
        for name, rows in parts.items():
            print(table(name, HEADER, shown(rows)))
    head = ("trained with", "exact pairs", "largest difference", "refused pairs", "smallest difference")
    print(table("Summary", head, [summary(name, rows) for name, rows in parts.items()]))
    print(table("What the refusals rest on", ("", "difference"), list(reasons(options.seed))))
    wrong = [row for rows in parts.values() for row in rows if row[6].isupper()]
    if wrong:
        sys.exit(f"{len(wrong)} translations are wrong: {wrong}")


if __name__ == "__main__":
    main()
