import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest
from tests.train.path.tasks import always_dies, dies, square

from gradproof.errors import InputError
from gradproof.train.path import executors
from gradproof.train.path.executors import processors, run_all

SPAWN = get_context("spawn")


@pytest.mark.parametrize("executor", [None, 1, 3, partial(ThreadPoolExecutor, 2)])
def test_results_come_in_order(executor):
    told = []
    found = run_all(square, range(12), executor, report=lambda *k: told.append(k))
    assert found == [k * k for k in range(12)]
    assert sorted(told) == [(k, 12) for k in range(1, 13)]


def test_no_tasks():
    assert run_all(square, []) == []


def test_an_executor_that_is_given_stays_open():
    with ThreadPoolExecutor(2) as pool:
        assert run_all(square, [1, 2], pool) == run_all(square, [-1, -2], pool) == [1, 4]


def test_one_thread_is_this_one():
    assert run_all(lambda _: threading.current_thread(), [0], 4) == [threading.current_thread()]
    assert run_all(lambda _: threading.current_thread(), [0, 1], 1) == [threading.current_thread()] * 2


@pytest.mark.parametrize("executor", [1, 2])
def test_a_tasks_own_error_is_raised(executor):
    with pytest.raises(ValueError, match="13"):
        run_all(square, [1, 13, 2], executor)


def test_worker_that_dies_loses_nothing(tmp_path):
    jobs = [(str(tmp_path / "mark"), k) for k in range(5)]
    found = run_all(dies, jobs, partial(ProcessPoolExecutor, 2, mp_context=SPAWN))
    assert [x for x, _ in found] == [0, 1, 4, 9, 16]
    assert (tmp_path / "mark").exists()


def test_an_executor_that_cannot_be_made_anew(tmp_path):
    jobs = [(str(tmp_path / "mark"), k) for k in (2, 3)]
    with ProcessPoolExecutor(1, mp_context=SPAWN) as pool, pytest.raises(InputError, match="died; 0 of 2"):
        run_all(dies, jobs, pool)


def test_workers_that_always_die(monkeypatch):
    monkeypatch.setattr(executors, "ATTEMPTS", 2)
    with pytest.raises(InputError, match="workers died") as error:
        run_all(always_dies, [1, 2], partial(ProcessPoolExecutor, 1, mp_context=SPAWN))
    assert "memory" in error.value.fix


@pytest.mark.parametrize("executor", ["threads", 0, True, 2.0])
def test_what_is_no_executor(executor):
    with pytest.raises(InputError, match="executor is"):
        run_all(square, [1], executor)


def test_threads_have_one_blas_thread_each():
    threadpoolctl = pytest.importorskip("threadpoolctl")

    def counts(_):
        return [lib["num_threads"] for lib in threadpoolctl.threadpool_info() if lib["user_api"] == "blas"]

    np.ones((2, 2)) @ np.ones((2, 2))
    before = counts(0)
    assert all(set(found) == {1} for found in run_all(counts, range(4), 2))
    assert counts(0) == before


def test_processors():
    assert processors() >= 1
