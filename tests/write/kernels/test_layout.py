"""Strides are those that NumPy has for an array whose axis of examples is the slowest."""

import numpy as np
import pytest
from tests.write.kernels.runs import M, empty

from gradproof.expr.node import symbol
from gradproof.write.kernels.layout import Stride, entries, memory_order, strides_of

SHAPES = [(), (3,), ("m",), (3, 4), (3, "m"), ("m", 3), (2, 3, 4), (2, 3, "m"), (2, "m", 3), ("m", 2, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_strides(shape):
    array = empty(shape)
    assert [_number(s) for s in strides_of(shape, "m")] == [s // array.itemsize for s in array.strides]
    assert _number(entries(symbol("x", shape))) == array.size


def _number(stride):
    return stride.number * M ** len(stride.names)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_order_is_from_the_slowest(shape):
    strides = np.array([_number(s) for s in strides_of(shape, "m")])
    order = memory_order(shape, "m")
    assert sorted(order) == list(range(len(shape)))
    assert list(strides[list(order)]) == sorted(strides, reverse=True)


def test_products_of_sizes():
    assert str(Stride(1)) == "1"
    assert str(Stride(1).times("m")) == "m"
    assert str(Stride(3).times("m").times(4)) == "12 * m"
