# ruff: noqa: E501, UP
"""Views, stores and aliases mean what they mean in NumPy: random programs, replayed from the graph."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradproof.calculus.differentiate import gradient
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import postorder
from gradproof.read import TraceSession, trace_is_faithful

VIEWS = (
    lambda a: a.T,
    lambda a: a[1:],
    lambda a: a[::-1],
    lambda a: a[..., ::2] if a.ndim else a,
    lambda a: a[0] if a.ndim and len(a) else a,
    lambda a: a.reshape(-1),
    lambda a: a[None],
    lambda a: a.ravel(),
    lambda a: np.swapaxes(a, 0, -1) if a.ndim else a,
    lambda a: a.copy(),
    lambda a: a * 1.5,
    lambda a: np.squeeze(a),
)


def store_number(a, w, k):
    a[...] = w[k % 4]


def store_row(a, w, k):
    if a.ndim and len(a):
        a[k % len(a)] = w[k % 4] ** 2


def store_flat_entry(a, w, k):
    if a.ndim == 1 and a.size:
        a[k % a.size] += w[(k + 1) % 4]


def add_in_place(a, w, k):
    a += w[k % 4]


def scale_in_place(a, w, k):
    a *= 0.5 + k


def store_mask(a, w, k):
    if a.ndim:
        a[a > 0.3] = w[k % 4]


def scale_mask(a, w, k):
    if a.ndim:
        a[a < 0] *= 2


def store_fancy(a, w, k):
    if a.ndim and len(a) > 1:
        a[[0, -1, 0]] = np.sin(w[k % 4])


def store_strided(a, w, k):
    if a.ndim and len(a):
        a[::2] -= w[k % 4]


def ufunc_out(a, w, k):
    np.tanh(a, out=a)


def add_at(a, w, k):
    if a.ndim and len(a):
        np.add.at(a, [0, 0, len(a) - 1], w[k % 4])


def store_from_itself(a, w, k):
    if a.ndim and len(a) > 1:
        a[:-1] = a[1:] * 1.0


def fill(a, w, k):
    a.fill(w[k % 4])


def sort(a, w, k):
    if a.ndim == 1:
        a.sort()


STORES = (
    store_number, store_row, store_flat_entry, add_in_place, scale_in_place, store_mask, scale_mask, store_fancy,
    store_strided, ufunc_out, add_at, store_from_itself, fill, sort,
)  # fmt: skip
STEP = st.tuples(st.booleans(), st.integers(0, 30), st.integers(0, 5), st.integers(0, 3))
W = np.array([0.7, -0.4, 1.3, 0.25])


def run(w, program, fresh):
    arrays = [np.zeros((3, 4)) if fresh else np.outer(w[:3], w)]
    total = 0
    for is_view, which, target, k in program:
        a = arrays[target % len(arrays)]
        if is_view:
            arrays.append(VIEWS[which % len(VIEWS)](a) if np.ndim(a) else a)
        elif np.ndim(a):
            STORES[which % len(STORES)](a, w, k)
        if k == 3 and np.size(a):
            total = total + np.sum(a * a)
    for a in arrays:
        total = total + np.sum(np.sin(a))
    return total


@settings(max_examples=150)
@given(st.lists(STEP, max_size=14), st.booleans())
def test_random_programs(program, fresh):
    own = run(W.copy(), program, fresh)
    trace = TraceSession().trace(lambda w: run(w, program, fresh), W)
    assert trace.values[trace.cost] == pytest.approx(own, rel=1e-12)
    assert trace_is_faithful(trace)


@settings(max_examples=40)
@given(st.lists(STEP, max_size=10), st.booleans())
def test_gradients_of_random_programs(program, fresh):
    trace = TraceSession().trace(lambda w: run(w, program, fresh), W)
    (derived,) = evaluate(gradient(trace.cost, list(trace.parameters.values())), trace.inputs)
    u, h = np.array([0.3, -0.7, 0.2, 0.9]), 1e-6
    numeric = (run(W + h * u, program, fresh) - run(W - h * u, program, fresh)) / (2 * h)
    assert np.dot(derived, u) == pytest.approx(numeric, rel=2e-5, abs=2e-5)


def test_values_of_earlier_expressions_stay():
    def cost(w):
        a = w * 2
        first = a.sum()
        a += 1
        a[0] = 5
        return first * a.sum()

    trace = TraceSession().trace(cost, W)
    table = evaluate([e for e in trace.values if e.args], trace.inputs)
    for expr, again in zip((e for e in trace.values if e.args), table, strict=True):
        np.testing.assert_allclose(trace.values[expr], again)


def test_a_loop_that_fills_an_array_is_one_store():
    def cost(w):
        out = np.zeros(200)
        for i in range(200):
            out[i] = w[i % 4] * i
        return out.sum()

    trace = TraceSession().trace(cost, W)
    assert sum(e.op.name == "store" for e in trace.values) == 1


def test_reading_back_a_store_gives_the_stored_expression():
    def cost(w):
        h = np.zeros((50, 4))
        for t in range(1, 50):
            h[t] = np.tanh(h[t - 1] + w)
        return h[-1].sum()

    trace = TraceSession().trace(cost, W)
    cost_nodes = postorder(trace.cost)
    assert not any(e.op.name == "store" for e in cost_nodes)


def test_overlapping_additions_are_one_node():
    def cost(w):
        dx = np.zeros(20)
        for i in range(17):
            dx[i : i + 4] += w * i
        return (dx**2).sum()

    trace = TraceSession().trace(cost, W)
    assert sum(e.op.name == "accumulate" for e in trace.values) == 1
