"""Calls that are another spelling: of an operator, of another function, of what a dialect makes of them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from gradproof.read.notation import vocabulary
from gradproof.read.notation.evaluation import expression
from gradproof.read.notation.scope import Scope
from gradproof.read.notation.tree import Bars, Binary, Call, Node, Number, Operator, Transpose, Unary
from gradproof.read.notation.vocabulary import Function


def respelled(function: Function, node: Call, scope: Scope) -> tuple[Function, Call, Node | None]:
    """The function and call that are meant, and what to read instead where the call is another spelling."""
    if scope.convention.dialect != "numpy":
        _check_matrix_function(node, function.name, scope)
    if function.name == "reshape" and not scope.convention.broadcasts:
        raise scope.refuse(
            "reshape goes along the rows in NumPy and down the columns in MATLAB", node.at,
            "write vec(X) for the columns one after another, or say dialect='numpy'",
        )  # fmt: skip
    with_bars = _with_bars(node, function.name, scope)
    if with_bars is not None:
        return function, node, with_bars
    if node.function in ("max", "min") and len(node.arguments) == 2:
        function = vocabulary.VOCABULARY[f"{node.function}imum"]  # max(x, 0), as Python and MATLAB have it
    elif function.name in _PER_COLUMN and scope.convention.dialect not in ("numpy", "latex"):
        function, node = _by_dialect(function, node, scope)
    return function, node, _as_operator(node, function.name, scope)


_PER_COLUMN = frozenset(["sum", "mean", "prod", "max", "min", "var", "std", "norm"])


def _by_dialect(function: Function, node: Call, scope: Scope) -> tuple[Function, Call]:
    """What MATLAB, R and plain notation read differently: sums of columns, n − 1, the norm of a matrix."""
    dialect, name = scope.convention.dialect, function.name
    if name in ("var", "std"):
        if dialect == "math":
            raise scope.refuse(
                f"{name} is over n in some notations and over n - 1 in others",
                node,
                "write mean((x - mean(x)).^2), or say dialect='numpy' or 'matlab'",
            )
        function = vocabulary.VOCABULARY[f"torch.{name}"]
    if len(node.arguments) != 1 or node.keywords:
        return function, node
    rank = expression(node.arguments[0], scope).ndim
    if rank < 2:
        return function, node
    if name == "norm":
        if dialect == "r":
            raise scope.refuse("R's norm of a matrix is the 1-norm unless said", node, "write norm(A, 'F')")
        if dialect == "math":
            scope.note(f"{scope.text[slice(*node.span)]} of a matrix is the Frobenius norm")
            return function, node
        return function, replace(node, arguments=(*node.arguments, Number(node.span, Fraction(2))))
    if dialect == "matlab":
        return function, replace(node, keywords=(("axis", Number(node.span, Fraction(0))),))
    if dialect == "math" and name in ("sum", "mean", "prod", "max", "min"):
        scope.note(f"{scope.text[slice(*node.span)]} is over all entries of the matrix")
    return function, node


def _with_bars(node: Call, name: str, scope: Scope) -> Node | None:
    """``log|A|`` and ``log|det A|`` are the log-determinant; a sum of ``|x|`` is one of absolute values."""
    if len(node.arguments) != 1 or not isinstance(node.arguments[0], Bars):
        return None
    inside = node.arguments[0].operand
    if name == "log":
        if isinstance(inside, Call) and inside.function == "det":
            return replace(inside, function="logdet")
        if expression(inside, scope).ndim == 2:
            return Call(node.span, "logdet", (inside,), at=node.at)
    if name in ("sum", "mean", "max", "min") and expression(inside, scope).ndim:
        return replace(node, arguments=(Call(inside.span, "abs", (inside,), at=inside.span),))
    return None


def _line_of(node: Call, name: str, rows: Node, columns: Node) -> Node | None:
    """``ones(n, 1)`` is a vector, ``ones(1, n)`` its transpose."""
    if isinstance(columns, Number) and columns.value == 1:
        return Call(node.span, name, (rows,), at=node.at)
    if isinstance(rows, Number) and rows.value == 1:
        return Transpose(node.span, Call(node.span, name, (columns,), at=node.at))
    return None


def _check_matrix_function(node: Call, name: str, scope: Scope) -> None:
    """``tr(exp(A))``: of a square matrix, the exponential can be the matrix's or the entries'."""
    if len(node.arguments) == 1 and name in _OF_SQUARE and scope.convention.dialect == "math":
        _check_of_square(node, name, scope)
    if name not in ("tr", "det", "logdet", "exp") or len(node.arguments) != 1:
        return
    if name == "exp":
        if scope.text[slice(*node.at)] == "e" and expression(node.arguments[0], scope).ndim == 2:
            raise scope.refuse(
                "e to a matrix can be taken entry by entry or be the matrix exponential",
                node,
                "write exp(...) for entries, expm(...) for the matrix exponential",
            )
        return
    inner = node.arguments[0]
    if (
        not isinstance(inner, Call)
        or (name in _OF_SQUARE and scope.convention.dialect == "math")
        or inner.function not in _OF_MATRICES
        or len(inner.arguments) != 1
    ):
        return
    if expression(inner.arguments[0], scope).ndim == 2:
        word, inside = inner.function, scope.text[slice(*inner.arguments[0].span)]
        raise scope.refuse(
            f"{word} of a square matrix can be taken entry by entry or be the function of the matrix",
            inner,
            f"write {word}m({inside}) for the matrix function; entry by entry, say dialect='numpy'",
        )


_OF_SQUARE = frozenset(("exp", "log", "sqrt"))


def _check_of_square(node: Call, name: str, scope: Scope) -> None:
    """``exp(t A)``: the exponential of the matrix, or of its entries?"""
    argument = node.arguments[0]
    by_entries = scope.text[node.at[1] : node.at[1] + 1] == "." or entry_by_entry(argument)
    if by_entries or isinstance(argument, Bars):
        return
    x = expression(argument, scope)
    if x.ndim == 2 and x.shape[0] == x.shape[1]:
        inside = scope.text[slice(*argument.span)].strip("()")
        raise scope.refuse(
            f"{name} of a square matrix can be taken entry by entry or be the function of the matrix",
            node,
            f"write {name}.({inside}) for the entries, {name}m({inside}) for the function of the matrix",
        )


def entry_by_entry(node: Node) -> bool:
    """Whether a matrix is written as one whose entries count, not the map: X .* Y, tanh(X), -abs(X)."""
    if isinstance(node, Unary):
        return entry_by_entry(node.operand)
    if isinstance(node, Binary):
        if node.op in ("hadamard", "elementwise_divide", "elementwise_power"):
            return True
        return node.op in ("+", "-", "times", "matmul", "divide") and (
            entry_by_entry(node.left) or (node.op in ("+", "-") and entry_by_entry(node.right))
            or (isinstance(node.left, Number) and entry_by_entry(node.right))
        )  # fmt: skip
    function = vocabulary.find(node.function) if isinstance(node, Call) else None
    return function is not None and function.broadcasts


_OF_MATRICES = frozenset(("exp", "log", "sqrt", "sin", "cos", "sinh", "cosh"))


def _as_operator(node: Call, name: str, scope: Scope) -> Node | None:
    """The operator that a function is another spelling of, so that both read alike."""
    arguments = node.arguments
    if node.keywords or not 1 <= len(arguments) <= 2:
        return None
    first, last = arguments[0], arguments[-1]
    if name in ("crossprod", "tcrossprod"):
        if name == "crossprod":
            first = Transpose(first.span, first)
        else:
            last = Transpose(last.span, last)
        return Binary(node.span, "matmul", first, last, node.at)
    return _as_unary(node, name, first) if len(arguments) == 1 else _as_binary(node, name, scope)


def _as_unary(node: Call, name: str, argument: Node) -> Node | None:
    if name == "solve":
        return Call(node.span, "inv", (argument,), at=node.at)
    return Transpose(node.span, argument) if name == "transpose" else None


def _as_binary(node: Call, name: str, scope: Scope) -> Node | None:
    (first, last), numpy = node.arguments, scope.convention.broadcasts
    op: Operator | None = {"matmul": "matmul", "solve": "left_divide"}.get(name)  # type: ignore[assignment]
    if name in ("ones", "zeros") and not numpy:
        return _line_of(node, name, first, last)
    if name == "dot" and not numpy:
        op = "dot"
    elif name in ("dot", "inner") and numpy:
        ranks = [expression(a, scope).ndim for a in node.arguments]
        if min(ranks) and (max(ranks) == 1 or (name == "dot" and max(ranks) == 2)):
            op = "matmul"
    return None if op is None else Binary(node.span, op, first, last, node.at)
