"""Gradients that are returned in the order of the arguments, and a word on what was not compared.

``cost(a, b)`` with ``grad(a, b) -> (da, db)``: as many gradients as arguments that are no data belong to
them one by one, numbers included, whatever the arguments are called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.checking.conventions.names import is_gradient_value, without_gradient
from gradproof.checking.conventions.plan import Named, Plan
from gradproof.checking.inputs import roles

Path = tuple[Any, ...]
Place = list[int]
CONSTANT = re.compile(
    r"lam|reg|l[12](_|$)|decay|^wd$|learning|^lr$|^eta$|^l$|eps|mode|verbose|seed|^(m|n|N|M|size)$",
    re.IGNORECASE,
)
"""Arguments that nobody takes for parameters unless a gradient is named after them."""


def by_position(
    gradients: Named, values: Mapping[str, Any], plan: Plan, found: Mapping[Path, Sequence[int]]
) -> dict[Path, Place]:
    """Gradients that no name assigned, each to the argument in its place.

    Where the sizes disagree and another free argument has the right one, shapes decide instead.
    """
    parts = _parts(gradients, values, plan)
    arguments = _arguments_for(len(parts), values, plan)
    taken = [tuple(place) for place in found.values()]
    result: dict[Path, Place] = {}
    for argument, (place, value) in zip(arguments, parts, strict=False):
        free = [a for a in arguments if (a,) not in found]
        if argument not in free or tuple(place) in taken:
            continue
        size = _size(value)
        if _size(values[argument]) != size and any(_size(values[a]) == size for a in free):
            continue
        result[(argument,)] = place
    return result


def _parts(gradients: Named, values: Mapping[str, Any], plan: Plan) -> list[tuple[Place, Any]]:
    """Every gradient with its place; one list, or one vector of derivatives by numbers, is taken apart."""
    if len(gradients) == 1:
        value = gradients[0][1]
        if isinstance(value, list | tuple) and len(value) > 1:
            return [([0, k], item) for k, item in enumerate(value)]
        arguments = _arguments_for(_size(value), values, plan)
        if np.ndim(value) == 1 and len(arguments) > 1 and all(is_number(values[a]) for a in arguments):
            return [([0, k], item) for k, item in enumerate(value)]
    return [([k], value) for k, (_, value) in enumerate(gradients)]


def _arguments_for(count: int, values: Mapping[str, Any], plan: Plan) -> list[str]:
    """The arguments that so many gradients are by, in order; none where the numbers do not agree."""
    given = [name for name in plan.positional if name in values]
    inner = [name for name in given if not (roles.is_data(name) or roles.is_labels(name))]
    likely = [name for name in inner if not (CONSTANT.search(name) or roles.SIZE.match(name))]
    certain = [name for name in likely if not (roles.is_penalty(name) or name in roles.SCALARS)]
    for group in (certain, likely, inner):
        if len(group) == count and all(_is_leaf(values[name]) for name in group):
            return group
    numbers = len(given) == count > 1 and all(is_number(values[name]) for name in given)
    return given if numbers else []


def is_number(value: Any) -> bool:
    """Whether a value is a plain number."""
    return isinstance(value, int | float | np.floating | np.integer) and not isinstance(value, bool)


def _is_leaf(value: Any) -> bool:
    return is_number(value) or (
        isinstance(value, np.ndarray) and value.size > 0 and value.dtype.kind in "fiu"
    )


def named_numbers(gradients: Named, values: Mapping[str, Any]) -> dict[Path, Place]:
    """Numbers that a gradient is named after: ``dm`` by ``m``, although ``m`` often counts examples."""
    found: dict[Path, Place] = {}
    for position, (name, value) in enumerate(gradients):
        if not is_gradient_value(name) or _size(value) != 1:
            continue
        for stem in without_gradient(name):
            if stem != name and stem in values and is_number(values[stem]) and (stem,) not in found:
                found[(stem,)] = [position]
                break
    return found


def remarks(
    gradients: Named, values: Mapping[str, Any], plan: Plan, found: Mapping[Path, Sequence[int]]
) -> list[str]:
    """What a verdict does not cover: returned gradients that were not compared, parameters without one."""
    if not plan.positional:
        return []
    said = [
        f"not compared: the returned {name}; no argument was found that it is the gradient by"
        for name in uncompared(gradients, plan, found)
    ]
    covered = {path[0] for path in found}
    flat = any(_size(values[a]) > 1 and roles.FLAT_FIRST.match(a) for a in covered if a in values)
    free = [a for a in plan.positional if a in values and a not in covered]
    missing = [a for a in free if _may_be_parameter(a, values[a])]
    if flat and len(covered) == 1 and all(map(_is_constant, missing)):
        return said
    return said + [
        f"not checked: no gradient by {name} is returned; if {name} is a parameter, it is missing"
        for name in missing
    ]


def uncompared(gradients: Named, plan: Plan, found: Mapping[Path, Sequence[int]]) -> list[str]:
    """Names of returned gradients that belong to no argument."""
    places = {place[0] for place in found.values()}
    return [
        name or f"value {k + 1}"
        for k, (name, value) in enumerate(gradients)
        if plan.positional
        and k not in places
        and _is_numeric(value)
        and (is_gradient_value(name) or not name)
    ]


def _is_constant(name: str) -> bool:
    return roles.is_penalty(name) or not (roles.WEIGHTS.match(name) or roles.BIAS.match(name))


def _is_numeric(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(_is_numeric(item) for item in value)
    return is_number(value) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")


def _may_be_parameter(name: str, value: Any) -> bool:
    no_parameter = roles.is_data(name) or roles.is_labels(name) or name in roles.SCALARS
    if no_parameter or CONSTANT.search(name) or roles.SIZE.match(name) or roles.PREDICTIONS.match(name):
        return False
    return is_number(value) or (isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 0)


def differentiated(plan: Plan) -> set[str]:
    """Arguments by which gradients are returned: those they are named after, or all if there are as many."""
    found: set[str] = set()
    inner = [a for a in plan.positional if not (roles.is_data(a) or roles.is_labels(a))]
    for function in plan.functions:
        gradients = [name for name in function.returns if is_gradient_value(name)]
        stems = {stem for name in gradients for stem in without_gradient(name) if stem != name}
        found |= stems & set(plan.arguments)
        if len(inner) in {len(function.returns), len(gradients)} and function.name in plan.candidates:
            found |= set(inner)
    return found


def _size(value: Any) -> int:
    """Number of entries of an array or a number; 0 for containers, which may be ragged."""
    return 0 if isinstance(value, list | tuple | Mapping) or value is None else int(np.size(value))
