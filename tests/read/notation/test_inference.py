"""Names that nobody declared: kinds by habit, sizes from the formula, and what is said about it."""

import pytest

from gradproof.calculus.canonical import same as same_form
from gradproof.errors import InputError, ShapeError
from gradproof.expr.node import facts_of
from gradproof.read.notation import read, read_all


def shapes(text, **options):
    return {name: leaf.shape for name, leaf in read(text, **options).symbols.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x' A x", {"x": ("n",), "A": ("n", "n")}),
        ("W' W", {"W": ("n", "m")}),
        ("||X w - y||^2", {"X": ("n", "m"), "w": ("m",), "y": ("n",)}),
        ("lambda/(2*m) * norm(W, 'fro')^2", {"lambda": (), "m": (), "W": ("n", "k")}),
        (
            "inv(X.T @ X + lam*np.eye(len(w))) @ X.T @ y",
            {"X": ("n", "m"), "lam": (), "w": ("m",), "y": ("n",)},
        ),
        ("y - X beta", {"y": ("n",), "X": ("n", "m"), "beta": ("m",)}),
        ("θ' x", {"θ": ("n",), "x": ("n",)}),
        ("||X β||^2", {"X": ("n", "m"), "β": ("m",)}),
        ("diag(d) x", {"d": ("n",), "x": ("n",)}),
        ("A + t B", {"A": ("n", "m"), "t": (), "B": ("n", "m")}),
        ("eye(n) + A", {"A": ("n", "n")}),
        ("1' x", {"x": ("n",)}),
        ("W_2 tanh(W_1 x + b_1) + b_2",
         {"W_2": ("n", "m"), "W_1": ("m", "k"), "x": ("k",), "b_1": ("m",), "b_2": ("n",)}),
        ("x_1' Sigma x_2", {"x_1": ("n",), "Sigma": ("n", "m"), "x_2": ("m",)}),
        ("np.einsum('ij,jk->ik', A, B)", {"A": ("n", "m"), "B": ("m", "k")}),
    ],
)  # fmt: skip
def test_sizes_are_found(text, expected):
    assert shapes(text) == expected


def test_guesses_are_said():
    formula = read("X w", shapes={"X": ("m", "n")})
    assert formula.notes == ("not declared, so read by habit: vector w (n,)",)
    assert read("X w", shapes={"X": ("m", "n"), "w": ("n",)}).notes == ()


def test_a_kind_may_be_declared_without_sizes():
    assert shapes("A b", shapes=["b: vector", "A: matrix"]) == {"b": ("n",), "A": ("m", "n")}
    assert shapes("x' beta", shapes=["beta: vector"]) == {"beta": ("n",), "x": ("n",)}


def test_a_declared_size_wins():
    assert shapes("X w - y", shapes={"X": (3, "n")}) == {"X": (3, "n"), "w": ("n",), "y": (3,)}


def test_two_changes_of_kind_that_fit_are_refused():
    with pytest.raises(ShapeError, match="with another kind of a or x it would fit"):
        read("a x")


def test_texts_share_sizes_and_symbols():
    left, right = read_all(["tr(A B)", "tr(B A)"])
    assert left.symbols == right.symbols
    assert left.symbols["A"].shape == tuple(reversed(left.symbols["B"].shape))


def test_lets_are_read_where_they_are_used():
    let = {"Y": "Y0 + t*Y1", "Z": "Y @ Y"}
    formula = read("np.trace(Z)", let=let, shapes={"Y0": ("n", "n"), "Y1": ("n", "n"), "t": ()})
    plain = read("np.trace((Y0 + t*Y1) @ (Y0 + t*Y1))", shapes={"Y0": ("n", "n"), "Y1": ("n", "n"), "t": ()})
    assert formula.expression is plain.expression


def test_an_error_in_a_let_is_shown_in_the_let():
    with pytest.raises(ShapeError) as caught:
        read("np.sum(Y)", let={"Y": "X @ w"}, shapes={"X": ("m", "n"), "w": ("m",)})
    assert caught.value.where.startswith("X @ w\n")


def test_a_let_that_needs_itself_is_refused():
    with pytest.raises(InputError, match="needs itself"):
        read("a + 1", let={"a": "b + 1", "b": "a + 1"})


def test_facts_are_on_the_symbols():
    formula = read("x' A x", assume={"A": "symmetric positive definite"})
    assert facts_of(formula.symbols["A"]) == {"symmetric", "spd"}


def test_a_fact_of_square_matrices_makes_sizes_equal():
    assert shapes("A B", assume={"A": ["symmetric"]}) == {"A": ("n", "n"), "B": ("n", "m")}


def test_the_differential_of_a_declared_variable_has_its_shape():
    assert shapes("tr(A' dX)", shapes={"X": ("m", "n")})["dX"] == ("m", "n")


def test_a_name_is_the_size_where_only_a_shape_has_it():
    formula = read("np.sum(x)/n", shapes={"x": ("n",)})
    assert set(formula.symbols) == {"x"}
    formula = read("np.sum(x)/n", shapes={"x": ("n",), "n": ()})
    assert set(formula.symbols) == {"x", "n"}


def test_both_shapes_and_the_place_are_in_the_error():
    with pytest.raises(ShapeError) as caught:
        read("norm(X @ w - y)**2", shapes={"X": ("m", "n"), "w": ("m",), "y": ("m",)})
    assert "(m, n) and (m,)" in str(caught.value)
    assert caught.value.where == "norm(X @ w - y)**2\n           ^^^^^"


def test_a_row_is_told():
    assert read("x' A").row
    assert not read("A x").row


def test_where_one_keyword_of_python_is_a_name():
    assert "lambda" in read("lambda*np.sum(W**2)").symbols
    assert "lambda" in read("λ ||w||^2", shapes={"lambda": (), "w": ("n",)}).symbols


def test_spellings_of_one_name():
    declared = {"W1": ("n", "m"), "x": ("m",)}
    for text in ("W1 x", "W_1 x", "W₁ x", "W_{1} x"):
        assert set(read(text, shapes=declared, dialect="math").symbols) == {"W1", "x"}


def test_long_chains_and_long_lists_of_lets_are_read():
    terms = [f"x{k}" for k in range(1500)]
    for dialect in ("numpy", "math"):
        assert len(read(" + ".join(terms), shapes=dict.fromkeys(terms, ()), dialect=dialect).symbols) == 1500
    let = {"A0": "X"} | {f"A{k}": f"np.tanh(W @ A{k - 1})" for k in range(1, 400)}
    assert read("np.sum(A399)", let=let, shapes={"W": ("n", "n"), "X": ("n", "m")}).expression.shape == ()


def test_too_many_brackets_are_refused():
    for dialect in ("numpy", "math"):
        with pytest.raises(InputError) as caught:
            read("tanh(" * 900 + "x" + ")" * 900, shapes={"x": ("n",)}, dialect=dialect)
        assert caught.value.fix


@pytest.mark.parametrize(
    ("typed", "shape"),
    [
        ("A: m n", ("m", "n")),
        ("A: n n, spd", ("n", "n")),
        ("A: n x k", ("n", "k")),
        ("A: 3 k", (3, "k")),
        ("A: matrix(m, n), lower", ("m", "n")),
        ("A: scalar", ()),
    ],
)
def test_sizes_as_they_are_declared(typed, shape):
    assert read("A", shapes=[typed]).symbols["A"].shape == shape


@pytest.mark.parametrize("text", ["x' A x / x' x", "a/b c", "a/2b", "x^1/2"])
def test_what_follows_a_divisor_is_not_guessed(text):
    with pytest.raises(InputError, match="not clear"):
        read(text, dialect="math")


@pytest.mark.parametrize(
    ("text", "clear"),
    [
        ("lambda/m W x", "(lambda/m) W x"),
        ("1/2 x'x", "(1/2) (x'x)"),
        ("sum(x)^2/2", "(sum(x)^2)/2"),
        ("exp(-||x - y||^2/(2 sigma^2))", "exp(-(||x - y||^2)/(2 sigma^2))"),
        ("x' A x/(x' x)", "(x' A x)/(x' x)"),
    ],
)
def test_divisors_that_are_clear(text, clear):
    first, second = read_all([text, clear], dialect="math")
    assert same_form(first.expression, second.expression)
