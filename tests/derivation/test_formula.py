"""Formulas in, derivatives of every kind out: values, layouts, facts, what is refused."""

import numpy as np
import pytest

from gradproof import InputError, ShapeError, derive

RNG = np.random.default_rng(3)
BILINEAR = {"x": ("n",), "A": ("n", "m"), "y": ("m",)}


def numeric(f, x, step=1e-6):
    """Central differences of ``f`` by every entry of ``x``; shape f.shape + x.shape."""
    columns = []
    for place in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[place] = step
        columns.append((np.asarray(f(x + e)) - np.asarray(f(x - e))) / (2 * step))
    return np.stack(columns, -1).reshape(np.shape(f(x)) + x.shape)


def test_the_forums_penalty():
    found = derive("lam/(2*m) * norm(W)**2", wrt="W", shapes={"W": ("n", "k"), "lam": (), "m": ()})
    assert found.to_text() == "∂f/∂W = λ/m W"
    w = RNG.standard_normal((4, 3))
    np.testing.assert_allclose(found.evaluate({"W": w, "lam": 0.7, "m": 5.0}), 0.7 / 5 * w)
    assert found.verify().holds


@pytest.mark.parametrize(
    ("text", "wrt", "shapes"),
    [
        ("A @ X @ B", "X", {"A": (4, 2), "X": (2, 3), "B": (3, 5)}),
        ("np.tanh(W @ x + b)", "x", {"W": (4, 3), "x": (3,), "b": (4,)}),
        ("x / norm(x)", "x", {"x": (4,)}),
        ("X.T @ X", "X", {"X": (3, 2)}),
        ("softmax(z)", "z", {"z": (4,)}),
        ("np.outer(x, x)", "x", {"x": (3,)}),
    ],
)
def test_jacobians_against_differences(text, wrt, shapes):
    found = derive(text, wrt=wrt, shapes=shapes)
    values = {name: RNG.standard_normal(shape) for name, shape in shapes.items()}
    scope = {"np": np, "norm": np.linalg.norm, "softmax": lambda z: np.exp(z) / np.exp(z).sum()}
    expected = numeric(lambda x: eval(text, scope, {**values, wrt: x}), values[wrt])
    np.testing.assert_allclose(found.evaluate(values), expected, atol=1e-7)
    assert found.verify().holds


def test_a_hessian_is_symmetric_and_right():
    shapes = {"X": ("m", "n"), "w": ("n",), "y": ("m",)}
    found = derive("np.sum(np.log(1 + np.exp(-y*(X @ w))))", wrt="w", shapes=shapes, order=2)
    x, w, y = RNG.standard_normal((6, 3)), RNG.standard_normal(3), np.sign(RNG.standard_normal(6))
    h = found.evaluate({"X": x, "w": w, "y": y})
    s = 1 / (1 + np.exp(-x @ w))
    np.testing.assert_allclose(h, x.T @ np.diag(s * (1 - s)) @ x, rtol=1e-12)
    np.testing.assert_allclose(h, h.T, rtol=1e-14)


def test_a_total_differential():
    found = derive("X @ Y", wrt=["X", "Y"], shapes={"X": ("m", "n"), "Y": ("n", "p")})
    assert found.to_text() == "df = dX Y + X dY"
    x, y, dx, dy = (RNG.standard_normal(s) for s in ((2, 3), (3, 4), (2, 3), (3, 4)))
    np.testing.assert_allclose(found.evaluate({"X": x, "Y": y, "dX": dx, "dY": dy}), dx @ y + x @ dy)


def test_a_symmetric_variable_counts_its_entries_once():
    shapes = {"A": ("n", "n"), "X": ("n", "n")}
    found = derive("tr(A @ X)", wrt="X", shapes=shapes, structure="symmetric")
    a = RNG.standard_normal((3, 3))
    np.testing.assert_allclose(found.evaluate({"A": a, "X": a + a.T}), a + a.T - np.diag(np.diag(a)))
    assert any("symmetric" in note for note in found.notes)


def test_a_fact_simplifies_and_the_variable_stays_free():
    shapes = {"x": ("n",), "A": ("n", "n")}
    assert derive("x @ A @ x", wrt="x", shapes=shapes).to_text() == "∂f/∂x = (A + Aᵀ) x"
    found = derive("x @ A @ x", wrt="x", shapes=shapes, assume={"A": ["symmetric"]})
    assert found.to_text() == "∂f/∂x = 2 A x"


def test_layouts():
    shapes = {"A": ("m", "n"), "x": ("n",), "W": ("p", "q")}
    a = RNG.standard_normal((3, 2))
    x = np.zeros(2)
    for layout, expected in (("mixed", a), ("numerator", a), ("denominator", a.T)):
        found = derive("A @ x", wrt="x", shapes=shapes, layout=layout)
        np.testing.assert_array_equal(found.evaluate({"A": a, "x": x}), expected)
    w = RNG.standard_normal((2, 4))
    found = derive("norm(W)**2", wrt="W", shapes=shapes, layout="numerator")
    np.testing.assert_allclose(found.evaluate({"W": w}), 2 * w.T)
    assert "numerator" in found.notes[0]


def test_names_of_parts_are_equations():
    found = derive(
        "norm(A - Y)**2 / 2", wrt="W", let={"Z": "W @ X", "A": "np.tanh(Z)"},
        shapes={"W": ("k", "n"), "X": ("n", "m"), "Y": ("k", "m")},
    )  # fmt: skip
    lines = [line.strip() for line in str(found).splitlines()]
    assert "dW = dZ Xᵀ" in lines
    assert found.verify().holds


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"wrt": "Q"}, "no variable is called 'Q'"),
        ({"wrt": "W", "layout": "sideways"}, "no layout 'sideways'"),
        ({"wrt": "W", "kind": "flux"}, "no kind 'flux'"),
        ({"wrt": ["W", "X"], "kind": "gradient"}, "by one variable"),
        ({}, "2 variables"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        derive("tr(W @ X)", shapes={"W": ("n", "k"), "X": ("k", "n")}, **options)


def test_values_are_asked_for_by_name_and_checked():
    found = derive("tr(W @ X)", wrt="W", shapes={"W": ("n", "k"), "X": ("k", "n")})
    with pytest.raises(InputError, match="no value was given for X"):
        found.evaluate({"W": np.ones((2, 3))})
    with pytest.raises(ShapeError, match="X"):
        found.evaluate({"W": np.ones((2, 3)), "X": np.ones((2, 3))})


def test_a_gradient_of_a_matrix_is_refused_with_a_way_out():
    with pytest.raises(InputError, match="scalar") as error:
        derive("A @ B", wrt="A", shapes={"A": ("n", "k"), "B": ("k", "n")}, kind="gradient")
    assert "jacobian" in error.value.fix


def test_the_kind_says_the_order():
    shapes = {"X": ("m", "n"), "w": ("n",), "y": ("m",)}
    hessian = derive("||X w - y||^2", wrt="w", shapes=shapes, kind="hessian")
    assert hessian.to_text() == "∂²f/∂w² = 2 Xᵀ X"
    with pytest.raises(InputError, match="order 2"):
        derive("||X w - y||^2", wrt="w", shapes=shapes, kind="gradient", order=2)


def test_a_second_differential():
    found = derive("x @ A @ y", wrt=["x", "y"], order=2, shapes=BILINEAR)
    a, x, y, dx, dy = (RNG.standard_normal(s) for s in ((3, 2), (3,), (2,), (3,), (2,)))
    values = {"A": a, "x": x, "y": y, "dx": dx, "dy": dy}
    np.testing.assert_allclose(found.evaluate(values), 2 * dx @ a @ dy)


def test_a_mixed_hessian():
    found = derive(
        "x @ A @ y", wrt=["x", "y"], kind="hessian", shapes={"x": ("n",), "A": ("n", "m"), "y": ("m",)}
    )
    assert found.to_text() == "∂²f/∂x∂y = A"


def test_a_variable_that_does_not_occur_is_told():
    found = derive("tr(A @ B)", wrt="w", shapes={"w": ("n",)})
    assert "w does not occur" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("cost", "options"),
    [
        (3, {}),
        (None, {}),
        ("tr(A)", {"wrt": 3}),
        ("tr(A)", {"wrt": []}),
        ("tr(A)", {"wrt": "A", "order": "2"}),
        (b"tr(A)", {"wrt": "A"}),
    ],
)
def test_arguments_of_the_wrong_kind(cost, options):
    with pytest.raises(InputError):
        derive(cost, **options)


def test_a_direction_gives_the_differential():
    x, a, dx = (RNG.standard_normal((3, 3)) for _ in range(3))
    shapes = {"X": ("n", "n"), "A": ("n", "n")}
    jacobian = derive("inv(X) @ A", wrt="X", shapes=shapes)
    inverse = np.linalg.inv(x)
    np.testing.assert_allclose(jacobian.evaluate({"X": x, "A": a, "dX": dx}), -inverse @ dx @ inverse @ a)
    gradient = derive("tr(A @ X)", wrt="X", shapes=shapes)
    np.testing.assert_allclose(gradient.evaluate({"X": x, "A": a, "dX": dx}), np.trace(a @ dx))
