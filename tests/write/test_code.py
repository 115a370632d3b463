"""Code for formulas that people know: it agrees with the oracle, is stable, says what shapes it wants."""

import warnings

import numpy as np
import pytest

import gradproof as gp
from gradproof.calculus.sampling import random_values
from gradproof.errors import InputError
from gradproof.expr.broadcast import matmul, multiply, negate, plus, sum_over, transpose
from gradproof.expr.elementwise import apply, exp, log, sigmoid, square
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import delta, facts_of, number, symbol, symbols
from gradproof.expr.product import add, einsum
from gradproof.write.code import hessian_code, to_code, value_and_gradient_code

N = {"n": 4, "m": 6, "k": 3, "p": 5}
V, M, S = ("n",), ("n", "n"), ()
FORMULAS = [
    ("x @ a", "x"), ("x @ A @ x", "x"), ("x @ A @ x + a @ x", "x"), ("a @ X @ x", "X"),
    ("a @ X.T @ x", "X"), ("tr(X)", "X"), ("tr(X @ A)", "X"), ("tr(A @ X @ B)", "X"),
    ("tr(A @ X.T @ B)", "X"), ("tr(X.T @ A)", "X"), ("tr(X @ X)", "X"), ("tr(X @ X @ B)", "X"),
    ("tr(X.T @ B @ X)", "X"), ("tr(B @ X @ X.T)", "X"), ("tr(X @ B @ X.T)", "X"),
    ("tr(A @ X @ B @ X)", "X"), ("tr(B.T @ X.T @ A @ X @ B)", "X"), ("tr(X.T @ B @ X @ A)", "X"),
    ("tr(A @ X @ B @ X.T @ A)", "X"), ("tr((A @ X @ B + A) @ (A @ X @ B + A).T)", "X"), ("det(X)", "X"),
    ("logdet(X)", "X"), ("det(A @ X @ B)", "X"), ("det(X.T @ A @ X)", "X"), ("a @ inv(X) @ x", "X"),
    ("tr(A @ inv(X) @ B)", "X"), ("tr(inv(X + A))", "X"), ("x @ inv(A) @ x", "x"), ("norm(x - a)", "x"),
    ("norm(x)**2", "x"), ("norm(X)**2", "X"), ("norm(X)", "X"), ("np.sum(X)**2", "X"),
    ("a @ X.T @ X @ x", "X"), ("(A @ x + a) @ B @ (A @ x - a)", "x"), ("(x - A @ a) @ (x - A @ a)", "a"),
    ("a @ X.T @ A @ X @ x", "X"), ("(X @ a + x) @ A @ (X @ a + x)", "X"),
    ("(x @ A.T @ A @ x)/(x @ x)", "x"), ("(x @ A @ x)/(x @ B.T @ B @ x)", "x"),
    ("np.tanh(A @ x) @ B @ np.exp(A @ x)", "x"), ("lam/(2*c)*norm(X)**2", "X"), ("norm(Z @ x - y)**2", "x"),
    ("norm(Z @ x - y)**2 + lam*norm(x)**2", "x"), ("(Z @ x - y) @ (s*(Z @ x - y))", "x"),
    ("-np.sum(y*np.log(sigmoid(Z @ x)) + (1 - y)*np.log(1 - sigmoid(Z @ x)))", "x"),
    ("np.log(np.sum(np.exp(x)))", "x"), ("-a @ log_softmax(x)", "x"),
    ("-np.sum(Y*log_softmax(Z @ W))/c", "W"), ("np.sum(np.exp(Z @ x)) - y @ Z @ x", "x"),
    ("0.5*norm(Z @ x - y)**2 + lam*np.sum(np.abs(x))", "x"), ("np.sum(Y*np.tanh(Z @ W))", "W"),
    ("np.sum(Y*relu(Z @ W))", "W"), ("np.sum(Y*np.log(1 + np.exp(Z @ W)))", "W"),
    ("norm(Z @ W - Y)**2", "W"), ("norm(Z @ W - Y)**2", "Z"), ("norm(A - U @ T.T)**2", "U"),
    ("norm(A - U @ T.T)**2", "T"), ("norm(X - X @ W @ W.T)**2", "W"), ("norm(U @ U.T - A)**2", "U"),
    ("norm((A + U @ W.T) @ X - B)**2", "U"), ("logdet(A @ A.T + X @ X.T)", "X"), ("x @ (A*X) @ a", "X"),
    ("a @ np.log(1 + np.exp(A @ X @ B)) @ x", "X"), ("np.sum(Y*(softmax(Z @ X @ Z.T/c) @ Y))", "Z"),
    ("np.sum(np.sqrt(np.sum(W**2, axis=1)))", "W"), ("np.sum(np.log(1 + np.exp(-y*(Z @ x))))", "x"),
    ("np.sum(softplus(X @ x))", "x"), ("np.sum(np.sin(A*X))", "X"), ("tr(inv(W.T @ A @ A.T @ W))", "W"),
    ("0.5*x @ inv(K) @ x + 0.5*logdet(K)", "K"), ("-logdet(K) + tr(A @ K)", "K"),
]  # fmt: skip
SHAPES = {
    "x": V, "a": V, "A": M, "B": M, "X": M, "K": M, "lam": S, "c": S,
    "Z": ("m", "n"), "y": ("m",), "s": ("m",),
    "W": ("n", "k"), "U": ("n", "k"), "T": ("n", "k"), "Y": ("m", "k"),
}  # fmt: skip
ASSUME = {"K": ["spd"], "c": ["positive"]}


def derived(text, wrt, order=1):
    used = {k: v for k, v in SHAPES.items() if k in text}
    return gp.derive(
        text, wrt=wrt, shapes=used, order=order, assume={k: v for k, v in ASSUME.items() if k in used}
    )


def run(source, values, name="gradient"):
    """The function, called with arrays by name; it must not need anything but NumPy, and not warn."""
    assert source.startswith("import numpy as np\n")
    assert source.count("import ") == 1
    scope = {"__name__": "written"}
    exec(compile(source, "<written>", "exec"), scope)
    code = scope[name].__code__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return scope[name](*[values[k] for k in code.co_varnames[: code.co_argcount]])


def random_arrays(*exprs):
    leaves = [s for s in symbols(*exprs) if "size" not in facts_of(s)]
    _, table = random_values(leaves, N, rng=np.random.default_rng(4))
    return {s.name: np.asarray(v, dtype=float) for s, v in table.items()}


@pytest.mark.parametrize(("text", "wrt"), FORMULAS)
def test_value_and_gradient_of_known_formulas(text, wrt):
    d = derived(text, wrt)
    values = random_arrays(d.expression, *d.wrt)
    source = value_and_gradient_code(d.expression, {d.wrt[0]: d.gradient}, sizes=N)
    value, found = run(source, values, "value_and_gradient")
    np.testing.assert_allclose(found, d.evaluate(values), rtol=1e-8, atol=1e-9, err_msg=source)
    assert found.shape == values[wrt].shape
    assert np.ndim(value) == 0


@pytest.mark.parametrize(
    ("text", "wrt"),
    [
        (t, w)
        for t, w in FORMULAS
        if not any(f in t for f in ("det", "inv", "softmax", "abs", "relu", "norm(X)", "axis"))
    ],
)
def test_hessians_in_factors_and_dense(text, wrt):
    d = derived(text, wrt, order=2)
    values = random_arrays(d.expression, *d.wrt)
    want = d.evaluate(values)
    source = hessian_code(d.gradient, d.wrt[0])
    dense = "hessian_dense" if "def hessian_dense" in source else "hessian"
    np.testing.assert_allclose(run(source, values, dense), want, rtol=1e-8, atol=1e-9, err_msg=source)
    if dense == "hessian_dense":
        direction = np.random.default_rng(0).normal(size=values[wrt].shape)
        got = run(source, {**values, f"d{wrt}": direction}, "hessian_vector")
        np.testing.assert_allclose(got, np.tensordot(want, direction, direction.ndim), rtol=1e-8, atol=1e-9)
        run(source, values, "hessian")


# --- cheapest order, nothing twice ------------------------------------------------------------------

A, B, X = symbol("A", ("n", "n")), symbol("B", ("n", "n")), symbol("X", ("m", "n"))
x, y, w, s = (
    symbol("x", ("n",)),
    symbol("y", ("m",)),
    symbol("w", ("n",)),
    symbol("s", ("m",), facts=("positive",)),
)
U, T = symbol("U", ("n", "k")), symbol("V", ("n", "k"))
SPD = symbol("K", ("n", "n"), facts=("spd",))


def line(expr, framework="numpy", **options):
    source = to_code({"r": expr}, framework, **options)
    return next(
        text.strip().split("  #")[0] for text in source.split("\n") if text.strip().startswith("r = ")
    )


@pytest.mark.parametrize(
    ("expr", "code"),
    [
        (lambda: matmul(x, matmul(A, B)), "r = x @ A @ B"),
        (lambda: matmul(matmul(A, B), x), "r = A @ (B @ x)"),
        (lambda: matmul(matmul(U, transpose(T)), U), "r = U @ (V.T @ U)"),
        (lambda: matmul(inv(A), x), "r = np.linalg.solve(A, x)"),
        (lambda: matmul(transpose(inv(A)), U), "r = np.linalg.solve(A.T, U)"),
        (lambda: matmul(inv(SPD), x), "r = np.linalg.solve(K, x)"),
        (lambda: einsum([(0, 1), (1, 0)], [A, B], ()), "r = np.vdot(A, B.T)"),
        (lambda: sum_over(square(X)), "r = np.vdot(X, X)"),
        (lambda: einsum([(0,), (0, 1)], [s, X], (0, 1)), "r = s[:, None] * X"),
        (lambda: einsum([(0,), (1,)], [x, y], (0, 1)), "r = x[:, None] * y"),
        (lambda: matmul(plus(A, transpose(A)), x), "r = A @ x + x @ A"),
        (lambda: matmul(transpose(X), X), "r = X.T @ X"),
    ],
)
def test_the_order_and_the_calls(expr, code):
    assert line(expr()) == code


def test_example_sizes_decide_the_order():
    chain = matmul(matmul(A, U), symbol("C", ("k", "p")))
    assert line(chain, sizes={"n": 1000, "k": 2, "p": 900}) == "r = A @ U @ C"
    assert line(chain, sizes={"n": 1000, "k": 500, "p": 2}) == "r = A @ (U @ C)"


def test_nonnegative_weights_make_a_symmetric_product_of_one_array():
    gram = einsum([(0, 1), (0,), (0, 2)], [X, s, X], (1, 2))
    assert "r = t1.T @ t1" in to_code({"r": gram})
    signed = einsum([(0, 1), (0,), (0, 2)], [X, y, X], (1, 2))
    assert "sqrt" not in to_code({"r": signed})
    values = {"X": np.random.default_rng(0).normal(size=(6, 4)), "s": np.arange(1.0, 7.0)}
    want = values["X"].T @ np.diag(values["s"]) @ values["X"]
    np.testing.assert_allclose(run(to_code({"r": gram}), values), want, rtol=1e-13)


def test_shared_subexpressions_are_computed_once():
    d = derived("np.sum(np.log(1 + np.exp(-y*(Z @ x))))", "x")
    source = value_and_gradient_code(d.expression, {d.wrt[0]: d.gradient})
    assert source.count("Z @ x") == 1
    d = derived("tr(inv(X + A))", "X")
    assert value_and_gradient_code(d.expression, {d.wrt[0]: d.gradient}).count("X + A") == 2  # code, comment


def test_logsumexp_and_softmax_share_their_exponentials():
    d = derived("np.log(np.sum(np.exp(x)))", "x")
    source = value_and_gradient_code(d.expression, {d.wrt[0]: d.gradient})
    assert "def softmax" not in source
    assert source.count("logsumexp(x, axis=0)") == 1


def test_an_identity_matrix_is_added_along_the_diagonal():
    source = to_code({"r": plus(matmul(transpose(X), X), multiply(symbol("lam"), delta("n")))})
    assert "eye" not in source
    assert 'np.einsum("ii->i", r)[...] += lam' in source


# --- stable where the formula overflows ---------------------------------------------------------------


@pytest.mark.parametrize("framework", ["numpy"])
def test_no_overflow_where_the_argument_is_a_thousand(framework):
    z = symbol("z", ("n",))
    one = number(1)
    exprs = {
        "sigmoid": sigmoid(z),
        "log sigmoid": log(sigmoid(z)),
        "log of one minus": log(plus(one, negate(sigmoid(z)))),
        "softplus": apply("softplus", z),
    }
    got = run(to_code(exprs, framework), {"z": np.array([-1000.0, 0.0, 1000.0])})
    want = ([0, 0.5, 1], [-1000, -np.log(2), 0], [0, -np.log(2), -1000], [0, np.log(2), 1000])
    for value, expected in zip(got, want, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-15, atol=0)


@pytest.mark.parametrize(
    "text", ["np.log(np.sum(np.exp(x)))", "np.sum(np.log(1 + np.exp(x)))", "-a @ log_softmax(x)"]
)
def test_gradients_do_not_overflow(text):
    d = derived(text, "x")
    source = value_and_gradient_code(d.expression, {d.wrt[0]: d.gradient})
    given = {"x": np.array([-1000.0, 0.0, 1000.0]), "a": np.array([0.5, 0.25, 0.25])}
    value, gradient = run(source, given, "value_and_gradient")
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


# --- shapes, helpers, words ---------------------------------------------------------------------------


def test_a_wrong_shape_is_named():
    source = to_code({"r": matmul(A, x)})
    with pytest.raises(AssertionError, match=r"x has shape \(3,\), not \(n,\) = \(4,\)"):
        run(source, {"A": np.ones((4, 4)), "x": np.ones(3)})
    with pytest.raises(AssertionError, match=r"A has shape \(4, 5\), not \(n, n\)"):
        run(source, {"A": np.ones((4, 5)), "x": np.ones(4)})
    assert "assert" not in to_code({"r": matmul(A, x)}, asserts=False)


def test_helpers_are_written_only_where_they_are_used():
    assert "def " not in to_code({"r": exp(x)}).replace("def gradient", "")
    assert to_code({"r": sigmoid(x)}).count("def ") == 2


def test_an_unknown_library_is_refused():
    with pytest.raises(InputError, match="no code writer for 'tensorflow'"):
        to_code({"r": x}, "tensorflow")


def test_the_hessian_of_a_factorisation_is_small():
    d = derived("norm(A - U @ T.T)**2", "U", order=2)
    source = hessian_code(d.gradient, d.wrt[0], sizes={"n": 200, "k": 5})
    assert "H_ijkl = δ_ik M_jl" in source
    assert "M = 2 * (T.T @ T)" in source
    assert "eye" not in source


def test_code_as_it_looks(golden):
    pieces = []
    for text, wrt in [FORMULAS[i] for i in (1, 25, 43, 45, 48, 56)]:
        d = derived(text, wrt)
        for framework in ("numpy", "torch", "jax"):
            pieces.append(f"# {text} by {wrt}, {framework}")
            pieces.append(value_and_gradient_code(d.expression, {d.wrt[0]: d.gradient}, framework) + "\n\n")
    d = derived("np.sum(np.log(1 + np.exp(-y*(Z @ x))))", "x", order=2)
    pieces.append(hessian_code(d.gradient, d.wrt[0]))
    d = derived("norm(A - U @ T.T)**2", "U", order=2)
    pieces += [hessian_code(d.gradient, d.wrt[0], framework) for framework in ("numpy", "torch", "jax")]
    golden("code.txt", "\n".join(pieces) + "\n")


def test_determinants_share_nothing_they_need_not():
    source = to_code({"r": linalg("logdet", SPD)})
    assert "np.linalg.slogdet(K)[1]" in source


def test_a_matrix_that_is_a_column_and_a_row_repeated():
    """(1 uᵀ + c 1ᵀ) u, where the column has an axis of size 1 that the sum does not have."""
    u, c = symbol("u", (3,)), symbol("c", (3, 1))
    matrix = add(einsum([(0,)], [u], (1, 0), (3, 3)), einsum([(0, 1)], [c], (0, 2), (3, 1, 3)))
    space = {}
    exec(to_code({"v": einsum([(0, 1), (1,)], [matrix, u], (0,))}, asserts=False), space)
    values = np.array([1.0, 2.0, 4.0]), np.array([[3.0], [5.0], [7.0]])
    expected = (values[0][None] + values[1]) @ values[0]
    arguments = space["gradient"].__code__.co_varnames[: space["gradient"].__code__.co_argcount]
    given = dict(zip(("u", "c"), values, strict=True))
    assert np.allclose(space["gradient"](*(given[name] for name in arguments)), expected)
