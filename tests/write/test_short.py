"""Results in the form a textbook prints: short, with what repeats named, and still what is meant."""

import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.write.expressions import expressions, values_for
from tests.write.reader import NotRead, read
from tests.write.test_text_roundtrip import on_paper

from gradproof.expr.broadcast import matmul, minus, multiply, plus, scale, sum_over, trace, transpose
from gradproof.expr.elementwise import power, sqrt
from gradproof.expr.evaluate import evaluate
from gradproof.expr.linalg import inv
from gradproof.expr.node import delta, symbol, symbols
from gradproof.expr.product import add, einsum
from gradproof.expr.reduction import softmax
from gradproof.write.matrix import operator_count, to_latex, to_text
from gradproof.write.names import text_name

A, B, X = symbol("A", ("n", "n")), symbol("B", ("n", "n")), symbol("X", ("n", "n"))
S = symbol("S", ("n", "n"), facts=("symmetric",))
x, y, a, b = (symbol(name, ("n",)) for name in "xyab")
W, Y = symbol("W", ("n", "k")), symbol("Y", ("n", "k"))
c = symbol("c")


def outer(u, v):
    return einsum([(0,), (1,)], [u, v], (0, 1))


def diagonal_of(v):
    return einsum([(0,), (0, 1)], [v, delta("n")], (0, 1))


def norm(v):
    return sqrt(sum_over(power(v, 2)))


s = softmax(x, -1)
PRINTS = {
    "X²": matmul(X, X),
    "(X²)ᵀ": transpose(matmul(X, X)),
    "X⁻²": matmul(inv(X), inv(X)),
    "X² A X": matmul(matmul(matmul(X, X), A), X),
    "S x": matmul(transpose(S), x),
    "(A + S)⁻ᵀ": transpose(inv(plus(A, S))),
    "(Xᵀ S X)⁻¹": transpose(inv(matmul(matmul(transpose(X), S), X))),
    "A x/‖x‖": multiply(power(norm(x), -1), matmul(A, x)),
    "x/‖x‖³": multiply(power(norm(x), -3), x),
    "x/‖x‖⁴": multiply(power(sum_over(power(x, 2)), -2), x),
    "1/c A x": multiply(power(c, -1), matmul(A, x)),
    "softmax(x/c)": softmax(multiply(power(c, -1), x), -1),
    "softmax(W, axis=0)": softmax(W, 0),
    "softmax(W)": softmax(W, 1),
    "(x yᵀ) ∘ A": einsum([(0, 1), (0,), (1,)], [A, x, y], (0, 1)),
    "diag(A B)": einsum([(0, 1), (1, 0)], [A, B], (0,)),
    "(A ∘ B) 1": einsum([(0, 1), (0, 1)], [A, B], (0,)),
    "tr(S A)": einsum([(0, 1), (0, 1)], [S, A], ()),
    "diag(s) − s sᵀ\nwhere s = softmax(x)": minus(diagonal_of(s), outer(s, s)),
}
SHORT = {
    "I/‖r‖ − r rᵀ/‖r‖³\nwhere r = x − y": add(
        multiply(power(norm(minus(x, y)), -1), delta("n")),
        multiply(power(norm(minus(x, y)), -3), outer(minus(x, y), minus(y, x))),
    ),
    "A x + c b": add(multiply(c, b), matmul(A, x)),
    "Aᵀ ((a bᵀ) ∘ X) B": einsum([(0, 1), (0,), (0, 2), (2,), (2, 3)], [A, a, X, b, B], (1, 3)),
    "(B − A) x": scale(-1, matmul(minus(A, B), x)),
    "diag(A B)": einsum([(0, 1), (1, 0)], [A, B], (0,)),
    "(B + Bᵀ) x": add(matmul(transpose(B), x), matmul(B, x)),
    "X (a bᵀ + b aᵀ)": add(matmul(X, outer(a, b)), matmul(X, outer(b, a))),
    "2 (A x + b)": add(scale(2, matmul(A, x)), scale(2, b)),
    "(A X B + B X A)ᵀ": transpose(add(matmul(matmul(A, X), B), matmul(matmul(B, X), A))),
    "det(A) (A + B)": add(multiply(trace(A), A), multiply(trace(A), B)),
    "1/c (A + 2 B)": add(multiply(power(c, -1), A), multiply(scale(2, power(c, -1)), B)),
    "(A − 2 B) x/‖x‖²": add(
        multiply(power(sum_over(power(x, 2)), -1), matmul(A, x)),
        multiply(scale(-2, power(sum_over(power(x, 2)), -1)), matmul(B, x)),
    ),
}


@pytest.mark.parametrize("text", PRINTS)
def test_the_form_a_textbook_prints(text):
    assert to_text(PRINTS[text], short=True) == text


@pytest.mark.parametrize("text", SHORT)
def test_common_factors_are_written_once(text):
    assert to_text(SHORT[text], short=True) == text.replace("det", "tr")


def test_a_step_prints_what_stands_there():
    assert to_text(SHORT["2 (A x + b)"]) == "2 A x + 2 b"
    assert (
        to_text(PRINTS["diag(s) − s sᵀ\nwhere s = softmax(x)"]) == "diag(softmax(x)) − softmax(x) softmax(x)ᵀ"
    )


def test_names_do_not_clash():
    p = symbol("s", ("n",))
    expr = add(diagonal_of(s), outer(multiply(s, p), s))
    assert to_text(expr, short=True).splitlines()[-1] == "where p = softmax(x)"
    latex = to_latex(PRINTS["diag(s) − s sᵀ\nwhere s = softmax(x)"], short=True)
    assert latex.endswith(r",\quad \text{where } s = \operatorname{softmax}\left(x\right)")


def test_a_name_inside_a_definition():
    u = minus(matmul(A, x), matmul(B, y))
    h = softmax(matmul(A, u), -1)
    text = to_text(add(multiply(h, h, u), multiply(b, h), power(u, 3), multiply(y, h, u)), short=True)
    assert text.splitlines()[1:] == ["where s = softmax(A r)", "      r = A x − B y"]


@pytest.mark.parametrize(("expr", "count"), [(x, 0), (scale(-2, x), 1), (outer(a, b), 2), (matmul(A, x), 1)])
def test_operators_are_counted(expr, count):
    assert operator_count(expr) == count


def solved(text, values):
    """The value of a print whose parts may be named below it."""
    main, *definitions = re.split(r"\n(?:where|     ) (?=\w+ = )", text)
    for line in reversed(definitions):
        name, _, formula = line.partition(" = ")
        values = values | {name: on_paper(read(formula, values))}
    return read(main, values)


@settings(max_examples=150)
@given(expressions(steps=8), st.integers(0, 3))
def test_short_prints_mean_the_same(expr, seed):
    text = to_text(expr, width=10**9, short=True)
    assume("]_" not in text)
    values = values_for(expr, seed=seed)
    by_name = {text_name(v.name): on_paper(values[v]) for v in symbols(expr)}
    with np.errstate(all="ignore"):
        try:
            got = solved(text, by_name)
        except NotRead:
            assume(False)
    (want,) = evaluate([expr], values)
    want = on_paper(want)
    np.testing.assert_allclose(np.broadcast_to(got, want.shape), want, rtol=1e-9, atol=1e-9, err_msg=text)


def test_deep_formulas_take_linear_time():
    h = X
    for k in range(40):
        h = softmax(matmul(symbol(f"W{k}", ("n", "n")), h), 0)
    assert len(to_text(add(matmul(h, A), multiply(h, h)), short=True)) < 5_000
