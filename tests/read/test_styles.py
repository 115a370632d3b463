"""Every style is read: value, gradient, second point, and nothing of the user's is changed."""

import copy

import numpy as np
import pytest
from tests.read import styles, styles_more

from gradproof.calculus.differentiate import gradient
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import Expr
from gradproof.read import TraceSession, trace_is_faithful
from gradproof.read.faithful import squeeze
from gradproof.read.structure import leaves, rebuild

NAMES = list(styles_more.STYLES)


def first(value):
    while isinstance(value, tuple | list):
        value = value[0]
    return value


def moved(params, directions, t):
    return rebuild(params, [v + t * u for (_, v), u in zip(leaves(params), directions, strict=True)])


def number(function, params):
    return float(np.reshape(np.asarray(first(function(params)), dtype=float), ()))


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("name", NAMES)
def test_style_is_read(name):
    function, params = styles.STYLES[name]
    own = number(function, copy.deepcopy(params))
    trace = TraceSession().trace(function, copy.deepcopy(params))
    cost = first(trace.returned)
    assert isinstance(cost, Expr)
    assert float(trace.values[cost]) == pytest.approx(own, rel=1e-12)
    assert trace_is_faithful(trace)

    rng = np.random.default_rng(0)
    directions = [rng.standard_normal(np.shape(v)) for _, v in leaves(params)]
    symbols = list(trace.parameters.values())
    derived = evaluate(gradient(squeeze(cost) if cost.shape else cost, symbols), trace.inputs)
    slope = sum(float(np.sum(g * u)) for g, u in zip(derived, directions, strict=True))
    h = 1e-6
    numeric = (
        number(function, moved(params, directions, h)) - number(function, moved(params, directions, -h))
    ) / (2 * h)
    assert slope == pytest.approx(numeric, rel=1e-6, abs=1e-7)

    inputs = dict(trace.inputs)
    for s, u in zip(symbols, directions, strict=True):
        inputs[s] = inputs[s] + 1e-4 * u
    assert float(evaluate([cost], inputs)[0]) == pytest.approx(
        number(function, moved(params, directions, 1e-4)), rel=1e-9
    )
