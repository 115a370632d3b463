"""Parquet through either library, and what is said without."""

import sys
from datetime import date

import numpy as np
import pytest

from gradproof.errors import InputError
from gradproof.train.tables import parquet
from gradproof.train.tables.read import read_table


@pytest.fixture
def path(tmp_path):
    pl = pytest.importorskip("polars")
    columns = {
        "n": [1, None, 3],
        "x": [0.5, 1.5, None],
        "colour": pl.Series(["red", None, "blue"], dtype=pl.Categorical),
        "flag": [True, False, None],
        "day": [date(2024, 1, 2), None, date(2024, 1, 3)],
        "nested": [[1], [2], [3]],
    }
    pl.DataFrame(columns).write_parquet(tmp_path / "data.parquet")
    return tmp_path / "data.parquet"


@pytest.mark.parametrize(
    ("reader", "library"), [(parquet._with_pyarrow, "pyarrow"), (parquet._with_polars, "polars")]
)
def test_both_libraries_say_the_same(path, monkeypatch, reader, library):
    pytest.importorskip(library)
    monkeypatch.setattr(parquet, "READERS", (reader,))
    table = read_table(path)
    assert np.array_equal(table["n"].values, [1, np.nan, 3], equal_nan=True)
    assert np.array_equal(table["x"].values, [0.5, 1.5, np.nan], equal_nan=True)
    assert table["colour"].values.tolist() == ["red", None, "blue"]
    assert table["flag"].values.tolist() == ["True", "False", None]
    assert table["day"].values.tolist() == ["2024-01-02", None, "2024-01-03"]
    assert len(table.notes) == 1
    assert table.notes[0].startswith("nested is left out")


def test_a_damaged_file(tmp_path):
    pytest.importorskip("polars")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path / "bad.parquet")


def test_without_a_library_it_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "data.parquet").write_bytes(b"PAR1")
    for name in ("pyarrow", "pyarrow.parquet", "polars"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match="neither is installed") as caught:
        read_table(tmp_path / "data.parquet")
    assert "gradproof[parquet]" in caught.value.fix
