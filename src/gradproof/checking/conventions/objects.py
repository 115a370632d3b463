"""Classes: models with ``loss(X, y) -> (loss, grads)``, layers with ``forward(x)`` and ``backward(dout)``.

An object is built from its constructor's arguments (small sizes, a strong penalty); its parameters are the
arrays in ``self.params`` or in attributes for which there is a gradient.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.checking.conventions import names
from gradproof.checking.conventions.combined import split
from gradproof.checking.conventions.context import Context
from gradproof.checking.conventions.layers import cotangents, named_cotangents, weighted_sum
from gradproof.checking.conventions.pairing import named
from gradproof.checking.conventions.plan import REQUIRED, Named, Plan, Values, call, merge_arguments
from gradproof.checking.inputs import roles
from gradproof.checking.inputs.functions import Function, make_function, methods_of
from gradproof.checking.inputs.solve import Unusable
from gradproof.read.files import UserFile

TITLE = "class"
SMALL = (6, 5, 3, 4, 7)
FEWEST_DIMS = 3


def plans(context: Context) -> list[Plan]:
    """Every class of the file that can be built and has the methods of a model or of a layer."""
    found = []
    for name, (cls, node) in context.classes.items():
        methods = methods_of(node)
        passes = {"forward", "backward", "__call__"}
        interesting = [m for m in methods if _is_loss(m) or _is_backward(m) or m in passes]
        if not interesting:
            continue
        built = build(cls, context.user)
        if built is None:
            continue
        made = {m: make_function(f"{name}.{m}", getattr(built, m), methods[m]) for m in methods}
        losses = [made[m] for m in methods if _is_loss(m)]
        joint = [f for f in losses if _gives_gradients(f)]
        found += [model_plan(name, built, f) for f in joint]
        forward = made.get("forward", made.get("__call__"))
        backwards = [made[m] for m in methods if _is_backward(m)]
        if losses and backwards and not joint:
            found.append(split_plan(name, built, forward, losses[0], backwards))
        if not losses and forward is not None and "backward" in made:
            found.append(layer_plan(name, built, forward, made["backward"]))
    return found


def _is_loss(method: str) -> bool:
    return names.is_cost(method) and not method.startswith("__")


def _is_backward(method: str) -> bool:
    return bool(names.BACKWARD.search(method) or names.is_gradient(method)) and not method.startswith("__")


def _gives_gradients(function: Function) -> bool:
    """By the names in its ``return``; a second value without a name may be gradients, which a call tells."""
    both = len(function.returns) == 2 and names.is_cost_value(function.returns[0]) and not function.returns[1]
    return both or any(names.is_gradient_value(name) for name in function.returns)


def build(cls: type, user: UserFile) -> Any:
    """An object of the class with small sizes; one that the file made itself where it cannot be built."""
    try:
        arguments = {
            p.name: _constructor_value(p, k)
            for k, p in enumerate(inspect.signature(cls).parameters.values())
            if p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD} and _needs_value(p)
        }
        return cls(**arguments)
    except Exception:  # noqa: BLE001  (the user's constructor may raise anything)
        return next((value for value in user.namespace.values() if type(value) is cls), None)


def _needs_value(parameter: inspect.Parameter) -> bool:
    if parameter.default is parameter.empty:
        return True
    numeric = isinstance(parameter.default, int | float) and not isinstance(parameter.default, bool)
    known = roles.SIZE.match(parameter.name) or roles.is_penalty(parameter.name) or "scale" in parameter.name
    return numeric and bool(known)


def _constructor_value(parameter: inspect.Parameter, position: int) -> Any:
    name = parameter.name
    if "scale" in name or name == "std":
        return 0.5
    if roles.SIZES.match(name) or name in {"hidden_dims", "layers"}:
        return list(SMALL[:FEWEST_DIMS])
    if roles.is_penalty(name):
        return 0.7
    if roles.WEIGHTS.match(name) or roles.BIAS.match(name):
        rng = np.random.default_rng(3)
        return 0.6 * rng.standard_normal(SMALL[1] if roles.BIAS.match(name) else SMALL[:2])
    return roles.SCALARS.get(name, SMALL[position % len(SMALL)])


def arrays_of(built: Any) -> dict[str, Any]:
    """Parameters of an object: the arrays of ``self.params``, or its array attributes."""
    for name in ("params", "parameters", "weights"):
        value = getattr(built, name, None)
        if isinstance(value, dict) and value and all(isinstance(v, np.ndarray) for v in value.values()):
            return {name: value}
    unset = {k: None for k, v in vars(built).items() if v is None and roles.WEIGHTS.match(k)}
    floats = {
        k: v for k, v in vars(built).items() if isinstance(v, np.ndarray) and v.dtype.kind == "f" and v.size
    }
    return unset | {
        k: v for k, v in floats.items() if not k.lstrip("_").startswith(("d", "grad")) or k.lstrip("_") == "d"
    }


def _fresh(built: Any, values: Values, attributes: list[str]) -> Any:
    """A copy of the object that shares no container with it, with the given parameters."""
    other = copy.copy(built)
    for key, value in vars(built).items():
        if isinstance(value, dict | list):
            other.__dict__[key] = copy.copy(value)
    for name in attributes:
        setattr(other, name, values[name])
    return other


def _call_on(built: Any, function: Function, values: Values) -> Any:
    method = getattr(built, function.name.rpartition(".")[2])
    return call(Function(function.name, method, function.node, function.args, function.defaults), values)


def model_plan(name: str, built: Any, function: Function) -> Plan:
    """The plan of ``model.loss(X, y) -> (loss, grads)``."""
    owned = arrays_of(built)
    attributes = list(owned)
    arguments = dict.fromkeys(attributes, REQUIRED) | _arguments(function)

    def result(values: Values) -> tuple[Any, Named]:
        return split(_call_on(_fresh(built, values, attributes), function, values), function)

    data = {a for a in function.args if roles.is_data(a) or roles.is_labels(a)}
    return Plan(
        TITLE,
        f"{name}: {function}",
        arguments,
        lambda values: result(values)[0],
        {function.name: lambda values: result(values)[1]},
        [function],
        not_parameters=frozenset(data),
        preset={k: copy.deepcopy(v) for k, v in owned.items() if v is not None},
    )


def split_plan(
    name: str, built: Any, forward: Function | None, loss: Function, backwards: list[Function]
) -> Plan:
    """The plan of ``loss(X, y) -> number`` with ``backward``: gradients are returned, or kept as ``self.dW``.

    ``forward`` runs first on the same object where there is one; a prediction that the loss takes is its
    output.
    """
    owned = arrays_of(built)
    attributes = list(owned)
    methods = [f for f in (forward, loss, *backwards) if f is not None]
    arguments: dict[str, Any] = dict.fromkeys(attributes, REQUIRED)
    for function in methods:
        own = _arguments(function).items()
        arguments |= {a: d for a, d in own if a not in arguments and not _is_output(a, forward)}

    def run(values: Values) -> tuple[Any, Any, dict[str, Any]]:
        model, bound = _fresh(built, values, attributes), dict(values)
        if forward is not None:
            output = _first(_call_on(model, forward, bound))
            bound |= {a: output for f in methods for a in f.args if _is_output(a, forward)}
        return model, _call_on(model, loss, bound), bound

    def gradients_of(backward: Function) -> Callable[[Values], Named]:
        def gradients(values: Values) -> Named:
            model, _, bound = run(values)
            returned = _call_on(model, backward, bound)
            found = [] if returned is None else named(returned, backward.returns)
            known = {n for n, _ in found}
            return found + [(n, g) for n, g in _kept(model) if n not in known]

        return gradients

    return Plan(
        TITLE,
        f"{name}: {loss.name} → {' / '.join(b.name for b in backwards)}",
        arguments,
        lambda values: run(values)[1],
        {b.name: gradients_of(b) for b in backwards},
        [loss, *(f for f in methods if f is not loss)],
        not_parameters=frozenset(a for a in arguments if roles.is_data(a) or roles.is_labels(a)),
        by_key=True,
        preset={k: copy.deepcopy(v) for k, v in owned.items() if v is not None},
    )


def _is_output(argument: str, forward: Function | None) -> bool:
    """Whether an argument stands for what ``forward`` returned."""
    return forward is not None and argument not in forward.args and bool(roles.PREDICTIONS.match(argument))


def _arguments(function: Function) -> dict[str, Any]:
    """Arguments of a method; labels that default to None are needed for a loss."""
    merged = merge_arguments([function])
    return {
        a: REQUIRED if default is None and roles.is_labels(a) else default for a, default in merged.items()
    }


def layer_plan(name: str, built: Any, forward: Function, backward: Function) -> Plan:
    """The plan of a layer object: gradients are returned, or kept as ``self.dW``."""
    owned = arrays_of(built)
    attributes = list(owned)
    arguments = dict.fromkeys(attributes, REQUIRED) | _arguments(forward)

    def cost(values: Values) -> Any:
        output = _first(_call_on(_fresh(built, values, attributes), forward, values))
        return weighted_sum([output], ["dout"])

    return Plan(
        TITLE,
        f"{name}: forward → backward",
        arguments,
        cost,
        {backward.name: _layer_gradients(built, forward, backward, attributes)},
        [forward, backward],
        preset={k: copy.deepcopy(v) for k, v in owned.items() if v is not None},
    )


def _first(result: Any) -> Any:
    return result[0] if isinstance(result, tuple) else result


def _layer_gradients(
    built: Any, forward: Function, backward: Function, attributes: list[str]
) -> Callable[[Values], Named]:
    def gradients(values: Values) -> Named:
        layer = _fresh(built, values, attributes)
        output = _first(_call_on(layer, forward, values))
        if not hasattr(output, "shape"):
            raise Unusable(f"{forward.name} returned {type(output).__name__}, not an array")
        (weight,) = named_cotangents(cotangents([tuple(output.shape)]), ["dout"])
        bound = dict(values) | {backward.args[0]: weight}
        returned = _call_on(layer, backward, bound)
        found = [
            (n or "d" + forward.args[0], g) for n, g in named(returned, backward.returns) if g is not None
        ]
        return found + _kept(layer)

    return gradients


def _kept(layer: Any) -> Named:
    """Gradients that the layer keeps in attributes: ``self.dW``, ``self.grads["W"]``."""
    kept: Named = []
    for key, value in vars(layer).items():
        if isinstance(value, dict) and "grad" in key.lower():
            kept += [(str(k), v) for k, v in value.items()]
        elif names.is_gradient_value(key) and hasattr(value, "shape"):
            kept.append((key, value))
    return kept
