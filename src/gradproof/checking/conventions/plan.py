"""What a convention finds: how to call the user's functions, and the problem that it leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradproof.checking.inputs.functions import Function

REQUIRED: Any = type("Required", (), {"__repr__": lambda _: "required"})()

Values = Mapping[str, Any]
Named = list[tuple[str, Any]]
"""Gradients with the names that the user returned them under."""


@dataclass(slots=True)
class Plan:
    """How to compute a cost and its candidate gradients from values by argument name.

    Attributes
    ----------
    arguments : every argument that must be supplied, with its default or ``REQUIRED``
    cost : values -> cost; may raise what the user's code raises
    candidates : by name, values -> named gradients
    functions : the user's functions involved, the cost first
    not_parameters : arguments that are data: gradients by them are not checked
    unlikely : arguments that are data unless a gradient is named after them
    joint : the candidate computes the cost too, by one call ``values -> (cost, named gradients)``
    by_key : gradients that are named after no argument are intermediate results, and left out
    preset : values that the convention itself supplies
    positional : arguments that gradients may come in the order of; none where they come by key alone
    """

    convention: str
    title: str
    arguments: dict[str, Any]
    cost: Callable[[Values], Any]
    candidates: dict[str, Callable[[Values], Named]]
    functions: list[Function]
    not_parameters: frozenset[str] = frozenset()
    unlikely: frozenset[str] = frozenset()
    by_key: bool = False
    preset: dict[str, Any] = field(default_factory=dict)
    positional: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Problem:
    """A cost and candidates as functions of parameters alone, ready for :func:`gradproof.check`.

    Attributes
    ----------
    cost : ``params -> cost``
    candidates : by name, ``params -> {parameter: gradient}``
    params : parameters by name
    inputs : the other inputs, by argument name
    inputs_from : where the inputs come from, in words
    functions : names of the user's functions involved, the cost first
    remarks : by candidate, what its verdict does not cover
    """

    convention: str
    title: str
    cost: Callable[[dict[str, Any]], Any]
    candidates: dict[str, Callable[[dict[str, Any]], dict[str, Any]]]
    params: dict[str, Any]
    inputs: dict[str, Any]
    inputs_from: str
    functions: tuple[str, ...]
    notes: list[str] = field(default_factory=list)
    trouble: str = ""
    remarks: dict[str, list[str]] = field(default_factory=dict)


def merge_arguments(functions: Sequence[Function], without: Sequence[str] = ()) -> dict[str, Any]:
    """Arguments of several functions by name; one that has a default anywhere is optional."""
    merged: dict[str, Any] = {}
    for function in functions:
        for name in [*function.args, *function.extra]:
            default = function.defaults.get(name, REQUIRED)
            if name not in without and (name not in merged or merged[name] is REQUIRED):
                merged[name] = default
    return merged


def call(function: Function, values: Values) -> Any:
    """Call a function with the values of its arguments; what has a default may be left out."""
    positional = [values[name] for name in function.extra]
    if positional:
        return function.call(*[values[name] for name in function.args], *positional)
    first = [name for name in function.args if name not in function.defaults or name in values]
    return function.call(**{name: values[name] for name in first})
