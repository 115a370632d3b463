"""Ctrl-C: a path gives what it has, a cross-validation stops."""

import os
import signal
import threading

import pytest
from tests.train.path.problems import LAMBDAS, classes, classifier

from gradproof.train.path import cross_validate_path, lambda_path


def interrupts(epoch: int) -> float:
    """A schedule that presses Ctrl-C in the third epoch."""
    if epoch == 2:
        signal.raise_signal(signal.SIGINT)
    return 1.0


def test_a_path_gives_what_it_has():
    path = lambda_path(classifier(), *classes(), LAMBDAS, epochs=10, schedule=interrupts)
    assert path.stopped == "interrupted"
    assert [len(ledger) for ledger in path.ledgers] == [3, 3, 3]
    three = lambda_path(classifier(), *classes(), LAMBDAS, epochs=3)
    assert (path.norms == three.norms).all()


def test_a_cross_validation_stops():
    with pytest.raises(KeyboardInterrupt):
        cross_validate_path(classifier(), *classes(), LAMBDAS, 3, executor=1, epochs=10, schedule=interrupts)


def test_one_ctrl_c_ends_the_folds_of_all_threads():
    begun, lock, many = [], threading.Lock(), 100_000

    def schedule(epoch: int) -> float:
        with lock:
            begun.append(epoch)
            if len(begun) == 50:
                os.kill(os.getpid(), signal.SIGINT)
        return 1.0

    with pytest.raises(KeyboardInterrupt):
        cross_validate_path(
            classifier(), *classes(), LAMBDAS, 3, executor=2, epochs=many, schedule=schedule, engine="numpy"
        )
    assert len(begun) < many / 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
