"""Whether two formulas are equal: proof, counterexample, or the reason why neither was found."""

from gradproof.proving.proof import Counterexample, Proof
from gradproof.proving.statement import prove, prove_gradient

__all__ = ["Counterexample", "Proof", "prove", "prove_gradient"]
