"""Calling the user's functions safely: same random numbers every time, inputs protected, prints held back."""

from __future__ import annotations

import contextlib
import copy
import io
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.read.structure import rebuild


@contextlib.contextmanager
def repeatable(function: Callable[..., Any]) -> Iterator[None]:
    """Run the body with fixed random state, and put the user's random state back afterwards.

    The global generators of NumPy and of the standard library start from the same state every time, as do
    the generators the function holds in its closure, defaults or globals.
    """
    generators = list(_generators(function))
    # NumPy's global state itself is what the user's function may draw from: no Generator can stand for it.
    saved_numpy = np.random.get_state()  # noqa: NPY002
    saved_python = random.getstate()
    saved = [copy.deepcopy(g.bit_generator.state) for g in generators]
    np.random.seed(20180607)  # noqa: NPY002
    random.seed(20180607)
    try:
        yield
    finally:
        np.random.set_state(saved_numpy)  # noqa: NPY002
        random.setstate(saved_python)
        for generator, state in zip(generators, saved, strict=True):
            generator.bit_generator.state = state


def _generators(function: Callable[..., Any]) -> Iterator[np.random.Generator]:
    target = getattr(function, "func", function)
    target = getattr(target, "__func__", target)
    code = getattr(target, "__code__", None)
    pools: list[Any] = [c.cell_contents for c in getattr(target, "__closure__", None) or () if _filled(c)]
    pools += getattr(target, "__defaults__", None) or ()
    if code is not None:
        pools += [target.__globals__[n] for n in code.co_names if n in target.__globals__]
    seen = set()
    for value in pools:
        if isinstance(value, np.random.Generator) and id(value) not in seen:
            seen.add(id(value))
            yield value


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  (an empty cell raises)
    except ValueError:
        return False
    return True


class Caller:
    """Calls functions of parameters at points, each point a list of leaves.

    Parameters
    ----------
    structure : the user's parameters, whose containers are rebuilt for every call
    """

    def __init__(self, structure: Any) -> None:
        self.structure = structure
        self.printed = ""

    @contextlib.contextmanager
    def quietly(self, function: Callable[..., Any]) -> Iterator[None]:
        """Fixed random state, prints and warnings of the user's code held back."""
        out = io.StringIO()
        with (
            repeatable(function),
            contextlib.redirect_stdout(out),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            yield
        self.printed = self.printed or out.getvalue()

    def params(self, leaves: Sequence[Any]) -> Any:
        """The user's structure around copies of the leaves."""
        return rebuild(self.structure, [np.array(x) if isinstance(x, np.ndarray) else x for x in leaves])

    def __call__(self, function: Callable[[Any], Any], leaves: Sequence[Any]) -> Any:
        """``function(params)`` with ``params`` rebuilt around copies of ``leaves``."""
        params = self.params(leaves)
        with self.quietly(function):
            return function(params)


def scalar_cost(value: Any, where: str = "the cost") -> float:
    """The cost as one number.

    Raises
    ------
    InputError
        The value is not a number, or has more than one entry.
    """
    if value is None:
        raise InputError(f"{where} returned None", fix="return the cost: `return cost`")
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(
            f"{where} returned {type(value).__name__}, which is not a number",
            fix="return one number, or check a function that returns (cost, gradients) as one function",
        ) from None
    if array.size != 1:
        raise InputError(
            f"{where} returned an array of shape {array.shape}; a gradient needs one number",
            fix="sum or average it: `return np.sum(losses)`",
        )
    return float(array.reshape(()))
