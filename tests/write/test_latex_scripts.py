"""LaTeX that TeX accepts: one superscript and one subscript a base, brackets that pair."""

import random

import pytest
from latex2mathml.converter import convert
from tests.write.latex_checks import latex_problems

import gradproof as gp
from gradproof.errors import InputError
from gradproof.expr.broadcast import multiply, transpose
from gradproof.expr.elementwise import power
from gradproof.expr.node import OPERATIONS, number
from gradproof.write.matrix import to_latex
from gradproof.write.scripts import lowered, raised

TWO = number(2)


def assert_is_latex(formula):
    """TeX accepts it, and so does the converter to MathML."""
    assert latex_problems(formula) == []
    convert(formula)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("X", r"X^{\top}"),
        ("X^{-1}", r"X^{-\top}"),
        (r"x^{\circ 2}", r"{x^{\circ 2}}^{\top}"),
        ("W_{1}", r"W_{1}^{\top}"),
        ("W^{[1]}_{2}", r"{W^{[1]}_{2}}^{\top}"),
        (r"\left(X^{2}\right)", r"\left(X^{2}\right)^{\top}"),
        (r"\mathbf{x}^2", r"{\mathbf{x}^2}^{\top}"),
        (r"\operatorname{f}^{2}\left(x\right)", r"\operatorname{f}^{2}\left(x\right)^{\top}"),
    ],
)
def test_a_transpose_stands_behind_one_base(base, expected):
    assert raised(base, r"^{\top}") == expected
    assert_is_latex(expected)


def test_a_subscript_is_continued_or_stands_behind_braces():
    assert lowered("W", "ij") == "W_{ij}"
    assert lowered("W_{1}", "ij") == "W_{1,ij}"
    assert lowered("W_{1}^{2}", "ij") == "{W_{1}^{2}}_{ij}"


@pytest.mark.parametrize(
    "formula", ["x^{2}^{3}", "x_1_2", r"X^{-1}^{\top}", "x^{2}'", r"\left(x", "x}", "x^{a^{2}^{3}}"]
)
def test_the_check_itself_sees_what_tex_refuses(formula):
    assert latex_problems(formula)


@pytest.mark.parametrize("name", sorted(name for name, op in OPERATIONS.items() if op.samples))
def test_every_operation_and_its_powers_and_transposes(name):
    for sample in OPERATIONS[name].samples:
        node = sample()
        squared = power(node, TWO)
        for grown in (node, squared, transpose(squared), power(transpose(power(node, TWO)), TWO)):
            assert_is_latex(to_latex(grown))
        assert_is_latex(to_latex(multiply(squared, node), {node: "W^{[1]}_{2}"}))


@pytest.mark.parametrize(
    ("formula", "wrt", "options"),
    [
        ("logdet(X)", "X", {"shapes": {"X": ("n", "n")}, "assume": {"X": ["spd"]}}),
        ("x' diag(d) x", "d", {"shapes": {"x": ("n",), "d": ("n",)}}),
        ("tr(inv(X) A)", "X", {"shapes": {"X": ("n", "n"), "A": ("n", "n")}}),
        ("sum((A**2) @ x)", "x", {"shapes": {"x": ("n",), "A": ("m", "n")}}),
    ],
)
def test_derivations(formula, wrt, options):
    found = gp.derive(formula, wrt=wrt, **options)
    assert_is_latex(found.to_latex())
    assert_is_latex(found.to_latex(steps=False))


def _random_formula(draw, depth, shape):
    """A formula of a shape, written as a reader would."""
    leaves = {"nn": "ABX", "n": "xy", "": "ab"}
    if depth == 0 or draw.random() < 0.15:
        return draw.choice(leaves[shape])

    def below(of):
        return _random_formula(draw, depth - 1, of)

    if shape == "nn":
        forms = [
            "({0} {1})",
            "({0} + {1})",
            "inv({0})",
            "({0})'",
            "({0} .* {1})",
            "({2} {3}')",
            "diag({2})",
            "({0})^2",
        ]
    elif shape == "n":
        forms = ["({0} {2})", "({2} .* {3})", "({2} + {3})", "exp({2})", "({2}).^2", "diag({0})"]
    else:
        forms = [
            "tr({0})",
            "({2}' {3})",
            "norm({2})^2",
            "({4})^2",
            "({4} + {5})",
            "logdet({0})",
            "({4} * {5})",
        ]
    pattern = draw.choice(forms)
    parts = [below(s) if f"{{{k}}}" in pattern else "" for k, s in enumerate(["nn", "nn", "n", "n", "", ""])]
    return pattern.format(*parts)


def test_gradients_of_random_formulas():
    shapes = {"A": ("n", "n"), "B": ("n", "n"), "X": ("n", "n"), "x": ("n",), "y": ("n",), "a": (), "b": ()}
    draw, printed = random.Random(7), 0
    while printed < 100:
        formula = _random_formula(draw, 3, "")
        variable = next((v for v in "XxAyBab" if v in formula), None)
        try:
            found = gp.derive(formula, wrt=variable, shapes=shapes)
        except InputError:
            continue
        printed += 1
        assert_is_latex(found.to_latex())
