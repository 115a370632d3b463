"""Columns are told apart, encoded by what the training rows say, and stored as plain data."""

import json

import numpy as np
import pytest

from gradproof.errors import InputError
from gradproof.train.tables.encoder import Encoder
from gradproof.train.tables.features import Choice, check_missing, chosen_features
from gradproof.train.tables.table import Column, Table, column_of
from gradproof.train.tables.target import Target, standardised, target_name, target_of


def table(**columns):
    return Table.of([column_of(name.replace("_", " "), cells) for name, cells in columns.items()], "data.csv")


PEOPLE = table(
    id=[7, 8, 9, 10], age=[20, 30, 40, 50], colour=["red", "blue", "red", "green"], same=[1, 1, 1, 1],
    day=["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"], y=[0, 1, 0, 1],
)  # fmt: skip


# --- which columns --------------------------------------------------------------------------------------


def test_features_are_told_apart_and_the_rest_is_said():
    kinds, notes = chosen_features(PEOPLE, "y")
    assert kinds == {"age": "number", "colour": "category"}
    assert notes == [
        "left out: id (numbers of rows)",
        "left out: same (the same in every row)",
        "left out: day (dates: make numbers of them, such as days since the first)",
    ]


def test_what_is_asked_for_is_used():
    assert chosen_features(PEOPLE, "y", Choice(only=("id", "age")))[0] == {"id": "number", "age": "number"}
    assert chosen_features(PEOPLE, "y", Choice(drop=("age",)))[0] == {"colour": "category"}
    assert chosen_features(PEOPLE, "y", Choice(categorical=("age",)))[0]["age"] == "category"


def test_a_number_of_every_row_is_a_feature_unless_it_is_called_an_id():
    assert chosen_features(table(year=[1, 2, 3], y=[1, 2, 3]), "y")[0] == {"year": "number"}
    with pytest.raises(InputError, match="no feature is left"):
        chosen_features(table(patient_id=[1, 2, 3], y=[1, 2, 3]), "y")
    assert chosen_features(table(id=[1, 1, 3], y=[1, 2, 3]), "y")[0] == {"id": "number"}


def test_many_texts_are_left_out_with_the_reason():
    names = [f"n{k}" for k in range(60)]
    _, notes = chosen_features(table(x=list(range(60)), name=names, y=[0, 1] * 30), "y")
    assert notes == ["left out: name (texts, 60 different ones in 60 rows)"]
    towns = names * 3
    rows = {"x": list(range(180)), "town": towns, "y": [0, 1] * 90}
    _, notes = chosen_features(table(**rows), "y")
    assert notes == ["left out: town (60 categories; --max-categories 60 uses them)"]
    kinds, _ = chosen_features(table(**rows), "y", Choice(most_categories=60))
    assert kinds["town"] == "category"


def test_columns_left_out_for_one_reason_are_said_together():
    _, notes = chosen_features(table(a=[1, 1], b=[2, 2], c=["", ""], x=[1, 2], y=[0, 1]), "y")
    assert notes == ["left out: a, b (the same in every row)", "left out: c (no values)"]


@pytest.mark.parametrize("option", ["only", "drop", "categorical"])
def test_names_that_are_not_there(option):
    with pytest.raises(InputError, match="no column 'ag'") as caught:
        chosen_features(PEOPLE, "y", Choice(**{option: ("ag",)}))
    assert caught.value.fix == "did you mean age?"


def test_infinite_numbers_are_refused():
    with pytest.raises(InputError, match="x is infinite in row 2"):
        chosen_features(table(x=["1", "inf"], y=[0, 1]), "y")


def test_missing_values_are_counted():
    holes = table(a=["", "1", ""], b=["x", "", "y"], c=[1, 2, 3])
    with pytest.raises(InputError, match=r"values are missing in a \(2\), b \(1\) of 3 rows"):
        check_missing(holes, ["a", "b", "c"])
    check_missing(holes, ["c"])


# --- encoding -------------------------------------------------------------------------------------------


def test_numbers_are_standardised_and_categories_one_hot():
    kinds, _ = chosen_features(PEOPLE, "y")
    encoder = Encoder.learn(PEOPLE, kinds)
    X, whole, notes = encoder.encode(PEOPLE)
    assert encoder.inputs == ["age", "colour = blue", "colour = green", "colour = red"]
    assert np.allclose(X[0], (np.array([20, 30, 40, 50]) - 35) / np.std([20, 30, 40, 50]))
    assert X[1:].tolist() == [[0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 1, 0]]
    assert whole.all()
    assert notes == []


def test_what_was_learnt_is_of_the_training_rows_only():
    encoder = Encoder.learn(PEOPLE.taken(np.array([0, 1])), {"age": "number", "colour": "category"})
    X, _, notes = encoder.encode(PEOPLE)
    assert X[0].tolist() == [-1, 1, 3, 5]
    assert X[1:, 3].tolist() == [0, 0]
    assert notes == ["colour is 'green' in 1 row and never in training: it counts as none of the categories"]


def test_the_mean_stands_for_missing_numbers_and_an_input_says_so():
    holes = table(a=["1", "", "3"], c=["u", "v", ""])
    encoder = Encoder.learn(holes, {"a": "number", "c": "category"}, "mean")
    X, whole, _ = encoder.encode(holes)
    assert encoder.inputs == ["a", "a is missing", "c = u", "c = v", "c is missing"]
    assert X.tolist() == [[-1, 0, 1], [0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert whole.all()


def test_gaps_in_other_rows_get_their_input_too():
    encoder = Encoder.learn(table(a=[1, 3]), {"a": "number"}, "mean", gaps=["a"])
    assert encoder.inputs == ["a", "a is missing"]
    assert encoder.encode(table(a=["", "1"]))[0].tolist() == [[0, -1], [1, 0]]


def test_rows_with_gaps_are_dropped_where_that_was_asked():
    encoder = Encoder.learn(table(a=[1, 3], c=["u", "v"]), {"a": "number", "c": "category"}, "drop")
    X, whole, _ = encoder.encode(table(a=["", "1", "1"], c=["u", "", "v"]))
    assert whole.tolist() == [False, False, True]
    assert X.T.tolist() == [[-1, 0, 1]]


@pytest.mark.parametrize(
    ("policy", "message"), [("error", r"a \(1\) of 2 rows"), ("mean", "none was missing in training")]
)
def test_gaps_that_training_did_not_have_are_refused(policy, message):
    encoder = Encoder.learn(table(a=[1, 3]), {"a": "number"}, policy)
    with pytest.raises(InputError, match=message):
        encoder.encode(table(a=["", "1"]))


def test_a_table_that_lacks_columns_or_has_texts():
    encoder = Encoder.learn(PEOPLE, {"age": "number", "colour": "category"})
    with pytest.raises(InputError, match="lacks age, colour") as caught:
        encoder.encode(table(x=[1]))
    assert caught.value.fix == "the model predicts from age, colour"
    with pytest.raises(InputError, match="age was a number in training, and is 'old' in row 2"):
        encoder.encode(table(age=["31", "old"], colour=["red", "red"]))


def test_numbers_that_name_a_category():
    encoder = Encoder.learn(table(code=["1", "2", "x"]), {"code": "category"})
    assert encoder.encode(table(code=["1", "2"]))[0].tolist() == [[1, 0], [0, 1], [0, 0]]


def test_numbers_of_any_size_are_standardised():
    encoder = Encoder.learn(
        table(a=["1e300", "3e300"], b=["1e-300", "3e-300"]), {"a": "number", "b": "number"}
    )
    X, _, _ = encoder.encode(table(a=["1e300", "3e300"], b=["1e-300", "3e-300"]))
    assert np.allclose(X, [[-1, 1], [-1, 1]])


def test_a_column_that_does_not_vary_in_the_training_rows_is_only_moved():
    encoder = Encoder.learn(table(a=[0.1, 0.1, 0.1]), {"a": "number"})
    assert np.allclose(encoder.encode(table(a=[0.1, 2.1]))[0], [[0, 2]])


def test_the_encoder_is_plain_data():
    holes = table(a=["1", "", "3"], c=["u", "v", ""])
    encoder = Encoder.learn(holes, {"a": "number", "c": "category"}, "mean")
    again = Encoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert again == encoder
    with pytest.raises(InputError, match="median"):
        Encoder.learn(holes, {"a": "number"}, "median")


# --- the target -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "task", "classes"),
    [
        (["no", "yes", "no"], "classification", ("no", "yes")),
        ([0, 1, 1], "classification", ("0", "1")),
        ([-1, 2, 2], "classification", ("-1", "2")),
        ([0.5, 1.5, 0.5], "classification", ("0.5", "1.5")),
        ([10, 9, 1] * 10, "classification", ("1", "9", "10")),
        ([1, 2, 3], "regression", ()),
        ([0.5, 1.5, 2.5] * 10, "regression", ()),
        (list(range(21)) * 10, "regression", ()),
    ],
)
def test_the_task_is_told_by_the_values(cells, task, classes):
    found = target_of(column_of("y", cells))
    assert (found.task, found.classes) == (task, classes)


def test_the_user_may_say_the_task():
    assert target_of(column_of("y", [1, 2, 3]), "classification").classes == ("1", "2", "3")
    assert target_of(column_of("y", [0, 1, 1]), "regression").loss == "squared_error"


def test_two_classes_have_one_output():
    target = target_of(column_of("y", ["b", "a"]))
    assert (target.outputs, target.loss) == (1, "binary_cross_entropy")
    assert target.encode(column_of("y", ["a", "b", "b"])).tolist() == [[0, 1, 1]]
    assert target.decode(np.array([[0.2, 0.7]])).tolist() == ["a", "b"]
    assert np.allclose(target.probabilities(np.array([[0.2, 0.7]])), [[0.8, 0.3], [0.2, 0.7]])


def test_more_classes_are_one_hot():
    target = target_of(column_of("y", ["b", "a", "c"]))
    assert (target.outputs, target.loss) == (3, "cross_entropy")
    assert target.encode(column_of("y", ["c", "a"])).tolist() == [[0, 1], [0, 0], [1, 0]]
    assert target.decode(np.array([[0.1], [0.3], [0.6]])).tolist() == ["c"]


def test_a_regression_is_standardised_and_comes_back_in_its_units():
    column = Column("y", np.array([10.0, 20.0, 30.0]))
    target = standardised(target_of(column), column)
    Y = target.encode(column)
    assert np.isclose(Y.mean(), 0)
    assert np.isclose(Y.std(), 1)
    assert np.allclose(target.decode(Y), [10, 20, 30])


@pytest.mark.parametrize(
    ("cells", "task", "message"),
    [
        (["a", "a"], None, "'a' in every row"),
        ([2.0, 2.0], "regression", "2 in every row"),
        (["a", "b"], "regression", "texts"),
        ([1, 2], "ranking", "no task"),
        (["inf", "1", "2.5"], None, "infinite"),
    ],
)
def test_targets_that_cannot_be(cells, task, message):
    with pytest.raises(InputError, match=message):
        target_of(column_of("y", cells), task)


def test_a_class_that_training_does_not_know():
    with pytest.raises(InputError, match="no class of the training data"):
        target_of(column_of("y", ["a", "b"])).encode(column_of("y", ["c"]))


def test_the_target_is_found_by_its_usual_names():
    assert target_name({"x": 0, "label": 0}, None) == "label"
    assert target_name({"y": 0, "label": 0}, "x") == "x"
    with pytest.raises(InputError, match="which column") as caught:
        target_name({"u": 0, "v": 0}, None, "data.csv")
    assert caught.value.fix == "--target NAME; the columns are u, v"


def test_the_target_is_plain_data():
    target = target_of(column_of("y", ["b", "a", "c"]))
    assert Target.from_dict(json.loads(json.dumps(target.to_dict()))) == target


# --- slips ----------------------------------------------------------------------------------------------


def test_a_text_among_numbers_is_refused_with_its_row():
    cells = [str(k / 7) for k in range(20)]
    cells[4] = "oops"
    slip = table(b=cells, c=["u", "v"] * 10, y=[0, 1] * 10)
    with pytest.raises(InputError, match=r"b has numbers in 19 of 20 rows, and 'oops' in row 5") as caught:
        chosen_features(slip, "y")
    assert "--categorical b" in caught.value.fix
    assert chosen_features(slip, "y", Choice(drop=("b",)))[0] == {"c": "category"}
    assert chosen_features(slip, "y", Choice(categorical=("b",)))[0]["b"] == "category"
    commas = table(b=["1,5"] * 10 + ["2,5"] * 9 + ["x"], y=[0, 1] * 10)
    with pytest.raises(InputError, match="'x' in row 20"):
        chosen_features(commas, "y")


def test_half_texts_and_codes_stay_categories():
    assert chosen_features(table(b=["1", "a"] * 10, y=[0, 1] * 10), "y")[0] == {"b": "category"}
    codes = ["01069", "99423"] * 9 + ["none given", "01069"]
    assert chosen_features(table(b=codes, y=[0, 1] * 10), "y")[0] == {"b": "category"}


def test_what_is_asked_for_is_not_left_out_silently():
    ages = table(x=list(range(60)), age=list(range(60)), y=[0, 1] * 30)
    with pytest.raises(InputError, match="age has 60 different values") as caught:
        chosen_features(ages, "y", Choice(categorical=("age",)))
    assert "--max-categories 60" in caught.value.fix
    kinds, _ = chosen_features(ages, "y", Choice(categorical=("age",), most_categories=60))
    assert kinds["age"] == "category"
