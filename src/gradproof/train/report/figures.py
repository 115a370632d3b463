"""Pictures inside a page: each is in the file itself, and looks sharp at any size."""

from __future__ import annotations

import base64
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.train.job.work import Outcome
from gradproof.train.pictures.boundaries import Panel, Points, boundaries_picture
from gradproof.train.pictures.curves import Curves, curves_picture
from gradproof.train.pictures.path import picture_of
from gradproof.train.pictures.scatter import scatter_picture
from gradproof.train.pictures.style import drawn
from gradproof.train.tables.encoder import NumberFeature
from gradproof.train.tables.target import CLASSIFICATION

Floats = npt.NDArray[np.float64]
MOST_COLORS = 7  # classes that the colours tell apart
POINTS = 400  # drawn of each part


def embedded(made: Any, alt: str, kind: str = "svg") -> str:
    """A figure as an ``<img>`` element that holds its picture."""
    mime = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    data = base64.b64encode(drawn(made, kind)).decode()
    width, _ = made.get_size_inches()
    style = f"width: {width * 96:.0f}px"
    return f'<img alt="{escape(alt)}" style="{style}" src="data:{mime};base64,{data}">'


def figures(outcome: Outcome) -> dict[str, str]:
    """The pictures that an outcome has, by name: ``path``, ``curves``, ``boundary`` or ``scatter``."""
    found = {}
    if outcome.search is not None:
        score = "accuracy" if outcome.prepared.target.task == CLASSIFICATION else "R²"
        found["path"] = embedded(
            picture_of(outcome.search, score=score), "costs, score and norms of the weights against λ"
        )
    if len(outcome.fitted.ledger) > 1:
        curves = Curves.of(outcome.fitted.ledger)
        found["curves"] = embedded(
            curves_picture({"": curves}, width=6.2, height=3.1), "data cost, penalty and total in each epoch"
        )
    if _in_the_plane(outcome):
        found["boundary"] = embedded(_boundary(outcome), "decision boundary and points", "png")
    if outcome.prepared.target.task != CLASSIFICATION:
        predictions = outcome.predictions()
        true = np.asarray(predictions.true, np.float64)
        found["scatter"] = embedded(
            scatter_picture(true, np.asarray(predictions.values, np.float64), name=predictions.target.name),
            "predictions against true values", "png",
        )  # fmt: skip
    return found


def _in_the_plane(outcome: Outcome) -> bool:
    """Whether it is a classifier of points with two coordinates."""
    features, target = outcome.prepared.encoder.features, outcome.prepared.target
    numbers = all(isinstance(f, NumberFeature) and not f.flagged for f in features)
    return numbers and len(features) == 2 and 2 <= len(target.classes) <= MOST_COLORS


def _boundary(outcome: Outcome) -> Any:
    """The boundary in the units of the columns."""
    first, second = (f for f in outcome.prepared.encoder.features if isinstance(f, NumberFeature))
    mean = np.array([[first.mean], [second.mean]])
    std = np.array([[first.std], [second.std]])

    def points(part: str) -> Points | None:
        if part not in outcome.prepared.data:
            return None
        X, Y = (a[:, :POINTS] for a in outcome.prepared.data[part])
        return Points.of(X * std + mean, Y)

    training = points("training")
    assert training is not None
    panel = Panel("", lambda x: outcome.fitted.predict((x - mean) / std))
    return boundaries_picture(
        [panel],
        training,
        points("test"),
        names=(first.name, second.name),
        width=5.0,
        square=False,
        classes=outcome.prepared.target.classes,
    )
