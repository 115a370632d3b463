"""The emitted NumPy function comes to what its assignments come to, and allocates no more than it needs."""

import re

import pytest
from hypothesis import given, settings
from tests.write.kernels.programs import assert_same, assignments, one_by_one, with_values
from tests.write.kernels.runs import by_numpy

from gradproof.errors import InputError
from gradproof.expr.broadcast import broadcast_to, matmul, minus, multiply, plus, scale, sum_over, transpose
from gradproof.expr.elementwise import apply, exp, power, relu, square
from gradproof.expr.node import symbol
from gradproof.expr.product import einsum
from gradproof.write.kernels.numpy_source import numpy_step

S, T, U = (symbol(name, (3, 3)) for name in "STU")
q = symbol("q", (3, 1))
a, b = symbol("a", (3, "m")), symbol("b", (3, "m"))


@settings(max_examples=200)
@given(assignments(copies=True, depth=4, most=5))
def test_random_assignments(found):
    expected, largest = one_by_one(found)
    assert_same(by_numpy(found), expected, largest)


PLANTED = {
    "a third factor that is computed": [(U, multiply(S, T, exp(S)))],
    "a third term that is computed": [(U, exp(plus(S, T, exp(S))))],
    "the target as the third factor": [(S, multiply(T, U, S))],
    "the target, turned, as the third term": [(S, plus(S, T, transpose(S)))],
    "divided by what the target was": [(S, multiply(T, U, power(S, -1)))],
    "a sum of what is repeated": [
        (symbol("p", (3, 1)), sum_over(broadcast_to(symbol("q", (3, 1)), (3, 4)), 1, True))
    ],
    "a diagonal": [(symbol("d", (3,)), einsum([(0, 0), (0,)], [S, symbol("v", (3,))], (0,)))],
    "a factor that is a sum": [(U, einsum([(), (0, 1), (1, 2)], [exp(sum_over(S)), S, T], (0, 2)))],
    "a stack of products with one factor": [(symbol("P", (2, 3, 3)), matmul(S, symbol("Q", (2, 3, 3))))],
    "a stack of products with the other": [(symbol("P", (2, 3, 3)), matmul(symbol("Q", (2, 3, 3)), S))],
    "copies of units with the examples between": [
        (symbol("P", (2, "m", 4)), matmul(symbol("Q", (2, "m", 3)), symbol("R", (3, 4))))
    ],
}


@pytest.mark.parametrize("title", PLANTED)
def test_planted(title):
    found = with_values(PLANTED[title])
    expected, largest = one_by_one(found)
    assert_same(by_numpy(found), expected, largest)


def test_every_call_writes_into_an_array_that_is_there():
    Z, A = symbol("Z", (3, "m")), symbol("A", (3, "m"))
    W, c = symbol("W", (3, 3)), symbol("c", (3, 1))
    step = numpy_step([(Z, plus(matmul(W, a), c)), (A, relu(Z)), (b, multiply(minus(A, b), square(A)))])
    calls = [line for line in step.source.splitlines() if "np." in line]
    assert all("out=" in line for line in calls)
    assert set(step.arguments.values()) == {Z, A, W, c, a, b}


def test_scratch_arrays_are_used_again():
    """A chain of any length needs no more of them than its widest place."""
    value = a
    for _ in range(6):
        value = exp(plus(square(value), b))
    assert len(numpy_step([(a, value)]).scratch) == 1


def test_a_name_is_given_once():
    source = numpy_step([(b, exp(a)), (symbol("b", (3, 1)), sum_over(b, 1, keepdims=True))]).source
    arguments = re.search(r"\((.*?)\)", source, re.DOTALL)[1].replace("\n", " ").split(",")
    assert len(arguments) == len({name.strip() for name in arguments}) == 3


def test_each_equation_is_told_once():
    source = numpy_step([(b, exp(a)), (a, scale(2, b))]).source
    assert source.count("# b = exp(a)") == 1
    assert source.count("# a = 2 b") == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (apply("sin", a), "no NumPy call for sin"),
        (power(a, exp(b)), "power with an array as exponent"),
        (
            einsum([(0, 1, 2), (3, 1, 2)], [symbol("P", (3, 4, 5)), symbol("Q", (6, 4, 5))], (0, 3)),
            "lie together",
        ),
    ],
)
def test_what_has_no_call_is_refused(value, message):
    with pytest.raises(InputError, match=message) as refused:
        numpy_step([(symbol("y", value.shape), value)])
    assert "reference" in str(refused.value)
