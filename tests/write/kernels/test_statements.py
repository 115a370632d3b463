"""Statements say what the assignments say, each of one kind that can be computed in one go."""

import numpy as np
import pytest
from hypothesis import given, settings
from tests.write.kernels.programs import assert_same, assignments, one_by_one
from tests.write.kernels.runs import by_statements

from gradproof.errors import InputError
from gradproof.expr.broadcast import (
    broadcast_to,
    diagonal,
    matmul,
    plus,
    scale,
    sum_over,
    trace,
    transpose,
)
from gradproof.expr.elementwise import exp, square
from gradproof.expr.node import NUMBER, SYMBOL, constant, delta, number, postorder, symbol
from gradproof.expr.product import PRODUCT, SUM, einsum, specs_of
from gradproof.expr.reduction import reduce, softmax
from gradproof.write.kernels.statements import (
    ENTRIES,
    LOGSUMEXP,
    PRODUCT_OF_TWO,
    SOFTMAX,
    TOTAL,
    argument_places,
    is_scalar,
    is_temporary,
    positive_of,
    renamed,
    statements,
)

W, X, b = symbol("W", (2, 3)), symbol("X", (3, "m")), symbol("b", (2, 1))
Z, A = symbol("Z", (2, "m")), symbol("A", (2, "m"))
S, V = symbol("S", (3, 3)), symbol("V", (3, 3))


@settings(max_examples=150)
@given(assignments(copies=True, depth=4))
def test_one_after_the_other_they_come_to_the_same(found):
    expected, largest = one_by_one(found)
    assert_same(by_statements(found, statements(found.pairs)), expected, largest)


@settings(max_examples=150)
@given(assignments(copies=True, depth=4))
def test_each_is_of_its_kind(found):
    for each in statements(found.pairs):
        assert each.target.op is SYMBOL
        assert each.target.shape == each.value.shape
        if each.kind in (ENTRIES, TOTAL):
            args = [each.value] if each.kind == ENTRIES else each.value.args
            assert all(_is_entrywise(node) for arg in args for node in postorder(arg))
        else:
            assert all(arg.op is SYMBOL or is_scalar(arg) for arg in each.value.args)
            assert each.target not in each.reads  # neither BLAS nor two passes can work in place
        if each.kind != ENTRIES:
            assert each.value.op is PRODUCT or each.value.op.name == each.kind
        if each.kind == TOTAL:
            assert each.target not in each.reads
        if each.kind == ENTRIES:
            assert _places_of(each.target, each.value) <= {_own(each.value)}


def _is_entrywise(node):
    if node.op is PRODUCT:
        specs, out, sizes = specs_of(node)
        return all(i in out or sizes[i] == 1 for spec in specs for i in spec)
    return node.op in (SYMBOL, NUMBER, SUM) or node.op.elementwise


def _own(value):
    return tuple(-1 if size == 1 else axis for axis, size in enumerate(value.shape))


def _places_of(leaf, value):
    """Where an entry of the value reads a symbol."""
    found, waiting = set(), [(value, _own(value))]
    while waiting:
        node, place = waiting.pop()
        found |= {place} if node is leaf else set()
        waiting += zip(node.args, argument_places(node, place), strict=True)
    return found


def kinds(*pairs):
    return [each.kind for each in statements(pairs)]


def times_scalar(scalar):
    """scalar · W X as one product."""
    return einsum([(), (0, 1), (1, 2)], [scalar, W, X], (0, 2))


def test_kinds():
    assert kinds((Z, matmul(W, X))) == [PRODUCT_OF_TWO]
    assert kinds((Z, times_scalar(symbol("α")))) == [PRODUCT_OF_TWO]
    assert kinds((A, exp(Z))) == [ENTRIES]
    assert kinds((b, sum_over(Z, 1, keepdims=True))) == [TOTAL]
    assert kinds((A, softmax(Z, 0))) == [SOFTMAX]
    assert kinds((symbol("n", (1, "m")), reduce("logsumexp", Z, 0, True))) == [LOGSUMEXP]
    assert kinds((symbol("T", (3, 2)), transpose(W))) == [ENTRIES]
    assert kinds((symbol("v", (3,)), diagonal(S))) == [ENTRIES]
    assert kinds((symbol("n"), trace(S))) == [TOTAL]


def test_a_sum_over_an_axis_of_size_1_is_none():
    row = symbol("r", (1, "m"))
    assert kinds((row, sum_over(row, 0, keepdims=True)), (A, matmul(b, row))) == [ENTRIES, ENTRIES]


def test_a_product_goes_into_the_place_of_the_sum_it_begins():
    first, second = statements([(Z, plus(matmul(W, X), b))])
    assert first.target is Z
    assert second.reads == {Z, b}
    assert not any(is_temporary(each.target) for each in (first, second))


def test_but_not_where_the_sum_needs_the_old_value():
    found = statements([(Z, plus(matmul(W, X), Z))])
    assert [each.kind for each in found] == [PRODUCT_OF_TWO, ENTRIES]
    assert is_temporary(found[0].target)
    assert found[1].reads == {found[0].target, Z}


def test_what_is_assigned_at_the_entry_where_it_is_read_needs_no_buffer():
    (only,) = statements([(W, plus(W, square(W)))])
    assert only.target is W


@pytest.mark.parametrize(
    "value",
    [
        transpose(S),
        plus(S, transpose(S)),
        matmul(S, V),
        broadcast_to(sum_over(S, 0, keepdims=True), (3, 3)),
        softmax(S, 0),
    ],
    ids=["turned", "sum with itself turned", "product", "sum", "softmax"],
)
def test_what_is_assigned_and_read_at_other_entries_goes_through_a_buffer(value):
    found = statements([(S, value)])
    assert found[-1].target is S
    assert all(is_temporary(each.target) for each in found[:-1])
    assert found[-1].reads.isdisjoint({S})


def test_a_scalar_that_depends_on_arrays_is_no_scalar():
    found = statements([(Z, times_scalar(exp(sum_over(W))))])
    assert [each.kind for each in found] == [TOTAL, ENTRIES, PRODUCT_OF_TWO]
    assert not any(is_scalar(n) for each in found for n in each.reads)


def test_a_product_that_repeats_is_computed_once():
    out = symbol("P", (4, 2, 2))
    product, repeated = statements([(out, einsum([(1, 2), (3, 2)], [W, W], (0, 1, 3), [4, 2, 3, 2]))])
    assert (product.kind, product.target.shape) == (PRODUCT_OF_TWO, (2, 2))
    assert repeated.kind == ENTRIES


def test_assigning_a_symbol_to_itself_is_nothing():
    assert statements([(W, W)]) == []


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (plus(S, delta(3)), "delta"),
        (plus(S, constant(np.ones((3, 3)))), "constant"),
        (softmax(S, (0, 1)), "softmax"),
        (broadcast_to(reduce("max", S, 0, True), (3, 3)), "max"),
        (exp(plus(S, delta(3))), "delta"),
    ],
)
def test_what_is_not_computed_entry_by_entry_is_refused(value, name):
    with pytest.raises(InputError, match=f"{name} is not computed entry by entry") as refused:
        statements([(symbol("Q", (3, 3)), value)])
    assert "reference" in str(refused.value)


def test_renamed_replaces_symbols_and_leaves_sums_apart():
    c = symbol("c", (2, 1))
    value = plus(matmul(W, X), b)
    other = renamed(value, {b: c})
    assert other is plus(matmul(W, X), c)
    inner = renamed(plus(Z, A), {Z: plus(Z, A)})
    assert inner.op is SUM
    assert inner.args == (plus(Z, A), A)


def test_positive_of():
    assert positive_of(scale(-2, W)) is scale(2, W)
    assert positive_of(scale(-1, W)) is not None
    assert positive_of(scale(2, W)) is None
    assert positive_of(W) is None
    assert positive_of(number(-3)) is None


def test_temporaries_are_no_symbols_of_the_user():
    t1 = symbol("t1", (2, 3))
    found = statements([(symbol("P", (2, 2)), matmul(t1, exp(transpose(t1))))])
    assert found[0].target.name == "t1"
    assert found[0].target is not t1
    assert is_temporary(found[0].target)
    assert not is_temporary(t1)


def test_products_with_more_than_one_summed_axis_or_a_repeated_one():
    T = symbol("T", (2, 3, 4))
    whole = einsum([(0, 1, 2), (3, 1, 2)], [T, T], (0, 3))
    assert kinds((symbol("G", (2, 2)), whole)) == [PRODUCT_OF_TWO]
    assert kinds((symbol("d", (3,)), einsum([(0, 0), (0, 1)], [S, V], (0,)))) == [TOTAL]
