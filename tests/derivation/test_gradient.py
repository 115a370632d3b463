"""Derivations as they are printed, and that what is printed was checked."""

import numpy as np
import pytest
from hypothesis import given, settings
from tests.calculus.networks import binary_network, least_squares, penalty, recurrent, softmax_regression
from tests.calculus.random_expressions import MATRICES, SCALARS, VALUES, scale_of, value

from gradproof.derivation.gradient import derivation
from gradproof.errors import InputError
from gradproof.expr.broadcast import matmul, minus, plus, sum_over
from gradproof.expr.elementwise import square
from gradproof.expr.node import symbol

CASES = {
    "penalty": penalty(),
    "logistic regression": binary_network(1),
    "3 layers": binary_network(3),
    "softmax": softmax_regression(fancy=False),
    "softmax, selected": softmax_regression(fancy=True),
    "recurrent": recurrent(),
    "least squares": least_squares(),
}


def derive(case, name):
    return derivation(case.cost, case.parameters[name], case.names, case.values)


@pytest.mark.parametrize("name", CASES)
def test_every_step_and_the_gradient_hold(name):
    case = CASES[name]
    for parameter in case.parameters:
        found = derive(case, parameter).verify()
        assert found.holds, (found.failures, found.gradient_difference)
        assert found.steps


def test_a_named_part_of_a_sum_is_differentiated_through():
    W, X, Y = symbol("W", (2, 3)), symbol("X", (3, 5)), symbol("Y", (2, 5))
    Z = plus(matmul(W, X), symbol("B", (2, 5)))
    found = derivation(sum_over(square(minus(Z, Y))), W, {Z: "Z"})  # W X + B − Y is one sum, without Z
    assert found.sections(style="differential")[1][1][-1][:2] == ("∂J/∂W", "G Xᵀ")
    assert found.verify().holds


def test_the_penalty_as_the_forum_answered_it():
    text = str(derive(CASES["penalty"], "W"))
    assert "∂J/∂W = λ/m W" in text
    assert "dJ = tr((λ/m W)ᵀ dW)" in text
    assert "δ_ki δ_lj" in text
    assert "∂J/∂w_ij = λ/m w_ij" in text


def test_backpropagation_in_the_users_names():
    lines = [line.strip() for line in str(derive(CASES["3 layers"], "W1")).splitlines()]
    assert lines[-6:] == [
        "dZ₃ = 1/m (A₃ − Y)",
        "dA₂ = W₃ᵀ dZ₃",
        "dZ₂ = dA₂ ∘ [Z₂ > 0]",
        "dA₁ = W₂ᵀ dZ₂",
        "dZ₁ = dA₁ ∘ [Z₁ > 0]",
        "dW₁ = dZ₁ Xᵀ + λ/m W₁",
    ]


def test_a_fact_of_the_data_is_told():
    text = str(derive(CASES["softmax"], "W"))
    assert "dscores = 1/6 (P − Y)" in text
    assert "every row of Y adds up to 1" in text
    assert "adds up" not in str(derive(CASES["softmax, selected"], "W"))


def test_the_users_name_of_the_parameter_is_printed():
    case = penalty()
    found = derivation(case.cost, case.parameters["W"], {case.parameters["W"]: "W1"}, case.values)
    assert "∂J/∂W₁" in str(found)
    assert found.to_numpy().rstrip().endswith("return dW1")


def test_latex_is_one_block():
    found = derive(CASES["3 layers"], "W1")
    text = found.to_latex()
    assert text.startswith(r"\begin{aligned}")
    assert text.endswith(r"\end{aligned}")
    assert text.count("{") == text.count("}")
    assert r"\operatorname{tr}" in text
    assert found._repr_latex_().startswith("$")


def test_the_numpy_source_computes_the_gradient():
    case = CASES["3 layers"]
    found = derive(case, "W2")
    space = {}
    exec(found.to_numpy(), space)
    function = space["gradient"]
    arguments = function.__code__.co_varnames[: function.__code__.co_argcount]
    by_name = {s.name: v for s, v in case.values.items()}
    result = function(*(by_name[a] for a in arguments))
    np.testing.assert_allclose(result, value(found.gradient, case.values), rtol=1e-10)


def test_values_that_are_missing_are_drawn():
    case = penalty()
    assert derivation(case.cost, case.parameters["W"], {}).verify().holds


def test_a_cost_that_is_no_scalar_is_refused():
    w = symbol("W", (3, 4))
    with pytest.raises(InputError, match="scalar"):
        derivation(sum_over(w, 0), w, {})


def test_a_parameter_that_does_not_occur_has_a_zero_gradient():
    found = derivation(penalty().cost, symbol("b", (3,)), {})
    assert found.verify().holds
    assert "0" in str(found)


def test_derivations_by_a_scalar():
    case = penalty()
    lam = next(s for s in case.values if s.name == "lambd")
    assert derivation(case.cost, lam, {}, case.values).verify().holds


@given(SCALARS)
@settings(max_examples=40)
def test_any_cost_has_a_derivation_that_holds(cost):
    found = derivation(cost, MATRICES[0], {}, VALUES)
    assert str(found)
    if scale_of(cost) < 1e5:
        checked = found.verify()
        assert checked.gradient_difference < 1e-6 or not np.isfinite(value(cost))
