"""Every rule on its own samples: it fires, keeps shape and value, and comes to an end."""

import pytest
from tests.calculus.sampled import assert_equal_in_numbers

from gradproof.calculus.rewrite import Rewriter
from gradproof.calculus.simplify import ALL_RULES, simplify

MAX_FIRINGS = 12
SAMPLES = [
    pytest.param(rule, sample, id=f"{rule.name}-{'/'.join(rule.heads)}-{k}")
    for rule in ALL_RULES
    for k, sample in enumerate(rule.samples)
]


def _firings(rule, sample):
    rewriter = Rewriter((rule,))
    rewriter(sample())
    return rewriter.steps


@pytest.mark.parametrize(("rule", "sample"), SAMPLES)
def test_a_rule_fires_on_its_sample_and_keeps_the_value(rule, sample):
    steps = _firings(rule, sample)
    assert steps
    for step in steps:
        assert_equal_in_numbers(step.before, step.after)


@pytest.mark.parametrize(("rule", "sample"), SAMPLES)
def test_a_rule_comes_to_an_end(rule, sample):
    assert len(_firings(rule, sample)) <= MAX_FIRINGS


@pytest.mark.parametrize(("rule", "sample"), SAMPLES)
def test_all_rules_together_keep_the_value_and_have_a_fixed_point(rule, sample):
    before = sample()
    after = simplify(before)
    assert_equal_in_numbers(before, after)
    assert simplify(after) is after


def test_every_rule_is_complete():
    for rule in ALL_RULES:
        for field in ("name", "statement", "terminates", "source", "heads", "samples"):
            assert getattr(rule, field), f"{rule.name} has no {field}"
