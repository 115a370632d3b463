"""A stack of slices at once is each slice by itself: for every operation, at every argument."""

from zlib import crc32

import numpy as np
import pytest
from tests.calculus.operation_samples import SAMPLES
from tests.expr.derivatives import at_random

from gradproof.calculus.canonical import same
from gradproof.expr.broadcast import broadcast_to, matmul, multiply, plus, sum_over, transpose
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import DELTA, facts_of, make, postorder, size_symbol, symbol, symbols
from gradproof.expr.product import einsum
from gradproof.expr.stacked import EACH, stacked, unit

EXTRA = (2, 3)


@pytest.mark.parametrize(("operation", "sample"), SAMPLES)
def test_every_slice_of_a_stack_is_the_operation_at_that_slice(operation, sample):
    rng = np.random.default_rng(crc32(operation.name.encode()))
    leaves = symbols(sample)
    for chosen in [[leaf] for leaf in leaves] + [leaves]:
        points = [
            [at_random(sample, rng, operation.domain) for _ in range(EXTRA[1])] for _ in range(EXTRA[0])
        ]
        base = points[0][0]
        stacks = {
            leaf: symbol(f"stack of {leaf.name}", (*leaf.shape, *EXTRA), 0, facts_of(leaf)) for leaf in chosen
        }
        values = dict(base)
        for leaf, stack in stacks.items():
            by_slice = np.array([[points[i][j][leaf] for j in range(EXTRA[1])] for i in range(EXTRA[0])])
            values[stack] = np.moveaxis(by_slice, (0, 1), (-2, -1))
        whole = stacked(sample, stacks, EXTRA)
        assert whole.shape == (*sample.shape, *EXTRA)
        (found,) = evaluate([whole], values)
        for i, j in np.ndindex(EXTRA):
            here = {leaf: points[i][j][leaf] if leaf in stacks else base[leaf] for leaf in leaves}
            (expected,) = evaluate([sample], here)
            np.testing.assert_allclose(
                np.asarray(found, complex)[..., i, j], np.asarray(expected, complex), rtol=1e-9, atol=1e-12
            )


def test_what_does_not_depend_on_the_stack_is_repeated():
    a = symbol("A", (2, 2))
    whole = stacked(a, {symbol("x"): symbol("xs", (3,))}, (3,))
    assert whole.shape == (2, 2, 3)


def test_deltas_contract_at_once():
    a, x = symbol("A", ("m", "n")), symbol("X", ("n", "p"))
    found = stacked(matmul(a, x), {x: unit(x.shape)}, x.shape)
    assert found is einsum([(0, 2), (1, 3)], [a, unit(("p",))], (0, 1, 2, 3))
    both = stacked(matmul(a, plus(x, matmul(x, symbol("B", ("p", "p"))))), {x: unit(x.shape)}, x.shape)
    assert both.shape == ("m", "p", "n", "p")
    assert all(
        n.op is not DELTA for t in both.args for b in t.args if b.op.name == "sum" for n in postorder(b)
    )


def test_what_is_repeated_and_then_summed_is_counted():
    x = symbol("x", ("n",))
    rows = sum_over(broadcast_to(x, ("m", "n")), 0)
    found = stacked(rows, {x: unit(x.shape)}, x.shape)
    assert same(found, multiply(size_symbol("m"), unit(("n",))))


def test_a_stack_of_nothing_is_the_expression_itself():
    x = symbol("x", (3,))
    assert stacked(transpose(symbol("A", (2, 3))), {x: x}, ()) is transpose(symbol("A", (2, 3)))


def test_slices_of_slices_are_slices_along_more_axes():
    x = symbol("X", (4, 3))
    once = make(EACH, (x,), ("cumsum", ((0,),), (True,), (3,)))
    stack = symbol("S", (4, 3, 2))
    twice = stacked(once, {x: stack}, (2,))
    assert twice.op is EACH and twice.args == (stack,) and twice.attrs[3] == (3, 2)
