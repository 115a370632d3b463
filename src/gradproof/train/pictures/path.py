"""The path of λ: costs, accuracy and the layers' norms against λ, as glmnet's users know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.train.path.measures import mean_and_error
from gradproof.train.pictures.labels import above, beside, extent
from gradproof.train.pictures.style import (
    BLANK,
    BLUE,
    INK,
    MUTED,
    SERIES,
    SMALL,
    VERMILION,
    figure,
    font,
    plain,
)

Floats = npt.NDArray[np.float64]
WIDE = 8.0  # from this ratio of the largest validation cost to the smallest the axis is logarithmic
SPAN = 30.0  # how far below the smallest validation cost it goes at most
BAND = 0.18  # opacity of a band of one standard error
RISE = 17.0  # of the names of the vertical lines above the first panel, in points


@dataclass(frozen=True, slots=True)
class Curve:
    """A mean over folds, and its standard error where there is more than one fold.

    Attributes
    ----------
    mean, error : arrays of shape (R,); the error is 0 for one fold
    """

    mean: Floats
    error: Floats

    @staticmethod
    def of(folds: Any) -> Curve:
        """Of one row for each fold; one row alone may be given as it is."""
        return Curve(*mean_and_error(np.atleast_2d(np.asarray(folds, np.float64))))


def path_picture(
    lambdas: Any,
    *,
    training_cost: Any,
    validation_cost: Any,
    validation_score: Any = None,
    norms: Any = None,
    chosen: float | None = None,
    one_se: float | None = None,
    score: str = "accuracy",
    cost: str = "data cost",
) -> Any:
    """The path of λ as a matplotlib figure: cost, score and norms, one above the other.

    Parameters
    ----------
    lambdas : array of shape (R,)
        λ, in any order. The axis is logarithmic; λ = 0 stands at its left end.
    training_cost, validation_cost, validation_score : array of shape (R,) or (folds, R)
        With folds, the line is their mean, and a band shows one standard error on either side.
    norms : array of shape (R, L), or None
        ‖W[l]‖_F of each layer
    chosen, one_se : the λ with the best validation cost, and the largest λ whose cost is within one standard
        error of it: marked by vertical lines
    score, cost : what the axes are called

    Returns
    -------
    matplotlib.figure.Figure
        For :func:`gradproof.train.pictures.style.save`.

    Raises
    ------
    InputError
        matplotlib is not installed.
    """
    order = np.argsort(np.asarray(lambdas, np.float64))
    axis = _Axis.of(np.asarray(lambdas, np.float64)[order])
    ratios = [2.4] + [1.3] * (validation_score is not None) + [1.6] * (norms is not None)
    made = figure(7.0, 1.55 * sum(ratios) + 0.6)
    rows = list(made.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)[:, 0])
    lines: list[tuple[Any, list[tuple[str, float, str]]]] = []
    training, validation = (_ordered(c, order) for c in (training_cost, validation_cost))
    lines.append((rows[0], _cost(rows[0], axis, training, validation, cost)))
    if validation_score is not None:
        lines.append((rows[1], _score(rows[1], axis, _ordered(validation_score, order), score)))
    if norms is not None:
        lines.append((rows[-1], _norms(rows[-1], axis, np.asarray(norms, np.float64)[order])))
    axis.label(rows[-1])
    made.draw_without_rendering()  # so that the axes have their places
    _marks(rows, axis, chosen, one_se)
    for axes, named in lines[: 1 + (validation_score is not None)]:
        beside(axes, named)
    if norms is not None:
        beside(rows[-1], lines[-1][1], x=float(axis.at[0]))
    return made


def picture_of(result: Any, **words: Any) -> Any:
    """:func:`path_picture` of a result of cross-validation, which has its arguments as attributes."""
    names = ("training_cost", "validation_cost", "validation_score", "norms", "chosen", "one_se")
    given: dict[str, Any] = {name: getattr(result, name, None) for name in names}
    return path_picture(result.lambdas, **given, **words)


@dataclass(frozen=True, slots=True)
class _Axis:
    """The axis of λ. 0 has no logarithm, and gets a place of its own left of the others."""

    lambdas: Floats
    at: Floats

    @staticmethod
    def of(lambdas: Floats) -> _Axis:
        positive = lambdas[lambdas > 0]
        if not len(positive):
            return _Axis(lambdas, np.ones_like(lambdas))
        step = (positive[-1] / positive[0]) ** (1 / max(len(positive) - 1, 1)) if len(positive) > 1 else 10.0
        return _Axis(lambdas, np.where(lambdas > 0, lambdas, positive[0] / max(step, 1.6) ** 1.5))

    def place(self, lambd: float) -> float:
        """Where a λ of the path stands."""
        return float(self.at[int(np.argmin(np.abs(self.lambdas - lambd)))]) if lambd == 0 else lambd

    def share(self, lambd: float) -> float:
        """Where a λ stands, as a share of the axes' width."""
        low, high = np.log(self.limits)
        return float((np.log(self.place(lambd)) - low) / (high - low))

    @property
    def limits(self) -> tuple[float, float]:
        """The ends of the axis: room for names on the left, little on the right."""
        low, high = float(self.at[0]), float(self.at[-1])
        whole = high / low if high > low else 10.0
        return low / whole**0.06, high * whole**0.015

    def label(self, axes: Any) -> None:
        """Ticks at powers of ten, 0 where it is, and which way is stronger."""
        from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator

        axes.set_xscale("log")
        low, high = self.limits
        axes.set_xlim(low, high)
        first = float(self.lambdas[self.lambdas > 0].min(initial=high))
        powers = _within(LogLocator(numticks=9).tick_values(low, high), first, high)
        if len(powers) < 2:
            powers = _within(LogLocator(subs=(1, 2, 5)).tick_values(low, high), first, high)
        zero = [self.place(0.0)] if 0 in self.lambdas else []
        shown = {p: f"{p:g}" for p in powers} | dict.fromkeys(zero, "0")
        axes.xaxis.set_major_locator(FixedLocator(list(shown)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: shown.get(x, f"{x:g}")))
        minor = LogLocator(subs=range(2, 10), numticks=20).tick_values(low, high)
        axes.xaxis.set_minor_locator(FixedLocator(_within(minor, first, high)))
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda *_: ""))
        axes.set_xlabel("penalty λ   (stronger →)", **font())
        if zero and first > zero[0]:  # the axis is broken between 0 and the others
            axes.annotate(
                "//", (float(np.sqrt(zero[0] * first)), 0), xycoords=("data", "axes fraction"), va="center",
                ha="center", annotation_clip=False, **font(SMALL, MUTED), bbox=BLANK,
            )  # fmt: skip


def _within(ticks: Any, low: float, high: float) -> list[float]:
    return [float(t) for t in ticks if low * 0.999 <= t <= high * 1.001]


def _ordered(folds: Any, order: npt.NDArray[np.intp]) -> Curve:
    return Curve.of(np.atleast_2d(np.asarray(folds, np.float64))[:, order])


def _banded(axes: Any, axis: _Axis, curve: Curve, color: str, *, dots: bool = True) -> None:
    low, high = curve.mean - curve.error, curve.mean + curve.error
    axes.fill_between(axis.at, low, high, color=color, alpha=BAND, linewidth=0)
    few = dots and len(axis.at) <= 60
    axes.plot(axis.at, curve.mean, color=color, linewidth=1.6, marker="o" if few else None, markersize=2.6)


def _cost(
    axes: Any, axis: _Axis, training: Curve, validation: Curve, name: str
) -> list[tuple[str, float, str]]:
    _banded(axes, axis, training, BLUE)
    _banded(axes, axis, validation, VERMILION)
    plain(axes, y=name + (", ± 1 SE" if validation.error.any() else ""))
    least = validation.mean.min()
    if least > 0 and validation.mean.max() > WIDE * least:
        both = np.concatenate([training.mean, validation.mean - validation.error])
        _logarithmic(axes, bottom=max(float(both[both > 0].min()), least / SPAN) / 1.2)
    return [("training", training.mean[-1], BLUE), ("validation", validation.mean[-1], VERMILION)]


def _score(axes: Any, axis: _Axis, curve: Curve, name: str) -> list[tuple[str, float, str]]:
    _banded(axes, axis, curve, VERMILION)
    plain(axes, y=f"validation {name}")
    if name == "accuracy":
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
    return []


def _logarithmic(axes: Any, bottom: float) -> None:
    """A logarithmic axis with plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator

    axes.set_yscale("log", nonpositive="clip")
    axes.set_ylim(bottom=bottom)
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 1000 * low else (1,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(FuncFormatter(lambda *_: ""))


def _norms(axes: Any, axis: _Axis, norms: Floats) -> list[tuple[str, float, str]]:
    plain(axes, y="norm of each layer’s weights, ‖W‖")
    named = []
    for k, row in enumerate(norms.T):
        color = SERIES[(k + 2) % len(SERIES)]
        axes.plot(axis.at, row, color=color, linewidth=1.6)
        named.append((f"W{k + 1}", float(row[0]), color))
    axes.set_ylim(bottom=0)
    return named


def _marks(rows: Sequence[Any], axis: _Axis, chosen: float | None, one_se: float | None) -> None:
    """Vertical lines through all panels, named above the first one."""
    both = [(chosen, "chosen", "-", INK), (one_se, "1 SE", (0, (4, 3)), MUTED)]
    marks = [mark for mark in both if mark[0] is not None]
    if chosen is not None and chosen == one_se:
        marks = [(chosen, "chosen = 1 SE", "-", INK)]
    for lambd, _, dashes, color in marks:
        at = axis.place(float(lambd or 0))
        for axes in rows:
            axes.axvline(at, color=color, linestyle=dashes, linewidth=0.9, zorder=0)
        rows[0].plot(
            [at, at], [1, 1 + RISE / extent(rows[0])[1]], transform=rows[0].get_xaxis_transform(),
            color=color, linestyle=dashes, linewidth=0.9, clip_on=False, zorder=0,
        )  # fmt: skip
    shares = [axis.share(float(lambd or 0)) for lambd, *_ in marks]
    named = [
        (f"{name}\nλ = {lambd:.3g}", s, color)
        for (lambd, name, _, color), s in zip(marks, shares, strict=True)
    ]
    above(rows[0], named, width=72 if len(marks) == 1 else 62, rise=RISE + 2)
