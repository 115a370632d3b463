"""Sentences stay readable: formulas that are long stand beside them, and not in them."""

import numpy as np

import gradproof as gp
from gradproof.checking.diagnosis.words import LONGEST, brief, fits


def test_a_formula_is_one_short_line():
    assert brief("W  +\n b\nwhere\n  b is long") == "W + b"
    assert brief("0.18571428571428572 W") == "0.185714 W"
    explained = "[Σ_jk g_jki]_i ([·]_i: in index notation, as matrix notation cannot express it)"
    assert brief(explained) == "[Σ_jk g_jki]_i"
    assert len(brief("x + " * 100)) <= LONGEST


def test_a_formula_that_was_cut_is_in_no_sentence():
    assert fits("W", "λ/m W")
    assert not fits(brief("x + " * 100))


def test_messages_of_long_expressions_are_short():
    rnd = np.random.default_rng(3)
    X, Y = rnd.normal(size=(9, 4)), rnd.normal(size=(9, 2))

    def cost(p):
        hidden = np.tanh(X @ p["first"])
        out = np.exp(hidden @ p["second"]) / (1 + np.exp(hidden @ p["second"]))
        return np.sum((out - Y) ** 2) / 9

    def grad(p):
        H = np.tanh(X @ p["first"])
        E = np.exp(H @ p["second"])
        d = 2 * (E / (1 + E) - Y) / 9 * (E / (1 + E))
        return {"first": X.T @ (d @ p["second"].T * (1 - H**2)), "second": H.T @ d}

    params = {"first": rnd.normal(size=(4, 3)), "second": rnd.normal(size=(3, 2))}
    report = gp.check(cost, grad, params, seed=1)
    assert report.wrong == ["first", "second"]
    for d in (d for p in report for d in p.diagnoses):
        assert len(d.message) <= 150
        assert len(d.meaning) <= 200
        assert "…" not in d.message
