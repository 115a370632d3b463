"""Names, lines, sizes, sessions, notes: what a trace says besides values."""

import random
import sys
from pathlib import Path

import numpy as np
import pytest

from gradproof.expr.node import SYMBOL, Expr, symbols
from gradproof.read import TraceSession, trace_is_faithful

R = np.random.default_rng(2)
X = R.standard_normal((3, 8))
Y = (R.random((1, 8)) > 0.5).astype(float)
labels = np.array([0, 1, 2, 1, 0, 0, 1, 2])
lambd = 0.7
epochs = 10
PARAMS = {
    "W1": R.standard_normal((4, 3)),
    "b1": np.zeros((4, 1)),
    "W2": R.standard_normal((1, 4)),
    "b2": np.zeros((1, 1)),
}


def forward(p):
    Z1 = np.dot(p["W1"], X) + p["b1"]
    A1 = np.tanh(Z1)
    Z2 = np.dot(p["W2"], A1) + p["b2"]
    A2 = 1 / (1 + np.exp(-Z2))
    return A2, (Z1, A1, Z2, A2)


def cost(p):
    m = Y.shape[1]
    A2, _ = forward(p)
    J = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
    return J + lambd / (2 * m) * (np.sum(np.square(p["W1"])) + np.sum(np.square(p["W2"])))


def gradients(p):
    m = X.shape[1]
    A2, (_Z1, A1, _Z2, _) = forward(p)
    grads = {}
    dZ2 = A2 - Y
    grads["dW2"] = 1.0 / m * np.dot(dZ2, A1.T) + lambd / m * p["W2"]
    grads["db2"] = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(p["W2"].T, dZ2)
    dZ1 = dA1 * (1 - A1**2)
    grads["dW1"] = 1.0 / m * np.dot(dZ1, X.T) + lambd / m * p["W1"]
    grads["db1"] = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True)
    return grads


def names_of(expr):
    return {s.name for s in symbols(expr)}


def test_leaves_have_the_users_names():
    trace = TraceSession().trace(cost, PARAMS)
    assert names_of(trace.cost) == {"W1", "b1", "W2", "b2", "X", "Y", "m", "lambd"}
    by_name = {s.name: v for s, v in trace.inputs.items()}
    assert by_name["m"] == 8
    assert by_name["lambd"] == 0.7
    np.testing.assert_array_equal(by_name["X"], X)


def test_two_traces_of_a_session_share_their_symbols():
    session = TraceSession()
    first, second = session.trace(cost, PARAMS), session.trace(gradients, PARAMS)
    shared = {s.name: s for s in first.inputs}
    for s in second.inputs:
        assert shared[s.name] is s


def test_local_variables_and_entries_are_bound():
    trace = TraceSession().trace(gradients, PARAMS)
    bound = {b.name: b for b in trace.bindings}
    assert {"Z1", "A1", "Z2", "A2", "dZ2", "dA1", "dZ1", 'grads["dW1"]', 'grads["db2"]'} <= bound.keys()
    assert bound['grads["dW1"]'].short == "dW1"
    assert bound["dZ1"].function == "gradients"
    assert trace.names[bound["dZ1"].expr] == "dZ1"
    assert bound['grads["dW1"]'].expr is trace.returned["dW1"]


def test_a_value_keeps_the_name_of_the_caller():
    def activation(z):
        return np.tanh(z)

    def f(w):
        A = activation(w * 2)
        return A.sum()

    trace = TraceSession().trace(f, np.ones(3))
    assert "A" in trace.names.values()
    assert "s" not in trace.names.values()


def test_attributes_list_items_and_stores_are_bound():
    class Net:
        def cost(self, w):
            self.h = np.tanh(w)
            parts = []
            parts.append(self.h * 2)
            parts[0] = parts[0] + 1
            d = np.zeros(3)
            for i in range(3):
                d[i] = self.h[i] * i
            a, (b, *_c) = w * 3, (self.h, w, w)
            return parts[0].sum() + d.sum() + a.sum() + b.sum()

    trace = TraceSession().trace(Net().cost, np.ones(3))
    assert {"self.h", "parts[0]", "d", "a"} <= {b.name for b in trace.bindings}
    assert next(b.short for b in trace.bindings if b.name == "self.h") == "h"


def test_of_a_long_loop_the_first_and_the_last_assignment_are_bound():
    def f(w):
        total = 0.0
        for k in range(1000):
            total = total + w[k % 3]
        return total

    trace = TraceSession().trace(f, np.ones(3))
    totals = [b.expr for b in trace.bindings if b.name == "total"]
    assert len(totals) < 200
    assert totals[-1] is trace.cost


def test_origins_are_the_exact_spans():
    trace = TraceSession().trace(gradients, PARAMS)
    dZ1 = next(b.expr for b in trace.bindings if b.name == "dZ1")
    where = trace.origins[dZ1]
    line = Path(where.file).read_text().splitlines()[where.line - 1]
    assert line[where.column : where.end_column] == "dA1 * (1 - A1**2)"
    assert where.function == "gradients"


def test_sizes_and_whole_hyperparameters_are_symbols():
    def f(w):
        m, n = X.shape[1], len(X)
        total = np.zeros((n, m))
        for i in range(n):
            total[i] = w[i] * X[i]
        return (1.0 / m) * total.sum() / float(epochs) + np.sum(w) * (m // 2) - w[0] * -n

    trace = TraceSession().trace(f, np.ones(3))
    assert {"m", "n", "epochs"} <= names_of(trace.cost)


def test_integer_labels_are_data():
    def f(W):
        scores = W @ X
        return -np.mean(scores[labels, np.arange(8)])

    trace = TraceSession().trace(f, np.ones((3, 3)))
    assert "labels" in names_of(trace.cost)
    assert next(v.dtype.kind for s, v in trace.inputs.items() if s.name == "labels") == "i"


def test_float32_is_traced_as_float64_with_a_note():
    trace = TraceSession().trace(
        lambda w: np.sum(w * X.astype(np.float32)), np.ones((3, 8), dtype=np.float32)
    )
    assert trace.values[trace.cost].dtype == np.float64
    assert any("float32" in note for note in trace.notes)


def test_no_notes_when_nothing_was_lost():
    trace = TraceSession().trace(cost, PARAMS)
    assert trace.notes == []
    assert not trace.random


def test_random_draws_are_leaves_with_names():
    def f(w):
        noise = np.random.randn(3)
        return np.sum(w * noise)

    trace = TraceSession().trace(f, np.ones(3))
    assert trace.random
    assert "noise" in names_of(trace.cost)
    assert trace_is_faithful(trace)


def test_draws_are_the_same_in_every_trace_of_a_session():
    session = TraceSession()
    first = session.trace(lambda w: np.sum(w * np.random.randn(3)), np.ones(3))
    second = session.trace(lambda w: np.sum(w * np.random.randn(3)), np.ones(3))
    assert first.cost is second.cost


def test_pythons_random_numbers_are_leaves_too():
    def f(w):
        from random import random as draw

        first, second = draw(), random.gauss(0, 1)
        return np.sum(w) * first + second

    trace = TraceSession().trace(f, np.ones(3))
    assert trace.random
    assert {"first", "second"} <= names_of(trace.cost)


def test_names_can_be_given():
    trace = TraceSession().trace(
        lambda p: (p[0] @ p[1]).sum(), [np.ones((2, 2)), np.ones(2)], names=["A", "x"]
    )
    assert list(trace.parameters) == ["A", "x"]


def test_anything_nested_may_be_returned():
    def f(w):
        return (w.sum(), {"g": [w * 2, 3, "text"], "plain": 4}, None)

    total, table, nothing = TraceSession().trace(f, np.ones(2)).returned
    assert isinstance(total, Expr)
    assert isinstance(table["g"][0], Expr)
    assert table["g"][1:] == [3, "text"]
    assert nothing is None


def test_source_that_is_nowhere_still_has_lines():
    space = {"np": np}
    exec("def f(w):\n    z = w * 2\n    return np.sum(z)\n", space)
    trace = TraceSession().trace(space["f"], np.ones(2))
    assert [b.name for b in trace.bindings] == ["z"]
    assert {o.line for o in trace.origins.values()} == {2, 3}


def test_max_of_python_is_an_operation():
    trace = TraceSession().trace(lambda w: max(0, w[0] * 2) + min(w[0], w[1]), np.array([0.5, 1.0]))
    again = {e.op.name for e in trace.values}
    assert {"maximum", "minimum"} <= again


def test_an_active_tracer_is_put_back():
    calls = []

    def mine(frame, event, argument):
        calls.append(event)

    before = sys.gettrace()
    sys.settrace(mine)
    try:
        TraceSession().trace(lambda w: w.sum(), np.ones(2))
        assert sys.gettrace() is mine
    finally:
        sys.settrace(before)


def test_equal_arrays_under_two_names_are_one_symbol():
    other = X.copy()

    def f(w):
        return np.sum(w * X) + np.sum(w * other)

    trace = TraceSession().trace(f, np.ones((3, 8)))
    assert len([s for s in trace.inputs if s.op is SYMBOL]) == 2


@pytest.mark.parametrize("watch", [True, False])
def test_watching_changes_no_expression(watch):
    session = TraceSession()
    assert session.trace(cost, PARAMS).cost is session.trace(cost, PARAMS, watch=watch).cost
