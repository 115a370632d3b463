"""The compiled engine: a pass over the data is one call of a C function written from the expressions."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.expr.node import Array, Expr, symbol
from gradproof.train.engines.base import ROWS, Data, Engine, Epoch, Lambdas, Masks, State
from gradproof.train.engines.blas import gemm_address
from gradproof.train.engines.compiler import library
from gradproof.train.engines.numpy_engine import NumpyEngine
from gradproof.train.expression import BATCH
from gradproof.train.optimizers import Optimizer
from gradproof.train.program import Program
from gradproof.train.updates import updates
from gradproof.write.kernels.c_source import Inputs, Kernel, c_kernel

_COUNTED, _RATE = symbol("t"), symbol("α")
CACHE = 3 << 18  # bytes of a step's arrays that are worked on at once: most of a core's second-level cache


class CompiledEngine(Engine):
    """Compiles the training step, updates included, and runs a pass over the data in one call.

    Attributes
    ----------
    source : the C code
    """

    name = "compiled"

    @cached_property
    def kernel(self) -> Kernel:
        """The function and the order of its arguments."""
        key = (self.program, self.optimizer.key, self.dtype.name)
        if key not in _KERNELS:
            if len(_KERNELS) >= _MOST_KERNELS:
                _KERNELS.clear()
            _KERNELS[key] = _kernel(self.program, self.optimizer, self.dtype.name)
        return _KERNELS[key]

    @property
    def source(self) -> str:
        """The C code."""
        return self.kernel.source

    @cached_property
    def _function(self) -> Any:
        function = library(self.source).epoch
        function.restype = None
        function.argtypes = [ctypes.c_void_p] * 4 + [ctypes.c_int64] * 2 + [ctypes.c_void_p]
        return function

    @cached_property
    def _others(self) -> NumpyEngine:
        """What is not worth a kernel: it is called on all data at once."""
        return NumpyEngine(
            self.network, self.optimizer, self.dtype, copies=self.copies, weighted=self.weighted
        )

    def epoch(self, data: Data, state: State, epoch: Epoch) -> Any:
        """One pass over the data; see :meth:`Engine.epoch`."""
        self.refuse_unfit(data, epoch.order)
        count = len(epoch.order)
        size = min(epoch.batch_size, count)
        if self.copies and self.copies > self._together(size):
            return self._by_groups(data, state, epoch, size)
        order = np.ascontiguousarray(epoch.order, np.int64)
        bound = self._bound(data, state, epoch, size)
        numbers = self._numbers(epoch, state.step)
        cost = np.zeros(self.copies or 1)
        self._function(
            gemm_address(self.dtype.name), ctypes.addressof(bound.pointers), numbers.ctypes.data,
            order.ctypes.data, count, size, cost.ctypes.data,
        )  # fmt: skip
        state.step += -(-count // size)
        return cost / count if self.copies else float(cost[0] / count)

    def costs_and_gradients(
        self, data: Data, parameters: Mapping[str, Array], lambdas: Lambdas, rows: int
    ) -> tuple[Any, Any, dict[str, Array]]:
        """Costs and gradients of all data; see :meth:`Engine.costs_and_gradients`."""
        return self._others.costs_and_gradients(data, parameters, lambdas, rows)

    def predict(self, parameters: Mapping[str, Array], X: Array) -> Array:
        """The last A; see :meth:`Engine.predict`."""
        return self._others.predict(parameters, X)

    # --- copies in groups ---------------------------------------------------------------------------------

    def _together(self, size: int) -> int:
        """How many copies a kernel runs at once: more would only wait for memory."""
        copies = self.copies or 1
        entries = sum(
            math.prod(size if n == BATCH else int(n) for n in leaf.shape)
            for leaf in self.kernel.buffers
            if BATCH in leaf.shape and leaf.ndim > 2
        )
        return max(1, CACHE * copies // max(1, entries * self.dtype.itemsize))

    def _by_groups(self, data: Data, state: State, epoch: Epoch, size: int) -> Array:
        """The epoch of one group of copies after the other, on views of the state."""
        assert self.copies is not None
        count = -(-self.copies // self._together(size))
        bounds = [self.copies * k // count for k in range(count + 1)]
        drawn = []
        if epoch.masks is not None:
            total = len(epoch.order)
            drawn = [epoch.masks(min(size, total - start)) for start in range(0, total, size)]
        costs, step = [], state.step
        for (first, last), part in zip(pairwise(bounds), self._parts(state, bounds), strict=True):
            own = slice(first, last)
            part.step = step
            masks = [{n: mask[own] for n, mask in each.items()} for each in drawn]
            lambdas = {n: np.asarray(values)[own] for n, values in epoch.lambdas.items()}
            given = replace(epoch, lambdas=lambdas, masks=_replayed(masks) if masks else None)
            costs.append(self._engine(first, last).epoch(data, part, given))
            state.step = part.step
        return np.concatenate(costs)

    def _parts(self, state: State, bounds: list[int]) -> list[State]:
        """Views of the groups' parameters and slots; the last ones, if they are of the same arrays."""
        own = (*state.parameters.values(), *state.slots.values())
        kept = self.__dict__.get("_kept_parts")
        if kept is None or kept[1] != bounds or not _are_same(own, kept[0]):
            parts = [
                State(
                    {n: w[first:last] for n, w in state.parameters.items()},
                    {n: v[first:last] for n, v in state.slots.items()},
                )
                for first, last in pairwise(bounds)
            ]
            kept = self.__dict__["_kept_parts"] = (own, bounds, parts)
        found: list[State] = kept[2]
        return found

    def _engine(self, first: int, last: int) -> CompiledEngine:
        """The engine of a group; groups of one size share their buffers, which stay in the cache."""
        kept: dict[tuple[int, int], CompiledEngine] = self.__dict__.setdefault("_kept_engines", {})
        if (first, last) not in kept:
            made = CompiledEngine(
                self.network, self.optimizer, self.dtype, copies=last - first, weighted=self.weighted
            )
            shared = self.__dict__.setdefault("_shared_buffers", {})
            made.__dict__["_kept_buffers"] = shared.setdefault(last - first, {})
            kept[first, last] = made
        return kept[first, last]

    # --- arguments ----------------------------------------------------------------------------------------

    def _bound(self, data: Data, state: State, epoch: Epoch, size: int) -> _Bound:
        """The addresses of everything; those of the last epoch, if it had the same arrays."""
        own = (*state.parameters.values(), *state.slots.values())
        lambdas = [epoch.lambdas[n] for n, leaf in self.program.source.lambdas.items() if leaf.shape]
        kept: _Bound | None = self.__dict__.get("_kept_bound")
        if kept is not None and kept.is_for(data, size, own, lambdas):
            return kept
        bound = _Bound(data, size, own, lambdas, self._arrays(data, state, epoch, size))
        if not self.program.source.masks:  # which are new every time
            self.__dict__["_kept_bound"] = bound
        return bound

    def _arrays(self, data: Data, state: State, epoch: Epoch, size: int) -> list[Array]:
        source = self.program.source
        given: dict[Expr, Array] = {source.X: data.X, source.Y: data.Y}
        if source.weights is not None and data.weights is not None:
            given[source.weights] = data.weights
        given |= {source.parameters[n]: w for n, w in state.parameters.items()}
        by_name = {leaf.name: leaf for leaf in self.kernel.arrays}
        given |= {by_name[n]: s for n, s in state.slots.items()}
        given |= {
            leaf: np.ascontiguousarray(epoch.lambdas[n], self.dtype)
            for n, leaf in source.lambdas.items()
            if leaf.shape
        }
        for leaf, array in given.items():
            _refuse_unfit(leaf, array, self.dtype)
        given |= self._masks(epoch, size)
        count = len(self.kernel.arrays) - len(self.kernel.buffers)
        return [*(given[leaf] for leaf in self.kernel.arrays[:count]), *self._buffers(size)]

    def _masks(self, epoch: Epoch, size: int) -> dict[Expr, Array]:
        """All masks of an epoch, in the order of its batches, examples slowest."""
        masks = self.program.source.masks
        if not masks:
            return {}
        assert epoch.masks is not None
        count = len(epoch.order)
        drawn = [epoch.masks(min(size, count - start)) for start in range(0, count, size)]
        found = {}
        for name, leaf in masks.items():
            each = [np.moveaxis(np.asarray(batch[name], np.uint8), -1, 0) for batch in drawn]
            found[leaf] = np.ascontiguousarray(np.concatenate(each))
            if found[leaf].shape != (count, *leaf.shape[:-1]):
                shapes = ", ".join(sorted({str(np.shape(batch[name])) for batch in drawn}))
                raise InputError(f"masks {name} of shapes {shapes}", fix=f"draw them of shape {leaf.shape}")
        return found

    def _buffers(self, size: int) -> list[Array]:
        kept = self.__dict__.setdefault("_kept_buffers", {})
        if size not in kept:
            kept.clear()
            shapes = [[size if n == BATCH else int(n) for n in leaf.shape] for leaf in self.kernel.buffers]
            kept[size] = [np.zeros(int(np.prod(shape)), self.dtype) for shape in shapes]
        return list(kept[size])

    @cached_property
    def _settings(self) -> dict[Expr, float]:
        return {symbol(n): float(v) for n, v in self.optimizer.settings.items()}

    def _numbers(self, epoch: Epoch, step: int) -> Array:
        lambdas = self.program.source.lambdas
        table = dict(self._settings)
        table |= {leaf: float(epoch.lambdas[n]) for n, leaf in lambdas.items() if not leaf.shape}
        table |= {_RATE: epoch.rate, ROWS: float(epoch.rows), _COUNTED: float(step)}
        return np.array([table[leaf] for leaf in self.kernel.scalars], np.float64)


class _Bound:
    """The addresses of a kernel's arrays, and the arrays, which live as long."""

    def __init__(
        self, data: Data, size: int, own: tuple[Array, ...], lambdas: list[Any], arrays: list[Array]
    ) -> None:
        self.data, self.size, self.own, self.arrays = data, size, own, arrays
        self.lambdas = [np.array(each) for each in lambdas]
        self.pointers = (ctypes.c_void_p * len(arrays))(*(a.ctypes.data for a in arrays))

    def is_for(self, data: Data, size: int, own: tuple[Array, ...], lambdas: list[Any]) -> bool:
        """Whether these are the arrays, and λ of each copy has the same values."""
        if data is not self.data or size != self.size or not _are_same(own, self.own):
            return False
        return all(np.array_equal(a, b) for a, b in zip(lambdas, self.lambdas, strict=True))


def _are_same(some: tuple[Array, ...], others: tuple[Array, ...]) -> bool:
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))


def _replayed(drawn: list[dict[str, Array]]) -> Masks:
    """Masks that were drawn before, in their order."""
    waiting = iter(drawn)
    return lambda m: next(waiting)


def _refuse_unfit(leaf: Expr, array: Array, dtype: np.dtype[Any]) -> None:
    """Refuse an array that the kernel would misread: it sees nothing but an address."""
    is_shaped = len(array.shape) == len(leaf.shape) and all(
        n in (BATCH, size) for n, size in zip(leaf.shape, array.shape, strict=True)
    )
    is_laid = array.flags.f_contiguous if BATCH in leaf.shape else array.flags.c_contiguous
    if array.dtype != dtype or not is_shaped or not is_laid:
        order = "F" if BATCH in leaf.shape else "C"
        raise InputError(
            f"{leaf.name} of shape {array.shape} in {array.dtype}, which the kernel cannot take",
            fix=f"give {leaf.shape} in {dtype}, in one piece of order {order}: see Data.of and State.begin",
        )


# Kernels by what they are written from: a path of λ or a search meets the same network again and again.
_KERNELS: dict[tuple[object, ...], Kernel] = {}
_MOST_KERNELS = 64


def _kernel(step: Program, optimizer: Optimizer, precision: str) -> Kernel:
    source = step.source
    changes = [pair for equations in updates(step, optimizer).values() for pair in equations]
    examples = [source.X, source.Y, *([source.weights] if source.weights is not None else [])]
    fixed = [leaf for leaf in source.lambdas.values() if leaf.shape]
    changed = list(dict.fromkeys(target for target, _ in changes))
    inputs = Inputs(examples, list(source.masks.values()), changed, fixed, _COUNTED, step.cost, BATCH)
    return c_kernel(
        [*step.assignments(), *changes], inputs, {"float64": "double", "float32": "float"}[precision]
    )
