"""What is centred: 1ᵀ(x − 1 x̄) = 0, and I − 1 1ᵀ/n leaves it as it is."""

from __future__ import annotations

import weakref
from fractions import Fraction

from gradproof.calculus.canonical import merged
from gradproof.calculus.inverses import summed_only_in, without
from gradproof.calculus.monomial import UNIT, Factor, Monomial, build, flat
from gradproof.calculus.rewrite import Rule
from gradproof.expr.broadcast import minus, multiply, sum_over
from gradproof.expr.node import DELTA, Expr, delta, number, symbol
from gradproof.expr.product import SUM, einsum, filled, zeros

ONE = Fraction(1)
_KNOWN: weakref.WeakKeyDictionary[Expr, tuple[int, ...]] = weakref.WeakKeyDictionary()


def total_zero_axes(node: Expr) -> tuple[int, ...]:
    """The axes over each of which the entries of a sum add up to 0: of X − X̄ the one averaged over."""
    if node.op is not SUM:
        return ()
    found = _KNOWN.get(node)
    if found is None:
        found = _KNOWN[node] = _total_zero_axes(node)
    return found


def _total_zero_axes(node: Expr) -> tuple[int, ...]:
    parts = [flat(t) for t in node.args]
    return tuple(
        axis
        for axis, size in enumerate(node.shape)
        if size != 1
        and any(_constant_along(m, axis) for m in parts)
        and not merged(_summed(m, axis) for m in parts)
    )


def _constant_along(mono: Monomial, axis: int) -> bool:
    return all(axis not in spec for _, spec in mono.powers)


def _summed(mono: Monomial, axis: int) -> Monomial:
    """The monomial summed over one axis of its result."""
    return flat(sum_over(build(mono), axis))


def _total(node: Expr) -> Expr | None:
    """A product that sums a centred factor alone is 0."""
    mono = flat(node)
    for (base, spec), exponent in mono.powers.items():
        if exponent == 1 and base.op is SUM:
            for axis in total_zero_axes(base):
                if spec.count(spec[axis]) == 1 and summed_only_in(mono, spec[axis], {(base, spec)}):
                    return zeros(node.shape)
    return None


def _centring(node: Expr) -> Expr | None:
    """(c I − A 1 1ᵀ) r = c r for a centred r."""
    mono = flat(node)
    for factor, exponent in mono.powers.items():
        for axis in total_zero_axes(factor[0]) if exponent == 1 else ():
            index = factor[1][axis]
            for other, e in mono.powers.items():
                if other == factor or e != 1 or other[0].op is not SUM or other[1].count(index) != 1:
                    continue
                if factor[1].count(index) == 1 and summed_only_in(mono, index, {factor, other}):
                    new = _through(mono, other, index)
                    if new is not None:
                        return new
    return None


def _through(mono: Monomial, other: Factor, index: int) -> Expr | None:
    """The product without the terms of a factor that are constant along an index, if a delta is left."""
    base, spec = other
    axis = spec.index(index)
    left = [m for m in (flat(t) for t in base.args) if not _constant_along(m, axis)]
    if len(left) != 1 or len(base.args) == 1 or base.ndim != 2:
        return None
    (own,) = left
    deltas = [f for f in own.powers if f[0].op is DELTA]
    scalars = {f: e for f, e in own.powers.items() if f not in deltas}
    if len(deltas) != 1 or own.sizes or any(f[1] for f in scalars) or UNIT in spec:
        return None
    replaced = without(mono, {other}, set(), [(deltas[0][0], spec)])
    rest = build(replaced.times(own.coefficient))
    return multiply(build(Monomial(ONE, scalars, (), {})), rest) if scalars else rest


def _x() -> Expr:
    return symbol("x", (3,))


def _centred(x: Expr) -> Expr:
    return minus(x, multiply(number(Fraction(1, 3)), filled(sum_over(x), x.shape)))


def _projector() -> Expr:
    return minus(delta(3), filled(number(Fraction(1, 3)), (3, 3)))


CENTRING = (
    Rule(
        "centred total",
        _total,
        ("product",),
        "1ᵀ(x − 1 1ᵀx/n) = 0",
        "the product is gone",
        "definition of the mean",
        (lambda: sum_over(_centred(_x())),),
    ),
    Rule(
        "centring",
        _centring,
        ("product",),
        "(I − 1 1ᵀ/n) r = r for 1ᵀr = 0; so the projector I − 1 1ᵀ/n is its own square",
        "one sum fewer",
        "definition of a projector",
        (
            lambda: einsum([(0, 1), (1,)], [_projector(), _centred(_x())], (0,)),
            lambda: einsum([(0, 1), (1, 2)], [_projector(), _projector()], (0, 2)),
        ),
    ),
)
