"""Random expressions over symbols of every kind: scalars, vectors, columns, rows, matrices."""

import numpy as np
from hypothesis import strategies as st

from gradproof.expr.broadcast import (
    broadcast_shapes,
    diagonal,
    matmul,
    multiply,
    plus,
    scale,
    sum_over,
    trace,
    transpose,
)
from gradproof.expr.elementwise import apply, power, sqrt
from gradproof.expr.node import symbol, symbols
from gradproof.expr.product import einsum

SYMBOLS = [
    symbol("a"), symbol("m"), symbol("u", (3,)), symbol("v", (4,)), symbol("c", (3, 1)), symbol("r", (1, 4)),
    symbol("A", (3, 4)), symbol("B", (4, 3)), symbol("W1", (3, 4)), symbol("S", (3, 3)),
]  # fmt: skip


def fits(*shapes):
    try:
        broadcast_shapes(*shapes)
    except Exception:
        return False
    return True


@st.composite
def random_einsum(draw, pool):
    """Two or three factors with random indices, each index with one size."""
    args = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=3))
    sizes, specs = [], []
    for arg in args:
        spec = []
        for size in arg.shape:
            same = [i for i, s in enumerate(sizes) if s == size]
            choice = draw(st.sampled_from([*same, len(sizes)]))
            if choice == len(sizes):
                sizes.append(size)
            spec.append(choice)
        specs.append(tuple(spec))
    out = draw(st.permutations(range(len(sizes))))[: draw(st.integers(0, min(2, len(sizes))))]
    if draw(st.booleans()) and len(out) < 2:
        sizes.append(draw(st.sampled_from([1, 3])))
        out = [*out, len(sizes) - 1]
    return einsum(specs, args, tuple(out), sizes)


@st.composite
def expressions(draw, steps=6):
    pool = list(SYMBOLS)
    for _ in range(draw(st.integers(1, steps))):
        node = draw(_step(pool))
        if node.ndim <= 2:
            pool.append(node)
    return pool[-1]


@st.composite
def _step(draw, pool):
    kind = draw(
        st.sampled_from(["matmul", "plus", "times", "einsum", "unary", "sum", "transpose", "scale", "divide"])
    )
    a = draw(st.sampled_from(pool))
    if kind == "einsum":
        return draw(random_einsum(pool))
    if kind == "matmul":
        partners = [b for b in pool if a.ndim and b.ndim and a.shape[-1] == b.shape[-2 if b.ndim > 1 else -1]]
        return matmul(a, draw(st.sampled_from(partners))) if partners else transpose(a)
    if kind in ("plus", "times", "divide"):
        b = draw(st.sampled_from([b for b in pool if fits(a.shape, b.shape)]))
        return {"plus": plus, "times": multiply, "divide": lambda x, y: multiply(x, power(y, -1))}[kind](a, b)
    if kind == "unary":
        name = draw(st.sampled_from(["exp", "tanh", "square", "root", "greater", "reciprocal"]))
        if name in ("exp", "tanh"):
            return apply(name, scale(0.125, a))
        if name == "greater":
            return apply("greater", a, symbol("m"))
        return {"square": lambda x: power(x, 2), "root": sqrt, "reciprocal": lambda x: power(x, -1)}[name](a)
    if kind == "sum":
        if a.ndim == 2 and a.shape[0] == a.shape[1] and draw(st.booleans()):
            return draw(st.sampled_from([trace, diagonal]))(a)
        axis = draw(st.sampled_from([None, *range(a.ndim)]))
        return sum_over(a, axis, keepdims=draw(st.booleans()))
    if kind == "scale":
        return scale(draw(st.sampled_from([-1, 2, -3, 0.1, 0.25])), a)
    return transpose(a)


def values_for(*roots, seed=0, low=0.4, high=1.6):
    rng = np.random.default_rng(seed)
    return {s: rng.uniform(low, high, s.shape) for s in symbols(*roots)}
