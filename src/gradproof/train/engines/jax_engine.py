"""The engine for GPUs and for more than one device: the emitted step, compiled by JAX."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.expr.node import Array
from gradproof.train.engines.base import Data, Engine, Epoch, Lambdas, Masks, State
from gradproof.train.engines.jax_arrays import ResidentArrays
from gradproof.train.engines.jax_functions import Functions, functions
from gradproof.train.engines.jax_source import jax_source
from gradproof.train.network import Network
from gradproof.train.optimizers import Optimizer
from gradproof.train.parallel import Devices, placement

_MASK_BYTES = 1 << 28  # masks of so many batches are sent at once
_KEPT_DATA = 2  # training and validation data stay on the device


class JaxEngine(Engine):
    """Runs an epoch as one compiled loop on one device, or on all devices of several processes.

    After an epoch the parameters and slots of the state stay on the device until somebody reads them. A
    :class:`State` is left as it was before the epoch where an epoch is interrupted.

    Parameters
    ----------
    network, optimizer, dtype, copies, weighted : as for :class:`Engine`; float32 or float64
    devices : see :func:`~gradproof.train.parallel.placement.placement`
    precision : of float32 matrix products where the hardware has faster ones of fewer digits: ``"highest"``
        for float32's own, ``"default"`` for TF32 on NVIDIA's GPUs; see ``jax.default_matmul_precision``

    Attributes
    ----------
    source : the Python module that runs, emitted from the program's assignments
    placement : where arrays are
    """

    name = "jax"

    def __init__(
        self, network: Network, optimizer: Optimizer, dtype: npt.DTypeLike = np.float64,
        *, copies: int | None = None, weighted: bool = False, devices: Devices = "auto",
        precision: str = "highest",
    ) -> None:  # fmt: skip
        super().__init__(network, optimizer, dtype, copies=copies, weighted=weighted)
        if self.dtype not in (np.float32, np.float64):
            raise InputError(f"the JAX engine in {self.dtype}", fix="choose float32 or float64")
        self.placement, self.precision = placement(devices), precision
        self._written = jax_source(network, optimizer, weighted=weighted)
        self.source = self._written.text
        self._data: list[tuple[Data, list[Any]]] = []
        self._get = self.placement.get

    # --- the contract -------------------------------------------------------------------------------------

    def epoch(self, data: Data, state: State, epoch: Epoch) -> Any:
        """One pass over the data; see :meth:`Engine.epoch`."""
        order = np.asarray(epoch.order)
        self.refuse_unfit(data, order)
        with self._settings():
            examples = self._on_device(data, order)
            held, slots_held = self._homes(state)
            parameters = [self._array(held, name) for name in self._written.parameters]
            slots = [self._array(slots_held, name) for name in self._written.slots]
            lambdas, rows = self._sent(self._lambdas(epoch.lambdas)), self._sent(self.dtype.type(epoch.rows))
            costs, taken = list[tuple[Any, int]](), state.step
            for chosen, masks, copied in self._pieces(order, epoch.batch_size, epoch.masks):
                run = self._functions(copied)
                scalars = self._scalars(epoch.rate, taken, len(chosen))
                given = self._sent((chosen.astype(np.int32), scalars, masks))
                steps = run.more_steps if costs else run.steps  # the state itself outlives an interrupt
                parameters, slots, found = steps(parameters, slots, examples, *given, lambdas, rows)
                costs.append((found, chosen.shape[1]))
                taken += len(chosen)
            total = sum(self._get(found).sum(0, np.float64) * size for found, size in costs) / order.size
        held.replace(zip(self._written.parameters, parameters, strict=True))
        slots_held.replace(zip(self._written.slots, slots, strict=True))
        state.step = taken
        return float(total) if self.copies is None else total

    def costs_and_gradients(
        self, data: Data, parameters: Mapping[str, Array], lambdas: Lambdas, rows: int
    ) -> tuple[Any, Any, dict[str, Array]]:
        """Costs and gradients of all data; see :meth:`Engine.costs_and_gradients`."""
        with self._settings():
            held = [self._array(parameters, name) for name in self._written.parameters]
            given = self._sent((self._lambdas(lambdas), self.dtype.type(rows)))
            found = self._functions().gradients(self._on_device(data), held, *given)
            data_cost, penalty, *gradients = (np.array(self._get(each)) for each in found)
        named = dict(zip(self._written.parameters, gradients, strict=True))
        if self.copies is None:
            return float(data_cost), float(penalty), named
        return data_cost, penalty if self._written.lambdas else 0.0, named

    def predict(self, parameters: Mapping[str, Array], X: Array) -> Array:
        """The last A; see :meth:`Engine.predict`. Each process computes it by itself, on one device."""
        with self._settings():
            held = [self._here(parameters, name) for name in self._written.parameters]
            rows = self.placement.put_here(np.asarray(X, self.dtype).T)
            return np.array(self._functions().predict(rows, held))

    # --- what the device has ------------------------------------------------------------------------------

    def _on_device(self, data: Data, order: Array | None = None) -> list[Any]:
        """The data, examples along rows, sent once."""
        for known, arrays in self._data:
            if known is data:
                return arrays
        if self.weighted and data.weights is None:
            raise InputError("data without weights", fix="give them, or make the engine with weighted=False")
        own = [data.X, data.Y, *([data.weights] if self.weighted else [])]
        rows = [np.ascontiguousarray(np.asarray(each, self.dtype).T) for each in own]
        self.placement.agree([*rows, *([] if order is None else [order])], "data in the order")
        self._data = [*self._data[1 - _KEPT_DATA :], (data, [self.placement.put(each) for each in rows])]
        return self._data[-1][1]

    def _homes(self, state: State) -> tuple[ResidentArrays, ResidentArrays]:
        """The state's dictionaries, made such as can leave arrays on the device."""
        parameters, slots = state.parameters, state.slots
        if not self._is_own(parameters):
            plain = dict(parameters)
            self.placement.agree([plain[name] for name in self._written.parameters], "parameters")
            state.parameters = parameters = ResidentArrays(plain, self._get)
        if not self._is_own(slots):
            state.slots = slots = ResidentArrays(dict(slots), self._get)
        return parameters, slots

    def _is_own(self, arrays: Mapping[str, Array]) -> TypeGuard[ResidentArrays]:
        """Whether this engine left them on its devices."""
        return isinstance(arrays, ResidentArrays) and arrays.fetch == self._get

    def _array(self, arrays: Mapping[str, Array], name: str) -> Any:
        """One array on every device."""
        held = arrays.resident(name) if self._is_own(arrays) else None
        return self.placement.put(np.asarray(arrays[name], self.dtype)) if held is None else held

    def _here(self, arrays: Mapping[str, Array], name: str) -> Any:
        """One array on a device of this process."""
        held = arrays.resident(name) if self._is_own(arrays) else None
        if held is None:
            return self.placement.put_here(np.asarray(arrays[name], self.dtype))
        return self.placement.local(held)

    def _sent(self, given: Any) -> Any:
        """Small arrays: one device gets them with the call, several need to be told where."""
        import jax

        return given if self.placement.is_one else jax.tree.map(self.placement.put, given)

    # --- what a call is given -----------------------------------------------------------------------------

    def _functions(self, copied_masks: bool = False) -> Functions:
        return functions(self._written, self.placement, self.copies is not None, copied_masks)

    def _pieces(
        self, order: Array, batch_size: int, masks: Masks | None
    ) -> Iterator[tuple[Array, list[Array], bool]]:
        """Examples (steps, batch size) and masks of one call each: whole batches, then the smaller last one.

        The masks are drawn batch by batch, as the contract has it, and have examples along rows.
        """
        whole = order[: order.size // batch_size * batch_size].reshape(-1, batch_size)
        rest = order[whole.size :].reshape(1, -1)
        for batches in (whole, rest):
            if not batches.size:
                continue
            if masks is None:
                yield batches, [], False
                continue
            units = sum(layer.units for layer in self.network.layers if layer.keep_prob < 1)
            many = max(1, _MASK_BYTES // (units * batches.shape[1]))
            for start in range(0, len(batches), many):
                some = batches[start : start + many]
                yield some, *self._masks(masks, some)

    def _masks(self, masks: Masks, batches: Array) -> tuple[list[Array], bool]:
        """Masks of some batches as bytes, and whether each copy has its own."""
        drawn = [masks(len(batch)) for batch in batches]
        names = self._written.masks
        copied = self.copies is not None and any(drawn[0][name].strides[0] for name in names)
        only = 0 if self.copies is not None and not copied else ...

        def rows(mask: Array) -> Array:
            return np.asarray(mask[only].swapaxes(-1, -2), bool)

        return [np.stack([rows(each[name]) for each in drawn]) for name in names], copied

    def _scalars(self, rate: float, taken: int, steps: int) -> Array:
        """What the optimiser's numbers give for each of the next steps, in float64 until here."""
        settings = [np.float64(self.optimizer.settings[name]) for name in self._written.settings]
        t = np.arange(taken + 1, taken + steps + 1, dtype=np.float64)
        numbers = self._functions().scalars(t, np.float64(rate), *settings)
        numbers = numbers if isinstance(numbers, tuple) else (numbers,)
        found = np.empty((steps, len(numbers)), self.dtype)
        for k, each in enumerate(numbers):
            found[:, k] = each
        return found

    def _lambdas(self, lambdas: Lambdas) -> list[Array]:
        shape = () if self.copies is None else (self.copies,)
        names = self._written.lambdas
        return [np.broadcast_to(np.asarray(lambdas[name], self.dtype), shape) for name in names]

    @contextmanager
    def _settings(self) -> Iterator[None]:
        """JAX's settings while the engine runs; those of the user stay as they are."""
        import jax

        with jax.enable_x64(self.dtype == np.float64), jax.default_matmul_precision(self.precision):
            yield
