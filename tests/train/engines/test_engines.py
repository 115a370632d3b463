"""The engines agree, whatever the network, the optimiser, the weights and the number of copies."""

import numpy as np
import pytest
from tests.train.engines.agreement import BATCH_SIZE, NETWORKS, OPTIMIZERS, largest_difference, run

from gradproof.errors import InputError
from gradproof.train.engines import ENGINES, blas, compiled, compiler, engine_of
from gradproof.train.engines.base import Data, Epoch, State, in_one_piece
from gradproof.train.network import dense
from gradproof.train.optimizers import SGD, Adam
from gradproof.train.penalties import L2

FAST = ["numpy", "compiled"] if compiler.compiler() and blas.is_available() else ["numpy"]
CASES = [
    pytest.param(
        NETWORKS[title], OPTIMIZERS[(k + 3 * weighted + bool(copies)) % len(OPTIMIZERS)], weighted, copies,
        id=f"{title}{', weighted' * weighted}{', copies' * bool(copies)}",
    )
    for k, title in enumerate(NETWORKS)
    for weighted in (False, True)
    for copies in (None, 3)
]  # fmt: skip


@pytest.mark.parametrize("name", FAST)
@pytest.mark.parametrize(("network", "optimizer", "weighted", "copies"), CASES)
def test_an_engine_computes_what_the_reference_computes(name, network, optimizer, weighted, copies):
    expected = run(engine_of("reference", network, optimizer, copies=copies, weighted=weighted))
    found = run(engine_of(name, network, optimizer, copies=copies, weighted=weighted))
    assert largest_difference(found, expected) < 1e-12


@pytest.mark.parametrize("name", FAST)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: f"{o.name} {dict(o.settings)}")
def test_every_optimizer(name, optimizer):
    network = NETWORKS["relu and L2"]
    expected = run(engine_of("reference", network, optimizer))
    assert largest_difference(run(engine_of(name, network, optimizer)), expected) < 1e-12


@pytest.mark.parametrize("name", FAST)
def test_single_precision(name):
    network = NETWORKS["relu and L2"]
    expected = run(engine_of("reference", network, SGD(0.01)))
    found = run(engine_of(name, network, SGD(0.01), "float32"))
    assert found["W1"].dtype == np.float32
    assert largest_difference(found, expected) < 1e-4


def test_copies_are_independent_networks():
    """Three networks at once are three networks one after the other."""
    network, rng = dense([4, 3, 2], penalty=L2(0.1)), np.random.default_rng(0)
    X, Y = rng.random((4, 20)), np.eye(2)[rng.integers(0, 2, 20)].T
    data, order = Data.of(X, Y), np.arange(20)
    stacked = {name: rng.standard_normal((3, *shape)) for name, shape in network.parameter_shapes.items()}
    together = engine_of("numpy", network, Adam(0.01), copies=3)
    all_of_them = State.begin(stacked, together.optimizer)
    lambdas = np.array([0.0, 0.1, 10.0])
    costs = together.epoch(data, all_of_them, Epoch(order, 5, 0.01, {"λ": lambdas}, 20))
    for k, lambd in enumerate(lambdas):
        alone = engine_of("numpy", network, Adam(0.01))
        state = State.begin({name: w[k] for name, w in stacked.items()}, alone.optimizer)
        cost = alone.epoch(data, state, Epoch(order, 5, 0.01, {"λ": lambd}, 20))
        assert cost == pytest.approx(costs[k], rel=1e-12)
        for name, w in all_of_them.parameters.items():
            np.testing.assert_allclose(state.parameters[name], w[k], rtol=1e-10)


@pytest.mark.parametrize("name", FAST)
def test_parameters_that_do_not_lie_in_one_piece(name):
    network = NETWORKS["relu and L2"]
    engine = engine_of(name, network, Adam(0.01))
    rng = np.random.default_rng(0)
    start = {n: rng.standard_normal(shape) for n, shape in network.parameter_shapes.items()}
    data = Data.of(rng.random((6, 20)), np.eye(4)[rng.integers(0, 4, 20)].T)
    joined = State.begin(start, engine.optimizer)
    slots = {n: np.zeros_like(s) for n, s in joined.slots.items()}
    apart = State({n: w.copy() for n, w in start.items()}, slots)
    for state in (joined, apart):
        engine.epoch(data, state, Epoch(np.arange(20), 7, 0.01, engine.lambdas, 20))
    assert all(np.array_equal(joined.parameters[n], apart.parameters[n]) for n in start)


def test_in_one_piece_keeps_names_and_values():
    arrays = {"W1": np.ones((2, 3)), "b1": np.zeros((2, 1)), "W2": np.full((1, 2), 2.0)}
    joined = in_one_piece(arrays)
    assert list(joined) == list(arrays)
    assert all(np.array_equal(joined[n], arrays[n]) for n in arrays)
    assert joined["W2"].ctypes.data == joined["W1"].ctypes.data + joined["W1"].nbytes


def test_max_norm_bounds_the_rows():
    network = dense([5, 4, 2], max_norm=0.5)
    rng = np.random.default_rng(0)
    data = Data.of(rng.random((5, 30)), np.eye(2)[rng.integers(0, 2, 30)].T)
    for name in FAST:
        engine = engine_of(name, network, SGD(0.5))
        start = {n: rng.standard_normal(shape) * 3 for n, shape in network.parameter_shapes.items()}
        state = State.begin(start, engine.optimizer)
        engine.epoch(data, state, Epoch(np.arange(30), 10, 0.5, {}, 30))
        assert np.all(np.linalg.norm(state.parameters["W1"], axis=1) <= 0.5 + 1e-12)
        assert np.any(np.linalg.norm(state.parameters["W2"], axis=1) > 0.5)


def test_an_unknown_engine_is_refused():
    with pytest.raises(InputError, match="no engine 'fortran'"):
        engine_of("fortran", dense([2, 1], loss="squared_error"), SGD())


def test_every_engine_has_the_name_it_is_asked_by():
    for name in FAST:
        assert engine_of(name, dense([2, 2]), SGD()).name == name
    assert set(ENGINES) == {"numpy", "compiled", "jax", "reference"}


@pytest.mark.skipif("compiled" not in FAST, reason="there is no C compiler")
@pytest.mark.parametrize("title", ["relu and L2", "much dropout"])
def test_copies_in_groups_are_copies_at_once(title, monkeypatch):
    """A kernel runs as many copies as fit into the cache; the result is that of all of them together."""
    expected = run(engine_of("reference", NETWORKS[title], Adam(0.01), copies=5, weighted=True))
    monkeypatch.setattr(compiled, "CACHE", 2000)
    engine = engine_of("compiled", NETWORKS[title], Adam(0.01), copies=5, weighted=True)
    assert engine._together(BATCH_SIZE) < 5
    assert largest_difference(run(engine), expected) < 1e-12
