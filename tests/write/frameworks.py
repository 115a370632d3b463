"""What the writers of every library are tested with: the source is run, and compared with the oracle."""

import numpy as np
import pytest
from tests.expr.derivatives import at_random

from gradproof.calculus.differentiate import pullback
from gradproof.errors import InputError
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import OPERATIONS, SYMBOL, symbol, symbols
from gradproof.write.numpy import numpy_arguments

SAMPLES = [(name, k) for name, op in OPERATIONS.items() for k in range(len(op.samples))]
# Two complex eigenvalues share a real part, and rounding decides which of them is the smallest.
SAMPLES.remove(("lam_min", 0))


def derivatives_of(name, k):
    """An operation's sample with the pullback of a random cotangent, and values away from its kinks."""
    op = OPERATIONS[name]
    expr = op.samples[k]()
    values = at_random(expr, np.random.default_rng(3), op.domain)
    seed = symbol("seed", expr.shape)
    values[seed] = np.random.default_rng(1).normal(size=expr.shape)
    exprs = {"value": expr}
    if op.pullback is not None:
        wrt = symbols(expr)
        exprs |= {f"d{s.name}": g for s, g in pullback(expr, seed, wrt).items() if s in wrt}
    return exprs, values


def written(writer, exprs):
    """The source, where the library has what it takes; a refusal is a clear error, and no wrong code."""
    try:
        return writer(exprs)
    except InputError as refusal:
        pytest.skip(str(refusal))


def executed(source, name="gradient"):
    """The function that a source defines, run with nothing but what it imports."""
    scope = {"__name__": "written"}
    exec(compile(source, "<written>", "exec"), scope)
    return scope[name]


def agrees(source, exprs, values, convert, *, rtol=1e-9, atol=1e-9):
    arguments = numpy_arguments(exprs)
    given = [values[e] if e.op is SYMBOL else e.attrs[0].array for e in arguments.values()]
    with np.errstate(all="ignore"):
        result = executed(source)(*[convert(x) for x in given])
    expected = evaluate(list(exprs.values()), values)
    for (key, got), want, expr in zip(result.items(), expected, exprs.values(), strict=True):
        assert tuple(np.shape(got)) == expr.shape, f"{key}\n{source}"
        np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=rtol, atol=atol, err_msg=source)
