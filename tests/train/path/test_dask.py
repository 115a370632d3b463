"""Folds on a cluster of processes over loopback, one of which is killed midway."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from tests.train.path.problems import LAMBDAS, classes, classifier
from tests.train.path.tasks import slow_fold

from gradproof.train.engines.base import Data
from gradproof.train.path import cross_validate_path, run_all
from gradproof.train.path.crossvalidate import FoldJob, train_fold
from gradproof.train.path.folds import split
from gradproof.train.path.result import with_lambda
from gradproof.train.path.training import Settings

pytestmark = pytest.mark.torch
PATIENCE = 30.0  # seconds to wait for a fold to begin
FRESH = 0.2  # seconds since it began, of the half that it takes


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
            silence_logs="CRITICAL",
        ) as cluster,
        distributed.Client(cluster) as made,
    ):  # fmt: skip
        yield made


def test_nothing_is_lost_when_a_worker_is_killed(client, tmp_path):
    network, (X, Y) = with_lambda(classifier(), 1.0), classes()
    jobs = [
        FoldJob(network, Data.of(X, Y), *part, np.array(LAMBDAS), Settings(epochs=10, batch_size=30))
        for part in split(network, Y, 6)
    ]
    work = [(job, str(tmp_path), k) for k, job in enumerate(jobs)]
    killed = []

    def kill(done: int, _: int) -> None:
        """After the first fold: kill a process that has just begun with another."""
        until = time.monotonic() + PATIENCE
        while not killed and time.monotonic() < until:
            marks = [mark.name.split("-") for mark in tmp_path.iterdir()]
            k, pid, begun = max(marks, key=lambda mark: int(mark[2]))
            if time.monotonic_ns() - int(begun) < FRESH * 1e9:
                os.kill(int(pid), signal.SIGKILL)
                killed.append(int(k))
            time.sleep(0.01)

    found = run_all(slow_fold, work, client.get_executor(), report=kill)
    begun = [int(mark.name.split("-")[0]) for mark in Path(tmp_path).iterdir()]
    assert killed
    assert begun.count(killed[0]) > 1, "the fold that was lost should have begun again"
    for path, job in zip(found, jobs, strict=True):
        here = train_fold(job)
        for name in here.parameters:
            np.testing.assert_array_equal(path.parameters[name], here.parameters[name])
        np.testing.assert_array_equal(path.validation_cost, here.validation_cost)


def test_cross_validation_there_is_what_it_is_here(client):
    how = {"epochs": 5, "batch_size": 30}
    there = cross_validate_path(
        classifier(), *classes(), LAMBDAS, 3, executor=client.get_executor(), per_task=2, **how
    )
    here = cross_validate_path(classifier(), *classes(), LAMBDAS, 3, executor=1, **how)
    np.testing.assert_allclose(there.validation_cost, here.validation_cost, rtol=1e-12)
    assert there.chosen == here.chosen
