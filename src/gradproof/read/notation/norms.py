"""Words for norms."""

from __future__ import annotations

import math
from fractions import Fraction

from gradproof.errors import InputError
from gradproof.expr import norms
from gradproof.expr.node import Expr, number_value
from gradproof.read.notation.vocabulary import word

FAMILY = "Norms"
_KINDS: dict[str, str | float] = {
    "f": "fro",
    "fro": "fro",
    "frobenius": "fro",
    "inf": math.inf,
    "-inf": -math.inf,
    "nuc": "nuc",
}


@word(
    "norm vector_norm matrix_norm linalg.norm",
    "X: array, ord?: any, axis?: axis, keepdims?: flag",
    "NumPy's norm: 2-norm of a vector, Frobenius norm of a matrix; ord is 'fro', 'nuc', 1, 2, inf or p",
    family=FAMILY,
)
def _norm(
    x: Expr,
    ord: object = None,  # noqa: A002 - NumPy's name
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
) -> Expr:
    return norm(x, ord, axis, keepdims)


def norm(
    x: Expr, kind: object = None, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
) -> Expr:
    """A norm by what was written for its kind: a word, a number, or nothing."""
    return norms.norm(x, _kind(kind), axis, keepdims)


def _kind(said: object) -> norms.Order:
    if isinstance(said, str):
        kind = _KINDS.get(said.lower())
        if kind is None:
            raise InputError(f"{said!r} is no kind of norm", fix="use 'fro', 'nuc', 1, 2, inf or a number p")
        return kind
    if isinstance(said, Expr):
        value = number_value(said)
        if value is None:
            raise InputError(
                "the kind of a norm must be a number", fix="write the number, such as norm(x, 3)"
            )
        whole = isinstance(value, Fraction) and value.denominator == 1
        return int(value) if whole else value
    return None


@word("norm1 norm_1", "X: array", "sum of the absolute values of all entries", family=FAMILY)
def _norm1(x: Expr) -> Expr:
    return norms.norm1(x)


@word(
    "norm2 norm_2 frobenius norm_fro norm_F fro_norm",
    "X: array",
    "2-norm of a vector, Frobenius norm of a matrix",
    family=FAMILY,
)
def _norm2(x: Expr) -> Expr:
    return norms.norm2(x)


@word("norm_inf norminf", "x: array", "the largest absolute value", family=FAMILY)
def _norm_inf(x: Expr) -> Expr:
    return norms.norm_inf(x)


@word("l21 norm_21", "X: matrix", "sum of the 2-norms of the rows", family=FAMILY)
def _l21(x: Expr) -> Expr:
    return norms.l21(x)


@word("l12 norm_12", "X: matrix", "2-norm of the 1-norms of the rows", family=FAMILY)
def _l12(x: Expr) -> Expr:
    return norms.l12(x)
