"""A product of two arrays as BLAS has it: which axes are rows, columns and inner, how each array lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradproof.errors import InputError
from gradproof.expr.node import Expr, Size, Spec
from gradproof.expr.product import specs_of
from gradproof.write.kernels.layout import UNIT, Stride, strides_of
from gradproof.write.kernels.statements import array_factors, summed_indices


@dataclass(frozen=True, slots=True)
class Operand:
    """A matrix inside an array.

    Attributes
    ----------
    array : the symbol
    strides : of its rows and of its columns
    steps : how far the matrix moves for each of the loops around the product
    """

    array: Expr
    strides: tuple[Stride, Stride]
    steps: tuple[Stride | None, ...]


@dataclass(frozen=True, slots=True)
class MatrixProduct:
    """``target = left @ right``, for each turn of the loops.

    Attributes
    ----------
    rows, columns, inner : the sizes
    loops : sizes of the loops around the product, such as the number of copies
    left, right, target : rows × inner, inner × columns, rows × columns
    """

    rows: Stride
    columns: Stride
    inner: Stride
    loops: tuple[Size, ...]
    left: Operand
    right: Operand
    target: Operand


def matrix_product(target: Expr, value: Expr, slowest: str) -> MatrixProduct:
    """The product as BLAS has it: as few products as possible, each as large as possible.

    Axes that are rows of one factor and lie together in it and in the result are one axis: W X of all copies
    of a first layer is one product.
    """
    _, out, sizes = specs_of(value)
    (left, left_spec), (right, right_spec) = array_factors(value)
    inner = [i for i in summed_indices(value) if sizes[i] != 1]
    rows = [i for i in out if i in left_spec and i not in right_spec]
    columns = [i for i in out if i in right_spec and i not in left_spec]
    shared = [i for i in out if i in left_spec and i in right_spec]
    lie = {
        name: dict(zip(spec, strides_of(array.shape, slowest), strict=True))
        for name, array, spec in (
            ("left", left, left_spec),
            ("right", right, right_spec),
            ("out", target, out),
        )
    }
    row = _joined(rows, sizes, (lie["left"], lie["out"]))
    column = _joined(columns, sizes, (lie["right"], lie["out"]))
    inside = _joined(inner, sizes, (lie["left"], lie["right"]))
    loops = [i for i in [*shared, *row.apart, *column.apart] if sizes[i] != 1]
    if inside.apart:
        raise InputError("a product over axes that do not lie together", fix='use engine="numpy"')

    def operand(array: Expr, name: str, first: _Axis, second: _Axis) -> Operand:
        own = lie[name]
        pair = tuple(own[axis.last] if axis.last is not None else UNIT for axis in (first, second))
        return Operand(array, (pair[0], pair[1]), tuple(own.get(i) for i in loops))

    return MatrixProduct(
        row.size, column.size, inside.size, tuple(sizes[i] for i in loops),
        operand(left, "left", row, inside), operand(right, "right", inside, column),
        operand(target, "out", row, column),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Axis:
    """Indices that run as one: their fastest one, the size of all, and those that could not join."""

    last: int | None
    size: Stride
    apart: tuple[int, ...]


def _joined(indices: Spec | Sequence[int], sizes: Sequence[Size], lie: Sequence[dict[int, Stride]]) -> _Axis:
    """Indices from the slowest to the fastest joined while each follows the one before in every array."""
    order = [i for i in indices if sizes[i] != 1] or list(indices)[:1]
    if not order:
        return _Axis(None, UNIT, ())
    last = order[-1]
    slowest, size = last, UNIT.times(sizes[last])
    joined = {last}
    for i in reversed(order[:-1]):
        if all(own[i] == own[slowest].times(sizes[slowest]) for own in lie):
            slowest, size = i, size.times(sizes[i])
            joined.add(i)
    return _Axis(last, size, tuple(i for i in order if i not in joined))
