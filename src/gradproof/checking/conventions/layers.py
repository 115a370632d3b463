"""Layers written as pairs: ``affine_forward(x, w, b) -> (out, cache)`` with ``affine_backward(dout, cache)``.

The cost of a layer is the sum of its outputs, each weighted at random: its gradient is what the backward
pass must return for those weights as ``dout``. Inputs of the layer are parameters too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradproof.checking.conventions import names
from gradproof.checking.conventions.context import Context
from gradproof.checking.conventions.pairing import named
from gradproof.checking.conventions.plan import Named, Plan, Values, call, merge_arguments
from gradproof.checking.inputs import roles
from gradproof.checking.inputs.functions import Function
from gradproof.checking.inputs.solve import Unusable
from gradproof.read.data import as_data

TITLE = "layer"
INCOMING = re.compile(
    r"^(d_?out\w*|d_?[AZyYhHa]\w*|d?next_\w+|dnext\w*|grad_?out\w*|upstream\w*|dL\w*|delta\w*|g|dscores)$"
)
WORD = re.compile(r"_?(forward|fwd|fprop)_?", re.IGNORECASE)
BACK = re.compile(r"_?(backward|bwd|bprop|back_?prop|grad)_?", re.IGNORECASE)


def plans(context: Context) -> list[Plan]:
    """Every forward function with the backward functions of the same stem that take its cache."""
    found = []
    for forward in context.functions.values():
        stem = WORD.sub("", forward.name) if WORD.search(forward.name) else forward.name
        backwards = [b for b in context.functions.values() if b is not forward and _belongs(b, forward, stem)]
        if backwards and not _is_network(forward):
            found.append(layer_plan(forward, backwards))
    return found


def _belongs(backward: Function, forward: Function, stem: str) -> bool:
    if not BACK.search(backward.name) or len(backward.args) < 2 or WORD.search(backward.name):
        return False
    mine = BACK.sub("", backward.name)
    tail = mine.removeprefix(stem)
    same = mine == stem or (bool(WORD.search(forward.name)) and mine.startswith(stem) and tail[:1] == "_")
    incoming = [a for a in backward.args if INCOMING.match(a)]
    return same and bool(incoming) and bool(stem) and not any(roles.is_labels(a) for a in backward.args)


def _is_network(forward: Function) -> bool:
    return any(names.is_cost_value(name) for name in forward.returns[:1])


def layer_plan(forward: Function, backwards: list[Function]) -> Plan:
    """The plan of a layer; a backward function's own arguments beside ``dout`` and the cache are supplied."""
    arguments = merge_arguments([forward])
    for backward in backwards:
        for name, default in merge_arguments([backward]).items():
            if not (INCOMING.match(name) or names.is_cache(name) or name in forward.returns):
                arguments.setdefault(name, default)
    return Plan(
        TITLE,
        f"{forward.name} → {' / '.join(b.name for b in backwards)}",
        arguments,
        _cost(forward, backwards),
        {b.name: _gradients(forward, b) for b in backwards},
        [forward, *backwards],
    )


def _outputs(forward: Function, result: Any, count: int) -> tuple[list[Any], Mapping[str, Any], Any]:
    """The layer's outputs (as many as the backward pass takes cotangents), all values by name, the cache."""
    if not isinstance(result, tuple):
        return [result], {}, None
    items = list(result)
    known = forward.returns if len(forward.returns) == len(items) else [""] * len(items)
    caches = [k for k, name in enumerate(known) if names.is_cache(name)] or [len(items) - 1]
    outputs = [item for k, item in enumerate(items) if k not in caches]
    return outputs[:count], dict(zip(known, items, strict=True)), items[caches[0]]


def _incoming(backward: Function) -> list[str]:
    found = [a for a in backward.args if INCOMING.match(a) and not names.is_cache(a)]
    leading = []
    for name in backward.args:
        if name not in found:
            break
        leading.append(name)
    return leading or found[:1]


def cotangents(shapes: list[tuple[int, ...]]) -> list[Any]:
    """Fixed random weights for the outputs of a layer; 1 for a layer that returns the loss itself."""
    rng = np.random.default_rng(23)
    return [rng.standard_normal(shape) if shape else np.float64(1.0) for shape in shapes]


def weighted_sum(outputs: list[Any], incoming: list[str]) -> Any:
    """The cost of a layer: every output entry times its weight, summed.

    The weights are the cotangents that arrive, under the names the backward function has for them.
    """
    for output in outputs:
        if output is None or not hasattr(output, "shape"):
            raise Unusable(f"the forward pass returned {type(output).__name__}, not an array")
    weights = cotangents([tuple(output.shape) for output in outputs])
    arriving = named_cotangents(weights, incoming)
    return sum(np.sum(output * weight) for output, weight in zip(outputs, arriving, strict=True))


def named_cotangents(weights: list[Any], incoming: list[str]) -> list[Any]:
    """The weights as data with names."""
    labels = [*incoming, *(f"dout{k}" for k in range(len(incoming), len(weights)))]
    return [as_data(w, n) for w, n in zip(weights, labels, strict=False)]


def _cost(forward: Function, backwards: list[Function]) -> Callable[[Values], Any]:
    incoming = max((_incoming(b) for b in backwards), key=len)
    count = len(incoming)

    def cost(values: Values) -> Any:
        return weighted_sum(_outputs(forward, call(forward, values), count)[0], incoming)

    return cost


def _gradients(forward: Function, backward: Function) -> Callable[[Values], Named]:
    incoming = _incoming(backward)

    def gradients(values: Values) -> Named:
        outputs, by_name, cache = _outputs(forward, call(forward, values), len(incoming))
        weights = named_cotangents(cotangents([tuple(output.shape) for output in outputs]), incoming)
        bound = dict(values) | dict(zip(incoming, weights, strict=False))
        for name in backward.args:
            if names.is_cache(name):
                bound[name] = cache
            elif name in by_name and name not in bound:
                bound[name] = by_name[name]
            elif name not in bound and name not in backward.defaults:
                bound[name] = cache if cache is not None else values[next(iter(forward.args))]
        return [(n or "d" + forward.args[0], g) for n, g in named(call(backward, bound), backward.returns)]

    return gradients
