"""Words for arrays: sums and other reductions along axes, arrays of ones, shapes, selection."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from gradproof.errors import InputError, ShapeError
from gradproof.expr import broadcast, kronecker, normalization, product, reduction, shorthand
from gradproof.expr.node import Expr, Size, delta, number, size_symbol
from gradproof.expr.powers import square
from gradproof.expr.sizes import times
from gradproof.read.notation.problems import shown_shape
from gradproof.read.notation.vocabulary import word

SUMS = "Sums and other reductions; axis as in NumPy"
MAKING = "Arrays of ones, identities, shapes"
Axes = int | tuple[int, ...] | None


def as_number(size: Size) -> Expr:
    """A size as a number in a formula."""
    return number(size) if isinstance(size, int) else size_symbol(size)


def exact(value: float) -> Fraction:
    """The decimal fraction that was typed."""
    return Fraction(repr(value))


@word("sum nansum reduce_sum", "X: array, axis?: axis, keepdims?: flag", "sum of entries", family=SUMS)
def _sum(x: Expr, axis: Axes = None, keepdims: bool = False) -> Expr:
    return broadcast.sum_over(x, axis, keepdims)


@word(
    "mean average nanmean reduce_mean",
    "X: array, axis?: axis, keepdims?: flag",
    "mean of entries",
    family=SUMS,
)
def _mean(x: Expr, axis: Axes = None, keepdims: bool = False) -> Expr:
    return normalization.mean(x, axis, keepdims)


@word(
    "var",
    "X: array, axis?: axis, ddof?: integer, keepdims?: flag",
    "variance, over n unless ddof",
    family=SUMS,
)
def _var(x: Expr, axis: Axes = None, ddof: int = 0, keepdims: bool = False) -> Expr:
    return normalization.var(x, axis, keepdims, ddof)


@word(
    "std",
    "X: array, axis?: axis, ddof?: integer, keepdims?: flag",
    "standard deviation, over n unless ddof",
    family=SUMS,
)
def _std(x: Expr, axis: Axes = None, ddof: int = 0, keepdims: bool = False) -> Expr:
    return normalization.std(x, axis, keepdims, ddof)


@word(
    "torch.var",
    "X: array, axis?: axis, correction?: integer, keepdims?: flag",
    "variance, over n − 1",
    family=SUMS,
)
def _torch_var(x: Expr, axis: Axes = None, correction: int = 1, keepdims: bool = False) -> Expr:
    return normalization.var(x, axis, keepdims, correction)


@word(
    "torch.std",
    "X: array, axis?: axis, correction?: integer, keepdims?: flag",
    "standard deviation, over n − 1",
    family=SUMS,
)
def _torch_std(x: Expr, axis: Axes = None, correction: int = 1, keepdims: bool = False) -> Expr:
    return normalization.std(x, axis, keepdims, correction)


@word("sumsq sum_of_squares", "X: array, axis?: axis", "sum of the squares of entries", family=SUMS)
def _sumsq(x: Expr, axis: Axes = None) -> Expr:
    return broadcast.sum_over(square(x), axis)


@word("prod product", "X: array, axis?: axis, keepdims?: flag", "product of entries", family=SUMS)
def _prod(x: Expr, axis: Axes = None, keepdims: bool = False) -> Expr:
    return reduction.reduce("prod", x, axis, keepdims)


@word("max amax reduce_max", "X: array, axis?: axis, keepdims?: flag", "largest entry", family=SUMS)
def _max(x: Expr, axis: Axes = None, keepdims: bool = False) -> Expr:
    return reduction.reduce("max", x, axis, keepdims)


@word("min amin reduce_min", "X: array, axis?: axis, keepdims?: flag", "smallest entry", family=SUMS)
def _min(x: Expr, axis: Axes = None, keepdims: bool = False) -> Expr:
    return reduction.reduce("min", x, axis, keepdims)


@word("cumsum", "X: array, axis?: axis", "sums of the first entries", family=SUMS)
def _cumsum(x: Expr, axis: int | None = None) -> Expr:
    if axis is None and x.ndim > 1:
        raise InputError("a cumulative sum of a matrix needs its axis", fix="write cumsum(X, axis=0)")
    return shorthand.cumsum(x, -1 if axis is None else axis)


@word(
    "logsumexp",
    "X: array, axis?: axis, keepdims?: flag",
    "log Σ eˣ along an axis, the last one unless said",
    family=SUMS,
)
def _logsumexp(x: Expr, axis: Axes = -1, keepdims: bool = False) -> Expr:
    return normalization.logsumexp(x, axis, keepdims)


@word("softmax", "X: array, axis?: axis", "eˣ / Σ eˣ along an axis, the last one unless said", family=SUMS)
def _softmax(x: Expr, axis: Axes = -1) -> Expr:
    return reduction.softmax(x, axis)


@word(
    "log_softmax logsoftmax",
    "X: array, axis?: axis",
    "x − log Σ eˣ along an axis, the last one unless said",
    family=SUMS,
)
def _log_softmax(x: Expr, axis: Axes = -1) -> Expr:
    return normalization.log_softmax(x, axis)


@word(
    "scipy.special.logsumexp special.logsumexp sp.special.logsumexp",
    "X: array, axis?: axis, keepdims?: flag",
    "log Σ eˣ of all entries, or along an axis",
    family=SUMS,
)
def _scipy_logsumexp(x: Expr, axis: Axes = None, keepdims: bool = False) -> Expr:
    return normalization.logsumexp(x, axis, keepdims)


@word(
    "scipy.special.softmax special.softmax sp.special.softmax",
    "X: array, axis?: axis",
    "eˣ / Σ eˣ of all entries, or along an axis",
    family=SUMS,
)
def _scipy_softmax(x: Expr, axis: Axes = None) -> Expr:
    return reduction.softmax(x, axis)


@word(
    "scipy.special.log_softmax special.log_softmax sp.special.log_softmax",
    "X: array, axis?: axis",
    "x − log Σ eˣ of all entries, or along an axis",
    family=SUMS,
)
def _scipy_log_softmax(x: Expr, axis: Axes = None) -> Expr:
    return normalization.log_softmax(x, axis)


@word("eye identity I speye", "n: size, m?: size", "identity matrix", family=MAKING)
def _eye(n: Size, m: Size | None = None) -> Expr:
    if m is not None and m != n:
        raise ShapeError(f"the identity matrix is square, not {n} by {m}", fix="write eye(n)")
    return delta(n)


@word("ones", "shape: sizes", "every entry 1", family=MAKING)
def _ones(shape: Sequence[Size]) -> Expr:
    return product.ones(tuple(shape))


@word("zeros", "shape: sizes", "every entry 0", family=MAKING)
def _zeros(shape: Sequence[Size]) -> Expr:
    return product.zeros(tuple(shape))


@word("vector", "entry: scalar", "vector with every entry the same, of the length that fits", family=MAKING)
def _vector(entry: Expr) -> Expr:
    raise InputError("the length of vector(...) is found in mathematical notation only", fix="write ones(n)")


@word("matrix", "entry: scalar", "matrix with every entry the same, of the shape that fits", family=MAKING)
def _matrix(entry: Expr) -> Expr:
    raise InputError(
        "the shape of matrix(...) is found in mathematical notation only", fix="write ones((m, n))"
    )


@word("full", "shape: sizes, value: scalar", "every entry the same", family=MAKING)
def _full(shape: Sequence[Size], value: Expr) -> Expr:
    return product.filled(value, tuple(shape))


@word("ones_like", "X: array", "every entry 1, in the shape of X", family=MAKING)
def _ones_like(x: Expr) -> Expr:
    return product.ones(x.shape)


@word("zeros_like", "X: array", "every entry 0, in the shape of X", family=MAKING)
def _zeros_like(x: Expr) -> Expr:
    return product.zeros(x.shape)


@word("full_like", "X: array, value: scalar", "every entry the same, in the shape of X", family=MAKING)
def _full_like(x: Expr, value: Expr) -> Expr:
    return product.filled(value, x.shape)


@word("len nrow rows nrows", "X: array", "the first size", family=MAKING)
def _len(x: Expr) -> Expr:
    if not x.ndim:
        raise ShapeError("a scalar has no length")
    return as_number(x.shape[0])


@word("ncol cols ncols", "X: matrix", "the number of columns", family=MAKING)
def _ncol(x: Expr) -> Expr:
    return as_number(x.shape[1])


@word("numel size length", "X: array, axis?: axis", "the number of entries", family=MAKING)
def _size(x: Expr, axis: Axes = None) -> Expr:
    return normalization.count_of(x, axis)


@word("shape dim", "X: array", "the sizes of the axes", family=MAKING)
def _shape(x: Expr) -> tuple[Expr, ...]:
    return tuple(as_number(n) for n in x.shape)


@word(
    "array asarray copy float double detach astype squeeze_ contiguous",
    "X: array, dtype?: any",
    "X itself",
    family=MAKING,
)
def _array(x: Expr, dtype: object = None) -> Expr:
    return x


@word("squeeze item", "X: array, axis?: axis", "without axes of size 1", family=MAKING)
def _squeeze(x: Expr, axis: Axes = None) -> Expr:
    return broadcast.squeeze(x, axis)


@word("expand_dims unsqueeze", "X: array, axis: axis", "with an axis of size 1 put in", family=MAKING)
def _expand_dims(x: Expr, axis: int | tuple[int, ...]) -> Expr:
    return broadcast.expand_dims(x, (axis,) if isinstance(axis, int) else axis)


@word("broadcast_to expand", "X: array, shape: sizes", "repeated over a larger shape", family=MAKING)
def _broadcast_to(x: Expr, shape: Sequence[Size]) -> Expr:
    return broadcast.broadcast_to(x, tuple(shape))


@word("layernorm layer_norm", "X: array, eps?: number", "every row with mean 0 and variance 1", family=SUMS)
def _layernorm(x: Expr, eps: float | None = None) -> Expr:
    return normalization.layernorm(x) if eps is None else normalization.layernorm(x, exact(eps))


@word(
    "batchnorm batch_norm", "X: array, eps?: number", "every column with mean 0 and variance 1", family=SUMS
)
def _batchnorm(x: Expr, eps: float | None = None) -> Expr:
    return normalization.batchnorm(x) if eps is None else normalization.batchnorm(x, exact(eps))


@word(
    "reshape",
    "X: array, shape: sizes",
    "the entries, row after row, in another shape; -1 is what is left",
    family=MAKING,
)
def _reshape(x: Expr, shape: Sequence[Size]) -> Expr:
    flat = kronecker.ravel(x)
    if -1 in shape:
        shape = tuple(_rest(x.shape, shape) if s == -1 else s for s in shape)
    if times(*shape) != times(*x.shape):
        raise ShapeError(
            f"the entries of shape {shown_shape(x.shape)} do not fill the shape {shown_shape(tuple(shape))}",
            fix="make both have as many entries",
        )
    return flat if len(shape) == 1 else kronecker.split_axes(flat, [tuple(shape)])


def _rest(own: Sequence[Size], shape: Sequence[Size]) -> Size:
    """The size that -1 stands for."""
    left = list(own)
    for size in shape:
        if size in left:
            left.remove(size)
        elif size != -1:
            whole = times(*left)
            if not (isinstance(whole, int) and isinstance(size, int) and size and whole % size == 0):
                raise InputError("what -1 stands for is not clear", fix="write the size instead of -1")
            left = [whole // size]
    return times(*left)


@word("ravel flatten reshape_", "X: array", "the entries in one vector, row after row", family=MAKING)
def _ravel(x: Expr) -> Expr:
    return kronecker.ravel(x)
