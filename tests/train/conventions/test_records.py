"""Every convention's c, against one step typed from the framework's definition."""

import ast

import numpy as np
import pytest
from tests.train.conventions.problems import COSTS, STEPS

from gradproof.errors import InternalError
from gradproof.expr.broadcast import multiply
from gradproof.train.conventions import CONVENTIONS, translate
from gradproof.train.conventions.convention import SQUARES, Blanks, W, factor_of_weights
from gradproof.train.conventions.situation import Situation, evaluated, exact
from gradproof.write.matrix import to_text

# Each row of the table of facts, by what is known of it beside the code.
C = {
    "course": "λ/m",
    "course.batch": "λ/b",
    "course.none": "λ",
    "cs231n": "reg",
    "gradproof": "λ/m",
    "gradproof.batch": "λ/b",
    "gradproof.none": "λ",
    "gradproof.AdamW": "weight_decay",
    "keras.L2": "2 l",
    "keras.SGD": "weight_decay",
    "keras.Adam": "weight_decay",
    "keras.AdamW": "weight_decay",
    "torch.SGD": "weight_decay",
    "torch.Adam": "weight_decay",
    "torch.AdamW": "weight_decay",
    "optax.add_decayed_weights": "weight_decay",
    "optax.add_decayed_weights.after": "−weight_decay/lr",
    "optax.adamw": "weight_decay",
    "sklearn.MLP": "α/b",
    "sklearn.SGDClassifier": "α",
    "sklearn.LogisticRegression": "1/(C m)",
    "sklearn.LogisticRegression.liblinear": "1/(C m)",
    "sklearn.Ridge": "α/m",
    "sklearn.ElasticNet": "α",
    "glmnet": "λ",
    "glmnet.gaussian": "λ/s_y",
    "spark.LogisticRegression": "regParam",
    "spark.LinearRegression": "regParam/s_y",
    "tfa.SGDW": "weight_decay/lr",
    "tfa.AdamW": "weight_decay/lr",
    "fastai": "wd",
    "fastai.l2_reg": "wd",
    "caffe": "weight_decay",
    "h2o": "l₂",
    "matlab": "λ",
    "paddle": "coeff",
    "xgboost": None,
    "lightgbm": None,
}
BIASES = {
    "never": {
        "course", "course.batch", "course.none", "cs231n", "sklearn.MLP", "sklearn.SGDClassifier",
        "sklearn.LogisticRegression", "sklearn.Ridge", "sklearn.ElasticNet", "glmnet", "glmnet.gaussian",
        "spark.LogisticRegression", "spark.LinearRegression", "xgboost", "lightgbm",
    },
    "always": {"sklearn.LogisticRegression.liblinear", "h2o"},
}  # fmt: skip
ALL_BY_DEFAULT = {
    "keras.SGD", "keras.Adam", "keras.AdamW", "torch.SGD", "torch.Adam", "torch.AdamW", "optax.adamw",
    "optax.add_decayed_weights", "optax.add_decayed_weights.after", "tfa.SGDW", "tfa.AdamW", "caffe",
    "paddle", "h2o", "sklearn.LogisticRegression.liblinear",
}  # fmt: skip
SITUATION = Situation(m=12, batch=4, lr=0.3, sd_y=1.7)


def c_of(name, value):
    convention = CONVENTIONS[name]
    numbers = SITUATION.numbers() | {convention.symbol: exact(value, "value")}
    return float(evaluated(convention.c, numbers, "c"))


def test_the_table_is_complete():
    assert {name: each.c and to_text(each.c) for name, each in CONVENTIONS.items()} == C


def test_biases_are_as_documented():
    for kind, names in BIASES.items():
        assert {each.name for each in CONVENTIONS.values() if each.biases == kind} == names
    assert {each.name for each in CONVENTIONS.values() if each.biases_by_default} == ALL_BY_DEFAULT


@pytest.mark.parametrize("name", STEPS)
def test_c_is_that_of_a_step(name):
    """Under plain gradient descent a convention's step is along g + c W, whatever it is made of."""
    rng = np.random.default_rng(3)
    w, g = rng.normal(size=(4, 5)), rng.normal(size=(4, 5))
    value = -0.02 if name == "optax.add_decayed_weights.after" else 0.02
    before, gradient = STEPS[name](w, g, value, SITUATION.batch, SITUATION)
    step = before - SITUATION.lr * gradient
    along = w - SITUATION.lr * (g + c_of(name, value) * w)
    np.testing.assert_allclose(step, along, rtol=1e-13)


@pytest.mark.parametrize("name", COSTS)
def test_c_is_that_of_a_solver_s_cost(name):
    """The cost's gradient is a multiple of that of J + c/2 ‖w‖²: both by the complex step."""
    rng = np.random.default_rng(4)
    X, y, w = rng.normal(size=(SITUATION.m, 5)), rng.normal(size=SITUATION.m), rng.normal(size=5)
    c = c_of(name, 0.02)

    def losses(w):
        return 0.5 * (X @ w - y) ** 2

    def cost(w):
        return COSTS[name](losses(w).sum(), losses(w).mean(), w, 0.02, SITUATION.sd_y)

    ours = complex_step(lambda w: losses(w).mean() + c / 2 * w @ w, w)
    data = complex_step(lambda w: cost(w) - cost_without_data(name, w), w)
    ratio = data @ complex_step(lambda w: losses(w).mean(), w) / np.sum(data**2)
    np.testing.assert_allclose(ratio * complex_step(cost, w), ours, rtol=1e-12)


def cost_without_data(name, w):
    return COSTS[name](0.0, 0.0, w, 0.02, SITUATION.sd_y)


def complex_step(f, w):
    return np.array([f(w + 1e-30j * e).imag / 1e-30 for e in np.eye(len(w))])


def test_every_convention_is_simulated_or_has_no_weights():
    assert {*STEPS, *COSTS} == {name for name, c in C.items() if c is not None}


def test_what_is_no_multiple_of_the_weights_is_our_own_fault():
    with pytest.raises(InternalError, match="no multiple of W"):
        factor_of_weights(multiply(SQUARES, W))


PYTHON = [each for each in CONVENTIONS.values() if each.library not in ("glmnet", "caffe", "matlab")]


@pytest.mark.parametrize("convention", PYTHON, ids=lambda each: each.name)
@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_code_is_python_with_the_value_in_it(convention, biases, optimizer):
    code = convention.code(Blanks("0.0125", optimizer=optimizer, biases=biases))
    if convention.c is None:
        assert code == ""
        return
    ast.parse(code)
    assert "0.0125" in code


@pytest.mark.parametrize("name", [name for name, c in C.items() if c is not None])
def test_there_and_back_is_the_same_number(name):
    options = {"m": 12, "batch": 4, "lr": "0.3", "momentum": "0.9", "sd_y": "1.7", "approximate": True}
    optimizer = CONVENTIONS[name].optimizers[0]
    there = translate("course.none", "0.37", to=name, optimizer=optimizer, **options)
    back = translate(
        name, repr(there.value), to="course.none", optimizer=optimizer, **options
    )
    assert back.value == pytest.approx(0.37, rel=1e-15)
    assert CONVENTIONS[name].known
    assert CONVENTIONS[name].source
