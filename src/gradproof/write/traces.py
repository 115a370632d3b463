"""Inner products as traces: tr(Aᵀ B) for sum(A ∘ B), tr(Wᵀ W) for ‖W‖²_F, aᵀ b for vectors.

A trace is turned, tr(A B) = tr(B A) = tr(Bᵀ Aᵀ), until the differential stands last: what stands before it
is then the transpose of the gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gradproof.calculus.differential import is_differential
from gradproof.write.algebra import add, hadamard, matmul, power, scaled, trace, transposed
from gradproof.write.form import Form, Function, Hadamard, MatMul, Name, Norm, Number, Scaled, Sum, Transposed
from gradproof.write.parts import parts_of

_ONE = Fraction(1)
_MINUS_ONE = Number("scalar", Fraction(-1))


def traced(form: Form) -> Form:
    """The form with its inner products as traces, and in entrywise products the differential last.

    Sums and multiples are gone through, nothing else.
    """
    if isinstance(form, Sum):
        return add([traced(term) for term in form.terms])
    if isinstance(form, Scaled):
        over = sorted(map(traced, form.over), key=moves)
        under = [power(f, _MINUS_ONE) for f in form.under]
        body = None if form.body is None else traced(form.body)
        return scaled(form.coefficient, [*over, *under], body)
    if isinstance(form, Hadamard):
        return hadamard(*sorted(form.parts, key=moves))
    return _product(form) if form.kind == "scalar" else form


def _product(form: Form) -> Form:
    """One inner product as a trace."""
    if isinstance(form, Norm):
        return _squared(form) if form.exponent == 2 else form
    if isinstance(form, Function):
        if form.name == "sum" and isinstance(form.part, Hadamard):
            return _inner(form.part)
        return trace(_turned(form.part)) if form.name == "tr" and isinstance(form.part, MatMul) else form
    if isinstance(form, MatMul) and moves(form.parts[0]) and not moves(form.parts[-1]):
        return matmul(*(transposed(p) for p in reversed(form.parts)))  # dxᵀ A x = xᵀ Aᵀ dx
    return form


def _squared(form: Norm) -> Form:
    part = form.part
    if part.kind == "matrix":
        return trace(matmul(transposed(part), part))
    return matmul(transposed(part), part) if part.kind == "column" else form


def _inner(form: Hadamard) -> Form:
    """sum(A ∘ B ∘ dX) = tr((A ∘ B)ᵀ dX); the factor with the differential stands last."""
    if form.kind not in ("matrix", "column"):
        return Function("scalar", "sum", form)
    moving = [p for p in form.parts if moves(p)]
    if len(moving) > 1:
        return Function("scalar", "sum", form)
    last = moving[0] if moving else form.parts[-1]
    rest = [p for p in form.parts if p is not last]
    if not rest:
        return Function("scalar", "sum", form)
    left = rest[0] if len(rest) == 1 else hadamard(*rest)
    if form.kind == "column":
        return matmul(transposed(left), last)
    return traced(trace(matmul(transposed(left), last)))


def _turned(chain: MatMul) -> Form:
    """The factors of a trace turned until the differential is the last."""
    places = [k for k, part in enumerate(chain.parts) if moves(part)]
    if len(places) != 1:
        return chain
    (at,) = places
    if isinstance(chain.parts[at], Transposed):
        parts: Sequence[Form] = [transposed(p) for p in reversed(chain.parts)]
        at = len(parts) - 1 - at
    else:
        parts = chain.parts
    return matmul(*parts[at + 1 :], *parts[: at + 1])


def moves(form: Form) -> bool:
    """Whether a differential stands in the form."""
    if isinstance(form, Name):
        return is_differential(form.node)
    return any(moves(part) for part in parts_of(form))
