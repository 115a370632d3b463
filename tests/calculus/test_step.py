"""A step is checked in numbers: a wrong one must not pass."""

import numpy as np

from gradproof.calculus.rewrite import Rewriter, Rule
from gradproof.calculus.step import Step, check_steps
from gradproof.expr.broadcast import negate, plus, scale, sum_over
from gradproof.expr.elementwise import exp, log, power
from gradproof.expr.node import number, symbol

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
