"""scikit-learn: ``alpha`` and ``C`` of six estimators, each divided by something else."""

from __future__ import annotations

from gradproof.expr.broadcast import multiply, scale
from gradproof.expr.elementwise import divide
from gradproof.expr.node import symbol
from gradproof.train.conventions.convention import (
    BATCH,
    HALF_SQUARES,
    ROWS,
    SQUARES,
    Blanks,
    Convention,
)

_ALPHA, _C = symbol("alpha"), symbol("C")


def _mlp_code(blanks: Blanks) -> str:
    solver = {
        "sgd": 'solver="sgd", momentum=0.0',
        "momentum": f'solver="sgd", momentum={blanks.momentum}, nesterovs_momentum=False',
        "adam": 'solver="adam"',
    }[blanks.optimizer]
    return (
        "MLPClassifier(  # or MLPRegressor\n"
        f"    {solver}, alpha={blanks.value}, batch_size={blanks.batch},\n"
        ")"
    )


CONVENTIONS = (
    Convention(
        "sklearn.MLP",
        "MLPClassifier(alpha), MLPRegressor(alpha)",
        "alpha",
        "penalty",
        multiply(divide(_ALPHA, BATCH), HALF_SQUARES),
        code=_mlp_code,
        notes=(
            (
                "divided by the rows of the mini-batch: the same alpha is stronger in small batches; "
                "batch_size is "
                'min(200, m) by default, and all m rows with solver="lbfgs"'
            ),
        ),
        known=("run", "source"),
        source="sklearn/neural_network/_multilayer_perceptron.py, _backprop",
        aliases=("sklearn.MLPClassifier", "sklearn.MLPRegressor"),
    ),
    Convention(
        "sklearn.SGDClassifier",
        "SGDClassifier(alpha), SGDRegressor(alpha)",
        "alpha",
        "penalty",
        multiply(_ALPHA, HALF_SQUARES),
        optimizers=("sgd",),
        losses=("log", "squared", "hinge"),
        code=lambda blanks: (
            f'SGDClassifier(loss="log_loss", penalty="l2", alpha={blanks.value})  # or SGDRegressor'
        ),
        notes=(
            "each step sees one row, and the weights are decayed before the row's gradient is taken off",
        ),
        known=("run",),
        source="sklearn.linear_model.SGDClassifier, one step",
        aliases=("sklearn.SGDRegressor", "sklearn.SGD"),
    ),
    Convention(
        "sklearn.LogisticRegression",
        "LogisticRegression(C)",
        "C",
        "penalty",
        HALF_SQUARES,
        data=multiply(_C, ROWS),
        losses=("log",),
        solver=True,
        code=lambda blanks: f"LogisticRegression(C={blanks.value})",
        notes=(
            "C stands before the sum of the losses: a larger C is a weaker penalty",
            "LinearSVC and SVC have the same C with the hinge loss",
        ),
        known=("run",),
        source="sklearn.linear_model.LogisticRegression, stationarity at its solution",
        aliases=("sklearn.logistic",),
    ),
    Convention(
        "sklearn.LogisticRegression.liblinear",
        'LogisticRegression(C, solver="liblinear")',
        "C",
        "penalty",
        HALF_SQUARES,
        data=multiply(_C, ROWS),
        biases="always",
        biases_by_default=True,
        losses=("log",),
        solver=True,
        code=lambda blanks: f'LogisticRegression(C={blanks.value}, solver="liblinear")',
        notes=("liblinear penalises the intercept as well; intercept_scaling=1000 makes that weak",),
        known=("run",),
        source="sklearn.linear_model.LogisticRegression, stationarity at its solution",
        aliases=("sklearn.liblinear",),
    ),
    Convention(
        "sklearn.Ridge",
        "Ridge(alpha)",
        "alpha",
        "penalty",
        multiply(_ALPHA, SQUARES),
        data=scale(2, ROWS),
        losses=("squared",),
        solver=True,
        code=lambda blanks: f"Ridge(alpha={blanks.value})",
        notes=("its cost is Σ r² + alpha ‖w‖²; J is 1/(2m) Σ r²",),
        known=("run",),
        source="sklearn.linear_model.Ridge, stationarity at its solution",
    ),
    Convention(
        "sklearn.ElasticNet",
        "ElasticNet(alpha, l1_ratio=0)",
        "alpha",
        "penalty",
        multiply(_ALPHA, HALF_SQUARES),
        losses=("squared",),
        solver=True,
        code=lambda blanks: (
            f"ElasticNet(alpha={blanks.value}, l1_ratio=0)  # Ridge(alpha=m * alpha) is faster"
        ),
        known=("run",),
        source="sklearn.linear_model.ElasticNet, stationarity at its solution",
    ),
)
