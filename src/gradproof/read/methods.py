"""Methods of arrays, NumPy's function protocol, flat iteration, and what is plain text only."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from typing import Any, cast

import numpy as np

from gradproof.expr.indexing import accumulate
from gradproof.expr.node import Expr
from gradproof.read.calling import call_plainly, exists, original
from gradproof.read.dispatch import HANDLERS, handles
from gradproof.read.entries import make_view, overwrite
from gradproof.read.places import template_of, understand
from gradproof.read.recorder import active, user_frame
from gradproof.read.shaping import reshaped
from gradproof.read.storage import Buffer
from gradproof.read.traced import METHODS, Traced, concrete, lift

handles("__reshape_expr__")(lambda x, shape: reshaped(x, np.broadcast_to(0, x.shape).reshape(shape).shape))

_OWN_SIGNATURE = {"transpose", "reshape", "resize", "clip", "flatten"}


@handles("ndarray.transpose")
def transpose(self: Any, *axes: Any) -> Any:
    """Axes given one by one or together."""
    if not axes or axes == (None,):
        return HANDLERS["transpose"](self)
    return HANDLERS["transpose"](self, axes[0] if isinstance(axes[0], tuple | list) else axes)


@handles("ndarray.reshape")
def reshape(self: Any, *shape: Any, order: str = "C", copy: Any = None) -> Any:
    """Sizes given one by one or together."""
    target = shape[0] if len(shape) == 1 else shape
    return HANDLERS["reshape"](self, target, order=order)


@handles("ndarray.flatten")
def flatten(self: Any, order: str = "C") -> Any:
    """A flat copy."""
    return HANDLERS["copy"](HANDLERS["ravel"](self, order=order))


@handles("ndarray.clip")
def clip(self: Any, min: Any = None, max: Any = None, out: Any = None, **kwargs: Any) -> Any:  # noqa: A002
    """Between two bounds, either of which may be missing."""
    low, high = kwargs.get("a_min", min), kwargs.get("a_max", max)
    result = self
    if low is not None:
        result = HANDLERS["maximum"](result, low)
    if high is not None:
        result = HANDLERS["minimum"](result, high)
    if out is not None:
        out[...] = result
        return out
    return result if result is not self else HANDLERS["copy"](self)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **kwargs: Any) -> Any:
    x = HANDLERS["asarray"](a) if not isinstance(a, float | int) else a
    if type(x) is not Traced and any(type(b) is Traced for b in (a_min, a_max)):
        x = HANDLERS["asarray"](a)
    if type(x) is not Traced:
        return np.clip(x, a_min, a_max, **kwargs)
    return clip(x, kwargs.get("min", a_min), kwargs.get("max", a_max), out=out)


handles("clip")(_clip)


@handles("ndarray.setflags")
def setflags(self: Any, **kwargs: Any) -> None:
    """Whether stores are allowed makes no difference to values."""


@handles("ndarray.getA")
def get_array(self: Any) -> Any:
    """A matrix as an array."""
    return HANDLERS["matrix.A"](self)


@handles("ndarray.resize")
def resize(self: Any, *shape: Any, **kwargs: Any) -> None:
    """Not followed."""
    raise active().error("ndarray.resize changes an array's size in place", "use np.resize or np.concatenate")


def _plain_method(name: str) -> None:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return call_plainly(f"ndarray.{name}", getattr(np.ndarray, name), (self, *args), kwargs)

    handles(f"ndarray.{name}")(method)


def complete() -> None:
    """Give every method that has no reader of its own that of the function of its name."""
    for name in METHODS - _OWN_SIGNATURE:
        if f"ndarray.{name}" not in HANDLERS and name in HANDLERS:
            handles(f"ndarray.{name}")(HANDLERS[name])
    for name in METHODS:
        if f"ndarray.{name}" not in HANDLERS:
            _plain_method(name)


# --- a.flat -----------------------------------------------------------------------------------------


class Flat:
    """The entries of an array in row-major order; stores go into the array."""

    def __init__(self, array: Any) -> None:
        self._array = array
        n = array._c.size
        self._view = (
            HANDLERS["reshape"](array, (n,)) if array._c.flags.c_contiguous
            else make_view(array, np.ravel(array._c), lambda e: reshaped(e, (n,)), lambda a: np.ravel(a))
        )  # fmt: skip

    def __iter__(self) -> Iterator[Any]:
        return iter(self._view)

    def __len__(self) -> int:
        return len(self._view)

    def __getitem__(self, key: Any) -> Any:
        return self._view[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        if self._array._c.flags.c_contiguous:
            self._view[key] = value
        else:
            at = np.arange(self._array._c.size)[concrete(key)]
            self._array[np.unravel_index(at, self._array._c.shape)] = value


handles("__flat__")(Flat)


# --- np.add.at --------------------------------------------------------------------------------------


@handles("__add_into__")
def add_into(target: Any, indices: Any, positions: Any, expr: Expr, grown: Any) -> None:
    """Add to entries, repeated ones more than once; ``grown`` is the array afterwards."""
    sub = understand(indices, target._c.shape, concrete)
    arrays = [lift(a) for a in sub.arrays]
    buffer = cast("Buffer", target._b)
    if target._w is None and not sub.news:
        template = sub.template if sub.place is None else template_of(sub.place, target._c.shape)
        buffer.touch()
        target._c[...] = grown
        buffer.add(template, expr, np.shape(positions), arrays)
        return
    result = accumulate(target.expr, [(sub.template, expr, arrays)])
    overwrite(target, lambda: target._c.__setitem__(Ellipsis, grown), result)


# --- protocols --------------------------------------------------------------------------------------

_names_by_function: dict[int, str] = {}


def name_of(function: Any) -> str | None:
    """The name under which a NumPy or SciPy function is read."""
    if not _names_by_function:
        for name in HANDLERS:
            if not name.startswith(("__", "ndarray.", "matrix.", "math.", "scipy.", "matlib.")) and exists(
                name
            ):
                _names_by_function.setdefault(id(original(name)), name)
    return _names_by_function.get(id(function))


@handles("__function__")
def on_function(func: Any, args: Any, kwargs: Any) -> Any:
    """NumPy's function protocol: for functions that were reached without the traced module."""
    name = name_of(func)
    if name is not None:
        return HANDLERS[name](*args, **kwargs)
    return call_plainly(f"np.{getattr(func, '__name__', func)}", func, args, kwargs)


_FORMATTING = {
    "BINARY_OP",
    "BINARY_MODULO",
    "INPLACE_MODULO",
    "FORMAT_VALUE",
    "FORMAT_SIMPLE",
    "FORMAT_WITH_SPEC",
}


@handles("__formatting__")
def formatting() -> bool:
    """Whether the user's code is formatting text just now (``"%f" % x``), which loses nothing."""
    frame = user_frame()
    if frame is None:
        return False
    code = frame.f_code.co_code[frame.f_lasti]
    name = dis.opname[code]
    return name in _FORMATTING
