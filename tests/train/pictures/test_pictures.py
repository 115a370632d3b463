"""The pictures show the numbers they are given; files are written without touching global state."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from gradproof.errors import InputError
from gradproof.train.pictures import style
from gradproof.train.pictures.boundaries import (
    CLASS_COLORS,
    Panel,
    Points,
    boundaries_picture,
    probabilities,
    shaded,
)
from gradproof.train.pictures.curves import Curves, curves_picture
from gradproof.train.pictures.path import path_picture, picture_of
from gradproof.train.pictures.scatter import scatter_picture

LAMBDAS = np.logspace(-2, 2, 9)
COSTS = np.array([np.linspace(1, 2, 9), np.linspace(1, 3, 9)])


def result(**changes):
    given = {
        "lambdas": LAMBDAS, "training_cost": np.linspace(0, 1, 9), "validation_cost": COSTS,
        "validation_score": 1 - COSTS / 10, "norms": np.outer(1 / (1 + LAMBDAS), [3, 2]),
        "chosen": LAMBDAS[4], "one_se": LAMBDAS[6],
    }  # fmt: skip
    return SimpleNamespace(**{**given, **changes})


def texts(made):
    return [
        text
        for axes in made.axes
        for text in [*(t.get_text() for t in axes.texts), axes.get_title(loc="left"), axes.get_xlabel()]
    ]


def lines_of(axes):
    return [line for line in axes.lines if len(line.get_xdata()) == len(LAMBDAS)]


# --- the path -------------------------------------------------------------------------------------------


def test_the_path_has_its_numbers():
    made = picture_of(result())
    cost, score, norms = made.axes
    training, validation = lines_of(cost)
    assert np.allclose(training.get_xdata(), LAMBDAS)
    assert np.allclose(training.get_ydata(), np.linspace(0, 1, 9))
    assert np.allclose(validation.get_ydata(), COSTS.mean(0))
    assert np.allclose(lines_of(score)[0].get_ydata(), 1 - COSTS.mean(0) / 10)
    assert np.allclose([line.get_ydata() for line in lines_of(norms)], result().norms.T)
    assert made.axes[2].get_xscale() == "log"


def test_the_band_is_one_standard_error():
    cost = picture_of(result()).axes[0]
    band = cost.collections[1].get_paths()[0].vertices
    error = COSTS.std(axis=0, ddof=1) / np.sqrt(2)
    assert band[:, 1].max() == pytest.approx((COSTS.mean(0) + error).max())


def test_the_marks_stand_at_their_lambdas():
    made = picture_of(result())
    for axes in made.axes:
        places = {float(line.get_xdata()[0]) for line in axes.lines if len(line.get_xdata()) == 2}
        assert places == {LAMBDAS[4], LAMBDAS[6]}
    assert {"chosen\nλ = 1", "1 SE\nλ = 10"} <= set(texts(made))


def test_one_mark_where_both_are_the_same():
    made = picture_of(result(one_se=LAMBDAS[4]))
    assert "chosen = 1 SE\nλ = 1" in texts(made)


def test_lambdas_may_come_in_any_order():
    order = np.random.default_rng(0).permutation(9)
    mixed = result(
        lambdas=LAMBDAS[order], training_cost=np.linspace(0, 1, 9)[order], validation_cost=COSTS[:, order],
        validation_score=None, norms=result().norms[order],
    )  # fmt: skip
    cost, norms = picture_of(mixed).axes
    assert np.allclose(lines_of(cost)[0].get_ydata(), np.linspace(0, 1, 9))
    assert np.allclose(lines_of(norms)[0].get_ydata(), 3 / (1 + LAMBDAS))


def test_zero_has_a_place_left_of_the_others():
    lambdas = np.array([0.0, 0.1, 1.0, 10.0])
    made = path_picture(lambdas, training_cost=lambdas, validation_cost=lambdas + 1, chosen=0.0, one_se=0.1)
    axes = made.axes[-1]
    at = made.axes[0].lines[0].get_xdata()
    assert 0 < at[0] < at[1] == 0.1
    ticks = dict(zip(axes.get_xticks(), [t.get_text() for t in axes.get_xticklabels()], strict=True))
    assert ticks[at[0]] == "0"
    assert ticks[1.0] == "1"
    assert all(t >= 0.0999 for t in axes.get_xticks(minor=True))


def test_the_smallest_cost_is_seen_where_others_are_far_larger():
    wide = np.geomspace(0.05, 2.5, 9)
    made = picture_of(result(validation_cost=wide, training_cost=wide / 1e6, validation_score=1 - wide / 3))
    cost, score, _ = made.axes
    assert cost.get_yscale() == "log"
    low, high = cost.get_ylim()
    assert 0.05 / 40 < low < 0.05 < 2.5 < high
    assert score.get_ylim()[0] < 1 - 2.5 / 3  # the whole curve
    assert picture_of(result()).axes[0].get_yscale() == "linear"


@pytest.mark.parametrize("lambdas", [[0.5], [0.0], [0.3, 0.31]])
def test_short_paths_are_drawn(lambdas):
    made = path_picture(lambdas, training_cost=lambdas, validation_cost=lambdas, norms=[[1.0]] * len(lambdas))
    assert style.drawn(made)


# --- learning curves ------------------------------------------------------------------------------------


def ledger(penalty=0.1, validation=0.5, epochs=30):
    return [
        SimpleNamespace(epoch=k, data_cost=1 / k, penalty=penalty, validation_cost=validation)
        for k in range(1, epochs + 1)
    ]


def test_curves_have_data_penalty_total_and_validation():
    made = curves_picture({"a": ledger(), "b": ledger(0.0, None)})
    first, second = made.axes
    assert [len(axes.lines) for axes in (first, second)] == [4, 1]
    assert np.allclose(first.lines[0].get_ydata(), 1 / np.arange(1, 31))
    assert np.allclose(first.lines[2].get_ydata(), 1 / np.arange(1, 31) + 0.1)
    assert first.get_ylim() == second.get_ylim()
    assert {"data cost", "penalty", "total", "validation", "a", "b"} <= set(texts(made))


def test_a_long_ledger_is_thinned_and_ends_where_it_ends():
    line = curves_picture({"": ledger(epochs=5000)}).axes[0].lines[0]
    assert len(line.get_xdata()) == 800
    assert (line.get_xdata()[0], line.get_xdata()[-1]) == (1, 5000)


def test_the_data_that_are_held_out_have_their_name():
    curves = Curves.of(ledger(), "test")
    assert "test" in curves.lines()
    assert "validation" not in curves.lines()


# --- boundaries -----------------------------------------------------------------------------------------


def right_of_the_axis(points):
    return (points[:1] > 0).astype(float)


POINTS = Points.of(np.array([[-1.0, 1.0, 0.5], [0.0, 1.0, -1.0]]), np.array([[0, 1, 1]]))


def test_the_boundary_is_where_the_classifier_changes_its_mind():
    made = boundaries_picture([Panel("step", right_of_the_axis)], POINTS, POINTS, names=("u", "v"))
    (axes,) = made.axes
    outlines = [path.vertices for c in axes.collections for path in c.get_paths()]
    border = max(outlines, key=len)
    assert abs(border[:, 0]).max() < 0.02
    assert axes.get_title(loc="left") == "step"
    assert axes.get_xlabel() == "u"


def test_probabilities_of_two_classes_add_up():
    shares = probabilities(lambda p: 0.25 + 0 * p[:1], (-1, 1, -1, 1))
    assert shares.shape[0] == 2
    assert np.allclose(shares.sum(axis=0), 1)
    assert np.allclose(shares[1], 0.25)


def test_shading_is_white_where_undecided_and_of_the_class_where_certain():
    assert np.allclose(shaded(np.full((2, 1, 1), 0.5)), 1)
    certain = shaded(np.array([[[0.0]], [[1.0]]]))[0, 0]
    assert certain[2] > certain[0]  # blue
    assert np.allclose(shaded(np.full((3, 1, 1), 1 / 3)), 1)


def test_several_classes_have_their_borders():
    def sectors(points):
        scores = np.stack([points[0], points[1], -points[0] - points[1]])
        return np.exp(scores) / np.exp(scores).sum(axis=0)

    three = Points.of(np.random.default_rng(0).normal(size=(2, 9)), np.eye(3)[np.arange(9) % 3].T)
    assert three.labels.tolist() == [0, 1, 2] * 3
    assert style.drawn(boundaries_picture([Panel("a", sectors)], three, square=False))


def test_classes_are_named_in_their_colours():
    from matplotlib.offsetbox import TextArea

    made = boundaries_picture([Panel("", right_of_the_axis)], POINTS, classes=("no", "yes"))
    named = {t.get_text(): t._text.get_color() for t in made.findobj(TextArea)}
    assert named == {"● no": CLASS_COLORS[0], "● yes": CLASS_COLORS[1]}


def test_points_of_three_features_are_refused():
    with pytest.raises(InputError, match="two features"):
        Points.of(np.zeros((3, 4)), np.zeros((1, 4)))


def test_predictions_stand_against_true_values():
    made = scatter_picture(np.array([1.0, 2.0]), np.array([1.5, 2.0]), name="price")
    (axes,) = made.axes
    assert axes.collections[0].get_offsets().tolist() == [[1.0, 1.5], [2.0, 2.0]]
    assert axes.get_xlim() == axes.get_ylim()


# --- files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_files_are_written_and_are_the_same_again(tmp_path, kind, magic):
    paths = [style.save(curves_picture({"": ledger()}), tmp_path / f"{k}.{kind}") for k in range(2)]
    first, second = (path.read_bytes() for path in paths)
    assert first.startswith(magic)
    assert first == second


def test_what_cannot_be_written_is_said(tmp_path):
    made = style.figure(1, 1)
    with pytest.raises(InputError, match="bmp"):
        style.save(made, tmp_path / "a.bmp")
    with pytest.raises(InputError, match="no folder"):
        style.save(made, tmp_path / "no" / "a.png")


def test_global_state_is_left_alone():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    style.drawn(picture_of(result()), "svg")
    assert dict(mpl.rcParams) == before


def test_pyplot_is_not_loaded():
    probe = (
        "import sys; from gradproof.train.pictures.style import drawn, figure; f = figure(1, 1); "
        "f.subplots().plot([1, 2]); drawn(f, 'svg'); print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert not style.available()
    with pytest.raises(InputError) as caught:
        style.figure(1, 1)
    assert "gradproof[train]" in caught.value.fix


@pytest.mark.parametrize(("first", "scale"), [(3.0, "linear"), (400.0, "log")])
def test_the_first_epochs_of_learning_curves_are_seen(first, scale):
    data_cost = np.r_[first, np.linspace(1.0, 0.5, 99)]
    curves = Curves(np.arange(1.0, 101.0), data_cost, np.full(100, 0.1))
    axes = curves_picture({"": curves}).axes[0]
    low, high = axes.get_ylim()
    assert axes.get_yscale() == scale
    assert low < 0.1 < first + 0.1 < high
