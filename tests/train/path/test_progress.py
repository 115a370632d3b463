import io

from rich.console import Console

from gradproof.train.path import progress
from gradproof.train.path.progress import TaskBar


def shown(total, monkeypatch, *, after=0.0, asked=True, terminal=True):
    monkeypatch.setattr(progress, "AFTER", after)
    text = io.StringIO()
    console = Console(file=text, width=80, force_terminal=terminal, color_system=None)
    with TaskBar(total, shown=asked, console=console) as bar:
        for k in range(1, total + 1):
            bar.see(k, total)
    return text.getvalue()


def test_it_counts_the_runs(monkeypatch):
    assert "5/5" in shown(5, monkeypatch)


def test_short_work_has_no_bar(monkeypatch):
    assert not shown(5, monkeypatch, after=60.0)
    assert not shown(5, monkeypatch, asked=False)


def test_a_file_gets_no_bar(monkeypatch):
    assert not shown(5, monkeypatch, terminal=False)
