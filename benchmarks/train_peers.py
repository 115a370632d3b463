"""The sides of `train.py`: scikit-learn, PyTorch and JAX as each is fastest, and gradproof's engines.

Where a peer can be driven in several ways, the fastest that was found is here, so that it is no straw man:
the penalty under PyTorch's eager Adam is its weight decay, which adds L2's gradient λ/b W; torch.compile gets
the whole step with the update in it; JAX gets its order from NumPy in one of its two sides, because
jax.random.permutation takes longer than an epoch of the smallest network.
"""

from __future__ import annotations

import importlib
import time
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from gradproof.train.engines import ENGINES, engine_of
from gradproof.train.engines.base import Data, Epoch, State
from gradproof.train.network import dense
from gradproof.train.optimizers import Adam
from gradproof.train.penalties import L2
from train_problems import LAMBDA, RATE, Array, Problem, Products, Side, Weights


class Sklearn(Side):
    """MLPClassifier, fitted with a warm start; its stochastic loop is timed, without checks of the input."""

    name = "scikit-learn"

    def __init__(self, problem: Problem, precision: str) -> None:
        super().__init__(problem, precision)
        from sklearn.neural_network import MLPClassifier

        class Clocked(MLPClassifier):
            """Knows how long its epochs took."""

            def _fit_stochastic(self, *args: Any) -> None:
                before = time.perf_counter()
                super()._fit_stochastic(*args)
                self.seconds = time.perf_counter() - before

        self.model = Clocked(
            problem.sizes[1:-1], alpha=LAMBDA, batch_size=problem.batch, learning_rate_init=RATE, max_iter=1,
            tol=0, n_iter_no_change=10**9, warm_start=True, random_state=0,
        )  # fmt: skip
        self.train(1)  # allocates the weights, which are then replaced
        self.model.coefs_ = [np.ascontiguousarray(W.T) for W, _ in problem.initial(precision)]
        self.model.intercepts_ = [b for _, b in problem.initial(precision)]

    def train(self, epochs: int) -> float:
        """See :class:`Side`."""
        self.run(epochs)
        return float(self.model.seconds)

    def run(self, epochs: int) -> None:
        """See :class:`Side`; Adam's moments begin anew with every call, as `fit` has it."""
        self.model.max_iter = epochs
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged yet
            self.model.fit(self.X, self.problem.rows[1])

    def weights(self) -> Weights:
        """See :class:`Side`."""
        return [(W.T, b) for W, b in zip(self.model.coefs_, self.model.intercepts_, strict=True)]


class Torch(Side):
    """PyTorch, eager: fused Adam, data in memory, one gather an epoch."""

    name = "PyTorch eager"

    def __init__(self, problem: Problem, precision: str) -> None:
        super().__init__(problem, precision)
        import torch

        self.torch, self.functional = torch, torch.nn.functional
        torch.manual_seed(0)
        self.rows, self.labels = torch.tensor(self.X), torch.tensor(problem.rows[1])
        self.layers = [[torch.tensor(W), torch.tensor(b)] for W, b in problem.initial(precision)]
        self._prepare()

    def _prepare(self) -> None:
        weights, biases = ([layer[k].requires_grad_() for layer in self.layers] for k in (0, 1))
        groups = [{"params": weights}, {"params": biases, "weight_decay": 0.0}]
        self.optimizer = self.torch.optim.Adam(groups, lr=RATE, fused=True)

    def _cost(self, layers: Any, X: Any, labels: Any) -> Any:
        """The mean cross-entropy of a batch."""
        A = X
        for number, (W, b) in enumerate(layers, start=1):
            A = self.functional.linear(A, W, b)
            A = A.relu() if number < len(layers) else A
        return self.functional.cross_entropy(A, labels)

    def _step(self, X: Any, labels: Any) -> Any:
        self.optimizer.zero_grad()
        cost = self._cost(self.layers, X, labels)
        cost.backward()
        self.optimizer.param_groups[0]["weight_decay"] = LAMBDA / len(X)
        self.optimizer.step()
        return cost.detach()

    def run(self, epochs: int) -> None:
        """See :class:`Side`."""
        count, batch = len(self.rows), self.problem.batch
        shares = self.torch.tensor(self.problem.batches) / count
        for _ in range(epochs):
            order = self.torch.randperm(count)
            batches = zip(self.rows[order].split(batch), self.labels[order].split(batch), strict=True)
            costs = [self._step(X, labels) for X, labels in batches]
            self.cost = self.torch.stack(costs) @ shares.to(costs[0].dtype)

    def weights(self) -> Weights:
        """See :class:`Side`."""
        return [(W.detach().numpy(), b.detach().numpy()) for W, b in self.layers]


class TorchCompile(Torch):
    """torch.compile of the whole step: cost, gradient and Adam's update in one graph, called from C++."""

    name = "torch.compile"

    def _prepare(self) -> None:
        torch = self.torch
        self.parameters = [array for layer in self.layers for array in layer]
        self.first, self.second = ([torch.zeros_like(p) for p in self.parameters] for _ in range(2))
        # Of shape (1,): a number in float64 without axes is not changed in place by what is compiled.
        self.count = torch.zeros(1, dtype=self.parameters[0].dtype)
        torch.compiler.reset()  # what earlier problems compiled would be tried before each call
        self.compiled = torch.compile(self._update, dynamic=False, options={"cpp_wrapper": True})

    def _update(self, parameters: Any, first: Any, second: Any, count: Any, X: Any, labels: Any) -> Any:
        def cost_of(parameters: Any) -> tuple[Any, Any]:
            layers = list(zip(parameters[::2], parameters[1::2], strict=True))
            cost = self._cost(layers, X, labels)
            penalty = LAMBDA / (2 * X.shape[0]) * sum((W * W).sum() for W in parameters[::2])
            return cost + penalty, cost

        gradients, cost = self.torch.func.grad(cost_of, has_aux=True)(parameters)
        count.add_(1)
        rate = RATE / (1 - 0.9**count)
        root = (1 - 0.999**count).sqrt()
        for p, m, v, g in zip(parameters, first, second, gradients, strict=True):
            m.mul_(0.9).add_(g, alpha=0.1)
            v.mul_(0.999).addcmul_(g, g, value=0.001)
            p.sub_(rate * m / (v.sqrt() / root + 1e-8))
        return cost

    def _step(self, X: Any, labels: Any) -> Any:
        with self.torch.no_grad():
            return self.compiled(self.parameters, self.first, self.second, self.count, X, labels)


class Jax(Side):
    """A jit-compiled epoch: a scan over the batches, gathered one by one; the order comes from NumPy."""

    name = "JAX scan"
    inside = False  # whether the order is drawn inside

    def __init__(self, problem: Problem, precision: str) -> None:
        super().__init__(problem, precision)
        import jax

        self.jax, self.rng = jax, np.random.default_rng(0)
        with self._precise():
            self._prepare()

    def _precise(self) -> AbstractContextManager[Any]:
        return self.jax.enable_x64(self.precision == "float64")

    def _prepare(self) -> None:
        jax, precision, problem = self.jax, self.precision, self.problem
        self.data = jax.numpy.asarray(self.X), jax.numpy.asarray(problem.one_hot(), precision)
        layers = jax.tree.map(jax.numpy.asarray, problem.initial(precision))
        zeros = (jax.tree.map(jax.numpy.zeros_like, layers) for _ in range(2))
        self.state = (layers, *zeros, jax.numpy.zeros((), precision))
        self.key = jax.random.key(0)
        self.epoch = jax.jit(self._epoch, donate_argnums=0)

    def _cost(self, layers: Any, X: Any, Y: Any) -> tuple[Any, Any]:
        A = X
        for number, (W, b) in enumerate(layers, start=1):
            A = A @ W.T + b
            A = self.jax.nn.relu(A) if number < len(layers) else A
        cost = -(Y * self.jax.nn.log_softmax(A)).sum() / len(X)
        return cost + LAMBDA / (2 * len(X)) * sum((W * W).sum() for W, _ in layers), cost

    def _step(self, state: Any, batch: tuple[Any, Any]) -> tuple[Any, Any]:
        layers, first, second, count = state
        gradients, cost = self.jax.grad(self._cost, has_aux=True)(layers, *batch)
        count = count + 1
        rate, root = RATE / (1 - 0.9**count), self.jax.numpy.sqrt(1 - 0.999**count)
        over = self.jax.tree.map
        first = over(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = over(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
        layers = over(
            lambda p, m, v: p - rate * m / (self.jax.numpy.sqrt(v) / root + 1e-8), layers, first, second
        )
        return (layers, first, second, count), cost * len(batch[0])

    def _epoch(self, state: Any, order: Any, X: Any, Y: Any) -> tuple[Any, Any]:
        count, batch = len(X), self.problem.batch
        if self.inside:
            order = self.jax.random.permutation(order, count)
        whole = count - count % batch
        state, costs = self.jax.lax.scan(
            lambda state, chosen: self._step(state, (X[chosen], Y[chosen])),
            state,
            order[:whole].reshape(-1, batch),
        )
        total = costs.sum()
        if whole < count:
            rest = order[whole:]
            state, cost = self._step(state, (X[rest], Y[rest]))
            total = total + cost
        return state, total / count

    def run(self, epochs: int) -> None:
        """See :class:`Side`."""
        with self._precise():
            for _ in range(epochs):
                if self.inside:
                    self.key, order = self.jax.random.split(self.key)
                else:
                    order = self.rng.permutation(len(self.X)).astype(np.int32)
                self.state, self.cost = self.epoch(self.state, order, *self.data)
            self.jax.block_until_ready(self.state)

    def weights(self) -> Weights:
        """See :class:`Side`."""
        return [(np.asarray(W), np.asarray(b)) for W, b in self.state[0]]


class JaxInside(Jax):
    """The same, with the order drawn inside by jax.random.permutation."""

    name = "JAX scan, own shuffle"
    inside = True


class Ours(Side):
    """An engine of gradproof."""

    def __init__(self, problem: Problem, precision: str, engine: str) -> None:
        super().__init__(problem, precision)
        self.name = f"gradproof {engine}"
        network = dense(problem.sizes, penalty=L2(LAMBDA, per="batch"))
        self.engine = engine_of(engine, network, Adam(RATE), precision)
        self.data = Data.of(self.X.T, problem.one_hot().T, dtype=precision)
        named: dict[str, Array] = {}
        for k, (W, b) in enumerate(problem.initial(precision), start=1):
            named |= {f"W{k}": W, f"b{k}": b[:, None]}
        self.state = State.begin(named, self.engine.optimizer)
        self.rng = np.random.default_rng(0)

    def run(self, epochs: int) -> None:
        """See :class:`Side`."""
        count = self.data.count
        for _ in range(epochs):
            order = self.rng.permutation(count)
            epoch = Epoch(order, self.problem.batch, RATE, self.engine.lambdas, count)
            self.cost = self.engine.epoch(self.data, self.state, epoch)

    def weights(self) -> Weights:
        """See :class:`Side`."""
        named = self.state.parameters
        return [(named[f"W{k}"], named[f"b{k}"][:, 0]) for k in range(1, len(self.problem.sizes))]


PEERS: dict[str, Callable[[Problem, str], Side]] = {
    "sklearn": Sklearn,
    "torch": Torch,
    "torch.compile": TorchCompile,
    "jax": Jax,
    "jax-shuffle": JaxInside,
}
SIDES: dict[str, Callable[[Problem, str], Side]] = {
    "products": Products,
    **PEERS,
    **{f"gradproof.{e}": (lambda p, dtype, e=e: Ours(p, dtype, e)) for e in ENGINES},
}
DEFAULT = [f"{s}:{p}" for p in ("float32", "float64") for s in SIDES if s != "gradproof.reference"]


def default_engine() -> str:
    """The engine that ``"auto"`` is here."""
    return engine_of("auto", dense([1, 1], loss="squared_error"), Adam()).name


def versions() -> str:
    """One line: the peers that are here with their versions."""
    found = []
    for module in ("numpy", "sklearn", "torch", "jax"):
        try:
            found.append(f"{module} {importlib.import_module(module).__version__}")
        except ImportError:
            found.append(f"{module} is not installed")
    return ", ".join(found)
