"""Training on a GPU: the JAX engine beside PyTorch with CUDA graphs, in float32.

    python gpu.py [--problems NAME ...] [--rounds N] [--examples N] [--batch N]
    python gpu.py --cpu          # a dry run of the same code without a GPU, on the small network

Architecture, data, order of the examples, initial weights, Adam and the penalty λ/(2N) Σ ‖W‖²_F are the same
for every side; all take the order from NumPy and give the cost of the epoch back. PyTorch replays a CUDA
graph, of one step or of a whole epoch. "matrix products" are those of an epoch and nothing else, in one CUDA
graph. Each side is timed once a round, in random order. Shown are the median and the least milliseconds of an
epoch, the products' share of it, and ‖W − W of PyTorch‖ over how far W has gone, after the first epoch.

Two precisions of the products: float32's own, and TF32. Where there is no GPU, that is said, and nothing is
measured.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.train.engines import engine_of
from gradproof.train.engines.base import Data, Epoch, State
from gradproof.train.network import dense
from gradproof.train.optimizers import Adam
from gradproof.train.penalties import L2
from tables import table

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # PyTorch needs memory too
RATE, LAMBDA = 1e-3, 0.7
PROBLEMS = {"512": (784, 512, 512, 10), "4096": (784, 4096, 4096, 10)}
Weights = dict[str, np.ndarray]
PRODUCTS, TORCH, JAX = "matrix products", "PyTorch", "gradproof, JAX engine"


@dataclass(frozen=True)
class Problem:
    """A network, and random data for it: times do not depend on what is learnt."""

    sizes: tuple[int, ...]
    examples: int
    batch: int

    @property
    def steps(self) -> int:
        """Batches of an epoch, all of the same size."""
        return self.examples // self.batch

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """X of shape (N, n_x) and labels."""
        rng = np.random.default_rng(0)
        X = rng.standard_normal((self.examples, self.sizes[0])).astype(np.float32)
        return X, rng.integers(0, self.sizes[-1], self.examples)

    def initial(self) -> Weights:
        """He's initialisation."""
        rng, found = np.random.default_rng(1), {}
        for k, (below, above) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), start=1):
            found[f"W{k}"] = (rng.standard_normal((above, below)) * np.sqrt(2 / below)).astype(np.float32)
            found[f"b{k}"] = np.zeros((above, 1), np.float32)
        return found


class Side(ABC):
    """One way of training a problem; its weights go on from epoch to epoch."""

    def __init__(self, problem: Problem, name: str, tf32: bool) -> None:
        self.problem, self.tf32 = problem, tf32
        self.name = f"{name}, {'TF32' if tf32 else 'float32'}"
        self.rng = np.random.default_rng(2)
        self.prepare()

    def train(self) -> float:
        """One epoch in a new order; how many seconds it took, until its cost was known."""
        before = time.perf_counter()
        self.epoch(self.rng.permutation(self.problem.examples))
        return time.perf_counter() - before

    @abstractmethod
    def prepare(self) -> None:
        """Whatever is done once."""

    @abstractmethod
    def epoch(self, order: np.ndarray) -> float:
        """Train in this order and give the cost back."""

    def weights(self) -> Weights:
        """As they are now; none where nothing is learnt."""
        return {}


class Ours(Side):
    """The JAX engine."""

    def prepare(self) -> None:
        """See :class:`Side`."""
        X, labels = self.problem.data()
        network = dense(self.problem.sizes, penalty=L2(LAMBDA))
        precision = "default" if self.tf32 else "highest"
        self.engine = engine_of("jax", network, Adam(RATE), "float32", precision=precision)
        self.data = Data.of(X.T, np.eye(self.problem.sizes[-1])[:, labels], dtype=np.float32)
        self.state = State.begin(self.problem.initial(), self.engine.optimizer)

    def epoch(self, order: np.ndarray) -> float:
        """See :class:`Side`."""
        given = Epoch(order, self.problem.batch, RATE, {"λ": LAMBDA}, self.problem.examples)
        return self.engine.epoch(self.data, self.state, given)

    def weights(self) -> Weights:
        """See :class:`Side`."""
        return dict(self.state.parameters)


class Torch(Side):
    """PyTorch: the data on the device, fused Adam, and where there is a GPU a CUDA graph of some steps."""

    def __init__(self, problem: Problem, name: str, tf32: bool, device: str, at_once: int) -> None:
        self.device, self.at_once = device, at_once
        super().__init__(problem, name, tf32)

    def prepare(self) -> None:
        """See :class:`Side`."""
        import torch

        self.torch = torch
        torch.set_float32_matmul_precision("high" if self.tf32 else "highest")
        X, labels = self.problem.data()
        self.X, self.labels = (torch.tensor(each, device=self.device) for each in (X, labels))
        begin = {n: torch.tensor(w, device=self.device) for n, w in self.problem.initial().items()}
        begin = {n: w if n[0] == "W" else w[:, 0] for n, w in begin.items()}
        self.parameters = {n: w.clone().requires_grad_() for n, w in begin.items()}
        decay = LAMBDA / self.problem.examples
        groups = [
            {"params": [w for n, w in self.parameters.items() if n[0] == kind], "weight_decay": rate}
            for kind, rate in (("W", decay), ("b", 0.0))
        ]
        capturable = self.device == "cuda"
        self.optimizer = torch.optim.Adam(groups, lr=RATE, fused=True, capturable=capturable)
        self.order = torch.arange(self.at_once * self.problem.batch, device=self.device)
        self.order = self.order.reshape(self.at_once, self.problem.batch)
        self.total = torch.zeros((), device=self.device)
        self.replay = captured(self._steps, torch, 3) if capturable else self._steps
        with torch.no_grad():  # the warm-up changed them
            for name, w in begin.items():
                self.parameters[name].copy_(w)
            for slots in self.optimizer.state.values():
                for array in slots.values():
                    array.zero_()

    def _steps(self) -> None:
        for chosen in self.order:
            A = self.X[chosen]
            depth = len(self.parameters) // 2
            for k in range(1, depth + 1):
                A = self.torch.nn.functional.linear(A, self.parameters[f"W{k}"], self.parameters[f"b{k}"])
                A = A.relu() if k < depth else A
            cost = self.torch.nn.functional.cross_entropy(A, self.labels[chosen])
            self.optimizer.zero_grad()
            cost.backward()
            self.optimizer.step()
            self.total += cost.detach()

    def epoch(self, order: np.ndarray) -> float:
        """See :class:`Side`."""
        self.total.zero_()
        pieces = self.torch.tensor(order, device=self.device).reshape(-1, *self.order.shape)
        for piece in pieces:
            self.order.copy_(piece)
            self.replay()
        return float(self.total) / self.problem.steps

    def weights(self) -> Weights:
        """See :class:`Side`."""
        shapes = {name: w.shape for name, w in self.problem.initial().items()}
        return {n: w.detach().cpu().numpy().reshape(shapes[n]) for n, w in self.parameters.items()}


class Products(Side):
    """Z = A Wᵀ, dW = dZᵀ A, and dA = dZ W of all layers but the first, of every batch."""

    def __init__(self, problem: Problem, tf32: bool, device: str) -> None:
        self.device = device
        super().__init__(problem, PRODUCTS, tf32)

    def prepare(self) -> None:
        """See :class:`Side`."""
        import torch

        self.torch = torch
        torch.set_float32_matmul_precision("high" if self.tf32 else "highest")
        self.calls = []
        for k, (below, above) in enumerate(zip(self.problem.sizes, self.problem.sizes[1:], strict=False)):
            A, dZ, W = (
                torch.randn(shape, device=self.device)
                for shape in ((self.problem.batch, below), (self.problem.batch, above), (above, below))
            )
            self.calls += [(A, W.T, torch.empty_like(dZ)), (dZ.T, A, torch.empty_like(W))]
            self.calls += [(dZ, W, torch.empty_like(A))] if k else []
        self.replay = captured(self._all, torch, 1) if self.device == "cuda" else self._all

    def _all(self) -> None:
        for _ in range(self.problem.steps):
            for left, right, out in self.calls:
                self.torch.mm(left, right, out=out)

    def epoch(self, order: np.ndarray) -> float:
        """See :class:`Side`."""
        self.replay()
        return float(self.calls[-1][-1][0, 0])  # waits for the device


def captured(function: Callable[[], None], torch: Any, warm_up: int) -> Callable[[], None]:
    """A CUDA graph of the function, which is run before, on a stream of its own as PyTorch asks."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(warm_up):
            function()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        function()
    return graph.replay


def devices() -> dict[str, str]:
    """Name of the GPU that each framework sees; what it lacks is left out."""
    found = {}
    try:
        import torch

        if torch.cuda.is_available():
            found[TORCH] = f"PyTorch {torch.__version__} on {torch.cuda.get_device_name()}"
    except ImportError:
        pass
    try:
        import jax

        if jax.default_backend() == "gpu":
            found[JAX] = f"JAX {jax.__version__} on {jax.devices()[0].device_kind}"
    except ImportError:
        pass
    return found


def sides_of(problem: Problem, names: set[str], device: str, tf32: bool) -> list[Side]:
    """All that can run here."""
    found: list[Side] = []
    if TORCH in names:
        found.append(Products(problem, tf32, device))
        graphs = ((1, "CUDA graph of a step"), (problem.steps, "CUDA graph of an epoch"))
        for at_once, title in graphs if device == "cuda" else ((1, "eager"),):
            found.append(Torch(problem, f"{TORCH}, {title}", tf32, device, at_once))
    if JAX in names:
        found.append(Ours(problem, JAX, tf32))
    return found


def measured(sides: list[Side], rounds: int) -> list[list[object]]:
    """A row for each side."""
    for side in sides:
        side.train()
    begin = sides[0].problem.initial()
    reference = next((side.weights() for side in sides if side.name.startswith(TORCH)), {})
    off = {id(side): distance(side.weights(), reference, begin) for side in sides}
    for side in sides:
        side.train()
    times: dict[int, list[float]] = {id(side): [] for side in sides}
    for number in range(rounds):
        for side in random.Random(number).sample(sides, len(sides)):
            times[id(side)].append(side.train())
    medians = {key: statistics.median(each) for key, each in times.items()}
    products = next((medians[id(side)] for side in sides if isinstance(side, Products)), None)
    return [
        [
            side.name, f"{medians[id(side)] * 1e3:.3f}", f"{min(times[id(side)]) * 1e3:.3f}",
            f"{products / medians[id(side)]:.0%}" if products else "-", off[id(side)],
        ]
        for side in sides
    ]  # fmt: skip


def distance(one: Weights, other: Weights, begin: Weights) -> str:
    """How far apart the weights are, in shares of how far they have gone: the largest of the arrays."""
    if not one or not other:
        return "-"
    norm = np.linalg.norm
    return f"{max(norm(w - other[n]) / norm(other[n] - begin[n]) for n, w in one.items()):.0e}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, metavar="NAME", help="512, 4096")
    parser.add_argument("--rounds", type=int, default=15, help="timings of each side (default 15)")
    parser.add_argument("--examples", type=int, default=5000, help="of an epoch (default 5000)")
    parser.add_argument("--batch", type=int, default=200, help="examples in a batch (default 200)")
    parser.add_argument("--cpu", action="store_true", help="without a GPU: the same code, for trying it out")
    options = parser.parse_args()
    if options.examples % options.batch:
        parser.error(f"{options.examples} examples are no whole number of batches of {options.batch}")
    seen = devices()
    if not seen and not options.cpu:
        print("no GPU here that PyTorch or JAX can use: nothing was measured")
        sys.exit(0)
    names = {TORCH, JAX} if options.cpu else set(seen)
    print("\n".join(seen.values()) if not options.cpu else "on the CPU: what follows says nothing about GPUs")
    for name in {TORCH, JAX} - names:
        print(f"{name} is left out: it sees no GPU")
    device = "cpu" if options.cpu else "cuda"
    for key in options.problems or (["512"] if options.cpu else PROBLEMS):
        problem = Problem(PROBLEMS[key], options.examples, options.batch)
        title = f"{'-'.join(map(str, problem.sizes))}, {problem.examples} examples, batch {problem.batch}"
        for tf32 in (False,) if options.cpu else (False, True):
            rows = measured(sides_of(problem, names, device, tf32), options.rounds)
            columns = ["side", "ms/epoch", "least", "products' share", "off PyTorch"]
            print(table(title, columns, rows), flush=True)


if __name__ == "__main__":
    main()
