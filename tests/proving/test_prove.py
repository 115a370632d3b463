"""Verdicts: what is true is proved, what is false has a counterexample that differs, no false `equal`."""

import json

import numpy as np
import pytest
from tests.proving.equations import FACTS, FALSE, TRUE, M

from gradproof.calculus.parameters import honours
from gradproof.calculus.rewrite import Rule
from gradproof.calculus.sampling import evaluated
from gradproof.errors import InputError
from gradproof.expr.broadcast import transpose
from gradproof.expr.node import facts_of, symbol, symbols
from gradproof.proving import decide as decision
from gradproof.proving import evidence, prove, prove_gradient
from gradproof.proving.proof import as_floats
from gradproof.proving.report import as_dict, bound_text, to_lines


def names(text):
    import re

    return set(re.findall(r"[A-Za-z_]\w*", text))


def proved(left, right, **more):
    used = names(left) | names(right)
    shapes = {n: s for n, s in M.items() if n in used}
    return prove(left, right, shapes=shapes, assume={n: f for n, f in FACTS.items() if n in used}, **more)


def printed(proof):
    return "\n".join(line for line, _ in to_lines(proof))


def assert_refutes(proof):
    """The counterexample honours the facts, and NumPy finds different values there."""
    found = proof.counterexample
    leaves = {leaf.name: leaf for leaf in symbols(proof.left, proof.right)}
    values = {leaves[n]: as_floats(a) for n, a in found.values.items()}
    for leaf, array in values.items():
        assert honours(facts_of(leaf), array)
    left, right = evaluated([proof.left, proof.right], found.sizes, values)
    np.testing.assert_allclose(left, as_floats(found.left), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(right, as_floats(found.right), rtol=1e-6, atol=1e-9)
    exact = [np.asarray(a, dtype=object) for a in (found.left, found.right)]
    assert any(a != b for a, b in zip(exact[0].flat, exact[1].flat, strict=True))


@pytest.mark.parametrize(("left", "right"), TRUE, ids=lambda t: t)
def test_true_equations_are_proved(left, right):
    proof = proved(left, right)
    assert proof.verdict in ("equal", "equal to rounding"), printed(proof)
    assert proof.exit_status == 0
    assert proof.verdict == "equal to rounding" or proof.evaluation.error < 1e-15 or proof.reduction


@pytest.mark.parametrize(("left", "right"), FALSE, ids=lambda t: t)
def test_false_equations_have_a_counterexample(left, right):
    proof = proved(left, right, explain=False)
    assert proof.verdict == "not equal", printed(proof)
    assert_refutes(proof)
    assert all(n <= 3 for n in proof.counterexample.sizes.values())


@pytest.mark.parametrize(("left", "right"), TRUE, ids=lambda t: t)
def test_a_true_equation_with_a_term_too_many_is_refuted(left, right):
    proof = proved(f"({left}) + 1e-25*s", right, explain=False)
    assert proof.verdict == "not equal", printed(proof)


def test_most_true_equations_are_proved_and_not_only_seen():
    verdicts = [proved(left, right).verdict for left, right in TRUE]
    assert verdicts.count("equal") >= len(TRUE) - 2


@pytest.mark.parametrize(
    ("left", "right", "sizes", "entries"),
    [
        ("A @ B", "B @ A", {"n": 2}, 2),
        ("tr(A @ B)", "tr(A) * tr(B)", {"n": 2}, 2),
        ("det(2*A)", "2*det(A)", {"n": 2}, 2),
        ("x @ A @ y", "y @ A @ x", {"n": 2}, 3),
        ("abs(s)", "s", {}, 1),
    ],
)
def test_the_counterexample_is_small(left, right, sizes, entries):
    found = proved(left, right, explain=False).counterexample
    assert found.sizes == sizes
    arrays = [as_floats(a) for a in found.values.values()]
    assert sum(np.count_nonzero(a) for a in arrays) == entries
    assert all(set(np.unique(a)) <= {-1, 0, 1} for a in arrays)


@pytest.mark.parametrize(
    ("left", "right", "condition"),
    [
        ("A @ x", "A.T @ x", "A is symmetric"),
        ("A @ B", "B @ A", "A and B commute"),
        ("(A @ B).T", "A @ B", "A and B are diagonal"),
        ("inv(A)", "A.T", "A is orthogonal"),
        ("A @ A", "A * A", "A is diagonal"),
        ("abs(x)", "x", "x is positive"),
        ("pinv(X) @ X", "eye(k)", "k ≤ n"),
    ],
)
def test_conditions_under_which_it_holds(left, right, condition):
    proof = proved(left, right)
    assert condition in proof.conditions
    assert f"equal if {proof.conditions[0]}" in printed(proof)


@pytest.mark.parametrize(
    ("left", "right", "hint"),
    [
        ("2*A", "A", "2 times"),
        ("-x", "x", "other sign"),
        ("A @ B", "B.T @ A.T", "transpose"),
        ("x @ x / 2", "x @ x", "1/2 times"),
        ("s * x", "x", "s times"),
        ("sum(x)/n", "sum(x)", "1/n times"),
        ("sum(x) + 3", "sum(x)", "plus 3"),
    ],
)
def test_how_the_sides_differ(left, right, hint):
    assert hint in " ".join(proved(left, right).hints)


def test_shapes_that_differ_are_an_answer_of_their_own():
    proof = proved("A @ x", "s")
    assert proof.verdict == "shapes differ"
    assert proof.exit_status == 1
    assert printed(proof).startswith("not equal: shapes (n,) and ()")
    assert "transpose" in " ".join(proved("X.T @ A", "A.T @ X").hints)


@pytest.mark.parametrize(
    ("left", "right"),
    [("inv(outer(x, y)[:2, :2])", "s*eye(2)"), ("log(-s**2)", "log(-s**2)"), ("log(s)", "log(-s)")],
)
def test_nothing_is_equal_where_a_side_has_no_value(left, right):
    used = names(left) | names(right)
    shapes = {"x": (3,), "y": (3,), "s": ()}
    proof = prove(left, right, shapes={n: s for n, s in shapes.items() if n in used})
    assert proof.verdict == "undecided"
    assert "value" in proof.reason
    assert proof.exit_status == 3


@pytest.mark.parametrize(
    ("cost", "wrt", "candidate", "verdict"),
    [
        ("tr(W.T @ W)", "W", "2*W", "equal"),
        ("tr(W.T @ W)", "W", "W", "not equal"),
        ("lam/(2*m) * norm(W)**2", "W", "lam/m * W", "equal"),
        ("lam/(2*m) * norm(W)**2", "W", "lam/m * sum(W) + 0*W", "not equal"),
        ("sum(log(1 + exp(-y * (X @ w))))", "w", "-X.T @ (y * sigmoid(-y * (X @ w)))", "equal"),
        ("x @ A @ x", "x", "2 * A @ x", "not equal"),
        ("log(det(A))", "A", "inv(A).T", "equal"),
        ("norm(x)", "x", "x / norm(x)", "equal"),
    ],
)
def test_gradients(cost, wrt, candidate, verdict):
    shapes = {"W": ("n", "k"), "lam": (), "m": (), "A": ("n", "n"), "x": ("n",), "X": ("n", "k"),
              "w": ("k",), "y": ("n",)}  # fmt: skip
    used = names(cost) | names(candidate)
    found = prove_gradient(cost, wrt, candidate, shapes={n: s for n, s in shapes.items() if n in used})
    assert found.verdict == verdict, printed(found)
    if verdict == "equal":
        assert found.evaluation.error < 1e-15 or found.reduction


def test_the_classic_confusion_is_explained():
    found = prove_gradient("x @ A @ x", "x", "2 * A @ x", shapes={"A": ("n", "n"), "x": ("n",)})
    assert found.conditions == ["A is symmetric"]
    assert "2 A x" not in printed(found).splitlines()[0]


def test_expressions_and_texts_mix():
    a = symbol("A", ("n", "n"), facts=("symmetric",))
    assert prove(transpose(a), a).verdict == "equal"
    assert prove(transpose(a), "A").verdict == "equal"
    assert prove("A.T @ x", "A @ x", shapes={"x": ("n",), "A": ("n", "n")}).verdict == "not equal"


def test_a_wrong_rewriting_rule_cannot_make_things_equal(monkeypatch):
    wrong = Rule("wrong", lambda node: node.args[0], ("power",), "xᵖ = x", "shorter")
    monkeypatch.setattr(evidence, "RULES", (wrong, *evidence.RULES))
    for left, right in [("x**2", "x"), ("sqrt(exp(x))", "exp(x)")]:
        assert proved(left, right, explain=False).verdict == "not equal"


def test_a_wrong_law_of_unknown_functions_cannot_make_things_equal(monkeypatch):
    monkeypatch.setattr(
        decision, "modular", lambda *a, **k: evidence.Modular(agreed=[{"n": 2}], points=2, error=1e-30)
    )
    assert proved("exp(x)", "exp(2*x)", explain=False).verdict == "not equal"


def test_the_same_seed_gives_the_same_proof():
    first, second = (as_dict(proved("A @ B", "B @ A", seed=4)) for _ in range(2))
    assert first == second


def test_the_report():
    text = printed(proved("tr(A @ B)", "tr(B @ A)"))
    for part in ("equal", "by evaluation", "modulo random primes", "n = 2", "at most 10^-"):
        assert part in text
    assert "unknown functions: exp" in printed(proved("sigmoid(-x)", "1 - sigmoid(x)"))
    assert "evidence, not a proof" in printed(proved("logdet(A @ B)", "logdet(A) + logdet(B)"))
    assert bound_text(3e-20) == "10^-19"
    for left, right in (*TRUE[:4], *FALSE[:4]):
        content = json.loads(json.dumps(as_dict(proved(left, right, explain=False))))
        assert content["verdict"] in ("equal", "not equal")


def test_an_unknown_variable_is_an_error():
    with pytest.raises(InputError, match="no variable"):
        prove_gradient("tr(A)", "B", "eye(n)", shapes={"A": ("n", "n")})
