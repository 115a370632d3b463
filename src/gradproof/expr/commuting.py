"""Matrices that commute because they are made of one matrix: polynomials in X, eˣ, X⁻¹."""

from __future__ import annotations

from collections.abc import Collection

from gradproof.expr.node import DELTA, Expr, Spec
from gradproof.expr.product import PRODUCT, SUM, specs_of


def is_function_of(e: Expr, x: Expr, functions: Collection[str]) -> bool:
    """Whether ``e`` is visibly made of ``x`` and identity matrices by products, sums and matrix functions.

    Parameters
    ----------
    functions : names of the operations that make a function of x from a function of x
    """
    base, turned = _untransposed(x)
    return _made_of(e, base, turned, functions)


def _untransposed(x: Expr) -> tuple[Expr, bool]:
    if x.op is PRODUCT and len(x.args) == 1 and specs_of(x)[:2] == (((0, 1),), (1, 0)):
        return x.args[0], True
    return x, False


def _made_of(e: Expr, base: Expr, turned: bool, functions: Collection[str]) -> bool:
    if e is base:
        return not turned
    if e.op is DELTA:
        return True
    if e.op is SUM:
        return all(_made_of(a, base, turned, functions) for a in e.args)
    if e.op is PRODUCT:
        return _chain_of(e, base, turned, functions)
    return e.op.name in functions and _made_of(e.args[0], base, turned, functions)


def _chain_of(e: Expr, base: Expr, turned: bool, functions: Collection[str]) -> bool:
    """Whether a product is scalars times a chain of matrices that are made of the base."""
    specs, out, _ = specs_of(e)
    links = [(a, s) for a, s in zip(e.args, specs, strict=True) if s]
    if len(out) != 2 or not links:
        return False
    at: int = out[0]
    while links:
        found = next((link for link in links if at in link[1]), None)
        if found is None or len(found[1]) != 2 or found[1][0] == found[1][1]:
            return False
        factor, spec = found
        links.remove(found)
        forward = spec[0] == at
        if not _made_of(factor, base, turned != (not forward), functions):
            return False
        at = _other(spec, at)
    return at == out[1]


def _other(spec: Spec, index: int) -> int:
    return spec[1] if spec[0] == index else spec[0]
