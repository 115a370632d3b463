"""Stand-ins for types that are called on traced values: ``float(x)``, ``np.float64(x)``, ``type(x)``.

A stand-in is called in place of the type and passes for it everywhere else: ``isinstance``, ``==``,
``dtype=``.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.read import faithful
from gradproof.read.dispatch import HANDLERS
from gradproof.read.sizes import TracedInt
from gradproof.read.traced import Traced, concrete, lift, wrap


class StandIn(type):
    """The metaclass of stand-ins."""

    real: Any
    made: Callable[..., Any]

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """A traced value where the real type would make a plain one."""
        return cls.made(*args, **kwargs)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.real)

    def __subclasscheck__(cls, subclass: Any) -> bool:
        return issubclass(getattr(subclass, "real", subclass), cls.real)

    def __eq__(cls, other: Any) -> bool:
        return bool(cls.real == (other.real if type(other) is StandIn else other))

    def __hash__(cls) -> int:
        return hash(cls.real)

    def __repr__(cls) -> str:
        return repr(cls.real)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls.real, name)


def stand_in(real: Any, made: Callable[..., Any], dtype: bool = True) -> Any:
    """A stand-in for a type."""
    attributes: dict[str, Any] = {"real": real, "made": staticmethod(made)}
    if dtype:
        attributes["dtype"] = np.dtype(real)
    return StandIn(real.__name__, (), attributes)


def _to_float(real: Any) -> Callable[..., Any]:
    def call(x: Any = 0.0, *args: Any) -> Any:
        kind = type(x)
        if kind is TracedInt:
            return wrap(float(int(x)), x._leaf if x._leaf is not None and x._leaf.expr is None else x.expr)
        if kind is Traced:
            c = x._c
            if isinstance(c, np.ndarray) and c.ndim and real is not float and c.size != 1:
                return HANDLERS["ndarray.astype"](x, np.float64)
            value = float(c.item() if isinstance(c, np.ndarray) else c)
            if x.pending is not None and np.asarray(c).dtype.kind == "f" and not np.ndim(c):
                return wrap(value, x.pending)
            expr = x.expr if not x.expr.shape else faithful.squeeze(x.expr)
            if np.asarray(c).dtype.kind != "f":
                expr = faithful.function("cast_float", expr)
            return wrap(value if real is float else np.float64(value), expr)
        return real(x, *args)

    return call


def _to_int(real: Any) -> Callable[..., Any]:
    def call(x: Any = 0, *args: Any) -> Any:
        if type(x) is TracedInt:
            return x
        if type(x) is Traced:
            if isinstance(x._c, np.ndarray) and x._c.ndim and real is not int:
                return HANDLERS["ndarray.astype"](x, real)
            pending = x.pending
            if pending is not None and float(x._c).is_integer():
                return TracedInt(int(x._c), pending)
            return TracedInt(int(x._c), lambda: faithful.function("cast_int", lift(x)))
        return real(x, *args)

    return call


def _length(x: Any) -> Any:
    if type(x) is Traced:
        return x.shape[0] if np.ndim(x._c) else len(x._c)
    return len(x)


def _extremum(name: str) -> Callable[..., Any]:
    builtin, elementwise = getattr(builtins, name), {"max": "maximum", "min": "minimum"}[name]

    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs or not args:
            return builtin(*args, **kwargs)
        if len(args) == 1 and type(args[0]) is Traced and np.ndim(args[0]._c) == 1:
            return HANDLERS[name](args[0])
        items = list(args[0]) if len(args) == 1 else list(args)
        if not any(
            type(i) is Traced and np.asarray(i._c).dtype.kind == "f" and np.size(i._c) == 1 for i in items
        ):
            return builtin(items)
        result = items[0]
        for item in items[1:]:
            result = HANDLERS[elementwise](result, item)
        return result

    return call


def _type_of(*args: Any) -> Any:
    if len(args) != 1:
        return type(*args)
    found = (
        args[0].__class__ if type(args[0]) is Traced else int if type(args[0]) is TracedInt else type(args[0])
    )
    return _NAMED_TYPES.get(found, found)


FLOAT = stand_in(float, _to_float(float))
INT = stand_in(int, _to_int(int))
TYPE = stand_in(type, _type_of, dtype=False)
BUILTINS: dict[str, Any] = {
    "float": FLOAT, "int": INT, "type": TYPE, "len": _length, "max": _extremum("max"),
    "min": _extremum("min"),
}  # fmt: skip
NUMPY_TYPES: dict[str, Any] = {
    name: stand_in(
        getattr(np, name),
        (_to_float if np.dtype(getattr(np, name)).kind == "f" else _to_int)(getattr(np, name)),
    )
    for name in (
        "float64",
        "float32",
        "float16",
        "double",
        "single",
        "longdouble",
        "int64",
        "int32",
        "int8",
        "uint8",
        "intp",
        "int_",
    )
}
NUMPY_TYPES["matrix"] = stand_in(np.matrix, HANDLERS["matrix"], dtype=False)
NUMPY_TYPES["vectorize"] = stand_in(np.vectorize, HANDLERS["vectorize"], dtype=False)
NUMPY_TYPES["ndarray"] = stand_in(
    np.ndarray, lambda *args, **kwargs: HANDLERS["empty"](*args, **kwargs), dtype=False
)
_NAMED_TYPES = {
    kind.real: kind
    for kind in (FLOAT, INT, NUMPY_TYPES["float64"], NUMPY_TYPES["ndarray"], NUMPY_TYPES["matrix"])
}


# --- iteration --------------------------------------------------------------------------------------


def _number_entries(arr: Any) -> Any:
    for place in np.ndindex(np.shape(concrete(arr))):
        yield place, arr[place]


class _Iterator:
    """np.nditer over traced arrays: entries can be read and stored."""

    def __init__(self, op: Any, flags: Any = (), op_flags: Any = (), **kwargs: Any) -> None:
        operands = op if isinstance(op, list | tuple) else [op]
        self._arrays = [HANDLERS["asarray"](o) for o in operands]
        self._many = isinstance(op, list | tuple)
        plain = [np.empty(np.shape(concrete(a))) for a in self._arrays]
        every: Any = [*flags, *(["multi_index"] if "multi_index" not in flags else [])]
        self._it: Any = np.nditer(plain, flags=every)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._it, name)

    def __getitem__(self, k: int) -> Any:
        return self._arrays[k][self._place(k)]

    def __setitem__(self, k: int, value: Any) -> None:
        self._arrays[k][self._place(k)] = value

    def _place(self, k: int) -> Any:
        shape = np.shape(concrete(self._arrays[k]))
        full = self._it.multi_index
        return tuple([0 if n == 1 else i for i, n in zip(full[len(full) - len(shape) :], shape, strict=True)])

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *args: Any) -> None:
        self._it.close()

    def __iter__(self) -> Any:
        for _ in self._it:
            # a 0-d view, so that x[...] = v stores into the array
            entries = [
                a[tuple(slice(i, i + 1) for i in self._place(k))].reshape(())
                for k, a in enumerate(self._arrays)
            ]
            yield tuple(entries) if self._many else entries[0]


NUMPY_TYPES["nditer"] = stand_in(np.nditer, _Iterator, dtype=False)
NUMPY_TYPES["ndenumerate"] = stand_in(np.ndenumerate, _number_entries, dtype=False)
