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
        """A score as it is printed."""
        return f"{100 * value:.1f} %" if self.is_classifier else f"{value:.4f}"

    def data(self) -> list[str]:
        """Rows, features, target, and what was left out."""
        made = self.outcome.prepared
        features, inputs = len(made.encoder.features), len(made.encoder.inputs)
        columns = f"{features} feature{'s' * (features != 1)}"
        if inputs != features:
            columns += f" ({inputs} inputs)"
        name = Path(made.table.source).name
        first = f"{name}: {made.table.rows} rows, {columns}, target {made.target.name}"
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

    def penalty(self) -> list[str]:
        """λ, what it multiplies, and how it was chosen."""
        outcome, asked = self.outcome, self.outcome.settings
        if outcome.search is None and not outcome.lambd:
            return ["no penalty"]
        ratio = asked.l1_ratio
        kind = "L2" if not ratio else "L1" if ratio == 1 else f"elastic net, l1_ratio {ratio:g}"
        divisor = {"data": "m of all training rows", "batch": "m of the batch", "none": "m = 1"}[asked.per]
        lines = [f"λ = {outcome.lambd:.4g}, {kind} with {divisor}"]
        if outcome.search is None:
            return lines
        found = outcome.search
        tried = (
            f"chosen from {len(found.lambdas)} λ from {min(found.lambdas):.3g} to {max(found.lambdas):.3g}"
        )
        rule = "the largest within one standard error" if asked.one_se else "the lowest validation cost"
        lines.append(f"{tried} by {asked.folds} folds: {rule}")
        lines.append(f"lowest at {found.chosen:.4g}, one standard error: {found.one_se:.4g}")
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
        saying = "the most frequent class" if self.is_classifier else "the mean"
        return f"always saying {saying} scores {self.score(value)} on the {outcome.shown} rows"

    def ledger(self) -> list[list[str]]:
        """The last epochs, under a head: data cost, penalty and its m apart."""
        entries = self.outcome.fitted.ledger[-LAST:]
        validated = any(e.validation_cost is not None for e in entries)
        rows = [["epoch", "data cost", "penalty", "m", "cost", *(["validation"] if validated else [])]]
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


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.5g}"


def _rows(rows: Any) -> str:
    return ", ".join(str(r) for r in rows) if isinstance(rows, Sequence) else str(rows)
