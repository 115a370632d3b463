"""What cross-validation of a path of λ found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradproof.train.fitting import Fitted, fit
from gradproof.train.fitting.ledger import Ledger
from gradproof.train.network import Network
from gradproof.train.path.choice import best, checked_rule, within_one_error
from gradproof.train.path.folds import Folds
from gradproof.train.path.grid import Grid
from gradproof.train.path.measures import Floats, mean_and_error
from gradproof.train.path.result import LambdaPath, with_lambda, with_total_weight
from gradproof.train.path.training import Settings


@dataclass(frozen=True)
class CrossValidation:
    """A path of λ on each fold: what :func:`~gradproof.train.path.cross_validate_path` gives.

    Attributes
    ----------
    network : the network; its λ are replaced by the path's
    lambdas : array of shape (R,)
    folds : indices of the training and of the validation part of each fold
    paths : the networks of each fold
    settings : how they were trained
    measure : what λ is chosen by: ``"cost"``, the validation cost, ``"score"``, the validation score, or the
        name of another measure
    quality : array of shape (folds, R)
        That measure, the greater the better.
    seconds : that everything took
    """

    network: Network
    lambdas: Grid
    folds: Folds
    paths: Sequence[LambdaPath]
    settings: Settings
    measure: str
    quality: Floats
    seconds: float = field(compare=False, default=0.0)

    @property
    def training_cost(self) -> Floats:
        """Data cost of the training part, shape (folds, R)."""
        return np.array([path.training_cost for path in self.paths])

    @property
    def training_score(self) -> Floats:
        """Accuracy or R² of the training part, shape (folds, R)."""
        return np.array([path.training_score for path in self.paths])

    @property
    def validation_cost(self) -> Floats:
        """Data cost of the validation part, shape (folds, R)."""
        return np.array([path.validation_cost for path in self.paths])

    @property
    def validation_score(self) -> Floats:
        """Accuracy or R² of the validation part, shape (folds, R)."""
        return np.array([path.validation_score for path in self.paths])

    @property
    def norms(self) -> Floats:
        """‖W[l]‖_F, the mean over the folds, shape (R, L)."""
        return np.asarray(np.mean([path.norms for path in self.paths], axis=0))

    @property
    def chosen(self) -> float:
        """The best λ: that of the lowest mean validation cost, or of the best other measure."""
        return float(self.lambdas[best(self.lambdas, self.quality)])

    @property
    def one_se(self) -> float:
        """The largest λ that is within one standard error of the best."""
        return float(self.lambdas[within_one_error(self.lambdas, self.quality)])

    @property
    def ledgers(self) -> list[list[Ledger]]:
        """The ledger of each network of each fold: ``ledgers[fold][k]`` is that of ``lambdas[k]``."""
        return [path.ledgers for path in self.paths]

    def lambda_by(self, rule: str) -> float:
        """The λ of a rule, ``"min"`` (:attr:`chosen`) or ``"1se"`` (:attr:`one_se`)."""
        return self.chosen if checked_rule(rule) == "min" else self.one_se

    def judged_by(self, measure: str, quality: Any) -> CrossValidation:
        """The same with λ chosen by another measure of shape (folds, R), the greater the better."""
        return replace(self, measure=measure, quality=np.asarray(quality, np.float64))

    def refit(
        self, X: Any, Y: Any, rule: str = "min", *, weights: Any = None, progress: bool = False, **more: Any
    ) -> Fitted:
        """Train with the chosen λ on all data.

        Where the folds' networks stopped early by their validation cost, which all data together do not have,
        this one is trained for as many epochs as the folds' best networks were on average.

        Parameters
        ----------
        X, Y, weights : as for :func:`~gradproof.train.path.cross_validate_path`
        rule : ``"min"`` or ``"1se"``
        more : other settings of :func:`~gradproof.train.fitting.fit`, such as ``checkpoint``
        """
        how, lambd = self.settings, self.lambda_by(rule)
        epochs, stopping = how.epochs, how.early_stopping
        if how.by_validation():
            k = int(np.flatnonzero(self.lambdas == lambd)[0])
            epochs, stopping = max(1, round(float(np.mean([p.best_epoch[k] for p in self.paths])))), None
        network = with_lambda(self.network, lambd)
        if weights is not None:
            mean = float(np.mean(weights))
            network, weights = with_total_weight(network, mean), np.asarray(weights) / mean
        return fit(
            network, X, Y, optimizer=how.optimizer, epochs=epochs,
            batch_size=how.batch_size, engine=how.engine, dtype=how.dtype, seed=how.seed, weights=weights,
            early_stopping=stopping, start=how.start, init=how.init, shuffle=how.shuffle,
            schedule=how.schedule, progress=progress, **more,
        )  # fmt: skip

    def table(self) -> str:
        """One line for each λ, from the smallest: costs, score, norms; * the best λ, 1 the one-error λ."""
        told = [mean_and_error(v) for v in (self.training_cost, self.validation_cost, self.validation_score)]
        columns = [[f"{v:.4g}" for v in self.lambdas]]
        for mean, error in told:
            columns.append([f"{a:.4g} ± {e:.2g}" for a, e in zip(mean, error, strict=True)])
        columns += [[f"{v:.4g}" for v in norms] for norms in self.norms.T]
        columns.append([self._mark(float(v)) for v in self.lambdas])
        heads = ["λ", "training cost", "validation cost", self._score_name()]
        heads += [f"‖W{k}‖" for k in range(1, self.network.depth + 1)] + [""]
        order = np.argsort(self.lambdas, kind="stable")
        rows = [heads, *([column[k] for column in columns] for k in order)]
        widths = [max(len(row[c]) for row in rows) for c in range(len(heads))]
        lines = ("  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows)
        return "\n".join(line.rstrip() for line in lines)

    def _mark(self, lambd: float) -> str:
        return "*" * (lambd == self.chosen) + "1" * (lambd == self.one_se)

    def _score_name(self) -> str:
        return "R²" if self.network.loss == "squared_error" else "accuracy"

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.network.sizes))
        return (
            f"<CrossValidation {sizes}: {len(self.lambdas)} λ, {len(self.paths)} folds; "
            f"λ = {self.chosen:.4g}, within one error {self.one_se:.4g}>"
        )

    def to_dict(self) -> Mapping[str, Any]:
        """The numbers as plain data, as JSON has it."""
        names = ("training_cost", "training_score", "validation_cost", "validation_score", "norms", "quality")
        return {
            "network": self.network.to_dict(),
            "lambdas": self.lambdas.tolist(),
            **{name: getattr(self, name).tolist() for name in names},
            "measure": self.measure,
            "chosen": self.chosen,
            "one_se": self.one_se,
            "seconds": self.seconds,
        }
