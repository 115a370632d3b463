"""The traced value: behaves as the NumPy array or number it stands for, and remembers its expression.

Its operators are in :mod:`~gradproof.read.operators`, its entries in :mod:`~gradproof.read.entries`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import partial
from math import prod
from typing import Any, cast

import numpy as np

from gradproof.errors import InternalError
from gradproof.expr.indexing import reshape
from gradproof.expr.node import Expr, number
from gradproof.read import faithful
from gradproof.read.dispatch import HANDLERS
from gradproof.read.places import Place, template_of
from gradproof.read.recorder import Pending, active
from gradproof.read.sizes import TracedInt
from gradproof.read.storage import Buffer

METHODS = frozenset(
    (
    "all", "any", "argmax", "argmin", "argpartition", "argsort", "astype", "clip", "conj", "conjugate",
    "copy", "cumprod", "cumsum", "diagonal", "dot", "fill", "flatten", "item", "max", "mean", "min",
    "nonzero", "partition", "prod", "ptp", "put", "ravel", "repeat", "reshape", "resize", "round",
    "searchsorted", "sort", "squeeze", "std", "sum", "swapaxes", "take", "tobytes", "tofile", "tolist",
    "trace", "transpose", "var", "view", "compress", "choose", "itemset", "byteswap", "dumps",
    "setflags", "getA", "getA1", "is_integer", "as_integer_ratio", "hex",
    )
)  # fmt: skip
Forward = Callable[[Expr], Expr]
Rearrange = Callable[[Any], Any]


class View:
    """How an array looks into another one's memory.

    Attributes
    ----------
    parent : the array it was taken from
    place : the entries of the buffer it means, where a basic subscript says so
    forward : the view's expression from the parent's
    rearrange : the view's array from the parent's
    """

    __slots__ = ("forward", "parent", "place", "rearrange")

    def __init__(
        self, parent: Traced, place: Place | None, forward: Forward | None, rearrange: Rearrange
    ) -> None:
        self.parent, self.place, self.forward, self.rearrange = parent, place, forward, rearrange


class Traced:
    """A NumPy array or number that is being traced.

    ``_c`` is the concrete value; arrays have a buffer ``_b`` and may be views ``_w`` into it; numbers have an
    expression ``_e`` only. ``_v`` is the buffer's version that a view's expression was made for.
    """

    __slots__ = ("_b", "_c", "_e", "_v", "_w")
    __array_priority__ = 1e6

    _c: Any
    _b: Buffer | None
    _e: Expr | Pending | None
    _v: int
    _w: View | None
    __getitem__: Any
    __setitem__: Any

    # --- what it stands for ---------------------------------------------------------------------

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._c)

    @property
    def expr(self) -> Expr:
        """The expression of the value, now."""
        buffer = self._b
        if buffer is None:
            e = self._e
            if type(e) is Pending:
                e = self._e = e.resolve()
            return cast("Expr", e)
        view = self._w
        if view is None:
            return buffer.expr()
        if self._e is None or self._v != buffer.version:
            self._e = self._look(view, buffer)
            self._v = buffer.version
        return cast("Expr", self._e)

    def _look(self, view: View, buffer: Buffer) -> Expr:
        if view.place is not None:
            e = buffer.read(template_of(view.place, buffer.array.shape), self._c.shape)
        else:
            assert view.forward is not None
            e = view.forward(view.parent.expr)
            if e.shape != self._c.shape:
                e = reshape(e, self._c.shape)
        buffer.record(e, self._c)
        return e

    @property
    def origin(self) -> Expr | Pending | None:
        """What it is before any store: its expression or leaf; None for a view."""
        return self._e if self._b is None else self._b.base if self._w is None else None

    @property
    def pending(self) -> Pending | None:
        """The leaf it is, if it was not used yet."""
        e = self.origin
        return e if type(e) is Pending and e.expr is None else None

    @property
    def shape(self) -> Any:
        """Sizes of the axes, which remember that they are sizes."""
        return tuple([TracedInt(n, Pending(n, "size")) for n in np.shape(self._c)])

    @shape.setter
    def shape(self, shape: Any) -> None:
        seen = HANDLERS["reshape"](_clone(self), shape)
        self._c, self._b, self._e, self._v, self._w = seen._c, seen._b, seen._e, seen._v, seen._w

    @property
    def size(self) -> Any:
        """Number of entries."""
        return TracedInt(int(np.size(self._c)), Pending(int(np.size(self._c)), "size"))

    @property
    def T(self) -> Any:
        """The transpose, a view."""
        return HANDLERS["transpose"](self)

    @property
    def flat(self) -> Any:
        """The entries in row-major order."""
        return HANDLERS["__flat__"](self)

    @flat.setter
    def flat(self, value: Any) -> None:
        HANDLERS["__flat__"](self)[:] = value

    @property
    def real(self) -> Any:
        """The array itself."""
        return self

    @property
    def imag(self) -> Any:
        """Zeros."""
        return HANDLERS["zeros_like"](self)

    def __getattr__(self, name: str) -> Any:
        if name in METHODS:
            getattr(self._c, name)  # NumPy's own error where it has no such method
            return partial(HANDLERS[f"ndarray.{name}"], self)
        if name in ("A", "H", "I", "A1") and type(self._c) is np.matrix:
            return HANDLERS[f"matrix.{name}"](self)
        if name in ("ndim", "dtype", "itemsize", "nbytes", "strides", "flags", "base"):
            return np.ndim(self._c) if name == "ndim" else getattr(self._c, name)
        if name.startswith("__array_"):
            raise AttributeError(name)
        getattr(self._c, name)
        raise active().error(
            f"the attribute .{name} of an array cannot be followed", "use a NumPy function for it"
        )

    # --- conversions ----------------------------------------------------------------------------

    def _leave(self, what: str, fix: str) -> Any:
        """The concrete value, where leaving the trace loses no derivative."""
        kind = np.asarray(self._c).dtype.kind
        if kind != "f" or not active().depends(self.expr):
            return self._c
        raise active().error(f"a value that depends on the parameters {what}", fix)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        value = self._leave("is turned into a plain array by code that cannot be followed",
                            "compute it with NumPy functions called from your own module")  # fmt: skip
        return np.array(value, dtype=dtype)

    def __float__(self) -> float:
        if np.asarray(self._c).dtype.kind == "f" and not HANDLERS["__formatting__"]():
            return float(self._leave("is turned into a plain float", "keep it a NumPy number"))
        return float(self._c)

    def __int__(self) -> int:
        return int(self._c)

    def __index__(self) -> int:
        return operator.index(self._c)

    def __complex__(self) -> complex:
        return complex(self._leave("is turned into a complex number", "keep to real numbers"))

    def __bool__(self) -> bool:
        return bool(self._c)

    def __len__(self) -> int:
        return len(self._c)

    def __hash__(self) -> int:
        return hash(self._c)

    def __repr__(self) -> str:
        return repr(self._c)

    def __str__(self) -> str:
        return str(self._c)

    def __format__(self, spec: str) -> str:
        return format(self._c, spec)

    def __copy__(self) -> Any:
        return HANDLERS["copy"](self)

    def __deepcopy__(self, memo: Any) -> Any:
        return memo.setdefault(id(self), HANDLERS["copy"](self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._leave("is pickled", "keep it in memory").__reduce_ex__(protocol)

    # --- NumPy's protocols ----------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return HANDLERS["__ufunc__"](ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return HANDLERS["__function__"](func, args, kwargs)

    # --- entries --------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Any]:
        if not np.ndim(self._c):
            raise TypeError("iteration over a 0-d array")
        array: Any = self
        return iter([array[i] for i in range(len(self._c))])

    def __contains__(self, item: Any) -> bool:
        return concrete(item) in self._c


# --- making traced values -------------------------------------------------------------------------------


def wrap(value: Any, expr: Expr | Pending) -> Any:
    """A fresh traced value with its expression."""
    self: Any = object.__new__(Traced)
    if isinstance(value, np.ndarray):
        if type(expr) is not Pending:
            if expr.shape != value.shape:  # type: ignore[union-attr]
                expr = _fitted(cast("Expr", expr), value)
            buffer = Buffer(value, expr)
            buffer.record(expr, value)  # type: ignore[arg-type]
        else:
            buffer = Buffer(value, expr)
        self._c, self._b, self._e, self._v, self._w = value, buffer, None, 0, None
        return self
    if type(expr) is not Pending:
        if expr.shape:  # type: ignore[union-attr]
            expr = _fitted(cast("Expr", expr), value)
        active().computed(expr, value)  # type: ignore[arg-type]
    self._c, self._b, self._e, self._v, self._w = value, None, expr, 0, None
    return self


def _fitted(expr: Expr, value: Any) -> Expr:
    """Matrices keep two axes where arrays have one or none."""
    if np.size(value) == prod(cast("tuple[int, ...]", expr.shape)):
        return reshape(expr, np.shape(value))
    raise InternalError(f"the expression {expr!r} has shape {expr.shape}, its value {np.shape(value)}")


def _clone(x: Any) -> Any:
    self: Any = object.__new__(Traced)
    self._c, self._b, self._e, self._v, self._w = x._c, x._b, x._e, x._v, x._w
    return self


# --- from values to expressions -------------------------------------------------------------------------


def concrete(x: Any) -> Any:
    """The plain value of a traced thing; lists and tuples of them likewise."""
    kind = type(x)
    if kind is Traced:
        return x._c
    if kind is TracedInt:
        return int(x)
    if kind is list or kind is tuple:
        return kind([concrete(i) for i in x])
    if kind is dict:
        return {k: concrete(v) for k, v in x.items()}
    if kind is slice:
        return slice(concrete(x.start), concrete(x.stop), concrete(x.step))
    return x


def lift(x: Any) -> Expr:
    """The expression of anything that NumPy takes for an array."""
    kind = type(x)
    if kind is Traced or kind is TracedInt:
        return cast("Expr", x.expr)
    if kind is float or kind is int:
        return faithful.literal(x)
    if isinstance(x, bool | np.bool_):
        return number(int(x))
    if isinstance(x, int | float | np.integer | np.floating):
        return number(x.item() if isinstance(x, np.generic) else x)
    if isinstance(x, np.ndarray):
        return Pending(x, "literal" if x.dtype.kind in "iub" else "data").resolve()
    return cast("Expr", HANDLERS["array"](x).expr)
