"""A step is checked in numbers: a wrong one must not pass."""

import numpy as np

from gradproof.calculus.rewrite import Rewriter, Rule
from gradproof.calculus.step import Step, check_steps, distinct_rules
from gradproof.expr.broadcast import matmul, multiply, negate, plus, scale, sum_over, transpose
from gradproof.expr.elementwise import exp, log, power
from gradproof.expr.linalg import inv
from gradproof.expr.node import constant, number, size_symbol, symbol
from gradproof.expr.product import ones

W = symbol("W", (3, 4))
VALUES = {W: np.random.default_rng(0).standard_normal((3, 4))}


def test_a_true_step_holds():
    (check,) = check_steps([Step("like terms", plus(W, W), scale(2, W))], VALUES)
    assert check.holds
    assert check.compared == 12


def test_a_wrong_step_is_found():
    wrong = [
        Step("wrong factor", plus(W, W), scale(3, W)),
        Step("wrong shape", W, sum_over(W)),
        Step("wrong sign", W, negate(W)),
    ]
    assert not any(c.holds for c in check_steps(wrong, VALUES))


def test_a_step_that_is_defined_nowhere_is_not_confirmed():
    step = Step("log", log(negate(exp(W))), W)
    (check,) = check_steps([step], VALUES)
    assert not check.holds


def test_a_planted_wrong_rule_is_found_by_its_steps():
    planted = Rule("planted", lambda n: scale(2, n.args[0]), ("exp",), "eˣ = 2x", "no exponential is left")
    rewriter = Rewriter((planted,))
    rewriter(plus(exp(W), number(1)))
    assert [s.rule for s in rewriter.steps] == ["planted"]
    assert not any(c.holds for c in check_steps(rewriter.steps, VALUES))


def test_rules_that_undo_each_other_stop():
    there = Rule("there", lambda n: power(n.args[0], 3) if n.attrs == () else None, ("exp",), "", "")
    back = Rule("back", lambda n: exp(n.args[0]), ("power",), "", "")
    assert Rewriter((there, back))(exp(W)).shape == (3, 4)
    grow = Rule("grow", lambda n: exp(exp(n.args[0])), ("exp",), "", "")
    assert Rewriter((grow,))(exp(W)).shape == (3, 4)


def test_sizes_that_are_names_and_symbols_without_a_value_are_drawn():
    x, a = symbol("X", ("n", "n"), 0, ("spd",)), symbol("A", ("n", "m"))
    steps = [
        Step("symmetric inverse", transpose(inv(x)), inv(x)),
        Step("transpose of a product", transpose(matmul(x, a)), matmul(transpose(a), x)),
        Step("wrong", matmul(x, a), negate(matmul(x, a))),
        Step("count", sum_over(ones(("n",))), size_symbol("n")),
    ]
    assert [c.holds for c in check_steps(steps)] == [True, True, False, True]
    given = np.random.default_rng(3).normal(size=(4, 2))
    assert [c.compared for c in check_steps(steps, {a: given})] == [16, 8, 8, 1]


def test_complex_values_are_compared_as_they_are():
    z = symbol("z", ("n",), 0, ("complex",))
    steps = [Step("like terms", plus(z, z), scale(2, z)), Step("conjugate", z, scale(-1, z))]
    assert [c.holds for c in check_steps(steps)] == [True, False]
    turned = Step("half turn", z, multiply(z, constant(np.array(1j), "i")))
    assert not check_steps([turned])[0].holds


def test_rules_are_counted_by_name():
    steps = [Step("sum rule", W, W), Step("sum rule", W, W), Step("power rule", W, W)]
    assert distinct_rules(steps) == {"sum rule": 2, "power rule": 1}
