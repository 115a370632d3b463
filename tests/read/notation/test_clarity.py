"""What can be read in two ways in text is refused; what looks alike and is clear is read."""

import numpy as np
import pytest

from gradproof.calculus.canonical import canonical
from gradproof.errors import InputError
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import number_value, symbols
from gradproof.expr.sizes import with_sizes
from gradproof.read.notation import read

SHAPES = {
    "A": ("n", "n"), "B": ("n", "n"), "C": ("n", "n"), "X": ("m", "n"), "x": ("n",), "w": ("n",), "y": ("m",),
    "s": (), "t": (), "c": (), "m": (), "lambda": (),
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "x'*A*x/x'*x", "w'x/||w||*||x||", "w'x / ||w|| ||x||", "x'x/w'w", "e^-x'x", "e^x'", "e^-2t", "e^-t/2",
        "A^-1/2", "||X||_1", "||X||_inf", "exp(t*A) x", "exp(A)", "log(A)", "sqrt(A)", "(1 + A) x", "A - s",
        "gamma(t)", "Phi(w'x)", "φ(t)", "psi(t)", "beta(s, t)", "d/dx x'x", "∂/∂x x'x", "d(x'x)/dx", "1j x",
        "2i t", "2e x", "A - x", "X + w", "x/0", "[A B]", "[x -1]", "|A||B||C|", "sin^-1(t)", "log^2(t)",
        "vech(A)", "cross(x, w)", "rank(A)", "eig(A)", "reshape(X, n, m)",
        "x^(i)", "x^{(i)}'w", "A^(1) x", "A^{[1]} x", "A^[l] x", "2<x,w>",
    ],
)  # fmt: skip
def test_refused(text):
    with pytest.raises(InputError) as caught:
        read(text, shapes=SHAPES)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("x^2/2", "1/2*x.^2"),
        ("exp(-||x||^2/2)", "exp(-(x'x)/2)"),
        ("||x - w||^2/2", "1/2*||x - w||^2"),
        ("lambda/m A x", "(lambda/m)*(A*x)"),
        ("1/2 x'x", "0.5*(x'x)"),
        ("s/t*c", "(s/t)*c"),
        ("A^-1(x - w)", "inv(A)*(x - w)"),
        ("w'1", "sum(w)"),
        ("1'(A ⊙ B)1", "sum(A .* B)"),
        ("sin^2(t)", "sin(t)^2"),
        ("sin²(x)", "sin(x).^2"),
        ("-[t log σ(w'x) + (1−t) log(1−σ(w'x))]", "-(t*log(σ(w'x)) + (1-t)*log(1-σ(w'x)))"),
        ("Tr[A B A' C]", "tr(A*B*A'*C)"),
        ("<x,w>^2 + <A,B>", "(x'w)^2 + sum(A.*B)"),
        ("|A||B|", "det(A)*det(B)"),
        ("exp.(A)", "exp(A .* ones(n,n)')"),
        ("A .+ 1", "1 .+ A"),
        ("sech(t)", "1/cosh(t)"),
        ("kron(x, w)", "vec(w x')"),
    ],
)
def test_read_as(text, plain):

    first, second = (
        read(text, shapes=SHAPES).expression,
        read(plain, shapes=SHAPES, dialect="math").expression,
    )
    assert canonical(first) is canonical(second) or _equal(first, second)


def _equal(first, second):

    sizes = {"n": 3, "m": 4}
    leaves = sorted({*symbols(first), *symbols(second)}, key=lambda s: s.name)
    numbered = with_sizes([first, second, *leaves], sizes)
    rng = np.random.default_rng(0)
    given = {
        numbered[leaf]: rng.uniform(0.2, 0.9, numbered[leaf].shape)
        for leaf in leaves
        if "size" not in leaf.name
    }
    one, two = evaluate([numbered[first], numbered[second]], given)
    np.testing.assert_allclose(one, two, rtol=1e-10)
    return True


@pytest.mark.parametrize("text", ["w_0 + w'x", "w'x + b", "σ(w'x + b)", "b - (x - w)'(x - w)"])
def test_what_is_added_to_a_scalar_is_one(text):
    assert read(text, shapes=SHAPES).expression.shape == ()


def test_matlab_divides_from_the_left():
    assert read("A/B*C", shapes=SHAPES, dialect="matlab").expression.shape == ("n", "n")


@pytest.mark.parametrize(
    ("text", "shape"),
    [("np.reshape(X, (-1,))", (12,)), ("X.reshape(4, -1)", (4, 3)), ("X.reshape(2, 6)", (2, 6))],
)
def test_reshape_goes_along_the_rows(text, shape):
    assert read(text, shapes={"X": (3, 4)}).expression.shape == shape


def test_numpy_divides_by_zero_neither():
    with pytest.raises(InputError, match="by 0"):
        read("np.sum(x) / 0", shapes={"x": ("n",)})


def test_numbers_are_numbers():
    assert number_value(read("1/2", dialect="math").expression) == 0.5


@pytest.mark.parametrize(
    "given",
    [
        {"assume": {"Q": ["symmetric"]}},
        {"assume": {"x": ["spd"]}},
        {"assume": {"X": ["symmetric"]}},
        {"assume": {"A": ["simplex"]}},
        {"assume": {"Z": ["spd"]}, "let": {"Z": "A + A'"}},
        {"assume": 3},
        {"assume": {"x": 3}},
        {"assume": {"x": None}},
        {"let": {"Z": 3}},
        {"let": 3},
    ],
)
def test_facts_that_fit_nothing_are_refused(given):
    with pytest.raises(InputError) as caught:
        read("x'A x + sum(X)", shapes=SHAPES, **given)
    assert caught.value.fix


@pytest.mark.parametrize(
    "shapes", [3, {"x": None}, {3: ("n",)}, [3], {"x": True}, {"x": 1.5}, {"x": -1}, {"x": (2.5,)}]
)
def test_shapes_that_are_none_are_refused(shapes):
    with pytest.raises(InputError) as caught:
        read("x'x", shapes=shapes)
    assert caught.value.fix


@pytest.mark.parametrize("text", [b"x'x", None, 3])
def test_a_formula_is_a_text(text):
    with pytest.raises(InputError):
        read(text)
