"""NumPy's spelling of products: broadcasting arithmetic, matmul, transpose, sums over axes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from gradproof.errors import ShapeError
from gradproof.expr.node import Expr, Shape, Size, Spec, number
from gradproof.expr.product import add, einsum

Indices = tuple[tuple[Spec, ...], Spec, tuple[Size, ...]]
_MINUS_ONE = number(-1)


@lru_cache(maxsize=4096)
def broadcast_shapes(*shapes: Shape) -> Shape:
    """NumPy's broadcasting rule for integer or symbolic sizes."""
    ndim = max((len(s) for s in shapes), default=0)
    result: list[Size] = []
    for axis in range(-ndim, 0):
        sizes = list(dict.fromkeys(s[axis] for s in shapes if len(s) >= -axis and s[axis] != 1))
        if len(sizes) > 1:
            raise ShapeError(
                f"shapes {' and '.join(map(str, shapes))} do not broadcast: axis {axis} has sizes "
                f"{' and '.join(map(str, sizes))}",
                fix="transpose or reshape one of them, or sum over the extra axis",
            )
        result.append(sizes[0] if sizes else 1)
    return tuple(result)


def _spec_against(own: Shape, shape: Shape, first_fresh: int) -> tuple[tuple[int, ...], list[Size]]:
    """Indices of an argument inside a result of a shape; axes of size 1 get fresh, summed indices."""
    offset = len(shape) - len(own)
    spec: list[int] = []
    fresh: list[Size] = []
    for axis, size in enumerate(own):
        if size == shape[offset + axis]:
            spec.append(offset + axis)
        else:
            spec.append(first_fresh + len(fresh))
            fresh.append(size)
    return tuple(spec), fresh


def multiply(*args: Expr) -> Expr:
    """Entrywise product with NumPy broadcasting; scalars scale."""
    specs, out, sizes = _entrywise_indices(*[a.shape for a in args])
    return einsum(specs, args, out, sizes)


@lru_cache(maxsize=4096)
def _entrywise_indices(*shapes: Shape) -> Indices:
    shape = broadcast_shapes(*shapes)
    sizes: list[Size] = list(shape)
    specs = []
    for own in shapes:
        spec, fresh = _spec_against(own, shape, len(sizes))
        specs.append(spec)
        sizes += fresh
    return tuple(specs), tuple(range(len(shape))), tuple(sizes)


def broadcast_to(arg: Expr, shape: Shape) -> Expr:
    """Repeat ``arg`` over a larger shape, as :func:`numpy.broadcast_to`."""
    if arg.shape == shape:
        return arg
    specs, out, sizes = _repeating_indices(arg.shape, shape)
    return einsum(specs, (arg,), out, sizes)


@lru_cache(maxsize=4096)
def _repeating_indices(own: Shape, shape: Shape) -> Indices:
    if broadcast_shapes(own, shape) != shape:
        raise ShapeError(f"shape {own} cannot be broadcast to {shape}")
    spec, fresh = _spec_against(own, shape, len(shape))
    return (spec,), tuple(range(len(shape))), (*shape, *fresh)


def unbroadcast(arg: Expr, shape: Shape) -> Expr:
    """Adjoint of :func:`broadcast_to`: sum over the axes that broadcasting repeated."""
    if arg.shape == shape:
        return arg
    offset = arg.ndim - len(shape)
    out, sizes = [], list(arg.shape)
    for axis, size in enumerate(shape):
        if size == arg.shape[offset + axis]:
            out.append(offset + axis)
        else:
            out.append(len(sizes))
            sizes.append(size)
    return einsum([tuple(range(arg.ndim))], [arg], tuple(out), sizes)


def plus(*args: Expr) -> Expr:
    """Sum with NumPy broadcasting."""
    shape = broadcast_shapes(*[a.shape for a in args])
    return add(*[broadcast_to(a, shape) for a in args])


def scale(factor: int | float | Fraction | Expr, arg: Expr) -> Expr:
    """A scalar times an expression."""
    coefficient = factor if isinstance(factor, Expr) else number(factor)
    return multiply(coefficient, arg)


def negate(arg: Expr) -> Expr:
    """−x: the number −1 times the expression."""
    return multiply(_MINUS_ONE, arg)


def minus(a: Expr, b: Expr) -> Expr:
    """a − b with NumPy broadcasting."""
    return plus(a, negate(b))


def transpose(arg: Expr, axes: Sequence[int] | None = None) -> Expr:
    """Permute axes, reversing them by default."""
    order = tuple(reversed(range(arg.ndim))) if axes is None else tuple(a % arg.ndim for a in axes)
    return einsum((tuple(range(arg.ndim)),), (arg,), order)


def swapaxes(arg: Expr, a: int, b: int) -> Expr:
    """Exchange two axes, as :func:`numpy.swapaxes`."""
    axes = list(range(arg.ndim))
    axes[a], axes[b] = axes[b], axes[a]
    return transpose(arg, axes)


def matmul(a: Expr, b: Expr) -> Expr:
    """The ``@`` product: vectors, matrices, and stacks of matrices with broadcasting."""
    if a.ndim == 0 or b.ndim == 0:
        raise ShapeError("a matrix product needs at least one axis on both sides", fix="use * for scalars")
    specs, out, sizes = _matmul_indices(a.shape, b.shape)
    return einsum(specs, (a, b), out, sizes)


@lru_cache(maxsize=4096)
def _matmul_indices(a: Shape, b: Shape) -> Indices:
    inner_a, inner_b = a[-1], b[-2 if len(b) > 1 else -1]
    if inner_a != inner_b:
        raise ShapeError(
            f"matrix product of shapes {a} and {b}: inner sizes {inner_a} and {inner_b} differ",
            fix="transpose one side, or use * for the entrywise product",
        )
    batch = broadcast_shapes(a[:-2], b[:-2])
    sizes: list[Size] = list(batch)
    row, inner, column = len(sizes), len(sizes) + 1, len(sizes) + 2
    sizes += [a[-2] if len(a) > 1 else 1, inner_a, b[-1] if len(b) > 1 else 1]
    spec_a: list[int] = []
    spec_b: list[int] = []
    for shape, spec in ((a, spec_a), (b, spec_b)):
        lead = shape[:-2]
        for axis, size in enumerate(lead):
            position = len(batch) - len(lead) + axis
            if size == batch[position]:
                spec.append(position)
            else:
                spec.append(len(sizes))
                sizes.append(size)
    spec_a += [row, inner] if len(a) > 1 else [inner]
    spec_b += [inner, column] if len(b) > 1 else [inner]
    out = tuple(range(len(batch))) + ((row,) if len(a) > 1 else ()) + ((column,) if len(b) > 1 else ())
    return (tuple(spec_a), tuple(spec_b)), out, tuple(sizes)


def dot(a: Expr, b: Expr) -> Expr:
    """:func:`numpy.dot`: last axis of ``a`` with the second-to-last of ``b``; scalars multiply."""
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    last_b = b.ndim - 2 if b.ndim > 1 else 0
    if a.shape[-1] != b.shape[last_b]:
        raise ShapeError(
            f"dot of shapes {a.shape} and {b.shape}: inner sizes {a.shape[-1]} and {b.shape[last_b]} differ",
            fix="transpose one side, or use * for the entrywise product",
        )
    spec_a = tuple(range(a.ndim))
    spec_b = tuple(a.ndim - 1 if axis == last_b else a.ndim + axis for axis in range(b.ndim))
    return einsum(
        [spec_a, spec_b],
        [a, b],
        spec_a[:-1] + tuple(i for i in spec_b if i != a.ndim - 1),
        [*a.shape, *b.shape],
    )


def normalized_axes(axis: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """Axes as non-negative numbers; None means all of them."""
    if axis is None:
        return tuple(range(ndim))
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    for a in axes:
        if not -ndim <= a < ndim:
            raise ShapeError(f"axis {a} does not exist in an expression of {ndim} axes")
    return tuple(sorted(a % ndim for a in axes))


def sum_over(arg: Expr, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Expr:
    """Sum over axes, as :func:`numpy.sum`."""
    specs, out, sizes = _sum_indices(arg.shape, normalized_axes(axis, arg.ndim), keepdims)
    return einsum(specs, (arg,), out, sizes)


@lru_cache(maxsize=4096)
def _sum_indices(shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Indices:
    sizes: list[Size] = list(shape)
    out = []
    for a in range(len(shape)):
        if a not in axes:
            out.append(a)
        elif keepdims:
            out.append(len(sizes))
            sizes.append(1)
    return (tuple(range(len(shape))),), tuple(out), tuple(sizes)


def expand_dims(arg: Expr, axes: Sequence[int]) -> Expr:
    """Insert axes of size 1 at the given positions of the result."""
    ndim = arg.ndim + len(axes)
    places = {a % ndim for a in axes}
    sizes: list[Size] = list(arg.shape)
    own = iter(range(arg.ndim))
    out = []
    for position in range(ndim):
        if position in places:
            out.append(len(sizes))
            sizes.append(1)
        else:
            out.append(next(own))
    return einsum([tuple(range(arg.ndim))], [arg], tuple(out), sizes)


def squeeze(arg: Expr, axis: int | Sequence[int] | None = None) -> Expr:
    """Drop axes of size 1: all of them, or the given ones."""
    if axis is None:
        axes = tuple(a for a, size in enumerate(arg.shape) if size == 1)
    else:
        axes = normalized_axes(axis, arg.ndim)
    if any(arg.shape[a] != 1 for a in axes):
        raise ShapeError(f"only axes of size 1 can be squeezed; the shape is {arg.shape} and the axes {axes}")
    return sum_over(arg, axes) if axes else arg


def diagonal(arg: Expr) -> Expr:
    """The diagonal of a square matrix, or of the last two axes of a stack."""
    lead = tuple(range(arg.ndim - 2))
    i = arg.ndim - 2
    return einsum([(*lead, i, i)], [arg], (*lead, i))


def trace(arg: Expr) -> Expr:
    """Sum of the diagonal: tr(A) = Σ_i a_ii."""
    lead = tuple(range(arg.ndim - 2))
    i = arg.ndim - 2
    return einsum([(*lead, i, i)], [arg], lead)
