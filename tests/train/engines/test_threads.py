"""BLAS threads are held to one inside, and put back behind."""

import threading

import numpy as np
import pytest

from gradproof.train.engines.threads import one_blas_thread, threads_for
from gradproof.train.network import dense

threadpoolctl = pytest.importorskip("threadpoolctl")


def counts():
    return [each["num_threads"] for each in threadpoolctl.threadpool_info() if each["user_api"] == "blas"]


@pytest.fixture
def _two_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        yield


@pytest.mark.usefixtures("_two_threads")
def test_the_first_sets_the_limit_and_lifts_it():
    before = counts()
    with one_blas_thread():
        assert set(counts()) == {1}
        with one_blas_thread():
            assert set(counts()) == {1}
        assert set(counts()) == {1}
    assert counts() == before


@pytest.mark.usefixtures("_two_threads")
def test_threads_do_not_wait_for_each_other():
    before, met = counts(), threading.Barrier(2, timeout=10)

    def other():
        with one_blas_thread():
            met.wait()

    thread = threading.Thread(target=other)
    with one_blas_thread():
        thread.start()
        met.wait()
    thread.join()
    assert counts() == before


@pytest.mark.usefixtures("_two_threads")
def test_large_networks_keep_their_threads():
    before = counts()
    with threads_for(dense([64, 32, 10]), 200):
        assert set(counts()) == {1}
    with threads_for(dense([784, 512, 10]), 200):
        assert counts() == before
