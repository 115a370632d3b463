import io

import pytest
from rich.console import Console
from tests.train.fitting.problems import QUADRANTS, quadrants

from gradproof.train.fitting import Entry, fit, progress
from gradproof.train.fitting.progress import Bar


def entry(epoch, validation=None):
    return Entry(epoch, 0.5, 0.25, 10, 0.75, validation, 0.1, 0.0)


def shown(epochs, *, total=4, shown=True, validation=None, terminal=True):
    stream = io.StringIO()
    with Bar(
        total,
        shown=shown,
        console=Console(file=stream, width=100, force_terminal=terminal, color_system=None),
    ) as bar:
        for k in range(1, epochs + 1):
            bar.see(entry(k, validation))
    return stream.getvalue()


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(progress, "AFTER", 0.0)
    monkeypatch.setattr(progress, "EVERY", 0.0)


def test_a_short_training_shows_nothing():
    assert shown(4) == ""


def test_nothing_is_shown_unasked(at_once):
    assert shown(4, shown=False) == ""


def test_a_long_one_shows_epochs_and_costs(at_once):
    text = shown(4)
    assert "epoch 4/4" in text
    assert "cost 0.75" in text
    assert "validation" not in text
    assert "cost 0.75, validation 0.6" in shown(4, validation=0.6)


def test_an_early_end_is_shown_as_it_was(at_once):
    assert "epoch 2/4" in shown(2)


def test_a_file_gets_nothing(at_once):
    assert shown(4, terminal=False) == ""


def test_fit_draws_on_a_terminal_at_standard_error(at_once, capfd, monkeypatch):
    monkeypatch.setenv("TTY_COMPATIBLE", "0")
    fit(QUADRANTS, *quadrants(), epochs=3, engine="numpy", progress=True)
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    fit(QUADRANTS, *quadrants(), epochs=3, engine="numpy", progress=True)
    written = capfd.readouterr()
    assert written.out == ""
    assert "3/3" in written.err
