"""Products with selected entries: what ``p[arange(N), y]`` leaves behind in a gradient."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import numpy as np

from gradproof.calculus.monomial import (
    UNIT,
    Factor,
    Monomial,
    Powers,
    as_stack,
    build,
    flat,
    joined,
    stack_order,
)
from gradproof.calculus.rewrite import Rule
from gradproof.expr.broadcast import multiply, scale, sum_over
from gradproof.expr.indexing import SCATTER, Template, index
from gradproof.expr.node import CONSTANT, ArrayData, Expr, constant, make, symbol
from gradproof.expr.product import SUM, add, filled, is_zero

ONE = Fraction(1)


def _scatter_times(node: Expr) -> Expr | None:
    """scatter(g)∘x = scatter(g∘x[...]): only the selected entries of x matter."""
    mono = flat(node)
    for (base, spec), exponent in mono.powers.items():
        if base.op is not SCATTER or exponent != 1 or len(set(spec)) < len(spec):
            continue
        # Only factors with all the indices of the scattered array are read at the selected entries.
        inside = {
            f: e
            for f, e in mono.powers.items()
            if f != (base, spec) and f[1] == spec and f[0].op is not SCATTER
        }
        if not inside:
            continue
        g, *arrays = base.args
        template = cast("Template", base.attrs[0])
        x = build(
            Monomial(ONE, {(b, tuple(range(base.ndim))): e for (b, _), e in inside.items()}, base.shape, {})
        )
        read = index(x, template, *arrays)
        axes = tuple(UNIT if n == 1 else k for k, n in enumerate(g.shape))
        joint = _times(g, read, axes)
        powers = {f: e for f, e in mono.powers.items() if f not in inside and f != (base, spec)}
        powers[make(SCATTER, (joint, *arrays), base.attrs), spec] = ONE
        return build(Monomial(mono.coefficient, powers, mono.shape, mono.sizes))
    return None


def _distributed(node: Expr) -> Expr | None:
    """(scatter(g) + b)∘x = scatter(g)∘x + b∘x, so that the entries of x can be read."""
    mono = flat(node)
    for (base, spec), exponent in mono.powers.items():
        if base.op is not SUM or exponent != 1 or len(mono.powers) < 2:
            continue
        beside = any(f[1] == spec for f in mono.powers if f != (base, spec))
        terms = [flat(t) for t in base.args]
        if not beside or not any(f[0].op is SCATTER for t in terms for f in t.powers):
            continue
        rest = {f: e for f, e in mono.powers.items() if f != (base, spec)}
        stack = Monomial(mono.coefficient, rest, mono.shape, mono.sizes)
        order = stack_order(mono)
        moved = tuple(order.get(i, i) for i in spec)
        lead = as_stack(stack)
        axes = tuple(range(lead.ndim))
        products = (joined([(lead, axes), (t, moved)], lead.shape, {}) for t in terms)
        return add(*(build(joined([(p, tuple(order))], mono.shape, mono.sizes)) for p in products))
    return None


def _times(a: Expr, b: Expr, axes: tuple[int, ...]) -> Expr:
    powers = {(a, axes): ONE, (b, axes): ONE} if a is not b else {(a, axes): Fraction(2)}
    return build(flat(build(Monomial(ONE, powers, a.shape, {}))))


def _index_of_power(node: Expr) -> Expr | None:
    """x[...] of an entrywise product of arrays of x's shape is the product of their entries there."""
    x, *arrays = node.args
    mono = flat(x)
    full = tuple(UNIT if n == 1 else k for k, n in enumerate(x.shape))
    if mono.sizes or any(spec not in (full, ()) for _, spec in mono.powers):
        return None
    if len(mono.powers) == 1 and mono.coefficient == 1 and next(iter(mono.powers.values())) == 1:
        return None
    axes = tuple(UNIT if n == 1 else k for k, n in enumerate(node.shape))
    template = cast("Template", node.attrs[0])
    powers = Powers()
    for (base, spec), exponent in mono.powers.items():
        entry = (index(base, template, *arrays), axes) if spec or base.ndim else (base, ())
        powers[entry] = powers.get(entry, Fraction(0)) + exponent
    return build(Monomial(mono.coefficient, {f: e for f, e in powers.items() if e}, node.shape, {}))


def _scatter_of_scaled(node: Expr) -> Expr | None:
    """scatter(c·g) = c·scatter(g) for a scalar c."""
    g, *arrays = node.args
    if is_zero(g):
        return filled(g, node.shape) if g.shape == () else None
    mono = flat(g)
    scalars = {f: e for f, e in mono.powers.items() if f[1] == () and not f[0].shape}
    if mono.coefficient == 1 and not scalars:
        return None
    rest = {f: e for f, e in mono.powers.items() if f not in scalars}
    inner = build(Monomial(ONE, rest, mono.shape, mono.sizes))
    axes = tuple(UNIT if n == 1 else k for k, n in enumerate(node.shape))
    powers = {**scalars, (make(SCATTER, (inner, *arrays), node.attrs), axes): ONE}
    return build(Monomial(mono.coefficient, powers, node.shape, {}))


def _is_range(array: Expr, size: object) -> bool:
    if array.op is not CONSTANT:
        return False
    data = cast("ArrayData", array.attrs[0]).array
    return data.ndim == 1 and data.size == size and bool(np.array_equal(data, np.arange(data.size)))


def _sum_of_scatter(node: Expr) -> Expr | None:
    """Σ_j scatter(g; (i, y_i))_ij = g_i: one entry was stored in each row."""
    mono = flat(node)
    for (base, spec), exponent in mono.powers.items():
        if base.op is not SCATTER or exponent != 1:
            continue
        whole = _total(mono, (base, spec))
        if whole is not None:
            return whole
        if base.ndim != 2:
            continue
        template = cast("Template", base.attrs[0])
        if template != (("array", 0), ("array", 1)) or base.args[0].ndim != 1:
            continue
        for kept in (0, 1):
            lost = spec[1 - kept]
            elsewhere = {i for f in mono.powers if f != (base, spec) for i in f[1]}
            if lost not in mono.sizes or lost in elsewhere or lost == spec[kept]:
                continue
            if _is_range(base.args[1 + kept], base.shape[kept]):
                powers = {f: e for f, e in mono.powers.items() if f != (base, spec)}
                powers[base.args[0], (spec[kept],)] = (
                    powers.get((base.args[0], (spec[kept],)), Fraction(0)) + 1
                )
                sizes = {i: s for i, s in mono.sizes.items() if i != lost}
                return build(Monomial(mono.coefficient, powers, mono.shape, sizes))
    return None


def _total(mono: Monomial, factor: Factor) -> Expr | None:
    """Σ scatter(g) = Σ g, over all axes."""
    (base, spec), rest = factor, {f: e for f, e in mono.powers.items() if f != factor}
    elsewhere = {i for f in rest for i in f[1]}
    indices = {i for i in spec if i != UNIT}
    if not indices <= mono.sizes.keys() or indices & elsewhere or len(indices) < sum(i != UNIT for i in spec):
        return None
    inner = flat(sum_over(base.args[0]))
    sizes = {i: s for i, s in mono.sizes.items() if i not in indices}
    outer = Monomial(mono.coefficient, rest, mono.shape, sizes)
    return build(joined([(outer, tuple(range(mono.ndim))), (inner, ())], mono.shape, {}))


_X, _Y, _G = symbol("X", (3, 4)), symbol("Y", (3, 4)), symbol("g", (3,))
_ROWS, _COLUMNS = constant(np.arange(3)), constant(np.array([0, 2, 2]))
_PLACE: Template = (("array", 0), ("array", 1))


def _scattered() -> Expr:
    """g stored at one place of each row."""
    (found,) = index(_X, _PLACE, _ROWS, _COLUMNS).op.pullback(  # type: ignore[misc]
        index(_X, _PLACE, _ROWS, _COLUMNS), _G
    )[:1]
    assert found is not None
    return found


SELECTION = (
    Rule(
        "entries of a product",
        _index_of_power,
        ("index",),
        "(c x∘y)[k] = c x[k]∘y[k]",
        "less stands below the index",
        "entrywise functions and selections commute",
        (lambda: index(multiply(_X, _X, _Y), _PLACE, _ROWS, _COLUMNS),),
    ),
    Rule(
        "product with a sum of scattered entries",
        _distributed,
        ("product",),
        "(scatter(g; k) + b)∘x = scatter(g; k)∘x + b∘x",
        "the sum is no longer a factor, and the scattered array takes up its factor",
        "distributivity",
        (lambda: multiply(add(_scattered(), _Y), _X),),
    ),
    Rule(
        "product with scattered entries",
        _scatter_times,
        ("product",),
        "scatter(g; k)∘x = scatter(g∘x[k]; k)",
        "the scattered array has fewer factors beside it",
        "a selection matrix S: (Sᵀg)∘x = Sᵀ(g∘Sx)",
        (lambda: multiply(_scattered(), _X),),
    ),
    Rule(
        "scattered multiple",
        _scatter_of_scaled,
        ("scatter_add",),
        "scatter(c g) = c scatter(g) for a scalar c",
        "fewer factors below the scattered array",
        "linearity",
        (lambda: make(SCATTER, (scale(2, _G), _ROWS, _COLUMNS), _scattered().attrs),),
    ),
    Rule(
        "total of scattered entries",
        _sum_of_scatter,
        ("product",),
        "Σ_j scatter(g; (i, y_i))_ij = g_i, one entry in each row; Σ scatter(g) = Σ g over all axes",
        "one scattered array fewer",
        "a selection matrix with one 1 in each row",
        (lambda: sum_over(_scattered(), 1), lambda: sum_over(_scattered())),
    ),
)
