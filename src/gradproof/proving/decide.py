"""The verdict about an equation of two expressions of one shape."""

from __future__ import annotations

from gradproof.expr.node import Expr
from gradproof.proving.branches import said
from gradproof.proving.counterexample import find_counterexample, shrunk
from gradproof.proving.domain import Lost, domain
from gradproof.proving.evidence import (
    CONFIRMING,
    POINTS,
    Modular,
    in_balls,
    modular,
    reduction,
    some_point,
    values_exist,
)
from gradproof.proving.proof import (
    EQUAL,
    NOT_EQUAL,
    SHAPES_DIFFER,
    TO_ROUNDING,
    UNDECIDED,
    Proof,
)
from gradproof.proving.sizes import growing


def decide(
    left: Expr, right: Expr, left_text: str, right_text: str, seed: int = 0, lost: Lost = ((), ())
) -> Proof:
    """Equal, not equal, or undecided; conditions and hints are added by the caller.

    Equality by rewriting is confirmed by evaluation before it is said, and no two expressions are called
    equal of which one has no value anywhere.
    """
    proof = Proof(UNDECIDED, left, right, left_text, right_text, left.shape, right.shape)
    if left.shape != right.shape:
        proof.verdict = SHAPES_DIFFER
        return proof
    missing = _without_values(proof)
    if missing:
        proof.reason = missing
        return proof
    found = modular(left, right, seed)
    if found.differed:
        further = [s for differed in found.differed[:2] for s in growing(differed)]
        proof.counterexample = find_counterexample(left, right, further, seed)
        if proof.counterexample is not None or (found.refuted and found.faithful):
            proof.verdict = NOT_EQUAL
            return proof
    _settled(proof, found)
    if proof.holds:
        proof.domain = domain(left, right, lost)
    return proof


def _without_values(proof: Proof) -> str:
    """Why the sides cannot be compared: one, or one of them at a time, has no value; empty if they can."""
    if some_point(proof.left, proof.right):
        return ""
    sides = (("left", proof.left, proof.left_text), ("right", proof.right, proof.right_text))
    for side, expr, text in sides:
        if not values_exist(expr):
            return f"the {side} side, {text}, has no value at any point that was tried"
    return "there is no point at which both sides have a value, among those that were tried"


def _settled(proof: Proof, found: Modular) -> None:
    """A verdict where exact evaluation did not refute the equation."""
    if found.equal:
        evidence = in_balls(proof.left, proof.right, CONFIRMING, wide=False)
    else:
        evidence = in_balls(proof.left, proof.right, sizes=found.differed[:2])
    if evidence.refutation is not None:
        proof.counterexample = shrunk(*evidence.refutation)
        proof.verdict = NOT_EQUAL
        return
    points = evidence.evaluation.points
    proof.reduction = reduction(proof.left, proof.right)
    if points < POINTS and not found.equal:
        _unsettled(proof, found)
    elif proof.reduction is not None:
        proof.verdict, proof.evaluation = EQUAL, found.evaluation() if found.equal else evidence.evaluation
    elif found.equal:
        if found.doubtful:
            proof.reason = found.doubtful
        else:
            proof.verdict, proof.evaluation = EQUAL, found.evaluation()
    elif evidence.unseen:
        proof.reason = said(evidence.unseen)
    else:
        proof.verdict, proof.evaluation = TO_ROUNDING, evidence.evaluation


def _unsettled(proof: Proof, found: Modular) -> None:
    """Real numbers do not confirm equality: there is a counterexample, or it stays open."""
    proof.reduction = None
    if not found.differed:
        proof.counterexample = find_counterexample(proof.left, proof.right)
    if proof.counterexample is not None:
        proof.verdict = NOT_EQUAL
        return
    proof.reason = "rewriting and random evaluation found neither a proof nor a counterexample: " + (
        found.unavailable or found.undefined or "the values are too close to tell them apart"
    )


def is_equal(left: Expr, right: Expr) -> bool:
    """Whether two expressions are equal, for all that is known; without explanation."""
    if left.shape != right.shape:
        return False
    found = modular(left, right, enough=2)
    if found.refuted or found.doubtful:
        return False
    if found.equal:
        return some_point(left, right)
    return in_balls(left, right).agrees
