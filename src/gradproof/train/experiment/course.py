"""The experiment: the same network three times, from the same initial weights, on the same points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.train.experiment.data import DataSet, data_set
from gradproof.train.fitting import Fitted, fit
from gradproof.train.fitting.interrupt import Interrupts
from gradproof.train.network import Network, dense
from gradproof.train.optimizers import Adam
from gradproof.train.path.measures import norms
from gradproof.train.penalties import L2

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is trained, and on how much.

    Attributes
    ----------
    hidden : sizes of the hidden layers
    lambd : λ of the L2 penalty; None for what the data set has
    keep_prob : of dropout, in every hidden layer
    epochs, learning_rate : of Adam on all training points at once
    points : training points; the course has 211
    test_points : points that accuracy is measured on
    """

    hidden: tuple[int, ...] = (20, 3)
    lambd: float | None = None
    keep_prob: float = 0.86
    epochs: int = 2000
    learning_rate: float = 0.01
    points: int = 211
    test_points: int = 2000

    def __post_init__(self) -> None:
        for name in ("points", "test_points"):
            if getattr(self, name) < 2:
                raise InputError(f"{name} is {getattr(self, name)}", fix="give at least 2")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One of the three networks.

    Attributes
    ----------
    title : how it is regularised
    fitted : the trained network with its ledger
    right_training, right_test : for each point, whether it is classified rightly
    norms : array of shape (L,), ‖W[l]‖_F
    """

    title: str
    fitted: Fitted
    right_training: Booleans
    right_test: Booleans
    norms: Floats

    @property
    def training(self) -> float:
        """Accuracy on the training points."""
        return float(self.right_training.mean())

    @property
    def test(self) -> float:
        """Accuracy on the test points."""
        return float(self.right_test.mean())


@dataclass(frozen=True, slots=True)
class Experiment:
    """The three networks, and what they were trained and tested on.

    Attributes
    ----------
    data : the kind of data
    seed : of the points, the initial weights and dropout
    training, test : X of shape (2, m) and Y of shape (1, m)
    outcomes : without regularisation, with L2, with dropout
    """

    data: DataSet
    seed: int
    training: tuple[Floats, Floats]
    test: tuple[Floats, Floats]
    outcomes: tuple[Outcome, ...]

    def gain(self, outcome: Outcome) -> tuple[float, float]:
        """How much better an outcome is than the first one on the test points, with its standard error.

        Both are tested on the same points, so the error is that of the mean of the differences.
        """
        each = outcome.right_test.astype(np.float64) - self.outcomes[0].right_test
        return float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain data."""
        rows = [
            {
                "network": each.title,
                "training_accuracy": each.training,
                "test_accuracy": each.test,
                "norms": each.norms.tolist(),
            }
            for each in self.outcomes
        ]
        return {"data": self.data.name, "seed": self.seed, "networks": rows}


def networks(setting: Setting, data: DataSet) -> list[tuple[str, Network]]:
    """The three networks with their titles.

    Examples
    --------
    >>> for title, network in networks(Setting(), data_set("field")):
    ...     print(title, network.sizes)
    no regularisation (2, 20, 3, 1)
    L2, λ = 0.7 (2, 20, 3, 1)
    dropout, keep_prob 0.86 (2, 20, 3, 1)
    """
    lambd = data.lambd if setting.lambd is None else setting.lambd
    plain = dense([2, *setting.hidden, 1], loss="binary_cross_entropy")
    dropping = tuple(replace(layer, keep_prob=setting.keep_prob) for layer in plain.layers[:-1])
    return [
        ("no regularisation", plain),
        (f"L2, λ = {lambd:g}", plain.with_penalty(L2(lambd))),
        (f"dropout, keep_prob {setting.keep_prob:g}", replace(plain, layers=(*dropping, plain.layers[-1]))),
    ]


def run_experiment(
    data: str = "field",
    *,
    seed: int = 0,
    setting: Setting | None = None,
    engine: Any = "auto",
    started: Callable[[str], Any] | None = None,
) -> Experiment:
    """Train the same network without regularisation, with L2 and with dropout.

    Parameters
    ----------
    data : ``"field"``, ``"moons"``, ``"circles"`` or ``"flower"``
    seed : of everything random; the three networks begin with the same weights
    setting : sizes, λ, keep_prob, epochs
    engine : as for :func:`gradproof.train.fitting.fit`
    started : called with the title of each network before it is trained

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C, after the epoch that was running: networks trained for different times are not compared.

    Examples
    --------
    >>> found = run_experiment("moons", setting=Setting(epochs=5, test_points=100))
    >>> [each.title for each in found.outcomes]
    ['no regularisation', 'L2, λ = 0.7', 'dropout, keep_prob 0.86']
    """
    setting, kind = setting or Setting(), data_set(data)
    training = kind.draw(np.random.default_rng([seed, 0]), setting.points)
    test = kind.draw(np.random.default_rng([seed, 1]), setting.test_points)
    outcomes = []
    for title, network in networks(setting, kind):
        if started is not None:
            started(title)
        with Interrupts() as interrupts:
            fitted = fit(
                network, *training, optimizer=Adam(setting.learning_rate), epochs=setting.epochs,
                batch_size=setting.points, validation=test, seed=seed, engine=engine,
            )  # fmt: skip
        if interrupts.asked or fitted.stopped == "interrupted":
            raise KeyboardInterrupt
        right = [(fitted.predict(X) > 0.5)[0] == (Y[0] > 0.5) for X, Y in (training, test)]
        outcomes.append(Outcome(title, fitted, right[0], right[1], norms(network, fitted.parameters)))
    return Experiment(kind, seed, training, test, tuple(outcomes))


def averages(experiments: Sequence[Experiment]) -> list[dict[str, Any]]:
    """Mean and standard deviation over the seeds of each network's accuracies and of its gain."""
    found = []
    for k, outcome in enumerate(experiments[0].outcomes):
        columns = {
            "training": [e.outcomes[k].training for e in experiments],
            "test": [e.outcomes[k].test for e in experiments],
            "gain": [e.gain(e.outcomes[k])[0] for e in experiments],
        }
        row: dict[str, Any] = {"network": outcome.title}
        for name, values in columns.items():
            row[name] = (float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0)
        row["better"] = int(np.sum(np.array(columns["gain"]) > 0))
        found.append(row)
    return found
