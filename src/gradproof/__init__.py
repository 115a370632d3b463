"""gradproof derives gradients, proves hand-written ones right or names the wrong term.

The public names are loaded when they are first used: who checks a gradient needs no reader of formulas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradproof.errors import GradproofError, InputError, ShapeError, TraceError
from gradproof.lazy import lazy_names

if TYPE_CHECKING:
    from gradproof.api import derive
    from gradproof.checking.api import check
    from gradproof.checking.report import Diagnosis, Evidence, ParameterReport, Report
    from gradproof.derivation.base import Derivation
    from gradproof.proving import Proof, prove, prove_gradient
    from gradproof.train.conventions import Translation, translate
    from gradproof.train.estimators import (
        NetworkClassifier,
        NetworkClassifierCV,
        NetworkRegressor,
        NetworkRegressorCV,
    )

__version__ = "0.1.0"

__all__ = [
    "Derivation",
    "Diagnosis",
    "Evidence",
    "GradproofError",
    "InputError",
    "NetworkClassifier",
    "NetworkClassifierCV",
    "NetworkRegressor",
    "NetworkRegressorCV",
    "ParameterReport",
    "Proof",
    "Report",
    "ShapeError",
    "TraceError",
    "Translation",
    "check",
    "derive",
    "prove",
    "prove_gradient",
    "translate",
]

_HOMES = {
    "derive": "gradproof.api",
    "check": "gradproof.checking.api",
    "Diagnosis": "gradproof.checking.report",
    "Evidence": "gradproof.checking.report",
    "ParameterReport": "gradproof.checking.report",
    "Report": "gradproof.checking.report",
    "Derivation": "gradproof.derivation.base",
    "Proof": "gradproof.proving",
    "prove": "gradproof.proving",
    "prove_gradient": "gradproof.proving",
    "NetworkClassifier": "gradproof.train.estimators",
    "NetworkClassifierCV": "gradproof.train.estimators",
    "NetworkRegressor": "gradproof.train.estimators",
    "NetworkRegressorCV": "gradproof.train.estimators",
    "Translation": "gradproof.train.conventions",
    "translate": "gradproof.train.conventions",
}
__getattr__ = lazy_names(globals(), _HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
