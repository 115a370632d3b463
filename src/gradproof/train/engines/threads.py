"""Threads of matrix products: one where a training is small, or where trainings run beside each other.

BLAS threads wait for each other by spinning. For a product of some microseconds that costs more than the
second thread gains, and much more on a machine that is busy. It takes threadpoolctl, which scikit-learn
brings; without it nothing changes.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from itertools import pairwise
from typing import Any

from gradproof.train.network import Network

SMALL = 2e7  # multiplications and additions of a product that one thread does in about 0.2 ms


_TURN = threading.Lock()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Inside, matrix products run on the thread that asks for them, in the whole process.

    Who is inside while another one is changes nothing: the first has set the limit, and lifts it.
    """
    controller = _controller("scipy.linalg.cython_blas" in sys.modules)
    if controller is None or not _TURN.acquire(blocking=False):
        yield
        return
    try:
        with controller.limit(limits=1, user_api="blas"):
            yield
    finally:
        _TURN.release()


def threads_for(network: Network, batch_size: int, copies: int = 1) -> AbstractContextManager[None]:
    """One BLAS thread while a small network is trained; for a large one, as many as there are."""
    sizes = network.sizes
    largest = 2 * batch_size * copies * max(a * b for a, b in pairwise(sizes))
    return one_blas_thread() if largest < SMALL else nullcontext()


@lru_cache(maxsize=2)
def _controller(with_scipy: bool) -> Any:
    """What knows the BLAS libraries that are loaded; SciPy brings one of its own."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()
