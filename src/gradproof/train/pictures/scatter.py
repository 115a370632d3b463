"""Predictions of a regression against the true values."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.train.pictures.style import BLUE, INK, MUTED, SMALL, figure, font, plain

Floats = npt.NDArray[np.float64]
FEW = 300  # points that are drawn strongly; more are drawn fainter


def scatter_picture(true: Floats, predicted: Floats, *, name: str = "target", width: float = 4.4) -> Any:
    """A point for each row, and the line on which a prediction is right, as a matplotlib figure.

    Parameters
    ----------
    true, predicted : arrays of shape (m,)
    name : of the target
    width : of the figure in inches

    Raises
    ------
    InputError
        matplotlib is not installed.
    """
    made = figure(width, width)
    axes = made.subplots()
    both = np.concatenate([true, predicted])
    room = 0.04 * (both.max() - both.min() or 1.0)
    limits = (both.min() - room, both.max() + room)
    axes.plot(limits, limits, color=INK, linewidth=0.8, zorder=1)
    alpha = float(np.clip(FEW / len(true), 0.15, 0.75))
    axes.scatter(true, predicted, s=16, color=BLUE, alpha=alpha, linewidths=0, zorder=2, rasterized=True)
    axes.set_xlim(*limits)
    axes.set_ylim(*limits)
    axes.set_aspect("equal")
    plain(axes, x=f"true {name}", y=f"predicted {name}")
    axes.annotate(
        "prediction = truth", (limits[1], limits[1]), xytext=(-6, -14), textcoords="offset points",
        ha="right", va="top", rotation=45, rotation_mode="anchor", **font(SMALL, MUTED),
    )  # fmt: skip
    return made
