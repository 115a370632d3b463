"""Makes forms, and tidies while making them: scalars go to the front, transposes to the factors.

Every function keeps the value: it applies an identity of matrix algebra, never a guess.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction

from gradproof.calculus.facts import facts_about
from gradproof.write.form import (
    FLIPPED,
    IDENTITY,
    ONES,
    Call,
    Filled,
    Form,
    Function,
    Hadamard,
    Inverse,
    Kind,
    Kronecker,
    MatMul,
    MatrixPower,
    Name,
    Norm,
    Number,
    Power,
    Scaled,
    Sum,
    Transposed,
)

Coefficient = Fraction | float
_ONE = Fraction(1)


def numeric_exponent(form: Form) -> Coefficient | None:
    """The exponent of a power, where it is a number."""
    return form.exponent.value if isinstance(form, Power) and isinstance(form.exponent, Number) else None


def _gathered(
    coefficient: Coefficient, scalars: Iterable[Form]
) -> tuple[Coefficient, list[Form], list[Form]]:
    """Number, numerator and denominator of a product of scalars."""
    over: list[Form] = []
    under: list[Form] = []
    for scalar in scalars:
        if isinstance(scalar, Filled):
            scalar = scalar.scalar
        if isinstance(scalar, Number):
            coefficient = coefficient * scalar.value
        elif isinstance(scalar, Scaled):
            coefficient = coefficient * scalar.coefficient
            over += _over(scalar)
            under += scalar.under
        elif isinstance(scalar, Power) and (exponent := numeric_exponent(scalar) or 0) < 0:
            if exponent == -1 and isinstance(scalar.base, Scaled) and scalar.base.coefficient:
                coefficient = coefficient / scalar.base.coefficient
                over += scalar.base.under
                under += _over(scalar.base)
            else:
                under.append(power(scalar.base, Number("scalar", -exponent)))
        else:
            over.append(scalar)
    return coefficient, over, under


def _over(form: Scaled) -> list[Form]:
    return [*form.over, *([form.body] if form.body else [])]


def scaled(coefficient: Coefficient, scalars: Iterable[Form], body: Form | None = None) -> Form:
    """coefficient · scalars · body; scalars to a negative power go below the fraction line."""
    coefficient, over, under = _gathered(coefficient, scalars)
    over, under = _repeated(over), _repeated(under)
    if isinstance(body, Filled):
        return Filled(body.kind, scaled(coefficient, [*over, *_inverted(under), body.scalar]))
    if isinstance(body, Scaled):
        coefficient = coefficient * body.coefficient
        over, under, body = [*over, *body.over], [*under, *body.under], body.body
    if not over and not under:
        if body is None:
            return Number("scalar", coefficient)
        if coefficient == 1:
            return body
    if coefficient < 0 and isinstance(body, Sum) and all(map(_is_negative, body.terms)):
        coefficient, body = -coefficient, Sum(body.kind, tuple(scaled(-_ONE, (), t) for t in body.terms))
    if len(over) == 1 and not under and body is None and coefficient == 1:
        return over[0]
    return Scaled(body.kind if body else "scalar", coefficient, tuple(over), tuple(under), body)


def _is_negative(form: Form) -> bool:
    return isinstance(form, Scaled) and form.coefficient < 0


def _repeated(factors: Sequence[Form]) -> list[Form]:
    """t t = t²."""
    counts = Counter(factors)
    return [power(f, Number("scalar", Fraction(n))) if n > 1 else f for f, n in counts.items()]


def _inverted(under: Sequence[Form]) -> list[Form]:
    return [Power("scalar", f, Number("scalar", Fraction(-1))) for f in under]


def power(base: Form, exponent: Form) -> Form:
    """Base to the exponent, entrywise; x¹ = x, and the root of a squared norm is the norm."""
    if isinstance(exponent, Filled):
        exponent = exponent.scalar
    if isinstance(exponent, Number) and exponent.value == 1:
        return base
    if isinstance(base, Norm) and (whole := _whole(exponent, base.exponent)):
        return Norm("scalar", base.part, base.frobenius, whole)
    if isinstance(base, Filled) and exponent.kind == "scalar":
        return Filled(base.kind, power(base.scalar, exponent))
    return Power(base.kind, base, exponent)


def _whole(exponent: Form, times: int) -> int | None:
    """The product of an exponent with a number where it is whole and positive."""
    if not isinstance(exponent, Number) or not isinstance(exponent.value, Fraction):
        return None
    product = exponent.value * times
    return int(product) if product.denominator == 1 and product > 0 else None


def transposed(form: Form) -> Form:
    """Formᵀ, with (AB)ᵀ = BᵀAᵀ, (Aᵀ)ᵀ = A; diag(v), I, scalars and symmetric matrices are their own."""
    if form.kind in ("scalar", "tensor") or form is IDENTITY or _is_diagonal(form):
        return form
    inside = _transposed_inside(form, FLIPPED[form.kind])
    return Transposed(FLIPPED[form.kind], form) if inside is None else inside


def _is_symmetric(form: Name | Call) -> bool:
    return form.kind == "matrix" and "symmetric" in facts_about(form.node)


def _transposed_parts(form: Sum | Inverse | MatrixPower) -> Form | None:
    """The transpose of what is inside, where that shows no more transposes than one around it all."""
    if isinstance(form, Sum):
        terms = tuple(transposed(t) for t in form.terms)
        fewer = form.kind == "matrix" and sum(map(transposes, terms)) <= transposes(form)
        return form if Counter(terms) == Counter(form.terms) else add(terms) if fewer else None
    inner = form.part if isinstance(form, Inverse) else form.base
    turned = transposed(inner)
    if turned == inner:
        return form
    if transposes(turned) >= transposes(inner):
        return None
    if isinstance(form, Inverse):
        return Inverse(form.kind, turned)
    return MatrixPower(form.kind, turned, form.exponent)


def _transposed_inside(form: Form, kind: Kind) -> Form | None:
    """The transpose moved to the parts of a form; None where it stays outside."""
    result: Form | None = None
    if isinstance(form, Sum | Inverse | MatrixPower):
        result = _transposed_parts(form)
    elif isinstance(form, Name | Call):
        result = form if _is_symmetric(form) else None
    elif isinstance(form, Transposed):
        result = form.part
    elif isinstance(form, Filled):
        result = Filled(kind, form.scalar)
    elif isinstance(form, Scaled) and form.body:
        result = Scaled(kind, form.coefficient, form.over, form.under, transposed(form.body))
    elif isinstance(form, MatMul):
        result = MatMul(kind, tuple(transposed(p) for p in reversed(form.parts)))
    elif isinstance(form, Kronecker):
        result = Kronecker(kind, tuple(map(transposed, form.parts)))
    elif isinstance(form, Hadamard) and IDENTITY in form.parts:
        result = form
    elif isinstance(form, Hadamard) and (form.kind == "row" or _shows_transposes(form)):
        # Inside a product rows are written as columns; their transposes must not stay visible.
        result = Hadamard(kind, tuple(transposed(p) for p in form.parts))
    return result


def _shows_transposes(form: Hadamard) -> bool:
    return any(isinstance(p, Transposed) for p in form.parts)


def _is_diagonal(form: Form) -> bool:
    inner = form.part if isinstance(form, Inverse) else form
    return form.kind == "matrix" and isinstance(inner, Function) and inner.name == "diag"


def transposes(form: Form) -> int:
    """How many transposes a product shows, to choose the spelling with the fewest."""
    if isinstance(form, Scaled):
        return transposes(form.body) if form.body else 0
    if isinstance(form, MatMul | Hadamard):
        return sum(map(transposes, form.parts))
    if isinstance(form, Sum):
        return sum(map(transposes, form.terms))
    if isinstance(form, Function | Inverse):
        return transposes(form.part)
    if isinstance(form, MatrixPower):
        return transposes(form.base)
    return 1 + transposes(form.part) if isinstance(form, Transposed) else 0


def _pull_scalars(parts: Iterable[Form]) -> tuple[list[Form], list[Form]]:
    """Scalar factors of the parts, and the parts without them."""
    scalars: list[Form] = []
    bodies: list[Form] = []
    for part in parts:
        if isinstance(part, Scaled) and part.body:
            scalars.append(Scaled("scalar", part.coefficient, part.over, part.under, None))
            part = part.body
        bodies.append(part)
    return scalars, bodies


def matmul(*parts: Form) -> Form:
    """The matrix product of forms that are no scalars."""
    scalars, bodies = _pull_scalars(parts)
    flat: list[Form] = []
    for body in bodies:
        if isinstance(body, Filled):
            scalars.append(body.scalar)
            flat += _all_ones(body.kind)
        else:
            flat += body.parts if isinstance(body, MatMul) else (body,)
    kept = [p for p in flat if p is not IDENTITY] or [IDENTITY]
    return scaled(_ONE, scalars, _chain(_with_powers(kept)))


def _raised(form: Form) -> tuple[Form, int, bool]:
    """Base, exponent and whether it is transposed: X⁻ᵀ is X, −1, True."""
    if isinstance(form, Transposed):
        base, exponent, _ = _raised(form.part)
        return base, exponent, True
    if isinstance(form, Inverse):
        return form.part, -1, False
    if isinstance(form, MatrixPower):
        return form.base, form.exponent, False
    return form, 1, False


def _with_powers(parts: list[Form]) -> list[Form]:
    """X X = X², X⁻¹ X⁻¹ = X⁻², Xᵀ Xᵀ = (X²)ᵀ, where such factors are neighbours."""
    result: list[Form] = []
    for part in parts:
        if result and part.kind == result[-1].kind == "matrix":
            (base, p, flipped), (other, q, also) = _raised(result[-1]), _raised(part)
            if (p > 0) == (q > 0) and flipped is also and base == other:
                power_ = MatrixPower("matrix", base, p + q)
                result[-1] = Transposed("matrix", power_) if flipped else power_
                continue
        result.append(part)
    return result


def _all_ones(kind: Kind) -> list[Form]:
    row = Transposed("row", ONES)
    return [ONES] if kind == "column" else [row] if kind == "row" else [ONES, row]


def _chain(parts: list[Form]) -> Form:
    if len(parts) == 1:
        return parts[0]
    rows, columns = parts[0].kind in ("column", "matrix"), parts[-1].kind in ("row", "matrix")
    kind: Kind = ("matrix" if columns else "column") if rows else ("row" if columns else "scalar")
    if kind == "scalar" and parts[-1] is ONES and isinstance(parts[0], Transposed) and parts[0].part is ONES:
        return total(_chain(parts[1:-1])) if len(parts) > 2 else MatMul(kind, tuple(parts))
    return MatMul(kind, tuple(parts))


def spelled_out(form: Form) -> Form:
    """A filled array with its shape shown: c 1 for a column, c 1 1ᵀ for a matrix."""
    if not isinstance(form, Filled) or form.kind in ("tensor", "scalar") or _is_zero(form.scalar):
        return form
    return scaled(_ONE, [form.scalar], _chain(_all_ones(form.kind)))


def _is_zero(form: Form) -> bool:
    return isinstance(form, Number) and form.value == 0


def hadamard(*parts: Form) -> Form:
    """The entrywise product of forms of one kind."""
    scalars, bodies = _pull_scalars(parts)
    kept: list[Form] = []
    for body in bodies:
        if isinstance(body, Filled):
            scalars.append(body.scalar)
        else:
            kept += body.parts if isinstance(body, Hadamard) else (body,)
    if not kept:
        return scaled(_ONE, scalars, Filled(parts[0].kind, Number("scalar", _ONE)))
    kept = _repeated(kept)
    if IDENTITY in kept and len(kept) > 1:  # I ∘ Aᵀ = A ∘ I
        others = [p.part if isinstance(p, Transposed) else p for p in kept if p is not IDENTITY]
        kept = [*others, IDENTITY]
    return scaled(_ONE, scalars, kept[0] if len(kept) == 1 else Hadamard(kept[0].kind, tuple(kept)))


def kronecker(*parts: Form) -> Form:
    """A ⊗ B; I ⊗ I = I."""
    scalars, kept = _pull_scalars(parts)
    if all(f is IDENTITY for f in kept):
        return scaled(_ONE, scalars, IDENTITY)
    return scaled(_ONE, scalars, Kronecker("matrix", tuple(spelled_out(f) for f in kept)))


def vec(matrix: Form) -> Form:
    """vec(A), scalars in front."""
    scalars, (body,) = _pull_scalars([matrix])
    return scaled(_ONE, scalars, Function("column", "vec", spelled_out(body)))


def diagonal_matrix(vector: Form) -> Form:
    """diag(v), with diag(1/v) = diag(v)⁻¹ and diag(c 1) = c I; rows and columns have the same one."""
    if isinstance(vector, Transposed):
        return diagonal_matrix(vector.part)
    if isinstance(vector, Filled):
        return scaled(_ONE, [vector.scalar], IDENTITY)
    if isinstance(vector, Scaled) and vector.body:
        scalar = Scaled("scalar", vector.coefficient, vector.over, vector.under, None)
        return scaled(_ONE, [scalar], diagonal_matrix(vector.body))
    if isinstance(vector, Power) and (exponent := numeric_exponent(vector) or 0) < 0:
        return Inverse("matrix", diagonal_matrix(power(vector.base, Number("scalar", -exponent))))
    return Function("matrix", "diag", vector)


def diagonal_of(matrix: Form) -> Form:
    """The diagonal as a column."""
    return Function("column", "diag", spelled_out(matrix))


def trace(matrix: Form) -> Form:
    """tr(A), scalars in front."""
    if isinstance(matrix, Scaled) and matrix.body:
        scalar = Scaled("scalar", matrix.coefficient, matrix.over, matrix.under, None)
        return scaled(_ONE, [scalar], Function("scalar", "tr", matrix.body))
    return Function("scalar", "tr", spelled_out(matrix))


def total(form: Form) -> Form:
    """Sum of all entries; of squares it is the squared norm."""
    if isinstance(form, Scaled) and form.body:
        scalar = Scaled("scalar", form.coefficient, form.over, form.under, None)
        return scaled(_ONE, [scalar], total(form.body))
    if isinstance(form, Power) and numeric_exponent(form) == 2:
        return squared_norm(form.base)
    return Function("scalar", "sum", spelled_out(form))


def squared_norm(form: Form) -> Form:
    """‖w‖² of a vector, ‖W‖²_F of everything else; a transpose inside says nothing."""
    form = spelled_out(form.part if isinstance(form, Transposed) else form)
    return Norm("scalar", form, frobenius=form.kind != "column", exponent=2)


def add(terms: Sequence[Form]) -> Form:
    """A sum; filled terms are filled as a whole only if all are."""
    if all(isinstance(t, Filled) for t in terms):
        return Filled(terms[0].kind, add([t.scalar for t in terms]))  # type: ignore[attr-defined]
    flat: list[Form] = []
    for term in terms:
        flat += term.terms if isinstance(term, Sum) else (term,)
    return Sum(terms[0].kind, tuple(flat))
