import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.train.fitting.interrupted_job import EPOCHS, EVERY, train
from tests.train.fitting.problems import quadrants, same

from gradproof.errors import InputError
from gradproof.train.fitting import EarlyStopping, Inverse
from gradproof.train.fitting.archive import read_archive
from gradproof.train.optimizers import SGD, Adam

ROOT = Path(__file__).parents[3]


def numbers(ledger):
    """The ledger without what the clock said."""
    return [{k: v for k, v in entry.to_dict().items() if k != "seconds"} for entry in ledger]


def assert_same_end(found, expected):
    assert same(found.parameters, expected.parameters)
    assert same(found.state.parameters, expected.state.parameters)
    assert same(found.state.slots, expected.state.slots)
    assert found.state.step == expected.state.step
    assert numbers(found.ledger) == numbers(expected.ledger)
    assert (found.best_epoch, found.stopped) == (expected.best_epoch, expected.stopped)


@pytest.fixture(scope="module")
def whole():
    """The training that nothing interrupts."""
    return train()


def test_killed_and_taken_up_it_ends_at_the_same_weights(tmp_path, whole):
    path = tmp_path / "training.npz"
    command = [
        sys.executable,
        "-m",
        "tests.train.fitting.interrupted_job",
        str(path),
        str(tmp_path / "model.npz"),
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if int(line) == 25:
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "model.npz").exists()
    kept = len(read_archive(path, "checkpoint")[0]["ledger"]["epoch"])
    assert kept % EVERY == 0 and 21 <= kept < EPOCHS
    made = []
    resumed = train(path, lambda entry: made.append(entry.epoch))
    assert made == list(range(kept + 1, EPOCHS + 1))
    assert_same_end(resumed, whole)


def test_stopped_at_any_epoch_it_ends_at_the_same_weights(tmp_path, whole):
    for last in (1, 30, EPOCHS - 1):
        path = tmp_path / f"{last}.npz"
        first = train(path, lambda entry, last=last: entry.epoch == last)
        assert (first.stopped, len(first.ledger)) == ("callback", last)
        assert_same_end(train(path), whole)


def test_more_epochs_can_be_asked_for_and_fewer_cannot(tmp_path, whole):
    path = tmp_path / "training.npz"
    assert len(train(path, epochs=20).ledger) == 20
    assert_same_end(train(path), whole)
    made = []
    assert_same_end(train(path, made.append), whole)  # a training that has ended
    assert made == []
    with pytest.raises(InputError, match="the checkpoint has 60 epochs, and 20 are asked for"):
        train(path, epochs=20)


def test_a_training_that_stopped_early_stays_so(tmp_path):
    path = tmp_path / "training.npz"
    stopping = EarlyStopping(patience=3, min_delta=0.05)
    first = train(path, early_stopping=stopping)
    assert (first.stopped, len(first.ledger) < EPOCHS) == ("early stopping", True)
    made = []
    assert_same_end(train(path, made.append, early_stopping=stopping), first)
    assert made == []


def test_the_start_the_data_and_the_schedule_are_part_of_a_training(tmp_path):
    path = tmp_path / "training.npz"
    started = train(epochs=1)
    train(path, epochs=2, start=started.parameters)
    train(path, epochs=3, start=started.parameters)
    for options in ({}, {"start": started.state}):
        with pytest.raises(InputError, match="start: "):
            train(path, **options)
    with pytest.raises(InputError, match=r"the learning rate of epoch 2: 0.0199\d* there, 0.01 here"):
        train(path, start=started.parameters, schedule=Inverse(1.0))
    X, Y = quadrants()
    X[0, 7] += 1e-15
    with pytest.raises(InputError, match="training data, content"):
        train(path, start=started.parameters, data=(X, Y))


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"optimizer": SGD(0.02)}, "optimizer, name: adam there, sgd here"),
        ({"optimizer": Adam(0.03)}, "optimizer, learning_rate: 0.02 there, 0.03 here"),
        ({"optimizer": Adam(0.02, epsilon_hat=True)}, "optimizer, equations"),
        ({"dtype": "float32"}, "dtype: float64 there, float32 here"),
        ({"engine": "reference"}, "engine: numpy there, reference here"),
        ({"shuffle": False}, "shuffle: True there, False here"),
        ({"init": "he"}, "start: auto there, he here"),
        ({"weights": np.ones(60)}, "training data, shapes"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(tmp_path, options, difference):
    path = tmp_path / "training.npz"
    train(path, epochs=2)
    with pytest.raises(InputError, match=f"the checkpoint is of another training: .*{difference}") as caught:
        train(path, **options)
    assert str(path) in str(caught.value)
    assert caught.match("fix: give another path, remove the file")


def test_an_interrupt_leaves_a_checkpoint_of_whole_epochs(tmp_path, whole):
    path = tmp_path / "training.npz"

    def interrupt(entry):
        if entry.epoch == 10:
            raise KeyboardInterrupt

    assert train(path, interrupt).stopped == "interrupted"
    assert len(read_archive(path, "checkpoint")[0]["ledger"]["epoch"]) == 10
    assert_same_end(train(path), whole)


def test_a_damaged_checkpoint_is_refused(tmp_path):
    path = tmp_path / "training.npz"
    train(path, epochs=2)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="is no checkpoint of gradproof, or it is damaged"):
        train(path)
    assert not list(tmp_path.glob("*.partial"))


def test_a_checkpoint_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(
        InputError, match=r"(?s)the checkpoint cannot be written: No such file.*fix: give a path"
    ):
        train(tmp_path / "missing" / "training.npz", epochs=1)
