import numpy as np
import pytest
from tests.train.fitting.problems import QUADRANTS, quadrants, same

from gradproof.errors import InputError
from gradproof.train.fitting import EarlyStopping, Entry, fit
from gradproof.train.fitting.stopping import Watch
from gradproof.train.optimizers import Adam


def seen(costs, monitor="validation", **options):
    """The epoch after which it stops, and the watch, for given costs."""
    watch = Watch(EarlyStopping(monitor=monitor, **options))
    for k, cost in enumerate(costs, start=1):
        pair = (9.0, cost) if monitor == "validation" else (cost, None)
        watch.see(Entry(k, 9.0, 0.0, 1, *pair, 0.1, 0.0), {"W1": np.array([[float(k)]])})
        if watch.exhausted:
            return k, watch
    return None, watch


@pytest.mark.parametrize("monitor", ["validation", "training"])
def test_stops_after_so_many_epochs_without_a_lower_cost(monitor):
    stopped, watch = seen([5, 4, 3, 3.5, 3.2, 3.1, 2], monitor, patience=3)
    assert stopped == 6
    assert (watch.epoch, watch.lowest) == (3, 3)
    assert watch.parameters["W1"] == 3.0


def test_a_lower_cost_begins_the_count_again():
    assert seen([5, 6, 4, 5, 3, 4, 2], patience=2)[0] is None


def test_falling_by_too_little_is_not_falling():
    stopped, watch = seen([5, 4.95, 4.9, 4.85], patience=3, min_delta=0.2)
    assert stopped == 4
    assert (watch.epoch, watch.lowest) == (4, 4.85)  # the best is given back all the same
    assert seen([5, 4.85, 4.7, 4.55], patience=2, min_delta=0.2)[0] is None  # 0.3 below what it last fell to


def test_a_cost_that_is_no_number_is_no_progress():
    stopped, watch = seen([5, np.nan, np.nan], patience=2)
    assert (stopped, watch.epoch) == (3, 1)


@pytest.mark.parametrize("wrong", [{"patience": 0}, {"min_delta": -1.0}, {"monitor": "accuracy"}])
def test_what_cannot_be_monitored_is_refused(wrong):
    with pytest.raises(InputError):
        EarlyStopping(**wrong)


def test_training_stops_and_gives_the_best_parameters_back():
    X, Y = quadrants()
    X_val, Y_val = quadrants(30, seed=1)
    kept = []
    fitted = fit(
        QUADRANTS, X, Y, optimizer=Adam(0.3), epochs=400, validation=(X_val, Y_val), engine="numpy",
        early_stopping=EarlyStopping(patience=8), callback=lambda entry: kept.append(entry),
    )  # fmt: skip
    assert fitted.stopped == "early stopping"
    costs = [entry.validation_cost for entry in fitted.ledger]
    assert kept == fitted.ledger
    assert fitted.best_epoch == int(np.argmin(costs)) + 1 == len(costs) - 8
    again = fit(QUADRANTS, X, Y, optimizer=Adam(0.3), epochs=fitted.best_epoch, engine="numpy")
    assert same(fitted.parameters, again.parameters)
    assert not same(fitted.parameters, fitted.state.parameters)  # training stood at the last epoch
    assert f"those of epoch {fitted.best_epoch}" in fitted.reason


def test_the_validation_cost_needs_validation_data():
    with pytest.raises(InputError, match="no validation data"):
        fit(QUADRANTS, *quadrants(), early_stopping=EarlyStopping())
    fit(QUADRANTS, *quadrants(), epochs=1, early_stopping=EarlyStopping(monitor="training"), engine="numpy")
