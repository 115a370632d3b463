"""The engine of a training: made by its name, or given and held against what is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.train.engines import engine_of
from gradproof.train.engines.base import Engine
from gradproof.train.fitting.optimizer_record import to_record
from gradproof.train.network import Network
from gradproof.train.optimizers import Optimizer


def chosen_engine(
    engine: str | Engine,
    network: Network,
    optimizer: Optimizer,
    dtype: np.dtype[Any],
    *,
    weighted: bool = False,
) -> Engine:
    """The engine of that name; one that was made already is used as it is.

    Raises
    ------
    InputError
        There is no such engine, or the one that was given runs another network, optimiser or precision.
    """
    if not isinstance(engine, Engine):
        return engine_of(engine, network, optimizer, dtype, weighted=weighted)
    differing = {
        "network": engine.network != network,
        "optimizer": to_record(engine.optimizer) != to_record(optimizer),
        "dtype": engine.dtype != dtype,
        "copies": engine.copies is not None,
        "weighted": engine.weighted != weighted,
    }
    for name, differs in differing.items():
        if differs:
            raise InputError(
                f"the engine that was given has another {name} than the training", where="engine",
                fix="make it for this training, or give its name",
            )  # fmt: skip
    return engine
