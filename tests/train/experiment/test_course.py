"""The experiment: the same network three times, and figures that are those of its predictions."""

import os
import signal
import threading
from dataclasses import replace

import numpy as np
import pytest

from gradproof.errors import InputError
from gradproof.train.experiment.course import Setting, averages, networks, run_experiment
from gradproof.train.experiment.data import data_set
from gradproof.train.experiment.words import experiment_lines, repeated_lines
from gradproof.train.penalties import L2

SHORT = Setting(hidden=(5, 3), epochs=20, points=60, test_points=200)


@pytest.fixture(scope="module")
def short():
    return run_experiment("moons", seed=1, setting=SHORT)


def test_the_networks_differ_in_regularisation_alone():
    plain, l2, dropout = (network for _, network in networks(Setting(), data_set("field")))
    assert plain.sizes == l2.sizes == dropout.sizes == (2, 20, 3, 1)
    assert [layer.penalty for layer in plain.layers] == [None] * 3
    assert [layer.penalty for layer in l2.layers] == [L2(0.7)] * 3
    assert [layer.keep_prob for layer in dropout.layers] == [0.86, 0.86, 1.0]
    assert l2.with_penalty(None) == plain


def test_lambda_is_the_data_s_unless_it_is_given():
    assert networks(Setting(), data_set("flower"))[1][1].layers[0].penalty == L2(0.1)
    assert networks(Setting(lambd=2.0), data_set("flower"))[1][0] == "L2, λ = 2"


def test_all_three_begin_with_the_same_weights():
    one = Setting(epochs=1, learning_rate=1e-12, points=60, test_points=10)
    first, *others = (e.fitted.parameters for e in run_experiment("moons", setting=one).outcomes)
    for other in others:
        assert all(np.allclose(first[name], other[name], atol=1e-9) for name in first)


def test_the_figures_are_those_of_the_predictions(short):
    for outcome in short.outcomes:
        for (X, Y), accuracy in ((short.training, outcome.training), (short.test, outcome.test)):
            assert accuracy == ((outcome.fitted.predict(X) > 0.5) == Y).mean()
        assert outcome.norms[0] == pytest.approx(np.linalg.norm(outcome.fitted.parameters["W1"]))


def test_a_gain_is_the_difference_with_its_error(short):
    first, second, _ = short.outcomes
    gain, error = short.gain(second)
    assert gain == pytest.approx(second.test - first.test)
    differing = (second.right_test != first.right_test).mean()
    assert error == pytest.approx(np.sqrt((differing - gain**2) / 199), rel=1e-6)
    assert short.gain(first) == (0.0, 0.0)


def test_a_seed_gives_the_same_again(short):
    again = run_experiment("moons", seed=1, setting=SHORT)
    assert again.to_dict() == short.to_dict()
    assert run_experiment("moons", seed=2, setting=SHORT).to_dict() != short.to_dict()


def test_means_over_seeds(short):
    other = run_experiment("moons", seed=2, setting=SHORT)
    rows = averages([short, other])
    assert rows[0]["gain"] == (0.0, 0.0)
    tests = [e.outcomes[1].test for e in (short, other)]
    assert rows[1]["test"] == pytest.approx((np.mean(tests), np.std(tests, ddof=1)))
    assert rows[1]["better"] == sum(e.gain(e.outcomes[1])[0] > 0 for e in (short, other))


def test_the_lines_have_the_figures(short):
    text = "\n".join(experiment_lines(short))
    assert "60 training points, 200 test points, seed 1" in text
    for outcome in short.outcomes:
        row = next(line for line in text.splitlines() if line.startswith(outcome.title))
        assert f"{100 * outcome.training:.1f} %  " in row
        assert f"{outcome.norms[-1]:.2f}" in row
    repeated = "\n".join(repeated_lines([short, short]))
    assert "2 seeds" in repeated
    assert f"{100 * short.outcomes[0].training:.1f} → {100 * short.outcomes[0].test:.1f}" in repeated


def test_the_picture_has_boundaries_and_curves(short):
    pytest.importorskip("matplotlib")
    from gradproof.train.experiment.picture import experiment_picture

    made = experiment_picture(short)
    titles = [axes.get_title(loc="left") for axes in made.axes[:3]]
    assert titles == [outcome.title for outcome in short.outcomes]
    curves = made.axes[3:]
    assert [len(axes.lines) for axes in curves] == [2, 4, 2]
    for axes, outcome in zip(curves, short.outcomes, strict=True):
        assert np.allclose(axes.lines[0].get_ydata(), [e.data_cost for e in outcome.fitted.ledger])


def test_settings_that_cannot_be():
    with pytest.raises(InputError, match="points is 1"):
        Setting(points=1)


@pytest.mark.slow
@pytest.mark.parametrize(("data", "least"), [("field", 0.01), ("moons", 0.01), ("circles", 0.005)])
def test_without_regularisation_the_network_learns_the_noise(data, least):
    """The textbook's effect, over seeds: better in training, worse on new points."""
    found = [run_experiment(data, seed=seed) for seed in range(6)]
    plain, l2, _ = averages(found)
    assert plain["training"][0] > l2["training"][0] + 0.01
    assert l2["gain"][0] > least
    assert l2["better"] >= 5
    norms = np.array([[outcome.norms.sum() for outcome in e.outcomes] for e in found])
    assert (norms[:, 0] > 2 * norms[:, 1]).all()


def test_ctrl_c_ends_all_of_it():
    begun = []

    def started(title):
        begun.append(title)
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        run_experiment("moons", setting=replace(SHORT, epochs=10**6), engine="numpy", started=started)
    assert begun == ["no regularisation"]


@pytest.mark.parametrize("points", [2, 19])
def test_few_points_prove_nothing(points):
    found = run_experiment("moons", setting=replace(SHORT, epochs=3, points=points))
    said = experiment_lines(found)[-2:]
    assert all(line.endswith(f"{points} training points prove nothing") for line in said)
    assert not any("better" in line or "worse" in line for line in said)
