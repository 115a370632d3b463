"""gradproof derives gradients, proves hand-written ones right or names the wrong term."""

from gradproof.api import derive
from gradproof.check.api import check
from gradproof.check.report import Diagnosis, Evidence, ParameterReport, Report
from gradproof.derivation import Derivation
from gradproof.errors import GradproofError, InputError, ShapeError, TraceError

__version__ = "0.1.0"

__all__ = [
    "Derivation",
    "Diagnosis",
    "Evidence",
    "GradproofError",
    "InputError",
    "ParameterReport",
    "Report",
    "ShapeError",
    "TraceError",
    "check",
    "derive",
]
