"""Threads of matrix products, held to one where trainings run beside each other already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Inside, matrix products run on the thread that asks for them, in the whole process.

    Otherwise as many threads as there are processors would each want all processors. It takes threadpoolctl,
    which scikit-learn brings; without it nothing changes.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
        return
    with threadpool_limits(1, user_api="blas"):
        yield
