"""Everything our writers print as LaTeX is read by MathML's converter and drawn as a picture."""

import re
import xml.etree.ElementTree as ET

import pytest
from tests.write.samples import SAMPLES

from gradproof.expr.broadcast import matmul, transpose
from gradproof.expr.node import OPERATIONS, symbol
from gradproof.write.index import to_index
from gradproof.write.mathml import html_table, latex_to_mathml, to_mathml
from gradproof.write.matrix import to_latex
from gradproof.write.svg import latex_to_svg, to_svg

PRINTED = {
    **{f"{name} {k}": make for name, op in OPERATIONS.items() for k, make in enumerate(op.samples)},
    **{name: (lambda e=e: e) for name, e in SAMPLES.items()},
}


def spelled(expr):
    return [to_latex(expr), to_latex(expr, short=True), to_index(expr, latex=True)]


@pytest.mark.parametrize("name", PRINTED)
def test_every_print_is_valid_mathml(name):
    for latex in spelled(PRINTED[name]()):
        math = latex_to_mathml(latex)
        root = ET.fromstring(math)
        assert root.get("display") == "block"
        assert root.get("alttext") == latex
        shown = "".join(root.itertext())
        assert "\\" not in shown, (latex, shown)
        assert not re.search(r"operatorname|mathrm|left|right|frac", shown), shown


@pytest.mark.parametrize("name", PRINTED)
def test_every_print_is_drawn(name):
    pytest.importorskip("ziamath")
    assert "<path" in latex_to_svg(to_latex(PRINTED[name](), short=True))


def test_an_expression_in_one_call():
    A, x = symbol("A", (3, 2)), symbol("x", (3,))
    expr = matmul(transpose(A), x)
    shown = "".join(ET.fromstring(to_mathml(expr, prefix="y = ")).itertext())
    assert shown == "y=A⊤x"
    pytest.importorskip("ziamath")
    assert to_svg(expr).startswith("<svg")


def test_a_page_has_titles_and_needs_no_network():
    rows = [("f", r"\frac{x}{y}", "quotient"), ("g", "z", "")]
    page = html_table([("the gradient of a < b", rows)], ["x is read as a vector"])
    assert "the gradient of a &lt; b" in page
    assert page.count("<math") == 4
    assert "quotient" in page
    assert "x is read as a vector" in page
    assert "http" not in page.replace('xmlns="http://www.w3.org/1998/Math/MathML"', "")
    assert "<script" not in page
