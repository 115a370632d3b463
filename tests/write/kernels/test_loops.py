"""Fusing loops changes nothing: what may not move stays, and what is read was stored."""

import numpy as np
import pytest
from hypothesis import given, settings
from tests.write.kernels.programs import Assignments, M, assert_same, assignments, one_by_one, with_values
from tests.write.kernels.runs import by_loops, targets_of

from gradproof.expr.broadcast import (
    broadcast_to,
    matmul,
    minus,
    multiply,
    plus,
    scale,
    sum_over,
    swapaxes,
    transpose,
)
from gradproof.expr.elementwise import exp, square
from gradproof.expr.node import number, symbol
from gradproof.write.kernels import loops
from gradproof.write.kernels.loops import Loop, is_array, looped, reads_at, stored
from gradproof.write.kernels.statements import ENTRIES, PRODUCT_OF_TWO, TOTAL, Statement, statements

a, b, c, d = (symbol(name, (3, "m")) for name in "abcd")
S, T, U = (symbol(name, (3, 3)) for name in "STU")
column, total = symbol("p", (3, 1)), symbol("q", (3, 1))
NARROW, WIDE = symbol("n", (1, 3)), symbol("o", (3, 1))


def entries(target, value):
    return Statement(ENTRIES, target, value)


def sums(target, value, axes=1):
    return Statement(TOTAL, target, sum_over(value, axes, keepdims=True))


@settings(max_examples=200)
@given(assignments(copies=True, depth=4, most=6))
def test_loops_come_to_what_the_assignments_come_to(found):
    """Run entry by entry, where an array that is not stored cannot be read."""
    expected, largest = one_by_one(found)
    assert_same(by_loops(found, statements(found.pairs)), expected, largest)


@settings(max_examples=100)
@given(assignments(copies=True, depth=4, most=6))
def test_every_statement_is_in_one_part(found):
    before = statements(found.pairs)
    parts = looped(before, "m")
    after = [s for p in parts for s in ([each.statement for each in p.steps] if isinstance(p, Loop) else [p])]
    assert sorted(map(id, after)) == sorted(map(id, before))
    assert all(isinstance(p, Loop) or p.kind not in (ENTRIES, TOTAL) for p in parts)


# --- planted: each would be wrong in one loop, or in another order -----------------------------------------

APART = {
    "read at another entry": [entries(T, scale(2, S)), entries(U, plus(transpose(T), S))],
    "written after it was read at another entry": [entries(U, plus(transpose(S), T)), entries(S, exp(T))],
    "a sum that is read in the same loop": [sums(total, a), entries(b, multiply(a, total))],
    "a sum that a sum reads": [sums(total, a), sums(column, multiply(a, total))],
    "a sum's target that was read": [entries(b, multiply(a, total)), sums(total, a)],
    "a sum's target that is assigned again": [sums(total, a), sums(total, square(a))],
    "a sum of what is read at another entry": [entries(T, square(S)), sums(total, multiply(T, transpose(T)))],
}


@pytest.mark.parametrize("title", APART)
def test_what_has_to_stay_apart_does(title):
    first, second = APART[title]
    assert [len(part.steps) for part in looped([first, second], "m")] == [1, 1]
    agree([first, second])


def test_a_sum_and_what_overwrites_its_target():
    first, second = sums(total, a), entries(total, exp(column))
    assert len(looped([first, second], "m")) == 2
    agree([first, second])


TOGETHER = {
    "one after the other": [entries(b, square(a)), entries(c, exp(minus(number(0), b)))],
    "overwritten at its own entry": [entries(b, square(a)), entries(b, plus(b, a)), entries(c, scale(3, b))],
    "read, then overwritten": [entries(b, square(a)), entries(a, scale(2, b)), entries(c, plus(a, b))],
    "a sum of what the loop assigns": [entries(b, square(a)), sums(total, multiply(a, b))],
    "two sums": [sums(total, a), sums(column, square(a))],
    "a row and a column": [entries(NARROW, transpose(WIDE)), entries(column, plus(transpose(NARROW), WIDE))],
    "a sum and what does not touch it": [sums(total, a), entries(b, square(a))],
}


@pytest.mark.parametrize("title", TOGETHER)
def test_what_may_be_in_one_loop_is(title):
    found = TOGETHER[title]
    (loop,) = looped(found, "m")
    assert [step.statement for step in loop.steps] == found
    agree(found)


def between(*middle):
    """Two statements that would fit in one loop, with others between them."""
    return [entries(b, square(a)), *middle, entries(c, plus(b, d))]


PRODUCT = Statement(PRODUCT_OF_TWO, S, matmul(T, U))


def test_a_statement_moves_up_past_what_it_does_not_touch():
    parts = looped(between(PRODUCT), "m")
    assert [isinstance(part, Loop) for part in parts] == [True, False]
    agree(between(PRODUCT))


@pytest.mark.parametrize(
    ("middle", "last"),
    [
        (Statement(PRODUCT_OF_TWO, d, matmul(T, a)), entries(c, plus(b, d))),  # assigns what it reads
        (Statement(PRODUCT_OF_TWO, d, matmul(T, a)), entries(a, plus(b, c))),  # reads what it assigns
        (Statement(PRODUCT_OF_TWO, d, matmul(T, a)), entries(d, plus(b, c))),  # assigns what it assigns
        (sums(total, multiply(T, U)), entries(b, multiply(a, total))),  # the same, past a loop
    ],
)
def test_but_not_past_what_it_touches(middle, last):
    found = [entries(b, square(a)), middle, last]
    parts = looped(found, "m")
    assert len(parts) == 3
    assert parts[2].steps[0].statement is last
    agree(found)


def agree(found):
    """The loops come to what the statements come to, from the same values."""
    whole = with_values([(each.target, each.value) for each in found])
    expected, largest = one_by_one(whole)
    assert_same(by_loops(whole, found), expected, largest)


# --- what is stored -----------------------------------------------------------------------------------------


def test_what_only_its_loop_reads_is_not_stored():
    parts = looped(statements([(b, square(a)), (c, exp(minus(number(0), b)))]), "m")
    assert stored(parts, [c]) == {a, c}


SUMMED = (total, sum_over(b, 1, keepdims=True))
READ_ELSEWHERE = {
    "by a product": [(b, square(a)), (S, matmul(b, transpose(a)))],
    "past a loop that cannot be passed": [
        (b, square(a)),
        (total, sum_over(S, 1, True)),
        (c, multiply(b, total)),
    ],
    "before it is assigned": [(b, plus(b, a)), (c, scale(2, b))],
    "after a sum of it": [(b, square(a)), SUMMED, (c, multiply(b, total))],
    "between two assignments": [
        (b, square(a)),
        (S, matmul(b, transpose(b))),
        (b, scale(2, a)),
        (c, square(b)),
    ],
}


@pytest.mark.parametrize("title", READ_ELSEWHERE)
def test_what_is_read_elsewhere_is_stored(title):
    found = READ_ELSEWHERE[title]
    assert b in stored(looped(statements(found), "m"), [found[-1][0]])


def test_a_sum_is_always_stored():
    parts = looped(statements([(total, sum_over(a, 1, keepdims=True))]), "m")
    assert total in stored(parts, [])


@settings(max_examples=100)
@given(assignments(copies=True, most=6))
def test_whatever_is_read_by_another_part_is_stored(found):
    parts = looped(statements(found.pairs), "m")
    kept = stored(parts, targets_of(found))
    for at, part in enumerate(parts):
        own = part.writes if isinstance(part, Loop) else set()
        elsewhere = {n for other in (*parts[:at], *parts[at + 1 :]) for n in other.reads if is_array(n)}
        assert own & elsewhere <= kept


# --- places -------------------------------------------------------------------------------------------------


def test_reads_at():
    (step,) = looped([entries(U, plus(transpose(S), multiply(T, column)))], "m")[0].steps
    assert dict(reads_at(step)) == {S: (1, 0), T: (0, 1), column: (0, -1)}
    (step,) = looped([sums(total, multiply(a, column))], "m")[0].steps
    assert dict(reads_at(step)) == {a: (1, 0), column: (1, -1)}  # the examples' loop is the outermost
    assert step.place == (1, -1)


def test_loops_run_over_the_examples_first():
    assert looped([entries(b, square(a))], "m")[0].sizes == ("m", 3)
    turned = symbol("x", ("m", 3))
    assert looped([entries(turned, swapaxes(a, 0, 1))], "m")[0].sizes == ("m", 3)
    assert looped([entries(column, exp(total))], "m")[0].sizes == (3,)
    assert looped([entries(b, broadcast_to(column, (3, "m")))], "m")[0].sizes == ("m", 3)


# --- the tests themselves ---------------------------------------------------------------------------------


@pytest.mark.parametrize("title", APART)
def test_that_a_wrong_fusion_would_be_seen(title, monkeypatch):
    monkeypatch.setattr(loops, "_fits", lambda host, step: True)
    assert len(looped(APART[title], "m")) == 1
    with pytest.raises(AssertionError):
        agree(APART[title])


def test_that_a_wrong_move_would_be_seen(monkeypatch):
    monkeypatch.setattr(loops, "_conflict", lambda part, loop: False)
    with pytest.raises(AssertionError):
        agree([entries(b, square(a)), Statement(PRODUCT_OF_TWO, d, matmul(T, a)), entries(c, plus(b, d))])


def test_that_a_dropped_array_would_be_seen(monkeypatch):
    monkeypatch.setattr("tests.write.kernels.runs.stored", lambda parts, wanted: set(wanted))
    pairs = [(c, multiply(a, sum_over(a, 1, keepdims=True)))]
    with pytest.raises(AssertionError, match="was not stored"):
        by_loops(Assignments(pairs, {a: np.ones((3, M))}), statements(pairs))
