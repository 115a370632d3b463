"""glmnet and Spark: generalised linear models, whose least squares rescale y first."""

from __future__ import annotations

from gradproof.expr.broadcast import multiply
from gradproof.expr.elementwise import divide
from gradproof.expr.node import symbol
from gradproof.train.conventions.convention import HALF_SQUARES, SPREAD, Blanks, Convention

_LAMBDA, _PARAM = symbol("lambda"), symbol("regParam")
_FEATURES = (
    "features are standardised unless it is told not to, as in the code here: λ then belongs to their units"
)


def _glmnet_code(family: str, blanks: Blanks) -> str:
    return f'glmnet(x, y, family = "{family}", alpha = 0, lambda = {blanks.value}, standardize = FALSE)'


def _spark_code(model: str, blanks: Blanks) -> str:
    return f"{model}(regParam={blanks.value}, elasticNetParam=0.0, standardization=False)"


CONVENTIONS = (
    Convention(
        "glmnet",
        'glmnet(lambda, alpha = 0), family "binomial", "multinomial", "poisson"',
        "lambda",
        "penalty",
        multiply(_LAMBDA, HALF_SQUARES),
        losses=("log", "poisson"),
        solver=True,
        code=lambda blanks: _glmnet_code("binomial", blanks),
        notes=(_FEATURES,),
        known=("docs",),
        source="glmnet vignette: 1/N Σ w_i l_i + λ/2 ‖β‖²",
        aliases=("glmnet.binomial",),
    ),
    Convention(
        "glmnet.gaussian",
        'glmnet(lambda, alpha = 0), family "gaussian"',
        "lambda",
        "penalty",
        multiply(divide(_LAMBDA, SPREAD), HALF_SQUARES),
        losses=("squared",),
        solver=True,
        code=lambda blanks: _glmnet_code("gaussian", blanks),
        notes=(
            (
                "y is divided by its standard deviation s_y (with 1/N) first, and λ with it: the "
                "ridge penalty is λ/s_y, although the vignette's formula says λ"
            ),
            _FEATURES,
        ),
        known=("docs",),
        source="stats.stackexchange.com/q/129179, run there; glmnet's own formula leaves s_y out",
    ),
    Convention(
        "spark.LogisticRegression",
        "LogisticRegression(regParam)",
        "regParam",
        "penalty",
        multiply(_PARAM, HALF_SQUARES),
        losses=("log",),
        solver=True,
        code=lambda blanks: _spark_code("LogisticRegression", blanks),
        notes=(_FEATURES,),
        known=("source",),
        source="spark LogisticRegression.scala: no penalty on the intercept",
        aliases=("spark",),
    ),
    Convention(
        "spark.LinearRegression",
        "LinearRegression(regParam)",
        "regParam",
        "penalty",
        multiply(divide(_PARAM, SPREAD), HALF_SQUARES),
        losses=("squared",),
        solver=True,
        code=lambda blanks: _spark_code("LinearRegression", blanks),
        notes=(
            (
                "y is divided by its standard deviation s_y (with 1/(N − 1)) first: effectiveRegParam "
                "is regParam/yStd"
            ),
            _FEATURES,
        ),
        known=("source",),
        source="spark LinearRegression.scala, effectiveRegParam",
    ),
)
