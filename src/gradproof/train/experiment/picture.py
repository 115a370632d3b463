"""The experiment as one picture: decision boundaries above, learning curves below."""

from __future__ import annotations

from typing import Any

from gradproof.train.experiment.course import Experiment
from gradproof.train.pictures.boundaries import Panel, Points, aspect_of, draw_boundary, key
from gradproof.train.pictures.curves import Curves, draw_curves
from gradproof.train.pictures.style import figure

WIDTH = 3.6  # of a column in inches
PANEL = 0.94  # of it; the rest is space between the columns
SHOWN = 200  # test points drawn; accuracy is of all of them


def experiment_picture(experiment: Experiment) -> Any:
    """Boundaries and learning curves of the three networks, side by side, as a matplotlib figure.

    Raises
    ------
    InputError
        matplotlib is not installed.
    """
    training = Points.of(*experiment.training)
    test = Points.of(*(a[:, :SHOWN] for a in experiment.test))
    above = PANEL * WIDTH * aspect_of(training, test)
    count = len(experiment.outcomes)
    made = figure(WIDTH * count, above + 3.6)
    # Figures of their own, so that the names of the curves take no room of the fields.
    fields, lower = made.subfigures(2, 1, height_ratios=[above + 0.8, 2.8])
    rows = [part.subplots(1, count, squeeze=False)[0] for part in (fields, lower)]
    made.get_layout_engine().set(wspace=0.03, hspace=0.0)
    for axes, outcome in zip(rows[0], experiment.outcomes, strict=True):
        caption = f"training {100 * outcome.training:.1f} %   test {100 * outcome.test:.1f} %"
        draw_boundary(axes, Panel(outcome.title, outcome.fitted.predict, caption), training, test)
    key(rows[0][0], test)
    every = {each.title: Curves.of(each.fitted.ledger, "test") for each in experiment.outcomes}
    draw_curves(list(rows[1]), every, titles=False)
    return made
