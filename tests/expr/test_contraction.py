"""Numeric contraction against np.einsum, for every kind of factor; and what it may cost."""

import tracemalloc
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.errors import ShapeError
from gradproof.expr.contraction import contract, contract_where_zero_wins

LETTERS = "abcdefgh"


@st.composite
def products(draw):
    """Specs, result, sizes and factors of a random product; sizes of 0 and 1 included."""
    n = draw(st.integers(1, 6))
    sizes = tuple(draw(st.lists(st.sampled_from([0, 1, 1, 2, 3, 4]), min_size=n, max_size=n)))
    axes = st.lists(st.integers(0, n - 1), max_size=3).map(tuple)
    specs = tuple(draw(st.lists(axes, min_size=1, max_size=6)))
    out = tuple(draw(st.permutations(range(n))))[: draw(st.integers(0, n))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kinds = draw(st.lists(st.sampled_from("dddfgbiFs"), min_size=len(specs), max_size=len(specs)))
    arrays = [factor(kind, tuple(sizes[i] for i in s), rng) for kind, s in zip(kinds, specs, strict=True)]
    return specs, out, sizes, arrays


def factor(kind, shape, rng):
    x = np.asarray(rng.normal(size=shape))
    if kind == "b":
        return x > 0
    if kind == "i":
        return np.rint(3 * x).astype(int)
    if kind == "F":
        return x.copy(order="F")
    if kind == "s":  # every second entry along every axis
        return np.asarray(rng.normal(size=[2 * n for n in shape]))[(slice(None, None, 2),) * x.ndim]
    return x.astype(kind)


def by_einsum(specs, out, sizes, arrays):
    """The same in extended precision; a factor of ones stands for every index, also one that nobody has."""
    everywhere = [(i,) for i in range(len(sizes))]
    formula = ",".join("".join(LETTERS[i] for i in s) for s in (*specs, *everywhere))
    ones = [np.ones(n, np.longdouble) for n in sizes]
    wide = [np.asarray(a, np.longdouble) for a in arrays]
    return np.einsum(f"{formula}->{''.join(LETTERS[i] for i in out)}", *wide, *ones)


def tolerance(arrays):
    return 1e-3 if any(a.dtype == np.float32 for a in arrays) else 1e-9


@given(products())
def test_any_product_agrees_with_einsum(product):
    specs, out, sizes, arrays = product
    before = [a.copy() for a in arrays]
    result = contract(specs, out, sizes, arrays, np.float64)
    expected = by_einsum(*product)
    assert np.shape(result) == expected.shape
    rtol = tolerance(arrays)
    np.testing.assert_allclose(np.asarray(result, np.longdouble), expected, rtol=rtol, atol=rtol)
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)  # no factor was scaled in place


@given(products())
def test_where_zero_wins_agrees_on_finite_factors(product):
    specs, out, sizes, arrays = product
    rtol = tolerance(arrays)
    np.testing.assert_allclose(
        np.asarray(contract_where_zero_wins(specs, out, sizes, arrays, np.float64), np.longdouble),
        by_einsum(*product),
        rtol=rtol,
        atol=rtol,
    )


@given(products(), st.integers(0, 10**6))
def test_symbolic_sizes_are_read_off_the_arrays(product, seed):
    specs, out, sizes, arrays = product
    present = {i for s in specs for i in s}
    symbolic = tuple(f"n{i}" if i in present and (seed >> i) % 2 else n for i, n in enumerate(sizes))
    np.testing.assert_array_equal(
        contract(specs, out, symbolic, arrays, np.float64), contract(specs, out, sizes, arrays, np.float64)
    )


def test_a_symbolic_size_that_nobody_shows_is_an_error():
    with pytest.raises(ShapeError, match="the size m of an axis is symbolic"):
        contract(((),), (0,), ("m",), [np.float64(1)], np.float64)


@given(products())
def test_extended_precision_is_kept(product):
    specs, out, sizes, arrays = product
    wide = [np.asarray(a, np.longdouble) + np.longdouble(1) / 3 for a in arrays]
    result = np.asarray(contract(specs, out, sizes, wide, np.longdouble))
    assert result.dtype == np.longdouble
    np.testing.assert_allclose(result, by_einsum(specs, out, sizes, wide), rtol=1e-15, atol=1e-15)


def test_counts_of_booleans_are_numbers():
    mask = np.array([[True, True], [True, False]])
    assert contract(((0, 1),), (), (2, 2), [mask], np.float64) == 3
    assert contract(((0, 1), (1, 2)), (0, 2), (2, 2, 2), [mask, mask], np.float64).tolist() == [
        [2, 1],
        [1, 1],
    ]
    assert contract(((0, 1), (0, 1)), (0,), (2, 2), [mask, mask], np.float64).tolist() == [2, 1]


def test_integer_products_are_exact():
    big = np.array([[2**53 + 1, 1]])
    assert (
        contract(((0, 1), (2, 1)), (0, 2), (1, 2, 1), [big, np.array([[1, 1]])], np.float64)[0, 0]
        == 2**53 + 2
    )


def test_a_matrix_is_not_multiplied_like_np_matrix():
    with pytest.warns(PendingDeprecationWarning):
        x = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    result = contract(((0, 1), (0, 1)), (0, 1), (2, 2), [x, x], np.float64)
    assert result.tolist() == [[1, 4], [9, 16]]


# --- where zero wins --------------------------------------------------------------------------------


def test_zero_wins_over_infinity_and_nan():
    g, slope = np.array([0.0, 0.0, 2.0]), np.array([np.inf, np.nan, 3.0])
    arguments = (((0,), (0,)), (0,), (3,), [g, slope], np.float64)
    with np.errstate(invalid="ignore"):
        assert np.isnan(contract(*arguments)[:2]).all()
        assert contract_where_zero_wins(*arguments).tolist() == [0, 0, 6]


def test_zero_wins_across_broadcasting_and_sums():
    mask, slope = np.array([[0.0], [1.0]]), np.array([[np.nan, np.inf], [1.0, 2.0]])
    specs, sizes = ((0, 1), (0, 2)), (2, 1, 2)
    with np.errstate(invalid="ignore"):
        assert contract_where_zero_wins(specs, (0, 2), sizes, [mask, slope], np.float64).tolist() == [
            [0, 0],
            [1, 2],
        ]
        assert contract_where_zero_wins(specs, (), sizes, [mask, slope], np.float64) == 3
        assert contract_where_zero_wins(((), (0, 1)), (0, 1), (2, 2), [0.0, slope], np.float64).tolist() == [
            [0, 0],
            [0, 0],
        ]


def test_what_is_not_multiplied_by_zero_stays_infinite():
    with np.errstate(invalid="ignore"):
        result = contract_where_zero_wins(
            ((0,), (0,)), (0,), (2,), [np.array([1.0, 0.0]), np.array([np.inf, 1.0])], np.float64
        )
    assert result.tolist() == [np.inf, 0]


# --- cost -------------------------------------------------------------------------------------------


def peak(run):
    """Bytes allocated at most while running; NumPy's buffers are counted."""
    run()
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


RNG = np.random.default_rng(0)
W, V, X, DZ = (RNG.normal(size=s) for s in [(300, 300), (300, 300), (300, 8), (300, 8)])
S = np.float64(0.5)
WHOLE = W.nbytes
COSTS = {
    "Σ W∘V": (((0, 1), (0, 1)), (), [W, V], 0),
    "Σ Wᵀ∘Vᵀ": (((0, 1), (0, 1)), (), [W.T, V.T], 0),
    "Σ_i w_ij v_ij": (((0, 1), (0, 1)), (1,), [W, V], 0),
    "Wᵀ": (((0, 1),), (1, 0), [W], 0),
    "Wᵀ dZ": (((0, 1), (0, 2)), (1, 2), [W, DZ], X.nbytes),
    "dZ Xᵀ": (((0, 1), (2, 1)), (0, 2), [DZ, X], WHOLE),
    "½ dZ Xᵀ": (((), (0, 1), (2, 1)), (0, 2), [S, DZ, X], WHOLE + X.nbytes),
    "½ W∘V": (((), (0, 1), (0, 1)), (0, 1), [S, W, V], WHOLE),
    "W V x": (((0, 1), (1, 2), (2,)), (0,), [W, V, X[:, 0]], 0),
}


@pytest.mark.parametrize(("specs", "out", "arrays", "memory"), COSTS.values(), ids=COSTS.keys())
def test_no_needless_memory(specs, out, arrays, memory):
    sizes = {}
    for spec, array in zip(specs, arrays, strict=True):
        sizes.update(zip(spec, np.shape(array), strict=True))
    used = peak(lambda: contract(specs, out, tuple(sizes[i] for i in sorted(sizes)), arrays, np.float64))
    assert used <= memory + 60_000  # vectors, and Python's own objects


@pytest.mark.parametrize(
    ("specs", "out", "arrays"),
    [
        (((0, 1), (1, 2)), (0, 2), [W, X]),
        (((0, 1), (0, 2)), (1, 2), [W, X]),
        (((0, 1), (2, 1)), (2, 0), [X, DZ]),
        (((0, 1, 2), (2, 3)), (0, 1, 3), [W.reshape(10, 30, 300), X]),
    ],
)
def test_matrix_products_are_one_call_of_blas(specs, out, arrays):
    sizes = {}
    for spec, array in zip(specs, arrays, strict=True):
        sizes.update(zip(spec, array.shape, strict=True))
    with mock.patch.object(np, "dot", wraps=np.dot) as dot, mock.patch.object(np, "einsum") as einsum:
        contract(specs, out, tuple(sizes[i] for i in sorted(sizes)), arrays, np.float64)
    assert dot.call_count == 1
    assert all(max(x.strides) == x.strides[0] or max(x.strides) == x.strides[1] for x in dot.call_args.args)
    assert einsum.call_count == 0
