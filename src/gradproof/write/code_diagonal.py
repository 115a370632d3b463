"""Sums with terms that live on a diagonal: filled through strided views, no identity matrix is made.

X'X + λI adds λ to n entries, not to n². A Hessian 2 VᵀV ⊗ I writes n·k² entries, not n²·k².
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradproof.expr.node import DELTA, Expr, number
from gradproof.expr.product import PRODUCT, SUM, einsum, specs_of
from gradproof.write.code_dialect import Dialect
from gradproof.write.code_nodes import is_transparent
from gradproof.write.code_scaled import ScaledCode, scaled_code
from gradproof.write.code_text import Code, plus

ONE = number(1)
_LETTERS = "ijklmnopqrstuvwxyz"


def terms_of(node: Expr) -> Sequence[Expr]:
    """The terms of a sum, or the expression itself."""
    return node.args if node.op is SUM else (node,)


def is_diagonal_term(term: Expr) -> bool:
    """Whether a term has a Kronecker delta between two axes of the result."""
    if term.op is DELTA:
        return True
    if term.op is not PRODUCT:
        return False
    specs, out, _ = specs_of(term)
    if len(set(out)) < len(out):
        return False
    return any(
        a.op is DELTA and set(s) <= set(out) and s[0] != s[1] for a, s in zip(term.args, specs, strict=True)
    )


def has_diagonal_terms(node: Expr) -> bool:
    """Whether an array is best filled: a product with deltas, or a sum of such and something computed."""
    if node.ndim < 2 or node.op not in (SUM, PRODUCT):
        return False
    found = [is_diagonal_term(t) for t in terms_of(node)]
    if node.op is PRODUCT:
        return found[0] and node.ndim > 2
    return any(found) and (node.ndim > 2 or not all(found))


def without_deltas(term: Expr) -> tuple[Expr, tuple[int, ...]]:
    """The entries on the diagonal, and for each axis of the term the axis of these that it runs along."""
    if term.op is DELTA:
        return einsum([()], [ONE], (0,), [term.shape[0]]), (0, 0)
    specs, out, sizes = specs_of(term)
    same = {i: i for i in range(len(sizes))}
    kept: list[tuple[Expr, tuple[int, ...]]] = []
    for arg, spec in zip(term.args, specs, strict=True):
        if arg.op is DELTA and set(spec) <= set(out):
            a, b = same[spec[0]], same[spec[1]]
            same = {i: min(a, b, key=out.index) if j in (a, b) else j for i, j in same.items()}
        else:
            kept.append((arg, spec))
    free = tuple(dict.fromkeys(same[i] for i in out))
    body = (
        einsum([tuple(same[i] for i in s) for _, s in kept], [a for a, _ in kept], free, list(sizes))
        if kept
        else einsum([()], [ONE], free, list(sizes))
    )
    return body, tuple(free.index(same[i]) for i in out)


def start_of(
    node: Expr,
    table: Mapping[Expr, Code],
    parts: Mapping[Expr, ScaledCode],
    dialect: Dialect,
) -> tuple[Code, bool] | None:
    """The dense terms of a sum and whether they are an array of their own; None where there are none."""
    dense = [t for t in terms_of(node) if not is_diagonal_term(t)]
    if not dense:
        return None
    signed = [
        (parts[t].coefficient < 0, parts[t].positive()) if t in parts else (False, table[t]) for t in dense
    ]
    code = dialect.full(plus(signed), node.shape)
    fresh = len(dense) > 1 or (dense[0].op is PRODUCT and not is_transparent(dense[0]))
    return code, fresh and not code.text.isidentifier()


def diagonal_lines(
    node: Expr,
    name: str,
    table: Mapping[Expr, Code],
    parts: Mapping[Expr, ScaledCode],
    dialect: Dialect,
) -> list[str]:
    """The statements that add the terms on diagonals."""
    return [_filled(t, name, table, parts, dialect) for t in terms_of(node) if is_diagonal_term(t)]


def _filled(
    term: Expr,
    name: str,
    table: Mapping[Expr, Code],
    parts: Mapping[Expr, ScaledCode],
    dialect: Dialect,
) -> str:
    body, axes = without_deltas(term)
    code = scaled_code(body, table, parts, dialect).code() if body.op is PRODUCT else table[body]
    letters = "".join(_LETTERS[a] for a in axes)
    return dialect.on_diagonal(name, letters, _LETTERS[: body.ndim], code)
