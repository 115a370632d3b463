"""Matrix products and linear algebra of NumPy and SciPy."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from gradproof.expr import linalg
from gradproof.expr.indexing import integer_shape
from gradproof.expr.node import Expr
from gradproof.expr.product import einsum as einsum_expr
from gradproof.expr.singular import singular_values
from gradproof.read import faithful
from gradproof.read.calling import adopt, any_traced, into, reader
from gradproof.read.dispatch import HANDLERS, handles
from gradproof.read.faithful import dot, matmul, times, transpose
from gradproof.read.recorder import active
from gradproof.read.traced import concrete, lift, wrap

reader("dot", arrays=2)(lambda a, b, out=None: dot(a, b))


@reader("inner", arrays=2)
def _inner(a: Expr, b: Expr) -> Expr:
    if not a.ndim or not b.ndim:
        return times(a, b)
    summed = a.ndim + b.ndim
    first, second = tuple(range(a.ndim - 1)), tuple(range(a.ndim, a.ndim + b.ndim - 1))
    return einsum_expr(
        [(*first, summed), (*second, summed)], [a, b], (*first, *second), [*a.shape, *b.shape, a.shape[-1]]
    )


def _flat(x: Expr) -> Expr:
    size = prod(integer_shape(x))
    return x if x.ndim == 1 else HANDLERS["__reshape_expr__"](x, (size,))


@reader("outer", arrays=2)
def _outer(a: Expr, b: Expr, out: Any = None) -> Expr:
    return einsum_expr([(0,), (1,)], [_flat(a), _flat(b)], (0, 1))


@reader("linalg.outer", arrays=2)
def _linalg_outer(x1: Expr, x2: Expr) -> Expr:
    return einsum_expr([(0,), (1,)], [x1, x2], (0, 1))


@reader("vdot", arrays=2)
def _vdot(a: Expr, b: Expr) -> Expr:
    return dot(_flat(a), _flat(b))


@reader("linalg.vecdot", "vecdot", arrays=2)
def _vecdot(x1: Expr, x2: Expr, *, axis: int = -1) -> Expr:
    return faithful.sum_over(times(x1, x2), axis)


@reader("tensordot", "linalg.tensordot", arrays=2)
def _tensordot(a: Expr, b: Expr, axes: Any = 2) -> Expr:
    if isinstance(axes, int):
        of_a, of_b = tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes))
    else:
        first, second = axes
        of_a = (first,) if isinstance(first, int) else tuple(first)
        of_b = (second,) if isinstance(second, int) else tuple(second)
    of_a, of_b = tuple(k % a.ndim for k in of_a), tuple(k % b.ndim for k in of_b)
    spec_a = tuple(range(a.ndim))
    spec_b = tuple(of_a[of_b.index(k)] if k in of_b else a.ndim + k for k in range(b.ndim))
    out = tuple(i for i in spec_a if i not in of_a) + tuple(i for i in spec_b if i >= a.ndim)
    return einsum_expr([spec_a, spec_b], [a, b], out, [*a.shape, *b.shape])


@reader("kron", arrays=2)
def _kron(a: Expr, b: Expr) -> Expr:
    ndim = max(a.ndim, b.ndim)
    a = HANDLERS["__reshape_expr__"](a, (1,) * (ndim - a.ndim) + a.shape)
    b = HANDLERS["__reshape_expr__"](b, (1,) * (ndim - b.ndim) + b.shape)
    out = tuple(i for k in range(ndim) for i in (k, ndim + k))
    product = einsum_expr([tuple(range(ndim)), tuple(range(ndim, 2 * ndim))], [a, b], out)
    shape = tuple(int(x) * int(y) for x, y in zip(a.shape, b.shape, strict=True))
    return HANDLERS["__reshape_expr__"](product, shape)  # type: ignore[no-any-return]


@handles("einsum")
def einsum(subscripts: Any, *operands: Any, out: Any = None, **kwargs: Any) -> Any:
    """Products in Einstein notation, as they are in the graph."""
    kwargs.pop("optimize", None)
    if not isinstance(subscripts, str):
        raise active().error(
            "np.einsum with lists of axes cannot be followed", "write the subscripts as a string"
        )
    plain = [concrete(o) for o in operands]
    value = np.einsum(subscripts, *plain)
    if not any_traced(operands, {}):
        return adopt(value)
    exprs = [lift(o) for o in operands]
    specs, result, sizes = _indices(subscripts.replace(" ", ""), exprs)
    return into(
        out, wrap(np.array(value) if np.ndim(value) else value, einsum_expr(specs, exprs, result, sizes))
    )


def _indices(text: str, exprs: list[Expr]) -> tuple[list[tuple[int, ...]], tuple[int, ...], list[Any]]:
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    dots = max(
        (e.ndim - len(t.replace("...", "")) for t, e in zip(terms, exprs, strict=True) if "..." in t),
        default=0,
    )
    hidden = [f"<{k}>" for k in range(dots)]

    def letters(term: str, count: int) -> list[str]:
        before, found, after = term.partition("...")
        return [*before, *(hidden[dots - count :] if found else []), *after]

    split = [letters(t, e.ndim - len(t.replace("...", ""))) for t, e in zip(terms, exprs, strict=True)]
    every = [x for s in split for x in s]
    if arrow:
        target = letters(output, dots)
    else:
        target = [*hidden, *sorted(x for x in set(every) if every.count(x) == 1 and not x.startswith("<"))]
    number_of = {x: k for k, x in enumerate(dict.fromkeys(every))}
    sizes: list[Any] = [1] * len(number_of)
    for s, e in zip(split, exprs, strict=True):
        for x, n in zip(s, e.shape, strict=True):
            sizes[number_of[x]] = n if sizes[number_of[x]] == 1 else sizes[number_of[x]]
    specs = []
    for s, e in zip(split, exprs, strict=True):
        spec = []
        for x, n in zip(s, e.shape, strict=True):
            if n != sizes[number_of[x]]:
                sizes.append(n)
                spec.append(len(sizes) - 1)
            else:
                spec.append(number_of[x])
        specs.append(tuple(spec))
    return specs, tuple(number_of[x] for x in target), sizes


@handles("linalg.multi_dot")
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """Products of several matrices."""
    result = HANDLERS["asarray"](arrays[0])
    for a in arrays[1:]:
        result = HANDLERS["dot"](result, a)
    return into(out, result)


@reader("linalg.matrix_power")
def _matrix_power(a: Expr, n: int) -> Expr:
    if n == 0:
        return HANDLERS["__delta__"](a.shape[-1])  # type: ignore[no-any-return]
    base = linalg.inv(a) if n < 0 else a
    result = base
    for _ in range(abs(n) - 1):
        result = matmul(result, base)
    return result


@handles("linalg.matmul")
def _linalg_matmul(x1: Any, x2: Any) -> Any:
    return x1 @ x2


# --- inverses and factorisations --------------------------------------------------------------------

reader("linalg.inv", "scipy.linalg.inv")(lambda a, **kwargs: linalg.linalg("inv", a))
reader("linalg.det", "scipy.linalg.det")(lambda a, **kwargs: linalg.linalg("det", a))
reader("linalg.slogdet")(lambda a: (linalg.linalg("signdet", a), linalg.linalg("logdet", a)))
reader("linalg.eigvalsh", "scipy.linalg.eigvalsh")(
    lambda a, **kwargs: linalg.linalg("eigenvalues_symmetric", a)
)


@reader("linalg.solve", "scipy.linalg.solve", arrays=2)
def _solve(a: Expr, b: Expr, *args: Any, **kwargs: Any) -> Expr:
    return linalg.solve(a, b)


@reader("linalg.cholesky")
def _cholesky(a: Expr) -> Expr:
    return linalg.linalg("cholesky", a)


@reader("scipy.linalg.cholesky")
def _scipy_cholesky(a: Expr, lower: bool = False, *args: Any, **kwargs: Any) -> Expr:
    factor = linalg.linalg("cholesky", a)
    return factor if lower else transpose(factor)


@reader("scipy.linalg.solve_triangular", arrays=2)
def _solve_triangular(a: Expr, b: Expr, trans: Any = 0, lower: bool = False, **kwargs: Any) -> Expr:
    mask = HANDLERS["__triangle__"](a, lower)
    return linalg.solve(transpose(mask) if trans in (1, "T") else mask, b)


@handles("__triangle__")
def _triangle(a: Expr, lower: bool) -> Expr:
    ones = (np.tril if lower else np.triu)(np.ones(integer_shape(a)))
    return times(a, lift(ones.astype(int)))


@handles("scipy.linalg.cho_factor")
def cho_factor(a: Any, lower: bool = False, **kwargs: Any) -> Any:
    """The Cholesky factor and which triangle it fills."""
    factor = HANDLERS["linalg.cholesky"](a)
    return (factor if lower else HANDLERS["transpose"](factor)), lower


@handles("scipy.linalg.cho_solve")
def cho_solve(c_and_lower: Any, b: Any, **kwargs: Any) -> Any:
    """The solution from a Cholesky factor."""
    factor, lower = c_and_lower
    left = factor if lower else HANDLERS["transpose"](factor)
    return HANDLERS["linalg.solve"](HANDLERS["transpose"](left), HANDLERS["linalg.solve"](left, b))


def _gram_inverse(a: Expr) -> Expr:
    return linalg.linalg("inv", matmul(transpose(a), a))


@reader("linalg.pinv", "scipy.linalg.pinv")
def _pinv(a: Expr, **kwargs: Any) -> Expr:
    """A⁺ = (AᵀA)⁻¹Aᵀ for full column rank, Aᵀ(AAᵀ)⁻¹ for full row rank."""
    rows, columns = a.shape
    if int(rows) >= int(columns):
        return matmul(_gram_inverse(a), transpose(a))
    return matmul(transpose(a), _gram_inverse(transpose(a)))


@handles("linalg.eigh")
def eigh(a: Any, UPLO: Any = "L") -> Any:
    """Eigenvalues and eigenvectors of a symmetric matrix."""
    value = np.linalg.eigh(concrete(a), UPLO)
    expr = lift(a)
    values = wrap(value[0], linalg.linalg("eigenvalues_symmetric", expr))
    return type(value)(values, wrap(value[1], linalg.linalg("eigenvectors_symmetric", expr)))


@handles("linalg.svd")
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """Singular values; the vectors cannot be followed."""
    if compute_uv:
        raise active().error(
            "the singular vectors of np.linalg.svd cannot be followed", "use compute_uv=False, or eigh"
        )
    return wrap(np.linalg.svd(concrete(a), compute_uv=False), singular_values(lift(a)))


@handles("linalg.lstsq")
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """The least-squares solution; residuals, rank and singular values are plain."""
    value = np.linalg.lstsq(concrete(a), concrete(b), rcond=None)
    x = wrap(value[0], matmul(_pinv(lift(a)), lift(b)))
    return (x, *value[1:])


@handles("cross")
def cross(a: Any, b: Any, **kwargs: Any) -> Any:
    """The vector product of vectors of three entries."""
    x, y = HANDLERS["asarray"](a), HANDLERS["asarray"](b)
    parts = [x[..., i] * y[..., j] - x[..., j] * y[..., i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return HANDLERS["stack"](parts, axis=-1)


def _matrix_attribute(name: str, build: Any, compute: Any) -> None:
    handles(f"matrix.{name}")(lambda x: wrap(np.array(compute(x._c), subok=True), build(x.expr)))


_matrix_attribute("A", lambda e: e, lambda c: np.asarray(c))
_matrix_attribute("A1", _flat, lambda c: np.asarray(c).ravel())
_matrix_attribute("H", transpose, lambda c: c.T)
_matrix_attribute("I", lambda e: linalg.linalg("inv", e), lambda c: c.I)
