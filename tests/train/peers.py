"""The same steps by our engines, PyTorch, scikit-learn and Optax: same weights, same batches, float64."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from gradproof.train.engines import engine_of
from gradproof.train.engines.base import Data, Epoch, State
from gradproof.train.fitting import LBFGS, fit
from gradproof.train.network import Network, dense
from gradproof.train.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from gradproof.train.penalties import L2

ROWS, BATCH, EPOCHS = 150, 32, 10  # five batches an epoch, the last of 22 rows: 50 steps
STEPS = EPOCHS * -(-ROWS // BATCH)
ITERATIONS = 20  # of L-BFGS
LAMBDA = 0.7  # λ/(2b) Σ ‖W‖²_F, b being the rows of the batch
Weights = dict[str, np.ndarray]

NETWORKS: dict[str, Network] = {
    "relu, cross-entropy": dense([8, 12, 7, 4], penalty=L2(LAMBDA, per="batch")),
    "tanh, cross-entropy": dense([8, 12, 7, 4], activation="tanh", penalty=L2(LAMBDA, per="batch")),
    "relu, binary": dense([8, 9, 1], loss="binary_cross_entropy", penalty=L2(LAMBDA, per="batch")),
    "tanh, squared error": dense(
        [8, 9, 5, 1], activation="tanh", loss="squared_error", penalty=L2(LAMBDA, per="batch")
    ),
}


@dataclass(frozen=True)
class Case:
    """An optimiser, and how each side asks for it; None where a side has none like it.

    Attributes
    ----------
    torch : (the library, weights, biases) -> its optimiser
    sklearn : options of MLPClassifier and MLPRegressor
    optax : (the library, mask of the weights) -> its transformation
    """

    ours: Optimizer | LBFGS
    torch: Callable[[Any, list, list], Any] | None = None
    sklearn: dict[str, Any] | None = None
    optax: Callable[[Any, Any], Any] | None = None


def _decayed(torch, weights, biases):
    groups = [{"params": weights}, {"params": biases, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=1e-2, weight_decay=0.1)


CASES: dict[str, Case] = {
    "SGD": Case(
        SGD(0.1),
        lambda torch, w, b: torch.optim.SGD(w + b, lr=0.1),
        {"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0.0, "nesterovs_momentum": False},
        lambda optax, _: optax.sgd(0.1),
    ),
    "momentum": Case(
        SGD(0.05, momentum=0.9),
        lambda torch, w, b: torch.optim.SGD(w + b, lr=0.05, momentum=0.9),
        {"solver": "sgd", "learning_rate_init": 0.05, "momentum": 0.9, "nesterovs_momentum": False},
        lambda optax, _: optax.sgd(0.05, momentum=0.9),
    ),
    "Nesterov": Case(
        SGD(0.05, momentum=0.9, nesterov=True),
        lambda torch, w, b: torch.optim.SGD(w + b, lr=0.05, momentum=0.9, nesterov=True),
        {"solver": "sgd", "learning_rate_init": 0.05, "momentum": 0.9, "nesterovs_momentum": True},
        lambda optax, _: optax.sgd(0.05, momentum=0.9, nesterov=True),
    ),
    "RMSprop": Case(
        RMSprop(1e-2),
        lambda torch, w, b: torch.optim.RMSprop(w + b, lr=1e-2, alpha=0.9, eps=1e-8),
        None,
        lambda optax, _: optax.rmsprop(1e-2, decay=0.9, eps=1e-8, eps_in_sqrt=False),
    ),
    "Adam": Case(
        Adam(1e-2),
        lambda torch, w, b: torch.optim.Adam(w + b, lr=1e-2),
        None,
        lambda optax, _: optax.adam(1e-2),
    ),
    "Adam, ε beside √s": Case(
        Adam(1e-2, epsilon_hat=True), None, {"solver": "adam", "learning_rate_init": 1e-2}
    ),
    "AdamW": Case(
        AdamW(1e-2, weight_decay=0.1), _decayed, None,
        lambda optax, mask: optax.adamw(1e-2, weight_decay=0.1, mask=mask),
    ),
    "AdamW, biases too": Case(
        AdamW(1e-2, weight_decay=0.1, biases=True),
        lambda torch, w, b: torch.optim.AdamW(w + b, lr=1e-2, weight_decay=0.1),
        None,
        lambda optax, _: optax.adamw(1e-2, weight_decay=0.1),
    ),
    "L-BFGS": Case(
        LBFGS(max_iter=ITERATIONS, tol=0), None, {"solver": "lbfgs", "tol": 0.0, "max_iter": ITERATIONS}
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """A network with the rows it is trained on and the weights it starts from.

    Attributes
    ----------
    X, Y : of shapes (rows, n_x) and (rows, n_y)
    start : W1 of shape (n_1, n_x), b1 of shape (n_1,), ...
    """

    network: Network
    X: np.ndarray
    Y: np.ndarray
    start: Weights

    @property
    def depth(self) -> int:
        """How many layers have weights."""
        return self.network.depth

    @property
    def slices(self) -> list[slice]:
        """The batches of all steps, in their order."""
        return [slice(s, min(s + BATCH, ROWS)) for s in range(0, ROWS, BATCH)] * EPOCHS


def task(network: Network) -> Task:
    """Random rows whose labels can be learnt in part, and random weights and biases."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(ROWS, network.inputs))
    outputs = network.sizes[-1]
    scores = np.tanh(X @ rng.normal(size=(network.inputs, outputs))) + rng.normal(size=(ROWS, outputs))
    Y = {
        "cross_entropy": np.eye(outputs)[scores.argmax(axis=1)],
        "binary_cross_entropy": (scores > 0).astype(float),
        "squared_error": scores,
    }[network.loss]
    start = {}
    for name, (above, below) in network.parameter_shapes.items():
        start[name] = rng.normal(size=(above, below)) / np.sqrt(below)
        start[name] = start[name] if name.startswith("W") else 0.1 * start[name][:, 0]
    return Task(network, X, Y, start)


def ours(case: Case, given: Task, engine: str) -> Weights:
    """By an engine of gradproof."""
    start = {name: w if w.ndim == 2 else w[:, None] for name, w in given.start.items()}
    if isinstance(case.ours, LBFGS):
        fitted = fit(given.network, given.X.T, given.Y.T, optimizer=case.ours, start=start, engine=engine)
        return {name: np.squeeze(w, 1) if name[0] == "b" else w for name, w in fitted.parameters.items()}
    runner = engine_of(engine, given.network, case.ours)
    state, data = State.begin(start, case.ours), Data.of(given.X.T, given.Y.T)
    for _ in range(EPOCHS):
        rate = case.ours.learning_rate
        runner.epoch(data, state, Epoch(np.arange(ROWS), BATCH, rate, runner.lambdas, ROWS))
    assert state.step == STEPS
    return {name: np.squeeze(w, 1) if name[0] == "b" else w for name, w in state.parameters.items()}


def by_torch(case: Case, given: Task) -> Weights:
    """By PyTorch's automatic differentiation and its optimiser."""
    import torch

    named = {name: torch.tensor(w, requires_grad=True) for name, w in given.start.items()}
    weights, biases = ([w for name, w in named.items() if name[0] == letter] for letter in "Wb")
    optimizer = case.torch(torch, weights, biases)
    X, Y = torch.tensor(given.X), torch.tensor(given.Y)
    for rows in given.slices:
        optimizer.zero_grad()
        _cost(torch.nn.functional, given.network, named, X[rows], Y[rows]).backward()
        optimizer.step()
    return {name: w.detach().numpy() for name, w in named.items()}


def by_optax(case: Case, given: Task) -> Weights:
    """By JAX's automatic differentiation and Optax's optimiser."""
    import jax
    import optax

    with jax.enable_x64(True):
        optimizer = case.optax(optax, {name: name[0] == "W" for name in given.start})
        params = {name: jax.numpy.asarray(w) for name, w in given.start.items()}
        state, gradient = optimizer.init(params), _gradient_by_jax(given.network)

        @jax.jit
        def changed(params, state, gradients):
            changes, state = optimizer.update(gradients, state, params)
            return optax.apply_updates(params, changes), state

        for rows in given.slices:
            params, state = changed(params, state, gradient(params, given.X[rows], given.Y[rows]))
        return {name: np.asarray(w) for name, w in params.items()}


@cache
def _gradient_by_jax(network: Network) -> Callable[..., Any]:
    import jax

    return jax.jit(jax.grad(lambda named, X, Y: _cost(jax.nn, network, named, X, Y)))


def _cost(functions: Any, network: Network, named: Any, X: Any, Y: Any) -> Any:
    """The cost of a batch, from functions that PyTorch and JAX name alike."""
    A, depth = X, network.depth
    for k in range(1, depth + 1):
        A = A @ named[f"W{k}"].T + named[f"b{k}"]
        A = getattr(functions, network.layers[k - 1].activation)(A) if k < depth else A
    data = {
        "cross_entropy": lambda: -(Y * functions.log_softmax(A, -1)).sum(),
        "binary_cross_entropy": lambda: (functions.softplus(A) - Y * A).sum(),
        "squared_error": lambda: 0.5 * ((A - Y) ** 2).sum(),
    }[network.loss]()
    penalty = sum((named[f"W{k}"] ** 2).sum() for k in range(1, depth + 1))
    return data / len(X) + LAMBDA / (2 * len(X)) * penalty


def by_sklearn(case: Case, given: Task) -> Weights:
    """By scikit-learn's MLP, whose warm start takes the weights that are put in its place."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    network = given.network
    made, Y = {
        "cross_entropy": (MLPClassifier, given.Y.argmax(axis=1)),
        "binary_cross_entropy": (MLPClassifier, given.Y[:, 0]),
        "squared_error": (MLPRegressor, given.Y[:, 0]),
    }[network.loss]
    options = {"max_iter": EPOCHS, "tol": 0.0, "n_iter_no_change": 10**6} | (case.sklearn or {})
    model = made(
        hidden_layer_sizes=network.sizes[1:-1], activation=network.layers[0].activation, alpha=LAMBDA,
        batch_size=BATCH, shuffle=False, warm_start=True, **options,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that so few epochs have not converged
        model.set_params(max_iter=1).fit(given.X, Y)  # allocates
        model.coefs_ = [given.start[f"W{k}"].T.copy() for k in range(1, given.depth + 1)]
        model.intercepts_ = [given.start[f"b{k}"].copy() for k in range(1, given.depth + 1)]
        model.set_params(max_iter=options["max_iter"]).fit(given.X, Y)  # with a new optimiser
    assert model.n_iter_ == options["max_iter"]
    found = {f"W{k}": w.T for k, w in enumerate(model.coefs_, start=1)}
    return found | {f"b{k}": b for k, b in enumerate(model.intercepts_, start=1)}


SIDES: dict[str, Callable[[Case, Task], Weights]] = {
    "torch": by_torch,
    "sklearn": by_sklearn,
    "optax": by_optax,
}
PAIRS = [(c, s) for c, case in CASES.items() for s in SIDES if getattr(case, s) is not None]


def largest_difference(found: Weights, expected: Weights) -> float:
    """Of any array, relative to its largest entry."""
    assert {n: w.shape for n, w in found.items()} == {n: w.shape for n, w in expected.items()}
    return max(float(np.max(np.abs(found[n] - w)) / np.max(np.abs(w))) for n, w in expected.items())
