"""Text in columns and behind labels."""

from gradproof.train.report.layout import WIDTH, labelled, table_lines


def test_columns_are_as_wide_as_their_widest_cell():
    assert table_lines([["", "rows"], ["test", "5"]], indent=2) == ["        rows", "  test     5"]


def test_sentences_stand_behind_their_label():
    lines = labelled("data", ["one", "two " * 40])
    assert lines[0] == "data       one"
    assert lines[1].startswith("           two two")
    assert lines[2].startswith("             two")
    assert max(map(len, lines)) <= WIDTH


def test_values_stay_with_their_names():
    text = "x" * 77 + " λ = 12.5, and classes: " + "y" * 55 + " ab (17)"
    lines = labelled("", [text])
    assert any("λ = 12.5" in line for line in lines)
    assert any("ab (17)" in line for line in lines)
    assert " ".join(" ".join(lines).split()) == text
