"""One operation at a time: the facts of a result, from the facts of the arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import cast

import numpy as np

from gradproof.expr.congruence import is_own_transpose, network, product_facts
from gradproof.expr.known import Facts, closed, known
from gradproof.expr.node import CONSTANT, DELTA, NUMBER, SYMBOL, ArrayData, Expr, facts_of, number_value
from gradproof.expr.powers import POWER, scalar_exponent
from gradproof.expr.product import PRODUCT, SUM

_IDENTITY: Facts = frozenset(("symmetric", "spd", "diagonal", "orthogonal", "nonnegative", "integer"))
_POSITIVE = {"exp", "exp2", "sigmoid", "softplus", "softmax", "cosh"}
_NONNEGATIVE = {"abs", "greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "isfinite"}
_SPECTRAL = {"expm", "sinm", "cosm", "logm", "sqrtm", "matrix_power", "tanhm", "sinhm", "coshm"}
_COMPLEX_UNLESS_SYMMETRIC = {"v_max", "v_min"}
_LITERAL = 10_000  # entries of a literal array that are looked at


def concluded(node: Expr) -> Facts:
    """The facts of a node, once those of its arguments are known."""
    if node.op is SYMBOL:
        declared = facts_of(node)
        # Of complex matrices, positive definite means Hermitian: nothing about the transpose follows.
        return closed(declared - {"spd", "psd"} if "complex" in declared else declared)
    rule = _RULES.get(node.op.name) or (_elementwise if node.op.elementwise else _carried)
    return closed([*rule(node), *(["complex"] if _is_complex(node) else [])])


def _is_complex(node: Expr) -> bool:
    """Whether a complex number takes part, and nothing makes the result real."""
    if node.op is CONSTANT:
        return cast("ArrayData", node.attrs[0]).array.dtype.kind == "c"
    if node.op.name in _COMPLEX_UNLESS_SYMMETRIC and "symmetric" not in known(node.args[0]):
        return True
    if node.op.field:
        return node.op.field == "complex"
    return any("complex" in known(a) for a in node.args)


def _number(node: Expr) -> Iterable[str]:
    value = number_value(node)
    assert value is not None
    if value > 0:
        yield "positive"
    if value >= 0:
        yield "nonnegative"
    if isinstance(value, Fraction) and value.denominator == 1:
        yield "integer"


def _literal(node: Expr) -> Iterable[str]:
    array = cast("ArrayData", node.attrs[0]).array
    if array.dtype.kind in "iufb" and 0 < array.size <= _LITERAL:
        if (array > 0).all():
            yield "positive"
        elif (array >= 0).all():
            yield "nonnegative"
        if array.ndim == 2 and array.shape[0] == array.shape[1]:
            yield from _literal_matrix(array)


def _literal_matrix(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Iterable[str]:
    if np.array_equal(array, array.T):
        yield "symmetric"
    if np.array_equal(array, np.tril(array)):
        yield "lower"
    if np.array_equal(array, np.triu(array)):
        yield "upper"


def _sum(node: Expr) -> Iterable[str]:
    parts = [known(a) for a in node.args]
    common = frozenset.intersection(*parts)
    yield from common & {"symmetric", "psd", "diagonal", "lower", "upper", "nonnegative", "integer"}
    if "nonnegative" in common and any("positive" in p for p in parts):
        yield "positive"
    if "psd" in common and any("spd" in p for p in parts):
        yield "spd"
    if "symmetric" not in common and is_own_transpose([network(a) for a in node.args], node):
        yield "symmetric"


def _elementwise(node: Expr) -> Iterable[str]:
    name = node.op.name
    parts = [known(a) for a in node.args]
    if name in _POSITIVE:
        yield "positive"
    if name in _NONNEGATIVE or (name == "maximum" and any("nonnegative" in p for p in parts)):
        yield "nonnegative"
    yield from _rearranged(node, parts)


def _rearranged(node: Expr, parts: list[Facts]) -> Iterable[str]:
    """A function applied entry by entry keeps a symmetric pattern."""
    square = node.ndim == 2 and node.shape[0] == node.shape[1]
    if square and all("symmetric" in p or _is_filled(a) for a, p in zip(node.args, parts, strict=True)):
        yield "symmetric"


def _is_filled(node: Expr) -> bool:
    """Whether every entry is the same: a scalar, or one broadcast."""
    if node.ndim == 0:
        return True
    return node.op is PRODUCT and all(a.ndim == 0 for a in node.args)


def _power(node: Expr) -> Iterable[str]:
    exponent = node.args[1]
    parts = [known(a) for a in node.args]
    value = scalar_exponent(exponent)
    real = "complex" not in parts[0]
    if "positive" in parts[0]:
        yield "positive"
    elif isinstance(value, Fraction) and real:
        even = value.denominator == 1 and value.numerator % 2 == 0
        if even or value.denominator % 2 == 0 or "nonnegative" in parts[0]:
            yield "nonnegative"
    yield from _rearranged(node, parts)
    if "diagonal" in parts[0] and isinstance(value, Fraction) and value > 0:
        yield "diagonal"


def _carried(node: Expr) -> Iterable[str]:
    """Operations without a rule of their own: complex where an argument is, nothing else is known."""
    if node.op.name in _POSITIVE:
        yield "positive"


def _keeping(*words: str) -> Callable[[Expr], Iterable[str]]:
    def rule(node: Expr) -> Iterable[str]:
        return frozenset.intersection(*(known(a) for a in node.args)) & {*words}

    return rule


def _inverse(node: Expr) -> Iterable[str]:
    yield "invertible"
    kept = {"symmetric", "psd", "diagonal", "lower", "upper", "orthogonal"}
    yield from known(node.args[0]) & kept


def _exponential(node: Expr) -> Iterable[str]:
    yield from known(node.args[0]) & {"symmetric", "diagonal", "lower", "upper"}
    yield "invertible"
    if "symmetric" in known(node.args[0]):
        yield "psd"


def _determinant(node: Expr) -> Iterable[str]:
    inside = known(node.args[0])
    if "spd" in inside:
        yield "positive"
    elif "psd" in inside:
        yield "nonnegative"


_RULES: dict[str, Callable[[Expr], Iterable[str]]] = {
    NUMBER.name: _number,
    CONSTANT.name: _literal,
    DELTA.name: lambda node: _IDENTITY,
    SUM.name: _sum,
    PRODUCT.name: product_facts,
    POWER.name: _power,
    "inv": _inverse,
    "pinv": _keeping("symmetric", "psd", "diagonal"),
    "kron": _keeping("symmetric", "psd", "spd", "diagonal", "lower", "upper", "orthogonal", "invertible"),
    "expm": _exponential,
    "det": _determinant,
    "cholesky": lambda node: ("lower", "invertible"),
    "eigenvectors_symmetric": lambda node: ("orthogonal",),
    "nuclear_norm": lambda node: ("nonnegative",),
    "singular_values": lambda node: ("nonnegative",),
    **{name: _keeping("symmetric", "diagonal", "lower", "upper") for name in sorted(_SPECTRAL - {"expm"})},
}
