"""Derivations: a gradient, Jacobian, Hessian or differential, with the steps that lead to it.

Read :mod:`~gradproof.derivation.base` first: what every derivation can do. The gradient of a cost, with its
backpropagation, is in :mod:`~gradproof.derivation.gradient`; the rest is in
:mod:`~gradproof.derivation.general`.
"""

from gradproof.derivation.base import Derivation
from gradproof.derivation.verification import Verification

__all__ = ["Derivation", "Verification"]
