"""Where entries stand in memory: the axis of the examples is the slowest, the others follow in order."""

from __future__ import annotations

from dataclasses import dataclass

from gradproof.expr.node import Expr, Shape, Size


@dataclass(frozen=True, slots=True)
class Stride:
    """A product of whole numbers and sizes with names: ``32 * m``."""

    number: int
    names: tuple[str, ...] = ()

    def times(self, size: Size) -> Stride:
        """The stride of the next slower axis."""
        if isinstance(size, int):
            return Stride(self.number * size, self.names)
        return Stride(self.number, (*self.names, size))

    def __str__(self) -> str:
        parts = [*([str(self.number)] if self.number != 1 or not self.names else []), *self.names]
        return " * ".join(parts)


UNIT = Stride(1)


def memory_order(shape: Shape, slowest: str) -> tuple[int, ...]:
    """The axes from the slowest to the fastest."""
    first = [k for k, size in enumerate(shape) if size == slowest]
    return tuple(first + [k for k in range(len(shape)) if k not in first])


def strides_of(shape: Shape, slowest: str) -> tuple[Stride, ...]:
    """The stride of each axis, counted in entries.

    Examples
    --------
    >>> [str(s) for s in strides_of((32, "m"), "m")], [str(s) for s in strides_of((3, 32, "m"), "m")]
    (['1', '32'], ['32', '1', '96'])
    """
    strides: list[Stride] = [UNIT] * len(shape)
    stride = UNIT
    for axis in reversed(memory_order(shape, slowest)):
        strides[axis] = stride
        stride = stride.times(shape[axis])
    return tuple(strides)


def entries(node: Expr) -> Stride:
    """The number of entries of an array."""
    count = UNIT
    for size in node.shape:
        count = count.times(size)
    return count
