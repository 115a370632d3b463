"""gradproof derives gradients, proves hand-written ones right or names the wrong term.

The public names are loaded when they are first used: who checks a gradient needs no reader of formulas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gradproof.errors import GradproofError, InputError, ShapeError, TraceError

if TYPE_CHECKING:
    from gradproof.api import derive
    from gradproof.checking.api import check
    from gradproof.checking.report import Diagnosis, Evidence, ParameterReport, Report
    from gradproof.derivation.base import Derivation
    from gradproof.proving import Proof, prove, prove_gradient

__version__ = "0.1.0"

__all__ = [
    "Derivation",
    "Diagnosis",
    "Evidence",
    "GradproofError",
    "InputError",
    "ParameterReport",
    "Proof",
    "Report",
    "ShapeError",
    "TraceError",
    "check",
    "derive",
    "prove",
    "prove_gradient",
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
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(home), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
