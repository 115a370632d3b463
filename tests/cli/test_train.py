"""``gradproof train``, ``predict`` and ``experiment`` as they are used: files, output, exit status."""

import csv
import io
import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from gradproof.cli.experiment import experiment
from gradproof.cli.predict import predict
from gradproof.cli.train import train

SHORT = ["--hidden", "6", "--epochs", "20", "--no-report"]


def run(command, *arguments):
    app = typer.Typer(rich_markup_mode=None)
    app.command()(command)
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A CSV file of three columns in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 2))
    with (tmp_path / "data.csv").open("w") as file:
        writer = csv.writer(file)
        writer.writerow(["u", "v", "kind"])
        writer.writerows([a, b, "up" if a + b > 0 else "down"] for a, b in x)
    return tmp_path / "data.csv"


def test_train_writes_a_model_a_report_and_predictions(data):
    result = run(
        train, data, "--target", "kind", "--l2", "0.1", "--hidden", "6", "--epochs", "20", "--out", "new/out"
    )
    assert result.exit_code == 0
    assert "2 classes (texts): down" in result.output
    assert "written to new/out: model.npz, report.html, predictions.csv" in result.output
    folder = data.parent / "new" / "out"
    assert sorted(p.name for p in folder.iterdir()) == ["model.npz", "predictions.csv", "report.html"]
    rows = list(csv.DictReader(io.StringIO((folder / "predictions.csv").read_text())))
    assert len(rows) == 16
    lines = data.read_text().splitlines()
    for row in rows:
        assert lines[int(row["row"])].endswith(row["kind"])


def test_predict_reads_the_model(data):
    run(train, data, "--target", "kind", "--l2", "0", *SHORT)
    result = run(predict, "trained/model.npz", data, "--out", "said.csv")
    assert result.exit_code == 0
    assert "accuracy" in result.stderr
    assert "80 predictions written to said.csv" in result.stderr
    assert result.stdout == ""
    printed = run(predict, "trained/model.npz", data)
    assert printed.stdout == (data.parent / "said.csv").read_text()
    assert printed.stdout.startswith("row,kind,prediction,p(down),p(up)\n")


def test_auto_chooses_lambda(data):
    result = run(train, data, "--target", "kind", "--path", "4", "--folds", "3", "--json", *SHORT)
    content = json.loads(result.stdout)
    assert content["lambda"] == content["path"]["chosen"]
    assert len(content["path"]["lambdas"]) == 4
    assert set(content["scores"]) == {"training", "test"}
    assert content["written"] == ["model.npz", "predictions.csv"]
    assert content["last_epoch"]["rows"] == content["scores"]["training"]["rows"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.csv"], "there is no file none.csv"),
        (["data.csv"], "which column is to be predicted?"),
        (["data.csv", "--target", "kinds"], "no column 'kinds'"),
        (["data.csv", "--target", "kind", "--l2", "much"], "λ is 'much'"),
        (["data.csv", "--target", "kind", "--l2", "-1"], "λ is '-1'"),
        (["data.csv", "--target", "kind", "--hidden", "6,x"], "hidden layers of '6,x'"),
        (["data.csv", "--target", "kind", "--activation", "step"], "no activation 'step'"),
        (["data.csv", "--target", "kind", "--engine", "steam"], "no engine 'steam'"),
        (["data.csv", "--target", "kind", "--l2", "0", "--out", "data.csv"], "folder cannot be made"),
        (["data.csv", "--target", "kind", "--drop", "w"], "no column 'w'"),
        (["data.csv", "--target", "u", "--task", "ranking"], "no task 'ranking'"),
    ],
)
def test_input_that_cannot_be_used_is_2(data, arguments, message):
    result = run(train, *arguments, "--no-color")
    assert result.exit_code == 2
    assert message in result.stderr
    assert "fix:" in result.stderr
    assert not (data.parent / "trained" / "model.npz").exists()


def test_predict_says_what_is_missing(data):
    run(train, data, "--target", "kind", "--l2", "0", *SHORT)
    (data.parent / "other.csv").write_text("u,w\n1,2\n")
    result = run(predict, "trained/model.npz", "other.csv")
    assert result.exit_code == 2
    assert "the table lacks v" in result.stderr
    assert run(predict, "none.npz", data).exit_code == 2
    assert run(predict, data, data).exit_code == 2
    assert run(predict, "trained/model.npz", data, "--out", "no/such.csv").exit_code == 2


def test_an_error_as_json(data):
    result = run(train, data, "--target", "kinds", "--json")
    assert json.loads(result.stdout)["error"]["fix"] == "did you mean kind?"


INTERRUPTED = """
import sys
from gradproof.cli import main
sys.argv = ["gradproof", "train", "data.csv", "--target", "kind", "--l2", "0.1", "--epochs", "1000000"]
main()
"""


def interrupted(folder, delay, code=INTERRUPTED, times=1):
    """Status, output and errors of a training that gets Ctrl-C so many seconds after its folder is made."""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (folder / "trained").exists():
        time.sleep(0.02)
    time.sleep(delay)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05 * (times > 1))
    output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_an_interrupt_keeps_what_was_reached(data):
    for delay in (1.5, 5, 20):  # on a busy machine it may come before the first epoch
        status, output, errors = interrupted(data.parent, delay)
        if status != 130:
            break
        assert "nothing is written" in errors
    assert status == 0, errors
    assert "by Ctrl-C" in output
    assert (data.parent / "trained" / "model.npz").exists()
    assert (data.parent / "trained" / "report.html").exists()


def test_experiment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(experiment, "--data", "moons", "--epochs", "20", "--hidden", "5,3", "--out", "pictures")
    assert result.exit_code == 0
    assert "network 2-5-3-1" in result.output
    for title in ("no regularisation", "L2, λ = 0.7", "dropout, keep_prob 0.86"):
        assert title in result.output
    has_matplotlib = "no picture" not in result.output
    assert (tmp_path / "pictures" / "experiment.png").exists() == has_matplotlib


def test_experiment_over_seeds_as_json(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(experiment, "--epochs", "5", "--seed", "3", "--repeat", "2", "--json")
    content = json.loads(result.stdout)
    assert [each["seed"] for each in content["experiments"]] == [3, 4]
    tests = [each["networks"][1]["test_accuracy"] for each in content["experiments"]]
    assert content["averages"][1]["test"][0] == pytest.approx(np.mean(tests))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "star"], "no data set 'star'"),
        (["--hidden", "0"], "hidden layers of '0'"),
        (["--l2", "-1"], "λ is -1"),
        (["--keep-prob", "0"], "keep_prob is 0"),
    ],
)
def test_experiment_that_cannot_be_is_2(arguments, message):
    result = run(experiment, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupt_of_the_folds_leaves_nothing(data, times):
    code = INTERRUPTED.replace('"--l2", "0.1"', '"--path", "3"')
    status, output, errors = interrupted(data.parent, 2, code, times)
    if (status, times) == (
        -signal.SIGINT,
        2,
    ):  # the second one met its last steps
        status = 130
    assert (status, output) == (130, "")
    assert errors == "interrupted before the network was trained: nothing is written\n"
    assert not (data.parent / "trained").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_an_interrupted_experiment_compares_nothing(tmp_path):
    code = (
        "import os, signal, sys, threading\nfrom gradproof.cli import main\n"
        "threading.Timer(3, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        'sys.argv = ["gradproof", "experiment", "--epochs", "1000000"]\nmain()\n'
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.startswith("interrupted")
    assert not list(tmp_path.iterdir())


def test_what_is_no_model_is_said_plainly(data):
    run(train, data, "--target", "kind", "--l2", "0", *SHORT)
    np.savez(data.parent / "other.npz", X=np.ones(3))
    np.savez(data.parent / "objects.npz", X=np.array([{}], object))
    (data.parent / "text.npz").write_text("no archive")
    for name in ("data.csv", "other.npz", "objects.npz", "text.npz"):
        told = run(predict, name, data).stderr
        assert "no model" in told, name
        assert "gradproof train" in told
        assert "pickle" not in told
    assert "give trained/model.npz" in run(predict, "trained", data).stderr


def test_predict_fills_gaps_as_asked(data):
    run(train, data, "--target", "kind", "--l2", "0", *SHORT)
    (data.parent / "gaps.csv").write_text("u,v\n1,\n1,2\n")
    refused = run(predict, "trained/model.npz", "gaps.csv")
    assert refused.exit_code == 2
    assert "--missing mean" in refused.stderr
    assert len(run(predict, "trained/model.npz", "gaps.csv", "--missing", "mean").stdout.splitlines()) == 3
    dropped = run(predict, "trained/model.npz", "gaps.csv", "--missing", "drop")
    assert dropped.stdout.splitlines()[1].startswith("2,")
    assert "no prediction for 1 row" in dropped.stderr


def test_a_space_before_lambda_is_not_repeated(data):
    assert "λ is '-1'" in run(train, data, "--target", "kind", "--l2", " -1").stderr
