"""Random assignments such as a training step has, and what they come to, evaluated one after the other."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from gradproof.expr.activations import elu, gelu, leaky_relu, silu, softplus
from gradproof.expr.broadcast import (
    broadcast_to,
    matmul,
    minus,
    multiply,
    negate,
    plus,
    scale,
    sum_over,
    swapaxes,
)
from gradproof.expr.elementwise import apply, divide, exp, log, power, relu, sigmoid, sqrt, square
from gradproof.expr.evaluate import extend
from gradproof.expr.node import Expr, number, size_symbol, symbol, symbols
from gradproof.expr.reduction import reduce, softmax
from gradproof.expr.sizes import with_sizes
from gradproof.write.matrix import to_text

M = 5  # examples
ROWS, COPIES = (3, 1, 2), 2
ALPHA = symbol("α")
SCALARS = {ALPHA: 0.75, size_symbol("m"): float(M)}
_UNARY = (
    relu, leaky_relu, elu, gelu, silu, softplus, sigmoid, square, negate,
    lambda x: apply("tanh", x),
    lambda x: apply("abs", x),
    lambda x: exp(negate(square(x))),
    lambda x: log(plus(number(1), square(x))),
    lambda x: sqrt(plus(number(1), square(x))),
    lambda x: power(plus(number(1), square(x)), -1.5),
    lambda x: divide(number(1), plus(number(1), square(x))),
    lambda x: divide(x, plus(number(2), apply("abs", x))),
    lambda x: scale(0.5, x),
    lambda x: scale(ALPHA, x),
    lambda x: divide(x, size_symbol("m")),
    lambda x: plus(x, number(1)),
)  # fmt: skip
_BINARY = (
    plus, minus, multiply,
    lambda x, y: apply("maximum", x, y),
    lambda x, y: apply("minimum", x, y),
    lambda x, y: apply("where", apply("greater", x, number(0.7321)), y, x),
    lambda x, y: multiply(x, apply("less_equal", y, number(0.7321))),
    lambda x, y: divide(x, plus(number(1), square(y))),
    lambda x, y: multiply(x, y, x),
    lambda x, y: minus(plus(x, y), multiply(x, y)),
)  # fmt: skip
_KINDS = ("unary", "binary", "leaf", "wide", "sum", "repeated", "total", "product", "normalised", "turned")


@dataclass(frozen=True, repr=False)
class Assignments:
    """Symbols with values, and what is assigned to symbols one after the other."""

    pairs: list[tuple[Expr, Expr]]
    values: dict[Expr, np.ndarray]

    def _repr_pretty_(self, printer, cycle):
        for target, value in self.pairs:
            printer.text(f"{target}{target.shape} = {to_text(value, width=10**9)}")
            printer.break_()


def shapes(copies):
    """Shapes that occur in a step: of weights, biases, examples, and with an axis of copies."""
    flat = [*((a, b) for a in ROWS for b in ROWS), *((a, "m") for a in ROWS), *(("m", a) for a in ROWS)]
    return [*flat, *((COPIES, *shape) for shape in flat)] if copies else flat


@st.composite
def expressions(draw, shape, leaves, depth):
    """An expression of that shape in some leaves and in scalars."""
    own = [leaf for leaf in leaves if leaf.shape == shape]
    if depth == 0:
        return draw(st.sampled_from(own))
    below = expressions(shape, leaves, depth - 1)
    kind = draw(st.sampled_from(_KINDS))
    if kind == "leaf":
        return draw(st.sampled_from(own))
    if kind == "unary":
        return draw(st.sampled_from(_UNARY))(draw(below))
    if kind == "binary":
        return draw(st.sampled_from(_BINARY))(draw(below), draw(below))
    if kind == "wide":
        return draw(st.sampled_from(_BINARY[:4]))(draw(below), draw(_narrow(shape, leaves, depth - 1)))
    if kind == "repeated":
        return broadcast_to(draw(_narrow(shape, leaves, depth - 1)), shape)
    if kind == "sum":
        return plus(*draw(st.lists(below, min_size=2, max_size=4)))
    if kind == "total":
        return draw(_totals(shape, leaves, depth - 1))
    if kind == "product":
        return draw(_products(shape, leaves, depth - 1))
    if kind == "turned":
        x = draw(expressions((*shape[:-2], shape[-1], shape[-2]), leaves, depth - 1))
        return plus(swapaxes(x, -1, -2), draw(below))
    axis = len(shape) - draw(st.integers(1, 2))
    x = draw(below)
    return softmax(x, axis) if draw(st.booleans()) else minus(x, reduce("logsumexp", x, axis, True))


@st.composite
def _narrow(draw, shape, leaves, depth):
    """What broadcasts against a shape: of fewer copies, rows or columns, or a scalar."""
    if draw(st.booleans()):
        shape = shape[-2:]
    narrow = tuple(1 if draw(st.booleans()) else size for size in shape[-2:])
    if all(size == 1 for size in narrow):
        return draw(st.sampled_from([ALPHA, number(2), number(-0.5)]))
    wide = (*shape[:-2], *narrow)
    if not any(leaf.shape == wide for leaf in leaves):
        axes = tuple(k for k, (a, b) in enumerate(zip(wide, shape, strict=True)) if a != b)
        return sum_over(draw(expressions(shape, leaves, depth)), axes, keepdims=True)
    return draw(expressions(wide, leaves, depth))


@st.composite
def _totals(draw, shape, leaves, depth):
    """A sum over some axes, which broadcasts back."""
    x, y = draw(expressions(shape, leaves, depth)), draw(expressions(shape, leaves, depth))
    axes = draw(st.sampled_from([(-1,), (-2,), (-2, -1)]))
    total = sum_over(multiply(x, y) if draw(st.booleans()) else x, axes, keepdims=True)
    return plus(y, scale(draw(st.sampled_from([1, 0.5, ALPHA])), total))


@st.composite
def _products(draw, shape, leaves, depth):
    """A matrix product of that shape, its factors turned or not, of all copies or of some."""
    lead = shape[:-2]
    left_lead, right_lead = draw(st.sampled_from([(lead, lead), (lead, ()), ((), lead)]))
    inner = draw(st.sampled_from(ROWS if "m" in shape else (*ROWS, "m")))

    def factor(own, rows, columns):
        if draw(st.booleans()):
            return draw(expressions((*own, rows, columns), leaves, depth))
        return swapaxes(draw(expressions((*own, columns, rows), leaves, depth)), -1, -2)

    product = matmul(factor(left_lead, shape[-2], inner), factor(right_lead, inner, shape[-1]))
    return scale(draw(st.sampled_from([1, 0.5, ALPHA])), product)


@st.composite
def assignments(draw, *, copies=False, depth=3, most=4):
    """Assignments, some of them to what has a value already, and one scalar at the end, the cost J."""
    every = shapes(copies)
    leaves = [symbol(f"x{k}", shape) for k, shape in enumerate(every)]
    values = {leaf: _random(leaf.shape, k) for k, leaf in enumerate(leaves)}
    pairs = []
    for k in range(draw(st.integers(1, most))):
        shape = draw(st.sampled_from(every))
        value = draw(expressions(shape, leaves, draw(st.integers(1, depth))))
        target = symbol(f"y{k}", shape)
        if draw(st.booleans()):
            target = draw(st.sampled_from([leaf for leaf in leaves if leaf.shape == shape]))
        pairs.append((target, value))
        if target not in leaves:
            leaves.append(target)
    pairs.append((symbol("J"), sum_over(pairs[-1][0])))
    read = {n for _, value in pairs for n in symbols(value)}
    return Assignments(pairs, {leaf: array for leaf, array in values.items() if leaf in read})


def _random(shape, seed):
    return np.random.default_rng(seed).uniform(0.2, 1.4, [M if n == "m" else n for n in shape])


def with_values(pairs):
    """Assignments of random values to what they read, but for scalars that have one."""
    read = {n for _, value in pairs for n in symbols(value)} - SCALARS.keys()
    return Assignments(pairs, {leaf: _random(leaf.shape, k) for k, leaf in enumerate(sorted(read, key=repr))})


def one_by_one(found):
    """The values of all symbols after the assignments, and the size of the numbers on the way."""
    scalars = dict(SCALARS)
    everything = [*found.values, *scalars, *(e for pair in found.pairs for e in pair)]
    bound = with_sizes(everything, {"m": M})
    values = {bound[leaf]: np.array(v) for leaf, v in {**found.values, **scalars}.items()}
    largest = 1.0
    for target, value in found.pairs:
        table = dict(values)
        extend(table, [bound[value]])
        largest = max(largest, *(float(np.max(np.abs(v), initial=0)) for v in table.values()))
        values[bound[target]] = np.asarray(table[bound[value]])
    return {leaf: values[bound[leaf]] for leaf in {*found.values, *(t for t, _ in found.pairs)}}, largest


def assert_same(found, expected, largest, tolerance=1e-10):
    """Equal up to rounding of the largest number on the way."""
    for leaf, value in expected.items():
        np.testing.assert_allclose(
            found[leaf], value, rtol=tolerance, atol=tolerance * largest, err_msg=repr(leaf)
        )
