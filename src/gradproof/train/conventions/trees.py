"""Boosted trees: a λ of the same name that no weight matrix has."""

from __future__ import annotations

from gradproof.expr.broadcast import negate, plus
from gradproof.expr.elementwise import divide
from gradproof.expr.node import Expr, symbol
from gradproof.train.conventions.convention import Convention


def _leaf(value: str) -> Expr:
    """−G/(H + λ)."""
    return negate(divide(symbol("G"), plus(symbol("H"), symbol(value))))


CONVENTIONS = (
    Convention(
        "xgboost",
        "XGBClassifier(reg_lambda), booster gbtree",
        "reg_lambda",
        "leaf",
        _leaf("reg_lambda"),
        notes=(
            "G and H are sums over the rows of a leaf, so the same reg_lambda weighs less in larger leaves",
            "the default 1 is from its documentation",
            "its booster gblinear is not covered",
        ),
        known=("run", "docs"),
        source="XGBoost: one tree's leaf values; parameter.rst",
        aliases=("xgb",),
    ),
    Convention(
        "lightgbm",
        "LGBMClassifier(reg_lambda), lambda_l2",
        "lambda_l2",
        "leaf",
        _leaf("lambda_l2"),
        notes=("G and H are sums over the rows of a leaf, as in XGBoost", "the default is 0"),
        known=("run",),
        source="LightGBM: one tree's leaf values",
        aliases=("lgbm",),
    ),
)
