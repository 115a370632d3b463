"""Optimisers by the names that command lines and estimators take."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gradproof.train.fitting.lbfgs import LBFGS
from gradproof.train.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop

# Each from a learning rate, or None for its own.
OPTIMIZERS: Mapping[str, Callable[[float | None], Optimizer | LBFGS]] = {
    "adam": lambda rate: Adam() if rate is None else Adam(rate),
    "adamw": lambda rate: AdamW() if rate is None else AdamW(rate),
    "sgd": lambda rate: SGD() if rate is None else SGD(rate),
    "momentum": lambda rate: SGD(0.1 if rate is None else rate, momentum=0.9),
    "nesterov": lambda rate: SGD(0.1 if rate is None else rate, momentum=0.9, nesterov=True),
    "rmsprop": lambda rate: RMSprop() if rate is None else RMSprop(rate),
    "lbfgs": lambda _: LBFGS(),
}
