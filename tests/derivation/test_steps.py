"""What a derivation prints: rows that are true, that say something, once; rules in symbols; three styles."""

import json

import numpy as np
import pytest

from gradproof import InputError, derive
from gradproof.calculus.sampling import sampled
from gradproof.cli.formula import as_dict
from gradproof.derivation.rows import is_trace
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import symbols
from gradproof.read.notation import read
from gradproof.write.names import text_name
from gradproof.write.rules import rule_in_symbols, rule_names

N, M, K = 3, 4, 2
SQUARE, WIDE = (N, N), (N, M)
FORMULAS = {
    "penalty": ("lambda/(2m) ||W||_F^2", "W", {"W": WIDE}),
    "trace": ("tr(W' W)", "W", {"W": WIDE}),
    "linear": ("tr(A X)", "X", {"A": WIDE, "X": (M, N)}),
    "bilinear": ("a' X b", "X", {"a": (N,), "X": WIDE, "b": (M,)}),
    "quadratic": ("x' A x", "x", {"A": SQUARE, "x": (N,)}),
    "quadratic in X": ("tr(X' A X)", "X", {"A": SQUARE, "X": WIDE}),
    "log det": ("log det(X)", "X", {"X": SQUARE}),
    "log det of a Gram matrix": ("log det(A + X X')", "X", {"A": SQUARE, "X": WIDE}),
    "determinant": ("det(X)", "X", {"X": SQUARE}),
    "inverse": ("tr(A X^-1)", "X", {"A": SQUARE, "X": SQUARE}),
    "inverse between vectors": ("a' X^-1 b", "X", {"a": (N,), "X": SQUARE, "b": (N,)}),
    "least squares": ("1/2 ||X w - y||^2", "w", {"X": WIDE, "w": (M,), "y": (N,)}),
    "ridge": ("1/2 ||X w - y||^2 + lambda/2 ||w||^2", "w", {"X": WIDE, "w": (M,), "y": (N,)}),
    "matrix factorisation": ("||T - U V'||_F^2", "U", {"T": WIDE, "U": (N, K), "V": (M, K)}),
    "logistic": ("sum(log(1 + exp(-y .* (X w))))", "w", {"X": WIDE, "w": (M,), "y": (N,)}),
    "norm": ("||x||", "x", {"x": (N,)}),
    "exponential": ("sum(exp(A x))", "x", {"A": WIDE, "x": (M,)}),
    "tanh": ("sum(tanh(W x))", "W", {"W": WIDE, "x": (M,)}),
    "Hadamard": ("sum(A .* X)", "X", {"A": WIDE, "X": WIDE}),
    "cube": ("sum(x.^3)", "x", {"x": (N,)}),
    "nuclear norm": ("||X||_*", "X", {"X": WIDE}),
    "Jacobian": ("A x", "x", {"A": WIDE, "x": (M,)}),
    "Jacobian of a product": ("A X B", "X", {"A": WIDE, "X": (M, K), "B": (K, N)}),
    "Jacobian of the inverse": ("X^-1", "X", {"X": SQUARE}),
    "Gram matrix": ("X' X", "X", {"X": WIDE}),
    "logsumexp": ("logsumexp(z)", "z", {"z": (N,)}),
    "Rayleigh quotient": ("x' A x/(x' x)", "x", {"A": SQUARE, "x": (N,)}),
    "scalar": ("x^2 + sin(x)", "x", {"x": ()}),
    "ratio": ("tr(X)/det(X)", "X", {"X": SQUARE}),
    "Gaussian": ("1/2 log det(S) + 1/2 x' S^-1 x", "S", {"S": SQUARE, "x": (N,)}),
}


def found_for(name, **options):
    formula, wrt, shapes = FORMULAS[name]
    assume = {"S": ["spd"]} if "S" in shapes else None
    return derive(formula, wrt=wrt, shapes={"lambda": (), "m": (), **shapes}, assume=assume, **options)


def rows_of(found, style="all"):
    return [row for _, rows in found.sections(style=style) for row in rows]


@pytest.mark.parametrize("name", FORMULAS)
def test_every_step_holds_and_every_row_says_something_once(name):
    found = found_for(name)
    assert found.verify().holds, found.verify().failures
    rows = rows_of(found)
    assert all(row.left != row.right and row.left and row.right for row in rows)
    spoken = [(row.left, row.right) for row in found.sections(style="differential")[-1][1]]
    assert len(set(spoken)) == len(spoken)
    lines = found.step_lines()
    assert all(line.left.replace(" ", "") != line.right.replace(" ", "") for line in lines)


@pytest.mark.parametrize("name", FORMULAS)
def test_rows_mean_what_the_engine_holds(name):
    """Each right side is read back as typed text, and has the value of the expression it spells."""
    found = found_for(name)
    read_back = 0
    for row in rows_of(found, "differential"):
        if row.value is None or "\n" in row.right or "⊗" in row.right:
            continue
        leaves = symbols(row.value)
        spelled = {text_name(s.name): s for s in leaves}
        formula = read(row.right, shapes={n: s.shape for n, s in spelled.items()}, dialect="math")
        drawn = sampled([row.value]).values
        expected = evaluate([row.value], drawn)[0]
        table = {formula.symbols[n]: drawn[s] for n, s in spelled.items() if n in formula.symbols}
        result = evaluate([formula.expression], table)[0]
        np.testing.assert_allclose(np.squeeze(result), np.squeeze(expected), rtol=1e-9, err_msg=row.right)
        read_back += 1
    assert read_back >= 2


def test_the_threads_derivation():
    rows = [row[:3] for row in rows_of(found_for("penalty"), "differential")]
    assert rows == [
        ("f", "λ/(2m) ‖W‖²_F", ""),
        ("f", "λ/(2m) tr(Wᵀ W)", "definition of the Frobenius norm"),
        ("d tr(Wᵀ W)", "2 tr(Wᵀ dW)", "product rule"),
        ("df", "λ/m tr(Wᵀ dW)", "gathered"),
        ("df", "tr((λ/m W)ᵀ dW)", "as an inner product"),
        ("∂f/∂W", "λ/m W", "read off"),
    ]


GOLDEN = {
    "penalty": {},
    "ridge": {},
    "log det of a Gram matrix": {},
    "network": {},
    "matrix factorisation": {"order": 2},
    "Jacobian of the inverse": {},
}


@pytest.mark.parametrize("name", GOLDEN)
def test_derivations_as_they_look(name, golden):
    if name == "network":
        formula = "1/(2m) ||W2 A1 - Y||_F^2 + lambda/(2m) (||W1||_F^2 + ||W2||_F^2)"
        found = derive(formula, wrt="W1", let={"Z1": "W1 X", "A1": "tanh(Z1)"})
    else:
        found = found_for(name, **GOLDEN[name])
    styles = ["differential", "index"]
    if not (GOLDEN[name] or "Jacobian" in name):
        styles.append("backprop")
    pieces = [f"--- {style}\n{found.derivation_text(style)}\n" for style in styles]
    golden(f"{name.replace(' ', '_')}.txt", "\n".join([*pieces, found.to_latex(), ""]))


def test_styles():
    found = found_for("penalty")
    assert [t for t, _ in found.sections(style="index")] == ["", "Entries"]
    assert "δ_ki" in found.to_latex(style="index") or r"\delta_{ki}" in found.to_latex(style="index")
    assert "Backpropagation" in found.derivation_text("backprop")
    assert r"\operatorname{tr}" not in found.to_markdown(style="index")
    with pytest.raises(InputError, match="no style"):
        found.sections(style="prose")
    with pytest.raises(InputError, match="style='differential'"):
        found_for("Jacobian").sections(style="backprop")
    assert rows_of(found_for("Jacobian of a product"), "index")[-1][:2] == ("∂f_ij/∂x_kl", "a_ik b_lj")


def test_a_step_tells_its_place_and_its_rule_in_symbols():
    shapes = {"A": ("n", "n"), "X": ("n", "k")}
    found = derive("log det(A + X X')", wrt="X", shapes=shapes, assume={"A": ["spd"]})
    lines = found.step_lines()
    places = {line.where for line in lines}
    assert {"df", "∂f/∂X"} <= places
    by_rule = {line.rule: line.symbols for line in lines}
    assert by_rule["product rule"] == "d(A B) = dA B + A dB"
    assert by_rule["derivative of log det"] == "d(log|det(X)|) = tr(X⁻¹ dX)"


@pytest.mark.parametrize("name", rule_names())
def test_every_rule_has_its_symbols(name):
    assert rule_in_symbols(name)
    assert rule_in_symbols(name, latex=True)


def test_every_rule_that_occurs_has_its_symbols():
    rules = {line.rule for name in FORMULAS for line in found_for(name).step_lines()}
    assert not [rule for rule in rules if not rule_in_symbols(rule)]


@pytest.mark.parametrize("latex", [False, True])
def test_what_is_one_trace(latex):
    one = r"\operatorname{tr}\left(A B\right)" if latex else "tr(A B)"
    assert is_trace(one)
    assert not is_trace(f"{one} {one}")


@pytest.mark.parametrize(
    ("formula", "name"),
    [
        ("J = ||W||_F^2", "J"),
        ("J(W) = ||W||_F^2", "J"),
        (r"J_{\mathrm{reg}}(W) = \|W\|_F^2", "J_reg"),
        (r"\mathcal{L} = \|W\|_F^2", "L"),
        ("||W||_F^2", "f"),
        ("f' W f", "J"),
    ],
)
def test_the_left_side_names_the_function(formula, name):
    found = derive(formula, wrt="W")
    assert found.output == name
    assert found.to_text().startswith(f"∂{name}/∂W = ")


def test_layers_are_superscripts():
    found = derive(r"\|W^{[l]}\|_F^2", wrt="W^{[l]}")
    assert found.to_text() == "∂f/∂W^[l] = 2 W^[l]"
    assert found.to_latex(steps=False) == r"\frac{\partial f}{\partial W^{[l]}} = 2 W^{[l]}"


def test_json_is_complete():
    content = json.loads(json.dumps(as_dict(found_for("inverse"), verify=True)))
    assert content["result"] == "∂f/∂X = −(X⁻¹ A X⁻¹)ᵀ"
    assert content["latex"].startswith(r"\frac{\partial f}{\partial X}")
    assert content["verified"]["hold"]
    assert [section["title"] for section in content["derivation"]] == ["", "Differential", "Entries"]
    keys = {"rule", "left", "raw", "right", "where", "rule_in_symbols", "source", "times"}
    assert all(set(step) == keys for step in content["steps"])
