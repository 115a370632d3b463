from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest
from tests.train.path.problems import classes, classifier

from gradproof.errors import InputError
from gradproof.train.fitting import EarlyStopping, fit
from gradproof.train.optimizers import Adam
from gradproof.train.path import restarts

HOW = {"epochs": 8, "batch_size": 30, "optimizer": Adam(0.02)}


def test_each_is_fit_with_its_seed_and_the_best_is_kept():
    X, Y = classes()
    found = restarts(classifier(), X, Y, [3, 1, 4], executor=2, **HOW)
    each = [fit(classifier(), X, Y, seed=seed, **HOW) for seed in (3, 1, 4)]
    for mine, its in zip(found.each, each, strict=True):
        np.testing.assert_array_equal(mine.predict(X), its.predict(X))
    costs = [fitted.ledger[-1].cost for fitted in each]
    assert found.costs.tolist() == costs
    assert found.best is found.each[int(np.argmin(costs))]


def test_by_the_validation_cost_of_the_best_epoch():
    found = restarts(
        classifier(), *classes(), 3, executor=1, validation=classes(1), **{**HOW, "epochs": 40},
        early_stopping=EarlyStopping(patience=2),
    )  # fmt: skip
    for cost, fitted in zip(found.costs, found.each, strict=True):
        assert cost == min(entry.validation_cost for entry in fitted.ledger)


@pytest.mark.slow
def test_in_other_processes():
    X, Y = classes()
    pool = partial(ProcessPoolExecutor, 2, mp_context=get_context("spawn"))
    there, here = (restarts(classifier(), X, Y, 2, executor=where, **HOW) for where in (pool, 1))
    np.testing.assert_array_equal(there.best.predict(X), here.best.predict(X))


def test_no_seeds():
    with pytest.raises(InputError, match="seeds is"):
        restarts(classifier(), *classes(), [])
