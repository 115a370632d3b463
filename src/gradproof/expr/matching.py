"""One network of factors found inside another: Xᵀ A X with its axes exchanged, A B inside C A B."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from gradproof.expr.contraction import Spec
from gradproof.expr.node import Expr

Part = tuple[Expr, Spec, Fraction]
Symmetric = Callable[[Expr], bool]
Embedding = tuple[tuple[int, ...], dict[int, int]]

MAX_TRIES = 400


def orientations(base: Expr, spec: Spec, symmetric: Symmetric) -> tuple[Spec, ...]:
    """The specs that mean the same factor: both orders of the last two axes where it is symmetric."""
    if len(spec) < 2 or spec[-1] == spec[-2] or not symmetric(base):
        return (spec,)
    return spec, (*spec[:-2], spec[-1], spec[-2])


def embeddings(
    pattern: Sequence[Part],
    host: Sequence[Part],
    fixed: Mapping[int, int],
    symmetric: Symmetric,
) -> Iterator[Embedding]:
    """Every way to map the factors of ``pattern`` to different factors of ``host``, equal ones to equal ones.

    Yields the host's positions, in the order of the pattern, and the map of indices, which is one to one and
    extends ``fixed``. The search gives up after a bounded number of tries.
    """
    tries = 0
    stack: list[Embedding] = [((), dict(fixed))]
    while stack and tries < MAX_TRIES:
        used, places = stack.pop()
        if len(used) == len(pattern):
            yield used, places
            continue
        base, spec, exponent = pattern[len(used)]
        for position, (other, own, power) in enumerate(host):
            if other is not base or power != exponent or position in used:
                continue
            for oriented in orientations(other, own, symmetric):
                tries += 1
                extended = _extended(places, spec, oriented)
                if extended is not None:
                    stack.append(((*used, position), extended))


def _extended(places: dict[int, int], spec: Spec, target: Spec) -> dict[int, int] | None:
    new = dict(places)
    for index, wanted in zip(spec, target, strict=True):
        if index in new:
            if new[index] != wanted:
                return None
        elif wanted in new.values():
            return None
        else:
            new[index] = wanted
    return new
