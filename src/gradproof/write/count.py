"""How long a printed formula is: the number of its operators."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from itertools import pairwise

from gradproof.write.form import (
    ONES,
    Bracketed,
    Call,
    Collected,
    Entry,
    Filled,
    Form,
    Function,
    Hadamard,
    Inverse,
    Kronecker,
    MatMul,
    MatrixPower,
    Norm,
    Power,
    Scaled,
    Sum,
    SumOver,
    Transposed,
)

_ONES = (ONES, Transposed("row", ONES))


@singledispatch
def operators(form: Form) -> int:
    """How many operators a form shows: +, products, quotients, powers, transposes, inverses and functions.

    A minus counts where it subtracts or stands alone: −2 X has one operator, and so has −X.
    """
    return 0


def _all(forms: Iterable[Form]) -> int:
    return sum(map(operators, forms))


@operators.register
def _filled(form: Filled) -> int:
    return operators(form.scalar)


@operators.register
def _scaled(form: Scaled) -> int:
    above = (*form.over, *(() if form.body is None else (form.body,)))
    numbers = int(abs(form.coefficient) != 1)
    lone_minus = int(form.coefficient == -1)
    return _all(above) + _all(form.under) + max(len(above) + numbers - 1, 0) + len(form.under) + lone_minus


@operators.register(MatMul)
@operators.register(Hadamard)
@operators.register(Kronecker)
def _between(form: MatMul | Hadamard | Kronecker) -> int:
    ones = sum(pair == _ONES for pair in pairwise(form.parts))  # 1 1ᵀ is one constant
    return _all(form.parts) + len(form.parts) - 1 - 2 * ones


@operators.register
def _sum(form: Sum) -> int:
    first, *rest = form.terms
    signs = sum(isinstance(t, Scaled) and t.coefficient == -1 for t in rest)  # these are subtracted
    return operators(first) + _all(rest) + len(rest) - signs


@operators.register(Transposed)
@operators.register(Inverse)
@operators.register(Function)
def _around(form: Transposed | Inverse | Function) -> int:
    return 1 + operators(form.part)


@operators.register
def _norm(form: Norm) -> int:
    return 1 + int(form.exponent != 1) + operators(form.part)


@operators.register(MatrixPower)
@operators.register(Power)
def _power(form: MatrixPower | Power) -> int:
    return 1 + operators(form.base)


@operators.register
def _call(form: Call) -> int:
    return 1 + _all(form.parts)


@operators.register
def _bracketed(form: Bracketed) -> int:
    return 1 + _all(piece for piece in form.text if isinstance(piece, Form))


@operators.register
def _entry(form: Entry) -> int:
    return operators(form.array)


@operators.register
def _sum_over(form: SumOver) -> int:
    return 1 + operators(form.body)


@operators.register
def _collected(form: Collected) -> int:
    return operators(form.body)
