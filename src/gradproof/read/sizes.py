"""Integers that remember where they came from: sizes of arrays and whole-number hyperparameters."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from gradproof.expr.node import Expr, number
from gradproof.read import faithful
from gradproof.read.dispatch import HANDLERS
from gradproof.read.recorder import Pending, active

Thunk = Callable[[], Expr]


class TracedInt(int):
    """An int with an expression, which is made when it is needed."""

    _leaf: Pending | None
    _thunk: Thunk | None

    def __new__(cls, value: int, origin: Pending | Thunk) -> TracedInt:
        """``origin`` is the leaf it is, or makes its expression."""
        self = int.__new__(cls, value)
        self._leaf, self._thunk = (origin, None) if isinstance(origin, Pending) else (None, origin)
        return self

    @property
    def expr(self) -> Expr:
        """The expression of the number."""
        if self._leaf is not None:
            return self._leaf.resolve()
        assert self._thunk is not None
        expr = self._thunk()
        active().computed(expr, float(int(self)))
        self._thunk = lambda: expr
        return expr

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return HANDLERS["__ufunc__"](ufunc, method, inputs, kwargs)

    def __copy__(self) -> TracedInt:
        return self

    def __deepcopy__(self, memo: Any) -> TracedInt:
        return self

    def __reduce__(self) -> Any:
        return int, (int(self),)

    def __truediv__(self, other: Any) -> Any:
        return _quotient(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _quotient(other, self)

    def __neg__(self) -> TracedInt:
        return TracedInt(-int(self), lambda: faithful.negative(self.expr))

    def __pos__(self) -> TracedInt:
        return self

    def __abs__(self) -> TracedInt:
        return self if int(self) >= 0 else -self


def integer_expr(x: Any) -> Expr:
    """The expression of a number."""
    return x.expr if type(x) is TracedInt else number(x)


def _quotient(a: Any, b: Any) -> Any:
    if not (isinstance(a, int | float) and isinstance(b, int | float)):
        return NotImplemented
    return HANDLERS["__scalar__"](
        operator.truediv(_plain(a), _plain(b)), faithful.divide(integer_expr(a), integer_expr(b))
    )


def _plain(x: Any) -> Any:
    return int(x) if type(x) is TracedInt else x


def _arithmetic(name: str, compute: Callable[[Any, Any], Any], build: Callable[[Expr, Expr], Expr]) -> None:
    def apply(a: Any, b: Any) -> Any:
        value = compute(_plain(a), _plain(b))
        if type(value) is int:
            return TracedInt(value, lambda: build(integer_expr(a), integer_expr(b)))
        return HANDLERS["__scalar__"](value, build(integer_expr(a), integer_expr(b)))

    def forward(self: TracedInt, other: Any) -> Any:
        return apply(self, other) if type(other) in (int, float, TracedInt, bool) else NotImplemented

    def reflected(self: TracedInt, other: Any) -> Any:
        return apply(other, self) if type(other) in (int, float, TracedInt, bool) else NotImplemented

    setattr(TracedInt, f"__{name}__", forward)
    setattr(TracedInt, f"__r{name}__", reflected)


_arithmetic("add", operator.add, faithful.plus)
_arithmetic("sub", operator.sub, faithful.minus)
_arithmetic("mul", operator.mul, faithful.times)
_arithmetic("floordiv", operator.floordiv, lambda a, b: faithful.function("floor_divide", a, b))
_arithmetic("mod", operator.mod, lambda a, b: faithful.function("mod", a, b))
_arithmetic("pow", operator.pow, faithful.power)
