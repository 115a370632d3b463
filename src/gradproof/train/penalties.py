"""Penalties on the weights of a layer: L2 in the course's convention, L1, elastic net.

λ alone says little: what it is divided by decides how strong it is. So a penalty states its m: the rows of
the training data, those of the mini-batch, or none.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf

from gradproof.errors import InputError
from gradproof.expr.broadcast import sum_over
from gradproof.expr.elementwise import square
from gradproof.expr.function import apply
from gradproof.expr.node import Expr

PER = ("data", "batch", "none")


@dataclass(frozen=True, slots=True)
class Penalty:
    """λ/m · (ρ Σ|w| + (1 − ρ)/2 Σ w²), ρ being ``l1_ratio``.

    With ρ = 0 this is the course's λ/(2m) ‖W‖²_F, whose gradient is λ/m W; with ρ = 1 it is the lasso's.

    Attributes
    ----------
    lambd : λ, the strength, at least 0
    l1_ratio : ρ, the share of Σ|w|, from 0 to 1
    per : what m is: ``"data"``, the rows of the training data; ``"batch"``, those of the mini-batch, as
        course code and scikit-learn's MLP have it; ``"none"``, m = 1
    biases : whether the biases are penalised as well

    Raises
    ------
    InputError
        A number is out of its range.

    Examples
    --------
    >>> L2(0.7)
    Penalty(lambd=0.7, l1_ratio=0.0, per='data', biases=False)
    """

    lambd: float
    l1_ratio: float = 0.0
    per: str = "data"
    biases: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.lambd < inf:
            raise InputError(f"λ is {self.lambd}", fix="give a number that is at least 0")
        if not 0 <= self.l1_ratio <= 1:
            raise InputError(f"l1_ratio is {self.l1_ratio}", fix="give a number from 0 (L2) to 1 (L1)")
        if self.per not in PER:
            raise InputError(f"per is {self.per!r}", fix=f"per is one of {', '.join(PER)}")

    def terms(self, array: Expr, axes: tuple[int, ...]) -> list[tuple[Fraction, Expr]]:
        """The penalty on one array without λ/m: factors, and the sums over ``axes`` behind them."""
        ratio = Fraction(self.l1_ratio).limit_denominator(10**12)
        both = (
            ((1 - ratio) / 2, sum_over(square(array), axes)),
            (ratio, sum_over(apply("abs", array), axes)),
        )
        return [(factor, total) for factor, total in both if factor]


def L2(lambd: float, *, per: str = "data", biases: bool = False) -> Penalty:
    """λ/(2m) ‖W‖²_F, the course's convention; its gradient is λ/m W."""
    return Penalty(lambd, 0.0, per, biases)


def L1(lambd: float, *, per: str = "data", biases: bool = False) -> Penalty:
    """λ/m Σ|w|; its gradient is λ/m sign(W)."""
    return Penalty(lambd, 1.0, per, biases)


def ElasticNet(lambd: float, l1_ratio: float = 0.5, *, per: str = "data", biases: bool = False) -> Penalty:
    """λ/m (ρ Σ|w| + (1 − ρ)/2 Σ w²), glmnet's and scikit-learn's elastic net."""
    return Penalty(lambd, l1_ratio, per, biases)
