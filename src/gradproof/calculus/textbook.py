"""The last touch to a Jacobian or Hessian: deltas multiplied out, and no more minus signs than needed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gradproof.calculus.canonical import merged
from gradproof.calculus.monomial import Monomial, build, flat
from gradproof.expr.node import DELTA, Expr, number, number_value
from gradproof.expr.product import PRODUCT, SUM, add, einsum, specs_of, zeros
from gradproof.expr.stacked import distributed, has_delta

MAX_DEPTH = 3  # of sums below factors of sums that are looked into


def textbook(value: Expr) -> Expr:
    """diag(s) − s sᵀ, and not (δ_ij − s_j) s_i; σ(1 − σ), and not −(σ − 1) σ.

    Factors that are sums with a delta are multiplied out: each of their terms is a simpler tensor than the
    sum. A minus sign goes into a factor that is a difference.
    """
    terms = value.args if value.op is SUM else (value,)
    opened = [t for term in terms for t in _opened(term, MAX_DEPTH)]
    if len(opened) != len(terms) or any(a is not b for a, b in zip(opened, terms, strict=True)):
        opened = _merged(opened) or [zeros(value.shape)]
    signed = [_signed(t) for t in opened]
    same = len(signed) == len(terms) and all(a is b for a, b in zip(signed, terms, strict=True))
    return value if same else add(*signed)


def _opened(term: Expr, depth: int) -> list[Expr]:
    if term.op is not PRODUCT:
        return [term]
    specs, out, sizes = specs_of(term)
    for k, factor in enumerate(term.args):
        if factor.op is not SUM or not depth:
            continue
        if not _has_axes(term.args[:k] + term.args[k + 1 :]):
            ordered = add(*_merged(factor.args)) if any(has_delta(t) for t in factor.args) else factor
            return [einsum(specs, (*term.args[:k], ordered, *term.args[k + 1 :]), out, sizes)]
        inner = [t for part in factor.args for t in _opened(part, depth - 1)]
        if any(has_delta(t) for t in inner):
            new = distributed(k, add(*inner), specs, term.args, out, sizes)
            if new is not None:
                parts = new.args if new.op is SUM else (new,)
                return [t for part in parts for t in _opened(part, depth)]
        elif len(inner) != len(factor.args):
            opened = add(*_merged(inner))
            args = (*term.args[:k], opened, *term.args[k + 1 :])
            return _opened(einsum(specs, args, out, sizes), depth - 1)
    return [term]


def _merged(terms: Sequence[Expr]) -> list[Expr]:
    """Like terms as one; what is subtracted stands last, and I − B Bᵀ begins with I."""
    found = merged(flat(t) for t in terms)
    return [build(m) for m in sorted(found, key=lambda m: (m.coefficient < 0, not _is_delta(m)))]


def _is_delta(mono: Monomial) -> bool:
    return all(base.op is DELTA or not spec for base, spec in mono.powers)


def _has_axes(factors: tuple[Expr, ...]) -> bool:
    """Whether there is more beside a sum than a scalar, which stays outside."""
    return any(f.ndim for f in factors)


def _signed(term: Expr) -> Expr:
    """−(a − b) c = (b − a) c, where a factor has as many minus signs as plus signs."""
    coefficient = number_value(term.args[0]) if term.op is PRODUCT else None
    if coefficient is None or coefficient >= 0:
        return term
    specs, out, sizes = specs_of(term)
    for k, factor in enumerate(term.args):
        if factor.op is not SUM:
            continue
        parts = [flat(t) for t in factor.args]
        if 2 * sum(m.coefficient < 0 for m in parts) >= len(parts):
            turned = sorted((m.times(Fraction(-1)) for m in parts), key=lambda m: m.coefficient < 0)
            args = list(term.args)
            args[0], args[k] = number(-coefficient), add(*[build(m) for m in turned])
            return einsum(specs, args, out, sizes)
    return term
