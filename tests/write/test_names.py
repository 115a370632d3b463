"""Names: what people type, and what they read."""

import pytest

from gradproof.expr.broadcast import multiply
from gradproof.expr.node import symbol
from gradproof.write.matrix import to_latex, to_text
from gradproof.write.names import latex_name, text_name


@pytest.mark.parametrize(
    ("name", "text", "latex"),
    [
        ("W", "W", "W"),
        ("W1", "W₁", "W_{1}"),
        ("W_1", "W₁", "W_{1}"),
        ("dZ12", "dZ₁₂", r"\mathrm{d}Z_{12}"),
        ("db1", "db₁", r"\mathrm{d}b_{1}"),
        ("dgamma", "dγ", r"\mathrm{d}\gamma"),
        ("data", "data", r"\mathrm{data}"),
        ("dim", "dim", r"\mathrm{dim}"),
        ("lambd", "λ", r"\lambda"),
        ("lambda_", "λ", r"\lambda"),
        ("reg", "reg", r"\mathrm{reg}"),
        ("sigma2", "σ₂", r"\sigma_{2}"),
        ("y_hat", "ŷ", r"\hat{y}"),
        ("yhat", "ŷ", r"\hat{y}"),
        ("W_out", "W_out", r"W_{\mathrm{out}}"),
        ("x_i", "xᵢ", "x_{i}"),
        ("dW[2]", "dW^[2]", r"\mathrm{d}W^{[2]}"),
        ("layer1.W", "layer1.W", r"\mathrm{layer1.W}"),
        ('grads["dW_1"]', 'grads["dW_1"]', r"\mathrm{grads[dW\_1]}"),
        ("_", "_", r"\mathrm{\_}"),
    ],
)
def test_names(name, text, latex):
    assert text_name(name) == text
    assert latex_name(name) == latex


def test_different_symbols_never_print_alike():
    product = multiply(symbol("lambd"), symbol("lam"), symbol("W1", (2,)), symbol("W_1", (2,)))
    assert to_text(product) == "λ lam W₁ ∘ W_1"
    same = multiply(symbol("w", (2,)), symbol("w", (2,), 1))
    assert to_text(same) == "w ∘ w′"
    assert to_latex(same) == r"w \odot w'"
