"""Matrix notation is read back by a reader of its own grammar, and must mean what was printed."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tests.write.expressions import expressions, values_for
from tests.write.reader import NotRead, read

from gradproof.expr.broadcast import matmul, minus, multiply, plus, scale, sum_over, transpose
from gradproof.expr.elementwise import power
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import symbol, symbols
from gradproof.write.matrix import to_text
from gradproof.write.names import text_name

A, B, S, M = symbol("A", (3, 4)), symbol("B", (4, 3)), symbol("S", (3, 3)), symbol("W1", (3, 4))
m, u = symbol("m"), symbol("u", (3,))


def on_paper(array):
    """Columns of two axes, and scalars of none."""
    array = np.asarray(array, float)
    return array.reshape(()) if array.size == 1 else array[:, None] if array.ndim == 1 else array


def check(expr, seed=0):
    text = to_text(expr, width=10**9)
    assume("]_" not in text and "where" not in text)
    values = values_for(expr, seed=seed)
    by_name = {text_name(s.name): on_paper(values[s]) for s in symbols(expr)}
    with np.errstate(all="ignore"):
        try:
            got = read(text, by_name)
        except NotRead:
            assume(False)
    (want,) = evaluate([expr], values)
    want = on_paper(want)
    np.testing.assert_allclose(np.broadcast_to(got, want.shape), want, rtol=1e-9, atol=1e-9, err_msg=text)


@settings(max_examples=200)
@given(expressions(), st.integers(0, 3))
@example(matmul(matmul(A, transpose(plus(A, M))), u), 0)
@example(minus(A, minus(M, scale(2, A))), 0)
@example(power(multiply(m, power(m, -1), m), 3), 0)
@example(multiply(scale(-1, m), plus(A, M)), 0)
@example(matmul(transpose(matmul(A, B)), S), 0)
@example(multiply(power(plus(m, m), -1), sum_over(multiply(A, M))), 0)
def test_what_is_printed_is_what_is_meant(expr, seed):
    check(expr, seed)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 (a + 1)", 8.0),
        ("1/(2m) a", 0.75),
        ("a − 1 − m", 0.0),
        ("−a ∘ m", -6.0),
        ("a²/m", 4.5),
        ("(−a)²", 9.0),
    ],
)
def test_the_reader_itself(text, value):
    assert read(text, {"a": np.float64(3), "m": np.float64(2)}) == value
