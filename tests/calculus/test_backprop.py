"""Backpropagation equations: the textbook's, in the user's names, in time linear in the depth."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from tests.calculus.networks import binary_network, recurrent, softmax_regression
from tests.calculus.random_expressions import MATRICES, SCALARS, VALUES, scale_of

from gradproof.calculus.backprop import backprop
from gradproof.calculus.blocks import blocks
from gradproof.calculus.canonical import same
from gradproof.calculus.differentiate import gradient
from gradproof.expr.broadcast import matmul, minus, multiply, plus, scale, sum_over, transpose
from gradproof.expr.elementwise import apply, divide, exp, reciprocal
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import number, postorder, symbol
from gradproof.expr.product import SUM
from gradproof.expr.substitute import substitute


def swept(case, *wrt):
    parameters = [case.parameters[n] for n in wrt]
    cut = blocks(case.cost, parameters, case.names)
    found = backprop(cut, parameters, case.values, {})
    proxies = {cut.names[n]: p for n, p in cut.proxies.items()}
    return found, {e.name: e for e in found.equations}, proxies


def test_a_three_layer_network_has_the_textbooks_equations():
    case = binary_network(3)
    found, by_name, p = swept(case, "W1", "b1")
    assert [e.name for e in found.equations] == ["Z3", "A2", "Z2", "A1", "Z1", "W1", "b1"]
    d = {n: e.symbol for n, e in by_name.items()}
    m, lam, y, x = (s for n in ("m", "lambd", "Y", "X") for s in case.values if s.name == n)
    w1, w3 = case.parameters["W1"], case.parameters["W3"]
    expected = {
        "Z3": scale(reciprocal(m), minus(p["A3"], y)),
        "A2": matmul(transpose(w3), d["Z3"]),
        "Z2": multiply(d["A2"], apply("greater", p["Z2"], number(0))),
        "W1": plus(matmul(d["Z1"], transpose(x)), multiply(divide(lam, m), w1)),
        "b1": sum_over(d["Z1"], 1, keepdims=True),
    }
    for name, value in expected.items():
        assert same(by_name[name].value, value), name


def test_the_penalty_is_the_last_term():
    _, by_name, _ = swept(binary_network(2), "W2")
    data, penalty = by_name["W2"].value.args
    assert any(n.name == "dZ2" for n in postorder(data))
    assert any(n.name == "lambd" for n in postorder(penalty))


@pytest.mark.parametrize("shift", [True, False])
def test_softmax_cross_entropy_is_p_minus_y(shift):
    case = softmax_regression(fancy=False, shift=shift)
    found, by_name, p = swept(case, "W")
    y = next(s for s in case.values if s.name == "Y")
    assert same(by_name["scores"].value, scale(1 / 6, minus(p["P"], y))) or same(
        scale(6, by_name["scores"].value), minus(p["P"], y)
    )
    (fact,) = found.facts
    assert fact.array is y
    assert fact.axis == 1


def test_without_one_hot_labels_the_total_stays():
    case = softmax_regression(fancy=False)
    y = next(s for s in case.values if s.name == "Y")
    case.values[y] = case.values[y] * 0.5
    found, by_name, p = swept(case, "W")
    assert found.facts == []
    expected = minus(multiply(p["P"], sum_over(y, 1, keepdims=True)), y)
    assert same(scale(6, by_name["scores"].value), expected)


def test_selected_probabilities_need_no_fact():
    found, by_name, p = swept(softmax_regression(fancy=True), "W")
    assert found.facts == []
    assert "P" not in by_name
    assert p["P"] in postorder(by_name["scores"].value)
    assert not any(n.op.name == "index" for n in postorder(by_name["scores"].value))


def test_recognised_functions_keep_the_users_names():
    z = symbol("X", (3, 4))
    a = divide(number(1), plus(number(1), exp(scale(-1, z))))
    cut = blocks(sum_over(multiply(a, a)), [z], {a: "A"})
    assert list(cut.names.values()) == ["A"]
    (equation,) = backprop(cut, [z], {}, {}).equations[-1:]
    (proxy,) = cut.proxies.values()
    assert proxy in postorder(equation.value)
    assert not any(n.op.name in ("exp", "sigmoid") for n in postorder(equation.value))


def test_one_name_in_a_loop_is_counted():
    case = recurrent(4)
    cut = blocks(case.cost, case.parameters.values(), case.names)
    assert list(cut.names.values()) == ["h[1]", "h[2]", "h[3]", "h[4]"]


def test_a_variable_named_like_a_parameter_is_told_apart():
    a = symbol("A", (3, 3))
    square = matmul(a, transpose(a))
    cut = blocks(sum_over(multiply(square, square)), [a], {square: "A", a: "A"})
    assert list(cut.names.values()) == ["A[2]"]


def test_a_named_sum_inside_a_sum_is_found_again():
    x, w = symbol("x", (3,)), symbol("W", (3, 3))
    first = plus(matmul(w, x), x)
    second = plus(first, apply("tanh", first))
    assert second.op is SUM
    cut = blocks(sum_over(multiply(second, second)), [w], {first: "h1", second: "h2"})
    found = backprop(cut, [w], {}, {})
    assert [e.name for e in found.equations] == ["h2", "h1", "W"]


@pytest.mark.parametrize(
    "case",
    [binary_network(1), binary_network(4), softmax_regression(fancy=True), recurrent(5)],
    ids=["logistic", "4 layers", "softmax", "recurrent"],
)
def test_the_equations_give_the_gradient(case):
    for name, parameter in case.parameters.items():
        cut = blocks(case.cost, [parameter], case.names)
        found = backprop(cut, [parameter], case.values, {})
        table = dict(case.values)
        for node in cut.nodes[:-1]:
            table[cut.proxies[node]] = evaluate([node], case.values)[0]
        for equation in found.equations:
            table[equation.symbol] = evaluate([equation.value], table)[0]
        (true,) = evaluate(gradient(case.cost, [parameter]), case.values)
        np.testing.assert_allclose(
            table[found.equations[-1].symbol], true, rtol=1e-9, atol=1e-12, err_msg=name
        )


def test_time_and_size_grow_linearly_with_depth():
    sizes, seconds = [], []
    for depth in (25, 100):
        case = binary_network(depth)
        started = time.perf_counter()
        found, _, _ = swept(case, "W1")
        seconds.append(time.perf_counter() - started)
        sizes.append(sum(len(postorder(e.value)) for e in found.equations))
    assert sizes[1] < 4.5 * sizes[0]
    assert seconds[1] < 5


FACTS = ["symmetric", "spd", "diagonal", "orthogonal", "lower", "row_stochastic", "toeplitz"]
HELD = {
    "diagonal": np.diag([0.5, 1.5, 0.8]),
    "orthogonal": np.linalg.qr(np.arange(9.0).reshape(3, 3) ** 1.5 + 1)[0],
    "lower": np.tril(np.arange(1, 10.0).reshape(3, 3) / 7),
    "row_stochastic": np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [0.25, 0.25, 0.5]]),
}
SPREAD = np.array([[1.5, 0.4, 0.2], [0.4, 1.5, 0.4], [0.2, 0.4, 1.5]])


@pytest.mark.parametrize("fact", FACTS)
@given(SCALARS)
@settings(max_examples=25)
def test_facts_of_a_parameter_do_not_change_its_gradient(fact, cost):
    free, held = MATRICES[0], symbol("A", (3, 3), 0, (fact,))
    declared = substitute(cost, {free: held})
    found = backprop(blocks(declared, [held], {}), [held], {}, {}).equations[-1].value
    values = {**VALUES, free: HELD.get(fact, SPREAD), held: HELD.get(fact, SPREAD)}
    got, true = evaluate([found, *gradient(cost, [free])], values)
    limit = 1e-8 * max(1, scale_of(cost), np.abs(true[np.isfinite(true)]).max(initial=1))
    usable = np.isfinite(got) & np.isfinite(true)
    if limit < 1e-2:
        np.testing.assert_allclose(got[usable], true[usable], rtol=1e-6, atol=limit)
