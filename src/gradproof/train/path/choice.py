"""Which λ cross-validation chooses: the best one, and the simplest that is hardly worse."""

from __future__ import annotations

import numpy as np

from gradproof.errors import InputError
from gradproof.train.path.grid import Grid
from gradproof.train.path.measures import Floats, mean_and_error

RULES = ("min", "1se")


def best(lambdas: Grid, quality: Floats) -> int:
    """Index of the λ whose mean quality over the folds is greatest; of several, that of the largest λ.

    Parameters
    ----------
    lambdas : array of shape (R,)
    quality : array of shape (folds, R)
        The greater the better; a network without a number, such as one that diverged, is never chosen.

    Raises
    ------
    InputError
        No λ has a number in every fold.
    """
    mean = _means(quality)[0]
    if not np.isfinite(mean).any():
        raise InputError(
            "no λ has a finite validation cost in every fold",
            fix="try a lower learning rate, or scale the rows of X",
        )
    ties = np.flatnonzero(mean == mean.max())
    return int(ties[lambdas[ties].argmax()])


def within_one_error(lambdas: Grid, quality: Floats) -> int:
    """Index of the largest λ whose mean quality is within one standard error of the best one's.

    The error is that of the best λ (Breiman, Friedman, Olshen and Stone, 1984; glmnet's ``lambda.1se``).
    """
    mean, error = _means(quality)
    top = best(lambdas, quality)
    near = np.flatnonzero(mean >= mean[top] - error[top])
    return int(near[lambdas[near].argmax()])


def _means(quality: Floats) -> tuple[Floats, Floats]:
    usable = np.isfinite(quality).all(0)
    mean, error = mean_and_error(np.where(usable, quality, 0.0))
    return np.where(usable, mean, -np.inf), error


def checked_rule(rule: str) -> str:
    """``"min"`` or ``"1se"``."""
    if rule not in RULES:
        raise InputError(f"choose is {rule!r}", fix='give "min", or "1se" for one standard error of the best')
    return rule
