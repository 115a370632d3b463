"""What every engine gets and does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.expr.node import Array, symbol
from gradproof.train.expression import expression
from gradproof.train.network import Network
from gradproof.train.optimizers import Optimizer
from gradproof.train.program import Program, program

Masks = Callable[[int], dict[str, Array]]  # number of examples -> dropout's masks of a batch, drawn in order
Lambdas = Mapping[str, Any]  # λ's symbol -> its number, or one number for each copy
ROWS = symbol("N")  # the m of penalties per row of the data, while batches are smaller


@dataclass(frozen=True, slots=True)
class Data:
    """The examples, along the last axis; each example's numbers lie together in memory.

    Attributes
    ----------
    X : array of shape (n_x, N)
    Y : array of shape (n_y, N)
    weights : array of shape (1, N), or None
    """

    X: Array
    Y: Array
    weights: Array | None = None

    @property
    def count(self) -> int:
        """N, the number of examples."""
        return int(self.X.shape[1])

    @staticmethod
    def of(X: Any, Y: Any, weights: Any = None, dtype: npt.DTypeLike = np.float64) -> Data:
        """The data as engines want it."""
        s = None if weights is None else np.asarray(weights, dtype).reshape(1, -1)
        return Data(np.asarray(X, dtype, order="F"), np.asarray(Y, dtype, order="F"), s)


@dataclass(slots=True)
class State:
    """What training changes, in place.

    Attributes
    ----------
    parameters : W1, b1, ..., each of its shape (after the axis of copies, if any)
    slots : state arrays of the optimiser by the names of their symbols, vW1, sW1, ...
    step : how many steps have been taken, t
    """

    parameters: dict[str, Array]
    slots: dict[str, Array]
    step: int = 0

    @staticmethod
    def begin(parameters: Mapping[str, Array], optimizer: Optimizer) -> State:
        """Copies of the parameters, and zeros in every slot, each kind in one piece of memory."""
        own = in_one_piece(parameters)
        slots: dict[str, Array] = {}
        for slot in optimizer.slots:
            zeros = in_one_piece({name: np.zeros_like(w) for name, w in parameters.items()})
            slots |= {f"{slot}{name}": array for name, array in zeros.items()}
        return State(own, slots)


def in_one_piece(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Copies that follow each other in memory, first every W, then every b."""
    order = sorted(arrays, key=lambda name: name[0])
    whole = np.concatenate([np.ravel(arrays[name]) for name in order])
    found, start = {}, 0
    for name in order:
        shape, size = np.shape(arrays[name]), np.size(arrays[name])
        found[name] = whole[start : start + size].reshape(shape)
        start += size
    return {name: found[name] for name in arrays}


@dataclass(frozen=True, slots=True)
class Epoch:
    """How one pass over the data is made.

    Attributes
    ----------
    order : indices of the examples in the order they are met
    batch_size : examples in a batch; the last one may be smaller
    rate : the learning rate α
    lambdas : λ, by the names of ``network.lambdas``
    rows : the m of penalties per row of the data
    masks : dropout's masks, where the network drops
    """

    order: npt.NDArray[np.int64]
    batch_size: int
    rate: float
    lambdas: Lambdas
    rows: int
    masks: Masks | None = None


@lru_cache(maxsize=64)
def _derived(network: Network, copies: int | None, weighted: bool) -> Program:
    """The step of a network, whose λ are given later."""
    return program(expression(network, copies=copies, weighted=weighted, rows=ROWS))


class Engine(ABC):
    """Runs the training step of one network with one optimiser in one precision.

    Attributes
    ----------
    name : how it is asked for
    program : what it runs
    """

    name: str

    def __init__(
        self, network: Network, optimizer: Optimizer, dtype: npt.DTypeLike = np.float64,
        *, copies: int | None = None, weighted: bool = False,
    ) -> None:  # fmt: skip
        self.network, self.optimizer, self.dtype = network, optimizer, np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise InputError(f"an engine in {self.dtype}", fix="choose float32 or float64")
        self.copies, self.weighted = copies, weighted
        self.program: Program = _derived(network.with_placeholders(), copies, weighted)

    @property
    def lambdas(self) -> dict[str, float]:
        """λ as the network has it."""
        return self.network.lambdas

    def refuse_unfit(self, data: Data, order: npt.NDArray[np.int64]) -> None:
        """Refuse data without the weights that are expected, and an order of examples that are not there."""
        counts = [each.shape[-1] for each in (data.X, data.Y, data.weights) if each is not None]
        if len(set(counts)) > 1:
            raise InputError(
                f"X, Y and weights of {', '.join(map(str, counts))} examples", fix="give as many of each"
            )
        if not (order.size and 0 <= order.min() <= order.max() < data.count):
            raise InputError(
                f"an order of {order.size} indices of {data.count} examples",
                fix="give at least one, each from 0 to below the number of examples",
            )
        if self.weighted and data.weights is None:
            raise InputError("data without weights", fix="give them, or make the engine with weighted=False")

    @abstractmethod
    def epoch(self, data: Data, state: State, epoch: Epoch) -> Any:
        """One pass over the data, ``state`` changed in place.

        Returns
        -------
        float, or array of shape (copies,)
            The data cost, each batch's at the parameters it met: Σ of the batches' costs times sizes, over N.
        """

    @abstractmethod
    def costs_and_gradients(
        self, data: Data, parameters: Mapping[str, Array], lambdas: Lambdas, rows: int
    ) -> tuple[Any, Any, dict[str, Array]]:
        """Data cost, penalty, and the gradients of their sum, of all data, without dropout."""

    @abstractmethod
    def predict(self, parameters: Mapping[str, Array], X: Array) -> Array:
        """The last A, of shape (n_y, N) (after the axis of copies, if any), without dropout."""
