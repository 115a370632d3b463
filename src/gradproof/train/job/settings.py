"""What is asked of a training on a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gradproof.errors import InputError
from gradproof.train.fitting.named import OPTIMIZERS
from gradproof.train.network import Network, dense
from gradproof.train.penalties import Penalty
from gradproof.train.tables.features import Choice
from gradproof.train.tables.target import Target


@dataclass(frozen=True, slots=True)
class Settings:
    """How a network is trained on a table.

    Attributes
    ----------
    hidden : sizes of the hidden layers
    activation : of the hidden layers
    lambd : λ; None to choose it by cross-validation
    l1_ratio : ρ, the share of Σ|w| in the penalty
    per : what the penalty's m is, see :class:`gradproof.train.penalties.Penalty`
    dropout : share of the hidden units that is dropped
    optimizer : a name in :data:`OPTIMIZERS`
    learning_rate : α; None for the optimiser's own
    epochs : of the training
    batch_size : rows in a batch; None for a tenth of the training rows, but at least 16 and at most 200
    test : share of the rows that is kept for the test
    validation : share of the other rows that is kept for the validation cost, where λ is given
    patience : epochs without a lower validation cost after which training stops; None for never
    folds, path : of cross-validation, and how many λ it tries
    one_se : whether the largest λ within one standard error of the best is taken
    seed : of everything random
    engine, dtype : as for :func:`gradproof.train.fitting.fit`
    task : ``"classification"``, ``"regression"``, or None to see
    missing : ``"error"``, ``"mean"`` or ``"drop"``
    choice : which columns are features
    """

    hidden: tuple[int, ...] = (64, 32)
    activation: str = "relu"
    lambd: float | None = None
    l1_ratio: float = 0.0
    per: str = "data"
    dropout: float = 0.0
    optimizer: str = "adam"
    learning_rate: float | None = None
    epochs: int = 200
    batch_size: int | None = None
    test: float = 0.2
    validation: float = 0.15
    patience: int | None = None
    folds: int = 5
    path: int = 32
    one_se: bool = False
    seed: int = 0
    engine: str = "auto"
    dtype: str = "float64"
    task: str | None = None
    missing: str = "error"
    choice: Choice = field(default_factory=Choice)

    def __post_init__(self) -> None:
        for name in ("test", "validation"):
            share = getattr(self, name)
            if not 0 <= share < 1:
                raise InputError(f"--{name} is {share:g}", fix="give a share from 0 to below 1, such as 0.2")
        if not 0 <= self.dropout < 1:
            raise InputError(
                f"--dropout is {self.dropout:g}", fix="give the share that is dropped, 0.2 for a fifth"
            )
        if self.learning_rate is not None and not self.learning_rate > 0:
            raise InputError(f"--lr is {self.learning_rate:g}", fix="give a positive learning rate")
        if self.optimizer not in OPTIMIZERS:
            raise InputError(
                f"there is no optimiser {self.optimizer!r}", fix=f"choose one of {', '.join(OPTIMIZERS)}"
            )
        if self.patience is not None and not self.searches and not self.validation:
            raise InputError(
                "--patience watches the validation cost, and there is no validation part",
                fix="--validation 0.15, or --l2 auto, which validates on folds",
            )

    @property
    def searches(self) -> bool:
        """Whether λ is chosen by cross-validation."""
        return self.lambd is None

    def network(self, inputs: int, target: Target) -> Network:
        """The network for that many inputs; where λ is to be chosen, its penalty has λ = 1."""
        strength = 1.0 if self.lambd is None else self.lambd
        penalty = Penalty(strength, self.l1_ratio, self.per) if strength else None
        sizes = [inputs, *self.hidden, target.outputs]
        kept = 1 - self.dropout
        return dense(sizes, activation=self.activation, loss=target.loss, penalty=penalty, keep_prob=kept)

    def batch(self, rows: int) -> int:
        """Rows in a batch, of so many training rows.

        Examples
        --------
        >>> [Settings().batch(rows) for rows in (100, 1437, 60_000)]
        [16, 143, 200]
        """
        return min(max(rows // 10, 16), 200) if self.batch_size is None else self.batch_size

    def rule(self) -> Any:
        """The optimiser."""
        return OPTIMIZERS[self.optimizer](self.learning_rate)
