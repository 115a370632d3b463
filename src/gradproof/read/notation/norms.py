"""Words for norms."""

from __future__ import annotations

import math
from collections.abc import Callable

from gradproof.errors import InputError
from gradproof.expr import broadcast, reduction
from gradproof.expr.function import apply
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import Expr, number
from gradproof.expr.powers import divide, power, sqrt, square
from gradproof.expr.singular import nuclear, sv_max, sv_min
from gradproof.read.notation.vocabulary import word

NORMS = "Norms"
_KINDS = {"f": "fro", "fro": "fro", "frobenius": "fro", "inf": math.inf, "-inf": -math.inf, "nuc": "nuc"}
_BY_SINGULAR_VALUES: dict[object, Callable[[Expr], Expr]] = {2: sv_max, -2: sv_min, "nuc": nuclear}


@word("norm vector_norm matrix_norm linalg.norm", "X: array, ord?: any, axis?: axis, keepdims?: flag",
      "NumPy's norm: 2-norm of a vector, Frobenius norm of a matrix; ord is 'fro', 'nuc', 1, 2, inf or p",
      family="Norms")  # fmt: skip
def norm(x: Expr, ord: object = None, axis: object = None, keepdims: bool = False) -> Expr:  # noqa: A002
    axes = axis if isinstance(axis, int | tuple) else None
    kind = _kind_of_norm(ord)
    summed = broadcast.normalized_axes(axes, x.ndim)
    matrix = len(summed) == 2
    size = apply("abs", x)
    if is_complex(x):
        x = size
    if kind is None or kind == "fro" or (kind == 2 and not matrix):
        return sqrt(broadcast.sum_over(square(x), axes, keepdims))
    if matrix and kind in _BY_SINGULAR_VALUES and axes is None and not keepdims:
        return _BY_SINGULAR_VALUES[kind](x)
    if matrix and kind in (1, math.inf):
        sums = broadcast.sum_over(size, summed[0] if kind == 1 else summed[1], keepdims)
        return reduction.reduce("max", sums, None, keepdims)
    if matrix or isinstance(kind, str):
        raise InputError(f"the norm of kind {kind!r} is not known for {len(summed)} axes",
                         fix="use 'fro', 1, inf, or 'nuc' and 2 for a matrix")  # fmt: skip
    if kind == 1:
        return broadcast.sum_over(size, axes, keepdims)
    if kind in (math.inf, -math.inf):
        return reduction.reduce("max" if kind > 0 else "min", size, axes, keepdims)
    p = number(kind)
    return power(broadcast.sum_over(power(size, p), axes, keepdims), divide(number(1), p))


def _kind_of_norm(ord: object) -> str | float | None:  # noqa: A002 - NumPy's name
    if isinstance(ord, str):
        kind = _KINDS.get(ord.lower())
        if kind is None:
            raise InputError(f"{ord!r} is no kind of norm", fix="use 'fro', 'nuc', 1, 2, inf or a number p")
        return kind
    if isinstance(ord, Expr):
        value = ord.attrs[0] if ord.op.name == "number" else None
        if value is None:
            raise InputError(
                "the kind of a norm must be a number", fix="write the number, such as norm(x, 3)"
            )
        return value if value in (math.inf, -math.inf) else float(value)  # type: ignore[arg-type]
    return None


@word("norm1 norm_1", "X: array", "sum of the absolute values of all entries", family=NORMS)
def _norm1(x: Expr) -> Expr:
    return broadcast.sum_over(apply("abs", x))


@word("norm2 norm_2 frobenius norm_fro norm_F fro_norm", "X: array",
      "2-norm of a vector, Frobenius norm of a matrix", family=NORMS)  # fmt: skip
def _norm2(x: Expr) -> Expr:
    return norm(x)


@word("norm_inf norminf", "x: vector", "the largest absolute value", family=NORMS)
def _norm_inf(x: Expr) -> Expr:
    return norm(x, "inf")
