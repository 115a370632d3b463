"""Numbers that a user gives by name: arrays of variables, and sizes of axes that no array shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.errors import InputError, ShapeError
from gradproof.expr.node import SYMBOL, Array, Expr, facts_of, symbols
from gradproof.expr.sizes import names_below, sizes_of

_FIX = "give numbers, or a list or an array of numbers"


def as_numbers(name: str, given: Any) -> Array:
    """What was given for a variable, as an array of real or complex numbers.

    Raises
    ------
    InputError
        It is no array of numbers: a string, rows of different lengths, None.
    """
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise InputError(f"{name} is no array: its rows have different lengths", fix=_FIX) from error
    if array.dtype.kind == "c":
        return array
    if array.dtype.kind == "O":
        try:
            return np.array([float(v) for v in array.flat]).reshape(array.shape)
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(f"{name} is no array of numbers: {error}", fix=_FIX) from error
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name} is no array of numbers: {given!r:.60}", fix=_FIX)
    return array.astype(np.float64)


def by_symbol(
    values: Mapping[str | Expr, Any], leaves: Iterable[Expr], names: Mapping[Expr, str]
) -> dict[Expr, Array]:
    """The array of each variable that was given one: by the symbol, its name, or its printed name."""
    if not isinstance(values, Mapping):
        raise InputError(f"values are given by name, not as {type(values).__name__}", fix='{"x": array}')
    table = {}
    for leaf in leaves:
        if "size" in facts_of(leaf):
            continue
        key = next((k for k in (leaf, leaf.name, names.get(leaf, leaf.name)) if k in values), None)
        if key is not None:
            table[leaf] = as_numbers(leaf.name, values[key])
    return table


def known_sizes(
    values: Mapping[str | Expr, Any], table: Mapping[Expr, Array], roots: Sequence[Expr]
) -> dict[str, int]:
    """Every size below the roots that the arrays show or that was given by its name.

    Raises
    ------
    InputError
        A size is no whole number, or contradicts an array.
    ShapeError
        Arrays do not fit the declared shapes, or each other.
    """
    sizes = sizes_of(table.items())
    variables = {s.name for s in symbols(*roots) if "size" not in facts_of(s)}
    for name in sorted(names_below(roots)):
        if name not in values or (name in variables and name in sizes):
            continue
        number = as_numbers(name, values[name])
        if number.shape or np.iscomplexobj(number) or number < 0 or number != np.round(number):
            raise InputError(
                f"{name} is the size of an axis, not {values[name]!r:.60}", fix="give a whole number"
            )
        if sizes.setdefault(name, int(number)) != number:
            raise ShapeError(
                f"{name} was given as {int(number)}, but an array has {sizes[name]} in its place",
                fix=f"leave {name} out, or give arrays of that size",
            )
    return sizes


def require_known(root: Expr, named: Sequence[Expr]) -> None:
    """Nothing, or an error that says which sizes no array shows and what would show them."""
    missing = sorted(names_below([root]))
    if not missing:
        return
    shown = ", ".join(missing)
    holders = [s.name for s in named if s.op is SYMBOL and set(missing) & set(s.shape)]
    by_array = f"give the array of {holders[0]}, or " if holders else "give "
    raise InputError(
        f"no array that was given shows the size {shown}",
        fix=f"{by_array}the number by its name: {{{', '.join(f'{n!r}: 5' for n in missing)}}}",
    )
