"""What is said of a training, in words and numbers, once for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.train.job.scores import Scores
from gradproof.train.job.work import Outcome
from gradproof.train.path import CrossValidation
from gradproof.train.tables.table import counted
from gradproof.train.tables.target import CLASSIFICATION

MOST_CLASSES = 12  # whose counts are told one by one
LAST = 3  # epochs of the ledger that are told


@dataclass(frozen=True, slots=True)
class Facts:
    """Sentences and rows of tables about an outcome."""

    outcome: Outcome

    @property
    def is_classifier(self) -> bool:
        """Whether classes are predicted."""
        return self.outcome.prepared.target.task == CLASSIFICATION

    @property
    def measure(self) -> str:
        """What the score is called."""
        return "accuracy" if self.is_classifier else "R²"

    def score(self, value: float) -> str:
        """A score as it is printed; one that is not defined is a dash."""
        if np.isnan(value):
            return "–"
        return f"{100 * value:.1f} %" if self.is_classifier else f"{value:.4f}"

    def data(self) -> list[str]:
        """Rows, features, target, and what was left out."""
        made = self.outcome.prepared
        features, inputs = len(made.encoder.features), len(made.encoder.inputs)
        columns = counted(features, "feature")
        if inputs != features:
            columns += f" ({inputs} inputs)"
        name = Path(made.table.source).name
        first = f"{name}: {counted(made.table.rows)}, {columns}, target {made.target.name}"
        return [first, self.target(), *made.notes]

    def target(self) -> str:
        """Classes with their counts, or the range of a regression."""
        made = self.outcome.prepared
        target, column = made.target, made.table[made.target.name]
        if not self.is_classifier:
            low, high = column.values.min(), column.values.max()
            return f"regression ({target.reason}): {target.name} from {low:.4g} to {high:.4g}"
        classes = len(target.classes)
        if classes > MOST_CLASSES:
            return f"{classes} classes ({target.reason})"
        counts = dict(zip(*np.unique(column.texts().astype(str), return_counts=True), strict=True))
        told = ", ".join(f"{label} ({counts[label]})" for label in target.classes)
        return f"{classes} classes ({target.reason}): {told}"

    def network(self) -> str:
        """Layers, how many parameters, loss."""
        return self.outcome.fitted.explain().splitlines()[0].removeprefix("Network ")

    @property
    def letter(self) -> str:
        """What the equations call the number of training rows: N where m is that of a batch."""
        fitted = self.outcome.fitted
        return "N" if fitted.batch_size < fitted.rows else "m"

    def penalty(self) -> list[str]:
        """λ, what it multiplies, and how it was chosen."""
        outcome, asked = self.outcome, self.outcome.settings
        search, lambd = outcome.search, f"λ = {outcome.lambd:.4g}"
        if search is None and not outcome.lambd:
            return ["no penalty"]
        rows = f"{self.letter} = {outcome.fitted.rows}, the training rows"
        lines = [f"{lambd} in {_formula(asked.l1_ratio, self.letter)}, {rows}"]
        if search is None:
            return lines
        low, high = search.lambdas.min(), search.lambdas.max()
        edge = {low: ", the smallest tried", high: ", the largest tried"}.get(search.chosen, "")
        lines.append(
            f"tried {len(search.lambdas)} λ from {low:.3g} to {high:.3g} on {len(search.folds)} folds"
        )
        lines.append(
            f"the validation cost is lowest at λ = {search.chosen:.4g}{edge}; within one standard error "
            f"of it up to λ = {search.one_se:.4g}"
        )
        return lines

    def training(self) -> list[str]:
        """Optimiser, epochs, engine, why it stopped."""
        asked, fitted = self.outcome.settings, self.outcome.fitted
        rate = getattr(fitted.optimizer, "learning_rate", None)
        rule = asked.optimizer + (f" at {rate:g}" if rate is not None else "")
        dropout = f", dropout {asked.dropout:g}" if asked.dropout else ""
        batches = "" if asked.optimizer == "lbfgs" else f", batches of {fitted.batch_size}"
        how = f"{rule}{batches}{dropout}, seed {asked.seed}, {fitted.dtype.name}, engine {fitted.engine}"
        return [how, f"stopped {fitted.reason.splitlines()[0]}", *fitted.reason.splitlines()[1:]]

    def scores(self) -> list[list[str]]:
        """A row for each part, under a head."""
        outcome = self.outcome
        regression = [] if self.is_classifier else ["RMSE"]
        rows = [["", "rows", self.measure, *regression, "data cost"]]
        for part, each in outcome.scores.items():
            rows.append(self._row(part, each))
        if outcome.search is not None:
            rows.insert(2, self._validated(outcome.search))
        return rows

    def _row(self, part: str, each: Scores) -> list[str]:
        error = [] if each.rmse is None else [f"{each.rmse:.4g}"]
        return [part, str(each.rows), self.score(each.score), *error, f"{each.cost:.4g}"]

    def _validated(self, search: CrossValidation) -> list[str]:
        """What cross-validation says of the λ that was taken: means over the folds."""
        k = int(np.argmin(np.abs(search.lambdas - self.outcome.lambd)))
        score, cost = search.validation_score[:, k].mean(), search.validation_cost[:, k].mean()
        error = [] if self.is_classifier else [""]
        return [f"validation, {len(search.folds)} folds", "", self.score(score), *error, f"{cost:.4g}"]

    def baseline(self) -> str:
        """What a constant prediction scores."""
        outcome = self.outcome
        value = outcome.scores[outcome.shown].baseline
        if np.isnan(value):
            return f"R² of {counted(outcome.scores[outcome.shown].rows)} is not defined"
        saying = "the most frequent class" if self.is_classifier else "the mean"
        told = f"always saying {saying} scores {self.score(value)} on the {outcome.shown} rows"
        if outcome.scores[outcome.shown].score > value:
            return told
        return f"{told}: no worse than the network. Try more epochs, another learning rate or a smaller λ"

    def ledger(self) -> list[list[str]]:
        """The last epochs, under a head: data cost, penalty and its m apart."""
        entries = self.outcome.fitted.ledger[-LAST:]
        validated = any(e.validation_cost is not None for e in entries)
        rows = [
            ["epoch", "data cost", "penalty", self.letter, "cost", *(["validation"] if validated else [])]
        ]
        for e in entries:
            cells = [str(e.epoch), _number(e.data_cost), _number(e.penalty), _rows(e.rows), _number(e.cost)]
            rows.append([*cells, *([_number(e.validation_cost)] if validated else [])])
        return rows

    def layers(self) -> list[list[str]]:
        """A row for each layer, under a head."""
        fitted = self.outcome.fitted
        network, drops = fitted.network, fitted.network.drops
        dropped = ["dropped"] if drops else []
        rows = [["layer", "inputs", "units", "activation", *dropped, "parameters", "‖W‖"]]
        for k, (below, layer) in enumerate(zip(network.sizes, network.layers, strict=False), start=1):
            last = k == network.depth
            share = ["" if last else f"{1 - layer.keep_prob:.3g}"] if drops else []
            norm = float(np.linalg.norm(fitted.parameters[f"W{k}"]))
            count = str(layer.units * (below + 1))
            name, function = (f"{k}, output", "") if last else (str(k), layer.activation)
            rows.append([name, str(below), str(layer.units), function, *share, count, f"{norm:.3f}"])
        return rows


def _formula(l1_ratio: float, m: str) -> str:
    """The penalty as it is written; sums are over the layers."""
    if not l1_ratio:
        return f"λ/(2{m}) Σ‖W‖²"
    if l1_ratio == 1:
        return f"λ/{m} Σ|w|"
    return f"λ/{m} (ρ Σ|w| + (1 − ρ)/2 Σ‖W‖²), ρ = {l1_ratio:g}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.5g}"


def _rows(rows: Any) -> str:
    return ", ".join(str(r) for r in rows) if isinstance(rows, Sequence) else str(rows)
