"""NumPy's functions that rearrange entries: shapes, axes, joining, repeating, selecting."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.expr.broadcast import diagonal
from gradproof.expr.indexing import RESHAPE, index, integer_shape
from gradproof.expr.node import Expr, constant, make
from gradproof.read import faithful
from gradproof.read.calling import into, original, reader, static
from gradproof.read.dispatch import HANDLERS, handles
from gradproof.read.entries import make_view
from gradproof.read.places import FULL
from gradproof.read.recorder import active
from gradproof.read.traced import Traced, concrete, lift, wrap


def reshaped(x: Expr, shape: tuple[int, ...]) -> Expr:
    """Row-major reshape, one node for each that is written."""
    return x if x.shape == shape else make(RESHAPE, (x,), (shape,))


def rearranged(x: Expr, positions: Any) -> Expr:
    """The entries of ``x`` at the given flat positions."""
    positions = np.asarray(positions)
    size = int(np.prod(integer_shape(x), dtype=int))
    if not positions.size:
        return reshaped(index(reshaped(x, (size,)), (("slice", 0, 0, None),)), positions.shape)
    flat = reshaped(x, (size,))
    if positions.ndim == 0:
        return index(flat, (("int", int(positions)),))
    at = constant(positions)
    active().values.setdefault(at, positions)
    return index(flat, (("array", 0),), at)


def positions_of(x: Expr) -> Any:
    """The flat position of every entry, in the shape of ``x``."""
    shape = integer_shape(x)
    return np.arange(int(np.prod(shape, dtype=int))).reshape(shape)


@reader("reshape", view=True)
def _reshape(a: Expr, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None) -> Expr:
    target = newshape if shape is None else shape
    if order in ("F", "A") and order == "F":
        backwards = faithful.transpose(a)
        wanted = np.reshape(positions_of(backwards), _reversed(target, a)).shape
        return faithful.transpose(reshaped(backwards, wanted))
    return reshaped(a, np.broadcast_to(0, integer_shape(a)).reshape(target).shape)


def _reversed(target: Any, a: Expr) -> tuple[int, ...]:
    return tuple(np.reshape(positions_of(a), target).shape[::-1])


@reader("ravel", view=True)
def _ravel(a: Expr, order: str = "C") -> Expr:
    raveled: Expr = _reshape(a, (-1,), "F" if order == "F" else "C")
    return raveled


@reader("transpose", view=True)
def _transpose(a: Expr, axes: Any = None) -> Expr:
    return faithful.transpose(a, None if axes is None else tuple(k % a.ndim for k in axes))


@reader("swapaxes", view=True)
def _swapaxes(a: Expr, axis1: int, axis2: int) -> Expr:
    axes = list(range(a.ndim))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return faithful.transpose(a, tuple(axes))


@reader("moveaxis", view=True)
def _moveaxis(a: Expr, source: Any, destination: Any) -> Expr:
    dummy = np.broadcast_to(0, tuple(range(1, a.ndim + 1)))
    return faithful.transpose(a, tuple(n - 1 for n in np.moveaxis(dummy, source, destination).shape))


@reader("rollaxis", view=True)
def _rollaxis(a: Expr, axis: int, start: int = 0) -> Expr:
    dummy = np.broadcast_to(0, tuple(range(1, a.ndim + 1)))
    return faithful.transpose(a, tuple(n - 1 for n in np.rollaxis(dummy, axis, start).shape))


@reader("squeeze", view=True)
def _squeeze(a: Expr, axis: Any = None) -> Expr:
    return faithful.squeeze(a, axis)


@reader("expand_dims", view=True)
def _expand_dims(a: Expr, axis: Any) -> Expr:
    axes = (axis,) if isinstance(axis, int) else axis
    ndim = a.ndim + len(axes)
    return faithful.expand_dims(a, tuple(k % ndim for k in axes))


def _at_least(name: str, shape_of: Any) -> None:
    def one(a: Any) -> Any:
        x = HANDLERS["asarray"](a)
        shape = np.shape(concrete(x))
        wanted = shape_of(shape)
        return x if shape == wanted else HANDLERS["reshape"](x, wanted)

    handles(name)(lambda *arys: one(arys[0]) if len(arys) == 1 else tuple([one(a) for a in arys]))


_at_least("atleast_1d", lambda shape: shape or (1,))
_at_least("atleast_2d", lambda shape: shape if len(shape) > 1 else (1, *(shape or (1,))))
_at_least(
    "atleast_3d", lambda shape: {0: (1, 1, 1), 1: (1, *shape, 1), 2: (*shape, 1)}.get(len(shape), shape)
)


@reader("broadcast_to", view=True)
def _broadcast_to(array: Expr, shape: Any, subok: bool = False) -> Expr:
    return faithful.broadcast_to(array, shape if isinstance(shape, tuple) else (shape,))


@handles("broadcast_arrays")
def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    """Arrays repeated to their common shape."""
    shape = np.broadcast_shapes(*[np.shape(concrete(a)) for a in args])
    return tuple([HANDLERS["broadcast_to"](HANDLERS["asarray"](a), shape) for a in args])


def diagonal_of(a: Expr, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Expr:
    """The diagonal, last in the result."""
    if a.ndim == 2 and offset == 0 and a.shape[0] == a.shape[1]:
        return diagonal(a)
    return rearranged(a, np.diagonal(positions_of(a), offset, axis1, axis2))


handles("__diagonal__")(diagonal_of)
reader("diagonal", view=True)(diagonal_of)


@reader("diag", view=True)
def _diag(v: Expr, k: int = 0) -> Expr:
    if v.ndim == 2:
        return diagonal_of(v, k)
    return _on_diagonal(v, k)


@reader("diagflat")
def _diagflat(v: Expr, k: int = 0) -> Expr:
    return _on_diagonal(_reshape(v, (-1,)), k)


def _on_diagonal(v: Expr, k: int) -> Expr:
    """Σ_i v_i e_i e_{i+k}ᵀ."""
    mask = np.diag(np.ones(int(v.shape[0])), k)
    rows = np.zeros(mask.shape[0], dtype=int)
    i, _j = np.nonzero(mask)
    rows[i] = np.arange(len(i))
    spread = faithful.expand_dims(rearranged(v, rows) if k else v, (1,))
    literal = constant(mask) if k else None
    if literal is None:
        from_delta = HANDLERS["__delta__"](v.shape[0])
        return faithful.times(spread, from_delta)
    active().values.setdefault(literal, mask)
    return faithful.times(spread, literal)


def _masking(name: str) -> None:
    def build(m: Expr, k: int = 0) -> Expr:
        mask = getattr(np, name)(np.ones(integer_shape(m)), k)
        literal = constant(mask)
        active().values.setdefault(literal, mask)
        return faithful.times(m, literal)

    reader(name)(build)


_masking("tril")
_masking("triu")


# --- any rearrangement of one array's entries -------------------------------------------------------


def _rearranging(name: str, view: bool = False) -> None:
    def build(a: Expr, *rest: Any, **options: Any) -> Expr:
        return rearranged(a, original(name)(positions_of(a), *rest, **options))

    reader(name, view=view)(build)


for _name in ("roll", "repeat", "tile", "delete", "resize", "trim_zeros"):
    _rearranging(_name)
for _name in (
    "lib.stride_tricks.sliding_window_view",
    "matrix_transpose",
    "permute_dims",
    "linalg.matrix_transpose",
):
    _rearranging(_name, view=True)


def _flipping(name: str, axes_of: Any) -> None:
    def build(m: Expr, axis: Any = None) -> Expr:
        axes = axes_of(m, axis)
        template = tuple(
            [("slice", int(n) - 1, None, -1) if k in axes else FULL for k, n in enumerate(m.shape)]
        )
        return index(m, template)

    reader(name, view=True)(build)


def _flip_axes(m: Expr, axis: Any) -> set[int]:
    if axis is None:
        return set(range(m.ndim))
    return {k % m.ndim for k in (axis if isinstance(axis, tuple) else (axis,))}


_flipping("flip", _flip_axes)
_flipping("flipud", lambda m, axis: {0})
_flipping("fliplr", lambda m, axis: {1})
_rearranging("rot90", view=True)


@handles("take")
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
    """Entries along an axis."""
    if mode == "raise":
        x = HANDLERS["ravel"](a) if axis is None else HANDLERS["asarray"](a)
        lead = 0 if axis is None else int(axis) % np.ndim(concrete(x))
        at = indices if type(indices) is Traced else np.asarray(concrete(indices))
        place = at if np.ndim(concrete(at)) else int(concrete(at))
        return into(out, HANDLERS["copy"](x[(*[slice(None)] * lead, place)]))
    x = HANDLERS["asarray"](a)
    value = np.take(concrete(x), concrete(indices), axis=axis, mode=mode)
    positions = np.take(positions_of(lift(x)), concrete(indices), axis=axis, mode=mode)
    return into(out, wrap(value, rearranged(lift(x), positions)))


@handles("matlib.repmat")
def repmat(a: Any, m: int, n: int) -> Any:
    """Copies in rows and columns."""
    return HANDLERS["tile"](HANDLERS["atleast_2d"](a), (int(m), int(n)))


@handles("take_along_axis")
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    """Entries along an axis, at positions of their own for each line."""
    x, at = HANDLERS["asarray"](arr), np.asarray(concrete(indices))
    value = np.take_along_axis(concrete(x), at, axis)
    return wrap(value, rearranged(lift(x), np.take_along_axis(positions_of(lift(x)), at, axis)))


@handles("__as_strided__")
def as_strided(x: Any, shape: Any = None, strides: Any = None, **kwargs: Any) -> Any:
    """A window into memory by strides: the entries that it shows."""
    plain = concrete(x)
    expr = lift(x)
    order = positions_of(expr)
    if plain.strides != order.strides or plain.itemsize != order.itemsize:
        raise active().error(
            "as_strided of a non-contiguous array cannot be followed", "make a copy of it first"
        )
    seen = np.lib.stride_tricks.as_strided(order, static(shape), static(strides))
    value = np.lib.stride_tricks.as_strided(plain, static(shape), static(strides))
    return make_view(
        x, value, lambda e: rearranged(e, seen),
        lambda a: np.lib.stride_tricks.as_strided(a, static(shape), static(strides)),
    )  # fmt: skip
