"""Emitted gradients and Hessians against automatic differentiation on the same work, in float64.

    python benchmarks/hessian.py [--rounds N] [--source]

Every problem is read as text, derived, written as NumPy and as JAX code, and run beside
jax.jit(jax.hessian), torch.func.hessian and jax.jit(jax.grad):
one call of each in random order, round after round.
Shown are medians, the ratio of medians, and the ratio of the fastest calls, which a busy machine disturbs
less. All results are compared first; one BLAS thread each. A ratio above 1: the emitted code is faster.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import one_thread

# isort: split
import numpy as np

import gradproof as gp
from gradproof.write.code import hessian_code, to_code
from peers import describe, jax, torch
from tables import seconds, table

Arrays = dict[str, np.ndarray]
Call = Callable[[], Any]


@dataclass(frozen=True)
class Problem:
    """A cost as text and as the peers write it, and the arrays it is run on."""

    name: str
    text: str
    wrt: str
    shapes: Mapping[str, tuple[str, ...]]
    arrays: Arrays
    cost: Callable[..., Any]  # (library, arrays by name) -> the cost

    @property
    def sizes(self) -> dict[str, int]:
        """The number behind each size name."""
        return {
            s: n for k, shape in self.shapes.items() for s, n in zip(shape, self.arrays[k].shape, strict=True)
        }


def _logistic(lib: Any, X: Any, y: Any, w: Any) -> Any:
    return lib.sum(lib.log(1 + lib.exp(-y * (X @ w))))


def problems(rng: np.random.Generator) -> list[Problem]:
    """The five problems; all arrays are random."""

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(size=shape)

    n, m, k, d, h = 500, 1000, 5, 20, 10
    return [
        Problem(
            f"x'Ax, n = {n}", "x @ A @ x", "x", {"x": ("n",), "A": ("n", "n")},
            {"x": normal(n), "A": normal(n, n)}, lambda lib, x, A: x @ A @ x,
        ),
        Problem(
            f"ridge, {m} x {n}", "norm(X @ w - y)**2 + lam*norm(w)**2", "w",
            {"X": ("m", "n"), "y": ("m",), "w": ("n",), "lam": ()},
            {"X": normal(m, n), "y": normal(m), "w": normal(n), "lam": np.array(0.3)},
            lambda lib, X, y, w, lam: lib.sum((X @ w - y) ** 2) + lam * lib.sum(w**2),
        ),
        Problem(
            f"logistic regression, {m} x {n}", "np.sum(np.log(1 + np.exp(-y*(X @ w))))", "w",
            {"X": ("m", "n"), "y": ("m",), "w": ("n",)},
            {"X": normal(m, n), "y": np.sign(normal(m)), "w": normal(n) / 20}, _logistic,
        ),
        Problem(
            "|T - UV'|^2, n = 200, k = 5", "norm(T - U @ V.T)**2", "U",
            {"T": ("n", "p"), "U": ("n", "k"), "V": ("p", "k")},
            {"T": normal(200, 200), "U": normal(200, k), "V": normal(200, k)},
            lambda lib, T, U, V: lib.sum((T - U @ V.T) ** 2),
        ),
        Problem(
            f"network, {m} x {d}, {h} hidden", "0.5*norm(np.tanh(X @ W.T) @ v - y)**2", "W",
            {"X": ("m", "d"), "W": ("h", "d"), "v": ("h",), "y": ("m",)},
            {"X": normal(m, d), "W": normal(h, d) / 4, "v": normal(h), "y": normal(m)},
            lambda lib, X, W, v, y: 0.5 * lib.sum((lib.tanh(X @ W.T) @ v - y) ** 2),
        ),
    ]  # fmt: skip


class Runner:
    """The calls of one problem, by what they are called."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.gradients: dict[str, Call] = {}
        self.hessians: dict[str, Call] = {}
        self.factors: dict[str, Call] = {}
        self.sources: list[str] = []
        self._emit()
        self._peers()

    def _emit(self) -> None:
        p = self.problem
        first, second = (gp.derive(p.text, wrt=p.wrt, shapes=p.shapes, order=o) for o in (1, 2))
        for library, convert in (("numpy", np.asarray), ("jax", jax.numpy.asarray if jax else None)):
            if convert is None:
                continue
            label = "NumPy" if library == "numpy" else "JAX"
            arrays = {k: convert(v) for k, v in p.arrays.items()}
            gradient = to_code({"g": first.gradient}, library, sizes=p.sizes)
            self.gradients[f"emitted {label}"] = self._call(gradient, "gradient", arrays, library)
            wrt = second.wrt[0]
            factored = hessian_code(second.gradient, wrt, library, sizes=p.sizes)
            dense = "hessian_dense" if "def hessian_dense" in factored else "hessian"
            self.hessians[f"emitted {label}"] = self._call(factored, dense, arrays, library)
            if dense == "hessian_dense":
                self.factors[f"emitted {label}"] = self._call(factored, "hessian", arrays, library)
            self.sources += [gradient, factored]

    @staticmethod
    def _call(source: str, name: str, arrays: Arrays, library: str) -> Call:
        scope: dict[str, Any] = {}
        exec(compile(source, f"<{name}>", "exec"), scope)
        function = scope[name]
        given = [arrays[k] for k in function.__code__.co_varnames[: function.__code__.co_argcount]]
        if library == "numpy":
            return lambda: function(*given)
        compiled = jax.jit(function)
        return lambda: jax.block_until_ready(compiled(*given))

    def _peers(self) -> None:
        p = self.problem
        rest = {k: v for k, v in p.arrays.items() if k != p.wrt}
        if jax is not None:
            x, others = jax.numpy.asarray(p.arrays[p.wrt]), {k: jax.numpy.asarray(v) for k, v in rest.items()}

            def cost(x: Any, others: Any) -> Any:
                return p.cost(jax.numpy, **{p.wrt: x}, **others)

            grad, hess = jax.jit(jax.grad(cost)), jax.jit(jax.hessian(cost))
            self.gradients["jax.grad"] = lambda: jax.block_until_ready(grad(x, others))
            self.hessians["jax.hessian"] = lambda: jax.block_until_ready(hess(x, others))
        if torch is not None:
            tx, tensors = torch.tensor(p.arrays[p.wrt]), {k: torch.tensor(v) for k, v in rest.items()}

            def tcost(x: Any) -> Any:
                return p.cost(torch, **{p.wrt: x}, **tensors)

            self.gradients["torch.func.grad"] = lambda: torch.func.grad(tcost)(tx)
            self.hessians["torch.func.hessian"] = lambda: torch.func.hessian(tcost)(tx)


class Times(NamedTuple):
    """The median and the least of some times, in seconds."""

    median: float
    least: float


def agreement(calls: Mapping[str, Call]) -> float:
    """The largest difference of any two results, relative to the largest entry."""
    results = [np.asarray(call()) for call in calls.values()]
    return max(float(np.max(np.abs(r - results[-1])) / np.max(np.abs(results[-1]))) for r in results)


def timed(calls: Mapping[str, Call], budget: float, most: int) -> dict[str, Times]:
    """Times of each call: one of each in random order, for a number of rounds that fits the budget."""
    for call in calls.values():
        call()
    start = time.perf_counter()
    for call in calls.values():
        call()
    rounds = max(5, min(most, int(budget / (time.perf_counter() - start))))
    times: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    for number in range(rounds):
        # Every call follows every other: a library that wakes its threads must not always come after one
        # that let them sleep.
        random.Random(number).shuffle(names)
        for name in names:
            before = time.perf_counter()
            calls[name]()
            times[name].append(time.perf_counter() - before)
    return {name: Times(statistics.median(t), min(t)) for name, t in times.items()}


def rows_of(
    title: str, times: Mapping[str, Times], peers: list[str], difference: float
) -> list[list[object]]:
    """One row for each emitted function: its time, those of the peers, and the ratios."""
    rows: list[list[object]] = []
    for name, own in times.items():
        if name in peers:
            continue
        cells: list[object] = [f"{title}: {name}", seconds(own.median)]
        for peer in peers:
            if peer not in times:
                cells += ["-"] * 3
                continue
            other = times[peer]
            cells += [
                seconds(other.median),
                f"{other.median / own.median:.1f}x",
                f"{other.least / own.least:.1f}x",
            ]
        rows.append([*cells, f"{difference:.0e}"])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200, help="rounds at most (default 200)")
    parser.add_argument("--budget", type=float, default=6.0, help="seconds for each table row's rounds")
    parser.add_argument("--source", action="store_true", help="print the emitted source")
    options = parser.parse_args()
    print(f"{describe()}; {one_thread.TOLD}")
    gradients: list[list[object]] = []
    hessians: list[list[object]] = []
    for problem in problems(np.random.default_rng(0)):
        runner = Runner(problem)
        if options.source:
            print("\n\n".join(runner.sources))
        off = agreement(runner.gradients)
        times = timed(runner.gradients, options.budget, options.rounds * 5)
        gradients += rows_of(problem.name, times, ["jax.grad", "torch.func.grad"], off)
        off = agreement(runner.hessians)
        assert off < 1e-9, f"{problem.name}: Hessians differ by {off}"
        factors = {f"{k}, factors": call for k, call in runner.factors.items()}
        times = timed({**factors, **runner.hessians}, options.budget, options.rounds)
        hessians += rows_of(problem.name, times, ["jax.hessian", "torch.func.hessian"], off)
    peers = ["time", "jax.jit", "ratio", "(best)", "torch", "ratio", "(best)", "difference"]
    print(table("Gradients: against jax.jit(jax.grad) and torch.func.grad", ["problem", *peers], gradients))
    print(
        table("Hessians: against jax.jit(jax.hessian) and torch.func.hessian", ["problem", *peers], hessians)
    )


if __name__ == "__main__":
    main()
