"""The data cost of data that is not trained on: the printed forward pass, no gradient, no dropout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import Array, Expr, size_symbol, symbols
from gradproof.expr.sizes import with_sizes
from gradproof.train.engines.base import Data
from gradproof.train.expression import BATCH, expression
from gradproof.train.network import Network
from gradproof.train.program import program


class DataCost:
    """The data cost of fixed data as a function of the parameters.

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> cost = DataCost(dense([2, 1], loss="squared_error"), Data.of([[1.0], [2.0]], [[1.0]]))
    >>> cost({"W1": np.array([[1.0, 1.0]]), "b1": np.zeros((1, 1))})
    2.0
    """

    def __init__(self, network: Network, data: Data, dtype: Any = np.float64) -> None:
        plain = network.without_dropout().with_penalty(None)
        source = expression(plain, weighted=data.weights is not None)
        step = program(source)
        given: dict[Expr, Any] = {source.X: data.X, source.Y: data.Y, size_symbol(BATCH): data.count}
        if source.weights is not None:
            given[source.weights] = data.weights
        targets = {a.target: a.value for a in step.forward}
        leaves = [*given, *source.parameters.values()]
        bound = with_sizes([*leaves, step.data_cost, *targets, *targets.values()], {BATCH: data.count})
        self._dtype = np.dtype(dtype).type
        self._given = {bound[s]: v for s, v in given.items()}
        self._parameters = {name: bound[s] for name, s in source.parameters.items()}
        used = set(symbols(step.data_cost))  # the output itself may not be: log softmax is computed from Z
        last = max(k for k, a in enumerate(step.forward) if a.target in used)
        self._forward = [(bound[a.target], bound[a.value]) for a in step.forward[: last + 1]]
        self._cost = bound[step.data_cost]

    def __call__(self, parameters: Mapping[str, Array]) -> float:
        """The cost at these parameters."""
        values: dict[Expr, Any] = dict(self._given)
        values.update((leaf, parameters[name]) for name, leaf in self._parameters.items())
        for target, value in self._forward:
            values[target] = evaluate([value], values, self._dtype)[0]
        return float(evaluate([self._cost], values, self._dtype)[0])
