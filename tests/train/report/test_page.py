"""The report: it stands alone, its numbers are the outcome's, and its equations those that ran."""

import re
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from tests.train.job.tables import flowers, prices, trained

from gradproof.train.report import checked as checked_module
from gradproof.train.report import page
from gradproof.train.report.checked import checked
from gradproof.train.report.equations import equations_html, parts
from gradproof.train.report.facts import Facts
from gradproof.train.report.page import confusion_table, report_page
from gradproof.train.report.summary import summary_lines
from gradproof.train.tables.features import Choice

VOID = {"meta", "img", "br", "link"}


class Reader(HTMLParser):
    """Notes elements that are not closed, and what the page would load from elsewhere."""

    def __init__(self):
        super().__init__()
        self.open, self.loaded, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loaded += [v for name, v in attrs if name in ("src", "href") and not v.startswith("data:")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def read(text):
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def searched():
    return trained(flowers(90), "flower", lambd=None, path=4, folds=3, epochs=20)


def test_the_page_stands_alone(searched):
    found = read(report_page(searched, command="gradproof train <flowers>"))
    assert found.loaded == []
    assert not {"script", "link", "iframe"} & set(found.tags)
    assert found.tags.count("math") > 20


def test_it_has_its_pictures(searched):
    pytest.importorskip("matplotlib")
    text = report_page(searched)
    assert re.findall(r'<img alt="([^"]*)"', text) == [
        "costs, score and norms of the weights against λ",
        "data cost, penalty and total in each epoch",
    ]
    plane = trained(flowers(60), "flower", choice=Choice(only=("width", "height")))
    assert 'alt="decision boundary and points"' in report_page(plane)
    assert 'alt="predictions against true values"' in report_page(trained(prices(60), "price"))


def test_without_matplotlib_it_says_how_to_get_pictures(searched, monkeypatch):
    monkeypatch.setattr(page, "available", lambda: False)
    text = report_page(searched)
    assert "<img" not in text
    assert "gradproof[train]" in text
    assert "<table" in text
    read(text)


def test_what_the_user_wrote_is_escaped():
    table = flowers(60)
    name = "<b>flower</b>"
    columns = {
        ("w & <i>" if n == "width" else name if n == "flower" else n): c for n, c in table.columns.items()
    }
    renamed = type(table).of([type(c)(n, c.values) for n, c in columns.items()], "a<b>.csv")
    text = report_page(trained(renamed, name), command="--target '<b>'")
    read(text)
    assert name not in text
    assert "&lt;b&gt;flower&lt;/b&gt;" in text


def test_the_numbers_are_the_outcome_s(searched):
    facts = Facts(searched)
    rows = {row[0]: row for row in facts.scores()[1:]}
    assert list(rows) == ["training", "validation, 3 folds", "test"]
    assert rows["test"][1:3] == ["18", f"{100 * searched.scores['test'].score:.1f} %"]
    k = list(searched.search.lambdas).index(searched.lambd)
    assert rows["validation, 3 folds"][3] == f"{searched.search.validation_cost[:, k].mean():.4g}"
    text = report_page(searched)
    for row in facts.scores()[1:]:
        assert f"<td>{row[0]}</td><td>{row[1]}</td><td>{row[2]}</td>" in text


def test_the_ledger_keeps_data_cost_penalty_and_m_apart():
    outcome = trained(flowers(60), "flower")
    head, *rows = Facts(outcome).ledger()
    assert head == ["epoch", "data cost", "penalty", "N", "cost", "validation"]
    last = outcome.fitted.ledger[-1]
    assert rows[-1] == [
        "60", f"{last.data_cost:.5g}", f"{last.penalty:.5g}", str(outcome.fitted.rows), f"{last.cost:.5g}",
        f"{last.validation_cost:.5g}",
    ]  # fmt: skip
    assert Facts(trained(flowers(60), "flower", validation=0.0)).ledger()[0][-1] == "cost"


def test_the_summary_has_what_matters(searched):
    text = "\n".join(summary_lines(searched))
    assert "flowers.csv: 90 rows, 3 features (5 inputs), target flower" in text
    assert f"λ = {searched.lambd:.4g}" in text
    assert f"up to λ = {searched.search.one_se:.4g}" in " ".join(text.split())
    assert "5 → 8 relu → 3 softmax" in text
    assert max(map(len, text.splitlines())) <= 96
    assert "no penalty" in "\n".join(summary_lines(trained(flowers(60), "flower", lambd=0.0, epochs=3)))
    told = "\n".join(summary_lines(trained(prices(60), "price", l1_ratio=1.0, dropout=0.25, epochs=3)))
    assert "λ = 0.1 in λ/N Σ|w|, N = 41, the training rows" in told
    assert "dropout 0.25" in told
    assert "regression (numbers): price from" in told


def test_a_network_that_has_learnt_nothing_is_told_so():
    table = prices(60)
    assert "no worse than the network" in Facts(trained(table, "price", lambd=1e6, epochs=2)).baseline()
    assert "Try" not in Facts(trained(table, "price")).baseline()


def test_the_equations_are_those_that_are_explained(searched):
    told = searched.fitted.explain(latex=True)
    found = list(parts(told))
    assert sum(len(part.rows) for part in found) == told.count(" &= ")
    assert [part.title for part in found][:2] == ["Cost", "Forward pass"]
    assert len(re.findall(r"<math ", equations_html(searched.fitted))) == 2 * told.count(" &= ")
    rules = [rule for part in found for _, _, rule in part.rows]
    assert not any(sign in rule for rule in rules for sign in "\\${}")


def test_a_confusion_is_darkest_where_all_are_right():
    text = confusion_table(np.array([[3, 1], [0, 4]]), ["a", "b"])
    read(text)
    washes = re.findall(r"rgba\(([^)]*)\)", text)
    assert washes[3] == "0, 114, 178, 0.90"
    assert washes[1].startswith("213, 94, 0")
    assert washes[2].endswith("0.00")


def test_gradients_are_checked(searched, monkeypatch):
    assert checked(searched).endswith("dW1, db1, dW2, db2 are correct.")
    report = SimpleNamespace(verdict="wrong", parameters={"W1": 0, "b1": 0}, wrong=["W1"], reason="")
    fitted = SimpleNamespace(check=lambda X, Y: report)
    outcome = SimpleNamespace(fitted=fitted, prepared=searched.prepared)
    assert "wrong (dW1)" in checked_module.checked(outcome)
