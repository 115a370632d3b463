"""A cost and its gradient as two functions: ``cost(params)`` and ``grad(params)``, with or without data.

``J`` and ``J_grad``, ``loss`` and ``dloss``, ``objective`` and ``gradient``, SciPy's ``fun`` and ``jac``.
Several gradient functions for one cost are candidates beside each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradproof.checking.conventions import names
from gradproof.checking.conventions.combined import returns_both
from gradproof.checking.conventions.context import Context
from gradproof.checking.conventions.pairing import named
from gradproof.checking.conventions.plan import Named, Plan, Values, call, merge_arguments
from gradproof.checking.inputs import roles
from gradproof.checking.inputs.functions import Function
from gradproof.checking.inputs.solve import Unusable

TITLE = "cost and gradient"
COST = "cost alone"


def plans(context: Context) -> list[Plan]:
    """Every function called like a gradient, with the cost that is nearest to it."""
    functions = [f for f in context.functions.values() if not returns_both(f)]
    costs = [f for f in functions if is_cost_function(f)]
    groups: dict[str, list[Function]] = {}
    for gradient in functions:
        if gradient in costs or names.is_checker(gradient.name) or not gradient.args:
            continue
        cost = _cost_of(gradient, functions, costs)
        if cost is not None and _is_gradient_of(gradient, cost, context):
            groups.setdefault(cost.name, []).append(gradient)
    return [pair_plan(context.functions[cost], gradients, TITLE) for cost, gradients in groups.items()]


def is_cost_function(function: Function) -> bool:
    """Whether a function is called like a cost and takes something to compute it from."""
    return names.is_cost(function.name) and bool(function.args) and not names.BACKWARD.search(function.name)


def _cost_of(gradient: Function, functions: list[Function], costs: list[Function]) -> Function | None:
    stems = {stem.lower().strip("_") for stem in names.without_gradient(gradient.name)} - {
        gradient.name.lower(),
        "",
    }
    named_so = [f for f in functions if f is not gradient and f.name.lower().strip("_") in stems]
    if named_so:
        return named_so[0]
    if not names.is_gradient(gradient.name):
        return None
    return max(costs, key=lambda cost: _closeness(gradient, cost)) if costs else None


def _closeness(gradient: Function, cost: Function) -> float:
    shared = len(
        {a.lower() for a in cost.args + cost.extra} & {a.lower() for a in gradient.args + gradient.extra}
    )
    return shared + len(names.tokens(cost.name) & names.tokens(gradient.name)) - 0.1 * len(cost.args)


def _is_gradient_of(gradient: Function, cost: Function, context: Context) -> bool:
    """Neither derivatives of activations (``sigmoid_grad``) nor steps of a backward pass."""
    if not is_cost_function(cost) and not _looks_scalar(cost):
        return False
    used = [
        f for f in context.functions.values() if f is not gradient and gradient.name in context.calls_of(f)
    ]
    return not any(names.is_gradient(f.name) and f.args[:1] != gradient.args[:1] for f in used if f.args)


def _looks_scalar(function: Function) -> bool:
    return any(names.is_cost_value(name) for name in function.returns) or function.name in {
        "f",
        "fun",
        "func",
    }


def pair_plan(cost: Function, gradients: list[Function], convention: str) -> Plan:
    """The plan of a cost with candidate gradients; arguments that differ in spelling only are one."""
    same = {g.name: _aliases(cost, g) for g in gradients}
    arguments = merge_arguments([cost])
    for gradient in gradients:
        for name, default in merge_arguments([gradient]).items():
            arguments.setdefault(same[gradient.name].get(name, name), default)
    data = {a for a in arguments if roles.is_labels(a)}
    weights = [a for a in arguments if roles.WEIGHTS.match(a)]
    unlikely = {a for a in arguments if roles.is_data(a)} if weights else set()
    title = f"{cost.name} → {' / '.join(g.name for g in gradients)}"
    return Plan(
        convention,
        title,
        arguments,
        _cost(cost),
        {g.name: _gradients(g, same[g.name]) for g in gradients},
        [cost, *gradients],
        not_parameters=frozenset(data),
        unlikely=frozenset(unlikely),
        positional=tuple(arguments),
    )


def cost_plan(cost: Function) -> Plan:
    """The plan of a cost without a gradient: its parameters are the arguments called like weights."""
    arguments = merge_arguments([cost])
    weights = [a for a in arguments if roles.WEIGHTS.match(a) or roles.BIAS.match(a)]
    data = {
        a for a in arguments if roles.is_labels(a) or roles.is_penalty(a) or (weights and a not in weights)
    }
    return Plan(COST, str(cost), arguments, _cost(cost), {}, [cost], not_parameters=frozenset(data))


def _aliases(cost: Function, gradient: Function) -> dict[str, str]:
    """Argument of the gradient -> argument of the cost in the same place, where only the spelling differs."""
    mine, theirs = cost.args, gradient.args
    if len(mine) != len(theirs):
        return {}
    pairs = zip(mine, theirs, strict=True)
    return {b: a for a, b in pairs if a != b and a not in theirs and b not in mine}


def _cost(function: Function) -> Callable[[Values], Any]:
    def cost(values: Values) -> Any:
        result = call(function, values)
        if isinstance(result, tuple) and len(result) > 1:
            return result[0]
        return result

    return cost


def _gradients(function: Function, same: dict[str, str]) -> Callable[[Values], Named]:
    def gradients(values: Values) -> Named:
        own = dict(values) | {theirs: values[mine] for theirs, mine in same.items()}
        result = call(function, own)
        if result is None:
            raise Unusable(f"{function.name} returned None: is there a `return`?")
        if not isinstance(result, tuple) and function.returns and len(function.returns) > 1:
            return named(tuple(result), function.returns)
        return named(result, function.returns)

    return gradients
