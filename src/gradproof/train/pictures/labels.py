"""Labels beside the lines they name, moved apart where they would overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.train.pictures.style import SMALL, font

LINE = 1.25  # of the font's size: the distance at which two lines of text do not touch


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions near the wanted ones, in their order, at least ``gap`` apart and from ``low`` to ``high``.

    The sum of squared moves is the smallest there is: neighbours that would overlap form a block around the
    mean of where they wanted to be (isotonic regression by pooling). Room that is too small is shared evenly.

    Examples
    --------
    >>> spread([1.0, 1.1, 5.0], gap=1.0, low=0.0, high=10.0)
    [0.55, 1.55, 5.0]
    """
    count = len(wanted)
    if count > 1 and gap * (count - 1) > high - low:
        gap = (high - low) / (count - 1)
    order = np.argsort(wanted, kind="stable")
    blocks: list[list[float]] = []  # sum of the wanted positions less the gaps before, and how many
    for place, k in enumerate(order):
        blocks.append([float(wanted[k]) - gap * place, 1.0])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, size = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += size
    anchors = [total / size for total, size in blocks for _ in range(int(size))]
    result = [0.0] * count
    for place, (k, anchor) in enumerate(zip(order, anchors, strict=True)):
        kept = min(max(anchor, low), high - gap * (count - 1))
        result[k] = round(kept + gap * place, 12)
    return result


def beside(
    axes: Any, lines: Sequence[tuple[str, float, str]], *, x: float | None = None, size: float = SMALL
) -> None:
    """Name lines at an end of theirs, each in its colour.

    Parameters
    ----------
    lines : text, the height of the line's end in data coordinates, colour
    x : where the left ends are, in data coordinates, for names left of them; None for names at the right edge
    size : of the font, in points
    """
    if not lines:
        return
    _, height = extent(axes)
    ends = [axes.transAxes.inverted().transform(axes.transData.transform((1, h)))[1] for _, h, _ in lines]
    places = spread([float(e) * height for e in ends], size * LINE, 0.0, height)
    at = 1.0 if x is None else axes.transAxes.inverted().transform(axes.transData.transform((x, 0)))[0]
    for (text, _, color), place in zip(lines, places, strict=True):
        axes.annotate(
            text, (at, place / height), xycoords="axes fraction", xytext=(5 if x is None else -5, 0),
            textcoords="offset points", va="center", ha="left" if x is None else "right",
            annotation_clip=False, **font(size, color),
        )  # fmt: skip


def above(
    axes: Any, marks: Sequence[tuple[str, float, str]], *, width: float, rise: float, size: float = SMALL
) -> None:
    """Name vertical lines above the axes, each in its colour.

    Parameters
    ----------
    marks : text, the line's place as a share of the axes' width, colour
    width : of a text, in points
    rise : of the texts above the axes, in points
    """
    whole, _ = extent(axes)
    places = spread([share * whole for _, share, _ in marks], width, width / 2, whole - width / 2)
    for (text, _, color), place in zip(marks, places, strict=True):
        axes.annotate(
            text, (place / whole, 1), xycoords="axes fraction", xytext=(0, rise), textcoords="offset points",
            va="bottom", ha="center", annotation_clip=False, **font(size, color),
        )  # fmt: skip


def extent(axes: Any) -> tuple[float, float]:
    """Width and height of the axes in points; labels that are added later change them little."""
    made = axes.figure
    box = axes.get_window_extent()
    return float(box.width / made.dpi * 72), float(box.height / made.dpi * 72)
