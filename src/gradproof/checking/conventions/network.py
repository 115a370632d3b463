"""A forward pass, a cost of its output and a backward pass: the course's three functions.

``forward_propagation(X, parameters) -> (A, cache)``, ``compute_cost(A, Y, parameters, lambd)`` and
``backward_propagation(X, Y, cache, lambd) -> {"dW1": ...}``, with and without dropout or a penalty, for a
fixed number of layers or for L of them. A forward pass may also return the cost itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradproof.checking.conventions import names
from gradproof.checking.conventions.context import Context
from gradproof.checking.conventions.pairing import named
from gradproof.checking.conventions.plan import Named, Plan, Values, call, merge_arguments
from gradproof.checking.inputs import roles
from gradproof.checking.inputs.functions import Function

TITLE = "network"


@dataclass(frozen=True, slots=True)
class Passes:
    """A forward pass with the cost of its output; ``cost`` is None where the forward pass returns it."""

    forward: Function
    cost: Function | None

    @property
    def given(self) -> list[str]:
        """Names that the forward pass supplies to the others."""
        return [name for name in self.forward.returns if name]

    def names_of_output(self, function: Function) -> list[str]:
        """Arguments of a function that must be the forward pass's output: not labels, weights or numbers."""
        own = set(self.forward.args)
        open_names = [a for a in function.args if a not in own and a not in function.defaults]
        return [a for a in open_names if not _supplied(a)]

    def run(self, values: Values) -> tuple[Any, dict[str, Any]]:
        """The output, and all that the forward pass returned by name."""
        result = call(self.forward, values)
        if not isinstance(result, tuple | list):
            return result, {self.given[0]: result} if self.given else {}
        items = list(result)
        known = self.forward.returns if len(self.forward.returns) == len(items) else []
        by_name = {name: item for name, item in zip(known, items, strict=False) if name}
        caches = [item for name, item in by_name.items() if names.is_cache(name)]
        if not caches and len(items) > 1 and isinstance(items[-1], tuple | list | dict):
            caches = items[-1:]
        if caches:
            by_name["cache"] = caches[0]
        output = next((item for name, item in by_name.items() if not names.is_cache(name)), items[0])
        return output, by_name

    def arguments_for(
        self, function: Function, values: Values, output: Any, by_name: Mapping[str, Any]
    ) -> Values:
        """Values for the cost or the backward pass: what the forward pass returned goes before the rest."""
        bound = dict(values)
        outputs = self.names_of_output(function)
        for name in function.args:
            if names.is_cache(name) and "cache" in by_name:
                bound[name] = by_name[name] if name in by_name else by_name["cache"]
            elif name in by_name and name not in self.forward.args:
                bound[name] = by_name[name]
            elif name in outputs and name not in bound:
                bound[name] = output
        return bound

    def compute_cost(self, values: Values) -> Any:
        """The cost of the forward pass's output."""
        output, by_name = self.run(values)
        if self.cost is None:
            return output
        return call(self.cost, self.arguments_for(self.cost, values, output, by_name))

    def candidate(self, backward: Function) -> Callable[[Values], Named]:
        """The gradients that a backward pass returns after the forward pass."""

        def gradients(values: Values) -> Named:
            output, by_name = self.run(values)
            result = call(backward, self.arguments_for(backward, values, output, by_name))
            return named(result, backward.returns)

        return gradients

    def needs(self, function: Function) -> list[str]:
        """Arguments that neither the forward pass nor its result supplies."""
        outputs = set(self.names_of_output(function)) | set(self.given)
        return [
            a for a in function.args
            if a in self.forward.args or not (names.is_cache(a) or (a in outputs and not roles.is_labels(a)))
        ]  # fmt: skip


def _supplied(name: str) -> bool:
    known = roles.is_labels(name) or roles.is_data(name) or roles.is_penalty(name) or names.is_cache(name)
    return (
        known
        or bool(roles.WEIGHTS.match(name) and not roles.PREDICTIONS.match(name))
        or name in roles.SCALARS
    )


def plans(context: Context) -> list[Plan]:
    """Every backward pass with the forward pass and the cost whose names are nearest to its own."""
    functions = context.functions
    passes = [f for f in functions.values() if not names.is_checker(f.name)]
    backwards = [f for f in passes if names.BACKWARD.search(f.name) and not names.FORWARD.search(f.name)]
    forwards = [f for f in passes if names.FORWARD.search(f.name) and not names.BACKWARD.search(f.name)]
    inner = _inner(context, backwards)
    forwards = [f for f in forwards if f.name not in _inner(context, forwards)]
    costs = [f for f in functions.values() if names.is_cost(f.name) and not names.BACKWARD.search(f.name)]
    groups: dict[tuple[str, str], list[Function]] = {}
    for backward in backwards:
        if backward.name in inner or not forwards:
            continue
        forward = functions[_forward_of(backward, forwards)]
        cost = _cost_of(backward, forward, costs)
        if cost is not None or _returns_cost(forward):
            groups.setdefault((forward.name, cost.name if cost else ""), []).append(backward)
    return [
        _plan(Passes(functions[forward], functions.get(cost)), group)
        for (forward, cost), group in groups.items()
    ]  # fmt: skip


def _inner(context: Context, passes: list[Function]) -> set[str]:
    """Passes that others call: they are steps, and belong to the layers convention."""
    return {p.name for p in passes if any(p.name in context.calls_of(o) for o in passes if o is not p)}


def _forward_of(backward: Function, forwards: list[Function]) -> str:
    plain = names.BACKWARD.sub("forward", backward.name)
    return names.nearest(plain, [f.name for f in forwards])


def _cost_of(backward: Function, forward: Function, costs: list[Function]) -> Function | None:
    usable = [c for c in costs if any(roles.is_labels(a) for a in c.args) or len(c.args) > 1]
    if not usable or (_returns_cost(forward) and not _takes_output(usable, forward)):
        return None

    def fit(cost: Function) -> float:
        mine = {a for a in cost.args if roles.is_penalty(a) or a in roles.SCALARS}
        theirs = {a for a in backward.args if roles.is_penalty(a) or a in roles.SCALARS}
        shared = len(names.tokens(cost.name) & names.tokens(backward.name) - {"with"})
        return shared + 2 * len(mine & theirs) - len(mine - theirs) - 0.1 * len(names.tokens(cost.name))

    return max(usable, key=fit)


def _takes_output(costs: list[Function], forward: Function) -> bool:
    return any(a in forward.returns or roles.PREDICTIONS.match(a) for c in costs for a in c.args)


def _returns_cost(forward: Function) -> bool:
    return bool(forward.returns) and names.is_cost_value(forward.returns[0])


def _plan(passes: Passes, backwards: list[Function]) -> Plan:
    chain = [passes.forward, *([passes.cost] if passes.cost else [])]
    merged = merge_arguments([*chain, *backwards])
    needed = [name for f in [*chain[1:], *backwards] for name in passes.needs(f)]
    kept = [name for name in merged if name in passes.forward.args or name in needed]
    data = [name for name in kept if roles.is_data(name) or roles.is_labels(name)]
    parts = [f.name for f in chain] + ([backwards[0].name] if len(backwards) == 1 else [])
    return Plan(
        TITLE,
        " → ".join(parts),
        {name: merged[name] for name in kept},
        passes.compute_cost,
        {b.name: passes.candidate(b) for b in backwards},
        [*reversed(chain), *backwards],
        not_parameters=frozenset(data),
        by_key=True,
    )
