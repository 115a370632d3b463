"""Independent tasks on any executor: threads, processes, a cluster. A task is a function of its job alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor, as_completed
from functools import partial
from typing import Any, TypeVar

from gradproof.errors import InputError
from gradproof.train.engines.threads import one_blas_thread
from gradproof.train.fitting.interrupt import Interrupts

Job = TypeVar("Job")
Result = TypeVar("Result")
Where = Executor | Callable[[], Executor] | int | None
Report = Callable[[int, int], None]
ATTEMPTS = 4  # how often a pool is made, counting those that lost a worker


def run_all(
    task: Callable[[Job], Result],
    jobs: Sequence[Job],
    executor: Where = None,
    *,
    report: Report | None = None,
) -> list[Result]:
    """``[task(job) for job in jobs]``, on an executor.

    Parameters
    ----------
    task : of a job; both must be picklable where the executor runs in other processes
    executor : Executor, callable or int
        An executor, which stays open. ``dask.distributed.Client.get_executor()`` is one, and Dask itself
        runs a task again whose worker died. Or a function that makes one, such as
        ``partial(ProcessPoolExecutor, 4)``: if one of its workers dies, a new one is made for the tasks
        that are not done. Or a number of threads, 1 being this thread; None is one thread for each
        processor.
    report : called with how many are done, and of how many, after each

    Raises
    ------
    InputError
        Workers died and the tasks could not be run again.

    Examples
    --------
    >>> run_all(abs, [-1, 2, -3], 2)
    [1, 2, 3]
    """
    make = _maker(executor, len(jobs))
    done: dict[int, Result] = {}
    if make is None:
        for k, job in enumerate(jobs):
            done[k] = task(job)
            _tell(report, done, jobs)
    elif isinstance(make, Executor):
        if not _finishes(make, task, jobs, done, report):
            raise _broken(done, jobs, "give a function that makes the executor, so that it can be made anew")
    elif not any(_in_new_pool(make, task, jobs, done, report) for _ in range(ATTEMPTS)):
        raise _broken(done, jobs, "see why workers die: memory, most often; fewer workers need less of it")
    return [done[k] for k in range(len(jobs))]


def _maker(executor: Where, jobs: int) -> Executor | Callable[[], Executor] | None:
    """The executor, or what makes it; None to run here."""
    if isinstance(executor, Executor) or callable(executor):
        return executor
    threads: Any = processors() if executor is None else executor
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise InputError(
            f"executor is {executor!r}",
            fix="give a concurrent.futures.Executor, a function that makes one, or a number of threads",
        )
    threads = min(threads, jobs)
    return partial(ThreadPoolExecutor, threads) if threads > 1 else None


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_new_pool(
    make: Callable[[], Executor], task: Callable[[Job], Result], jobs: Sequence[Job], done: dict[int, Result],
    report: Report | None,
) -> bool:  # fmt: skip
    pool = make()
    try:
        return _finishes(pool, task, jobs, done, report)
    finally:
        pool.shutdown(wait=not Interrupts.pressing())


def _finishes(
    pool: Executor, task: Callable[[Job], Result], jobs: Sequence[Job], done: dict[int, Result],
    report: Report | None,
) -> bool:  # fmt: skip
    """Run what is not done; False where the pool lost a worker. A task's own error ends everything."""
    if isinstance(pool, ThreadPoolExecutor):  # the number is the process's, so it is set once for all threads
        with one_blas_thread():
            return _all_done(pool, task, jobs, done, report)
    return _all_done(pool, partial(_alone, task), jobs, done, report)


def _alone(task: Callable[[Job], Result], job: Job) -> Result:
    """A task in another process, beside others on its machine."""
    with one_blas_thread():
        return task(job)


def _all_done(
    pool: Executor, task: Callable[[Job], Result], jobs: Sequence[Job], done: dict[int, Result],
    report: Report | None,
) -> bool:  # fmt: skip
    waiting: dict[Future[Result], int] = {}
    try:
        waiting |= {pool.submit(task, job): k for k, job in enumerate(jobs) if k not in done}
        for future in as_completed(waiting):
            done[waiting[future]] = future.result()
            _tell(report, done, jobs)
    except BrokenExecutor:
        return False
    finally:
        for future in waiting:
            future.cancel()
    return True


def _tell(report: Report | None, done: dict[int, Result], jobs: Sequence[Job]) -> None:
    if report is not None:
        report(len(done), len(jobs))


def _broken(done: dict[int, Result], jobs: Sequence[Job], fix: str) -> InputError:
    return InputError(f"workers died; {len(done)} of {len(jobs)} tasks were done", fix=fix)
