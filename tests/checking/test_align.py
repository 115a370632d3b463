"""Which returned array is the gradient of which parameter."""

from __future__ import annotations

import numpy as np
import pytest

from gradproof.checking.align import MISSING, align
from gradproof.errors import InputError

A, B = np.ones((2, 3)), np.zeros(2)


@pytest.mark.parametrize(
    "keys", [("dW", "db"), ("grad_W", "grad_b"), ("W_grad", "b_grad"), ("W", "b"), ("gW", "gb")]
)
def test_the_usual_spellings_of_a_gradient_are_matched(keys):
    found = align({keys[0]: A, keys[1]: B}, {"W": A, "b": B})
    assert found.gradients["W"] is A
    assert found.gradients["b"] is B
    assert found.extra == []


def test_a_missing_key_is_missing_and_not_guessed():
    found = align({"dW": A, "dZ": B}, {"W": A, "b": B})
    assert found.gradients["b"] is MISSING
    assert found.extra == ["dZ"]


def test_a_parameter_whose_name_is_another_ones_gradient_name_stays_itself():
    structure = {"w": A, "dw": B}
    found = align({"w": A, "dw": B}, structure)
    assert found.gradients["w"] is A
    assert found.gradients["dw"] is B


def test_sequences_match_by_position():
    found = align((A, B), [A, B])
    assert found.gradients == {"[0]": A, "[1]": B}


def test_nested_structures_match_level_by_level():
    structure = {"layer1": {"W": A}, "layer2": [B, B]}
    found = align({"layer1": {"dW": A}, "layer2": [B, A]}, structure)
    assert found.gradients["layer1.W"] is A
    assert found.gradients["layer2[1]"] is A


def test_a_lone_array_may_come_in_a_list_or_a_tuple():
    assert align([A], A).gradients["params"] is A
    assert np.array_equal(align([0.0, 0.0], B).gradients["params"], B)


def test_none_is_refused():
    with pytest.raises(InputError, match="returned None"):
        align(None, {"W": A})
