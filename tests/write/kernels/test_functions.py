"""Each function in C and in NumPy is the one of the operation's record, far out and at NaN and ∞ as well."""

import re

import numpy as np
import pytest
from tests.write.kernels.programs import Assignments
from tests.write.kernels.runs import COST, by_c, by_numpy, needs_compiler

from gradproof.expr.broadcast import sum_over
from gradproof.expr.node import OPERATIONS, make, symbol
from gradproof.write.kernels.c_entries import FUNCTIONS
from gradproof.write.kernels.numpy_entries import FORMULAS, UFUNCS

ARGUMENTS = tuple(symbol(name, (8, "m")) for name in "xyz")
SIZES = (0.0, 5e-324, 1e-300, 1e-10, 0.3, 1.0, 30.0, 88.0, 800.0, 1e30, 1e300, np.inf)
SPECIAL = [*SIZES, *(-x for x in SIZES), np.nan]
TYPES = {"double": (np.float64, 1e-14), "float": (np.float32, 4e-6)}


def arity(name):
    return 1 + max(int(k) for k in re.findall(r"\{(\d)\}", FUNCTIONS[name]))


def arguments(dtype):
    """Numbers from the functions' domains, and those that overflow or are none; 40 for each argument."""
    rng = np.random.default_rng(0)
    domains = [OPERATIONS[name].domain for name in FUNCTIONS]
    low, high = min(d[0] for d in domains), max(d[1] for d in domains)
    first = np.array([*SPECIAL, *rng.uniform(low, high, 40 - len(SPECIAL))])
    with np.errstate(over="ignore"):
        columns = [x.reshape(8, 5).astype(dtype) for x in (first, np.roll(first, 7), rng.permutation(first))]
    return dict(zip(ARGUMENTS, columns, strict=True))


def differences(run, dtype):
    """What a run gives for each function, and what the function's record does."""
    given = arguments(dtype)
    outputs = {name: symbol(f"o_{name}", (8, "m")) for name in FUNCTIONS}
    pairs = [(out, make(OPERATIONS[n], ARGUMENTS[: arity(n)])) for n, out in outputs.items()]
    found = run(Assignments([*pairs, (COST, sum_over(ARGUMENTS[0]))], given))
    with np.errstate(all="ignore"):
        for name, out in outputs.items():
            expected = OPERATIONS[name].value((), dtype, *list(given.values())[: arity(name)])
            yield name, found[out], np.asarray(expected, dtype)


@needs_compiler
@pytest.mark.parametrize("precision", TYPES)
def test_c(precision):
    dtype, rounding = TYPES[precision]
    for name, found, expected in differences(lambda a: by_c(a, precision), dtype):
        np.testing.assert_allclose(found, expected, rtol=rounding, atol=rounding / 100, err_msg=name)


def test_numpy():
    assert {*UFUNCS, *FORMULAS} == set(FUNCTIONS)
    for name, found, expected in differences(by_numpy, np.float64):
        np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-16, err_msg=name)
