"""Whether two formulas are equal: proof, counterexample, or the reason why neither was found."""

from gradproof.prove.proof import Counterexample, Proof
from gradproof.prove.statement import prove, prove_gradient

__all__ = ["Counterexample", "Proof", "prove", "prove_gradient"]
