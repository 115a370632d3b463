"""Training on a table: scores, λ by cross-validation, the model in a file, predictions."""

import csv
import io
import json

import numpy as np
import pytest
from tests.train.job.tables import FLOWERS, flowers, prices, trained

from gradproof.errors import InputError
from gradproof.train.fitting import fit
from gradproof.train.fitting.named import OPTIMIZERS
from gradproof.train.job.model import TableModel
from gradproof.train.job.prepare import prepare
from gradproof.train.job.scores import confusion, scores_of
from gradproof.train.job.settings import Settings
from gradproof.train.network import dense
from gradproof.train.penalties import Penalty
from gradproof.train.tables.features import Choice
from gradproof.train.tables.table import Table, column_of
from gradproof.train.tables.target import target_of


@pytest.fixture(scope="module")
def flowery():
    return trained(flowers(), "flower")


# --- preparing ------------------------------------------------------------------------------------------


def test_means_are_those_of_the_training_rows():
    table = flowers()
    made = prepare(table, "flower", Settings(lambd=0.0))
    X, Y = made.data["training"]
    assert np.allclose(X[:2].mean(axis=1), 0)
    assert np.allclose(X[:2].std(axis=1), 1)
    width = made.encoder.features[0]
    assert width.mean == pytest.approx(table["width"].values[made.rows["training"]].mean())
    assert Y.shape == (3, len(made.rows["training"]))
    assert not np.allclose(made.data["test"][0][:2].mean(axis=1), 0)


def test_with_a_search_there_is_no_validation_part():
    assert set(prepare(flowers(), "flower", Settings()).data) == {"training", "test"}
    assert set(prepare(flowers(), "flower", Settings(lambd=1.0)).data) == {"training", "validation", "test"}
    assert set(prepare(flowers(), "flower", Settings(lambd=1.0, test=0.0)).data) == {"training", "validation"}


def holes():
    return Table.of(
        [column_of("x", ["1", "", "3", "4", "5", "6"]), column_of("y", ["0.5", "2", "", "4", "5", "6.5"])],
        "h.csv",
    )


def test_missing_values_are_refused_or_dropped_or_filled():
    with pytest.raises(InputError, match=r"missing in y \(1\)"):
        prepare(holes(), "y", Settings())
    dropped = prepare(holes(), "y", Settings(missing="drop"))
    assert dropped.numbers.tolist() == [1, 4, 5, 6]
    assert dropped.notes == (
        "left out: 1 row without y", "left out: 1 row with missing values",
        "only 1 row in the test part: scores on so few prove nothing",
    )  # fmt: skip
    filled = prepare(holes(), "y", Settings(missing="mean"))
    assert filled.numbers.tolist() == [1, 2, 4, 5, 6]
    assert filled.encoder.inputs == ["x", "x is missing"]
    with pytest.raises(InputError, match="median"):
        prepare(holes(), "y", Settings(missing="median"))


def test_what_is_noticed_is_said_once():
    table = Table.of(
        [column_of("c", ["a"] * 19 + ["b"]), column_of("y", list(range(20)))], "t.csv", notes=["first"]
    )
    made = prepare(table, "y", Settings(lambd=0.0, seed=1))
    assert made.notes[0] == "first"
    assert len(set(made.notes)) == len(made.notes)


# --- settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"test": 1.0}, "--test is 1"),
        ({"validation": -0.1}, "--validation is -0.1"),
        ({"dropout": 1.0}, "--dropout is 1"),
        ({"learning_rate": 0.0}, "--lr is 0"),
        ({"optimizer": "newton"}, "no optimiser 'newton'"),
        ({"lambd": 1.0, "validation": 0.0, "patience": 3}, "no validation part"),
    ],
)
def test_settings_that_cannot_be(settings, message):
    with pytest.raises(InputError, match=message):
        Settings(**settings)


def test_the_network_is_what_was_asked_for():
    target = target_of(column_of("y", ["a", "b", "c"]))
    network = Settings(hidden=(5, 4), lambd=0.3, l1_ratio=0.5, dropout=0.2, activation="tanh").network(
        7, target
    )
    assert network.sizes == (7, 5, 4, 3)
    assert network.layers[0].penalty == Penalty(0.3, 0.5, "data")
    assert [layer.keep_prob for layer in network.layers] == [0.8, 0.8, 1.0]
    assert Settings(lambd=0.0).network(7, target).layers[0].penalty is None


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser_trains(name):
    table = prices(60)
    outcome = trained(table, "price", optimizer=name, learning_rate=None, epochs=15)
    costs = [entry.cost for entry in outcome.fitted.ledger]
    assert costs[-1] < costs[0]
    if name != "lbfgs":
        rate = trained(
            table, "price", optimizer=name, learning_rate=0.05, epochs=1
        ).fitted.optimizer.learning_rate
        assert rate == 0.05


# --- training -------------------------------------------------------------------------------------------


def test_scores_are_those_of_the_predictions(flowery):
    found = flowery.predictions()
    test = flowery.scores["test"]
    assert test.score == (found.values == found.true).mean() > 0.8
    assert test.rows == len(found.rows) == 24
    counts = flowery.confusion()
    assert counts.sum() == 24
    assert np.trace(counts) == round(24 * test.score)
    assert test.baseline < 0.5


def test_predictions_have_the_rows_of_the_file(flowery):
    table, found = flowers(), flowery.predictions()
    assert found.true.tolist() == table["flower"].values[found.rows - 1].tolist()


def test_a_regression_is_scored_in_its_units():
    outcome = trained(prices(), "price")
    found, test = outcome.predictions(), outcome.scores["test"]
    assert test.rmse == pytest.approx(np.sqrt(np.mean((found.values - found.true) ** 2)))
    spread = np.sum((found.true - found.true.mean()) ** 2)
    assert test.score == pytest.approx(1 - np.sum((found.values - found.true) ** 2) / spread)
    assert test.score > 0.9
    assert outcome.confusion() is None
    assert test.baseline <= 0


def test_the_baseline_is_the_most_frequent_class_of_training():
    target = target_of(column_of("y", ["a", "b"]))
    network = dense([1, 1], loss="binary_cross_entropy")
    Y = np.array([[1.0, 0.0, 0.0, 0.0]])
    found = scores_of(network, target, np.array([[0.9, 0.2, 0.8, 0.1]]), Y, np.array([[0.0, 0.0, 1.0]]))
    assert (found.score, found.baseline, found.rmse) == (0.75, 0.75, None)
    assert confusion(target, np.array([[0.9, 0.2, 0.8, 0.1]]), Y).tolist() == [[2, 1], [0, 1]]


def test_lambda_is_chosen_by_cross_validation():
    outcome = trained(flowers(90), "flower", lambd=None, path=5, folds=3, epochs=20)
    search = outcome.search
    assert outcome.lambd == search.chosen
    assert outcome.fitted.network.layers[0].penalty.lambd == search.chosen
    assert outcome.fitted.rows == len(outcome.prepared.rows["training"])
    careful = trained(flowers(90), "flower", lambd=None, path=5, folds=3, epochs=20, one_se=True)
    assert careful.lambd == search.one_se >= search.chosen


def test_l_bfgs_has_no_path():
    with pytest.raises(InputError, match="L-BFGS"):
        trained(flowers(60), "flower", lambd=None, optimizer="lbfgs")


def test_early_stopping_keeps_the_best_epoch():
    outcome = trained(flowers(), "flower", lambd=0.0, patience=5, epochs=500, learning_rate=0.1)
    costs = [entry.validation_cost for entry in outcome.fitted.ledger]
    assert outcome.fitted.stopped == "early stopping"
    assert outcome.scores["validation"].cost == pytest.approx(min(costs))


@pytest.mark.filterwarnings("ignore:the cost is")
def test_a_training_that_diverges_is_an_error():
    with pytest.raises(InputError, match="diverged") as caught:
        trained(prices(60), "price", optimizer="sgd", learning_rate=1e9, lambd=0.0)
    assert "1e+09" in caught.value.fix


def test_without_a_test_part_the_training_rows_are_shown():
    outcome = trained(flowers(60), "flower", test=0.0)
    assert outcome.shown == "training"
    assert len(outcome.predictions().rows) == len(outcome.prepared.rows["training"])


# --- the model in a file --------------------------------------------------------------------------------


def test_a_model_is_read_back_and_says_the_same(flowery, tmp_path):
    path = tmp_path / "model.npz"
    flowery.model.save(path, {"shown": "test"})
    again = TableModel.load(path)
    table = flowers(50, seed=1)
    first, second = flowery.model.predict(table), again.predict(table)
    assert np.array_equal(first.values, second.values)
    assert np.array_equal(first.probabilities, second.probabilities)
    assert (first.values == table["flower"].values).mean() > 0.8
    assert again.encoder == flowery.model.encoder
    with np.load(path, allow_pickle=False) as archive:
        assert archive.files


def test_a_network_without_columns_is_refused(tmp_path):
    fitted = fit(dense([1, 1], loss="squared_error"), np.ones((1, 4)), np.ones((1, 4)), epochs=1)
    fitted.save(tmp_path / "bare.npz")
    with pytest.raises(InputError, match="does not know the columns"):
        TableModel.load(tmp_path / "bare.npz")


def test_predictions_as_csv(flowery):
    table = flowers(20, seed=2)
    rows = list(csv.DictReader(io.StringIO(flowery.model.predict(table).to_csv())))
    assert [row["row"] for row in rows] == [str(k) for k in range(1, 21)]
    assert {row["prediction"] for row in rows} <= set(FLOWERS)
    for row in rows:
        shares = {name: float(row[f"p({name})"]) for name in FLOWERS}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert max(shares, key=shares.get) == row["prediction"]
    bare = Table.of([c for name, c in table.columns.items() if name != "flower"], "bare.csv")
    assert next(csv.reader(io.StringIO(flowery.model.predict(bare).to_csv())))[:2] == ["row", "prediction"]


def test_rows_with_gaps_have_no_prediction_where_they_were_dropped():
    model = trained(holes(), "y", missing="drop", test=0.0, lambd=0.0, validation=0.0).model
    found = model.predict(holes())
    assert found.rows.tolist() == [1, 3, 4, 5, 6]
    assert found.notes == ("no prediction for 1 row with missing values",)
    with pytest.raises(InputError, match="no row has all its values"):
        model.predict(Table.of([column_of("x", ["", ""])]))


def test_what_is_stored_is_plain_data(flowery):
    json.dumps(flowery.model.encoder.to_dict())
    json.dumps(flowery.model.target.to_dict())
    json.dumps({part: scores.to_dict() for part, scores in flowery.scores.items()})


def test_columns_may_be_chosen():
    outcome = trained(flowers(60), "flower", choice=Choice(only=("colour",)))
    assert {f.name for f in outcome.prepared.encoder.features} == {"colour"}


@pytest.mark.parametrize("trained_with", ["error", "mean"])
def test_missing_values_may_be_treated_otherwise_than_in_training(trained_with):
    full = Table.of(
        [column_of("x", list(range(1, 21))), column_of("c", ["a", "b"] * 10), column_of("y", list(range(20)))]
    )
    model = trained(full, "y", missing=trained_with, test=0.0, lambd=0.0, validation=0.0).model
    gaps = Table.of([column_of("x", ["", "10.5", "3"]), column_of("c", ["a", "a", ""])], "gaps.csv")
    for missing in (None, "error"):
        with pytest.raises(InputError, match="missing in x") as caught:
            model.predict(gaps, missing)
        assert "--missing mean" in caught.value.fix
    dropped = model.predict(gaps, "drop")
    assert dropped.rows.tolist() == [2]
    assert dropped.notes == ("no prediction for 2 rows with missing values",)
    filled = model.predict(gaps, "mean")
    assert filled.values[0] == filled.values[1]  # 10.5 is the mean of x
    assert np.isfinite(filled.values).all()
    assert "means of training" in filled.notes[0]
    with pytest.raises(InputError, match="median"):
        model.predict(gaps, "median")
