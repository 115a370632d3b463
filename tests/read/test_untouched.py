"""After a trace the user's modules, objects and arrays are exactly as before, also after an error."""

import functools
import math
import random

import numpy as np
import pytest

from gradproof.errors import TraceError
from gradproof.read import TraceSession

X = np.arange(6.0).reshape(2, 3)
table = {"W": np.ones(3), "list": [1.0, np.zeros(2)]}
rate = 0.5
steps = 3
generator = np.random.default_rng(0)


class Model:
    momentum = 0.9
    shared = np.ones(2)

    def __init__(self):
        self.W = np.ones(3)
        self.cache = {}
        self.log = []

    def cost(self, w):
        self.W = w
        self.cache["w"] = w
        self.log.append(w)
        self.W += 1
        return np.sum(self.W * self.momentum) + self.shared.sum() + math.exp(w[0]) + len(w)

    def fail(self, w):
        self.W = w
        return unknown_name * w  # noqa: F821


def cost(w, scale=2.0, *, power=2):
    X[0] = 0
    X[:] += 1
    table["W"] = w
    table["list"][0] = w[0]
    noise = generator.normal(size=3) + np.random.rand(3) + random.random()
    return np.sum(w**power) * scale * rate * steps + X.sum() + float(noise.sum()) * 0


def snapshot():
    return {k: v for k, v in globals().items() if not k.startswith("@")}


def test_globals_and_arrays():
    before, content, entries = snapshot(), X.copy(), dict(table)
    state, python_state, mine = (
        np.random.get_state()[1].copy(),
        random.getstate(),
        generator.bit_generator.state,
    )
    TraceSession().trace(cost, np.ones(3))
    after = snapshot()
    assert before.keys() == after.keys()
    assert all(before[k] is after[k] for k in before)
    np.testing.assert_array_equal(X, content)
    assert table.keys() == entries.keys()
    assert all(table[k] is entries[k] for k in table)
    assert table["list"][0] == 1.0
    assert cost.__defaults__ == (2.0,)
    assert cost.__kwdefaults__ == {"power": 2}
    assert (np.random.get_state()[1] == state).all()
    assert random.getstate() == python_state
    assert generator.bit_generator.state == mine


def test_objects_and_classes():
    model = Model()
    W = model.W
    TraceSession().trace(model.cost, np.ones(3))
    assert model.W is W
    assert (W == 1).all()
    assert model.cache == {}
    assert model.log == []
    assert type(Model.momentum) is float
    assert type(Model.shared) is np.ndarray


def test_parameters():
    w = np.ones(3)

    def f(p):
        p["w"] *= 2
        p["new"] = 1
        return p["w"].sum()

    params = {"w": w}
    TraceSession().trace(f, params)
    assert (w == 1).all()
    assert params.keys() == {"w"}


@pytest.mark.parametrize("error", [NameError, TraceError])
def test_after_an_error(error):
    model, before = Model(), snapshot()
    f = model.fail if error is NameError else lambda w: np.fft.fft(w * X[0]).real.sum()
    with pytest.raises(error):
        TraceSession().trace(f, np.ones(3))
    assert all(before[k] is v for k, v in snapshot().items())
    assert type(np.ones(2)) is np.ndarray
    assert __import__ is __builtins__["__import__"]


def test_closures_and_partials():
    offset, factors = 0.25, [1.0, 2.0]
    weights = np.ones(3)

    def inner(w):
        return np.sum(weights * w) + offset * factors[1]

    partial = functools.partial(cost, scale=3.0)
    TraceSession().trace(inner, np.ones(3))
    TraceSession().trace(partial, np.ones(3))
    contents = dict(
        zip(inner.__code__.co_freevars, (c.cell_contents for c in inner.__closure__), strict=True)
    )
    assert contents["weights"] is weights
    assert contents["offset"] is offset
    assert contents["factors"] is factors
    assert type(factors[0]) is float
    assert partial.keywords == {"scale": 3.0}
