"""A dictionary whose arrays may be on a device reads like any other. JAX is not needed for it."""

import copy
import pickle

import numpy as np
import pytest

from gradproof.train.engines.jax_arrays import ResidentArrays

READINGS = {
    "item": lambda a: {"W": a["W"], "b": a["b"]},
    "get": lambda a: {name: a.get(name) for name in ("W", "b")},
    "items": lambda a: dict(a.items()),
    "values": lambda a: dict(zip(a, a.values(), strict=True)),
    "dict": dict,
    "stars": lambda a: {**a},
    "keywords": lambda a: dict(**a),
    "or": lambda a: a | {},
    "or on the right": lambda a: {} | a,
    "update": lambda a: updated({}, a),
    "copy": lambda a: a.copy(),
    "copy.copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda a: pickle.loads(pickle.dumps(a)),
    "pop": lambda a: {name: a.pop(name) for name in ("W", "b")},
    "setdefault": lambda a: {name: a.setdefault(name) for name in ("W", "b")},
}


def updated(into, arrays):
    into.update(arrays)
    return into


def resident():
    """Zeros on the host, ones and twos on the device: lists here."""
    host = {"W": np.zeros(2), "b": np.zeros(1)}
    arrays = ResidentArrays(host, np.array)
    arrays.replace({"W": [1.0, 1.0], "b": [2.0]}.items())
    return host, arrays


@pytest.mark.parametrize("how", READINGS)
def test_every_way_of_reading_gives_the_newest(how):
    _, arrays = resident()
    found = READINGS[how](arrays)
    assert found["W"].tolist() == [1.0, 1.0]
    assert found["b"].tolist() == [2.0]


def test_an_array_is_the_same_one_each_time():
    host, arrays = resident()
    assert arrays["W"] is host["W"]
    arrays.replace({"W": [3.0, 3.0]}.items())
    assert arrays["W"] is host["W"]
    assert host["W"].tolist() == [3.0, 3.0]


def test_what_was_read_or_written_is_no_longer_the_device_s():
    _, arrays = resident()
    assert arrays.resident("W") == [1.0, 1.0]
    assert arrays["W"].sum() == 2
    arrays["b"] = np.ones(1)
    assert arrays.resident("W") is None
    assert arrays.resident("b") is None
    assert arrays["b"].tolist() == [1.0]


def test_it_shows_the_newest():
    assert repr(resident()[1]) == repr({"W": np.array([1.0, 1.0]), "b": np.array([2.0])})
