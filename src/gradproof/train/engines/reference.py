"""The plain engine: each assignment evaluated as its expression. What the others are held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import Array, Expr, size_symbol, symbol
from gradproof.expr.sizes import with_sizes
from gradproof.train.engines.base import ROWS, Data, Engine, Epoch, Lambdas, State
from gradproof.train.expression import BATCH
from gradproof.train.updates import updates


class ReferenceEngine(Engine):
    """Evaluates the program's expressions one by one."""

    name = "reference"

    def epoch(self, data: Data, state: State, epoch: Epoch) -> Any:
        """One pass over the data; see :meth:`Engine.epoch`."""
        self.refuse_unfit(data, epoch.order)
        total: Any = 0.0
        for start in range(0, len(epoch.order), epoch.batch_size):
            chosen = epoch.order[start : start + epoch.batch_size]
            batch = Data(
                data.X[:, chosen], data.Y[:, chosen],
                None if data.weights is None else data.weights[:, chosen],
            )  # fmt: skip
            masks = epoch.masks(len(chosen)) if epoch.masks else {}
            cost, _, gradients = self._step(batch, state.parameters, epoch.lambdas, epoch.rows, masks)
            total = total + cost * len(chosen)
            state.step += 1
            self._update(state, gradients, epoch.rate)
        return total / len(epoch.order)

    def costs_and_gradients(
        self, data: Data, parameters: Mapping[str, Array], lambdas: Lambdas, rows: int
    ) -> tuple[Any, Any, dict[str, Array]]:
        """Costs and gradients of all data; see :meth:`Engine.costs_and_gradients`."""
        if not self.network.drops:
            return self._step(data, parameters, lambdas, rows, {})
        plain = ReferenceEngine(
            self.network.without_dropout(),
            self.optimizer,
            self.dtype,
            copies=self.copies,
            weighted=self.weighted,
        )
        return plain.costs_and_gradients(data, parameters, lambdas, rows)

    def predict(self, parameters: Mapping[str, Array], X: Array) -> Array:
        """The last A; see :meth:`Engine.predict`."""
        source = self.program.source
        table: dict[Expr, Any] = {source.X: np.asarray(X, self.dtype)}
        table |= {source.parameters[name]: w for name, w in parameters.items()}
        bound = with_sizes([source.prediction, *table], {BATCH: X.shape[1]})
        values = {bound[s]: v for s, v in table.items()}
        return np.asarray(evaluate([bound[source.prediction]], values, self.dtype.type)[0])

    def _step(
        self,
        data: Data,
        parameters: Mapping[str, Array],
        lambdas: Lambdas,
        rows: int,
        masks: Mapping[str, Array],
    ) -> tuple[Any, Any, dict[str, Array]]:
        """Costs and gradients of one batch."""
        step, source = self.program, self.program.source
        table: dict[Expr, Any] = {
            source.X: data.X,
            source.Y: data.Y,
            ROWS: rows,
            size_symbol(BATCH): data.count,
        }
        if source.weights is not None:
            table[source.weights] = data.weights
        table |= {source.parameters[name]: w for name, w in parameters.items()}
        table |= {source.lambdas[name]: np.asarray(lambdas[name], self.dtype) for name in source.lambdas}
        table |= {source.masks[name]: mask for name, mask in masks.items()}
        wanted = [step.data_cost, step.penalty]
        assignments = [*step.forward, *step.backward]
        everything = [*table, *wanted, *(a.value for a in assignments), *(a.target for a in assignments)]
        bound = with_sizes(everything, {BATCH: data.count})
        values = {bound[s]: v for s, v in table.items()}
        for each in assignments:
            values[bound[each.target]] = evaluate([bound[each.value]], values, self.dtype.type)[0]
        costs = evaluate([bound[w] for w in wanted], values, self.dtype.type)
        return costs[0], costs[1], {name: values[bound[g]] for name, g in step.gradients.items()}

    def _update(self, state: State, gradients: Mapping[str, Array], rate: float) -> None:
        changes = updates(self.program, self.optimizer)
        for name, leaf in self.program.source.parameters.items():
            gradient = self.program.gradients[name]
            values: dict[Expr, Any] = {leaf: state.parameters[name], gradient: gradients[name]}
            values |= {symbol(key): np.float64(v) for key, v in self.optimizer.settings.items()}
            values |= {symbol("α"): np.float64(rate), symbol("t"): np.float64(state.step)}
            values |= {
                symbol(f"{slot}{name}", leaf.shape): state.slots[f"{slot}{name}"]
                for slot in self.optimizer.slots
            }
            for target, value in changes[name]:
                values[target] = np.asarray(evaluate([value], values, self.dtype.type)[0], self.dtype)
                if target is leaf:
                    state.parameters[name][...] = values[target]
                else:
                    state.slots[target.name][...] = values[target]
