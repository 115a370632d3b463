"""Declarations as they are typed on a command line."""

import pytest

from gradproof.errors import InputError
from gradproof.read.notation.declarations import declarations, facts_from, parse_declaration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("W: matrix(n, k), symmetric", ("W", ("n", "k"), ("symmetric",))),
        ("W: matrix(3, k)", ("W", (3, "k"), ())),
        ("A: matrix(n), spd", ("A", ("n", "n"), ("spd",))),
        ("x: vector(n)", ("x", ("n",), ())),
        ("x: vector(n) nonnegative", ("x", ("n",), ("nonnegative",))),
        ("lambda: scalar positive", ("lambda", (), ("positive",))),
        ("lambda: scalar, positive", ("lambda", (), ("positive",))),
        ("W: n x k", ("W", ("n", "k"), ())),
        ("W: 3×4", ("W", (3, 4), ())),
        ("W: (n, k)", ("W", ("n", "k"), ())),
        ("T: tensor(n, m, k)", ("T", ("n", "m", "k"), ())),
        ("A: positive definite", ("A", None, ("symmetric", "spd"))),
        ("A: symmetric and invertible", ("A", None, ("symmetric", "invertible"))),
        ("Y: matrix(m, n), row stochastic", ("Y", ("m", "n"), ("row_stochastic",))),
        ("x: matrix(n, m*k)", ("x", ("n", "m*k"), ())),
    ],
)
def test_declarations(text, expected):
    assert parse_declaration(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("W matrix(n, k)", "declares nothing"),
        ("W: vector(n, k)", "no shape"),
        ("W: matrix(n, k), symetric", "symmetric"),
        ("W: matrx(n, k)", "fact"),
        ("W: matrix(n, -1)", "size"),
    ],
)
def test_what_is_no_declaration(text, said):
    with pytest.raises(InputError) as caught:
        parse_declaration(text)
    assert said in str(caught.value)
    assert caught.value.fix


def test_every_form_of_shapes():
    expected = {"W": ("n", "k"), "x": (3,), "c": ()}
    assert declarations({"W": ("n", "k"), "x": [3], "c": []}, None)[0] == expected
    assert declarations({"W": "n x k", "x": "vector(3)", "c": "scalar"}, None)[0] == expected
    assert declarations(["W: matrix(n, k)", "x: vector(3)", "c: scalar"], None)[0] == expected


def test_facts_from_shapes_and_assume_are_joined():
    _, facts = declarations(["A: matrix(n, n), symmetric"], {"A": ["invertible"]})
    assert facts == {"A": ("symmetric", "invertible")}


def test_the_nearest_fact_is_named():
    with pytest.raises(InputError, match="no fact") as caught:
        facts_from(["orthgonal"], "Q")
    assert caught.value.fix == "did you mean orthogonal?"
