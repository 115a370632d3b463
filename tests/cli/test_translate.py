"""``gradproof translate``: what is printed, and the exit status."""

import json

import pytest
import typer
from typer.testing import CliRunner

from gradproof.cli.translate import translate
from gradproof.train.conventions import CONVENTIONS

app = typer.Typer(rich_markup_mode=None)
app.command(name="translate")(translate)
COURSE = ["--from", "course=0.7", "--m", "5000", "--batch", "200"]


def run(*arguments):
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_exact_is_0():
    status, output = run(*COURSE, "--to", "keras.L2")
    assert status == 0
    assert output.startswith("course λ = 0.7  →  keras.L2 l = 7e-05\nexact\n")
    assert "  l = λ/(2m)   with m = 5000\n" in output
    assert "penalty = keras.regularizers.L2(7e-05)" in output


def test_refused_is_2_with_the_reason_and_what_would_be_nearest():
    status, output = run(*COURSE, "--to", "torch.AdamW")
    assert status == 2
    assert "no equivalent" in output
    assert "Adam scales a penalty and no decay" in output
    assert "--approximate gives weight_decay = 0.00014" in output
    assert "paste" not in output


def test_approximate_is_1():
    status, output = run(*COURSE, "--to", "torch.AdamW", "--approximate")
    assert status == 1
    assert "\napproximate\n" in output
    assert "Adam scales a penalty and no decay" in output
    assert '"weight_decay": 0.00014' in output


def test_all_is_a_line_for_each():
    status, output = run(*COURSE, "--to", "all", "--optimizer", "sgd", "--lr", "0.1")
    assert status == 0
    assert output.startswith("course = 0.7, m = 5000, batch = 200, lr = 0.1, optimizer = sgd\n")
    rows = {line.split()[0]: line for line in output.splitlines() if line.strip()}
    assert {name for name in CONVENTIONS if name != "course"} <= set(rows)
    assert rows["keras.SGD"].split() == ["keras.SGD", "0.00014", "weight_decay", "=", "λ/m", "exact"]
    assert "its optimizer is adam" in rows["torch.AdamW"]
    assert "give sd_y" in rows["glmnet.gaussian"]
    assert "no equivalent: trees have no weights" in rows["xgboost"]
    assert output.rstrip().endswith("its m is 200: --per batch")


def test_list_has_every_convention():
    status, output = run("--list")
    assert status == 0
    assert all(f"\n{name} " in output for name in CONVENTIONS)
    status, output = run("--list", "--json")
    found = json.loads(output)
    assert [each["name"] for each in found] == list(CONVENTIONS)
    assert found[0]["formula"] == "J + λ/(2m) ‖W‖²_F"


def test_json():
    status, output = run(*COURSE, "--to", "sklearn.MLP", "--json")
    found = json.loads(output)
    assert (status, found["value"], found["formula"]) == (0, 0.028, "alpha = λ b/m")
    status, output = run(*COURSE, "--to", "all", "--json")
    found = json.loads(output)
    assert found["keras.L2"]["value"] == 7e-05
    assert found["glmnet.gaussian"]["error"]["fix"].startswith("give sd_y")


def test_options_reach_the_translation():
    status, output = run(
        "--from", "torch.SGD=1/1000", "--to", "keras.weight_decay", "--optimizer", "momentum",
        "--momentum", "0.9", "--no-biases", "--approximate", "--lr", "1e-2",
    )  # fmt: skip
    assert status == 1
    assert "keras.optimizers.SGD(0.01, momentum=0.9, weight_decay=0.01)" in output
    status, output = run(*COURSE, "--to", "keras.L2", "--per", "batch")
    assert "l = λ/(2b)   with batch = 200" in output
    status, output = run(*COURSE, "--to", "sklearn.Ridge", "--loss", "mse")
    assert "alpha = λ/2" in output
    status, output = run(*COURSE, "--to", "torch.SGD", "--to-loss", "sum")
    assert "weight_decay = λ b/m" in output
    status, output = run(*COURSE, "--to", "glmnet.gaussian", "--sd-y", "2")
    assert "lambda = 0.00028" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "it was not said from what"),
        (["--from", "course=0.7"], "it was not said to what"),
        (["--from", "course", "--to", "keras.L2"], "not of the form NAME=VALUE"),
        (["--from", "=1", "--to", "keras.L2"], "not of the form NAME=VALUE"),
        (["--from", "course=0.7", "--to", "keras.L2"], "depends on m"),
        (["--from", "course=0.7", "--to", "nothing.L2"], "there is no convention 'nothing.L2'"),
        (["--from", "course=x", "--to", "all"], "λ is 'x'"),
        ([*COURSE, "--to", "keras.SGD"], "depends on the optimiser"),
        ([*COURSE, "--to", "all", "--lr", "-1"], "lr is -1"),
    ],
)
def test_input_that_cannot_be_used_is_2(arguments, message):
    status, output = run(*arguments)
    assert status == 2
    assert output.startswith("error: ")
    assert message in output
    assert "fix: " in output
    assert "Traceback" not in output
    status, output = run(*arguments, "--json")
    assert status == 2
    assert message in json.loads(output)["error"]["what"]
