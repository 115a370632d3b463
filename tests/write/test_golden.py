"""What people see, held fixed: formulas people know, a whole network; every operation's record prints."""

import re

import pytest
from tests.write.samples import SAMPLES
from tests.write.test_numpy import network

from gradproof.expr.node import OPERATIONS
from gradproof.write.index import to_index
from gradproof.write.matrix import to_latex, to_text
from gradproof.write.numpy import to_numpy


def block(name, expr):
    return "\n".join(
        [f"# {name}", to_text(expr), to_index(expr), to_latex(expr), to_index(expr, latex=True), ""]
    )


def test_formulas(golden):
    golden("formulas.txt", "\n".join(block(name, expr) for name, expr in SAMPLES.items()))


@pytest.mark.parametrize(
    ("name", "k"), [(name, k) for name, op in OPERATIONS.items() for k in range(len(op.samples))]
)
def test_every_record_prints(name, k):
    expr = OPERATIONS[name].samples[k]()
    for text in (to_text(expr), to_index(expr), to_latex(expr), to_index(expr, latex=True)):
        assert not re.search(r"\{\}|attrs|None(?![,\]]| *\\right)", text), text  # a[None] is a new axis
    for latex in (to_latex(expr), to_index(expr, latex=True)):
        plain = latex.replace(r"\{", "").replace(r"\}", "")
        assert plain.count("{") == plain.count("}"), latex
        assert latex.count(r"\left") - latex.count(r"\leftarrow") == latex.count(r"\right"), latex
        assert latex.isascii(), latex


def test_network(golden):
    cost, gradients, names = network()
    exprs = {"J": cost} | {f"d{s.name}": g for s, g in gradients.items()}
    table = {e: n for n, e in exprs.items()} | names
    lines = [to_numpy(exprs, names), ""]
    for node, name in table.items():
        prefix = to_text(node, table) + " = "
        lines.append(to_text(node, table, expand=(node,), prefix=prefix))
        assert name
    golden("network.txt", "\n".join([*lines, "", to_text(gradients[next(iter(gradients))]), ""]))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dW3 with penalty", "1/m (A₃ − Y) A₂ᵀ + λ/m W₃"),
        ("softmax regression", "1/N Xᵀ (P − T) + 2 reg W"),
        ("dA1 through relu", "[A₁ > 0] ∘ (W₂ᵀ dZ₂)"),
        ("trace", "tr(Wᵀ W)"),
        ("least squares", "Xᵀ X w − Xᵀ y"),
        ("squared norm", "λ/(2m) ‖W‖²_F"),
        ("a layer, examples in columns", "W₁ X + b₁ 1ᵀ"),
    ],
)
def test_the_forms_people_write(name, text):
    assert to_text(SAMPLES[name]) == text


def test_index_notation_reads_entries():
    assert to_index(SAMPLES["negative log-likelihood"]) == "−Σ_i log(p[i, y_i])"
    assert to_index(SAMPLES["gradient of the penalty"]) == "λ/m W₃_i"
