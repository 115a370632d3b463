"""Inputs whose sizes are not known yet: arrays with named axes that are made equal as the code demands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

SIZES = (5, 4, 7, 3, 6, 8, 9, 11, 10, 13, 12, 14, 15, 17, 16, 19, 18, 21, 22, 23, 25, 26, 27, 29)


class Axis:
    """An axis of unknown size. Axes that must agree are merged; all start with sizes of their own."""

    def __init__(self, size: int) -> None:
        self._parent: Axis | None = None
        self._size = size

    @property
    def root(self) -> Axis:
        """The axis that stands for all merged with this one."""
        axis = self
        while axis._parent is not None:
            axis = axis._parent
        return axis

    @property
    def size(self) -> int:
        """The length of the axis, for now."""
        return self.root._size

    @size.setter
    def size(self, value: int) -> None:
        self.root._size = value

    def merge(self, other: Axis) -> None:
        """Make two axes one; it keeps the size of the first."""
        mine, theirs = self.root, other.root
        if mine is not theirs:
            theirs._parent = mine


@dataclass(slots=True)
class Array:
    """An array to be made. ``role`` says what its entries are like."""

    axes: list[Axis | int]
    role: str = "normal"
    classes: int = 3

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, for now."""
        return tuple(axis.size if isinstance(axis, Axis) else axis for axis in self.axes)


@dataclass(slots=True)
class Size:
    """A number that is the size of an axis, such as ``hidden_layer_size``."""

    axis: Axis


@dataclass(slots=True)
class Fixed:
    """A value that is known."""

    value: Any


@dataclass(slots=True)
class Group:
    """A dictionary, list or tuple of specs."""

    items: dict[Any, Spec]
    kind: type = dict


Spec = Array | Size | Fixed | Group


@dataclass(slots=True)
class Maker:
    """Hands out axes with sizes of their own."""

    used: int = 0
    axes: list[Axis] = field(default_factory=list)
    shared: dict[str, Axis] = field(default_factory=dict)

    def axis(self) -> Axis:
        """A fresh axis."""
        size = SIZES[self.used] if self.used < len(SIZES) else 30 + self.used
        self.used += 1
        self.axes.append(Axis(size))
        return self.axes[-1]

    def array(self, pattern: str | tuple[int | str, ...], role: str = "normal") -> Array:
        """An array by a pattern: ``n`` is a fresh axis, a number a fixed one (``"n1"``: a column).

        Any other letter is an axis that all patterns with this letter share.
        """
        return Array([self._part(part) for part in pattern], role)

    def _part(self, part: int | str) -> Axis | int:
        if part == "n":
            return self.axis()
        if isinstance(part, str) and part.isalpha():
            if part not in self.shared:
                self.shared[part] = self.axis()
            return self.shared[part]
        return int(part)


def arrays_in(spec: Spec, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Array]]:
    """Every array of a spec with its path."""
    if isinstance(spec, Array):
        yield path, spec
    elif isinstance(spec, Group):
        for key, item in spec.items.items():
            yield from arrays_in(item, (*path, key))


def realise(spec: Spec, rng: np.random.Generator, batch: frozenset[Axis]) -> Any:
    """Random values of a spec; ``batch`` are the axes that count examples."""
    if isinstance(spec, Fixed):
        return spec.value
    if isinstance(spec, Size):
        return spec.axis.size
    if isinstance(spec, Group):
        made = {key: realise(item, rng, batch) for key, item in spec.items.items()}
        return made if spec.kind is dict else spec.kind(made.values())
    return _array(spec, rng, batch)


def _array(spec: Array, rng: np.random.Generator, batch: frozenset[Axis]) -> Any:
    shape = spec.shape
    if spec.role == "labels":
        count = int(np.prod(shape))
        return rng.permutation(np.arange(count) % spec.classes).reshape(shape)
    if spec.role == "one-hot":
        return _one_hot(spec, rng, batch)
    if spec.role == "binary":
        return rng.permutation(np.arange(int(np.prod(shape))) % 2).reshape(shape).astype(float)
    if spec.role == "probability":
        return rng.uniform(0.1, 0.9, shape)
    if spec.role == "positive":
        return rng.uniform(0.5, 1.5, shape)
    return 0.6 * rng.standard_normal(shape)


def _one_hot(spec: Array, rng: np.random.Generator, batch: frozenset[Axis]) -> Any:
    """One class each along the axis that does not count examples: a softmax needs labels that sum to 1."""
    where = [k for k, axis in enumerate(spec.axes) if not (isinstance(axis, Axis) and axis.root in batch)]
    along = where[-1] if where else len(spec.axes) - 1
    shape = spec.shape
    hot = rng.integers(0, shape[along], size=[s for k, s in enumerate(shape) if k != along])
    return np.moveaxis(np.eye(shape[along])[hot], -1, along)
