"""Guesses at what each argument is, likeliest first: arrays by rank, dictionaries of parameters, numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradproof.checking.inputs import roles
from gradproof.checking.inputs.hints import Hint
from gradproof.checking.inputs.specs import Array, Fixed, Group, Maker, Size, Spec

BIAS_STYLES: tuple[str, ...] = ("n1", "n", "1n")
IMAGE_STYLES: tuple[tuple[tuple[int | str, ...], tuple[int | str, ...]], ...] = (
    (("n", "c", 6, 8), ("n", "c", 3, 3)),
    (("n", 6, 8, "c"), (2, 2, "c", "n")),
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
    if hint.keys or hint.layered or (hint.mapping and not roles.is_data(name)):
        return [_dictionary(hint)]
    known = _by_name(name, hint, optional)
    usual = _by_role(name, hint) if known is None else known
    return _with_numbers(name, hint, usual, beside) if hint.parameter else usual


def _with_numbers(name: str, hint: Hint, usual: list[Builder], beside: frozenset[str]) -> list[Builder]:
    """What a parameter may be: a number too, first where its name would be one of a size or a constant."""
    number = _fixed(0.3 + 0.17 * sorted(beside).index(name))
    if not _number(hint):
        return usual
    if name in roles.SCALARS or roles.SIZE.match(name) or roles.is_penalty(name):
        return [number, *_arrays(hint, (1, 2))]
    return [*usual, number]


def _by_name(name: str, hint: Hint, optional: bool) -> list[Builder] | None:
    """Arguments whose name or use settles what they are."""
    if hint.strings:
        return [_fixed(text) for text in _by_mode(hint.strings)]
    if name in roles.SCALARS and not optional:
        return [_fixed(roles.SCALARS[name]), *_arrays(hint, (2, 1))]
    if hint.called:
        return [_fixed(None)]
    if roles.SIZES.match(name):
        return [lambda maker, _: Group({k: Size(maker.axis()) for k in range(3)}, list)]
    return None


Rule = tuple[Callable[[str, Hint], object], Callable[[Hint], list[Builder]]]

# The first rule that applies to an argument tells what it may be.
RULES: tuple[Rule, ...] = (
    (
        lambda n, h: h.listed and roles.WEIGHTS.match(n) and _may_be_list(n),
        lambda h: [_list_of(2), *_arrays(h, (2, 1))],
    ),
    (lambda n, h: h.listed and re.match(r"^b\w*$", n), lambda _: [_list_of(1), _bias]),
    (lambda n, _: roles.FLAG.match(n), lambda _: [_fixed(True)]),
    (lambda n, _: roles.INDEX.match(n), lambda h: [_fixed(1), *_labels(h)]),
    (lambda n, h: h.indexes and _may_index(n), lambda h: [_pattern("n", "labels"), *_labels(h)]),
    (lambda n, _: roles.VECTOR.match(n), lambda h: [*_arrays(h, (1,)), *_column(h), *_arrays(h, (2,))]),
    (lambda n, _: roles.is_labels(n), lambda h: _labels(h)),
    (lambda n, _: roles.is_data(n), lambda h: _arrays(h, (2, 1, 3, 4))),
    (lambda n, _: roles.BIAS.match(n), lambda h: [_bias, *_arrays(h, (1, 2)), _fixed(0.3)]),
    (lambda n, _: roles.STATES.match(n), lambda h: _arrays(h, (2, 1))),
    (lambda n, _: roles.MASK.match(n), lambda h: _arrays(h, (2,), "binary")),
    (
        lambda n, h: roles.SIZE.match(n) and not h.least_rank,
        lambda _: [lambda maker, _: Size(maker.axis())],
    ),
    (
        lambda n, h: roles.is_penalty(n) and not max(h.rank, h.least_rank),
        lambda h: [_fixed(PENALTY_VALUE), *_arrays(h, (2, 1))],
    ),
    (lambda n, _: roles.POSITIVE.match(n), lambda h: _arrays(h, (1, 2), "positive")),
    (lambda n, _: roles.PREDICTIONS.match(n), lambda h: _arrays(h, (2, 1), "probability")),
    (
        lambda n, _: roles.FLAT_FIRST.match(n) and n != "W",
        lambda h: [*_flat_first(h), *_number(h)],
    ),
    (lambda n, _: roles.WEIGHTS.match(n), lambda h: [*_arrays(h, (2, 1, 4), kernel=True), *_number(h)]),
    (lambda _, __: True, lambda h: [*_arrays(h, (2, 1, 4)), _fixed(PENALTY_VALUE)]),
)


def _may_be_list(name: str) -> bool:
    return name == "weights" or not roles.FLAT_FIRST.match(name)


def _may_index(name: str) -> bool:
    return roles.is_labels(name) or (roles.is_data(name) and name not in {"X", "Xs"})


def _by_role(name: str, hint: Hint) -> list[Builder]:
    return next(builders(hint) for applies, builders in RULES if applies(name, hint))


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


def _arrays(hint: Hint, ranks: tuple[int, ...], role: str = "normal", kernel: bool = False) -> list[Builder]:
    """Arrays of the given ranks, or of the rank that the code unpacks."""
    known = (hint.rank,) if hint.rank else ranks
    return [_array(rank, role, kernel) for rank in known if rank >= hint.least_rank] or [
        _array(hint.least_rank, role, kernel)
    ]


def _number(hint: Hint) -> list[Builder]:
    """A number, where the code takes nothing out of it."""
    taken_apart = max(hint.rank, hint.least_rank, hint.numbered) or hint.listed or hint.mapping or hint.called
    return [] if taken_apart else [_fixed(PENALTY_VALUE)]


def _array(rank: int, role: str, kernel: bool = False) -> Builder:
    def build(maker: Maker, styles: Styles) -> Spec:
        if rank == 4:
            return maker.array(IMAGE_STYLES[styles.image][kernel], role)
        return maker.array("n" * rank, role)

    return build


def _flat_first(hint: Hint) -> list[Builder]:
    listed = [_list_of(2)] if hint.listed else []
    arrays = _arrays(hint, (2, 4), kernel=True)
    return [*_arrays(hint, (1,), kernel=True), *_column(hint), *arrays, *listed]


def _column(hint: Hint) -> list[Builder]:
    if hint.rank == 1 or hint.least_rank > 2:
        return []
    return [lambda maker, _: maker.array("n1")]


def _bias(maker: Maker, styles: Styles) -> Spec:
    return maker.array(styles.bias)


def _labels(hint: Hint) -> list[Builder]:
    known = hint.rank or 0
    patterns = [("n", "binary"), ("1n", "binary"), ("n1", "binary"), ("nn", "one-hot"), ("nnn", "one-hot")]
    if hint.classes:
        patterns = [("nn", "one-hot"), ("n", "one-hot"), *patterns[:3]]
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
