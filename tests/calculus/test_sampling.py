"""Random points: every fact of a symbol is true of its array, and expressions are finite there."""

import numpy as np
import pytest

from gradproof.calculus.parameters import honours, pattern
from gradproof.calculus.sampling import evaluated, random_sizes, random_values, sampled, size_names
from gradproof.errors import InputError
from gradproof.expr.broadcast import matmul, multiply, negate, transpose
from gradproof.expr.elementwise import log
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import delta, symbol

SQUARE = ["symmetric", "spd", "psd", "diagonal", "toeplitz", "lower", "upper", "orthogonal", "invertible"]
ENTRIES = ["positive", "nonnegative", "integer", "row_stochastic", "column_stochastic", "sign"]
TOGETHER = [
    ("symmetric", "toeplitz"),
    ("spd", "diagonal"),
    ("spd", "toeplitz"),
    ("lower", "toeplitz"),
    ("orthogonal", "symmetric"),
    ("orthogonal", "diagonal"),
    ("positive", "integer"),
]
X = symbol("X", ("n", "k"))


@pytest.mark.parametrize("facts", [*[(f,) for f in SQUARE + ENTRIES], *TOGETHER], ids="+".join)
def test_facts_are_true_of_the_array(facts):
    leaf = symbol("A", ("n", "n"), facts=facts)
    for seed in range(5):
        _, values = random_values([leaf], rng=np.random.default_rng(seed))
        assert honours(frozenset(facts), values[leaf]), values[leaf]


def test_a_stack_has_the_facts_in_every_matrix():
    leaf = symbol("A", (4, "n", "n"), facts=("spd",))
    _, values = random_values([leaf], rng=np.random.default_rng(0))
    assert (np.linalg.eigvalsh(values[leaf]) > 0).all()


def test_a_simplex_sums_to_one_and_complex_is_complex():
    p, z = symbol("p", ("n",), facts=("simplex",)), symbol("Z", ("n", "k"), facts=("complex",))
    _, values = random_values([p, z], rng=np.random.default_rng(0))
    assert values[p].sum() == pytest.approx(1)
    assert np.abs(values[z].imag).min() > 0


@pytest.mark.parametrize(
    ("fact", "wrong"),
    [("symmetric", [[1, 2], [3, 4]]), ("spd", [[1, 2], [2, 1]]), ("orthogonal", [[1, 1], [0, 1]]),
     ("simplex", [0.5, 0.6]), ("positive", [1, 0]), ("lower", [[1, 1], [0, 1]]), ("integer", [0.5])],
)  # fmt: skip
def test_a_fact_that_is_not_true_is_seen(fact, wrong):
    assert not honours(frozenset([fact]), np.array(wrong, dtype=float))


def test_entries_that_share_a_parameter():
    assert pattern(frozenset({"toeplitz"}), 3, 3).tolist() == [[0, 1, 2], [3, 0, 1], [4, 3, 0]]
    assert pattern(frozenset({"toeplitz", "symmetric"}), 3, 3).tolist() == [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    assert pattern(frozenset({"lower", "symmetric"}), 2, 2).tolist() == [[0, -1], [-1, 1]]


def test_sizes_differ():
    sizes = random_sizes("nmkpq", np.random.default_rng(3))
    assert len(set(sizes.values())) == 5


def test_size_names_are_found_where_no_symbol_has_them():
    assert size_names([multiply(delta("m"), symbol("s"))]) == ["m"]
    assert size_names([symbol("A", ("2*n", "m + p"))]) == ["m", "n", "p"]


def test_a_gram_matrix_gets_a_matrix_that_is_tall_enough():
    for seed in range(8):
        point = sampled([inv(matmul(transpose(X), X))], rng=np.random.default_rng(seed))
        assert point.sizes["n"] >= point.sizes["k"]


def test_a_logarithm_gets_positive_numbers():
    point = sampled([log(X)])
    assert all(np.isfinite(r).all() for r in point.results)


def test_what_is_never_finite_is_named():
    with pytest.raises(InputError, match="log"):
        sampled([log(negate(multiply(X, X)))])
    column, row = symbol("c", ("n", 1)), symbol("r", (1, "n"))
    with pytest.raises(InputError, match="inv"):
        sampled([inv(matmul(column, row))], sizes={"n": 3})
    assert abs(sampled([linalg("det", matmul(column, row))], sizes={"n": 3}).results[0]) < 1e-9


def test_evaluation_at_sizes():
    (value,) = evaluated([matmul(X, transpose(X))], {"n": 2, "k": 1}, {X: np.array([[1.0], [2.0]])})
    assert value.tolist() == [[1, 2], [2, 4]]
