"""Small tables to train on."""

import numpy as np

from gradproof.train.job.prepare import prepare
from gradproof.train.job.settings import Settings
from gradproof.train.job.work import train
from gradproof.train.tables.table import Table, column_of

FLOWERS = ("rose", "tulip", "lily")


def flowers(rows=120, seed=0):
    """Three classes, two numbers and a category, all telling."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, rows)
    colour = np.where(rng.random(rows) < 0.8, np.array(["red", "blue", "white"])[kind], "red")
    return Table.of(
        [
            column_of("width", (kind + rng.normal(0, 0.4, rows)).tolist()),
            column_of("height", (-kind + rng.normal(0, 0.4, rows)).tolist()),
            column_of("colour", colour.tolist()),
            column_of("flower", np.array(FLOWERS)[kind].tolist()),
        ],
        "flowers.csv",
    )


def prices(rows=120, seed=0):
    """A number that depends on another."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, rows)
    return Table.of(
        [
            column_of("size", x.tolist()),
            column_of("price", (300 + 100 * x + rng.normal(0, 5, rows)).tolist()),
        ],
        "prices.csv",
    )


def trained(table, target, **settings):
    """The outcome of a short training."""
    given = Settings(**{"hidden": (8,), "lambd": 0.1, "epochs": 60, "learning_rate": 0.01, **settings})
    return train(prepare(table, target, given), given)
