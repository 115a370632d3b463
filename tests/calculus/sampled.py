"""Random values for the symbols of an expression that honour their facts, and numbers for its sizes."""

import numpy as np

from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import facts_of, symbols
from gradproof.expr.sizes import with_sizes

SIZES = {"n": 3, "m": 4, "k": 2, "p": 5}


def honouring(shape, facts, rng):
    """An array of a shape of which the facts are true."""
    x = rng.uniform(-1, 1, shape)
    if facts & {"positive", "nonnegative", "simplex", "row_stochastic", "column_stochastic"}:
        x = rng.uniform(0.3, 1.7, shape)
    if "complex" in facts:
        x = x + 1j * rng.uniform(-1, 1, shape)
    if facts & {"symmetric", "spd", "psd"}:
        x = (x + x.T) / 2
    if facts & {"spd", "psd"}:
        x = x @ x.T + (np.eye(len(x)) if "spd" in facts else 0)
    elif "invertible" in facts:
        x = x + 2 * np.eye(len(x))
    if "orthogonal" in facts:
        x = np.linalg.qr(x)[0]
    if "diagonal" in facts:
        x = np.diag(np.diag(x) + 2)
    if "lower" in facts:
        x = np.tril(x)
    if "upper" in facts:
        x = np.triu(x)
    for fact, axis in (("simplex", 0), ("row_stochastic", 1), ("column_stochastic", 0)):
        if fact in facts:
            x = x / x.sum(axis, keepdims=True)
    return x


def values_of(*roots, seed=3):
    """The roots with numbers for their sizes, and a value for each symbol in them."""
    rng = np.random.default_rng(seed)
    table = with_sizes(roots, SIZES)
    bound = [table[r] for r in roots]
    values = {}
    for leaf in sorted(set(symbols(*bound)), key=repr):
        values[leaf] = honouring(leaf.shape, facts_of(leaf), rng)
    return bound, values


def assert_equal_in_numbers(before, after, seed=3):
    """Both sides have one shape and one value."""
    assert before.shape == after.shape
    (left, right), values = values_of(before, after, seed=seed)
    expected, got = evaluate([left, right], values)
    np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-9)
