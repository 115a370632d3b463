"""Operands that a sum or a product refuses, because they could be meant as something else."""

from __future__ import annotations

from gradproof.expr.node import Expr, facts_of, symbols
from gradproof.read.notation.evaluation import expression
from gradproof.read.notation.names import default_rank
from gradproof.read.notation.samples import of_guessed_vector
from gradproof.read.notation.scope import Scope
from gradproof.read.notation.spellings import entry_by_entry
from gradproof.read.notation.tree import Binary, Name, Node, Number


def check_entry(x: Expr, node: Binary, scope: Scope) -> None:
    """Refuse the entry of an undeclared vector beside an array: it was probably meant as a row of a matrix.

    Raises
    ------
    ShapeError
        The scalar ``x`` is such an entry.
    """
    name = of_guessed_vector(x, scope.locals.get(" sums"), scope)
    if name and default_rank(name):
        raise scope.misfit(
            f"an entry of {name} beside an array: is it a number, or a row of a matrix not declared?", node,
            f"declare the matrix, shapes={{'{name.upper()}': ('m', 'n')}}, or {name} as a vector",
        )  # fmt: skip


def check_square(node: Binary, matrix: Expr, scope: Scope) -> None:
    """Refuse ``A + 1`` for a square A, unless its entries count: some mean A + I, some add 1 to all entries.

    Raises
    ------
    InputError
        The matrix is square, and nothing says that its entries are meant.
    """
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or scope.convention.dialect in ("matlab", "r"):
        return
    left = expression(node.left, scope).ndim == 2
    if entry_by_entry(node.left if left else node.right) or scope.text[slice(*node.at)].startswith("."):
        return
    first, last = (scope.text[slice(*part.span)] for part in (node.left, node.right))
    square, unit = (first, f"{last}*I") if left else (last, f"{first}*I")
    with_unit = f"{square} {node.op} {unit}" if left else f"{unit} {node.op} {square}"
    raise scope.refuse(
        f"a scalar and the square matrix {square}: with every entry, or times the identity?", node,
        f"write {with_unit}, or {first} .{node.op} {last} for every entry",
    )  # fmt: skip


def is_guessed_scalar(x: Expr, scope: Scope) -> bool:
    """Whether a scalar has names that nobody declared, which may be vectors."""
    declared = scope.names.shapes
    return any(s.name not in declared and "size" not in facts_of(s) for s in symbols(x))


def is_guessed_vector(vector: Node, scalar: Node, scope: Scope) -> bool:
    """Whether ``b`` in ``b + w'x`` is a vector by habit only: beside a scalar product it is a scalar."""
    if not isinstance(vector, Name) or isinstance(scalar, Name | Number):
        return False
    declared = scope.names.is_known(vector.name) or vector.name in scope.locals
    return not declared and expression(vector, scope).ndim == 1
