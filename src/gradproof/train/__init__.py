"""Training what was derived: networks as expressions, engines that run their backprop equations.

The public names are loaded when they are first used; the estimators need scikit-learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradproof.lazy import lazy_names

if TYPE_CHECKING:
    from gradproof.train.conventions import Translation, translate
    from gradproof.train.engines import engine_of
    from gradproof.train.estimators import (
        NetworkClassifier,
        NetworkClassifierCV,
        NetworkRegressor,
        NetworkRegressorCV,
    )
    from gradproof.train.fitting import (
        LBFGS,
        EarlyStopping,
        Fitted,
        check,
        explain,
        fit,
        load_model,
    )
    from gradproof.train.network import Layer, Network, dense
    from gradproof.train.optimizers import SGD, Adam, AdamW, RMSprop
    from gradproof.train.path import (
        CrossValidation,
        LambdaPath,
        Restarts,
        cross_validate_path,
        lambda_grid,
        lambda_path,
        restarts,
        run_all,
    )
    from gradproof.train.penalties import L1, L2, ElasticNet, Penalty

__all__ = [
    "Layer", "Network", "dense",
    "ElasticNet", "L1", "L2", "Penalty",
    "Adam", "AdamW", "LBFGS", "RMSprop", "SGD",
    "EarlyStopping", "Fitted", "check", "engine_of", "explain", "fit", "load_model",
    "CrossValidation", "LambdaPath", "Restarts", "cross_validate_path", "lambda_grid", "lambda_path",
    "restarts", "run_all",
    "NetworkClassifier", "NetworkClassifierCV", "NetworkRegressor", "NetworkRegressorCV",
    "Translation", "translate",
]  # fmt: skip

_MODULES = {
    "network": ("Layer", "Network", "dense"),
    "penalties": ("ElasticNet", "L1", "L2", "Penalty"),
    "optimizers": ("Adam", "AdamW", "RMSprop", "SGD"),
    "fitting": ("LBFGS", "EarlyStopping", "Fitted", "check", "explain", "fit", "load_model"),
    "engines": ("engine_of",),
    "path": (
        "CrossValidation",
        "LambdaPath",
        "Restarts",
        "cross_validate_path",
        "lambda_grid",
        "lambda_path",
        "restarts",
        "run_all",
    ),
    "estimators": ("NetworkClassifier", "NetworkClassifierCV", "NetworkRegressor", "NetworkRegressorCV"),
    "conventions": ("Translation", "translate"),
}
__getattr__ = lazy_names(
    globals(), {name: f"gradproof.train.{module}" for module, names in _MODULES.items() for name in names}
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
