"""The NumPy engine writes into buffers of its own; what it is given and gives out stays as it was."""

import tracemalloc

import numpy as np
import pytest
from tests.train.engines.agreement import NETWORKS, largest_difference, run

from gradproof.errors import InputError
from gradproof.expr.broadcast import scale
from gradproof.train.engines.base import Data, Epoch, State
from gradproof.train.engines.numpy_engine import CHUNK, NumpyEngine
from gradproof.train.engines.reference import ReferenceEngine
from gradproof.train.network import Layer, Network, dense
from gradproof.train.optimizers import SGD, Adam, AdamW, Optimizer
from gradproof.train.penalties import L1, L2
from gradproof.write.kernels import numpy_entries
from gradproof.write.kernels.statements import renamed

NETWORK = dense([5, 4, 3], activation="gelu", penalty=L2(0.3))


def problem(engine, *, count=23, seed=0):
    rng = np.random.default_rng(seed)
    network = engine.network
    classes = rng.integers(0, network.sizes[-1], count)
    Y = np.eye(network.sizes[-1])[classes].T
    data = Data.of(rng.random((network.inputs, count)), Y, dtype=engine.dtype)
    start = {n: rng.standard_normal(s).astype(engine.dtype) for n, s in network.parameter_shapes.items()}
    return data, State.begin(start, engine.optimizer)


def epoch_of(engine, data, *, batch_size=10, order=None, rate=0.01):
    order = np.arange(data.count) if order is None else np.asarray(order)
    return Epoch(order, batch_size, rate, engine.lambdas, data.count)


# --- buffers ----------------------------------------------------------------------------------------------


def test_what_was_given_out_stays_as_it_was():
    engine = NumpyEngine(NETWORK, Adam())
    data, state = problem(engine)
    prediction = engine.predict(state.parameters, data.X)
    _, _, gradients = engine.costs_and_gradients(data, state.parameters, engine.lambdas, 23)
    before = {"prediction": prediction.copy(), **{n: g.copy() for n, g in gradients.items()}}
    other, moved = problem(engine, seed=1)
    engine.predict(moved.parameters, other.X)
    engine.costs_and_gradients(other, moved.parameters, engine.lambdas, 23)
    engine.epoch(other, moved, epoch_of(engine, other, batch_size=23))
    for name, value in before.items():
        assert np.array_equal(value, prediction if name == "prediction" else gradients[name])


def test_data_and_starting_values_are_not_written_to():
    engine = NumpyEngine(NETWORK, Adam())
    data, state = problem(engine)
    for array in (data.X, data.Y):
        array.setflags(write=False)
    shared = {n: w.copy() for n, w in state.parameters.items()}
    for w in shared.values():
        w.setflags(write=False)
    own = State.begin(shared, engine.optimizer)
    engine.epoch(data, own, epoch_of(engine, data))
    engine.costs_and_gradients(data, shared, engine.lambdas, 23)
    engine.predict(shared, data.X)
    assert not np.array_equal(own.parameters["W1"], shared["W1"])


def test_the_state_is_changed_in_place():
    engine = NumpyEngine(NETWORK, Adam())
    data, state = problem(engine)
    arrays = {**state.parameters, **state.slots}
    before = {n: a.copy() for n, a in arrays.items()}
    engine.epoch(data, state, epoch_of(engine, data))
    assert state.step == 3
    for name, array in {**state.parameters, **state.slots}.items():
        assert array is arrays[name]
        assert not np.array_equal(array, before[name])


def test_an_epoch_allocates_next_to_nothing():
    engine = NumpyEngine(dense([200, 100, 10], penalty=L2(0.3)), SGD(momentum=0.9))
    data, state = problem(engine, count=1000)
    epoch = epoch_of(engine, data, batch_size=200)
    engine.epoch(data, state, epoch)
    tracemalloc.start()
    engine.epoch(data, state, epoch)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < state.parameters["W1"].nbytes / 2


@pytest.mark.parametrize("sizes", [(5, 4, 100, 5, 4), tuple(range(1, 9))])
def test_batches_of_many_sizes_one_after_the_other(sizes):
    """Arrays are kept for a few sizes only."""
    engine, reference = NumpyEngine(NETWORK, Adam()), ReferenceEngine(NETWORK, Adam())
    data, state = problem(engine)
    _, expected = problem(reference)
    for size in sizes:
        cost = engine.epoch(data, state, epoch_of(engine, data, batch_size=size))
        assert cost == pytest.approx(reference.epoch(data, expected, epoch_of(engine, data, batch_size=size)))
        engine.predict(state.parameters, data.X[:, :size])
    assert largest_difference(state.parameters, expected.parameters) < 1e-12


@pytest.mark.parametrize("order", [[5, 5, 5, 0], [22], range(0, 23, 2)])
def test_orders_that_are_no_permutations(order):
    ends = []
    for kind in (NumpyEngine, ReferenceEngine):
        engine = kind(NETWORK, Adam())
        data, state = problem(engine)
        ends.append((engine.epoch(data, state, epoch_of(engine, data, order=order)), state.parameters))
    assert ends[0][0] == pytest.approx(ends[1][0], rel=1e-12)
    assert largest_difference(ends[0][1], ends[1][1]) < 1e-12


# --- updates ----------------------------------------------------------------------------------------------


def test_arrays_longer_than_a_piece_of_work():
    """W1 is updated in several pieces, the last of which is shorter."""
    network = dense([130, 150, 3])
    assert CHUNK < 130 * 150 < 2 * CHUNK
    ends = []
    for kind in (NumpyEngine, ReferenceEngine):
        engine = kind(network, AdamW())
        data, state = problem(engine)
        engine.epoch(data, state, epoch_of(engine, data))
        ends.append({**state.parameters, **state.slots})
    assert largest_difference(*ends) < 1e-12


def test_one_copy_is_one_network():
    alone = run(NumpyEngine(NETWORKS["much dropout"], Adam(0.01)))
    together = run(NumpyEngine(NETWORKS["much dropout"], Adam(0.01), copies=1))
    for name, value in alone.items():
        np.testing.assert_allclose(np.squeeze(together[name]), np.squeeze(value), rtol=1e-10, atol=1e-12)


def test_the_learning_rate_is_that_of_the_epoch():
    engine = NumpyEngine(NETWORK, SGD(0.5))
    data, state = problem(engine)
    before = state.parameters["W1"].copy()
    engine.epoch(data, state, epoch_of(engine, data, rate=1e-12))
    np.testing.assert_allclose(state.parameters["W1"], before, atol=1e-10)


# --- far out ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["sigmoid", "softplus", "silu", "elu", "gelu", "tanh"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_large_values_are_no_warning_and_no_nan(activation, dtype):
    network = dense([2, 3, 2], activation=activation)
    engine = NumpyEngine(network, SGD(1e-3), dtype)
    data, state = problem(engine)
    for name in ("W1", "W2"):
        state.parameters[name] *= 800
    cost = engine.epoch(data, state, epoch_of(engine, data, rate=1e-3))
    _, _, gradients = engine.costs_and_gradients(data, state.parameters, {}, 23)
    assert np.isfinite(cost)
    assert all(np.isfinite(g).all() for g in gradients.values())
    np.testing.assert_allclose(engine.predict(state.parameters, data.X).sum(axis=0), 1, rtol=1e-6)


def test_a_run_that_diverges_ends_with_a_cost_that_is_none():
    engine = NumpyEngine(dense([3, 5, 2], loss="squared_error"), SGD())
    data, state = problem(engine)
    with np.errstate(all="ignore"):
        costs = [engine.epoch(data, state, epoch_of(engine, data, rate=1e6)) for _ in range(30)]
    first = int(np.argmin(np.isfinite(costs)))
    assert not np.isfinite(costs[first:]).any()


# --- what it is not given -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [NumpyEngine, ReferenceEngine])
def test_data_that_do_not_fit_are_refused(kind):
    engine = kind(NETWORK, Adam(), weighted=True)
    data, state = problem(engine)
    weighted = Data.of(data.X, data.Y, np.ones(23))
    with pytest.raises(InputError, match="data without weights"):
        engine.epoch(data, state, epoch_of(engine, data))
    for order in ([], [0, 23], [-1]):
        with pytest.raises(InputError, match=f"an order of {len(order)} indices of 23 examples"):
            engine.epoch(weighted, state, Epoch(np.array(order, int), 10, 0.01, engine.lambdas, 23))
    with pytest.raises(InputError, match="X, Y and weights of 23, 22, 23 examples"):
        engine.epoch(Data(data.X, data.Y[:, 1:], weighted.weights), state, epoch_of(engine, data))
    with pytest.raises(InputError, match="an engine in float16"):
        kind(NETWORK, Adam(), "float16")


# --- the tests themselves ---------------------------------------------------------------------------------


def difference(network, optimizer):
    expected = run(ReferenceEngine(network, optimizer))
    return largest_difference(run(NumpyEngine(network, optimizer)), expected)


@pytest.mark.parametrize("name", ["tanh", "sign", "gelu", "leaky_relu"])
def test_that_a_wrong_function_would_be_seen(name, monkeypatch):
    network = Network(3, (Layer(4, "tanh", L1(0.3)), Layer(4, "gelu"), Layer(4, "leaky_relu"), Layer(2)))
    assert difference(network, SGD(0.1)) < 1e-12
    table = numpy_entries.UFUNCS if name in numpy_entries.UFUNCS else numpy_entries.FORMULAS
    monkeypatch.setitem(table, name, "np.positive" if name in numpy_entries.UFUNCS else "{0}")
    assert difference(network, SGD(0.1)) > 1e-6


def test_that_a_wrong_update_would_be_seen(monkeypatch):
    """The engine's own way of updating, all parameters as one vector, is held against the equations."""
    right = Optimizer.equations

    def wrong(self, parameter, gradient):
        if len(parameter.shape) == 1:
            return [
                (w, renamed(v, {gradient: scale(2, gradient)})) for w, v in right(self, parameter, gradient)
            ]
        return right(self, parameter, gradient)

    monkeypatch.setattr(Optimizer, "equations", wrong)
    assert difference(NETWORKS["relu and L2"], Adam(0.01)) > 1e-6
