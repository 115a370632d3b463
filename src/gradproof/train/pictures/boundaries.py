"""Decision boundaries of classifiers of points in the plane, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError
from gradproof.train.pictures.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    SKY,
    SMALL,
    TEXT,
    VERMILION,
    YELLOW,
    figure,
    font,
    plain,
)

Floats = npt.NDArray[np.float64]
CLASS_COLORS = (VERMILION, BLUE, GREEN, PURPLE, ORANGE, SKY, YELLOW)
GRID = 240  # points along each side of the picture at which a classifier is asked
WASH = 0.32  # of a class's colour in the region where it is certain
MARGIN = 0.06


@dataclass(frozen=True, slots=True)
class Points:
    """Labelled points.

    Attributes
    ----------
    X : array of shape (2, m)
    labels : array of shape (m,), the number of each point's class
    """

    X: Floats
    labels: npt.NDArray[np.int64]

    @staticmethod
    def of(X: Any, Y: Any) -> Points:
        """Points in a network's layout: Y of shape (1, m) with 0 and 1, or one-hot of shape (n_y, m)."""
        labels = np.asarray(Y)
        if labels.ndim == 2:
            labels = labels.argmax(axis=0) if len(labels) > 1 else labels[0]
        points = np.asarray(X, np.float64)
        if points.ndim != 2 or len(points) != 2:
            raise InputError(f"points of shape {points.shape}", fix="give two features: X of shape (2, m)")
        return Points(points, np.rint(labels).astype(np.int64))


@dataclass(frozen=True, slots=True)
class Panel:
    """One classifier.

    Attributes
    ----------
    title : its name
    predict : from points, shape (2, k), to probabilities: of class 1, (1, k), or of each class, (n_y, k)
    caption : a line below its name, such as its accuracies
    """

    title: str
    predict: Callable[[Floats], Any]
    caption: str = ""


def boundaries_picture(
    panels: Sequence[Panel],
    training: Points,
    test: Points | None = None,
    *,
    names: tuple[str, str] = ("", ""),
    classes: Sequence[str] = (),
    width: float = 3.4,
    square: bool = True,
) -> Any:
    """What classifiers say of each point of the plane; training points are filled, test points hollow.

    Parameters
    ----------
    names : of the two features
    classes : names of the classes, written above in their colours
    width : of a panel in inches
    square : whether a unit is as long on both axes; where it is not, the axes have ticks

    Returns
    -------
    matplotlib.figure.Figure
        The stronger the colour, the more certain the classifier; the line is where it changes its mind.

    Raises
    ------
    InputError
        matplotlib is not installed.
    """
    aspect = aspect_of(training, test) if square else 0.8
    made = figure(width * len(panels), width * aspect + 0.95)
    made.get_layout_engine().set(wspace=0.06)
    rows = list(made.subplots(1, len(panels), squeeze=False)[0])
    for axes, panel in zip(rows, panels, strict=True):
        draw_boundary(axes, panel, training, test, names=names, square=square)
    key(rows[0], test, below=square)
    if classes:
        _name_classes(rows[-1], classes)
    return made


def draw_boundary(
    axes: Any,
    panel: Panel,
    training: Points,
    test: Points | None = None,
    *,
    names: tuple[str, str] = ("", ""),
    square: bool = True,
) -> None:
    """One classifier on axes of the caller's."""
    box = _box(training, test)
    shares = probabilities(panel.predict, box)
    axes.imshow(
        shaded(shares),
        extent=box,
        origin="lower",
        interpolation="bilinear",
        aspect="equal" if square else "auto",
        zorder=0,
        rasterized=True,
    )
    x, y = (np.linspace(*side, shares.shape[k]) for k, side in ((2, box[:2]), (1, box[2:])))
    for share in _borders(shares):
        if share.min() < 0 < share.max():
            axes.contour(x, y, share, levels=[0.0], colors=[INK], linewidths=1.3, zorder=2)
    _scatter(axes, training, test)
    axes.set_xlim(*box[:2])
    axes.set_ylim(*box[2:])
    plain(axes)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    if square:
        axes.set_xticks([])
        axes.set_yticks([])
    axes.set_title(panel.title, loc="left", pad=20 if panel.caption else 6, **font(TEXT + 1, bold=True))
    if panel.caption:
        axes.annotate(
            panel.caption, (0, 1), xycoords="axes fraction", xytext=(0, 5), textcoords="offset points",
            va="bottom", **font(SMALL, MUTED),
        )  # fmt: skip
    for name, label in zip(names, (axes.set_xlabel, axes.set_ylabel), strict=True):
        if name:
            label(name, **font(SMALL))


def aspect_of(training: Points, test: Points | None = None) -> float:
    """Height of a panel over its width."""
    left, right, bottom, top = _box(training, test)
    return (top - bottom) / (right - left)


def key(axes: Any, test: Points | None, *, below: bool = True) -> None:
    """What the points are, below a panel or above it."""
    if test is None:
        return
    height, away, side = (0, -4, "top") if below else (1, 4, "bottom")
    axes.annotate(
        "● training   ○ test", (0, height), xycoords="axes fraction", xytext=(0, away),
        textcoords="offset points", va=side, **font(SMALL, MUTED),
    )  # fmt: skip


def _name_classes(axes: Any, classes: Sequence[str]) -> None:
    """The classes' names in their colours, above the right end of the axes."""
    from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea

    words: list[Any] = [
        TextArea(f"● {name}", textprops=font(SMALL, CLASS_COLORS[k % len(CLASS_COLORS)]))
        for k, name in enumerate(classes)
    ]
    packed = HPacker(children=words, pad=0, sep=10)
    axes.add_artist(
        AnchoredOffsetbox(
            "lower right", child=packed, pad=0, borderpad=0.3, frameon=False, bbox_to_anchor=(1, 1),
            bbox_transform=axes.transAxes,
        )
    )  # fmt: skip


def probabilities(predict: Callable[[Floats], Any], box: tuple[float, float, float, float]) -> Floats:
    """Probability of each class on a grid, shape (classes, GRID, GRID)."""
    x, y = np.meshgrid(np.linspace(*box[:2], GRID), np.linspace(*box[2:], GRID))
    found = np.atleast_2d(np.asarray(predict(np.stack([x.ravel(), y.ravel()])), np.float64))
    found = found if len(found) > 1 else np.concatenate([1 - found, found])
    return found.reshape(-1, GRID, GRID)


def shaded(shares: Floats) -> Floats:
    """Colours from probabilities, shape (GRID, GRID, 3): white where all classes are alike."""
    from matplotlib.colors import to_rgb

    colors = np.array([to_rgb(CLASS_COLORS[k % len(CLASS_COLORS)]) for k in range(len(shares))])
    even = 1 / len(shares)
    certain = np.clip((shares - even) / (1 - even), 0, 1)
    wash = np.tensordot(certain, 1 - colors, axes=(0, 0))
    return np.clip(1 - WASH * wash, 0, 1)


def _borders(shares: Floats) -> list[Floats]:
    """Functions that are 0 where the most probable class changes."""
    if len(shares) == 2:
        return [shares[1] - shares[0]]
    best = []
    for k in range(len(shares)):
        others = np.delete(shares, k, axis=0).max(axis=0)
        best.append(shares[k] - others)
    return best


def _scatter(axes: Any, training: Points, test: Points | None) -> None:
    """Test points hollow and small, training points filled on top of them."""
    for points, filled in ((test, False), (training, True)):
        if points is None:
            continue
        for label in np.unique(points.labels):
            color = CLASS_COLORS[label % len(CLASS_COLORS)]
            here = points.X[:, points.labels == label]
            if filled:
                axes.scatter(*here, s=22, facecolors=color, edgecolors="white", linewidths=0.6, zorder=4)
            else:
                axes.scatter(*here, s=13, facecolors="none", edgecolors=color, linewidths=0.8, zorder=3)


def _box(training: Points, test: Points | None) -> tuple[float, float, float, float]:
    """Left, right, bottom and top around all points."""
    every = training.X if test is None else np.concatenate([training.X, test.X], axis=1)
    low, high = every.min(axis=1), every.max(axis=1)
    room = MARGIN * np.maximum(high - low, 1e-9)
    return (
        float(low[0] - room[0]), float(high[0] + room[0]), float(low[1] - room[1]), float(high[1] + room[1])
    )  # fmt: skip
