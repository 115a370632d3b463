"""What a translation needs to know of the training: rows, learning rate, optimiser, loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from gradproof.calculus.monomial import build, flat
from gradproof.errors import InputError
from gradproof.expr.broadcast import multiply, scale
from gradproof.expr.elementwise import divide
from gradproof.expr.node import Expr, number, symbols
from gradproof.expr.substitute import substitute
from gradproof.train.conventions.convention import BATCH, MOMENTUM, ONE, OPTIMIZERS, RATE, ROWS, SPREAD

# A data cost is a multiple of J, the mean over the rows of an example's loss, where squared error has its ½.
LOSSES: Mapping[str, Expr] = {
    "mean": ONE,
    "sum": BATCH,
    "mse": number(2),
    "sse": multiply(number(2), BATCH),
}
LOSS_WORDS = {
    "mean": "the mean of the rows' losses (squared error with its ½)",
    "sum": "their sum over the batch",
    "mse": "the mean of r², without ½",
    "sse": "the sum of r² over the batch",
}
NAMES = {ROWS: "m", BATCH: "batch", RATE: "lr", MOMENTUM: "momentum", SPREAD: "sd_y"}
_MEANINGS = {
    ROWS: ("m, the rows of the data", "give m (--m 5000)"),
    BATCH: ("b, the rows of a mini-batch", "give batch (--batch 200; without mini-batches it is m)"),
    RATE: ("lr, the learning rate", "give lr (--lr 0.1)"),
    MOMENTUM: ("μ, the momentum", "give momentum (--momentum 0.9)"),
    SPREAD: ("s_y, the standard deviation of the targets", "give sd_y (--sd-y, what np.std(y) is)"),
}
Number = int | float | Fraction | str


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of the training.

    Attributes
    ----------
    m : rows of the data
    batch : rows of a mini-batch
    lr : learning rate
    momentum : μ
    sd_y : standard deviation of the targets, for glmnet and Spark
    optimizer : ``"sgd"``, ``"momentum"`` or ``"adam"``
    loss, to_loss : the data cost beside the penalty on the two sides, a key of :data:`LOSSES`
    biases : whether biases are penalised; by default what the source does
    """

    m: int | None = None
    batch: int | None = None
    lr: Number | None = None
    momentum: Number | None = None
    sd_y: Number | None = None
    optimizer: str | None = None
    loss: str = "mean"
    to_loss: str = "mean"
    biases: bool | None = None

    def __post_init__(self) -> None:
        for name in ("m", "batch"):
            rows = getattr(self, name)
            if rows is not None and (isinstance(rows, bool) or rows != int(rows) or rows < 1):
                raise InputError(f"{name} is {rows}", fix="give a whole number of rows, from 1 on")
        if self.m is not None and self.batch is not None and self.batch > self.m:
            raise InputError(
                f"batch is {self.batch}, more than m = {self.m}", fix="a batch is a part of the data"
            )
        for name in ("lr", "sd_y"):
            value = getattr(self, name)
            if value is not None and exact(value, name) <= 0:
                raise InputError(f"{name} is {value}", fix="give a positive number")
        if self.momentum is not None and not 0 <= exact(self.momentum, "momentum") < 1:
            raise InputError(f"momentum is {self.momentum}", fix="give a number from 0 to below 1")
        if self.optimizer is not None and self.optimizer not in OPTIMIZERS:
            raise InputError(
                f"there is no optimizer {self.optimizer!r}",
                fix=f"one of {', '.join(OPTIMIZERS)}: momentum is Nesterov's too, adam every adaptive one",
            )
        for name in ("loss", "to_loss"):
            if getattr(self, name) not in LOSSES:
                raise InputError(
                    f"{name} is {getattr(self, name)!r}", fix=f"it is one of {', '.join(LOSSES)}"
                )

    def numbers(self) -> dict[Expr, Fraction]:
        """The known numbers by their symbols."""
        return {
            leaf: exact(getattr(self, name), name)
            for leaf, name in NAMES.items()
            if getattr(self, name) is not None
        }

    @property
    def ratio(self) -> Expr:
        """By how much the cost is larger on the other side."""
        return build(flat(divide(LOSSES[self.to_loss], LOSSES[self.loss])))

    @property
    def rest(self) -> int:
        """Rows of the last batch of an epoch where it is smaller than the others, else 0."""
        return self.m % self.batch if self.m and self.batch else 0


def exact(value: Number, what: str) -> Fraction:
    """The number as it was written: 0.7 is 7/10, so that results are rounded once."""
    try:
        found = Fraction(str(value).strip())
        float(found)
    except (ValueError, OverflowError, ZeroDivisionError):
        raise InputError(f"{what} is {value!r}", fix="give a finite number") from None
    return found


def evaluated(formula: Expr, numbers: Mapping[Expr, Fraction], what: str) -> Fraction:
    """The value of a formula.

    Raises
    ------
    InputError
        A number that it needs was not given, or it divides by 0.
    """
    missing = [leaf for leaf in symbols(formula) if leaf not in numbers]
    if missing:
        meaning, fix = _MEANINGS[missing[0]]
        raise InputError(f"{what} depends on {meaning}, which was not given", fix=fix)
    bound = substitute(formula, {leaf: number(value) for leaf, value in numbers.items()})
    return flat(scale(1, bound)).coefficient


def plain(given: object) -> object:
    """A number as JSON has it; what is no number as it is."""
    try:
        found = Fraction(str(given))
    except (ValueError, ZeroDivisionError):
        return given
    return given if isinstance(given, int | float) else float(found)
