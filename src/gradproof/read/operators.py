"""Python's operators on traced values."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.expr.node import Expr, number
from gradproof.read import faithful
from gradproof.read.entries import in_place
from gradproof.read.recorder import Pending, active
from gradproof.read.sizes import TracedInt
from gradproof.read.traced import Traced, concrete, lift, wrap

Build = Callable[[Expr, Expr], Expr]
_FOREIGN = (str, bytes, dict, type(None), set, frozenset)


def is_matrix(*values: Any) -> bool:
    """Whether one of the values is an np.matrix, whose * is the matrix product."""
    return any(type(v) is np.matrix for v in values)


def logical(name: str) -> Callable[..., Expr]:
    """The elementwise truth function of that name."""
    return lambda *args: faithful.function(name, *args)


_BOOLEAN: dict[str, Build] = {
    "add": logical("logical_or"), "mul": logical("logical_and"), "and": logical("logical_and"),
    "or": logical("logical_or"), "xor": logical("logical_xor"), "pow": logical("greater_equal"),
}  # fmt: skip


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool | np.bool_) or (isinstance(value, np.ndarray) and value.dtype.kind == "b")


def _result(name: str, build: Build, value: Any, a: Any, b: Any) -> Any:
    """The traced result of a binary operator whose concrete value is known."""
    if _is_boolean(value):
        build = _BOOLEAN.get(name, build)
    elif name in ("and", "or", "xor", "lshift", "rshift"):
        return wrap(value, Pending(value, "literal"))
    elif name in ("mul", "pow") and is_matrix(concrete(a), concrete(b)):
        build = _matrix_build(name, a, b)
    return wrap(value, build(lift(a), lift(b)))


def _matrix_build(name: str, a: Any, b: Any) -> Build:
    if name == "mul":
        return faithful.dot
    if type(concrete(b)) is int and concrete(b) >= 1:

        def repeated(x: Expr, _: Expr) -> Expr:
            result = x
            for _step in range(concrete(b) - 1):
                result = faithful.dot(result, x)
            return result

        return repeated
    raise active().error(
        "this power of an np.matrix cannot be followed", "use arrays and np.linalg.matrix_power"
    )


def _binary(name: str, compute: Callable[[Any, Any], Any], build: Build) -> None:
    rare = name in ("mul", "pow", "and", "or", "xor", "lshift", "rshift", "add")

    def forward(self: Any, other: Any) -> Any:
        kind = type(other)
        if kind is Traced:
            value = compute(self._c, other._c)
            if rare and (type(value) is not np.ndarray or value.dtype.kind != "f"):
                return _result(name, build, value, self, other)
            return wrap(value, build(self.expr, other.expr))
        if kind is float or kind is int:
            value = compute(self._c, other)
            if type(value) is np.ndarray and value.dtype.kind == "f":
                return wrap(value, build(self.expr, faithful.literal(other)))
            return _plainly(name, build, value, self, other)
        if isinstance(other, _FOREIGN):
            return NotImplemented
        return _plainly(name, build, compute(self._c, concrete(other)), self, other)

    def reflected(self: Any, other: Any) -> Any:
        if isinstance(other, _FOREIGN):
            return NotImplemented
        return _plainly(name, build, compute(concrete(other), self._c), other, self)

    setattr(Traced, f"__{name}__", forward)
    setattr(Traced, f"__r{name}__", reflected)


def _plainly(name: str, build: Build, value: Any, a: Any, b: Any) -> Any:
    if value is NotImplemented:
        return NotImplemented
    return _result(name, build, value, a, b)


def _comparison(name: str, compute: Callable[[Any, Any], Any], build: Build) -> None:
    def compare(self: Any, other: Any) -> Any:
        value = compute(self._c, concrete(other))
        if isinstance(other, _FOREIGN):
            return value
        return wrap(value, build(self.expr, lift(other)))

    setattr(Traced, f"__{name}__", compare)


def _unary(name: str, compute: Callable[[Any], Any], build: Callable[[Expr], Expr]) -> None:
    setattr(Traced, f"__{name}__", lambda self: wrap(compute(self._c), build(self.expr)))


def _in_place(name: str, ufunc: Any, compute: Callable[[Any, Any], Any], build: Build, sign: int = 0) -> None:
    def assign(self: Any, other: Any) -> Any:
        if isinstance(self._c, np.ndarray) and not is_matrix(self._c, concrete(other)):
            if self._c.dtype.kind == "b":
                return in_place(self, ufunc, 0, _BOOLEAN.get(name, build), other)
            return in_place(self, ufunc, sign, build, other)
        return compute(self, other)

    setattr(Traced, f"__i{name}__", assign)


def _modulo(a: Expr, b: Expr) -> Expr:
    return faithful.function("mod", a, b)


def _floor_divide(a: Expr, b: Expr) -> Expr:
    return faithful.function("floor_divide", a, b)


_ARITHMETIC: tuple[tuple[str, Any, Any, Build, int], ...] = (
    ("add", operator.add, np.add, faithful.plus, 1),
    ("sub", operator.sub, np.subtract, faithful.minus, -1),
    ("mul", operator.mul, np.multiply, faithful.times, 0),
    ("truediv", operator.truediv, np.true_divide, faithful.divide, 0),
    ("pow", operator.pow, np.power, faithful.power, 0),
    ("floordiv", operator.floordiv, np.floor_divide, _floor_divide, 0),
    ("mod", operator.mod, np.mod, _modulo, 0),
    ("and", operator.and_, np.bitwise_and, logical("logical_and"), 0),
    ("or", operator.or_, np.bitwise_or, logical("logical_or"), 0),
    ("xor", operator.xor, np.bitwise_xor, logical("logical_xor"), 0),
    ("matmul", operator.matmul, np.matmul, faithful.matmul, 0),
)
for _name, _compute, _ufunc, _build, _sign in _ARITHMETIC:
    _binary(_name, _compute, _build)
    _in_place(_name, _ufunc, _compute, _build, _sign)
_binary("lshift", operator.lshift, faithful.plus)
_binary("rshift", operator.rshift, faithful.plus)
for _name, _function in (
    ("gt", "greater"), ("ge", "greater_equal"), ("lt", "less"), ("le", "less_equal"), ("eq", "equal"),
    ("ne", "not_equal"),
):  # fmt: skip
    _comparison(_name, getattr(operator, _name), logical(_function))
_unary("neg", operator.neg, faithful.negative)
_unary("pos", operator.pos, lambda x: x)
_unary("abs", operator.abs, lambda x: faithful.function("abs", x))


def _invert(self: Any) -> Any:
    value = ~self._c
    if _is_boolean(value):
        return wrap(value, faithful.function("logical_not", self.expr))
    return wrap(value, faithful.minus(number(-1), self.expr))


def rounded(x: Expr, digits: int) -> Expr:
    """Rounding to decimal digits: piecewise constant."""
    factor = number(10**digits) if digits >= 0 else faithful.power(number(10**-digits), number(-1))
    return faithful.divide(faithful.function("rint", faithful.times(factor, x)), factor)


def _round(self: Any, digits: Any = None) -> Any:
    value = round(self._c, *(() if digits is None else (int(digits),)))
    if type(value) is int:
        return TracedInt(value, lambda: faithful.function("rint", self.expr))
    return wrap(value, rounded(self.expr, int(digits or 0)))


def _divmod(self: Any, other: Any) -> Any:
    return self // other, self % other


def _rdivmod(self: Any, other: Any) -> Any:
    return other // self, other % self


def _to_whole(name: str) -> Callable[[Any], Any]:
    def convert(self: Any) -> Any:
        return TracedInt(int(getattr(np, name)(self._c)), lambda: faithful.function(name, self.expr))

    return convert


for _name, _method in (
    ("__invert__", _invert),
    ("__round__", _round),
    ("__divmod__", _divmod),
    ("__rdivmod__", _rdivmod),
    ("__floor__", _to_whole("floor")),
    ("__ceil__", _to_whole("ceil")),
    ("__trunc__", _to_whole("trunc")),
):
    setattr(Traced, _name, _method)
