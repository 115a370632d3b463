"""Which rows are trained on, which validate, and which test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.errors import InputError

Rows = npt.NDArray[np.int64]


def parts(
    count: int, test: float, validation: float, *, labels: npt.NDArray[Any] | None = None, seed: int = 0
) -> dict[str, Rows]:
    """Rows of the parts ``training``, ``validation`` and ``test``, each in the order of the table.

    Rows are shuffled first. With ``labels`` each class has its share in every part, as far as it has rows; at
    least one of them is trained on, unless there are more classes than rows to train on. The parts have the
    sizes that were asked for, whatever the classes are.

    Parameters
    ----------
    count : how many rows there are
    test : share of all rows
    validation : share of the rows that are no test
    labels : array of shape (count,), the class of each row

    Raises
    ------
    InputError
        A part that was asked for would be empty.

    Examples
    --------
    >>> {name: len(rows) for name, rows in parts(100, 0.2, 0.25).items()}
    {'training': 60, 'validation': 20, 'test': 20}
    """
    order = np.random.default_rng([seed, 2]).permutation(count)
    place = np.empty(count)  # of each row among those of its class, from 0 to 1
    classes = np.zeros(count, np.int64) if labels is None else np.unique(labels, return_inverse=True)[1]
    sorted_rows = order[np.argsort(classes[order], kind="stable")]
    for each in np.split(sorted_rows, np.flatnonzero(np.diff(classes[sorted_rows])) + 1):
        place[each] = (np.arange(len(each)) + 0.5) / len(each)
        place[each[0]] = 0.0
    ranked = order[np.argsort(place[order], kind="stable")]
    tested = int(test * count + 0.5)
    held = int((test + (1 - test) * validation) * count + 0.5)
    found = {
        "training": np.sort(ranked[: count - held]),
        "validation": np.sort(ranked[count - held : count - tested]),
        "test": np.sort(ranked[count - tested :]),
    }
    _check(found, {"test": test, "validation": validation}, count)
    return found


def _check(found: Mapping[str, Rows], shares: Mapping[str, float], count: int) -> None:
    for name, share in shares.items():
        if share and not len(found[name]):
            raise InputError(
                f"{share:g} of {count} rows leaves none for {name}",
                where=f"--{name}",
                fix=f"--{name} 0, or more rows",
            )
    if len(found["training"]) < 2:
        raise InputError(
            f"{len(found['training'])} rows are left for training", fix="keep fewer for the test"
        )
