"""Files are read as their authors meant them, and what cannot be read is said with its line."""

import gzip

import numpy as np
import pytest

from gradproof.errors import InputError
from gradproof.train.tables.delimited import looks_like_header
from gradproof.train.tables.read import read_table
from gradproof.train.tables.table import Column, column_of, text_of

PLAIN = "age,colour,y\n31,red,0\n42,blue,1\n"


@pytest.fixture
def read(tmp_path):
    """A function that writes a file and reads it as a table."""

    def reading(content, name="data.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return read_table(path, **options)

    return reading


def columns(table):
    return {name: column.values.tolist() for name, column in table.columns.items()}


def test_csv(read):
    assert columns(read(PLAIN)) == {"age": [31, 42], "colour": ["red", "blue"], "y": [0, 1]}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (PLAIN.replace(",", "\t"), "data.tsv"),
        (PLAIN.replace(",", ";"), "data.csv"),
        (PLAIN.replace(",", " | "), "data.txt"),
        (PLAIN.replace("\n", "\r\n"), "data.csv"),
        (PLAIN + "\n\n", "data.csv"),
        (b"\xef\xbb\xbf" + PLAIN.encode(), "data.csv"),
        (PLAIN.encode("utf-16"), "data.csv"),
        (gzip.compress(PLAIN.encode(), mtime=0), "data.csv.gz"),
        (PLAIN.replace("red", '"red"'), "DATA.CSV"),
    ],
)
def test_dialects_say_the_same(read, content, name):
    assert columns(read(content, name)) == columns(read(PLAIN))


def test_cells_may_hold_the_delimiter_and_line_ends(read):
    table = read('name,y\n"Doe, J.\nJr.",1\nRoe,0\n')
    assert table["name"].values.tolist() == ["Doe, J.\nJr.", "Roe"]


def test_decimal_commas(read):
    table = read("a;b\n1,5;x\n-2,25;y,z\n")
    assert table["a"].values.tolist() == [1.5, -2.25]
    assert table["b"].values.tolist() == ["x", "y,z"]


def test_another_encoding_is_noted(read):
    table = read("Größe,y\n1,2\n".encode("cp1252"))
    assert "Größe" in table.columns
    assert "Windows-1252" in table.notes[0]


@pytest.mark.parametrize("text", ["", "NA", "n/a", "NaN", "null", "None", "?", "  "])
def test_missing_values(read, text):
    table = read(f"a,b\n1,x\n{text},{text}\n")
    assert np.isnan(table["a"].values[1])
    assert table["b"].values[1] is None
    assert table["a"].missing.tolist() == table["b"].missing.tolist() == [False, True]


def test_without_a_header_columns_are_numbered(read):
    table = read("1,2\n3,4\n")
    assert columns(table) == {"x1": [1, 3], "x2": [2, 4]}
    assert "no header" in table.notes[0]


def test_the_user_knows_better(read):
    assert columns(read("1,2\n3,4\n", header=True)) == {"1": [3], "2": [4]}
    assert list(read("a,b\nc,d\n", header=False).columns) == ["x1", "x2"]


@pytest.mark.parametrize(
    ("cells", "is_header"),
    [(["a", "b"], True), (["a", "a"], False), (["a", "1"], False), (["a", "1,5"], False), (["a", ""], True)],
)
def test_headers_are_told_by_their_cells(cells, is_header):
    assert looks_like_header(cells) is is_header


def test_codes_keep_their_zeros():
    assert column_of("code", ["01069", "99423"]).texts().tolist() == ["01069", "99423"]
    assert column_of("n", ["0", "0.5"]).values.tolist() == [0.0, 0.5]


def test_numbers_as_texts_have_no_point_where_they_are_whole():
    assert Column("n", np.array([1.0, 2.5, np.nan, -3e20])).texts().tolist() == ["1", "2.5", None, "-3e+20"]
    assert text_of(1e15) == "1000000000000000.0"


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("a,b\n1,2\n3\n", "data.csv", "line 3 has 1 cells, and the first has 2"),
        ("", "data.csv", "empty"),
        ("a,b\n", "data.csv", "no rows"),
        ("a,a\n1,2\n", "data.csv", "called 'a'"),
        (b"\x00\x01\x02", "data.csv", "no text"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-6], "data.csv.gz", "damaged"),
        (b"not a zip", "data.npz", "no npz"),
        ("a,b\n1,2\n", "data.xlsx", "of no format"),
        ("a,b\n1,2\n", "data", "of no format"),
    ],
)
def test_what_cannot_be_read_is_said(read, content, name, message):
    with pytest.raises(InputError, match=message):
        read(content, name, header=True if message.startswith("called") else None)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder"):
        read_table(tmp_path)


# --- npz ------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    def saving(**arrays):
        np.savez(tmp_path / "data.npz", **arrays)
        return read_table(tmp_path / "data.npz", target=arrays and "y")

    return saving


X = np.arange(6.0).reshape(3, 2)


def test_npz_with_a_matrix(saved):
    table = saved(X=X, y=np.array([1, 0, 1]))
    assert columns(table) == {"x1": [0, 2, 4], "x2": [1, 3, 5], "y": [1, 0, 1]}


def test_npz_with_names_and_texts(saved):
    table = saved(data=X, feature_names=np.array(["u", "v"]), y=np.array(["no", "yes", "no"]))
    assert columns(table) == {"u": [0, 2, 4], "v": [1, 3, 5], "y": ["no", "yes", "no"]}


def test_npz_in_the_layout_of_the_course(saved):
    table = saved(X=X.T, y=np.array([[1, 0, 1]]))
    assert columns(table)["x1"] == [0, 2, 4]
    assert "turned" in table.notes[0]


def test_npz_with_pictures_is_flattened(saved):
    table = saved(X=np.zeros((3, 2, 2)), y=np.array([1, 0, 1]))
    assert list(table.columns) == ["x1", "x2", "x3", "x4", "y"]


def test_npz_with_columns_and_booleans(saved):
    table = saved(a=np.array([1, 2]), y=np.array([True, False]))
    assert columns(table) == {"a": [1, 2], "y": ["True", "False"]}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": X, "y": np.zeros(4)}, r"X has shape \(3, 2\)"),
        ({"y": np.zeros((2, 3, 4))}, "no X"),
        ({"X": np.array([{}, {}]), "y": np.array([1, 0])}, "pickled"),
        ({"X": X.astype(complex), "y": np.array([1, 0, 1])}, "complex"),
    ],
)
def test_npz_that_does_not_fit(saved, arrays, message):
    with pytest.raises(InputError, match=message):
        saved(**arrays)


def test_a_name_twice_in_the_header_is_said(tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text("a,a,y\n1,2,0\n3,4,1\n")
    with pytest.raises(InputError, match="the first line has the name 'a' twice"):
        read_table(path)
    path.write_text("p,p,x\np,q,y\n")  # texts below: it may be data
    assert read_table(path).rows == 2
    path.write_text("a,a,y\n1,2,0\n")
    assert read_table(path, header=False).rows == 2
