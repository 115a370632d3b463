"""Numbers by their names, and what unusual names in a print mean."""

import math

import pytest

from gradproof import derive
from gradproof.expr.broadcast import scale
from gradproof.expr.node import OPERATIONS, number, symbol
from gradproof.write.matrix import to_latex, to_text
from gradproof.write.meanings import meanings


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.pi, "π"),
        (2 * math.pi, "2 π"),
        (-math.pi / 4, "−π/4"),
        (math.pi / 180, "π/180"),
        (180 / math.pi, "180/π"),
        (2 / math.sqrt(math.pi), "2/sqrt(π)"),
        (1 / math.sqrt(2 * math.pi), "1/sqrt(2 π)"),
        (math.sqrt(2 / math.pi), "sqrt(2/π)"),
        (math.pi**2 / 6, "π²/6"),
        (math.log(2), "log(2)"),
        (1 / math.log(10), "1/log(10)"),
        (math.sqrt(2), "sqrt(2)"),
        (0.1, "0.1"),
        (3.14159, "3.14159"),
        (0.7071067811, "0.7071067811"),
        (math.pi + 1e-14, repr(math.pi + 1e-14)),
        (1 / 3.7, repr(1 / 3.7)),
    ],
)
def test_a_number_by_its_name(value, text):
    assert to_text(number(value)) == text


def test_named_numbers_stand_in_front():
    x = symbol("x", ("n",))
    assert to_text(scale(2 * math.pi, x)) == "2 π x"
    assert to_latex(scale(2 * math.pi, x)) == r"2 \pi x"
    assert derive("erf(x)", wrt="x", shapes={"x": ()}).to_text() == "∂f/∂x = 2/sqrt(π) exp(−x²)"


@pytest.mark.parametrize(
    ("formula", "shapes", "words"),
    [
        ("nuclear_norm(X)", {"X": ("m", "n")}, ["polar(X) = U Vᵀ"]),
        ("prod(x)", {"x": ("n",)}, ["prod_of_others(x) has at i"]),
        ("sum(sqrtm(X))", {"X": ("n", "n")}, ["L_sqrt(A, E) is the derivative of sqrtm"]),
        ("vec(X)' vec(X)", {"X": ("m", "n")}, []),
    ],
)
def test_unusual_names_are_explained_below_the_result(formula, shapes, words):
    found = derive(formula, wrt=next(iter(shapes)), shapes=shapes)
    told = found.told[len(found.notes) :]
    assert len(told) == len(words)
    assert all(line.startswith(word) for line, word in zip(told, words, strict=True))
    assert all(line in str(found) and line in found.to_markdown() for line in told)


@pytest.mark.parametrize("name", sorted(name for name, op in OPERATIONS.items() if op.meaning))
def test_a_meaning_begins_with_what_is_printed(name):
    op = OPERATIONS[name]
    sample = next((make() for make in op.samples), None)
    if sample is None or name in ("merge_axes", "frechet_higher", "each"):
        return
    assert meanings(sample, to_text(sample)) == [op.meaning]


def test_zeros_print_as_0_and_their_shape_is_told():
    found = derive("A", wrt="X", shapes={"A": ("m", "n"), "X": ("p", "q")})
    assert found.to_text() == "∂f/∂X = 0"
    assert "every entry of the result is 0; its shape is (m, n, p, q)" in str(found)
    assert "its shape is (n,)" in derive("tr(A)", wrt="x", shapes={"A": ("n", "n"), "x": ("n",)}).told[-1]
