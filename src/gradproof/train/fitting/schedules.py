"""Schedules of the learning rate: callables from the epoch, counted from 0, to the factor on α."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from gradproof.errors import InputError

Schedule = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Constant:
    """1: the learning rate stays."""

    def __call__(self, epoch: int) -> float:
        """The factor of an epoch."""
        return 1.0


@dataclass(frozen=True, slots=True)
class Inverse:
    """1/(1 + decay·⌊epoch/every⌋), the course's decay; with ``every`` above 1 it comes in steps.

    Examples
    --------
    >>> schedule = Inverse(1.0)
    >>> [schedule(k) for k in range(3)]
    [1.0, 0.5, 0.3333333333333333]
    """

    decay: float
    every: int = 1

    def __post_init__(self) -> None:
        _at_least("decay", self.decay, 0)
        _at_least("every", self.every, 1)

    def __call__(self, epoch: int) -> float:
        """The factor of an epoch."""
        return 1.0 / (1.0 + self.decay * (epoch // self.every))


@dataclass(frozen=True, slots=True)
class Step:
    """factor^⌊epoch/every⌋.

    Examples
    --------
    >>> schedule = Step(every=10, factor=0.5)
    >>> schedule(9), schedule(10), schedule(25)
    (1.0, 0.5, 0.25)
    """

    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        _at_least("every", self.every, 1)
        if not 0 < self.factor <= 1:
            raise InputError(f"factor is {self.factor}", fix="give a number from above 0 to 1")

    def __call__(self, epoch: int) -> float:
        """The factor of an epoch."""
        return float(self.factor ** (epoch // self.every))


@dataclass(frozen=True, slots=True)
class Cosine:
    """low + (1 − low)·(1 + cos(π·epoch/epochs))/2, then ``low`` (Loshchilov and Hutter, ICLR 2017).

    Examples
    --------
    >>> schedule = Cosine(100)
    >>> schedule(0), round(schedule(50), 12), schedule(100)
    (1.0, 0.5, 0.0)
    """

    epochs: int
    low: float = 0.0

    def __post_init__(self) -> None:
        _at_least("epochs", self.epochs, 1)
        if not 0 <= self.low < 1:
            raise InputError(f"low is {self.low}", fix="give a number from 0 to below 1")

    def __call__(self, epoch: int) -> float:
        """The factor of an epoch."""
        done = min(epoch / self.epochs, 1.0)
        return self.low + (1.0 - self.low) * (1.0 + math.cos(math.pi * done)) / 2


@dataclass(frozen=True, slots=True)
class Warmup:
    """k/(epochs + 1) in epoch k of the first ones, then what ``then`` gives from its beginning.

    Examples
    --------
    >>> schedule = Warmup(3, Step(every=2, factor=0.5))
    >>> [schedule(k) for k in range(7)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 0.5, 0.5]
    """

    epochs: int
    then: Schedule = Constant()

    def __post_init__(self) -> None:
        _at_least("epochs", self.epochs, 1)

    def __call__(self, epoch: int) -> float:
        """The factor of an epoch."""
        if epoch < self.epochs:
            return (epoch + 1) / (self.epochs + 1)
        return self.then(epoch - self.epochs)


def _at_least(name: str, value: float, low: float) -> None:
    if not value >= low:
        raise InputError(f"{name} is {value}", fix=f"give a number that is at least {low}")
