"""Matrices with a pattern: triangles, Toeplitz, Hankel and circulant matrices, and sums along diagonals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.errors import ShapeError
from gradproof.expr.linalg import square_shape
from gradproof.expr.node import OPERATIONS, Array, Attrs, Expr, Operation, Shape, make, register, symbol
from gradproof.expr.product import zeros

_COOKBOOK = "Petersen and Pedersen, The Matrix Cookbook, 2012, eq. 143-144"
_GOLUB = "Golub and Van Loan, Matrix Computations, 2013, 4.7"

# --- triangles --------------------------------------------------------------------------------------


def _matrix_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    if args[0].ndim < 2:
        raise ShapeError(f"a triangle is part of a matrix, not of shape {args[0].shape}")
    return args[0].shape


def _register_triangle(name: str, side: str, function: Callable[..., Any]) -> None:
    """Register the triangle at the diagonal, and the one that begins at another diagonal."""
    for called, text, more in ((name, "{0}", ""), (f"{name}_from", "{0}, {attrs[0]}", ", {attrs[0]}")):
        attrs = (1,) if more else ()
        register(
            Operation(
                called,
                shape=_matrix_shape,
                value=lambda attrs, dtype, x: function(x, *attrs),
                pullback=lambda node, g: [make(node.op, (g,), node.attrs)],
                rule="adjoint of a mask",
                text=f"{name}({text})",
                latex=rf"\operatorname{{{{{name}}}}}\left({text}\right)",
                numpy=f"np.{name}({{0}}{more})",
                samples=(_sample_of(called, attrs),),
                source=f"the {side} triangle; a projection is its own adjoint",
                linear=(0,),
            )
        )


def _sample_of(name: str, attrs: Attrs) -> Callable[[], Expr]:
    return lambda: make(OPERATIONS[name], (symbol("X", (3, 4)),), attrs)


_register_triangle("tril", "lower", np.tril)
_register_triangle("triu", "upper", np.triu)


def tril(x: Expr, k: int = 0) -> Expr:
    """The entries on and below the k-th diagonal, zeros elsewhere."""
    return make(OPERATIONS["tril_from"], (x,), (k,)) if k else make(OPERATIONS["tril"], (x,))


def triu(x: Expr, k: int = 0) -> Expr:
    """The entries on and above the k-th diagonal, zeros elsewhere."""
    return make(OPERATIONS["triu_from"], (x,), (k,)) if k else make(OPERATIONS["triu"], (x,))


# --- sums along diagonals ---------------------------------------------------------------------------


def _along_diagonals(attrs: Attrs, dtype: Any, a: Array) -> Array:
    n = len(a)
    sums = np.array([np.trace(a, offset=k) for k in range(1 - n, n)])
    place = np.arange(n)
    return np.asarray(sums[place[:, None] - place[None, :] + n - 1])


ALPHA: Operation = register(
    Operation(
        "toeplitz_alpha",
        meaning="toeplitz_alpha(G) has the sums of the diagonals of G, the Cookbook's α(G)",
        shape=square_shape,
        value=_along_diagonals,
        pullback=lambda node, g: [make(ALPHA, (g,))],
        rule="adjoint of sums along diagonals",
        text="toeplitz_alpha({0})",
        latex=r"\alpha\left({0}\right)",
        numpy=("np.array([[np.trace({0}, offset=i - j) for j in range(len({0}))] for i in range(len({0}))])"),
        samples=(lambda: toeplitz_alpha(symbol("A", (3, 3))),),
        source=f"{_COOKBOOK}: the gradient of tr(A X) by a Toeplitz matrix",
        linear=(0,),
    )
)


def toeplitz_alpha(a: Expr) -> Expr:
    """The Toeplitz matrix whose entry (i, j) is the sum of a_kl over l − k = i − j."""
    return make(ALPHA, (a,))


# --- matrices made of vectors -----------------------------------------------------------------------
# A pattern says for each entry (i, j) of a matrix which vector it is read from, and where.

Pattern = Callable[[Any, Any, int, int], tuple[Any, Any, Any]]


def _toeplitz_pattern(i: Any, j: Any, m: int, n: int) -> tuple[Any, Any, Any]:
    return i >= j, i - j, j - i


def _hankel_pattern(i: Any, j: Any, m: int, n: int) -> tuple[Any, Any, Any]:
    return i + j < m, i + j, i + j - m + 1


PATTERNS: dict[str, Pattern] = {"toeplitz": _toeplitz_pattern, "hankel": _hankel_pattern}


def _vectors_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    if any(a.ndim != 1 for a in args):
        raise ShapeError(f"two vectors are needed, not shapes {' and '.join(str(a.shape) for a in args)}")
    return (args[0].shape[0], args[1].shape[0])


def _register_pattern(name: str, text: str) -> None:
    """Register the matrix made of a column and a row, and its two adjoints."""
    pattern = PATTERNS[name]

    def grid(m: int, n: int) -> tuple[Any, Any, Any]:
        return pattern(np.arange(m)[:, None], np.arange(n)[None, :], m, n)

    def value(attrs: Attrs, dtype: Any, c: Array, r: Array) -> Array:
        first, in_column, in_row = grid(len(c), len(r))
        return np.where(first, c[np.where(first, in_column, 0)], r[np.where(first, 0, in_row)])

    def summed(column: bool) -> Callable[..., Array]:
        def gathered(attrs: Attrs, dtype: Any, g: Array) -> Array:
            first, in_column, in_row = grid(*g.shape)
            chosen, places = (first, in_column) if column else (~first, in_row)
            result = np.zeros(g.shape[0 if column else 1], dtype=g.dtype if g.dtype.kind in "fc" else dtype)
            np.add.at(result, places[chosen], g[chosen])
            return result

        return gathered

    def read_back(node: Expr, g: Expr, column: bool) -> list[Expr | None]:
        m, n = node.args[0].shape
        parts = (g, zeros((n,))) if column else (zeros((m,)), g)
        return [make(OPERATIONS[name], parts)]

    register(
        Operation(
            name,
            shape=_vectors_shape,
            value=value,
            pullback=lambda node, g: [
                make(OPERATIONS[f"{name}_column"], (g,)),
                make(OPERATIONS[f"{name}_row"], (g,)),
            ],
            rule=f"adjoint of a {name} matrix",
            text=f"{name}({{0}}, {{1}})",
            latex=rf"\operatorname{{{{{name}}}}}\left({{0}}, {{1}}\right)",
            numpy=f"scipy.linalg.{name}({{0}}, {{1}})",
            samples=(lambda: make(OPERATIONS[name], (symbol("c", (3,)), symbol("r", (4,)))),),
            source=_GOLUB,
        )
    )

    turned = "{0}[::-1]" if name == "hankel" else "{0}"
    offsets = {
        "toeplitz_column": "-k",
        "toeplitz_row": "k",
        "hankel_column": "k - {0}.shape[0] + 1",
        "hankel_row": "k",
    }

    def code(part: str, axis: int) -> str:
        total = f"np.trace({turned}, offset={offsets[f'{name}_{part}']})"
        if part == "row":
            total += " if k else 0.0"
        return f"np.array([{total} for k in range({{0}}.shape[{axis}])])"

    def register_adjoint(part: str, axis: int) -> None:
        register(
            Operation(
                f"{name}_{part}",
                shape=lambda args, attrs: (args[0].shape[axis],),
                value=summed(column=axis == 0),
                pullback=lambda node, g: read_back(node, g, column=axis == 0),
                rule=f"adjoint of sums along {text}",
                text=f"{name}_{part}({{0}})",
                numpy=code(part, axis),
                latex=rf"\operatorname{{{{{name}\_{part}}}}}\left({{0}}\right)",
                samples=(lambda: make(OPERATIONS[f"{name}_{part}"], (symbol("A", (3, 4)),)),),
                source=f"{_GOLUB}: sums along {text}",
                linear=(0,),
            )
        )

    register_adjoint("column", 0)
    register_adjoint("row", 1)


_register_pattern("toeplitz", "diagonals")
_register_pattern("hankel", "antidiagonals")


def toeplitz(c: Expr, r: Expr | None = None) -> Expr:
    """The matrix with first column c and first row r (r_0 is not read; c for a symmetric matrix)."""
    return make(OPERATIONS["toeplitz"], (c, c if r is None else r))


def hankel(c: Expr, r: Expr | None = None) -> Expr:
    """The matrix with first column c and last row r (r_0 is not read; zeros where none is given)."""
    return make(OPERATIONS["hankel"], (c, zeros(c.shape) if r is None else r))
