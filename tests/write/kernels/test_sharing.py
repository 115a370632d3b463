"""An array takes another one's memory only where nobody needs what stood there."""

import pytest
from tests.write.kernels.programs import assert_same, one_by_one, with_values
from tests.write.kernels.runs import COST, by_c, needs_compiler

from gradproof.expr.activations import step
from gradproof.expr.broadcast import matmul, multiply, plus, scale, sum_over, transpose
from gradproof.expr.elementwise import apply, exp, relu
from gradproof.expr.node import number, symbol
from gradproof.write.kernels.loops import looped
from gradproof.write.kernels.sharing import rectified, shared_memory
from gradproof.write.kernels.statements import statements

S, T, U, V, G = (symbol(name, (3, 3)) for name in "STUVG")
a, b, c, d, e = (symbol(name, (3, "m")) for name in "abcde")
p = symbol("p", (3, 1))
FIRST = (b, matmul(S, a))  # b is filled by a product, so that it stands in memory


def shared(pairs, own):
    return shared_memory(looped(statements(pairs), "m"), own)


def test_what_is_read_last_makes_room():
    assert shared([FIRST, (c, exp(b)), (G, matmul(c, transpose(a)))], {b, c}) == {c: b}


CHAIN = [FIRST, (c, exp(b)), (T, matmul(c, transpose(a))), (e, matmul(T, a)), (d, multiply(c, e))]


def test_and_what_stands_there_makes_room_again():
    assert shared([*CHAIN, (G, matmul(d, transpose(a)))], {b, c, d}) == {c: b, d: b}


KEPT = {
    "read later": (c, [FIRST, (c, exp(b)), (G, matmul(c, transpose(b)))]),
    "read by a later loop": (c, [FIRST, (c, exp(b)), (S, matmul(c, transpose(a))), (d, multiply(b, c))]),
    "read later in the same loop": (c, [FIRST, (c, exp(b)), (d, plus(b, c)), (G, matmul(c, transpose(d)))]),
    "read at another entry": (V, [(T, matmul(S, U)), (V, plus(T, transpose(T))), (G, matmul(V, U))]),
    "assigned before": (c, [FIRST, (c, matmul(S, b)), (c, exp(b)), (G, matmul(c, transpose(a)))]),
    "a sum": (p, [(T, matmul(S, U)), (p, sum_over(T, 1, keepdims=True))]),
}


@pytest.mark.parametrize("title", KEPT)
def test_otherwise_it_stays(title):
    leaf, pairs = KEPT[title]
    assert leaf not in shared(pairs, {target for target, _ in pairs})


def test_only_arrays_of_the_step_s_own_are_overwritten():
    pairs = [FIRST, (c, exp(b)), (G, matmul(c, transpose(a)))]
    assert shared(pairs, {c}) == {}
    assert shared(pairs, {b}) == {}


@needs_compiler
def test_the_values_are_the_same():
    found = with_values([*CHAIN, (G, matmul(d, transpose(a))), (COST, sum_over(plus(G, T)))])
    expected, largest = one_by_one(found)
    assert_same(by_c(found, wanted=[G]), {leaf: expected[leaf] for leaf in (G, COST)}, largest)


# --- [Z > 0] of a relu --------------------------------------------------------------------------------------


def test_the_step_of_z_is_that_of_its_relu():
    assert rectified([(b, relu(a)), (c, multiply(d, step(a)))])[1] == (c, multiply(d, step(b)))


@pytest.mark.parametrize(
    "pairs",
    [
        [(b, relu(a)), (a, scale(2, d)), (c, step(a))],  # Z is another one since
        [(b, relu(a)), (b, scale(2, d)), (c, step(a))],  # A is another one since
        [(b, apply("maximum", a, number(1))), (c, step(a))],
        [(b, apply("maximum", number(0), a)), (c, step(a))],
        [(b, relu(a)), (c, apply("greater", a, number(1)))],
        [(b, relu(a)), (c, apply("greater_equal", a, number(0)))],
    ],
)
def test_but_of_nothing_else(pairs):
    assert rectified(pairs) == pairs


def test_a_relu_in_its_own_place():
    pairs = [(a, relu(a)), (c, step(a))]
    assert rectified(pairs) == pairs
