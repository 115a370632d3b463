"""Expressions as code computes them: one node for every operation written, nothing joined or cancelled.

The constructors of :mod:`gradproof.expr` simplify (nested sums become one sum, (√x)² becomes x). A trace must
keep what has a name in the user's code as a node of its own, so that its cotangent can be compared with
the candidate's variable. Only exact trifles disappear here: adding a literal 0, multiplying by a literal 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from gradproof.expr import broadcast
from gradproof.expr.broadcast import broadcast_shapes
from gradproof.expr.function import apply
from gradproof.expr.node import DELTA, NUMBER, Expr, Shape, make, number, number_value, symbol
from gradproof.expr.powers import scalar_exponent
from gradproof.expr.product import PRODUCT, SUM, filled, ones, zeros

Builder = Callable[..., Expr]
MINUS_ONE, ZERO, ONE = number(-1), number(0), number(1)


@lru_cache(maxsize=4096)
def literal(value: int | float) -> Expr:
    """The number node of a Python number."""
    return number(value)


def unfilled(x: Expr) -> Expr | None:
    """The number node that every entry of the expression literally is, if it is one."""
    if x.op is NUMBER:
        return x
    if x.op is PRODUCT and len(x.args) == 1 and x.args[0].op is NUMBER:
        return x.args[0]
    return None


@lru_cache(maxsize=4096)
def _pattern(builder: Builder, shapes: tuple[Shape, ...], *rest: Any) -> tuple[Any, ...] | None:
    """Attributes of the product node that a builder makes for arguments of these shapes.

    None where it makes no product of exactly these arguments in this order.
    """
    arguments = tuple(symbol(f"#{k}", s) for k, s in enumerate(shapes))
    node = builder(*arguments, *rest)
    return node.attrs if node.op is PRODUCT and node.args == arguments else None


def product_of(builder: Builder, args: tuple[Expr, ...], *rest: Any) -> Expr:
    """``builder(*args, *rest)``, a product node; its index pattern is looked up by the shapes."""
    for arg in args:
        if arg.op is NUMBER or arg.op is DELTA:
            return builder(*args, *rest)
    attrs = _pattern(builder, tuple([a.shape for a in args]), *rest)
    return builder(*args, *rest) if attrs is None else make(PRODUCT, args, attrs)


def filled_with(x: Expr) -> Fraction | float | None:
    """The number that every entry of the expression literally is, if it is one."""
    node = unfilled(x)
    return None if node is None else number_value(node)


def broadcast_to(x: Expr, shape: Shape) -> Expr:
    """Repeat over a larger shape."""
    if x.shape == shape:
        return x
    value = filled_with(x)
    if value is not None:
        return filled(number(value), shape)
    return product_of(broadcast.broadcast_to, (x,), shape)


def _common(a: Expr, b: Expr) -> Shape:
    return a.shape if a.shape == b.shape else broadcast_shapes(a.shape, b.shape)


def plus(a: Expr, b: Expr) -> Expr:
    """a + b; a literal zero leaves the other side."""
    x, y = unfilled(a), unfilled(b)
    if x is not None or y is not None:
        shape = _common(a, b)
        if x is not None and y is not None:
            return filled(number(_value(x) + _value(y)), shape)
        if x is ZERO:
            return broadcast_to(b, shape)
        if y is ZERO:
            return broadcast_to(a, shape)
    elif a.shape == b.shape:
        return make(SUM, (a, b))
    shape = _common(a, b)
    return make(SUM, (broadcast_to(a, shape), broadcast_to(b, shape)))


def negative(a: Expr) -> Expr:
    """−a."""
    return times(MINUS_ONE, a)


def minus(a: Expr, b: Expr) -> Expr:
    """a − b."""
    return plus(a, negative(b))


def times(a: Expr, b: Expr) -> Expr:
    """Entrywise a·b; a literal number comes first."""
    x, y = unfilled(a), unfilled(b)
    if x is not None or y is not None:
        shape = _common(a, b)
        if x is not None and y is not None:
            return filled(number(_value(x) * _value(y)), shape)
        factor, other = (x, b) if x is not None else (y, a)
        assert factor is not None
        if factor is ONE:
            return broadcast_to(other, shape)
        if factor is ZERO:
            return zeros(shape)
        return _scaled(factor, broadcast_to(other, shape))
    return product_of(broadcast.multiply, (a, b))


def _value(x: Expr) -> Fraction | float:
    value = number_value(x)
    assert value is not None
    return value


@lru_cache(maxsize=1024)
def _scaling(shape: Shape) -> tuple[Any, ...]:
    axes = tuple(range(len(shape)))
    return ((), axes), axes, shape


def _scaled(factor: Expr, x: Expr) -> Expr:
    if x.op is DELTA:
        return broadcast.multiply(factor, x)
    return make(PRODUCT, (factor, x), _scaling(x.shape))


def divide(a: Expr, b: Expr) -> Expr:
    """a/b: a product with the power −1; a literal divisor becomes an exact fraction."""
    y = filled_with(b)
    if isinstance(y, Fraction) and y != 0:
        return times(number(1 / y), broadcast_to(a, _common(a, b)))
    return times(a, power(b, MINUS_ONE))


def power(x: Expr, p: Expr) -> Expr:
    """x to the power p, entrywise; powers of powers stay."""
    shape = _common(x, p)
    exponent = scalar_exponent(p)
    if exponent == 1:
        return broadcast_to(x, shape)
    if exponent == 0:
        return ones(shape)
    base = filled_with(x)
    whole = isinstance(exponent, Fraction) and exponent.denominator == 1 and abs(exponent) <= 64
    if whole and isinstance(base, Fraction) and base != 0 and exponent is not None:
        return filled(number(base ** int(exponent)), shape)
    return function("power", x, number(exponent) if exponent is not None else p)


def square(x: Expr) -> Expr:
    """x²."""
    return power(x, number(2))


def sqrt(x: Expr) -> Expr:
    """√x."""
    return power(x, number(Fraction(1, 2)))


def function(name: str, *args: Expr) -> Expr:
    """The elementwise function ``name`` with broadcasting."""
    first = args[0].shape
    for other in args[1:]:
        if other.shape != first:
            shape = broadcast_shapes(*[a.shape for a in args])
            return apply(name, *[broadcast_to(a, shape) for a in args])
    return apply(name, *args)


def dot(a: Expr, b: Expr) -> Expr:
    """:func:`numpy.dot`."""
    return times(a, b) if not a.shape or not b.shape else product_of(broadcast.dot, (a, b))


def matmul(a: Expr, b: Expr) -> Expr:
    """The ``@`` product."""
    return product_of(broadcast.matmul, (a, b))


def transpose(x: Expr, axes: tuple[int, ...] | None = None) -> Expr:
    """Permute axes; fewer than two stay."""
    return product_of(broadcast.transpose, (x,), axes) if x.ndim > 1 else x


def sum_over(x: Expr, axis: Any = None, keepdims: bool = False) -> Expr:
    """Sum over axes."""
    return product_of(broadcast.sum_over, (x,), axis, keepdims) if x.shape else x


def expand_dims(x: Expr, axes: Sequence[int]) -> Expr:
    """Insert axes of size 1."""
    return product_of(broadcast.expand_dims, (x,), tuple(axes)) if axes else x


def squeeze(x: Expr, axis: Any = None) -> Expr:
    """Drop axes of size 1."""
    return product_of(broadcast.squeeze, (x,), axis)
