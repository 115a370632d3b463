"""The scalars inside a term: factors that are linked to each other, and to no axis of the result.

Of xᵀA x B x they are xᵀA x: a number like any other, which is not torn apart.
"""

from __future__ import annotations

from fractions import Fraction

from gradproof.calculus.labelling import in_any_order
from gradproof.calculus.monomial import UNIT, Factor, Monomial, Powers, build
from gradproof.expr.node import Expr

ONE = Fraction(1)


def components(mono: Monomial) -> list[set[Factor]]:
    """The factors with axes that make a scalar, those of each scalar together."""
    groups: list[tuple[set[int], set[Factor]]] = []
    for factor in mono.powers:
        if not factor[1]:
            continue
        indices, members = set(factor[1]), {factor}
        apart = []
        for group in groups:
            if group[0] & indices:
                indices |= group[0]
                members |= group[1]
            else:
                apart.append(group)
        groups = [*apart, (indices, members)]
    return [members for indices, members in groups if UNIT not in indices and min(indices) >= mono.ndim]


def torn_apart_by(mono: Monomial) -> frozenset[Factor]:
    """The factors of scalars beside other factors: to pull them out would tear a scalar apart."""
    found = components(mono)
    if not mono.ndim and len(found) < 2:
        return frozenset()
    return frozenset(f for members in found for f in members)


def with_scalars(mono: Monomial, known: dict[Expr, Expr]) -> Monomial:
    """The monomial with each of its scalars as one factor; equal ones are one expression, the first met.

    Parameters
    ----------
    known : the scalars met so far, by their form in any order
    """
    found = components(mono)
    if not found:
        return mono
    powers = Powers({f: e for f, e in mono.powers.items() if not any(f in members for members in found)})
    sizes = dict(mono.sizes)
    for members in found:
        own = {i: sizes.pop(i) for i in {i for _, spec in members for i in spec}}
        order = {i: k for k, i in enumerate(i for i in mono.sizes if i in own)}
        inside = {
            (base, tuple(order[i] for i in spec)): e
            for (base, spec), e in mono.powers.items()
            if (base, spec) in members
        }
        scalar = build(Monomial(ONE, inside, (), {order[i]: n for i, n in own.items()}))
        factor = known.setdefault(in_any_order(scalar), scalar), ()
        powers[factor] = powers.get(factor, Fraction(0)) + ONE
    return Monomial(mono.coefficient, {f: e for f, e in powers.items() if e}, mono.shape, sizes)
