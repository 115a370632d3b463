"""Matrices that are symmetric by what was declared or by how they are written; structural and cheap.

A False says nothing: rules that look harder live in :mod:`gradproof.calculus`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import cast

from gradproof.expr.node import ArrayData, Expr, Spec, facts_of
from gradproof.expr.product import PRODUCT, specs_of

_DECLARED = {"symmetric", "spd", "psd", "diagonal"}
_KEEPING = {"inv", "pinv", "expm", "logm", "sqrtm", "sinm", "cosm", "sinhm", "coshm"}


def is_symmetric(x: Expr) -> bool:
    """Whether the matrix equals its transpose for all values: Xᵀ X, X + Xᵀ, inverses and sums of such."""
    if x.ndim != 2 or x.shape[0] != x.shape[1]:
        return False
    rule = _RULES.get(x.op.name)
    return rule is not None and rule(x)


def _declared(x: Expr) -> bool:
    facts = facts_of(x)
    return bool(_DECLARED & facts) and "complex" not in facts


def _same_turned(x: Expr) -> bool:
    return _written(x, turned=False) == _written(x, turned=True)


def _equal_entries(x: Expr) -> bool:
    data = cast("ArrayData", x.attrs[0]).array
    return bool((data == data.T).all())


def _sum_of_pairs(x: Expr) -> bool:
    """Every term is symmetric, or the transpose of another."""
    rest = list(x.args)
    while rest:
        term = rest.pop()
        if is_symmetric(term):
            continue
        partner = next((t for t in rest if _is_transpose(t, term)), None)
        if partner is None:
            return False
        rest.remove(partner)
    return True


def _is_transpose(a: Expr, b: Expr) -> bool:
    return _written(a, turned=False) == _written(b, turned=True)


def _written(x: Expr, turned: bool) -> tuple[object, ...]:
    """The factors with their indices numbered as met; of the transpose, read from right to left, if turned.

    Symmetric factors have the orientation that comes first.
    """
    out: Spec = (0, 1)
    factors = flat_factors(x, out, count(2))
    if turned:
        factors = [f for f in factors if not f[1]] + [f for f in factors[::-1] if f[1]]
        out = out[::-1]
    return _numbered(factors, out)


def flat_factors(x: Expr, spec: Spec, fresh: Iterator[int]) -> list[tuple[Expr, Spec]]:
    """The factors of a product, and of the products among them, with the indices of their axes."""
    if x.op is not PRODUCT:
        return [(x, spec)]
    specs, out, sizes = specs_of(x)
    names = dict(zip(out, spec, strict=True))
    names |= {i: next(fresh) for i in range(len(sizes)) if i not in names}
    found: list[tuple[Expr, Spec]] = []
    for factor, own in zip(x.args, specs, strict=True):
        found += flat_factors(factor, tuple(names[i] for i in own), fresh)
    return found


def _numbered(factors: list[tuple[Expr, Spec]], out: Spec) -> tuple[object, ...]:
    order: dict[int, int] = {i: k for k, i in enumerate(out)}
    result: list[tuple[Expr, Spec]] = []
    for factor, spec in factors:
        if len(spec) == 2 and spec[0] not in order and spec[1] in order and is_symmetric(factor):
            spec = spec[::-1]
        for i in spec:
            order.setdefault(i, len(order))
        numbered = tuple(order[i] for i in spec)
        if len(spec) == 2 and numbered[0] > numbered[1] and is_symmetric(factor):
            numbered = numbered[::-1]
        result.append((factor, numbered))
    return tuple(result)


_RULES: dict[str, Callable[[Expr], bool]] = {
    "symbol": _declared,
    "delta": lambda x: True,
    "constant": _equal_entries,
    "product": _same_turned,
    "sum": _sum_of_pairs,
    **{name: lambda x: is_symmetric(x.args[0]) for name in _KEEPING},
}
