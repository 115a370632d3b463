"""Right gradients pass in every engine and precision; planted faults are named."""

import numpy as np
import pytest
from tests.train.fitting.problems import NETWORKS, QUADRANTS, data_for, quadrants

from gradproof.checking.report import WRONG
from gradproof.errors import InputError
from gradproof.train.activations import ACTIVATIONS, LOSSES
from gradproof.train.engines import engine_of
from gradproof.train.engines.base import Data
from gradproof.train.engines.numpy_engine import NumpyEngine
from gradproof.train.engines.reference import ReferenceEngine
from gradproof.train.fitting import check, dropout_masks, fit, initial_parameters, plain
from gradproof.train.network import dense
from gradproof.train.optimizers import SGD, Adam
from gradproof.train.penalties import L1, L2, ElasticNet

# --- the cost that is written out by hand ---------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_plain_cost_is_the_engines(activation, loss):
    network = dense([3, 5, 1 if loss == "binary_cross_entropy" else 2], activation=activation, loss=loss)
    X, Y = data_for(network)
    parameters = initial_parameters(network, np.random.default_rng(0), "glorot_uniform")
    engine = engine_of("reference", network, SGD())
    cost, _, _ = engine.costs_and_gradients(Data.of(X, Y), parameters, {}, 60)
    assert plain.example_costs(network, parameters, X, Y).mean() == pytest.approx(float(cost), rel=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_plain_activations_have_complex_steps(activation):
    function = plain.ACTIVATIONS[activation]
    z = np.linspace(-4, 4, 16)  # without 0
    differences = (function(z + 1e-5) - function(z - 1e-5)) / 2e-5
    np.testing.assert_allclose(function(z + 1e-30j).imag / 1e-30, differences, rtol=1e-8, atol=1e-9)
    assert np.isfinite(function(np.array([-800.0, 800.0]) + 1e-30j)).all()


def test_plain_losses_are_finite_far_out():
    z = np.array([[-800.0, 800.0], [800.0, -800.0]])
    for name, loss in plain.LOSSES.items():
        assert np.isfinite(loss(z, np.eye(2))).all(), name


# --- right gradients ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("engine", ["reference", "numpy"])
@pytest.mark.parametrize("name", NETWORKS)
def test_right_gradients_are_called_so(name, engine, dtype):
    report = check(NETWORKS[name], engine=engine, dtype=dtype)
    assert report.verdict == "correct", report
    assert report.evidence.bound < {"float64": 1e-12, "float32": 1e-3}[dtype]
    assert set(report.parameters) == set(NETWORKS[name].parameter_shapes)
    assert report.evidence.precision == dtype


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_activation_and_loss_in_many_sizes(activation, loss):
    for seed, sizes in enumerate(((1, 1), (7, 1, 2), (20, 30, 3, 9))):
        outputs = 1 if loss == "binary_cross_entropy" else sizes[-1] + 1
        network = dense(
            [*sizes[:-1], outputs], activation=activation, loss=loss, penalty=ElasticNet(0.3, biases=True),
            keep_prob=0.7,
        )  # fmt: skip
        report = check(network, engine="numpy", seed=seed)
        assert report.verdict == "correct", (network, report)


def test_the_compiled_engine():
    assert check(NETWORKS["a penalty for each layer, dropout"], engine="auto").verdict == "correct"


def test_weights_max_norm_and_given_data():
    network = dense([2, 6, 1], loss="binary_cross_entropy", penalty=L2(0.1), max_norm=0.1)
    X, Y = quadrants(300)
    report = check(network, X, Y, weights=np.arange(300) / 150, engine="numpy")
    assert report.verdict == "correct"
    assert "40 examples" in report.evidence.notes[0]


def test_a_trained_network_checks_itself():
    X, Y = quadrants()
    for dtype in ("float64", "float32"):
        fitted = fit(QUADRANTS, X, Y, optimizer=Adam(0.05), epochs=100, dtype=dtype, engine="numpy")
        assert fitted.check(X, Y).verdict == "correct"
        assert fitted.check().verdict == "correct"


def test_kinks_are_stepped_away_from():
    network = dense([2, 3, 1], loss="binary_cross_entropy")
    parameters = {name: np.zeros(shape) for name, shape in network.parameter_shapes.items()}
    report = check(network, parameters=parameters, engine="numpy")  # every Z1 is 0, where relu has its kink
    assert report.verdict == "correct"
    assert "moved a little, away from kinks" in report.evidence.notes[1]


def test_a_penalty_at_0_is_no_fault():
    network = dense([2, 3, 1], loss="binary_cross_entropy", activation="tanh", penalty=L1(0.5))
    parameters = {name: np.zeros(shape) for name, shape in network.parameter_shapes.items()}
    assert check(network, parameters=parameters, engine="numpy").verdict == "correct"


# --- planted faults -------------------------------------------------------------------------------------

DROPPING = dense([3, 6, 4, 3], activation=["leaky_relu", "tanh"], keep_prob=0.7, penalty=L2(0.5))


def faulty(plant, base=ReferenceEngine):
    """An engine whose gradient of all data a function changes."""

    class Faulty(base):
        def costs_and_gradients(self, data, parameters, lambdas, rows):
            cost, penalty, gradients = super().costs_and_gradients(data, parameters, lambdas, rows)
            return plant(cost, penalty, gradients, parameters)

    return Faulty


def entry(name, place, amount):
    def plant(cost, penalty, gradients, parameters):
        gradients[name][place] += amount
        return cost, penalty, gradients

    return plant


def penalty_left_out(cost, penalty, gradients, parameters):
    gradients["W1"] = gradients["W1"] - 0.5 / 40 * parameters["W1"]
    return cost, penalty, gradients


def sum_for_matrix(cost, penalty, gradients, parameters):
    gradients["W2"] = gradients["W2"] + 1e-3 * parameters["W2"].sum()
    return cost, penalty, gradients


def nan(cost, penalty, gradients, parameters):
    gradients["b3"] = gradients["b3"] * np.nan
    return cost, penalty, gradients


def zero(cost, penalty, gradients, parameters):
    gradients["b1"] = 0 * gradients["b1"]
    return cost, penalty, gradients


@pytest.mark.parametrize(
    ("plant", "name"),
    [
        (entry("W2", (1, 3), 1e-10), "W2"), (entry("b3", (2, 0), -1e-11), "b3"), (penalty_left_out, "W1"),
        (sum_for_matrix, "W2"), (nan, "b3"), (zero, "b1"),
    ],
)  # fmt: skip
def test_a_wrong_gradient_is_named(plant, name):
    report = check(DROPPING, engine=faulty(plant)(DROPPING, SGD()))
    assert report.verdict == WRONG
    assert report.wrong == [name]
    (diagnosis,) = report[name].diagnoses
    assert diagnosis.code == "wrong-entries"
    assert diagnosis.message.startswith(f"the gradient of all data by {name} ")


def test_the_wrong_entry_is_told():
    report = check(DROPPING, engine=faulty(entry("W2", (1, 3), 1e-6))(DROPPING, SGD()))
    diagnosis = report["W2"].diagnosis
    assert diagnosis.indices == [(1, 3)]
    got, true = (float(x) for x in diagnosis.message.split("[1, 3] is ")[1].split(" and should be "))
    assert got - true == pytest.approx(1e-6, rel=0.1)


def test_a_fault_in_float32_is_told_from_rounding():
    for amount, verdict in ((1e-3, WRONG), (1e-10, "correct")):
        engine = faulty(entry("W2", (0, 0), amount))(DROPPING, SGD(), "float32")
        assert check(DROPPING, engine=engine, dtype="float32").verdict == verdict


class NoMask(NumpyEngine):
    """A training step that forgets dropout's masks; the gradient of all data is right."""

    def epoch(self, data, state, epoch):
        ones = {f"D{k}": np.ones((n, data.count)) for k, n in ((1, 6), (2, 4))}
        return super().epoch(
            data, state, type(epoch)(*(getattr(epoch, f) for f in epoch.__slots__[:-1]), lambda _: ones)
        )


class WrongUpdate(NumpyEngine):
    """A step that trains b1 twice."""

    def epoch(self, data, state, epoch):
        before = state.parameters["b1"].copy()
        cost = super().epoch(data, state, epoch)
        state.parameters["b1"] += state.parameters["b1"] - before
        return cost


@pytest.mark.parametrize(("kind", "wrong"), [(NoMask, {"W1", "b1", "W2"}), (WrongUpdate, {"b1"})])
def test_a_wrong_training_step_is_seen(kind, wrong):
    report = check(DROPPING, engine=kind(DROPPING, SGD()))
    assert report.verdict == WRONG
    assert wrong <= set(report.wrong)
    assert "the gradient of a training step by b1" in report["b1"].diagnosis.message
    if kind is WrongUpdate:
        assert report.wrong == ["b1"]


def test_a_wrong_cost_is_seen():
    def plant(cost, penalty, gradients, parameters):
        return cost * (1 + 1e-9), penalty, gradients

    report = check(DROPPING, engine=faulty(plant)(DROPPING, SGD()))
    assert (report.verdict, report.wrong) == (WRONG, [])
    assert "the engine's cost differs from that written out by hand" in report.reason


def test_where_rounding_rules_the_verdict_is_inconclusive():
    def plant(cost, penalty, gradients, parameters):
        rng = np.random.default_rng()
        return cost, penalty, {k: g + rng.standard_normal(g.shape) for k, g in gradients.items()}

    report = check(DROPPING, engine=faulty(plant)(DROPPING, SGD()))
    assert report.verdict == "inconclusive"
    assert "rounding alone moves the gradient of all data" in report["W1"].reason


def test_x_without_y_is_refused():
    with pytest.raises(InputError, match="X without Y"):
        check(QUADRANTS, np.ones((2, 3)))


def test_masks_are_drawn_for_the_check():
    assert dropout_masks(DROPPING, np.random.default_rng(0)) is not None
    assert check(DROPPING, engine="numpy", seed=1).verdict == check(DROPPING, engine="numpy", seed=2).verdict
