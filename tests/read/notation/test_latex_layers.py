r"""Sums over layers: written out where the layers are known, else the term of layer l and the rest."""

from __future__ import annotations

import numpy as np
import pytest

from gradproof.calculus.canonical import same
from gradproof.calculus.differentiate import cotangents
from gradproof.errors import InputError
from gradproof.expr.broadcast import multiply, plus, sum_over
from gradproof.expr.elementwise import divide, square
from gradproof.expr.node import number, symbol
from gradproof.read.notation.latex import looks_like_latex, read_latex, symbol_name

LAM, M = symbol("lambda"), symbol("m")


def _penalty(*weights):
    return divide(multiply(LAM, plus(*(sum_over(square(w)) for w in weights))), multiply(number(2), M))


@pytest.mark.parametrize(
    "source",
    [
        r"\frac{\lambda}{2m}\sum_l \|W^{[l]}\|_F^2",
        r"\frac{\lambda}{2m}\sum_l {\parallel W^{[l]} \parallel}_F^2",
        r"\frac{\lambda}{2m}\sum_{l=1}^{L} \left\lVert \mathbf{W}^{[l]} \right\rVert_F^2",
        r"J_{reg} = J + \frac{\lambda}{2m} \sum_{l} \sum_i \sum_j (w_{ij}^{[l]})^2",
        r"\sum_l \frac{\lambda}{2m} \|W^{[l]}\|_F^2",
    ],
)
def test_the_derivative_by_the_weights_of_layer_l_is_lambda_over_m_times_them(source):
    formula = read_latex(source, shapes={"W[l]": ("p", "q"), "lambda": (), "m": ()})
    W = formula.symbols["W[l]"]
    gradient = cotangents(formula.expression, [W])[W]
    assert same(gradient, multiply(divide(LAM, M), W))
    assert any("other_layers" in note for note in formula.notes)


def test_declared_layers_are_written_out():
    formula = read_latex(
        r"\frac{\lambda}{2m}\sum_l \|W^{[l]}\|_F^2",
        shapes={"W1": (3, 2), "W2": (4, 3), "W3": (1, 4), "lambda": (), "m": ()},
    )
    weights = [formula.symbols[f"W{k}"] for k in (1, 2, 3)]
    assert same(formula.expression, _penalty(*weights))


def test_the_number_of_layers_writes_them_out():
    formula = read_latex(r"\sum_{l=1}^{L-1} \|W^{[l]}\|_F^2", layers=3)
    assert {n for n in formula.symbols if n.startswith("W")} == {"W[1]", "W[2]"}


def test_labels_are_computed_where_layers_are_written_out():
    shapes = {"W[2]": (2, 3), "W[3]": (4, 2), "a[1]": (3,), "a[2]": (2,)}
    formula = read_latex(r"\sum_{l=2}^{3} \|W^{[l]} a^{[l-1]}\|^2", shapes=shapes)
    W2, W3, a1, a2 = (formula.symbols[n] for n in shapes)
    from gradproof.expr.broadcast import matmul

    expected = plus(sum_over(square(matmul(W2, a1))), sum_over(square(matmul(W3, a2))))
    assert same(formula.expression, expected)


@pytest.mark.parametrize(
    ("source", "shapes", "word"),
    [
        (r"\sum_l \|W^{[l]} - C\|_F^2", {"C": ("p", "q")}, "belongs to no layer"),
        (r"\sum_l \|W^{[l]}\|_F^2 + \|W^{[1]}\|_1", {}, "another layer"),
        (r"\sum_l \|W^{[l-1]}\|_F^2", {}, "belongs to no layer"),
        (r"\sum_l \|W^{(l)}\|_F^2", {}, "a layer, or a sample"),
        (r"\sum_{l=1}^{0} \|W^{[l]}\|_F^2", {}, "without terms"),
        (r"\prod_l \|W^{[l]}\|_F^2", {}, "layers"),
    ],
)
def test_what_would_not_be_sound_is_refused(source, shapes, word):
    with pytest.raises(InputError, match=word):
        read_latex(source, shapes=shapes)


def test_the_scalar_multiplying_the_sum_keeps_the_other_layers():
    formula = read_latex(r"\lambda \sum_l \|W^{[l]}\|_F^2", shapes={"W[l]": ("p", "q"), "lambda": ()})
    gradient = cotangents(formula.expression, [LAM])[LAM]
    W = formula.symbols["W[l]"]
    assert same(gradient, plus(sum_over(square(W)), formula.symbols["other_layers"]))


def test_names_in_latex_are_found_among_the_names_of_a_formula():
    names = ["W[l]", "theta", "y_hat", "b2"]
    spellings = [r"W^{[l]}", r"\boldsymbol{\theta}", r"\hat{y}", "b_2", "b^{[2]}", "c"]
    assert [symbol_name(s, names) for s in spellings] == ["W[l]", "theta", "y_hat", "b2", "b2", None]


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        (r"\frac{1}{2}", True),
        ("$x$", True),
        ("x^{T} x", True),
        ("X.T @ X", False),
        ("x'*A*x", False),
        ("A \\ b", False),
    ],
)
def test_latex_is_told_from_other_notations(text, latex):
    assert looks_like_latex(text) is latex


def test_samples_are_columns_where_the_columns_are_counted():
    source = r"\frac{1}{m} \sum_{i=1}^m (w^\top x^{(i)} + b - y^{(i)})^2"
    arrays = {"X": ("d", "m"), "y": (1, "m"), "w": ("d",), "b": ()}
    formula = read_latex(source, shapes=arrays)
    from gradproof.expr.evaluate import evaluate
    from gradproof.expr.sizes import with_sizes

    expr = with_sizes([formula.expression], {"d": 3, "m": 4})[formula.expression]
    random = np.random.default_rng(0)
    X, y, w, b = random.normal(size=(3, 4)), random.normal(size=(1, 4)), random.normal(size=3), 0.3
    given = {"X": X, "y": y, "w": w, "b": b}
    from gradproof.expr.node import symbols

    value = evaluate([expr], {s: given[s.name] for s in symbols(expr)})[0]
    np.testing.assert_allclose(value, np.mean((w @ X + b - y[0]) ** 2))
