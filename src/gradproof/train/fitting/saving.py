"""Models read from files."""

from __future__ import annotations

import os
from typing import Any

from gradproof.errors import GradproofError, InputError
from gradproof.train.engines.base import State
from gradproof.train.fitting.archive import read_archive
from gradproof.train.fitting.fitted import Fitted
from gradproof.train.fitting.initial import given_parameters
from gradproof.train.fitting.lbfgs import LBFGS
from gradproof.train.fitting.ledger import Ledger
from gradproof.train.fitting.optimizer_record import from_record
from gradproof.train.network import Network
from gradproof.train.optimizers import Optimizer


def load_model(path: str | os.PathLike[str]) -> Fitted:
    """The trained network that :meth:`Fitted.save` wrote. Nothing in the file is executed.

    Raises
    ------
    InputError
        There is no such file, it is damaged, or it is no model.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np
    >>> from gradproof.train.fitting import fit
    >>> from gradproof.train.network import dense
    >>> X = np.array([[0.0, 1.0, 2.0, 3.0]])
    >>> fitted = fit(dense([1, 1], loss="squared_error"), X, 2 * X, epochs=3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "line.npz")
    ...     fitted.save(path)
    ...     same = load_model(path)
    >>> bool((same.predict(X) == fitted.predict(X)).all())
    True
    """
    content, arrays = read_archive(path, "model")
    try:
        network = Network.from_dict(content["network"])
        parameters = given_parameters(network, arrays["parameters"], arrays["parameters"]["W1"].dtype)
        last = dict(arrays.get("last", parameters))
        names = (
            "stopped",
            "reason",
            "engine",
            "weighted",
            "rows",
            "batch_size",
            "best_epoch",
            "seconds",
            "extra",
        )
        return Fitted(
            network=network,
            parameters=parameters,
            ledger=Ledger.from_dict(content["ledger"]),
            state=State(last, arrays.get("slots", {}), content["step"]),
            optimizer=_optimizer(content["optimizer"]),
            arrays=arrays.get("arrays", {}),
            **{name: content[name] for name in names},
        )
    except (KeyError, TypeError, ValueError, GradproofError) as error:
        raise InputError(
            f"the model is not complete: {error}", where=str(path), fix="save it again with gradproof"
        ) from error


def _optimizer(record: dict[str, Any] | None) -> Optimizer | LBFGS | None:
    if record is None:
        return None
    if record["name"] == "lbfgs":
        return LBFGS(**{name: value for name, value in record.items() if name != "name"})
    return from_record(record)
