"""Several devices, of one process or of many: each computes its share of every batch.

The parameters and the data are on every device, each batch is cut along its examples, and the sums over the
examples in the gradients become sums over the devices, which XLA's compiler adds by itself. So the code that
runs is the same as on one device, and so are the weights, to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.expr.node import Array

EXAMPLES = "examples"  # the mesh's only axis
Devices = str | int | Sequence[Any]


def start(
    coordinator: str | None = None, processes: int | None = None, process: int | None = None, **options: Any
) -> None:
    """Join the processes that train together: the first thing that each of them does.

    Parameters
    ----------
    coordinator : ``"host:port"`` of process 0, where all others can reach it
    processes : how many there are
    process : the number of this one, from 0 on
    options : further arguments of ``jax.distributed.initialize``

    Without arguments JAX finds them out by itself where it can: under Slurm and Open MPI, on TPU pods.

    Raises
    ------
    InputError
        JAX has computed something already, so its devices are those of this process; or there is no such
        process or coordinator.
    """
    jax = _jax()
    if jax.distributed.is_initialized():
        return
    try:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")  # of CPUs; GPUs have their own
        jax.distributed.initialize(coordinator, processes, process, **options)
    except (RuntimeError, ValueError) as error:
        raise InputError(
            f"process {process} of {processes} cannot join at {coordinator}: {error}",
            fix="call start() before anything else that uses JAX, with one coordinator and one number in all",
        ) from error


def is_first() -> bool:
    """Whether this is process 0, which prints and writes files for all."""
    return int(_jax().process_index()) == 0


def _jax() -> Any:
    try:
        import jax
    except ImportError as error:
        raise InputError("JAX is not installed", fix='pip install "gradproof[jax]"') from error
    return jax


@dataclass(frozen=True)
class Placement:
    """Where arrays are.

    Attributes
    ----------
    devices : all of them, those of other processes included
    """

    devices: tuple[Any, ...]

    @property
    def is_one(self) -> bool:
        """Whether there is one device only, of this process."""
        return len(self.devices) == 1

    @cached_property
    def is_shared(self) -> bool:
        """Whether there are devices of other processes."""
        return len({device.process_index for device in self.devices}) > 1

    @cached_property
    def _mesh(self) -> Any:
        from jax.sharding import AxisType, Mesh

        return Mesh(np.array(self.devices), (EXAMPLES,), axis_types=(AxisType.Auto,))

    def _sharding(self, *axes: str | None) -> Any:
        from jax.sharding import NamedSharding, PartitionSpec

        return NamedSharding(self._mesh, PartitionSpec(*axes))

    def put(self, array: Any) -> Any:
        """The array on every device."""
        import jax

        if self.is_one:
            return jax.device_put(array, self.devices[0])
        array = np.asarray(array)
        return jax.make_array_from_callback(array.shape, self._sharding(), lambda index: array[index])

    def put_here(self, array: Any) -> Any:
        """The array on the first of this process's devices."""
        import jax

        here = next(d for d in self.devices if d.process_index == jax.process_index())
        return jax.device_put(array, here)

    def local(self, array: Any) -> Any:
        """An array that is on every device, on this process's first alone."""
        return array if self.is_one else array.addressable_data(0)

    def get(self, array: Any) -> Array:
        """A NumPy array of one that is on every device."""
        return np.asarray(self.local(array))

    def split(self, array: Any, axis: int) -> Any:
        """Inside of a compiled function: the array cut along an axis, a share for each device."""
        return self._constrained(array, *(EXAMPLES if k == axis else None for k in range(array.ndim)))

    def whole(self, array: Any) -> Any:
        """Inside of a compiled function: the array on every device."""
        return self._constrained(array)

    def _constrained(self, array: Any, *axes: str | None) -> Any:
        import jax

        return array if self.is_one else jax.lax.with_sharding_constraint(array, self._sharding(*axes))

    def agree(self, arrays: Sequence[Array], what: str) -> None:
        """Raise an error unless all processes have these same arrays."""
        if not self.is_shared:
            return
        from jax.experimental import multihost_utils

        digest = sha256()
        for array in arrays:
            digest.update(f"{array.shape} {array.dtype}".encode())
            digest.update(array.tobytes())
        own = np.frombuffer(digest.digest(), np.uint8)
        every = np.asarray(multihost_utils.process_allgather(own))
        other = [k for k, each in enumerate(every) if (each != every[0]).any()]
        if other:
            raise InputError(
                f"process {other[0]} has not the {what} of process 0",
                fix="give every process the same data, initial parameters and seed",
            )


def placement(devices: Devices = "auto") -> Placement:
    """The devices that are meant.

    Parameters
    ----------
    devices : ``"auto"``, all devices of all processes once :func:`start` was called, the first one otherwise;
        ``"all"``; how many, from the first on; or the devices themselves, as ``jax.devices()`` gives them

    Raises
    ------
    InputError
        There are none of that kind, or not as many, or one of the processes has none of them.
    """
    jax = _jax()
    every = tuple(jax.devices())
    if isinstance(devices, str):
        if devices not in ("auto", "all"):
            raise InputError(f"devices is {devices!r}", fix='give "auto", "all", a number, or devices of JAX')
        return Placement(every if devices == "all" or jax.process_count() > 1 else every[:1])
    if not (isinstance(devices, int) or devices):
        raise InputError("no devices", fix='give at least one, or "all"')
    if isinstance(devices, int) and not 1 <= devices <= len(every):
        raise InputError(f"{devices} devices of {len(every)}", fix=f"give a number from 1 to {len(every)}")
    chosen = every[:devices] if isinstance(devices, int) else tuple(devices)
    missing = {device.process_index for device in every} - {device.process_index for device in chosen}
    if missing:
        raise InputError(f"process {min(missing)} has none of the devices", fix='give devices="all"')
    return Placement(chosen)
