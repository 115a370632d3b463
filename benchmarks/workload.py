"""The measured workload: networks with correct gradients, and the same with one wrong line.

The network is h-h-h-h-1 with m = 32 examples in columns, He initialisation, b ~ 0.1 N(0, 1) and
the penalty lambda/(2m) sum ||W||^2. `make` builds a cost, a gradient and parameters; `BUGS` says
what each planted bug must be called, for which parameter and at which line.
"""

from __future__ import annotations

import atexit
import functools
import importlib.util
import itertools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import deep_network
import four_layers

EXAMPLES = 32
FOUR_LAYERS = Path(four_layers.__file__)

Params = dict[str, np.ndarray]
Cost = Callable[[Params], Any]
Grad = Callable[[Params], Params]


@dataclass(frozen=True)
class Bug:
    """One line of `four_layers.py` replaced by a wrong one, and what a checker must say of it.

    Attributes
    ----------
    about : what is wrong, in words.
    right, wrong : the line that stands in the file, and the line (or lines) put in its place.
    codes : the diagnosis codes that are right for it.
    roots : parameters one of which must carry that diagnosis.
    affected : every parameter whose gradient is wrong, the inherited ones included.
    """

    about: str
    right: str
    wrong: str
    codes: tuple[str, ...]
    roots: tuple[str, ...]
    affected: tuple[str, ...]

    @property
    def faulty_line(self) -> str:
        """The text of the line at fault: the last of those put in."""
        return self.wrong.splitlines()[-1].strip()

    def line_number(self, source: str) -> int:
        """Number of the faulty line in the source of the variant."""
        return [line.strip() for line in source.splitlines()].index(self.faulty_line) + 1


def _in_penalty(about: str, layer: int, wrong_penalty: str, code: str) -> Bug:
    """Make a bug in the penalty's term of dW at one layer."""
    upstream = "X" if layer == 1 else f"A{layer - 1}"
    data = f"dW{layer} = 1 / m * np.dot(dZ{layer}, {upstream}.T)"
    right = f"{data} + (lambd * W{layer}) / m"
    name = f"W{layer}"
    return Bug(about, right, data + wrong_penalty, (code,), (name,), (name,))


_DW2 = "dW2 = 1 / m * np.dot(dZ2, A1.T) + (lambd * W2) / m"
_DB1 = "db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)"
_DA1 = "dA1 = np.dot(W2.T, dZ2)"

BUGS: dict[str, Bug] = {
    "i": _in_penalty("sum(W1) for W1", 1, " + (lambd * np.sum(W1)) / m", "sum-for-matrix"),
    "ii": _in_penalty("penalty missing", 2, "", "missing-term"),
    "iii": _in_penalty("half the penalty", 3, " + (lambd * W3) / (2 * m)", "wrong-factor"),
    "iv": Bug(
        "1/m missing", _DW2, "dW2 = np.dot(dZ2, A1.T) + (lambd * W2) / m",
        ("wrong-factor",), ("W2",), ("W2",),
    ),
    "v": Bug(
        "b penalised too", _DB1, _DB1 + ' + (lambd * params["b1"]) / m',
        ("penalty-on-bias",), ("b1",), ("b1",),
    ),
    "via": _in_penalty("penalty of W3", 2, " + (lambd * W3) / m", "wrong-operand"),
    "vib": Bug(
        "W3 in the product", _DA1, "dA1 = np.dot(W3.T, dZ2)",
        ("wrong-operand",), ("W1", "b1"), ("W1", "b1"),
    ),
    "vic": _in_penalty("penalty of W3.T", 3, " + (lambd * W3.T) / m", "transposed"),
    "vid": Bug(
        "W2 not transposed", _DA1, "dA1 = np.dot(W2, dZ2)",
        ("transposed",), ("W1", "b1"), ("W1", "b1"),
    ),
    "vii": _in_penalty("sign of the penalty", 3, " - (lambd * W3) / m", "wrong-factor"),
    "viii2": Bug(
        "one entry doubled", _DW2, _DW2 + "\ndW2[1, 2] *= 2",
        ("wrong-entries",), ("W2",), ("W2",),
    ),
    "viii1": Bug(
        "one entry 1 % off", _DW2, _DW2 + "\ndW2[1, 2] *= 1.01",
        ("wrong-entries",), ("W2",), ("W2",),
    ),
    "ix": Bug(
        "mask of layer 1 in layer 2", "dZ2 = dA2 * (Z2 > 0)", "dZ2 = dA2 * (Z1 > 0)",
        ("wrong-mask",), ("W2", "b2"), ("W1", "b1", "W2", "b2"),
    ),
}  # fmt: skip


@functools.cache
def _variants_folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="gradproof-workload-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def source_of(name: str) -> str:
    """Source of `four_layers.py` with the named bug planted."""
    bug = BUGS[name]
    source = FOUR_LAYERS.read_text()
    lines = source.splitlines(keepends=True)
    (at,) = [k for k, line in enumerate(lines) if line.strip() == bug.right]
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    lines[at] = "".join(f"{indent}{wrong}\n" for wrong in bug.wrong.splitlines())
    return "".join(lines)


@functools.cache
def with_bug(name: str) -> ModuleType:
    """Import `four_layers.py` with the named bug planted, from a real file of its own."""
    path = _variants_folder() / f"four_layers_{name}.py"
    path.write_text(source_of(name))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def initial(widths: list[int], rng: np.random.Generator, dtype: type) -> Params:
    """He initialisation: W ~ N(0, 2/n_in), b ~ 0.1 N(0, 1)."""
    params: Params = {}
    for layer, (n_in, n_out) in enumerate(itertools.pairwise(widths), start=1):
        W = rng.standard_normal((n_out, n_in)) * np.sqrt(2 / n_in)
        params[f"W{layer}"] = W.astype(dtype)
        params[f"b{layer}"] = (0.1 * rng.standard_normal((n_out, 1))).astype(dtype)
    return params


def targets(loss: str, n_out: int, m: int, rng: np.random.Generator) -> np.ndarray:
    """Targets that suit the loss: 0/1, one-hot columns, or real numbers."""
    if loss == "softmax":
        return np.eye(n_out)[:, rng.integers(n_out, size=m)]
    if loss == "mse":
        return rng.standard_normal((n_out, m))
    return (rng.random((n_out, m)) > 0.5).astype(float)


def make(
    n_hidden: int,
    seed: int,
    lam: float,
    dtype: type = np.float64,
    *,
    depth: int = 4,
    activation: str = "relu",
    loss: str = "bce-logits",
    bug: str | None = None,
    kink: float | None = None,
    n_out: int = 1,
    m: int = EXAMPLES,
) -> tuple[Cost, Grad, Params]:
    """Build one problem: (cost, grad, params).

    `kink=0` puts a zero example and zero biases (every pre-activation of that example is exactly
    0); `kink=1e-6` puts the example that close to it. A bug exists for the four-layer network.
    """
    rng = np.random.default_rng(seed)
    params = initial([n_hidden] * depth + [n_out], rng, dtype)
    X = rng.standard_normal((n_hidden, m)).astype(dtype)
    Y = targets(loss, n_out, m, rng).astype(dtype)
    if kink is not None:
        X[:, 0] *= dtype(kink)
        for layer in range(1, depth + 1):
            params[f"b{layer}"][:] = 0
    if depth == 4 and activation == "relu" and loss.startswith("bce") and n_out == 1:
        module = with_bug(bug) if bug else four_layers
        of_logits, of_log, grad = module.problem(X, Y, lam)
        return (of_logits if loss == "bce-logits" else of_log), grad, params
    if bug:
        raise ValueError(f"bug {bug!r} is planted in the four-layer ReLU network only")
    return (*deep_network.problem(X, Y, lam, activation, loss), params)


KINKS = {"smooth": None, "exact": 0.0, "near": 1e-6}


def random_network(index: int) -> tuple[dict[str, Any], Cost, Grad, Params]:
    """Build the index-th random network: its description, and a problem whose gradient is correct."""
    rng = np.random.default_rng([2718, index])
    loss = str(rng.choice(list(deep_network.LOSSES)))
    settings: dict[str, Any] = {
        "n_hidden": int(rng.integers(2, 17)),
        "depth": int(rng.integers(1, 9)),
        "activation": str(rng.choice(list(deep_network.ACTIVATIONS))),
        "loss": loss,
        "n_out": 1 if loss.startswith("bce") else int(rng.integers(2, 6)),
        "m": int(rng.integers(1, 40)),
        "lam": float(rng.choice([0.0, 1e-6, 1e-3, 0.1, 1.0, 10.0])),
    }
    dtype = (np.float64, np.float32)[index % 2]
    kink = list(KINKS)[index // 2 % 3]
    described = {**settings, "dtype": dtype.__name__, "kink": kink, "seed": index}
    return described, *make(seed=index, dtype=dtype, kink=KINKS[kink], **settings)
