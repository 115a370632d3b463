"""A path of λ with cross-validation against as many separate fits, on digits (64-32-10).

    python benchmarks/path.py [--lambdas 32] [--folds 5] [--epochs 100] [--rounds 3] [--peer-rounds 1]
        [--precision float32]

A third of the rows is held out. The other rows are the data of the search: the same folds, grid of λ, epochs,
batches of 200, Adam and initialisation (Glorot's) for every side. scikit-learn is GridSearchCV on
MLPClassifier with alpha = λ b/m, which makes its penalty alpha/(2b) that of λ/(2m). Sides are timed once a
round, in random order; shown are the median and the least. "separate" fits every λ on every fold by itself
and computes the validation cost and accuracy, as the others do; on several threads its fits run beside each
other as the folds of the path do. The path's matrix products alone are what no batching can save.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import unset_kernels

# isort: split
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier

from gradproof.train.fitting import fit
from gradproof.train.network import dense
from gradproof.train.optimizers import Adam
from gradproof.train.path import CrossValidation, cross_validate_path, lambda_grid, run_all
from gradproof.train.path.executors import processors
from gradproof.train.path.folds import split
from gradproof.train.path.measures import data_cost, score
from gradproof.train.path.result import with_lambda
from tables import seconds, table

BATCH, RATE, SIZES = 200, 1e-3, [64, 32, 10]
NETWORK = dense(SIZES)


@dataclass
class Problem:
    """The data, and how every side is trained.

    Attributes
    ----------
    X, y : rows of the search, features along the columns, and their labels
    X_test, y_test : the third that is held out
    folds : indices of the training and of the validation part of each fold
    """

    lambdas: int
    count: int
    epochs: int
    precision: str
    X: np.ndarray = field(init=False)
    y: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        X, y = load_digits(return_X_y=True)
        X = (X / 16).astype(self.precision)
        parts = train_test_split(X, y, test_size=1 / 3, random_state=0, stratify=y)
        self.X, self.X_test, self.y, self.y_test = parts
        self.columns, self.Y = np.asfortranarray(self.X.T), np.eye(10)[self.y].T
        self.folds = split(NETWORK, self.Y, self.count)
        self.grid = lambda_grid(NETWORK, self.columns, self.Y, self.lambdas)

    @property
    def how(self) -> dict[str, object]:
        """Settings of gradproof."""
        return {
            "optimizer": Adam(RATE), "epochs": self.epochs, "batch_size": BATCH, "init": "glorot_uniform",
            "dtype": self.precision,
        }  # fmt: skip

    @property
    def rows(self) -> int:
        """Of a fold's training part."""
        return len(self.folds[0][0])


def path(problem: Problem, threads: int) -> CrossValidation:
    return cross_validate_path(
        NETWORK, problem.columns, problem.Y, problem.grid, problem.folds, executor=threads, **problem.how
    )


def one_fit(job: tuple[Problem, float, np.ndarray, np.ndarray]) -> tuple[float, float]:
    """Validation cost and accuracy of one λ on one fold."""
    problem, lambd, training, held = job
    X, Y = (np.ascontiguousarray(a.T[training]).T for a in (problem.columns, problem.Y))
    fitted = fit(with_lambda(NETWORK, lambd), X, Y, **problem.how)
    A, right = fitted.predict(problem.columns[:, held]), problem.Y[:, held]
    return float(data_cost(NETWORK, A, right)), float(score(NETWORK, A, right))


def separate(problem: Problem, threads: int) -> np.ndarray:
    """The same by separate fits; validation costs of shape (folds, R)."""
    jobs = [(problem, float(lambd), *fold) for fold in problem.folds for lambd in problem.grid]
    return np.array([cost for cost, _ in run_all(one_fit, jobs, threads)]).reshape(problem.count, -1)


def products(problem: Problem) -> None:
    """The matrix products of all epochs, folds and λ alone: those of the first layer as one for all λ."""
    rng, count = np.random.default_rng(0), len(problem.grid)
    n0, n1, n2 = SIZES

    def normal(*size: int) -> np.ndarray:
        return rng.normal(size=size).astype(problem.precision)

    W1, W2 = normal(count * n1, n0), normal(count, n2, n1)
    dW1, dW2 = np.empty_like(W1), np.empty_like(W2)
    steps = []
    for b in [BATCH] * (problem.rows // BATCH) + [problem.rows % BATCH] * (problem.rows % BATCH > 0):
        X, A, Z = normal(b, n0), normal(b, count * n1), normal(b, count * n2)
        dA = np.empty_like(A)
        each = [np.moveaxis(a.reshape(b, count, -1), 0, 2) for a in (A, Z, dA)]
        steps.append((X.T, A.T, dA.T, *each))
    for _ in range(problem.epochs * problem.count):
        for X, A, dA, A_each, Z_each, dA_each in steps:
            np.matmul(W1, X, out=A)
            np.matmul(W2, A_each, out=Z_each)
            np.matmul(W2.swapaxes(1, 2), Z_each, out=dA_each)
            np.matmul(Z_each, A_each.swapaxes(1, 2), out=dW2)
            np.matmul(dA, X.T, out=dW1)


def peer(problem: Problem) -> GridSearchCV:
    model = MLPClassifier(
        (32,), batch_size=BATCH, learning_rate_init=RATE, max_iter=problem.epochs, tol=0.0,
        n_iter_no_change=10**6, random_state=0,
    )  # fmt: skip
    alphas = problem.grid * BATCH / problem.rows
    search = GridSearchCV(
        model, {"alpha": alphas}, cv=problem.folds, scoring=["accuracy", "neg_log_loss"], refit=False
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return search.fit(problem.X, problem.y)


Sides = dict[str, tuple[int, Callable[[], object]]]  # how often each is timed, and what it does


def timed(sides: Sides) -> tuple[dict[str, list[float]], dict[str, object]]:
    """Seconds of each side, as often as it says, and the last result of each."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    results: dict[str, object] = {}
    for number in range(max(rounds for rounds, _ in sides.values())):
        names = [name for name, (rounds, _) in sides.items() if number < rounds]
        random.Random(number).shuffle(names)
        for name in names:
            before = time.perf_counter()
            results[name] = sides[name][1]()
            times[name].append(time.perf_counter() - before)
    return times, results


def report_times(problem: Problem, times: dict[str, list[float]]) -> None:
    fits = problem.count * len(problem.grid)
    base = statistics.median(times["path, 1 thread"])
    rows = [
        [name, seconds(statistics.median(each)), seconds(min(each)), f"{statistics.median(each) / base:.2f}"]
        for name, each in times.items()
    ]
    grid = f"{len(problem.grid)} λ, {problem.count} folds of {problem.rows} rows, {problem.epochs} epochs"
    title = f"{problem.precision}, {grid}"
    print(table(title, ["side", "median", "least", "/ path, 1 thread"], rows))
    paths = [name for name in times if name.startswith("path")]
    rows = []
    for name, goal in ((f"{fits} separate fits, 1 thread", 1 / 4), (f"scikit-learn's {fits} fits", 1 / 10)):
        for mine in paths:
            if name in times:
                ratio = statistics.median(times[mine]) / statistics.median(times[name])
                rows.append([mine, name, f"{ratio:.3f}", f"<= {goal:g}", "yes" if ratio <= goal else "no"])
    print(table("The path's share of their time", ["side", "of", "share", "goal", "met"], rows))


def judged(problem: Problem, name: str, lambd: float, proba: np.ndarray) -> list[object]:
    accuracy = (proba.argmax(1) == problem.y_test).mean()
    return [name, f"{lambd:.4g}", f"{accuracy:.4f}", f"{log_loss(problem.y_test, proba):.4f}"]


def report_accuracy(problem: Problem, found: CrossValidation, search: GridSearchCV | None) -> None:
    rows = []
    by_score = found.judged_by("score", found.validation_score)
    for name, cv, rule in (
        ("path, lowest cost", found, "min"), ("path, one standard error", found, "1se"),
        ("path, highest accuracy", by_score, "min"),
    ):  # fmt: skip
        fitted = cv.refit(problem.columns, problem.Y, rule)
        rows.append(judged(problem, name, cv.lambda_by(rule), fitted.predict(problem.X_test.T).T))
    for metric, name in (("neg_log_loss", "lowest cost"), ("accuracy", "highest accuracy")):
        if search is None:
            break
        k = int(search.cv_results_[f"mean_test_{metric}"].argmax())
        model = search.estimator.set_params(alpha=search.cv_results_["params"][k]["alpha"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            proba = model.fit(problem.X, problem.y).predict_proba(problem.X_test)
        rows.append(judged(problem, f"scikit-learn, {name}", problem.grid[k], proba))
    header = ["chosen by", "λ", "accuracy", "cost"]
    print(table(f"The chosen λ on the {len(problem.y_test)} rows held out", header, rows))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lambdas", type=int, default=32)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--precision", choices=("float64", "float32"), default="float64")
    parser.add_argument("--peer-rounds", type=int, default=1, help="0 leaves scikit-learn out")
    options = parser.parse_args()
    problem = Problem(options.lambdas, options.folds, options.epochs, options.precision)
    fits, threads = options.folds * options.lambdas, processors()
    sides: Sides = {
        "one fit": (options.rounds, lambda: one_fit((problem, 1.0, *problem.folds[0]))),
    }
    for count in dict.fromkeys((1, threads)):
        name = "1 thread" if count == 1 else f"{count} threads"
        sides[f"path, {name}"] = (options.rounds, lambda count=count: path(problem, count))
        every = (options.rounds, lambda count=count: separate(problem, count))
        sides[f"{fits} separate fits, {name}"] = every
    sides["the path's matrix products alone"] = (options.rounds, lambda: products(problem))
    if options.peer_rounds:
        sides[f"scikit-learn's {fits} fits"] = (options.peer_rounds, lambda: peer(problem))
    one_fit((problem, 1.0, *problem.folds[0]))  # compiled and loaded
    path(Problem(options.lambdas, options.folds, 1, options.precision), threads)
    path(Problem(options.lambdas, options.folds, 1, options.precision), 1)
    times, results = timed(sides)
    print("\n".join(unset_kernels.kernels()))
    report_times(problem, times)
    found = results["path, 1 thread"]
    assert isinstance(found, CrossValidation)
    costs = results[f"{fits} separate fits, 1 thread"]
    apart = np.abs(costs / found.validation_cost - 1).max()
    print(f"\nlargest relative difference of the validation costs of path and separate fits: {apart:.1e}")
    print(f"\n{found.table()}")
    report_accuracy(problem, found, results.get(f"scikit-learn's {fits} fits"))


if __name__ == "__main__":
    main()
