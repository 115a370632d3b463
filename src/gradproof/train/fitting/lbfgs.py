"""L-BFGS by SciPy, on the derived cost and gradient of all data."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.expr.node import Array
from gradproof.train.fitting.job import Job
from gradproof.train.fitting.ledger import Entry
from gradproof.train.fitting.penalty_value import penalty_rows
from gradproof.train.fitting.training import INTERRUPTED, Training


@dataclass(frozen=True, slots=True)
class LBFGS:
    """Limited-memory BFGS with SciPy's line search (Zhu, Byrd, Lu and Nocedal, ACM TOMS 1997).

    It has no batches, no learning rate and no dropout: each evaluation is of the cost of all data.

    Attributes
    ----------
    max_iter : iterations at most
    tol : the largest entry of the gradient at which to stop
    max_evaluations : evaluations of the cost at most
    memory : how many steps the approximate Hessian is made of

    Examples
    --------
    >>> LBFGS(max_iter=50).tol
    1e-05
    """

    max_iter: int = 200
    tol: float = 1e-5
    max_evaluations: int = 15000
    memory: int = 10

    def __post_init__(self) -> None:
        for name in ("max_iter", "max_evaluations", "memory"):
            if not getattr(self, name) >= 1:
                raise InputError(f"{name} is {getattr(self, name)}", fix="give a whole number from 1 on")
        if not self.tol >= 0:
            raise InputError(f"tol is {self.tol}", fix="give a number that is at least 0")


def check_suits(job: Job, *, checkpoint: bool) -> None:
    """Refuse what a quasi-Newton method cannot do."""
    layers = job.network.layers
    reasons = {
        "dropout changes the cost from one evaluation to the next": job.network.drops,
        "max_norm changes the weights behind its back": any(layer.max_norm for layer in layers),
        "L1 has kinks, and L-BFGS needs a cost without": any(
            layer.penalty and layer.penalty.lambd and layer.penalty.l1_ratio for layer in layers
        ),
        "it has no learning rate to schedule": job.schedule is not None,
        "its memory is inside SciPy and cannot be written to a checkpoint": checkpoint,
    }
    for reason, holds in reasons.items():
        if holds:
            raise InputError(
                f"this training is not for L-BFGS: {reason}", where="optimizer",
                fix="leave it out, or train with Adam() or SGD()",
            )  # fmt: skip


class _Objective:
    """The cost and gradient of flat parameters; the two parts of the costs evaluated last, by their point."""

    def __init__(self, training: Training) -> None:
        self.engine, self.data = training.engine, training.job.data
        self.parameters = training.run.state.parameters
        self._lambdas = training.engine.lambdas
        self._parts: dict[bytes, tuple[float, float]] = {}

    def __call__(self, flat: Array) -> tuple[float, Array]:
        self.put(flat)
        data, penalty, gradients = self.engine.costs_and_gradients(
            self.data, self.parameters, self._lambdas, self.data.count
        )
        if len(self._parts) > 2:  # the line search ends at one of its last points
            self._parts.pop(next(iter(self._parts)))
        self._parts[flat.tobytes()] = float(data), float(penalty)
        gradient = np.concatenate([gradients[name].ravel() for name in self.parameters])
        return float(data) + float(penalty), gradient.astype(np.float64)

    def parts(self, flat: Array) -> tuple[float, float]:
        """Data cost and penalty at a point, which the parameters are put to."""
        if flat.tobytes() not in self._parts:
            self(flat)
        self.put(flat)
        return self._parts[flat.tobytes()]

    def put(self, flat: Array) -> None:
        """Write flat parameters into the state."""
        start = 0
        for array in self.parameters.values():
            array[...] = flat[start : start + array.size].reshape(array.shape)
            start += array.size


def train_by_lbfgs(training: Training, method: LBFGS) -> tuple[str, str]:
    """Minimise, each iteration an epoch of the ledger: why it stopped, in a word and as a sentence."""
    minimize = _minimize()
    objective = _Objective(training)
    run, job = training.run, training.job
    rows = penalty_rows(job.network, job.data.count, job.data.count)
    stopped, since = "", time.perf_counter()

    def see(intermediate_result: Any) -> None:
        nonlocal since, stopped
        seconds = time.perf_counter() - since
        data, penalty = objective.parts(intermediate_result.x)
        entry = Entry(len(run.ledger) + 1, data, penalty, rows, data + penalty, None, None, seconds)
        stopped = training.after(entry) or ""
        if stopped:
            raise StopIteration
        since = time.perf_counter()

    start = np.concatenate([w.ravel() for w in objective.parameters.values()]).astype(np.float64)
    options = {
        "maxiter": method.max_iter, "maxfun": method.max_evaluations, "maxcor": method.memory,
        "gtol": method.tol, "ftol": 64 * np.finfo(job.dtype).eps,
    }  # fmt: skip
    try:
        found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options, callback=see)
    except KeyboardInterrupt:
        return INTERRUPTED, ""
    run.state.step = len(run.ledger)
    if stopped:
        return stopped, ""
    objective.put(found.x)
    message = str(found.message).lower().replace("_", " ")
    return ("converged" if found.success else "max_iter"), f"after {found.nit} iterations: {message}"


def _minimize() -> Any:
    try:
        from scipy.optimize import minimize
    except ImportError as error:
        raise InputError("L-BFGS is SciPy's, which is not installed", fix="pip install scipy") from error
    return minimize
