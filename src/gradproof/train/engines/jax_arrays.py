"""Arrays of a training state that stay on the device until somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from typing import Any

from gradproof.expr.node import Array


class ResidentArrays(dict[str, Array]):
    """A dictionary of NumPy arrays, some of whose newest values are on the device.

    Looking at an array brings it to the host, into the same NumPy array each time. From then on the host's is
    the one that counts, since it may be changed in place; the next epoch sends it to the device again.

    Parameters
    ----------
    arrays : the arrays on the host
    fetch : makes a NumPy array of one on the device
    """

    def __init__(self, arrays: Mapping[str, Array], fetch: Callable[[Any], Array]) -> None:
        super().__init__(arrays)
        self.fetch = fetch
        self._newer: dict[str, Any] = {}

    def resident(self, name: str) -> Any:
        """The array on the device, or None where the host's is the newest."""
        return self._newer.get(name)

    def replace(self, arrays: Iterable[tuple[str, Any]]) -> None:
        """New values, on the device, of arrays that there are."""
        self._newer = dict(arrays)

    def __getitem__(self, name: str) -> Array:
        held = super().__getitem__(name)
        if name in self._newer:
            held[...] = self.fetch(self._newer[name])
            del self._newer[name]
        return held

    def __setitem__(self, name: str, value: Array) -> None:
        super().__setitem__(name, value)
        self._newer.pop(name, None)

    # What dict has of these would give the host's arrays as they are. dict(arrays), **arrays and
    # arrays | others go through __getitem__ because __iter__ is our own.

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def get(self, name: str, default: Any = None) -> Any:
        """The array of that name."""
        return self[name] if name in self else default  # noqa: SIM401 - it is this method

    def items(self) -> ItemsView[str, Array]:  # type: ignore[override]
        """Names and arrays."""
        return self.copy().items()

    def values(self) -> ValuesView[Array]:  # type: ignore[override]
        """The arrays."""
        return self.copy().values()

    def copy(self) -> dict[str, Array]:
        """An ordinary dictionary of the same NumPy arrays."""
        return {name: self[name] for name in self}

    def pop(self, name: str, *default: Any) -> Any:
        """Take an array out."""
        self.get(name)
        return super().pop(name, *default)

    def setdefault(self, name: str, default: Any = None) -> Any:
        """The array of that name, which is the default from now on if there was none."""
        if name not in self:
            self[name] = default
        return self[name]

    def __repr__(self) -> str:
        return repr(self.copy())

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self.copy(),)
