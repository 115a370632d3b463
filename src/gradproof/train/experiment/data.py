"""Points of two classes in the plane, drawn anew for each seed: more test points cost nothing.

Labels are noisy on purpose. A network that is large enough can learn the noise, and then does worse on new
points: this is what regularisation is for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError

Floats = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True)
class DataSet:
    """A kind of data.

    Attributes
    ----------
    name : how it is asked for
    about : one sentence
    draw : from a generator and m to points of shape (2, m) and labels of shape (1, m), 0 or 1
    lambd : the λ that the experiment takes for it
    """

    name: str
    about: str
    draw: Draw
    lambd: float = 0.7


def _labelled(rng: np.random.Generator, points: Floats, score: Floats, width: float) -> tuple[Floats, Floats]:
    """Class 1 with probability σ(score/width): the classes overlap along the line score = 0."""
    share = 0.5 * (1 + np.tanh(score / (2 * width)))
    return points, (rng.random(len(score)) < share).astype(np.float64)[None]


def field(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Where the ball came down on a football field, in halves of its length; 1 where blue headed it."""
    points = rng.uniform((-1.0, -0.65), (1.0, 0.65), (count, 2)).T
    x, y = points
    return _labelled(rng, points, y - 0.6 * x - 0.05 + 0.12 * np.sin(3 * x), 0.1)


def moons(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Two half circles that reach into each other, with normal noise of 0.3."""
    labels = np.arange(count) % 2
    angle = rng.uniform(0, np.pi, count)
    upper, lower = [np.cos(angle), np.sin(angle)], [1 - np.cos(angle), 0.5 - np.sin(angle)]
    points = np.where(labels, lower, upper) + rng.normal(0, 0.3, (2, count))
    return points, labels.astype(np.float64)[None]


def circles(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """A circle (1) of radius 0.55 inside one of radius 1 (0), with normal noise of 0.2."""
    labels = np.arange(count) % 2
    angle = rng.uniform(0, 2 * np.pi, count)
    radius = np.where(labels, 0.55, 1.0)
    points = radius * np.array([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.2, (2, count))
    return points, labels.astype(np.float64)[None]


def flower(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """A flower of four petals (1), r = 0.75 + 0.4 cos 4φ, in a round meadow (0)."""
    angle = rng.uniform(0, 2 * np.pi, count)
    radius = 1.35 * np.sqrt(rng.random(count))
    points = radius * np.array([np.cos(angle), np.sin(angle)])
    return _labelled(rng, points, 0.75 + 0.4 * np.cos(4 * angle) - radius, 0.1)


DATA: Mapping[str, DataSet] = {
    each.name: each
    for each in (
        DataSet("field", "headers on a football field, the course's example", field),
        DataSet("moons", "two half moons", moons),
        DataSet("circles", "a circle in a circle", circles),
        DataSet("flower", "a flower of four petals", flower, 0.1),  # 0.7 rounds the petals off
    )
}


def data_set(name: str) -> DataSet:
    """The data set of that name."""
    if name not in DATA:
        raise InputError(
            f"there is no data set {name!r}", where="--data", fix=f"choose one of {', '.join(DATA)}"
        )
    return DATA[name]
