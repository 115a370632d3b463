import json
import math

from gradproof.train.fitting import Entry, Ledger


def ledger(count, **changes):
    numbers = {"penalty": 0.25, "rows": 1437, "validation_cost": 0.6, "rate": 0.1, "seconds": 0.004} | changes
    return Ledger(
        Entry(epoch=k, data_cost=1 / k, cost=1 / k + numbers["penalty"], **numbers)
        for k in range(1, count + 1)
    )


def test_the_table():
    assert str(ledger(3)).splitlines() == [
        " epoch  data cost  penalty     m      cost  validation    α    ms",
        "     1          1     0.25  1437      1.25         0.6  0.1  4.00",
        "     2        0.5     0.25  1437      0.75         0.6  0.1  4.00",
        "     3   0.333333     0.25  1437  0.583333         0.6  0.1  4.00",
    ]


def test_a_long_table_is_cut_in_the_middle():
    lines = str(ledger(200)).splitlines()
    assert len(lines) == 22
    assert [line.split()[0] for line in lines[9:13]] == ["9", "10", "…", "191"]
    assert len(ledger(200).table(limit=None).splitlines()) == 201
    assert [line.split()[0] for line in ledger(9).table(limit=3).splitlines()] == [
        "epoch",
        "1",
        "…",
        "8",
        "9",
    ]


def test_a_table_without_validation_or_learning_rate():
    text = str(ledger(1, validation_cost=None, rate=None, rows=(1437, 200)))
    assert "validation" not in text
    assert text.splitlines()[1].split() == ["1", "1", "0.25", "1437,", "200", "1.25", "–", "4.00"]
    assert str(Ledger()) == "no epochs"


def test_plain_data_and_back():
    for each in (ledger(3), ledger(2, rows=(1437, 1)), ledger(2, validation_cost=None, rate=None), Ledger()):
        again = Ledger.from_dict(json.loads(json.dumps(each.to_dict())))
        assert again == each
        assert isinstance(again, Ledger)
    assert ledger(2).to_dict()["data_cost"] == [1.0, 0.5]
    assert ledger(1)[0].to_dict()["rows"] == 1437


def test_a_cost_that_is_no_number_survives():
    entry = Entry(1, math.nan, 0.0, 10, math.nan, None, 0.1, 0.0)
    again = Ledger.from_dict(json.loads(json.dumps(Ledger([entry]).to_dict())))
    assert math.isnan(again[0].cost)
