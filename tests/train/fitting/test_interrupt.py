import os
import signal
import threading

import numpy as np
import pytest
from tests.train.fitting.problems import QUADRANTS, quadrants, same

from gradproof.train.engines.reference import ReferenceEngine
from gradproof.train.fitting import EarlyStopping, fit
from gradproof.train.fitting.interrupt import Interrupts
from gradproof.train.optimizers import Adam


class Struck(ReferenceEngine):
    """Gets Ctrl-C amidst some epochs, after the parameters were changed."""

    def __init__(self, epochs, times=1, error=None):
        super().__init__(QUADRANTS, Adam())
        self.epochs, self.times, self.error, self.count = epochs, times, error, 0

    def epoch(self, data, state, epoch):
        self.count += 1
        cost = super().epoch(data, state, epoch)
        if self.count in self.epochs:
            state.parameters["W1"] += 100.0 * (self.error is not None)  # half an epoch's work
            for _ in range(self.times):
                os.kill(os.getpid(), signal.SIGINT)
            if self.error:
                raise self.error
        return cost


def test_the_first_ctrl_c_lets_the_epoch_end():
    fitted = fit(QUADRANTS, *quadrants(), engine=Struck([3]))
    assert (fitted.stopped, len(fitted.ledger)) == ("interrupted", 3)
    assert fitted.reason == "after 3 epochs, by Ctrl-C"
    assert same(fitted.parameters, fit(QUADRANTS, *quadrants(), epochs=3, engine="reference").parameters)


def test_the_second_one_ends_at_once():
    fitted = fit(QUADRANTS, *quadrants(), engine=Struck([3], times=2))
    assert (fitted.stopped, len(fitted.ledger)) == ("interrupted", 2)


def test_the_best_so_far_is_kept():
    X, Y = quadrants()
    stopping = EarlyStopping(patience=500)
    engine = Struck([40], error=KeyboardInterrupt())
    signal_before = signal.getsignal(signal.SIGINT)
    fitted = fit(QUADRANTS, X, Y, engine=engine, validation=(X, Y), early_stopping=stopping)
    assert fitted.stopped == "interrupted"
    assert np.abs(fitted.parameters["W1"]).max() < 50 < np.abs(fitted.state.parameters["W1"]).max()
    best = min(fitted.ledger, key=lambda entry: entry.validation_cost)
    assert fitted.best_epoch == best.epoch
    again = fit(QUADRANTS, X, Y, epochs=best.epoch, engine="reference")
    assert same(fitted.parameters, again.parameters)
    assert signal.getsignal(signal.SIGINT) is signal_before


def test_a_callback_may_interrupt():
    def callback(entry):
        if entry.epoch == 2:
            raise KeyboardInterrupt

    fitted = fit(QUADRANTS, *quadrants(), engine="numpy", callback=callback)
    assert (fitted.stopped, len(fitted.ledger)) == ("interrupted", 2)


def test_other_handlers_and_threads_are_left_alone():
    mine = lambda number, frame: None  # noqa: E731
    before = signal.signal(signal.SIGINT, mine)
    try:
        with Interrupts():
            assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)
    found = []

    def train():
        with Interrupts() as interrupts:
            found.append((signal.getsignal(signal.SIGINT), interrupts.asked))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert found == [(before, False)]


def test_errors_pass_through():
    with pytest.raises(ZeroDivisionError), Interrupts():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
