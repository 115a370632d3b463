"""What the LaTeX writer prints is read back as the same expression; broken LaTeX is refused, no crash."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.read.notation.latex_cases import READ

from gradproof.calculus.canonical import same
from gradproof.errors import InputError
from gradproof.expr.broadcast import matmul, minus, multiply, negate, plus, sum_over, trace, transpose
from gradproof.expr.elementwise import divide, exp, log, square
from gradproof.expr.evaluate import evaluate
from gradproof.expr.function import apply
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import number, symbol, symbols
from gradproof.read.notation.latex import read_latex
from gradproof.write.matrix import to_latex

SHAPES = {
    "A": (3, 3), "B": (3, 3), "X": (4, 3), "Y": (4, 3), "W_1": (2, 4), "x": (3,), "y": (3,), "u": (4,),
    "y_hat": (4,), "lambda": (), "c": (), "m": (), "sigma": (),
}  # fmt: skip
_BY_SHAPE = {shape: [symbol(n, s) for n, s in SHAPES.items() if s == shape] for shape in set(SHAPES.values())}
_SIZES = (2, 3, 4)


@st.composite
def expressions(draw, shape=(), depth=4):
    """An expression of a shape, of the operations that matrix notation has."""
    leaves = _BY_SHAPE.get(shape, [])
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        if not shape and draw(st.booleans()):
            return number(draw(st.integers(1, 9)))
        if leaves:
            return draw(st.sampled_from(leaves))
    below = lambda s: draw(expressions(s, depth=max(depth - 1, 0)))  # noqa: E731
    choices = ["sum", "scale", "minus", "negate"]
    if shape:
        choices += ["hadamard", "function", "matmul"]
    if not shape:
        choices += ["inner", "norm", "trace", "logdet", "power", "total", "quotient", "function"]
    if len(shape) == 2:
        choices += ["transpose"]
        if shape[0] == shape[1]:
            choices += ["inverse"]
    if depth == 0:
        if shape == ():
            return number(draw(st.integers(1, 9)))
        return _made(shape)
    kind = draw(st.sampled_from(choices))
    if kind in ("sum", "minus"):
        return (plus if kind == "sum" else minus)(below(shape), below(shape))
    if kind == "scale":
        return multiply(below(()), below(shape))
    if kind == "negate":
        return negate(below(shape))
    if kind == "hadamard":
        return multiply(below(shape), below(shape))
    if kind == "function":
        return apply(draw(st.sampled_from(["tanh", "sigmoid"])), below(shape))
    if kind == "matmul":
        inner = draw(st.sampled_from(_SIZES))
        return matmul(below((shape[0], inner)), below((inner, *shape[1:])))
    if kind == "transpose":
        return transpose(below(shape[::-1]))
    if kind == "inverse":
        return inv(below(shape))
    size = draw(st.sampled_from(_SIZES))
    if kind == "inner":
        return matmul(below((size,)), below((size,)))
    if kind == "norm":
        return sum_over(square(below(draw(st.sampled_from([(3,), (4, 3)])))))
    if kind == "trace":
        return trace(below((size, size)))
    if kind == "logdet":
        return linalg("det", below((size, size)))
    if kind == "power":
        return square(below(()))
    if kind == "total":
        return sum_over(below((4, 3)))
    return divide(below(()), draw(st.sampled_from(_BY_SHAPE[()])))


def _made(shape):
    found = _BY_SHAPE.get(shape)
    return found[0] if found else symbol("Q" + "".join(map(str, shape)), shape)


def _declared(expr):
    return {s.name: s.shape for s in symbols(expr)}


def _equal(a, b):
    if same(a, b):
        return True
    random = np.random.default_rng(0)
    given_ = {name: random.uniform(0.3, 1, shape) for name, shape in _declared(a).items()}
    given_ = {
        n: v + 2 * np.eye(len(v)) if np.ndim(v) == 2 and len(set(v.shape)) == 1 else v
        for n, v in given_.items()
    }
    va, vb = (evaluate([e], {s: given_[s.name] for s in symbols(e)})[0] for e in (a, b))
    return np.shape(va) == np.shape(vb) and np.allclose(va, vb, rtol=1e-6, equal_nan=True)


def _read(source, shapes):
    try:
        return read_latex(source, shapes=shapes)
    except InputError as error:
        return error


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([(), (3,), (3, 3), (4, 3)]).flatmap(expressions))
def test_what_is_written_is_read_back(expr):
    source = to_latex(expr)
    if "index notation" in source or "where" in source or re.search(r"(?<![\d.])0(?![\d.])", source):
        return  # an array of zeros is written 0, which does not say its shape
    found = _read(source, _declared(expr))
    if isinstance(found, InputError):
        known = ("reach", "argument", "first", "sigmoid")
        assert any(word in found.what for word in known), f"{source}\n{found}"
        return
    assert _equal(expr, found.expression), source


@pytest.mark.parametrize("operation", [exp, log])
def test_entrywise_functions_of_square_matrices_are_refused(operation):
    expr = sum_over(operation(symbol("A", (3, 3))))
    with pytest.raises(InputError, match="of every entry"):
        read_latex(to_latex(expr), shapes={"A": (3, 3)})


_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\S", re.DOTALL)
_PIECES = sorted({t for source, _, _ in READ for t in _TOKEN.findall(source)})


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_broken_latex_is_refused_or_read_and_never_crashes(data):
    source, shapes, _ = data.draw(st.sampled_from(READ))
    tokens = re.findall(r"\\[A-Za-z]+\s?|\\.|.", source, re.DOTALL)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(tokens) - 1))
        if data.draw(st.booleans()) and len(tokens) > 1:
            del tokens[place]
        else:
            tokens.insert(place, data.draw(st.sampled_from(_PIECES)))
    found = _read("".join(tokens), shapes)
    assert found.fix if isinstance(found, InputError) else found.expression is not None
