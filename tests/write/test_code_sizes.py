"""Sizes in code: read off an argument, which is then one for its shape alone, or arguments by name."""

import inspect

import numpy as np
import pytest

import gradproof as gp
from gradproof.expr.node import size_symbol, symbol
from gradproof.write.code import to_code

SIZES = {"m": 5, "n": 4, "k": 3, "p": 2, "d": 6, "t": 7}
FORMULAS = [
    ("A - lam*I", "lam", {"A": ("n", "n"), "lam": ()}, ["A"]),
    (r"\sum_{i=1}^n x_{ii}", "X", {"X": ("n", "n")}, ["X"]),
    ("diag(X)", "X", {"X": ("n", "n")}, ["X"]),
    ("kron(A, X)", "X", {"A": ("m", 2), "X": (2, "k")}, ["A", "X"]),
    ("X.mean(axis=1)", "X", {"X": ("m", "n")}, ["X"]),
    ("X - X.mean(axis=0)", "X", {"X": ("m", "n")}, ["X"]),
    ("np.diff(x)", "x", {"x": ("n",)}, ["x"]),
    ("np.add(x, X)", "x", {"x": ("n",), "X": ("m", "n")}, ["X"]),
    ("(A+B)'", "A", {"A": ("m", "n"), "B": ("m", "n")}, ["A"]),
    ("softmax(Q K' / sqrt(d)) V", "V", {"Q": ("t", "d"), "K": ("m", "d"), "V": ("m", "p")}, ["Q", "K", "V"]),
    ("sum_{i=1}^n c", "c", {"c": ()}, ["n"]),
]


def arrays(shapes):
    rng = np.random.default_rng(3)
    return {name: rng.normal(size=[SIZES.get(n, n) for n in shape]) for name, shape in shapes.items()}


def run(source, values):
    """The value of the function that the source defines, and the names of its arguments."""
    space = {}
    exec(source, space)
    names = list(inspect.signature(space["gradient"]).parameters)
    return space["gradient"](**{n: values[n] for n in names}), names


@pytest.mark.parametrize(("formula", "wrt", "shapes", "arguments"), FORMULAS)
def test_a_size_comes_from_an_argument(formula, wrt, shapes, arguments):
    found = gp.derive(formula, wrt=wrt, shapes=shapes)
    values = {**SIZES, **arrays(shapes)}
    got, names = run(found.to_numpy(), values)
    assert names == arguments
    np.testing.assert_allclose(got, found.evaluate(values))


def test_a_size_that_no_array_has_is_explained():
    n, m, x = size_symbol("n"), size_symbol("m"), symbol("x", ("k",))
    assert '"""n is the size of an axis, a whole number."""' in to_code({"f": n})
    source = to_code({"a": m, "b": n}, doc="Both.", sources=[x])
    assert '"""Both.\n    m and n are sizes of axes, whole numbers."""' in source
    assert "def gradient(m, n):" in source


def test_an_array_that_has_all_missing_sizes_is_taken_before_others():
    n, m = size_symbol("n"), size_symbol("m")
    sources = [symbol("x", ("n",)), symbol("y", ("m",)), symbol("A", ("m", "n"))]
    assert "def gradient(A):" in to_code({"a": n, "b": m}, sources=sources)


def test_the_smaller_of_two_sizes_is_code():
    least = size_symbol("min(m, n)")
    source = to_code({"r": least}, sources=[symbol("A", ("m", "n"))])
    assert "min(m, n)" in source
    assert run(source, {"A": np.zeros((3, 2))})[0] == 2


def test_the_hessian_takes_its_sizes_from_the_variable():
    found = gp.derive("||X||_F^2", wrt="X", shapes={"X": ("m", "n")}, order=2)
    for dense in (False, True):
        space = {}
        exec(found.to_code("numpy", dense=dense), space)
    X = arrays({"X": ("m", "n")})["X"]
    np.testing.assert_allclose(space["hessian"](X), found.evaluate({"X": X}))
