"""The doors: two formulas in, a proof out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gradproof.calculus.differentiate import gradient
from gradproof.calculus.simplify import simplify
from gradproof.errors import InputError
from gradproof.expr.broadcast import transpose
from gradproof.expr.node import Expr, facts_of, symbols
from gradproof.proving.conditions import conditions, hints
from gradproof.proving.decide import decide
from gradproof.proving.proof import NOT_EQUAL, SHAPES_DIFFER, TRANSPOSED, Proof
from gradproof.proving.written import lost_parts
from gradproof.read.notation import Formula, read_all
from gradproof.write.matrix import to_text

_NUMPY_MARKS = ("@", "np.", ".T")

Alike = tuple[int | str, int | str] | None
Shapes = Mapping[str, Any] | Iterable[str] | None


def prove(
    left: str | Expr,
    right: str | Expr,
    *,
    shapes: Shapes = None,
    assume: Mapping[str, Any] | None = None,
    let: Mapping[str, str] | None = None,
    dialect: str | None = None,
    explain: bool = True,
    seed: int = 0,
) -> Proof:
    """Whether two formulas are equal.

    Parameters
    ----------
    left, right : str or Expr
        Formulas in any notation that is read; names that occur in both are the same variables.
    shapes, assume, let, dialect
        As for :func:`~gradproof.read.notation.read`, for both formulas.
    explain : bool
        Whether to look for conditions under which a false equation holds, and for how its sides differ.
    seed : int
        Of the random points, to repeat a proof.

    Returns
    -------
    Proof
        ``verdict`` is ``equal``, ``equal to rounding``, ``not equal``, ``shapes differ`` or ``undecided``.

    Raises
    ------
    InputError
        A formula cannot be read.

    Examples
    --------
    >>> prove("tr(A @ B)", "tr(B @ A)", shapes={"A": ("m", "n"), "B": ("n", "m")}).verdict
    'equal'
    """
    first, second = _read([left, right], shapes, assume, let, dialect, (0, 1))
    lost = lost_parts(first, let), lost_parts(second, let)
    proof = decide(first.expression, second.expression, _text(left, first), _text(right, second), seed, lost)
    proof.notes += dict.fromkeys((*first.notes, *second.notes))
    if first.row != second.row and proof.verdict != SHAPES_DIFFER and first.expression.ndim == 1:
        _rows_and_columns(proof, first)
    if explain:
        _explained(proof)
    return proof


def prove_gradient(
    cost: str | Expr,
    wrt: str,
    candidate: str | Expr,
    *,
    shapes: Shapes = None,
    assume: Mapping[str, Any] | None = None,
    let: Mapping[str, str] | None = None,
    dialect: str | None = None,
    explain: bool = True,
    seed: int = 0,
) -> Proof:
    """Whether a formula is the gradient of a cost; the right side of the proof is the derived gradient.

    Examples
    --------
    >>> prove_gradient("tr(W.T @ W)", "W", "2*W", shapes={"W": ("n", "k")}).verdict
    'equal'
    """
    first, second = _read([cost, candidate], shapes, assume, let, dialect, (1, wrt))
    leaf = next((s for s in symbols(first.expression) if s.name == wrt), first.symbols.get(wrt))
    if leaf is None:
        raise InputError(
            f"no variable is called {wrt!r}", fix=f"wrt is one of {', '.join(first.symbols) or 'none'}"
        )
    derived = simplify(gradient(first.expression, [leaf])[0])
    named = f"∂({_text(cost, first)})/∂{wrt}"
    proof = decide(second.expression, derived, _text(candidate, second), f"{named} = {_shown(derived)}", seed)
    proof.notes += dict.fromkeys((*first.notes, *second.notes))
    if second.row and second.expression.ndim == 1:
        proof.notes.append(f"the formula is a row; the gradient has the shape of {wrt}, and is a column")
        if proof.holds:
            proof.verdict = TRANSPOSED
    if explain:
        _explained(proof)
    return proof


def _read(
    sides: list[str | Expr], shapes: Shapes, assume: Any, let: Any, dialect: str | None, alike: Alike
) -> list[Formula]:
    """Both sides with the same symbols; the symbols of an expression are declared to the other side."""
    texts = [s for s in sides if isinstance(s, str)]
    given = [s for s in sides if isinstance(s, Expr)]
    declared = shapes
    if texts and given:
        known = {leaf.name: leaf for e in given for leaf in symbols(e)}
        declared = {**{n: leaf.shape for n, leaf in known.items()}, **dict(shapes or {})}  # type: ignore[arg-type]
        facts = {n: sorted(facts_of(leaf)) for n, leaf in known.items() if facts_of(leaf)}
        assume = {**facts, **dict(assume or {})}
    read = iter(
        _read_texts(texts, declared, assume, let, dialect, alike if len(texts) == 2 else None)
        if texts
        else []
    )
    return [
        next(read) if isinstance(s, str) else Formula(s, {leaf.name: leaf for leaf in symbols(s)}, _shown(s))
        for s in sides
    ]


def _read_texts(
    texts: list[str], shapes: Shapes, assume: Any, let: Any, dialect: str | None, alike: Alike
) -> list[Formula]:
    """What one side shows of its notation holds for the other: beside A @ A, A * A is entrywise."""
    try:
        return read_all(texts, shapes=shapes, assume=assume, let=let, dialect=dialect, alike=alike)
    except InputError:
        if dialect is not None or not any(mark in text for text in texts for mark in _NUMPY_MARKS):
            raise
        return read_all(texts, shapes=shapes, assume=assume, let=let, dialect="numpy", alike=alike)


def _text(side: str | Expr, formula: Formula) -> str:
    return side if isinstance(side, str) else formula.text


def _shown(expr: Expr) -> str:
    return to_text(expr)


def _rows_and_columns(proof: Proof, first: Formula) -> None:
    """In mathematical notation xᵀA is a row and Aᵀx a column: as matrices they have different shapes."""
    size = proof.left.shape[0]
    row, column = (1, size), (size, 1)
    if proof.holds:
        proof.hints.append("the left side is the transpose of the right side")
    proof.verdict = SHAPES_DIFFER
    proof.left_shape, proof.right_shape = (row, column) if first.row else (column, row)
    proof.reduction = proof.evaluation = proof.counterexample = None


def _explained(proof: Proof) -> None:
    if proof.verdict == NOT_EQUAL:
        proof.hints += hints(proof.left, proof.right)
        proof.conditions += conditions(proof.left, proof.right)
    elif proof.verdict == SHAPES_DIFFER and not proof.hints:
        left, right = proof.left, proof.right
        if left.ndim == 2 and left.shape == transpose(right).shape:
            proof.hints += hints(left, right)
