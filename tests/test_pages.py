"""The generated pages are what their records say now; ``pytest --update-golden`` writes them."""

import re
from pathlib import Path

import pytest

from gradproof.calculus.simplify import ALL_RULES
from gradproof.expr.node import OPERATIONS
from gradproof.read.notation.vocabulary import documented, functions
from gradproof.write.notation_page import notation_page
from gradproof.write.rules_page import derivative_rules, rewrite_rules, rules_page

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {"rules.md": rules_page, "notation.md": lambda: notation_page(documented())}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_up_to_date(name, request):
    text = PAGES[name]()
    if request.config.getoption("--update-golden"):
        (DOCS / name).write_text(text, encoding="utf-8")
    assert (DOCS / name).read_text("utf-8") == text


def test_every_rule_is_on_the_page():
    page = rules_page()
    for op in OPERATIONS.values():
        if op.pullback is not None and op.samples:
            assert f"**{op.name}** $".replace("_", r"\_") in page, op.name
    for rule in ALL_RULES:
        assert f"### {rule.name}\n" in page


def test_formulas_are_what_the_rules_make():
    found = {rule.operation.name: dict(rule.parts) for rule in derivative_rules()}
    left = r"\frac{\partial J}{\partial X}"
    assert found["inv"][left] == r"-X^{-\top} G X^{-\top}"
    assert found["det"] == {r"\frac{\partial f}{\partial X}": r"\det\left(X\right) X^{-\top}"}
    assert found["tanh"] == {r"\frac{\partial f}{\partial x}": r"1 - \tanh\left(x\right)^{2}"}
    fired = {entry.rule.name for entry in rewrite_rules() if entry.firings}
    assert {"logistic function", "softmax", "like terms"} <= fired


def test_tables_are_tables():
    for text in (rules_page(), notation_page(documented())):
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) <= 2
    assert all(function.name in notation_page(documented()) for function in functions())
