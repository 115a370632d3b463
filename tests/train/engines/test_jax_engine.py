"""The JAX engine computes what the plain one computes, and leaves alone what is not its own."""

import copy
import pickle

import numpy as np
import pytest
from tests.train.engines.agreement import NETWORKS, OPTIMIZERS, largest_difference, run

from gradproof.errors import InputError
from gradproof.train.engines import engine_of
from gradproof.train.engines.base import Data, Epoch, State
from gradproof.train.engines.jax_engine import JaxEngine
from gradproof.train.network import dense
from gradproof.train.optimizers import SGD, Adam
from gradproof.train.parallel import start
from gradproof.train.penalties import L2

jax = pytest.importorskip("jax")
pytestmark = pytest.mark.jax
ROUNDING = 1e-13
CASES = [
    pytest.param(
        NETWORKS[title], OPTIMIZERS[(k + 3 * bool(copies)) % len(OPTIMIZERS)], bool(k % 2), copies,
        id=f"{title}{', weighted' * (k % 2)}{', copies' * bool(copies)}",
    )
    for k, title in enumerate(NETWORKS) for copies in (None, 3)
]  # fmt: skip


@pytest.mark.parametrize(("network", "optimizer", "weighted", "copies"), CASES)
def test_it_computes_what_the_reference_computes(network, optimizer, weighted, copies):
    expected = run(engine_of("reference", network, optimizer, copies=copies, weighted=weighted))
    found = run(engine_of("jax", network, optimizer, copies=copies, weighted=weighted))
    assert largest_difference(found, expected) < ROUNDING


def test_many_masks_are_sent_in_pieces(monkeypatch):
    network, optimizer = NETWORKS["much dropout"], Adam(0.01)
    expected = run(engine_of("jax", network, optimizer))
    monkeypatch.setattr("gradproof.train.engines.jax_engine._MASK_BYTES", 1)
    assert largest_difference(run(engine_of("jax", network, optimizer)), expected) < ROUNDING


def test_copies_may_share_their_masks():
    """As each network would be trained alone; nothing is copied for it."""
    network, count = dense([3, 4, 2], keep_prob=0.5), 20
    rng = np.random.default_rng(0)
    data = Data.of(rng.random((3, count)), np.eye(2)[:, rng.integers(0, 2, count)])
    stacked = {name: rng.standard_normal((2, *shape)) for name, shape in network.parameter_shapes.items()}

    def trained(parameters, copies):
        masks = np.random.default_rng(1)

        def draw(m):
            mask = masks.random((4, m)) < 0.5
            return {"D1": mask if copies is None else np.broadcast_to(mask, (copies, 4, m))}

        engine = JaxEngine(network, SGD(), copies=copies)
        state = State.begin(parameters, engine.optimizer)
        engine.epoch(data, state, Epoch(np.arange(count), 8, 0.1, {}, count, draw))
        return dict(state.parameters)

    together = trained(stacked, 2)
    for k in range(2):
        alone = trained({name: w[k] for name, w in stacked.items()}, None)
        assert largest_difference({name: w[k] for name, w in together.items()}, alone) < ROUNDING


def test_float32():
    network = NETWORKS["dropout and elastic net"]
    found = run(engine_of("jax", network, Adam(0.01), "float32"))
    expected = run(engine_of("reference", network, Adam(0.01), "float32"))
    assert largest_difference(found, expected) < 1e-5
    assert {found[name].dtype for name in ("W1", "vW1", "sb2", "dW2", "prediction")} == {np.dtype("float32")}


def test_the_numbers_of_adam_are_computed_in_float64():
    """The first step moves w by α, whatever β₂; in float32 1 − β₂ would be 5 % off."""
    optimizer = Adam(0.5, beta2=1 - 1e-6)
    engine = JaxEngine(dense([2, 1], loss="squared_error"), optimizer, np.float32)
    state = State.begin({"W1": np.zeros((1, 2), "f4"), "b1": np.zeros((1, 1), "f4")}, optimizer)
    engine.epoch(Data.of([[1.0], [1.0]], [[1.0]], dtype="f4"), state, Epoch(np.array([0]), 1, 0.5, {}, 1))
    np.testing.assert_allclose(state.parameters["W1"], 0.5, rtol=1e-5)


@pytest.mark.parametrize("x64", [False, True])
def test_the_settings_of_jax_stay_the_user_s(x64):
    with jax.enable_x64(x64):
        for dtype in ("float32", "float64"):
            found = run(engine_of("jax", NETWORKS["no hidden layer"], SGD(), dtype), epochs=1)
            assert found["prediction"].dtype == dtype
        assert jax.config.jax_enable_x64 is x64
        assert jax.numpy.ones(1).dtype == (np.float64 if x64 else np.float32)


def test_networks_that_differ_in_numbers_only_are_compiled_once():
    first, second = (JaxEngine(dense([5, 3], penalty=L2(c)), SGD(c)) for c in (0.1, 0.2))
    assert first.source == second.source
    assert first._functions() is second._functions()


# --- the state between epochs ---------------------------------------------------------------------------

COUNT = 20


def examples():
    rng = np.random.default_rng(0)
    return Data.of(rng.random((5, COUNT)), np.eye(3)[:, rng.integers(0, 3, COUNT)])


def beginning(network, optimizer):
    rng = np.random.default_rng(1)
    start = {name: rng.standard_normal(shape) for name, shape in network.parameter_shapes.items()}
    return State.begin(start, optimizer)


class Trained:
    """A state, and epochs that change it."""

    def __init__(self):
        self.engine = JaxEngine(dense([5, 4, 3]), Adam())
        self.data, self.state = examples(), beginning(self.engine.network, self.engine.optimizer)

    def epoch(self, k):
        order = np.random.default_rng(k).permutation(COUNT)
        return self.engine.epoch(self.data, self.state, Epoch(order, 8, 0.01, {}, COUNT))

    def arrays(self):
        return {**copy.deepcopy(self.state.parameters), **copy.deepcopy(self.state.slots)}


def same(one, other):
    return all(np.array_equal(array, other[name]) for name, array in one.items())


def test_what_nobody_reads_stays_on_the_device_and_what_is_read_is_current():
    read, unread = Trained(), Trained()
    for k in range(3):
        assert read.epoch(k) == unread.epoch(k)
        pickle.loads(pickle.dumps(read.state))
    assert unread.state.parameters.resident("W1") is not None
    assert read.state.parameters.resident("W1") is None
    assert same(read.arrays(), unread.arrays())


def test_what_is_written_into_a_state_is_trained_on():
    written, given = Trained(), Trained()
    written.epoch(0)
    given.epoch(0)
    written.state.parameters["W1"][...] = 0
    given.state.parameters = {**given.state.parameters, "W1": np.zeros((4, 5))}
    written.epoch(1)
    given.epoch(1)
    assert same(written.arrays(), given.arrays())


def test_an_interrupted_epoch_leaves_the_state_as_it_was(monkeypatch):
    interrupted, other = Trained(), Trained()
    interrupted.epoch(0)
    other.epoch(0)
    own, made = JaxEngine._scalars, []

    def interrupt(engine, rate, taken, count):
        made.append(count)
        if len(made) == 2:  # the whole batches were computed, the smaller last one was not
            raise KeyboardInterrupt
        return own(engine, rate, taken, count)

    with monkeypatch.context() as patched:
        patched.setattr(JaxEngine, "_scalars", interrupt)
        with pytest.raises(KeyboardInterrupt):
            interrupted.epoch(1)
    assert made == [2, 1]
    assert interrupted.state.step == other.state.step
    assert same(interrupted.arrays(), other.arrays())


def test_a_state_goes_from_engine_to_engine():
    network, optimizer, data = dense([5, 4, 3]), Adam(), examples()
    ends = []
    for names in (["reference"] * 4, ["jax", "reference", "jax", "jax"]):
        engines = {name: engine_of(name, network, optimizer) for name in names}
        state = beginning(network, optimizer)
        for k, name in enumerate(names):
            order = np.random.default_rng(k).permutation(COUNT)
            engines[name].epoch(data, state, Epoch(order, 8, 0.01, {}, COUNT))
        ends.append({**state.parameters, **state.slots, "steps": np.array(state.step)})
    assert largest_difference(*ends) < ROUNDING


# --- what cannot be used ----------------------------------------------------------------------------------


def test_errors():
    network, optimizer, data = dense([5, 3]), SGD(), examples()
    engine, state = JaxEngine(network, optimizer, weighted=True), beginning(network, optimizer)
    with pytest.raises(InputError, match="without weights"):
        engine.epoch(data, state, Epoch(np.arange(4), 2, 0.1, {}, 4))
    for order in ([], [0, COUNT], [-1]):
        with pytest.raises(InputError, match=f"of {COUNT} examples"):
            engine.epoch(data, state, Epoch(np.array(order, int), 2, 0.1, {}, 4))
    with pytest.raises(InputError, match="float16"):
        JaxEngine(network, optimizer, np.float16)
    for devices in (0, 99, [], "some"):
        with pytest.raises(InputError, match="devices"):
            JaxEngine(network, optimizer, devices=devices)
    with pytest.raises(InputError, match="before any JAX calls"):
        start("127.0.0.1:1", 1, 0)
