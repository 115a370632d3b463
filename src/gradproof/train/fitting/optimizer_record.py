"""An optimiser as plain data, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradproof.expr.node import symbol
from gradproof.train.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from gradproof.write.matrix import to_text

Make = Callable[[float, Mapping[str, float]], Optimizer]


def to_record(optimizer: Optimizer) -> dict[str, Any]:
    """The optimiser as plain data: its numbers, and its equations, which tell variants of one name apart.

    Examples
    --------
    >>> to_record(SGD(0.5))["equations"]
    ['W = W − α dW', 'b = b − α db']
    """
    equations = [
        f"{to_text(target)} = {to_text(value)}"
        for name in ("W", "b")
        for target, value in optimizer.equations(symbol(name, ("n", "k")), symbol(f"d{name}", ("n", "k")))
    ]
    return {
        "name": optimizer.name, "learning_rate": float(optimizer.learning_rate),
        "settings": {key: float(value) for key, value in optimizer.settings.items()}, "equations": equations,
    }  # fmt: skip


def from_record(record: Mapping[str, Any]) -> Optimizer | None:
    """The optimiser that :func:`to_record` described; None where it is none of gradproof's own."""
    for make in _VARIANTS.get(record["name"], ()):
        found = make(record["learning_rate"], record["settings"])
        if to_record(found) == record:
            return found
    return None


def _adam(hat: bool) -> Make:
    return lambda rate, s: Adam(rate, beta1=s["β₁"], beta2=s["β₂"], epsilon=s["ε"], epsilon_hat=hat)


def _adamw(biases: bool) -> Make:
    return lambda rate, s: AdamW(
        rate, weight_decay=s["ω"], beta1=s["β₁"], beta2=s["β₂"], epsilon=s["ε"], biases=biases
    )


_VARIANTS: Mapping[str, tuple[Make, ...]] = {
    "sgd": (lambda rate, _: SGD(rate),),
    "momentum": (lambda rate, s: SGD(rate, momentum=s["μ"]),),
    "nesterov": (lambda rate, s: SGD(rate, momentum=s["μ"], nesterov=True),),
    "rmsprop": (lambda rate, s: RMSprop(rate, decay=s["ρ"], epsilon=s["ε"]),),
    "adam": (_adam(hat=False), _adam(hat=True)),
    "adamw": (_adamw(biases=False), _adamw(biases=True)),
}
