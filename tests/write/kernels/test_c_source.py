"""The compiled function comes to what its assignments come to, in the order in which it is called."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from tests.write.kernels.programs import assert_same, assignments, one_by_one, with_values
from tests.write.kernels.runs import COST, COUNTED, by_c, call, kernel_of, needs_compiler

from gradproof.errors import InputError
from gradproof.expr.broadcast import matmul, minus, multiply, plus, scale, sum_over, transpose
from gradproof.expr.elementwise import apply, divide, exp, power, square
from gradproof.expr.node import size_symbol, symbol
from gradproof.expr.product import einsum
from gradproof.expr.reduction import reduce, softmax
from gradproof.write.kernels.c_source import Inputs, c_kernel

S, T, U = (symbol(name, (3, 3)) for name in "STU")
a, b = symbol("a", (3, "m")), symbol("b", (3, "m"))
P, Q, R = symbol("P", (4, "m", 3)), symbol("Q", (2, 3, 4)), symbol("R", (6, 3, 4))
NARROW, LOW = symbol("n", (1, "m")), symbol("k", (3, 1))


@needs_compiler
@settings(max_examples=12)
@given(assignments(copies=True, depth=4, most=12))
def test_random_assignments(found):
    expected, largest = one_by_one(found)
    assert_same(by_c(found), expected, largest)


@needs_compiler
@settings(max_examples=8)
@given(assignments(copies=True, depth=4, most=12))
def test_what_is_not_wanted_may_be_overwritten(found):
    """Only the last array and the cost are asked for, so that others can stand in each other's memory."""
    expected, largest = one_by_one(found)
    last = found.pairs[-2][0]
    given_ = by_c(found, wanted=[last])
    assert_same(given_, {leaf: expected[leaf] for leaf in (last, COST)}, largest)


@needs_compiler
@settings(max_examples=3)
@given(assignments(depth=3, most=8))
def test_random_assignments_in_single_precision(found):
    expected, largest = one_by_one(found)
    if largest < 1e4:
        assert_same(by_c(found, "float"), expected, largest, 1e-3)


def computed(pairs):
    """The assignments with values, and a cost, which kernels always have."""
    return with_values([*pairs, (COST, sum_over(pairs[-1][0]))])


PLANTED = {
    "softmax and logsumexp of one z": [(b, softmax(a, 0)), (NARROW, reduce("logsumexp", a, 0, True))],
    "along another axis": [(b, softmax(a, 0)), (LOW, reduce("logsumexp", a, 1, True))],
    "of what the softmax overwrote": [(a, softmax(a, 0)), (NARROW, reduce("logsumexp", a, 0, True))],
    "two softmax of one z": [(S, softmax(U, 0)), (T, softmax(U, 0)), (a, multiply(a, symbol("c", (3, 1))))],
    "z changed between": [(b, softmax(a, 0)), (a, matmul(S, b)), (NARROW, reduce("logsumexp", a, 0, True))],
    "the other's target read between": [
        (b, softmax(a, 0)), (symbol("o", (1, "m")), exp(NARROW)), (NARROW, reduce("logsumexp", a, 0, True))
    ],
    "a product into its own factor": [(S, matmul(S, T)), (S, plus(S, transpose(S)))],
    "a product times a sum": [(U, einsum([(), (0, 1), (1, 2)], [exp(sum_over(S)), S, T], (0, 2)))],
    "a sum times a sum": [(LOW, einsum([(), (0, 1)], [sum_over(T), S], (0, 2), [3, 3, 1]))],
    "a product repeated along a new axis": [
        (symbol("y", (4, 3, 3)), einsum([(1, 2), (2, 3)], [S, T], (0, 1, 3), [4, 3, 3, 3]))
    ],
    "a sum repeated along a new axis": [(symbol("y", (4, 3)), einsum([(1, 2)], [S], (0, 1), [4, 3, 3]))],
    "an accumulated sum of itself": [(LOW, sum_over(multiply(S, LOW), 1, keepdims=True))],
    "two axes summed in a product": [
        (symbol("y", (2, 6)), einsum([(0, 1, 2), (3, 1, 2)], [Q, R], (0, 3)))
    ],
    "divided by the number of examples": [(b, divide(a, size_symbol("m")))],
    "means of products": [(S, divide(matmul(a, transpose(b)), size_symbol("m")))],
}  # fmt: skip


@needs_compiler
def test_planted():
    for title, pairs in PLANTED.items():
        found = computed(pairs)
        expected, largest = one_by_one(found)
        try:
            assert_same(by_c(found), expected, largest)
        except AssertionError as error:
            raise AssertionError(title) from error


# --- batches ----------------------------------------------------------------------------------------------


@needs_compiler
def test_batches_are_gathered_in_order_and_the_step_is_counted():
    """w becomes Σ_batches t · Σ x over the batch: it tells which examples were met when."""
    X, D, w = symbol("X", (2, "m")), symbol("D", (2, "m")), symbol("w", (2, 1))
    seen = scale(COUNTED, sum_over(multiply(X, D), 1, keepdims=True))
    pairs = [(w, plus(w, seen)), (COST, divide(sum_over(X), size_symbol("m")))]
    kernel = c_kernel(pairs, Inputs([X], [D], [w], [], COUNTED, COST, "m"), "double")
    rng = np.random.default_rng(0)
    data = np.asarray(rng.random((2, 7)), order="F")
    masks = rng.random((7, 2)) < 0.5  # in the order of the batches, examples slowest
    for order in (None, rng.permutation(7)):
        met = data if order is None else data[:, order]
        for size in (1, 3, 7):
            out = np.zeros((2, 1))
            given_ = [out, data, masks.astype(np.uint8), *(np.zeros(2 * size) for _ in kernel.buffers)]
            cost = call(kernel, given_, np.array([10.0]), order, 7, size)
            t = 11 + np.arange(7) // size  # the number of the step that meets each example
            expected = (t * met * masks.T).sum(1, keepdims=True)
            np.testing.assert_allclose(out, expected, rtol=1e-13)
            assert cost == pytest.approx(data.sum(), rel=1e-13)  # Σ cost · m


# --- the text -----------------------------------------------------------------------------------------------


def test_the_source_is_the_same_in_every_process():
    """It is the key under which the library is kept."""
    code = (
        "from gradproof.train.engines.compiled import CompiledEngine\n"
        "from tests.train.engines.agreement import NETWORKS, OPTIMIZERS\n"
        "for network in NETWORKS.values(): print(CompiledEngine(network, OPTIMIZERS[4], copies=2).source)"
    )
    made = set()
    for seed in ("1", "2"):
        command, root = [sys.executable, "-c", code], Path(__file__).parents[3]
        environment = {"PYTHONHASHSEED": seed}
        run = subprocess.run(command, capture_output=True, check=True, cwd=root, env=environment)
        made.add(run.stdout)
    assert len(made) == 1
    assert b"epoch" in made.pop()


def test_arrays_that_nothing_reads_are_not_asked_for():
    kernel = kernel_of(computed([(b, exp(square(minus(a, b))))]))
    assert [leaf for leaf in kernel.arrays if leaf not in (a, b)] == [COST]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (apply("sin", a), "no C code for sin"),
        (power(a, exp(b)), "power with an array as exponent"),
        (einsum([(0, 1, 2), (0, 3, 2)], [P, symbol("Q", (4, 5, 3))], (1, 3, 2)), "side by side"),
        (einsum([(0, 1, 2), (2, 3, 0)], [P, symbol("Q", (3, 5, 4))], (1, 3)), "lie together"),
    ],
)
def test_what_has_no_code_is_refused(value, message):
    with pytest.raises(InputError, match=message) as refused:
        kernel_of(computed([(symbol("y", value.shape), value)]))
    assert "numpy" in str(refused.value)
