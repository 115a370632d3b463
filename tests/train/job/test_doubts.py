"""What speaks against a training is said: few rows, many classes, classes that are not tested."""

import json

import numpy as np
import pytest
from tests.train.job.tables import prices, trained

from gradproof.errors import InputError
from gradproof.train.job.prepare import prepare
from gradproof.train.job.settings import Settings
from gradproof.train.report.facts import Facts
from gradproof.train.report.summary import summary_lines
from gradproof.train.tables.table import Table, column_of


def labelled(labels):
    numbers = np.random.default_rng(0).normal(size=len(labels)).tolist()
    return Table.of([column_of("x", numbers), column_of("y", labels)], "t.csv")


def test_too_few_rows_for_the_folds():
    with pytest.raises(InputError, match="5 folds of 4 rows: 1 of 5 rows went to the test") as caught:
        trained(prices(5), "price", lambd=None)
    assert caught.value.where == "--folds"
    assert "--folds 4" in caught.value.fix


def test_r2_of_one_row_is_not_defined():
    outcome = trained(prices(5), "price", epochs=3, validation=0.0)
    assert np.isnan(outcome.scores["test"].score)
    assert outcome.scores["test"].to_dict()["score"] is None
    json.dumps(outcome.scores["test"].to_dict(), allow_nan=False)
    assert Facts(outcome).scores()[-1][:3] == ["test", "1", "–"]
    text = "\n".join(summary_lines(outcome))
    assert "R² of 1 row is not defined" in text
    assert "only 1 row in the test part" in text


def test_classes_that_cannot_be_learnt():
    notes = prepare(labelled([f"n{k}" for k in range(60)]), "y", Settings()).notes
    assert any("60 classes in 60 rows, 60 of them in one row only" in note for note in notes)
    numbers = prepare(labelled(list(range(60))), "y", Settings(task="classification")).notes
    assert any("--task regression" in note for note in numbers)
    assert not prepare(labelled(["a", "b"] * 50), "y", Settings()).notes


def test_a_class_without_test_rows():
    assert prepare(labelled(["a"] * 98 + ["b"] * 2), "y", Settings()).notes == (
        "the test part has no row of b: the scores say nothing about them",
    )


def test_a_slip_in_the_target():
    cells = [str(k / 3) for k in range(29)] + ["oops"]
    with pytest.raises(InputError, match="'oops' in row 30"):
        prepare(labelled(cells), "y", Settings())


def test_the_number_of_training_rows_has_one_letter():
    small, full = (trained(prices(60), "price", epochs=2, batch_size=b) for b in (16, 60))
    for outcome, letter in ((small, "N"), (full, "m")):
        facts = Facts(outcome)
        assert f"λ/(2{letter}) Σ‖W‖², {letter} = 41, the training rows" in facts.penalty()[0]
        assert letter in facts.ledger()[0]
        assert ("N is the number" in outcome.fitted.explain()) == (letter == "N")
