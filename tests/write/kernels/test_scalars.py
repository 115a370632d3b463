"""Scalars as Python and as C come to what they mean."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.write.kernels.programs import ALPHA, SCALARS, Assignments, M
from tests.write.kernels.runs import COST, by_c, needs_compiler

from gradproof.errors import InputError
from gradproof.expr.broadcast import minus, multiply, negate, plus, scale, sum_over
from gradproof.expr.elementwise import apply, divide, exp, log, power, sqrt, square
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import number, symbol
from gradproof.write.kernels.scalars import scalar_code

BETA, LAMBDA = symbol("β"), symbol("λ")
VALUES = {ALPHA: SCALARS[ALPHA], BETA: -1.25, LAMBDA: 0.3}
NAMES = {ALPHA: "a", BETA: "b", LAMBDA: "lambda_"}
NUMBERS = st.sampled_from([2, -1, 0.5, -3, 0.125, -0.75, 7]).map(number)


def scalars(depth):
    leaf = st.one_of(st.sampled_from(list(VALUES)), NUMBERS)
    if depth == 0:
        return leaf
    below = scalars(depth - 1)
    return st.one_of(
        leaf,
        *(st.builds(f, below, below) for f in (plus, minus, multiply)),
        st.builds(lambda x, y, z: plus(x, negate(y), z), below, below, below),
        st.builds(lambda x, y, z: divide(multiply(x, y), plus(number(1), square(z))), below, below, below),
        st.builds(lambda x, y: divide(divide(x, plus(number(2), square(y))), LAMBDA), below, below),
        st.builds(negate, below),
        st.builds(square, below),
        st.builds(lambda x: power(x, 3), below),
        st.builds(lambda x: power(x, -2), st.sampled_from(list(VALUES))),
        st.builds(lambda x: sqrt(plus(number(1), square(x))), below),
        st.builds(lambda x: divide(number(1), sqrt(plus(number(1), square(x)))), below),
        st.builds(lambda x, y: power(plus(number(1), square(x)), apply("tanh", y)), below, below),
        st.builds(lambda x: exp(negate(square(apply("tanh", x)))), below),
        st.builds(lambda x: log(plus(number(1), apply("abs", x))), below),
        *(st.builds(lambda x, y, f=f: apply(f, x, y), below, below) for f in ("maximum", "minimum")),
    )


def run(code):
    return eval(code, {"math": math}, {NAMES[s]: v for s, v in VALUES.items()})


def value(node):
    return float(evaluate([node], VALUES)[0])


def close(found, expected):
    return not math.isfinite(expected) or found == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(max_examples=300)
@given(scalars(3))
def test_python(node):
    expected = value(node)
    if math.isfinite(expected) and abs(expected) < 1e100:
        code = scalar_code(node, NAMES.__getitem__, "python")
        try:
            found = run(code)
        except OverflowError:  # Python's own powers and exponentials raise
            return
        assert close(found, expected), code


@needs_compiler
@settings(max_examples=5)
@given(st.lists(scalars(3), min_size=20, max_size=20))
def test_c(nodes):
    X = symbol("X", (1, "m"))
    outputs = [symbol(f"y{k}", (1, "m")) for k in range(len(nodes))]
    pairs = [*((out, scale(node, X)) for out, node in zip(outputs, nodes, strict=True)), (COST, sum_over(X))]
    found = by_c(Assignments(pairs, {X: np.ones((1, M))}), scalars=VALUES)
    for out, node in zip(outputs, nodes, strict=True):
        assert close(float(found[out][0, 0]), value(node)), repr(node)


def test_the_sign_of_what_is_raised_to_a_power():
    """Python's ** binds more tightly than −, and −− is another operator in C."""
    for node in (square(negate(ALPHA)), power(scale(-2, ALPHA), 2), power(number(-2), number(3))):
        assert run(scalar_code(node, NAMES.__getitem__, "python")) == pytest.approx(value(node))
    assert "--" not in scalar_code(negate(negate(ALPHA)), NAMES.__getitem__, "c")


def test_a_function_without_code_is_refused():
    with pytest.raises(InputError, match="no code for sin of a scalar"):
        scalar_code(apply("sin", ALPHA), NAMES.__getitem__)
