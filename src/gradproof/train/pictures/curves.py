"""Learning curves: data cost, penalty, their sum and the validation cost, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.train.pictures.labels import beside
from gradproof.train.pictures.style import BLUE, GREEN, INK, VERMILION, figure, plain

Floats = npt.NDArray[np.float64]
COLORS = {"total": INK, "data cost": BLUE, "penalty": GREEN}  # what is held out is VERMILION
STEEP = 5.0  # from this ratio of the first epochs' costs to the later ones the axis is logarithmic
MOST = 800  # points of a line; a longer ledger is drawn at that many of its epochs


@dataclass(frozen=True, slots=True)
class Curves:
    """The columns of a ledger.

    Attributes
    ----------
    epochs : array of shape (E,)
    data_cost, penalty : array of shape (E,)
    validation : array of shape (E,), or None
    held_out : what the data of the validation cost are called
    """

    epochs: Floats
    data_cost: Floats
    penalty: Floats
    validation: Floats | None = None
    held_out: str = "validation"

    @staticmethod
    def of(ledger: Iterable[Any], held_out: str = "validation") -> Curves:
        """From a ledger's entries; a validation cost that no entry has is left out."""
        entries = list(ledger)
        columns = [[getattr(e, name) for e in entries] for name in ("epoch", "data_cost", "penalty")]
        held = [np.nan if e.validation_cost is None else e.validation_cost for e in entries]
        epochs, data, penalty = (np.asarray(c, np.float64) for c in columns)
        validation = np.asarray(held, np.float64)
        return Curves(epochs, data, penalty, None if np.isnan(validation).all() else validation, held_out)

    def lines(self) -> dict[str, Floats]:
        """What is drawn, by name: without a penalty the total is the data cost, and is not drawn twice."""
        found = {"data cost": self.data_cost}
        if np.nanmax(self.penalty, initial=0) > 0:
            found |= {"penalty": self.penalty, "total": self.data_cost + self.penalty}
        if self.validation is not None:
            found[self.held_out] = self.validation
        return found


def curves_picture(ledgers: Mapping[str, Any], *, width: float = 3.4, height: float = 2.9) -> Any:
    """Learning curves of one network or several, side by side on one scale.

    Parameters
    ----------
    ledgers : title -> ledger (entries with ``epoch``, ``data_cost``, ``penalty`` and ``validation_cost``) or
        :class:`Curves`
    width, height : of a panel in inches

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        matplotlib is not installed.
    """
    every = {
        title: given if isinstance(given, Curves) else Curves.of(given) for title, given in ledgers.items()
    }
    made = figure(max(width * len(every), 4.6), height)
    draw_curves(list(made.subplots(1, len(every), squeeze=False)[0]), every)
    return made


def draw_curves(rows: Sequence[Any], every: Mapping[str, Curves], *, titles: bool = True) -> None:
    """Curves on axes of the caller's, one each, all with the same limits."""
    top = _scale(rows, [line for curves in every.values() for line in curves.lines().values()])
    for axes, (title, curves) in zip(rows, every.items(), strict=True):
        kept = _kept(len(curves.epochs))
        for name, line in curves.lines().items():
            dashes = (0, (4, 2)) if name == "total" else "-"
            color = COLORS.get(name, VERMILION)
            axes.plot(curves.epochs[kept], line[kept], color=color, linewidth=1.4, linestyle=dashes)
        axes.set_xlim(curves.epochs[0], curves.epochs[-1] if len(curves.epochs) > 1 else curves.epochs[0] + 1)
        axes.locator_params(axis="x", nbins=4, integer=True)
        plain(axes, x="epoch", y="cost" if axes is rows[0] else "", title=title if titles else "")
    rows[0].figure.canvas.figure.draw_without_rendering()  # so that the axes have their places
    for axes, curves in zip(rows, every.values(), strict=True):
        ends = {name: min(_last(line), top) for name, line in curves.lines().items()}
        beside(axes, [(name, end, COLORS.get(name, VERMILION)) for name, end in ends.items()])


def _scale(rows: Sequence[Any], lines: Sequence[Floats]) -> float:
    """Limits that contain all curves, and the upper one.

    Where the first epochs are so high that the rest would lie flat, the axis is logarithmic.
    """
    every = np.concatenate([line[np.isfinite(line)] for line in lines])
    top = 1.05 * float(every.max(initial=0.0)) or 1.0
    ends = [float(np.nanmax(line[len(line) // 20 :])) for line in lines]
    steep = top > STEEP * max(ends) and every.min() > 0
    for axes in rows:
        if steep:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
        axes.set_ylim(float(every.min()) / 1.2 if steep else 0.0, top)
    return top


def _last(line: Floats) -> float:
    finite = line[np.isfinite(line)]
    return float(finite[-1]) if len(finite) else 0.0


def _kept(count: int) -> npt.NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(count, MOST)).astype(np.int64))
