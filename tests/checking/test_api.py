"""gradproof.check as users call it: verdicts that must not alarm falsely, and input that cannot be used."""

from __future__ import annotations

import json

import numpy as np
import pytest

import gradproof as gp
from gradproof.errors import InputError

RNG = np.random.default_rng(11)
M = 9
X = RNG.normal(size=(4, M))
Y = (RNG.random((1, M)) > 0.5) * 1.0
LAM = 0.3


def weights(bias=0.0):
    return {
        "W1": RNG.normal(size=(5, 4)),
        "b1": np.full((5, 1), bias),
        "W2": RNG.normal(size=(1, 5)),
        "b2": np.full((1, 1), bias),
    }


def forward(p):
    Z1 = np.dot(p["W1"], X) + p["b1"]
    A1 = np.maximum(0, Z1)
    Z2 = np.dot(p["W2"], A1) + p["b2"]
    return Z1, A1, Z2


def cost(p):
    _, _, Z2 = forward(p)
    A2 = 1 / (1 + np.exp(-Z2))
    data = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / M
    return data + LAM / (2 * M) * (np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2))


def grad(p):
    Z1, A1, Z2 = forward(p)
    dZ2 = 1 / (1 + np.exp(-Z2)) - Y
    dW2 = np.dot(dZ2, A1.T) / M + LAM / M * p["W2"]
    db2 = np.sum(dZ2, axis=1, keepdims=True) / M
    dZ1 = np.dot(p["W2"].T, dZ2) * (Z1 > 0)
    dW1 = np.dot(dZ1, X.T) / M + LAM / M * p["W1"]
    db1 = np.sum(dZ1, axis=1, keepdims=True) / M
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def without_penalty(p):
    g = grad(p)
    g["dW1"] = g["dW1"] - LAM / M * p["W1"]
    return g


# --- verdicts -------------------------------------------------------------------------------------------


def test_a_right_gradient_is_correct_and_its_evidence_is_derived():
    report = gp.check(cost, grad, weights())
    assert report.verdict == "correct"
    assert [p.verdict for p in report] == ["correct"] * 4
    assert report.evidence.kind == "derived"
    assert report.first_wrong is None


def test_a_wrong_parameter_is_wrong_and_the_others_are_not():
    report = gp.check(cost, without_penalty, weights())
    assert report.verdict == "wrong"
    assert report.wrong == ["W1"]
    assert report["W1"].diagnosis.code == "extra-term"  # the term subtracted is one too many
    assert json.loads(report.to_json())["parameters"][0]["diagnoses"][0]["code"] == "extra-term"


@pytest.mark.parametrize("lam", [1.0, 1e-6, 1e-12])
def test_a_missing_penalty_is_seen_at_any_strength(lam):
    def tiny_cost(p):
        return cost(p) + lam * np.sum(p["W1"] ** 2)

    assert gp.check(tiny_cost, grad, weights()).wrong == ["W1"]


def test_several_candidates_are_told_apart():
    report = gp.check(cost, {"mine": grad, "theirs": without_penalty}, weights())
    assert report.candidates["mine"].verdict == "correct"
    assert report.candidates["theirs"].verdict == "wrong"
    assert report.verdict == "wrong"


@pytest.mark.parametrize("pack", [lambda c, g: (c, g), lambda c, g: (g, c)])
def test_one_function_that_returns_both(pack):
    assert gp.check(lambda p: pack(cost(p), grad(p)), params=weights()).verdict == "correct"
    assert gp.check(lambda p: pack(cost(p), without_penalty(p)), params=weights()).wrong == ["W1"]


@pytest.mark.parametrize("place", ["dead", "zero sample", "near"])
def test_kinks_raise_no_alarm(place):
    p = weights()
    if place == "dead":
        p["b1"] -= 100.0
    shift = 1e-9 if place == "near" else 0.0
    if place != "dead":
        p["b1"] = np.full((5, 1), shift)
    assert gp.check(cost, grad, p).verdict == "correct"


def test_a_tie_that_no_point_avoids_is_no_mistake():
    padded = np.concatenate([np.zeros((3, 2)), RNG.normal(size=(3, 2))], axis=1)

    def tied(w):
        return np.sum(np.maximum(padded * w, 0.0) + np.abs(padded * w))

    def one_side(w):
        sign = np.where(padded * w >= 0, 1, -1)
        return np.array(np.sum(padded * ((padded * w) >= 0) + padded * sign, axis=0))

    assert gp.check(tied, one_side, RNG.normal(size=4)).verdict == "correct"


def test_float32_parameters_are_checked_in_float64():
    p = {k: v.astype(np.float32) for k, v in weights(0.1).items()}
    report = gp.check(cost, grad, p)
    assert report.verdict == "correct"
    assert any("float32" in n for n in report.evidence.notes)


def test_a_cost_that_changes_its_argument_is_shielded():
    p = weights(0.2)
    before = {k: v.copy() for k, v in p.items()}

    def mutating(q):
        value = cost(q)
        q["W1"] *= 0.5
        return value

    assert gp.check(mutating, grad, p).verdict == "correct"
    assert all(np.array_equal(before[k], p[k]) for k in p)


def test_a_cost_with_seeded_dropout_is_settled_and_the_users_generator_is_untouched():
    w = RNG.normal(size=(4, 1))

    def masked(v):
        keep = np.random.rand(M, 4) < 0.7
        return np.sum(((X.T * keep) @ v) ** 2)

    def gradient(v):
        keep = np.random.rand(M, 4) < 0.7
        data = X.T * keep
        return 2 * data.T @ (data @ v)

    np.random.seed(4)
    first = np.random.rand()
    np.random.seed(4)
    assert gp.check(masked, gradient, w).verdict == "correct"
    assert np.random.rand() == first


def test_a_truly_random_cost_is_inconclusive():
    entropy = iter(np.random.default_rng().normal(size=100_000))

    def noisy(v):
        return float(np.sum(np.asarray(v) ** 2)) + next(entropy)

    report = gp.check(noisy, lambda v: 2 * v, np.ones(3))
    assert report.verdict == "inconclusive"
    assert "random" in report.reason


def test_a_guard_constant_may_be_ignored_and_the_report_says_so():
    w = RNG.normal(size=4)

    def guarded(v):
        a = 1 / (1 + np.exp(-(v @ X)))
        return -np.mean(Y * np.log(a + 1e-8) + (1 - Y) * np.log(1 - a + 1e-8))

    report = gp.check(guarded, lambda v: X @ (1 / (1 + np.exp(-(v @ X))) - Y[0]) / M, w)
    assert report.verdict == "correct"
    assert any("1e-08" in n for n in report.evidence.notes)


def test_a_cost_beyond_the_tracer_gets_numeric_evidence():
    def hidden(v):
        return float(sum(float(x) ** 3 for x in np.asarray(v).tolist()))

    good = gp.check(hidden, lambda v: 3 * np.asarray(v) ** 2, RNG.normal(size=5))
    bad = gp.check(hidden, lambda v: 2 * np.asarray(v) ** 2, RNG.normal(size=5))
    assert (good.verdict, bad.verdict) == ("correct", "wrong")


# --- bad gradients --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda g: g.pop("dW1"), "missing-parameter"),
        (lambda g: g.update(dW1=None), "missing-parameter"),
        (lambda g: g.update(dW1=g["dW1"].T), "wrong-shape"),
        (lambda g: g.update(dW1=g["dW1"] * np.nan), "not-a-number"),
        (lambda g: g.update(dW1=np.full((5, 4), np.inf)), "not-a-number"),
    ],
)
def test_unusable_gradients_are_wrong_and_named(spoil, code):
    def spoiled(p):
        g = grad(p)
        spoil(g)
        return g

    report = gp.check(cost, spoiled, weights())
    assert report.verdict == "wrong"
    assert report["W1"].diagnosis.code == code
    assert report["W2"].verdict == "correct"


# --- input that cannot be used --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3.0, grad, weights()), "the cost is a float"),
        ((cost, 3.0, weights()), "the gradient is a float"),
        ((cost, grad, None), "no parameters"),
        ((cost, grad, {}), "hold no arrays"),
        ((cost, grad, {"W1": np.array([np.nan])}), "W1 is nan"),
        ((cost, grad, {"W1": "text"}), "W1 is a str"),
        ((cost, {}, weights()), "no candidates"),
        ((lambda p: p["W1"], grad, weights()), "shape"),
        ((lambda p: None, grad, weights()), "returned None"),
        ((lambda p: np.log(-1.0) + 0 * p["W1"].sum(), grad, weights()), "nan"),
        ((lambda p: p["missing"], grad, weights()), "KeyError"),
        ((cost, lambda p: None, weights()), "returned None"),
    ],
)
def test_unusable_input_gets_one_clear_message(arguments, message):
    with pytest.raises(InputError, match=message) as error:
        gp.check(*arguments)
    assert "fix:" in str(error.value)


def test_a_wrong_name_to_differentiate_by_lists_the_right_ones():
    with pytest.raises(InputError, match="W9"):
        gp.derive(cost, weights(), wrt="W9")
