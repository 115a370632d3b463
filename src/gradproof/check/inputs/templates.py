"""Guesses at what each argument is, likeliest first: arrays by rank, dictionaries of parameters, numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradproof.check.inputs import roles
from gradproof.check.inputs.hints import Hint
from gradproof.check.inputs.specs import Array, Fixed, Group, Maker, Size, Spec

BIAS_STYLES: tuple[str, ...] = ("n1", "n", "1n")
IMAGE_STYLES: tuple[tuple[tuple[int | str, ...], tuple[int | str, ...]], ...] = (
    (("n", "n", 6, 8), ("n", "n", 3, 3)),
    (("n", 6, 8, "n"), (2, 2, "n", "n")),
)
LAYERS = 3
PENALTY_VALUE = 0.7


@dataclass(frozen=True, slots=True)
class Styles:
    """Choices that all arguments share: how biases are laid out, and images."""

    bias: str = BIAS_STYLES[0]
    image: int = 0


Builder = Callable[[Maker, Styles], Spec]


def alternatives(name: str, hint: Hint, optional: bool, beside: frozenset[str]) -> list[Builder]:
    """What an argument may be, likeliest first; ``beside`` are the names of all arguments."""
    if "R" in beside and re.match(r"^(R|Y\w*)$", name):  # ratings, and which of them were given
        return _arrays(hint, (2,), "binary" if name == "R" else "normal")
    if hint.strings:
        return [_fixed(text) for text in _by_mode(hint.strings)]
    if hint.keys or hint.layered:
        return [_dictionary(hint)]
    if name in roles.SCALARS and not optional:
        return [_fixed(roles.SCALARS[name]), *_arrays(hint, (2, 1))]
    if hint.called:
        return [_fixed(None)]
    if roles.SIZES.match(name):
        return [lambda maker, _: Group({k: Size(maker.axis()) for k in range(3)}, list)]
    return _by_role(name, hint)


def _by_role(name: str, hint: Hint) -> list[Builder]:  # noqa: PLR0911  (one line a role)
    if hint.listed and roles.WEIGHTS.match(name) and not roles.FLAT_FIRST.match(name):
        return [_list_of(2), *_arrays(hint, (2, 1))]
    if hint.listed and re.match(r"^b\w*$", name):
        return [_list_of(1), _bias]
    if roles.FLAG.match(name):
        return [_fixed(True)]
    if roles.INDEX.match(name):
        return [_fixed(1), *_labels(hint)]
    if roles.VECTOR.match(name):
        return [*_arrays(hint, (1,)), *_column(hint), *_arrays(hint, (2,))]
    if roles.is_labels(name):
        return _labels(hint)
    if roles.is_data(name):
        return _arrays(hint, (2, 1, 3, 4))
    if roles.BIAS.match(name):
        return [_bias, *_arrays(hint, (1, 2)), _fixed(0.3)]
    if roles.STATES.match(name):
        return _arrays(hint, (2, 1))
    if roles.MASK.match(name) and name.lower() != "r":
        return [*_arrays(hint, (2,), "binary")]
    if roles.SIZE.match(name) and not hint.least_rank:
        return [lambda maker, _: Size(maker.axis())]
    if roles.is_penalty(name) and not max(hint.rank, hint.least_rank):
        return [_fixed(PENALTY_VALUE), *_arrays(hint, (2, 1))]
    if roles.POSITIVE.match(name):
        return [*_arrays(hint, (1,), "positive"), *_arrays(hint, (2,), "positive")]
    if roles.PREDICTIONS.match(name):
        return _arrays(hint, (2, 1), "probability")
    if roles.FLAT_FIRST.match(name) and name != "W":
        listed = [_list_of(2)] if hint.listed else []
        return [*_arrays(hint, (1,)), *_column(hint), *_arrays(hint, (2,)), *_arrays(hint, (4,)), *listed]
    return [*_arrays(hint, (2, 1, 4)), _fixed(PENALTY_VALUE)]


def option_value(key: str) -> Any:
    """A value for a key of an option dictionary such as ``conv_param``; None where the key is an array's."""
    if key in roles.SCALARS:
        return roles.SCALARS[key]
    if key == "mode":
        return "train"
    return PENALTY_VALUE if roles.is_penalty(key) else None


def _by_mode(strings: list[str]) -> list[str]:
    return sorted(strings, key=lambda text: text not in roles.MODE_STRINGS)


def _fixed(value: Any) -> Builder:
    return lambda _maker, _styles: Fixed(value)


def _arrays(hint: Hint, ranks: tuple[int, ...], role: str = "normal") -> list[Builder]:
    """Arrays of the given ranks, or of the rank that the code unpacks."""
    known = (hint.rank,) if hint.rank else ranks
    return [_array(rank, role) for rank in known if rank >= hint.least_rank] or [_array(hint.least_rank, role)]


def _array(rank: int, role: str) -> Builder:
    def build(maker: Maker, styles: Styles) -> Spec:
        if rank == 4:
            return maker.array(IMAGE_STYLES[styles.image][0], role)
        return maker.array("n" * rank, role)

    return build


def _column(hint: Hint) -> list[Builder]:
    if hint.rank == 1 or hint.least_rank > 2:
        return []
    return [lambda maker, _: maker.array("n1")]


def _bias(maker: Maker, styles: Styles) -> Spec:
    return maker.array(styles.bias)


def _labels(hint: Hint) -> list[Builder]:
    known = hint.rank or 0
    patterns = [("n", "binary"), ("1n", "binary"), ("n1", "binary"), ("nn", "one-hot"), ("nnn", "one-hot")]
    kept = [p for p in patterns if len(p[0]) >= hint.least_rank and (not known or len(p[0]) == known)]
    return [_pattern(pattern, role) for pattern, role in kept or [("n" * max(known, 1), "binary")]]


def _pattern(pattern: str, role: str) -> Builder:
    return lambda maker, _: maker.array(pattern, role)


def _list_of(rank: int) -> Builder:
    def build(maker: Maker, styles: Styles) -> Spec:
        pattern = styles.bias if rank == 1 else "nn"
        return Group({k: maker.array(pattern) for k in range(LAYERS)}, list)

    return build


def _dictionary(hint: Hint) -> Builder:
    """``parameters["W1"]``, ``parameters["W" + str(l)]`` and option dictionaries."""
    keys = list(hint.keys)
    for prefix in hint.layered:
        keys += [f"{prefix}{layer}" for layer in range(1, LAYERS + 1) if f"{prefix}{layer}" not in keys]

    def build(maker: Maker, styles: Styles) -> Spec:
        return Group({key: _entry(key, maker, styles) for key in keys})

    return build


def _entry(key: str, maker: Maker, styles: Styles) -> Array | Fixed:
    value = option_value(key)
    if value is not None:
        return Fixed(value)
    if roles.BIAS.match(key):
        return maker.array(styles.bias)
    if roles.POSITIVE.match(key) or key.lower().startswith("beta"):
        return maker.array(styles.bias, "positive")
    return maker.array("nn")
