"""The compiled engine: what its compiler may not know, what it may not hide, and what it may not be given."""

import os
import shutil
import stat
from dataclasses import replace

import numpy as np
import pytest
from tests.train.engines.agreement import NETWORKS, largest_difference, run

from gradproof.errors import InputError
from gradproof.train.activations import ACTIVATIONS
from gradproof.train.engines import blas, compiled, compiler
from gradproof.train.engines.base import Data, Epoch, State
from gradproof.train.engines.compiled import CompiledEngine
from gradproof.train.engines.reference import ReferenceEngine
from gradproof.train.network import Layer, Network, dense
from gradproof.train.optimizers import SGD, Adam, AdamW
from gradproof.train.penalties import L1, L2
from gradproof.write.kernels import c_entries

CC = shutil.which("cc") or shutil.which("gcc")
pytestmark = pytest.mark.skipif(
    not (compiler.compiler() and blas.is_available()), reason="no C compiler, or no BLAS"
)
NETWORK = NETWORKS["much dropout"]


def difference(network, optimizer, **options):
    expected = run(ReferenceEngine(network, optimizer, **options))
    return largest_difference(run(CompiledEngine(network, optimizer, **options)), expected)


@pytest.fixture
def own_cache(monkeypatch, tmp_path):
    """Nothing is remembered of what was compiled."""
    monkeypatch.setenv("GRADPROOF_CACHE", str(tmp_path))
    monkeypatch.setattr(compiled, "_KERNELS", {})
    compiler.compiler.cache_clear()
    compiler.library.cache_clear()
    yield tmp_path
    compiler.compiler.cache_clear()
    compiler.library.cache_clear()


@pytest.mark.skipif(not CC or os.name == "nt", reason="needs a shell")
@pytest.mark.parametrize("refused", ["VECTOR_MATH=1", "-march=native"])
def test_a_compiler_that_knows_less_computes_the_same(refused, monkeypatch, own_cache):
    script = own_cache / "cc"
    script.write_text(f'#!/bin/sh\ncase "$*" in *{refused}*) exit 1;; esac\nexec {CC} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CC", str(script))
    compiler.compiler.cache_clear()
    assert difference(NETWORK, AdamW(0.01)) < 1e-12
    assert len(list(own_cache.glob("*.so"))) == 1


def test_networks_that_differ_in_numbers_share_a_kernel(own_cache):
    network = dense([4, 3, 2], penalty=L2(0.1))
    first, second = CompiledEngine(network, Adam(0.1)), CompiledEngine(network.with_penalty(L2(3)), Adam(0.2))
    assert first.kernel is second.kernel
    assert CompiledEngine(network.with_penalty(L1(0.1)), Adam()).kernel is not first.kernel
    assert CompiledEngine(network, Adam(), "float32").kernel is not first.kernel
    assert CompiledEngine(network, Adam(epsilon_hat=True)).kernel is not first.kernel


def test_one_copy_is_one_network():
    alone = run(CompiledEngine(NETWORK, Adam(0.01)))
    together = run(CompiledEngine(NETWORK, Adam(0.01), copies=1))
    for name, value in alone.items():
        if name != "steps":
            np.testing.assert_allclose(np.squeeze(together[name]), np.squeeze(value), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("title", ["much dropout", "penalties of their own"])
def test_copies_that_do_not_fit_into_the_cache_run_in_groups(title, monkeypatch):
    expected = run(ReferenceEngine(NETWORKS[title], Adam(0.01), copies=5, weighted=True))
    for cache in (1, 7000):
        monkeypatch.setattr(compiled, "CACHE", cache)
        found = run(CompiledEngine(NETWORKS[title], Adam(0.01), copies=5, weighted=True))
        assert largest_difference(found, expected) < 1e-12


# --- batches ------------------------------------------------------------------------------------------------


def trained(kind, order, batch_size, network=None, **options):
    network = network or dense([5, 4, 3], activation="gelu", penalty=L2(0.3, per="batch"))
    engine = kind(network, Adam(0.01), **options)
    rng = np.random.default_rng(0)
    data = Data.of(rng.random((5, 23)), np.eye(3)[rng.integers(0, 3, 23)].T, rng.random(23) + 0.5)
    start = {n: rng.standard_normal(s) for n, s in network.parameter_shapes.items()}
    state = State.begin(start, engine.optimizer)
    cost = engine.epoch(data, state, Epoch(np.asarray(order), batch_size, 0.01, engine.lambdas, 23))
    return {"cost": np.asarray(cost), "step": np.asarray(state.step), **state.parameters, **state.slots}


@pytest.mark.parametrize("batch_size", [1, 7, 23, 1000])
@pytest.mark.parametrize("order", [range(23), [5, 5, 5, 0], [22]], ids=["all", "some twice", "one"])
def test_any_order_and_size_of_batch(order, batch_size):
    expected = trained(ReferenceEngine, order, batch_size, weighted=True)
    assert largest_difference(trained(CompiledEngine, order, batch_size, weighted=True), expected) < 1e-12


def test_an_engine_goes_on_where_it_was_and_takes_batches_of_other_sizes():
    engine, reference = (kind(dense([5, 4, 3]), Adam(0.01)) for kind in (CompiledEngine, ReferenceEngine))
    rng = np.random.default_rng(0)
    data = Data.of(rng.random((5, 23)), np.eye(3)[rng.integers(0, 3, 23)].T)
    start = {n: rng.standard_normal(s) for n, s in engine.network.parameter_shapes.items()}
    states = [State.begin(start, engine.optimizer) for _ in range(2)]
    for batch_size in (23, 4, 100, 5):
        epoch = Epoch(rng.permutation(23), batch_size, 0.01, {}, 23)
        cost = engine.epoch(data, states[0], epoch)
        assert cost == pytest.approx(reference.epoch(data, states[1], epoch), rel=1e-12)
    assert states[0].step == states[1].step
    assert largest_difference(states[0].parameters, states[1].parameters) < 1e-12


# --- what diverges ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_not_hidden(activation, bad):
    """A parameter that is NaN or ∞ is seen in the cost, as the reference sees it."""
    network = dense([2, 3, 2], activation=activation, loss="squared_error")
    data = Data.of(np.ones((2, 4)), np.ones((2, 4)))
    costs = []
    for kind in (CompiledEngine, ReferenceEngine):
        engine = kind(network, SGD(0.1))
        state = State.begin({n: np.ones(s) for n, s in network.parameter_shapes.items()}, engine.optimizer)
        state.parameters["W1"][0, 0] = bad
        costs.append(engine.epoch(data, state, Epoch(np.arange(4), 4, 0.1, {}, 4)))
    assert np.isnan(costs[0]) or not np.isnan(bad)
    np.testing.assert_allclose(*costs)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", ["relu", "elu"])
def test_a_run_that_diverges_ends_with_a_cost_that_is_none(activation, dtype):
    network = dense([3, 5, 2], activation=activation, loss="squared_error", penalty=L2(0.1))
    engine = CompiledEngine(network, SGD(1e6), dtype)
    rng = np.random.default_rng(0)
    data = Data.of(rng.random((3, 20)), rng.random((2, 20)), dtype=dtype)
    start = {n: rng.standard_normal(s).astype(dtype) for n, s in network.parameter_shapes.items()}
    state = State.begin(start, engine.optimizer)
    costs = [engine.epoch(data, state, Epoch(np.arange(20), 5, 1e6, engine.lambdas, 20)) for _ in range(40)]
    first = int(np.argmin(np.isfinite(costs)))
    assert not np.isfinite(costs[first:]).any()


# --- what it is not given -----------------------------------------------------------------------------------


def fit_for(engine):
    """Data, a state and an epoch that the engine takes."""
    shapes = engine.network.parameter_shapes
    state = State.begin({n: np.ones(s, engine.dtype) for n, s in shapes.items()}, engine.optimizer)
    data = Data.of(np.ones((3, 8)), np.ones((2, 8)), dtype=engine.dtype)
    return data, state, Epoch(np.arange(8), 4, 0.1, engine.lambdas, 8)


UNFIT = {
    "X by rows": lambda d, s: (Data(np.ones((3, 8)), d.Y), s),
    "X of another type": lambda d, s: (Data(d.X.astype("f4"), d.Y), s),
    "X of other features": lambda d, s: (Data(np.ones((4, 8), order="F"), d.Y), s),
    "Y of other outputs": lambda d, s: (Data(d.X, np.ones((1, 8), order="F")), s),
    "W1 of another shape": lambda d, s: (d, State({**s.parameters, "W1": np.ones((3, 4))}, s.slots)),
    "W1 turned": lambda d, s: (d, State({**s.parameters, "W1": np.ones((3, 4)).T}, s.slots)),
    "W1 of another type": lambda d, s: (d, State({**s.parameters, "W1": np.ones((4, 3), "f4")}, s.slots)),
    "vb2 of another type": lambda d, s: (d, State(s.parameters, {**s.slots, "vb2": np.ones((2, 1), "f4")})),
}


@pytest.mark.parametrize("title", UNFIT)
def test_memory_that_the_kernel_would_misread_is_refused(title):
    engine = CompiledEngine(dense([3, 4, 2], loss="squared_error"), Adam())
    data, state, epoch = fit_for(engine)
    with pytest.raises(InputError, match="the kernel cannot take") as refused:
        engine.epoch(*UNFIT[title](data, state), epoch)
    assert refused.value.what.startswith(title.split()[0])
    assert "State.begin" in refused.value.fix


@pytest.mark.parametrize("shape", [(4, 1), (1, 4), (2, 1, 4)])
def test_masks_that_the_kernel_would_misread_are_refused(shape):
    engine = CompiledEngine(dense([3, 4, 2], loss="squared_error", keep_prob=0.5), Adam())
    data, state, epoch = fit_for(engine)
    masks = {"D1": np.ones(shape, bool)}
    with pytest.raises(InputError, match="masks D1 of shapes"):
        engine.epoch(data, state, replace(epoch, masks=lambda m: masks))


# --- the tests themselves ---------------------------------------------------------------------------------


WRONG = {"tanh": "(TANH({0}) * (T)1.0001)", "gelu": "({0} > 0 ? {0} : 0)", "sign": "1", "leaky_relu": "{0}"}


@pytest.mark.parametrize("name", WRONG)
def test_that_a_wrong_function_would_be_seen(name, monkeypatch, own_cache):
    layers = (Layer(4, "tanh", L1(0.3)), Layer(4, "gelu"), Layer(4, "leaky_relu"), Layer(2))
    monkeypatch.setitem(c_entries.FUNCTIONS, name, WRONG[name])
    assert difference(Network(3, layers), SGD(0.1)) > 1e-6
