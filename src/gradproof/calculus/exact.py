"""Evaluation of expressions in any field: what is rational is computed here, the rest is asked of the field.

Sums, products, whole powers, inverses, determinants, solutions, Kronecker products, stores and selections
are rational: every field has them. What is not (exp, eigenvalues, ...) is the business of an
:class:`Arithmetic`: a ball around the value, or an unknown function over residues.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from gradproof.calculus.field import Field, Rationals, Undefined, objects
from gradproof.errors import InputError
from gradproof.expr.contraction import Spec
from gradproof.expr.node import CONSTANT, NUMBER, SYMBOL, Array, Expr, iterate_postorder
from gradproof.expr.powers import scalar_exponent
from gradproof.expr.product import specs_of

MAX_WHOLE_POWER = 200

Handler = Callable[["Arithmetic", Expr, list[Array]], Array]


class NotExact(InputError):
    """An operation has no value in the field."""


class Arithmetic:
    """A field, and what its users make of operations that are not rational.

    Attributes
    ----------
    field : Field
    """

    def __init__(self, field: Field) -> None:
        self.field = field

    def function(self, node: Expr, arrays: list[Array]) -> Array:
        """The value of an operation that is not rational."""
        raise NotExact(f"{node.op.name} has no value in the {self.field.name}")


def evaluate_in(roots: Sequence[Expr], values: Mapping[Expr, Array], arithmetic: Arithmetic) -> list[Array]:
    """Values of expressions whose sizes are numbers, as arrays of elements of the field.

    Raises
    ------
    Undefined
        A division by zero on the way.
    NotExact
        An operation that the field does not have.
    """
    table: dict[Expr, Array] = dict(values)
    for node in iterate_postorder(roots, set(table)):
        table[node] = computed(arithmetic, node, [table[a] for a in node.args])
    return [table[root] for root in roots]


def computed(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    """The value of a node for the values of its arguments."""
    handler = HANDLERS.get(node.op.name)
    if handler is None:
        result = arithmetic.function(node, arrays)
    else:
        result = handler(arithmetic, node, arrays)
    return np.asarray(result, dtype=object)


def is_rational(node: Expr) -> bool:
    """Whether the operation at the node is rational in its arguments."""
    if node.op.name in ("power", "matrix_power"):
        return whole_exponent(node) is not None
    return node.op is SYMBOL or node.op.name in HANDLERS


def whole_exponent(node: Expr) -> int | None:
    """The exponent of a power, entrywise or of a matrix, if it is one whole number of moderate size."""
    value = scalar_exponent(node.args[1])
    if isinstance(value, Fraction) and value.denominator == 1 and abs(value) <= MAX_WHOLE_POWER:
        return int(value)
    return None


# --- leaves -----------------------------------------------------------------------------------------


def _number(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    value = node.attrs[0]
    if not isinstance(value, Fraction):
        raise NotExact(f"the number {value} is not finite")
    return objects([arithmetic.field.number(value)], ())


def _constant(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    array = np.asarray(node.op.value(node.attrs, np.float64))
    if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
        raise NotExact("a literal array that is not of finite real numbers")
    return objects((arithmetic.field.number(Fraction(x.item())) for x in array.flat), array.shape)


def _delta(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    return arithmetic.field.identity(int(node.shape[0]))


# --- algebra ----------------------------------------------------------------------------------------


def _product(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    specs, out, sizes = specs_of(node)
    return contracted(arithmetic.field, list(specs), arrays, out, [int(s) for s in sizes])


def contracted(
    field: Field, specs: list[Spec], arrays: list[Array], out: Spec, sizes: Sequence[int]
) -> Array:
    """The product in Einstein notation, two factors at a time, every index summed as soon as it can be."""
    present = {i for spec in specs for i in spec}
    scale = field.number(prod(n for i, n in enumerate(sizes) if i not in present and i not in out))
    current = objects([scale], ())
    spec: Spec = ()
    rest = list(zip(specs, arrays, strict=True))
    while rest:
        position = next((k for k, (s, _) in enumerate(rest) if set(s) & set(spec)), 0)
        other, array = rest.pop(position)
        needed = set(out).union(*(s for s, _ in rest))
        kept = tuple(i for i in dict.fromkeys((*spec, *other)) if i in needed)
        current = np.asarray(np.einsum(current, list(spec), array, list(other), list(kept)), dtype=object)
        current, spec = np.asarray(field.reduced(current), dtype=object), kept
    missing = [i for i in out if i not in spec]
    shape = [sizes[i] for i in (*missing, *spec)]
    order = [(*missing, *spec).index(i) for i in out]
    return np.broadcast_to(current, shape).transpose(order)


def _sum(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return np.asarray(arithmetic.field.reduced(total), dtype=object)


def raised(field: Field, x: Any, exponent: int) -> Any:
    """x to a whole power, by squaring."""
    base, result = (field.inverse(x) if exponent < 0 else x), field.number(1)
    exponent = abs(exponent)
    while exponent:
        if exponent & 1:
            result = field.reduced(result * base)
        base = field.reduced(base * base)
        exponent >>= 1
    return result


def _power(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    exponent = whole_exponent(node)
    if exponent is None:
        return arithmetic.function(node, arrays)
    return arithmetic.field.entrywise(lambda x: raised(arithmetic.field, x, exponent), arrays[0])


def _prod(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    return np.asarray(arithmetic.field.reduced(node.op.value(node.attrs, object, arrays[0])), dtype=object)


def _others(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    """Product of all entries along the axes but the one at hand."""
    axes: tuple[int, ...] = node.attrs[0]  # type: ignore[assignment]
    x, field = arrays[0], arithmetic.field
    moved = np.moveaxis(x, axes, range(len(axes)))
    flat = moved.reshape(-1, *moved.shape[len(axes) :])
    rows = [np.prod(np.delete(flat, k, 0), axis=0) for k in range(flat.shape[0])]
    result = np.asarray(field.reduced(np.stack(rows)), dtype=object).reshape(moved.shape)
    return np.moveaxis(result, range(len(axes)), axes)


# --- matrices ---------------------------------------------------------------------------------------


def each_matrix(function: Callable[..., Any], *stacks: Array) -> Array:
    """A function of matrices applied along the leading axes of stacks."""
    lead = stacks[0].shape[:-2]
    if not lead:
        return np.asarray(function(*stacks), dtype=object)
    parts = [np.asarray(function(*(s[i] for s in stacks)), dtype=object) for i in np.ndindex(lead)]
    if not parts:
        raise NotExact("a stack of no matrices")
    joined = np.empty((len(parts), *parts[0].shape), dtype=object)
    for k, part in enumerate(parts):
        joined[k] = part
    return joined.reshape(*lead, *parts[0].shape)


def _inv(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    field = arithmetic.field
    return each_matrix(lambda a: field.solved(a, field.identity(a.shape[0]))[0], arrays[0])


def _det(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    return each_matrix(arithmetic.field.determinant, arrays[0])


def _solve(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    return each_matrix(lambda a, b: arithmetic.field.solved(a, b)[0], *arrays)


def _pinv(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    """(XᵀX)⁻¹Xᵀ or Xᵀ(XXᵀ)⁻¹, where X has full rank."""
    field = arithmetic.field

    def one(x: Array) -> Array:
        tall = x.shape[0] >= x.shape[1]
        gram = np.asarray(field.reduced(x.T @ x if tall else x @ x.T), dtype=object)
        if tall:
            return field.solved(gram, x.T)[0]
        return field.solved(gram, x)[0].T

    return each_matrix(one, arrays[0])


def _matrix_power(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    exponent = whole_exponent(node)
    if exponent is None:
        return arithmetic.function(node, arrays)
    field = arithmetic.field

    def one(a: Array) -> Array:
        eye = field.identity(a.shape[0])
        base, result, left = (field.solved(a, eye)[0] if exponent < 0 else a), eye, abs(exponent)
        while left:
            if left & 1:
                result = np.asarray(field.reduced(result @ base), dtype=object)
            base = np.asarray(field.reduced(base @ base), dtype=object)
            left >>= 1
        return result

    return each_matrix(one, arrays[0])


def _arranged(arithmetic: Arithmetic, node: Expr, arrays: list[Array]) -> Array:
    """Operations that only move entries or add them up: their value in NumPy holds for objects too."""
    places = _positions(node)
    given = [_places(arithmetic, node.args[k], a) if k in places else a for k, a in enumerate(arrays)]
    try:
        result = node.op.value(node.attrs, object, *given)
    except (TypeError, ValueError, IndexError) as error:
        raise NotExact(f"{node.op.name} is not evaluated over the {arithmetic.field.name}") from error
    zero = arithmetic.field.number(0)
    result = np.asarray(result, dtype=object) + zero
    return np.asarray(arithmetic.field.reduced(result), dtype=object)


def deviations(field: Field, node: Expr, arrays: list[Array], root: Callable[[Any], Any]) -> Array:
    """√(var x + ε) along axes, or x less its mean, divided by that, given a square root of the field."""
    axes: tuple[int, ...] = node.attrs[0]  # type: ignore[assignment]
    x, eps = arrays
    share = field.inverse(field.number(prod(x.shape[a] for a in axes)))
    centred = field.reduced(x - x.sum(axis=axes, keepdims=True) * share)
    variance = field.reduced((centred * centred).sum(axis=axes, keepdims=True) * share + eps)
    deviation = field.entrywise(root, variance)
    if node.op.name == "deviation":
        return deviation
    return np.asarray(field.reduced(centred * field.entrywise(field.inverse, deviation)), dtype=object)


DEVIATIONS = ("deviation", "layernorm", "batchnorm", "standardize")


def _places(arithmetic: Arithmetic, arg: Expr, array: Array) -> Array:
    """An index array as integers: literal ones are, computed ones are where the field is ordered."""
    if arg.op is CONSTANT:
        return np.asarray(arg.op.value(arg.attrs, np.float64)).astype(np.int64)
    if isinstance(arithmetic.field, Rationals):
        return array.astype(np.int64)
    raise NotExact("places that are computed")


def _positions(node: Expr) -> set[int]:
    """Which arguments are index arrays."""
    if node.op.name in ("index", "scatter_add"):
        return set(range(1, len(node.args)))
    if node.op.name not in ("store", "accumulate"):
        return set()
    counts: tuple[int, ...] = node.attrs[1]  # type: ignore[assignment]
    found, position = set(), 1
    for n in counts:
        found |= set(range(position + 1, position + 1 + n))
        position += 1 + n
    return found


HANDLERS: dict[str, Handler] = {
    NUMBER.name: _number,
    "constant": _constant,
    "delta": _delta,
    "product": _product,
    "sum": _sum,
    "power": _power,
    "prod": _prod,
    "product_of_others": _others,
    "inv": _inv,
    "det": _det,
    "solve": _solve,
    "pinv": _pinv,
    "matrix_power": _matrix_power,
    "cast_float": lambda arithmetic, node, arrays: arrays[0],
}
_MOVED = (
    "reshape index concatenate scatter_add store accumulate cumsum reverse_cumsum merge_axes split_axes diff "
    "diff_adjoint tril tril_from triu triu_from toeplitz_alpha toeplitz toeplitz_column toeplitz_row hankel "
    "hankel_column hankel_row"
)
for _name in _MOVED.split():
    HANDLERS[_name] = _arranged

__all__ = ["Arithmetic", "NotExact", "Undefined", "computed", "evaluate_in", "is_rational", "whole_exponent"]
