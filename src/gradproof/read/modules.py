"""The traced module: what ``np``, ``scipy.special``, ``math`` are replaced by while a trace runs."""

from __future__ import annotations

import builtins
import copy
import math
import random
import sys
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.read import (
    convolution,
    creation,
    joining,
    methods,
    products,
    reductions,
    selection,
    shaping,
    special,
    ufuncs,
)
from gradproof.read.calling import adopt, call_plainly
from gradproof.read.dispatch import HANDLERS
from gradproof.read.recorder import Pending, active
from gradproof.read.standins import BUILTINS, NUMPY_TYPES
from gradproof.read.traced import Traced, concrete, lift, wrap
from gradproof.read.ufuncs import TracedUfunc

# Imported for what they register in HANDLERS.
READERS = (convolution, creation, joining, methods, products, reductions, selection, shaping, special, ufuncs)
methods.complete()
_PACKAGES = ("numpy", "scipy", "math", "random")
_PLAIN_FUNCTIONS = {
    "set_printoptions", "get_printoptions", "seterr", "geterr", "errstate", "printoptions", "show_config",
    "seterrcall", "ndindex", "info", "load", "loadtxt", "genfromtxt", "getbufsize", "frompyfunc",
}  # fmt: skip


def is_followed_module(value: Any) -> bool:
    """Whether a module is replaced by a traced one."""
    return isinstance(value, types.ModuleType) and value.__name__.split(".")[0] in _PACKAGES


class TracedModule(types.ModuleType):
    """A module whose functions are traced; everything else is the real module's."""

    def __init__(self, module: types.ModuleType) -> None:
        super().__init__(module.__name__, module.__doc__)
        self.__dict__["_module"] = module

    def __getattr__(self, name: str) -> Any:
        module = self.__dict__["_module"]
        value = replacement(getattr(module, name), f"{module.__name__}.{name}")
        self.__dict__[name] = value
        return value

    def __dir__(self) -> list[str]:
        return dir(self.__dict__["_module"])


_PYTHON_RANDOM = random.random.__self__  # type: ignore[attr-defined]
_modules: dict[str, Any] = {}


def traced_module(module: types.ModuleType) -> Any:
    """The traced form of a module."""
    if module.__name__ not in _modules:
        kinds = {"numpy.random": RandomModule, "random": PythonRandomModule}
        made = kinds.get(module.__name__, TracedModule)(module)
        _modules[module.__name__] = made
    return _modules[module.__name__]


def replacement(value: Any, path: str) -> Any:  # noqa: PLR0911 - one line a kind
    """What stands for a member of a followed module, given where it was found."""
    if isinstance(value, types.ModuleType):
        return traced_module(value) if is_followed_module(value) else value
    package, _, below = path.partition(".")
    key = below if package == "numpy" else path
    if package == "numpy" and below in NUMPY_TYPES:
        return NUMPY_TYPES[below]
    if key in HANDLERS:
        return HANDLERS[key]
    if isinstance(value, np.ufunc):
        return TracedUfunc(value)
    if path in ("numpy.r_", "numpy.c_"):
        return Concatenator(below)
    if below == "lib.stride_tricks.as_strided" and package == "numpy":
        return HANDLERS["__as_strided__"]
    if path.startswith("numpy.testing."):
        return lambda *a, **k: (
            value(*concrete(a), **{n: concrete(v) for n, v in k.items()}) if callable(value) else value
        )
    if (
        not callable(value)
        or isinstance(value, type)
        or below in _PLAIN_FUNCTIONS
        or below.startswith("random")
    ):
        return value
    return _without_reader(value, path)


def _without_reader(function: Callable[..., Any], path: str) -> Callable[..., Any]:
    name = methods.name_of(function)
    if name is not None:
        return HANDLERS[name]

    def call(*args: Any, **kwargs: Any) -> Any:
        return call_plainly(path.replace("numpy.", "np."), function, args, kwargs)

    call.__name__ = getattr(function, "__name__", path)
    return call


# --- np.r_ and np.c_ --------------------------------------------------------------------------------


class Concatenator:
    """``np.r_[...]`` joins along the first axis, ``np.c_[...]`` columns along the last."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getitem__(self, key: Any) -> Any:
        items = key if isinstance(key, tuple) else (key,)
        if any(isinstance(i, str) for i in items):
            raise active().error(f"np.{self._name} with a directive cannot be followed", "use np.concatenate")
        parts = [self._part(i) for i in items]
        if self._name == "r_":
            return HANDLERS["concatenate"]([HANDLERS["atleast_1d"](p) for p in parts])
        columns = [p if np.ndim(concrete(p)) > 1 else HANDLERS["reshape"](p, (-1, 1)) for p in parts]
        return HANDLERS["concatenate"](columns, axis=-1)

    def _part(self, item: Any) -> Any:
        if isinstance(item, slice):
            return adopt(np.r_[concrete(item)] if self._name == "r_" else np.c_[concrete(item)])
        return HANDLERS["asarray"](item)


# --- random numbers ---------------------------------------------------------------------------------


def drawn(function: Callable[..., Any], name: str, args: Any, kwargs: dict[str, Any]) -> Any:
    """The result of a draw, as a leaf of its own."""
    recorder = active()
    recorder.random = True
    if name == "shuffle":
        return _shuffle(function, args[0])
    if name in ("permutation", "choice", "permuted") and type(args[0]) is Traced and np.ndim(args[0]._c):
        order = function(
            np.arange(len(args[0]._c)),
            *[concrete(a) for a in args[1:]],
            **{k: concrete(v) for k, v in kwargs.items()},
        )
        return args[0][order]
    for a in [*args, *kwargs.values()]:
        if type(a) is Traced and np.asarray(a._c).dtype.kind == "f" and recorder.depends(lift(a)):
            raise recorder.error(
                f"random.{name} draws from a distribution that depends on the parameters",
                "draw standard numbers, then shift and scale them",
            )
    value = function(*[concrete(a) for a in args], **{k: concrete(v) for k, v in kwargs.items()})
    if isinstance(value, np.ndarray) and value.dtype.kind in "iufb":
        return adopt(value, "random" if value.dtype.kind == "f" else "")
    return (
        wrap(value, Pending(value, "random"))
        if type(value) is float or isinstance(value, np.floating)
        else value
    )


def _shuffle(function: Callable[..., Any], x: Any) -> None:
    if type(x) is not Traced:
        function(x)
        return
    order = np.arange(len(x._c))
    function(order)
    x[...] = x[order]


class RandomModule(TracedModule):
    """``np.random``."""

    def __getattr__(self, name: str) -> Any:
        module = self.__dict__["_module"]
        value = getattr(module, name)
        if name in ("RandomState", "default_rng", "Generator"):
            return lambda *a, **k: RandomSource(value(*[_plain_source(x) for x in a], **k))
        if name in ("seed", "get_state", "set_state") or not callable(value) or isinstance(value, type):
            return value if not callable(value) or isinstance(value, type) else lambda *a: value(*concrete(a))
        return lambda *a, **k: drawn(value, name, a, k)


class PythonRandomModule(TracedModule):
    """Python's ``random``."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.__dict__["_module"], name)
        if not callable(value) or isinstance(value, type) or name in ("seed", "getstate", "setstate"):
            return value

        def draw(*args: Any, **kwargs: Any) -> Any:
            active().random = True
            result = value(*args, **kwargs)
            return wrap(result, Pending(result, "random")) if type(result) is float else result

        return draw


def _plain_source(x: Any) -> Any:
    return x._source if type(x) is RandomSource else concrete(x)


class RandomSource:
    """A generator of random numbers of the user's, whose draws are leaves."""

    def __init__(self, source: Any) -> None:
        self._source = source

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._source)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._source, name)
        if not callable(value) or name in ("seed", "get_state", "set_state", "spawn"):
            return value
        return lambda *a, **k: drawn(value, name, a, k)

    def __deepcopy__(self, memo: Any) -> Any:
        return RandomSource(copy.deepcopy(self._source))


def is_random_source(value: Any) -> bool:
    """Whether a value is one of NumPy's generators."""
    kind: Any = type(value)
    return kind is not RandomSource and isinstance(value, np.random.RandomState | np.random.Generator)


# --- functions found by themselves, as after ``from numpy import exp`` ---------------------------------

_SCIPY_MODULES = ("special", "linalg", "spatial.distance", "stats", "signal")
_paths: dict[int, tuple[str, Any]] = {}


def path_of(value: Any) -> str | None:
    """Where a function of a followed module lives, if it is one that is replaced."""
    scipy = [sys.modules.get(f"scipy.{name}") for name in _SCIPY_MODULES]
    for module in (np, np.linalg, math, *scipy):
        if module is not None and id(module) not in _paths:
            _paths[id(module)] = ("", module)
            _enter_members(module)
    if isinstance(value, types.FunctionType) and value.__module__ == "numpy.matlib":
        return f"numpy.matlib.{value.__name__}"
    found = _paths.get(id(value))
    return found[0] if found is not None and found[1] is value and found[0] else None


def _enter_members(module: types.ModuleType) -> None:
    with warnings.catch_warnings():  # looking at a deprecated name is no use of it
        warnings.simplefilter("ignore")
        for name in dir(module):
            member = getattr(module, name, None)
            is_numpy = module.__name__.startswith("numpy")
            wanted = callable(member) and (is_numpy or not isinstance(member, type))
            if not name.startswith("_") and (wanted or name in ("r_", "c_", "norm")):
                _paths.setdefault(id(member), (f"{module.__name__}.{name}", member))


def replaced_function(value: Any) -> Any:
    """The traced form of a function or type of a followed module; the value itself where it has none."""
    if isinstance(value, np.vectorize):
        return HANDLERS["vectorize"](value.pyfunc)
    path, name = path_of(value), str(getattr(value, "__name__", ""))
    if path is None:
        bound: Any = getattr(value, "__self__", None)
        if bound is np.random.mtrand._rand:  # from numpy.random import randn
            return lambda *a, **k: drawn(value, name, a, k)
        if bound is _PYTHON_RANDOM and bound is not None:  # from random import random
            return getattr(traced_module(random), name)
        return value
    if isinstance(value, type) and getattr(builtins, name, None) is value:
        return BUILTINS.get(name, value)
    return replacement(value, path)
