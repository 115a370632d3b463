"""The report: one HTML file that needs nothing else, no network and no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np

from gradproof.train.job.work import Outcome
from gradproof.train.pictures.style import HOW_TO_GET, available
from gradproof.train.report.equations import equations_html
from gradproof.train.report.facts import Facts
from gradproof.train.report.figures import figures

STYLE = files("gradproof.train.report").joinpath("page.css").read_text("utf-8")
MOST_CELLS = 30  # classes of a confusion matrix that is shown


def report_page(outcome: Outcome, *, command: str = "", check: str = "") -> str:
    """The report of a training as one HTML page.

    Parameters
    ----------
    command : how it was asked for
    check : what came of checking the gradients that it was trained with
    """
    facts = Facts(outcome)
    pictures = figures(outcome) if available() else {}
    name = Path(outcome.prepared.table.source).name
    title = f"{outcome.prepared.target.name} from {name}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="muted">{escape(facts.network())}</p>',
        _headline(outcome, facts),
        "" if available() else f'<p class="muted">No pictures: {escape(HOW_TO_GET)}.</p>',
        _section("Scores", table(facts.scores()), paragraphs([facts.baseline()])),
        _section("Data", paragraphs(facts.data())),
        _section("Penalty", paragraphs(facts.penalty()), pictures.get("path", "")),
        _section(
            "Training", paragraphs(facts.training()), pictures.get("curves", ""), table(facts.ledger()),
            _about_ledger(outcome),
        ),
        _predictions(outcome, pictures),
        _section(
            "Network", table(facts.layers()), paragraphs([check]),
            f'<div class="equations">{equations_html(outcome.fitted)}</div>',
        ),
        f"<footer>gradproof {version('gradproof')}{_command(command)}</footer>",
    ]  # fmt: skip
    return _page(title, body)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows under a head."""
    head, *rest = ["".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row) for tag, row in _tagged(rows)]
    lines = "".join(f"<tr>{row}</tr>" for row in rest)
    return f'<table class="plain"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>'


def _tagged(rows: Sequence[Sequence[str]]) -> Iterable[tuple[str, Sequence[str]]]:
    return (("td" if k else "th", row) for k, row in enumerate(rows))


def paragraphs(sentences: Iterable[str]) -> str:
    """Sentences, each a paragraph."""
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences if sentence)


def confusion_table(counts: np.ndarray, classes: Sequence[str]) -> str:
    """How often each class (row) was taken for each class (column), darker where more often."""
    head = "".join(f"<th>{escape(c)}</th>" for c in classes)
    lines = []
    for label, row in zip(classes, counts, strict=True):
        total = max(int(row.sum()), 1)
        cells = "".join(_cell(int(n), n / total, label == said) for n, said in zip(row, classes, strict=True))
        lines.append(f"<tr><th>{escape(label)}</th>{cells}</tr>")
    body = f"<thead><tr><th></th>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f'<table class="confusion">{body}</table>'


def _cell(count: int, share: float, right: bool) -> str:
    color = "0, 114, 178" if right else "213, 94, 0"
    wash = 0.12 + 0.78 * share if count else 0.0
    ink = "#fff" if wash > 0.55 else "#222"
    return f'<td style="background: rgba({color}, {wash:.2f}); color: {ink}">{count or ""}</td>'


def _headline(outcome: Outcome, facts: Facts) -> str:
    shown = outcome.scores[outcome.shown]
    figures = [(facts.score(shown.score), f"{facts.measure} on {shown.rows} {outcome.shown} rows")]
    if shown.rmse is not None:
        figures.append((f"{shown.rmse:.4g}", "RMSE in the target’s units"))
    figures.append((facts.score(shown.baseline), "by a constant"))
    if outcome.lambd:
        figures.append((f"{outcome.lambd:.3g}", "λ"))
    figures.append((str(outcome.prepared.table.rows), "rows"))
    inner = "".join(f"<div><b>{escape(a)}</b><span>{escape(b)}</span></div>" for a, b in figures)
    return f'<div class="figures">{inner}</div>'


def _about_ledger(outcome: Outcome) -> str:
    told = "The data cost is that of each batch when it was met, with dropout where there is any."
    if not outcome.prepared.target.classes:
        told += " Costs are of the standardised target."
    return f'<p class="muted">{told}</p>'


def _predictions(outcome: Outcome, pictures: dict[str, str]) -> str:
    shown = [pictures[name] for name in ("boundary", "scatter") if name in pictures]
    counts = outcome.confusion()
    if counts is not None and len(counts) <= MOST_CELLS:
        shown.insert(0, confusion_table(counts, outcome.prepared.target.classes))
        shown.insert(
            0, paragraphs([f"Rows: the true class of the {outcome.shown} rows. Columns: the predicted one."])
        )
    return _section("Predictions", *shown) if shown else ""


def _section(title: str, *content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{''.join(content)}</section>"


def _command(command: str) -> str:
    return f": <code>{escape(command)}</code>" if command else ""


def _page(title: str, body: Iterable[str]) -> str:
    inner = "\n".join(piece for piece in body if piece)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{inner}\n</body>\n</html>\n"
    )
