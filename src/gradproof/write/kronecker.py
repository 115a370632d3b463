"""Derivatives of three and four axes as the matrix of a linear map: ∂(A X B)/∂X is Bᵀ ⊗ A.

vec puts the columns of a matrix below each other, so vec(A X B) = (Bᵀ ⊗ A) vec X. The axes of a derivative,
(i, j) of the function and (k, l) of the variable, are those of the rows and columns of one matrix:
p_ik q_jl is Q ⊗ P, p_il q_jk is (Q ⊗ P) K, s_ij δ_ik δ_jl is diag(vec S), a_ij b_kl is vec(A) vec(B)ᵀ
(Magnus and Neudecker, Matrix Differential Calculus, 2019, ch. 2 and 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gradproof.calculus.canonical import terms
from gradproof.expr.node import DELTA, Expr, Shape, Size
from gradproof.expr.product import PRODUCT, SUM, specs_of
from gradproof.write.algebra import (
    add,
    diagonal_matrix,
    kronecker,
    matmul,
    scaled,
    spelled_out,
    transposed,
    vec,
)
from gradproof.write.form import IDENTITY, Form, Word
from gradproof.write.network import product_form

Factor = tuple[Form, tuple[int, ...], Expr]
F0, F1, X0, X1 = range(4)
_ONE = Fraction(1)
NOTE = "the matrix of the linear map vec(dX) ↦ vec(df); vec stacks the columns"
LATEX_NOTE = "the matrix of the linear map vec of dX to vec of df; vec stacks the columns"


def kronecker_form(expr: Expr, rows: int, form_of: Callable[[Expr], Form]) -> Form | None:
    """The form of the matrix of a derivative of three or four axes; None where it has no such form.

    Parameters
    ----------
    rows : how many of the axes are the function's; they stand first
    form_of : the matrix notation of a factor
    """
    if not 1 <= rows <= 2 or not 1 <= expr.ndim - rows <= 2:
        return None
    whole = _sum_form(expr.args if expr.op is SUM else (expr,), rows, form_of)
    return whole if whole is not None else _sum_form(terms(expr), rows, form_of)


def _sum_form(parts: Sequence[Expr], rows: int, form_of: Callable[[Expr], Form]) -> Form | None:
    found = [_term_form(t, rows, form_of) for t in parts]
    if not found or any(f is None for f in found):
        return None
    kept = [f for f in found if f is not None]
    return kept[0] if len(kept) == 1 else add(kept)


@dataclass(slots=True)
class _Term:
    """Groups of factors that summed indices hold together, by the axes of the result they have."""

    groups: list[tuple[frozenset[int], list[Factor]]]
    place: dict[int, int]  # index -> axis of the result, as F0 ... X1
    sizes: Sequence[Size]

    @property
    def axes(self) -> dict[int, int]:
        """The index of each axis."""
        return {axis: index for index, axis in self.place.items()}


def _term_form(term: Expr, rows: int, form_of: Callable[[Expr], Form]) -> Form | None:
    parts = _taken_apart(term, rows, form_of) if term.op is PRODUCT else None
    if parts is None:
        return None
    _rename_by_deltas(parts)
    labels = {group for group, _ in parts.groups if len(group) > 1}
    four = len(parts.place) == 4
    if four and labels and labels <= {frozenset({F0, F1}), frozenset({X0, X1})}:
        left, right = (_joined(parts, pair) for pair in ((F0, F1), (X0, X1)))
        return _times(parts, matmul(vec(left), transposed(vec(right)))) if left and right else None
    for first, second, swapped in (((F0, X0), (F1, X1), False), ((F0, X1), (F1, X0), True)):
        slots = {frozenset(first), frozenset(second)}
        around = {frozenset({F0, F1}), frozenset({X0, X1})}
        if labels <= slots | around:
            return _product(parts, first, second, swapped=swapped)
    return None


def _taken_apart(term: Expr, rows: int, form_of: Callable[[Expr], Form]) -> _Term | None:
    specs, out, sizes = specs_of(term)
    if len(set(out)) < len(out):
        return None
    axes = [*(F0, F1)[:rows], *(X0, X1)[: len(out) - rows]]
    place = dict(zip(out, axes, strict=True))
    groups: list[tuple[set[int], list[Factor]]] = []
    for arg, spec in zip(term.args, specs, strict=True):
        indices = set(spec)
        factors: list[Factor] = [(form_of(arg), spec, arg)]
        if any(form.kind == "tensor" for form, _, _ in factors):
            return None
        apart = []
        for held, members in groups:
            if any(i not in place for i in held & indices):
                indices |= held
                factors = [*members, *factors]
            else:
                apart.append((held, members))
        groups = [*apart, (indices, factors)]
    labelled = [(frozenset(place[i] for i in held if i in place), members) for held, members in groups]
    return _Term(labelled, place, sizes)


def _rename_by_deltas(parts: _Term) -> None:
    """δ_ik s_il = δ_ik s_kl: beside a delta of rows and columns, factors stay within one side."""
    deltas = [g for g, members in parts.groups if len(members) == 1 and members[0][2].op is DELTA]
    axes = parts.axes
    for row, column in ((F0, X0), (F1, X1)):
        if frozenset({row, column}) not in deltas:
            continue
        for k, (group, members) in enumerate(parts.groups):
            others = group - {row, column}
            if len(others) != 1 or members[0][2].op is DELTA:
                continue
            (other,) = others
            old, new = (row, column) if other in (X0, X1) else (column, row)
            if old in group:
                swap = {axes[old]: axes[new]}
                renamed = [(f, tuple(swap.get(i, i) for i in spec), e) for f, spec, e in members]
                parts.groups[k] = ((group - {old}) | {new}, renamed)


def _joined(parts: _Term, axes: tuple[int, ...]) -> Form | None:
    """The factors within some axes as one form over those that exist; None where there are none."""
    within = [(g, members) for g, members in parts.groups if g and g <= set(axes)]
    indices = parts.axes
    out = tuple(indices[a] for a in axes if a in indices)
    factors = [f for _, members in within for f in members]
    parts.groups = [entry for entry in parts.groups if entry not in within]
    if not factors:
        return None
    shape: Shape = tuple(parts.sizes[i] for i in out)
    present = {i for _, spec, _ in factors for i in spec} | set(out)
    sizes = [s if i in present else 1 for i, s in enumerate(parts.sizes)]
    return product_form(factors, out, sizes, shape)


def _product(parts: _Term, first: tuple[int, int], second: tuple[int, int], *, swapped: bool) -> Form | None:
    """diag(vec L) (Q ⊗ P) K diag(vec R)."""
    sides = []
    for pair in ((F0, F1), (X0, X1)):
        entries = [(g, m) for g, m in parts.groups if g == set(pair)]
        rest = [entry for entry in parts.groups if entry not in entries]
        parts.groups = entries
        sides.append(_joined(parts, pair) if entries else None)
        parts.groups = rest
    left, right = ([] if s is None else [diagonal_matrix(vec(s))] for s in sides)
    slots = [_slot(parts, pair) for pair in (second, first)]
    if any(s is None for s in slots):
        return None
    middle = kronecker(*(s for s in slots if s is not None))
    commuted = [_commutation(parts)] if swapped and len(parts.place) == 4 else []
    if swapped and not commuted:
        middle = kronecker(*_three_axes(parts, slots))
    return _times(parts, matmul(*left, middle, *commuted, *right))


def _slot(parts: _Term, pair: tuple[int, int]) -> Form | None:
    """P over (row, column), ones where no factor has them; a column or a row where only one axis exists."""
    present = [a for a in pair if a in parts.axes]
    if not present:
        return IDENTITY
    form = _joined(parts, pair)
    if form is None:
        sizes = [parts.sizes[parts.axes[a]] for a in present]
        ones = product_form([], tuple(range(len(sizes))), sizes, tuple(sizes))
        if ones is None:
            return None
        form = spelled_out(ones)
    return transposed(form) if present == [pair[1]] else form


def _three_axes(parts: _Term, slots: Sequence[Form | None]) -> list[Form]:
    """For a function or a variable of one axis: the factor that has the slowest axis stands first."""
    second, first = slots
    assert first is not None and second is not None
    return [second, first] if F1 in parts.axes else [first, second]


def _commutation(parts: _Term) -> Form:
    """K with K vec(X) = vec(Xᵀ)."""
    m, n = (str(parts.sizes[parts.axes[a]]) for a in (X0, X1))
    together = m + n if m.isalpha() and n.isalpha() and len(m + n) == 2 else f"{m},{n}"
    text = f"K_{together}" if len(together) == 2 else f"K[{together}]"
    return Word("matrix", text, f"K_{{{m},{n}}}")


def _times(parts: _Term, matrix: Form) -> Form:
    """The matrix with the factors that have no axis of the result in front."""
    scalars = [f for g, members in parts.groups if not g for f in members]
    held = {i for _, members in parts.groups for _, spec, _ in members for i in spec}
    if not scalars:
        return matrix
    sizes: list[Size] = [s if i in held else 1 for i, s in enumerate(parts.sizes)]
    factor = product_form(scalars, (), sizes, ())
    return matrix if factor is None else scaled(_ONE, [factor], matrix)
