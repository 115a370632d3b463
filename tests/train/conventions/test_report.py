"""The printed forms, as golden files."""

import pytest

from gradproof.train.conventions import CONVENTIONS, translate, translations
from gradproof.train.conventions.report import list_lines, table_lines

TOLD = {"m": 5000, "batch": 200, "lr": 0.1, "momentum": 0.9, "sd_y": 2}


@pytest.mark.parametrize(
    ("name", "source", "value", "target", "told"),
    [
        ("exact", "course", 0.7, "keras.L2", {}),
        ("refused", "course", 0.7, "torch.AdamW", {}),
        ("approximate", "torch.SGD", 1e-4, "keras.SGD", {"optimizer": "momentum", "approximate": True}),
        ("trees", "course", 0.7, "xgboost", {}),
        ("decays", "tfa.AdamW", 1e-4, "torch.AdamW", {"biases": False}),
        ("losses", "course", 0.7, "torch.SGD", {"loss": "mse", "to_loss": "sse"}),
    ],
)
def test_a_translation(name, source, value, target, told, golden):
    golden(f"{name}.txt", f"{translate(source, value, to=target, **TOLD, **told)}\n")


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_table_of_all(optimizer, golden):
    found = translations("course", 0.7, optimizer=optimizer, **TOLD)
    golden(f"all_{optimizer}.txt", "".join(f"{text}\n" for text, _ in table_lines(found)))


def test_the_list(golden):
    golden("list.txt", "".join(f"{text}\n" for text, _ in list_lines(CONVENTIONS.values())))


def test_short_forms():
    found = translate("course", 0.7, to="keras.L2", m=5000)
    assert repr(found) == "<Translation course = 0.7 to keras.L2 = 7e-05, exact>"
    assert repr(found.target) == "<Convention keras.L2>"
