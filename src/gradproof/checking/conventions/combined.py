"""One function that returns the cost and the gradients: ``f(params, ...) -> (cost, grads)``.

SciPy's ``minimize(fun, x0, args, jac=True)``, the courses' ``costFunctionReg(theta, X, y, lambda)`` and
``propagate(w, b, X, Y) -> (grads, cost)``, and CS231n's ``svm_loss(W, X, y, reg) -> (loss, dW)``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from gradproof.checking.conventions import names
from gradproof.checking.conventions.context import Context
from gradproof.checking.conventions.pairing import named, scalar_position
from gradproof.checking.conventions.plan import Named, Plan, Values, call, merge_arguments
from gradproof.checking.inputs import roles
from gradproof.checking.inputs.functions import Function, own_nodes, return_names
from gradproof.checking.inputs.solve import Unusable

TITLE = "cost and gradient together"
NUMBER = re.compile(r"^(n|k|i|j|m|num\w*|count|idx|index|total)$")


def plans(context: Context) -> list[Plan]:
    """Every function that returns both."""
    return [combined_plan(f, TITLE) for f in context.functions.values() if returns_both(f)]


def returns_both(function: Function) -> bool:
    """Whether a function's ``return`` looks like a cost together with gradients."""
    found = function.returns
    if len(found) < 2 or names.is_checker(function.name):
        return False
    if any(names.is_cache(name) for name in found):
        return False
    gradients = [name for name in found if names.is_gradient_value(name)]
    costs = [name for name in found if names.is_cost_value(name)]
    if gradients and (costs or (names.is_cost(function.name) and len(gradients) < len(found))):
        return True
    unnamed = [name for name in found if not name]
    both = names.is_cost(function.name) or (
        names.is_gradient(function.name) and "cost" in function.name.lower()
    )
    return len(found) == 2 and (bool(costs) or both) and bool(unnamed) and not _other(found)


def _other(found: list[str]) -> bool:
    return any(names.OTHER_VALUE.search(name) for name in found if name)


def combined_plan(function: Function, convention: str, title: str = "") -> Plan:
    """The plan of a joint function: the cost is the number it returns, the gradients are the rest."""
    arguments = merge_arguments([function])
    data = {a for a in arguments if roles.is_labels(a) or NUMBER.match(a)}
    unlikely = {a for a in arguments if roles.is_data(a)} if _weights(arguments) else set()
    return Plan(
        convention,
        title or str(function),
        arguments,
        _cost(function),
        {function.name: _gradients(function)},
        [function],
        not_parameters=frozenset(data),
        unlikely=frozenset(unlikely),
        positional=tuple(arguments),
    )


def _weights(arguments: dict[str, Any]) -> list[str]:
    return [a for a in arguments if roles.WEIGHTS.match(a) or (roles.BIAS.match(a) and not roles.is_data(a))]


def _cost(function: Function) -> Callable[[Values], Any]:
    def cost(values: Values) -> Any:
        return split(call(function, values), function)[0]

    return cost


def _gradients(function: Function) -> Callable[[Values], Named]:
    def gradients(values: Values) -> Named:
        return split(call(function, values), function)[1]

    return gradients


def split(result: Any, function: Function) -> tuple[Any, Named]:
    """The cost and the named gradients in what a joint function returned."""
    if not isinstance(result, tuple | list) or len(result) < 2:
        raise Unusable(f"{function.name} returned {type(result).__name__}, not (cost, gradients)")
    items = tuple(result)
    known = _returned(function, len(items))
    position = scalar_position(items, known)
    costs = [k for k, name in enumerate(known) if names.is_cost_value(name)]
    if (
        len(costs) == 1
        and position not in costs
        and (position is None or names.is_gradient_value(known[position]))
    ):
        return items[costs[0]], _rest(items, known, costs[0])
    if position is None:
        raise Unusable(f"{function.name} returned no number among its {len(items)} values")
    return items[position], _rest(items, known, position)


def _rest(items: tuple[Any, ...], known: list[str], position: int) -> Named:
    gradients: Named = []
    for k, item in enumerate(items):
        if k != position and not _is_other(known[k]):
            gradients += named(item, [known[k]])
    return gradients


def _returned(function: Function, count: int) -> list[str]:
    """Names of the values of the ``return`` that has this many."""
    if len(function.returns) == count:
        return function.returns
    for node in own_nodes(function.node):
        found = return_names(node) if hasattr(node, "body") else []  # type: ignore[arg-type]
        if len(found) == count:
            return found
    return [""] * count


def _is_other(name: str) -> bool:
    return bool(names.OTHER_VALUE.search(name)) and not names.is_gradient_value(name)
