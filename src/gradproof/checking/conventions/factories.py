"""A function that returns the cost as a function: ``make_loss(X, y) -> loss``, ``loss(w) -> (cost, grad)``.

It is taken as one function of the arguments of both.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from gradproof.checking.conventions import combined, names, pairs
from gradproof.checking.conventions.context import Context
from gradproof.checking.conventions.plan import Plan
from gradproof.checking.inputs.functions import Function, return_names

TITLE = "a function that makes the cost"


def plans(context: Context) -> list[Plan]:
    """Every function that returns functions of its own: a joint one, or a cost and its gradient."""
    found = []
    for factory in context.functions.values():
        inner = _inner(factory)
        joint = [f for f in inner if combined.returns_both(f)]
        gradients = [f for f in inner if names.is_gradient(f.name) or names.is_gradient_value(f.name)]
        costs = [f for f in inner if f not in gradients]
        if joint:
            found += [combined.combined_plan(f, TITLE) for f in joint]
        elif len(costs) == 1 and gradients:
            found.append(pairs.pair_plan(costs[0], gradients, TITLE))
    return found


def _inner(factory: Function) -> list[Function]:
    if isinstance(factory.node, ast.Lambda):
        return []
    nested = {node.name: node for node in factory.node.body if isinstance(node, ast.FunctionDef)}
    returned = return_names(factory.node)
    if not returned or any(name not in nested for name in returned):
        return []
    return [_joined(factory, nested[name], k, len(returned)) for k, name in enumerate(returned)]


def _joined(factory: Function, node: ast.FunctionDef, position: int, count: int) -> Function:
    """The inner function with the arguments of the factory before its own."""
    own = [argument.arg for argument in node.args.args]
    outer = [name for name in factory.args if name not in own]
    defaults = {name: value for name, value in factory.defaults.items() if name in outer}
    function = Function(
        node.name, _maker(factory, own, position, count), factory.node, [*own, *outer], defaults
    )
    function.returns = return_names(node)
    return function


def _maker(factory: Function, own: list[str], position: int, count: int) -> Callable[..., Any]:
    def call(**values: Any) -> Any:
        made = factory.call(**{name: values[name] for name in factory.args if name in values})
        inner = made[position] if count > 1 else made
        return inner(*[values[name] for name in own])

    return call
