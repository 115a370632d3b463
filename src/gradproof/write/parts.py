"""The pieces a form consists of, and the form made of other pieces."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from gradproof.write.algebra import add, hadamard, kronecker, matmul, power, scaled, transposed
from gradproof.write.form import (
    Bracketed,
    Call,
    Collected,
    Filled,
    Form,
    Function,
    Hadamard,
    Inverse,
    Kronecker,
    MatMul,
    MatrixPower,
    Norm,
    Number,
    Power,
    Scaled,
    Sum,
    SumOver,
    Transposed,
)

Change = Callable[[Form], Form]
MINUS_ONE = Number("scalar", Fraction(-1))


def parts_of(form: Form) -> tuple[Form, ...]:
    """The pieces directly below a form."""
    found = _PARTS.get(type(form))
    return () if found is None else found(form)


def with_parts(form: Form, change: Change) -> Form:
    """The form with every piece below it changed, tidied as when it was made."""
    rebuilt = _REBUILT.get(type(form))
    if rebuilt is None:
        return form
    parts = parts_of(form)
    changed = {id(p): change(p) for p in parts}  # once each: twice at every level is exponential
    if all(changed[id(p)] is p for p in parts):
        return form
    return rebuilt(form, lambda p: changed[id(p)])


_PARTS: dict[type[Form], Callable[[Any], tuple[Form, ...]]] = {
    Scaled: lambda f: (*f.over, *f.under, *(() if f.body is None else (f.body,))),
    Sum: lambda f: f.terms,
    Power: lambda f: (f.base, f.exponent),
    MatrixPower: lambda f: (f.base,),
    Filled: lambda f: (f.scalar,),
    Bracketed: lambda f: tuple(p for p in f.text if isinstance(p, Form)),
    SumOver: lambda f: (f.body,),
    Collected: lambda f: (f.body,),
    **dict.fromkeys((MatMul, Hadamard, Kronecker, Call), lambda f: f.parts),
    **dict.fromkeys((Transposed, Inverse, Function, Norm), lambda f: (f.part,)),
}


def _scaled(form: Scaled, change: Change) -> Form:
    under = [power(change(f), MINUS_ONE) for f in form.under]
    body = None if form.body is None else change(form.body)
    return scaled(form.coefficient, [*map(change, form.over), *under], body)


def _bracketed(form: Bracketed, change: Change) -> Form:
    text, latex = (
        tuple(change(p) if isinstance(p, Form) else p for p in pieces) for pieces in (form.text, form.latex)
    )
    return Bracketed(form.kind, text, latex)


_REBUILT: dict[type[Form], Callable[[Any, Change], Form]] = {
    Scaled: _scaled,
    Bracketed: _bracketed,
    MatMul: lambda f, change: matmul(*map(change, f.parts)),
    Hadamard: lambda f, change: hadamard(*map(change, f.parts)),
    Kronecker: lambda f, change: kronecker(*map(change, f.parts)),
    Sum: lambda f, change: add([change(t) for t in f.terms]),
    Transposed: lambda f, change: transposed(change(f.part)),
    Power: lambda f, change: power(change(f.base), change(f.exponent)),
    Filled: lambda f, change: Filled(f.kind, change(f.scalar)),
    Inverse: lambda f, change: Inverse(f.kind, change(f.part)),
    MatrixPower: lambda f, change: MatrixPower(f.kind, change(f.base), f.exponent),
    Function: lambda f, change: Function(f.kind, f.name, change(f.part)),
    Norm: lambda f, change: Norm(f.kind, change(f.part), f.frobenius, f.exponent),
    Call: lambda f, change: Call(f.kind, f.node, tuple(map(change, f.parts))),
}
